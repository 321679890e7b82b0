r"""Fresh stars and answers of the adaptation's networks: the raw material of `astroviz check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.stars.adaptation_pairs import RealStars
from astroviz.stars.adaptation_scores import SHOWN, answers, truths
from astroviz.stars.experiment import NONE, TARGETS, Experiment
from astroviz.stars.mock_galaxy import mock_catalogue

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel

__all__ = ["adapted_checks", "experiment_checks"]

_USUAL = 0.06  # coverage of an adapted network may miss 90 % by so much


def _misses(
    model: StarsModel, domain: str, mix: str, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truths, draws, misses of the 90 % coverage of `SHOWN`, and their binomial errors."""
    stars = mock_catalogue(domain, n, 5000 + seed, mix, clusters=300)
    tokens = RealStars.of_mock(stars).tokens()
    found = answers(model.network, tokens, model.physics, 128, seed)
    truth = truths(stars.stars)
    low, high = found.interval()
    covered = ((truth >= low) & (truth <= high)).mean(0)
    error = np.sqrt(np.maximum(covered * (1 - covered), 1e-3) / n)
    return truth, found.draws, np.abs(covered - 0.9), error


def adapted_checks(model: StarsModel, seed: int, quick: bool) -> list[dict[str, Any]]:
    r"""Coverage and ranks on fresh stars of domain B, for `accuracy.report.verdicts`.

    Arguments:
        model: `stars/adapted`.
        seed: Seed of stars and draws.
        quick: Some hundred stars instead of thousands.
    """
    truth, draws, misses, errors = _misses(model, "B", "prior", 800 if quick else 4000, seed)
    names = [parameter.name for parameter in SHOWN]
    good = np.isfinite(draws).all((1, 2))
    return [
        _values("B: miss of 90 % coverage", misses, errors, _USUAL),
        {"kind": "ranks", "name": "B", "parameters": names, "truths": truth[good],
         "draws": draws[good]},
    ]  # fmt: skip


def experiment_checks(experiment: Experiment, seed: int, quick: bool) -> list[dict[str, Any]]:
    """The largest miss of the 90 % coverage of log age and A_V of every arm that claims it.

    These are the arms with pairs on their targets, and the network before adaptation on domain A.
    The others are there to show that they do not.
    """
    found, both = [], [0, 2]
    for record in experiment.arms.values():
        if record.name != NONE and not record.arm.pairs:
            continue
        where = [t for t in TARGETS if t.name == record.target]
        model = experiment.model(record.name)
        domain, mix = (where[0].domain, where[0].mix) if where else ("A", "prior")
        _, _, misses, errors = _misses(model, domain, mix, 500 if quick else 2000, seed)
        title = f"{record.target or 'A'}: {record.arm.title}"
        found.append(
            _values(f"{title}, miss of 90 % coverage", misses[both], errors[both], _USUAL)
        )
    return found


def _values(name: str, values: np.ndarray, errors: np.ndarray, goal: float) -> dict[str, Any]:
    return {"kind": "values", "name": name, "values": values, "errors": errors,
            "statistic": "max", "goal": goal, "sense": "at most"}  # fmt: skip
