r"""Adapt to a table in one call: `stars.adapt(table, pairs, budget)` and `astroviz adapt`."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from astroviz.core.durations import seconds
from astroviz.core.request import Alone
from astroviz.stars.adaptation import Adaptation
from astroviz.stars.adaptation_film import Film
from astroviz.stars.adaptation_live import AdaptationJob, Verdict, job_of_table
from astroviz.stars.experiment import Experiment

if TYPE_CHECKING:
    from astroviz.core.cards import Card
    from astroviz.stars.model import StarsModel

__all__ = ["Adapted", "adapt"]

_FEWEST, _MOST = 40, 1200  # steps
_TRIAL = 3
_USE = 0.55  # of the budget: the rest is for films and the verdict


@dataclass(frozen=True)
class Adapted:
    r"""What came of an adaptation.

    Arguments:
        model: The adapted network as a model: `model.posterior(row)`, `astroviz.infer`.
        verdict: Before against after on labelled stars that were kept apart.
        film: The film of the run.
        notes: What was assumed about the table.
    """

    model: StarsModel
    verdict: Verdict
    film: Film
    notes: tuple[str, ...]

    def save(self, folder: Path | str) -> Card:
        """Write it as a model, into `<models>/stars/<name>`; returns the card."""
        from astroviz.core.registry import save_model

        network, own = self.model.network, self.model.card
        assert self.model.novelty is not None
        card = dataclasses.replace(
            own, default=False, alias="", title="Young stars, adapted to a table",
            what=f"The experiment's network adapted to a table. {self.verdict.text}",
            metrics={"before": self.verdict.before, "after": self.verdict.after},
            training_time=f"{int(self.film.steps[-1])} steps from stars/adaptation",
            config={"family": "flow-matching", "network": own.config["network"],
                    "physics": own.config["physics"], "real": 1.0},
        )  # fmt: skip
        return save_model(folder, {**network.state_dict(), **self.model.novelty.tensors()}, card)


def adapt(
    table: Any,
    pairs: Any = None,
    budget: str | float = "5m",
    seed: int = 0,
    report: Callable[[float], None] = lambda part: None,
    experiment: Experiment | None = None,
    **options: Any,
) -> Adapted:
    r"""Adapt the experiment's network to a table of real stars.

    Arguments:
        table: Path, table or `Observations`.
        pairs: A table of labels with the same identifiers; None to use the table's own columns;
            False for none.
        budget: Wall-clock time.
        seed: Seed of everything.
        report: Called with the part that is done.
        experiment: `astroviz.load("stars/adaptation")` by default.
        options: `transport`, `discrepancy`, `guard`, `steps`, as in `job_of_table`.

    Raises:
        TableError: bad input, with a sentence.
    """
    from astroviz.core.registry import load

    start, whole = time.monotonic(), seconds(budget)
    experiment = experiment or load("stars/adaptation")
    assert isinstance(experiment, Experiment)
    steps = options.pop("steps", None)
    job = job_of_table(experiment, table, labels=pairs, seed=seed, **options)
    if steps is None:
        steps = _affordable(job, whole - (time.monotonic() - start))
    job = job.with_steps(int(steps))
    request, done = job.request(), 0
    for _ in job.draw([request], torch.device("cpu"), Alone()):
        done += 1
        report(done / request.n)
    film = job.film
    assert film is not None
    return Adapted(job.model(), job.verdict(), film, job.notes)


def _affordable(job: AdaptationJob, seconds: float) -> int:
    """Steps that fit into the time, from a few that are thrown away."""
    trial = Adaptation(job.experiment.network(), job.run.sets, job.arm)
    trial.advance()  # the first one is slower
    start = time.monotonic()
    for _ in range(_TRIAL):
        trial.advance()
    each = (time.monotonic() - start) / _TRIAL
    return int(min(max(_USE * seconds / each, _FEWEST), _MOST))
