r"""An adaptation while one waits: of a mock galaxy with other switches, or of a user's catalogue.

A job is a sampler of the engine: it runs as a batch request that interactive ones may pass, each
piece that it yields is a frame of its film, and cancelling its ticket leaves everything else as it
was. What is adapted is a copy.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from astroviz.core.request import Chunk, Control, Request
from astroviz.stars.adaptation import Adaptation, Arm
from astroviz.stars.adaptation_film import CURVES, Cast, Film, frame_steps, take_frame
from astroviz.stars.adaptation_labels import Labels, labels_of, pairs_from_labels
from astroviz.stars.adaptation_runs import OT, PAIRS, Scale, Stage, guard_weights
from astroviz.stars.adaptation_scores import SHOWN, Answers, answers, score
from astroviz.stars.adaptation_sets import AdaptationSets
from astroviz.stars.adaptation_table import RealTable, usable_rows
from astroviz.stars.catalogue import open_catalogue
from astroviz.stars.experiment import Experiment, as_model
from astroviz.stars.mock_galaxy import mock_catalogue
from astroviz.stars.network import StarsNetwork
from astroviz.stars.novelty import Novelty

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["AdaptationJob", "Verdict", "job_of_table", "job_of_target"]

_NUMBERS = itertools.count()
_FRAMES = 8
_FILMED = 200
_POOL = 20_000
_TESTED = 500
_FLOOR = 0.05  # mag
_FEWEST_TESTED = 10


@dataclass(frozen=True)
class Verdict:
    r"""What an adaptation has changed, judged on stars that it did not learn from.

    Arguments:
        text: The verdict in words.
        before: Figures before the adaptation.
        after: The same figures after it.
        better: Whether the answers are better; None where nobody can say.
    """

    text: str
    before: dict[str, float]
    after: dict[str, float]
    better: bool | None


class AdaptationJob:
    r"""One run of the engine; see the module.

    Arguments:
        experiment: Gives the network to start from, axes and physics.
        run: The run.
        cast: Stars of the film.
        tests: Labelled real stars that no pair was made of; None where there are none.
        notes: Sentences about the table.
        title: What is adapted to.
    """

    name = "stars/adaptation (live)"

    def __init__(
        self,
        experiment: Experiment,
        run: Adaptation,
        cast: Cast,
        tests: RealTable | None = None,
        notes: tuple[str, ...] = (),
        title: str = "",
    ) -> None:
        self.experiment, self.run, self.cast = experiment, run, cast
        self.tests, self.notes, self.title = tests, notes, title
        self._steps = frame_steps(run.arm.steps, _FRAMES)
        self._number = next(_NUMBERS)
        self._frames: list[Film] = []

    def with_steps(self, steps: int) -> AdaptationJob:
        """The same run from its start, with another number of steps."""
        arm = dataclasses.replace(self.arm, steps=steps)
        run = Adaptation(self.experiment.network(), self.run.sets, arm)
        return AdaptationJob(self.experiment, run, self.cast, self.tests, self.notes, self.title)

    @property
    def arm(self) -> Arm:
        """What is done."""
        return self.run.arm

    @property
    def network(self) -> StarsNetwork:
        """The adapted network, or the last good one."""
        return self.run.average

    @property
    def film(self) -> Film | None:
        """The frames that were taken so far; None before the first."""
        return Film.join(self._frames) if self._frames else None

    @property
    def of_table(self) -> bool:
        """Whether the real stars are a user's."""
        return isinstance(self.cast.real, RealTable)

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return self.run.done

    def request(self) -> Request:
        """The run, for `Engine.submit`."""
        # every run is its own: the engine keeps answers and gives them again to equal questions
        return Request(self, {}, len(self._steps), options={"run": self._number}, priority="batch")

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Figures of each frame."""
        return CURVES, ("",) * len(CURVES)

    def batch_key(self, request: Request) -> Hashable:
        """A run is alone."""
        return id(request)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Take the steps; yields a frame's figures whenever one was taken."""
        wanted = set(self._steps)
        while True:
            if self.run.step in wanted and len(self._frames) < len(self._steps):
                frame = self._frame()
                self._frames.append(frame)
                row = np.array([[frame.curves[name][0] for name in CURVES]], dtype=np.float32)
                yield [Chunk(row)]
            if self.run.done:
                return
            control.check()
            with torch.enable_grad():
                self.run.advance()
            control.progress(self.run.step / self.arm.steps)

    def _frame(self) -> Film:
        branch = self.arm.branch and self.run.step > 0
        return take_frame(
            self.network, self.cast, self.experiment.projection, self.experiment.physics,
            self.run.step, branch, self.arm.floor,
        )  # fmt: skip

    # -- what came of it ------------------------------------------------------------------------

    def verdict(self) -> Verdict:
        """Before against after, on labelled stars that were kept apart if there are any."""
        film = self.film
        if film is None:
            raise ValueError("the run has not begun: there is nothing to judge yet")
        if self.tests is None:
            return _by_distance(film)
        before = self._answers(self.experiment.network(), 0.0, 0.0)
        after = self._answers(self.network, float(self.arm.branch), self.arm.floor)
        return _by_labels(before, after, self.tests)

    def _answers(self, network: StarsNetwork, real: float, floor: float) -> Answers:
        assert self.tests is not None
        tokens = self.tests.real.tokens(floor)
        return answers(network, tokens, self.experiment.physics, 200, 0, real)

    def model(self) -> StarsModel:
        """The adapted network as a model of stars."""
        generator = torch.Generator().manual_seed(0)
        with torch.inference_mode():
            tokens = self.run.sets.simulated_tokens(generator, 4000)
            novelty = Novelty.of(self.network.encoder(tokens, real=0.0).clone())
        # the engine knows a model by its name: no two runs, and no two steps, may share one
        name = f"adapted here, run {self._number}, step {self.run.step}"
        return as_model(self.experiment, self.network, name, novelty)


def job_of_target(
    experiment: Experiment,
    target: str,
    *,
    pairs: int = 0,
    transport: bool = True,
    discrepancy: bool = False,
    floor: bool = False,
    guard: bool = False,
    steps: int = 300,
    seed: int = 0,
) -> AdaptationJob:
    r"""Adapt to a mock galaxy with switches of which nothing is shipped.

    Arguments:
        experiment: The experiment.
        target: Name of the target.
        pairs: Number of pairs.
        transport: Whether to align by optimal transport.
        discrepancy: Whether to align by the MMD.
        floor: Whether to teach an error floor instead.
        guard: Whether to weigh the simulated stars.
        steps: Number of steps.
        seed: Seed of stars and batches.

    Raises:
        ValueError: no such target.
    """
    if target not in (place.name for place in experiment.targets):
        known = ", ".join(place.name for place in experiment.targets)
        raise ValueError(f"there is no target {target!r} to adapt to; there are {known}")
    arm = _arm("live", pairs, transport, discrepancy, floor, guard, steps)
    stage = Stage(target, experiment.network(), Scale(labelled=max(pairs, 1)), seed)
    run = Adaptation(stage.network, stage.sets(arm), arm, seed)
    fresh = mock_catalogue(stage.target.domain, _TESTED, 500 + seed, stage.target.mix, 200)
    tests = RealTable.of_mock(fresh)
    cast, title = experiment.cast(target), stage.target.title
    return AdaptationJob(experiment, run, cast, tests, title=title)


def job_of_table(
    experiment: Experiment,
    table: Any,
    *,
    labels: Any = None,
    transport: bool = True,
    discrepancy: bool = False,
    guard: bool = True,
    steps: int = 300,
    seed: int = 0,
    label: str | None = None,
) -> AdaptationJob:
    r"""Adapt to a user's catalogue; half of the labelled rows become pairs, the others judge.

    Arguments:
        experiment: The experiment.
        table: Path, table or `Observations`.
        labels: A second table with the same identifiers; None to use columns of the table itself;
            False for no labels.
        transport: Whether to align by optimal transport.
        discrepancy: Whether to align by the MMD.
        guard: Whether to weigh the simulated stars to the population of the table.
        steps: Number of steps.
        seed: Seed of everything.
        label: What to call the table.

    Raises:
        TableError: bad input, with a sentence.
        ValueError: nothing to do, or labels that no simulated star has.
    """
    catalogue = open_catalogue(table, label)
    rows, notes = usable_rows(catalogue)
    known = Labels({}, {}) if labels is False else labels_of(catalogue, labels)
    stars = RealTable.of(experiment, catalogue.observations, known)
    kept = np.intersect1d(rows, known.rows)
    random = np.random.default_rng(seed)
    kept = random.permutation(kept)
    learned = kept[: len(kept) // 2] if len(kept) >= 2 * _FEWEST_TESTED else kept[:0]
    judged = kept[len(learned) :]
    simulated = mock_catalogue("A", _POOL, 100 + seed, clusters=200)
    sets = AdaptationSets(simulated, stars.real.rows(torch.from_numpy(rows)))
    if len(learned):
        sets.pairs, strange = pairs_from_labels(
            sets.real, known.select(rows), np.searchsorted(rows, learned), simulated,
            experiment.physics, seed,
        )  # fmt: skip
        if strange:
            notes = (*notes, f"{strange} labelled stars have no like in the simulator.")
    pairs = 0 if sets.pairs is None else len(sets.pairs)
    arm = _arm("live", pairs, transport, discrepancy, False, guard, steps)
    if not arm.branch:
        raise ValueError(
            "there is nothing to adapt with: give labelled stars, or switch an alignment on"
        )
    if guard:
        sets.weights = guard_weights(
            experiment.network(), simulated, sets.real, experiment.physics, np.empty((0, 2)),
            pairs > 0,
        )  # fmt: skip
    run = Adaptation(experiment.network(), sets, arm, seed)
    shown = np.sort(random.choice(rows, min(_FILMED, len(rows)), replace=False))
    cast = Cast(experiment.cast("B").simulated, stars.rows(shown))
    tests = stars.rows(judged) if len(judged) >= _FEWEST_TESTED else None
    return AdaptationJob(experiment, run, cast, tests, (*notes, *known.notes), catalogue.label)


def _arm(
    name: str, pairs: int, transport: bool, discrepancy: bool, floor: bool, guard: bool, steps: int
) -> Arm:
    arm = Arm(name, "adapted here", pairs=pairs, guard=guard, steps=steps)
    if pairs:
        arm = dataclasses.replace(arm, **PAIRS)
    if transport:
        arm = dataclasses.replace(arm, **OT)
    if discrepancy:
        arm = dataclasses.replace(arm, discrepancy=2.0)
    return dataclasses.replace(arm, floor=_FLOOR) if floor else arm


def _by_distance(film: Film) -> Verdict:
    before, after = ({name: float(film.curves[name][k]) for name in ("transport", "auc")}
                     for k in (0, -1))  # fmt: skip
    words = (
        "There are no labels, so nobody can say whether the answers are better. The OT cost of "
        f"the two clouds went from {before['transport']:.3f} to {after['transport']:.3f}, the AUC "
        f"of a classifier that tells them apart from {before['auc']:.2f} to {after['auc']:.2f}."
    )
    return Verdict(words, before, after, None)


def _by_labels(before: Answers, after: Answers, tests: RealTable) -> Verdict:
    old, new = (score(found, tests.truth, tests.truth_errors) for found in (before, after))
    figures: list[dict[str, float]] = [{}, {}]
    words, gains = [], []
    for k, parameter in enumerate(SHOWN):
        count = int(np.isfinite(tests.truth[:, k]).sum())
        if count < _FEWEST_TESTED:
            continue
        for part, scores in zip(figures, (old, new), strict=True):
            part[f"90 % coverage of {parameter.name}"] = float(scores.coverage[k, 2])
            part[f"RMSE of {parameter.name}"] = float(scores.rmse[k])
        unit = "dex" if parameter.unit.startswith("log10") else parameter.unit
        held = [f"{100 * scores.coverage[k, 2]:.0f} %" for scores in (old, new)]
        words.append(
            f"{parameter.label}: 90 % intervals held {held[0]} of {count} labels, now {held[1]}; "
            f"error {old.rmse[k]:.3g}, now {new.rmse[k]:.3g} {unit}".rstrip()
        )
        misses = [abs(float(scores.coverage[k, 2]) - 0.9) for scores in (old, new)]
        gains.append(float(np.log(old.rmse[k] / new.rmse[k])) + 2 * (misses[0] - misses[1]))
    better = bool(np.mean(gains) > 0)
    last = "Keep the adapted network." if better else "Keep the network as it was."
    return Verdict(". ".join([*words, last]), figures[0], figures[1], better)
