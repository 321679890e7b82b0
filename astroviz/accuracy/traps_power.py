r"""How often the checks notice, and how often they cry wolf: the stored studies, to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.studies import SUITE, PowerStudy, stored_null, stored_power
from astroviz.accuracy.traps_words import short

__all__ = ["TrapPower", "half_size", "suite_words", "trap_power"]


@dataclass(frozen=True)
class TrapPower:
    r"""What the studies say of a trap, and of all.

    Arguments:
        sizes: Of the trap, (S,).
        rates: Name of a check to its detection rates, (S,).
        suite: Name of the whole suite among `rates`.
        level: Of each check.
        checks: Rows of the table of all traps.
        half: Smallest size that is noticed in half of the repeats; NaN where none is, inf where
            the check does not fit, (C, T).
        alarms: Names, rates and repeats of checks on exact posteriors.
        band: Rates that chance explains.
        about: What was done, in words.
    """

    sizes: np.ndarray
    rates: dict[str, np.ndarray]
    suite: str
    level: float
    checks: tuple[str, ...]
    half: np.ndarray
    alarms: tuple[list[str], list[float], list[int]]
    band: tuple[float, float]
    about: str


def trap_power(trap: str) -> TrapPower:
    r"""What is stored; FileNotFoundError becomes a sentence.

    Arguments:
        trap: Name of a defect.
    """
    try:
        study, null = stored_power(), stored_null()
    except (OSError, KeyError) as error:
        raise ValueError(
            "the studies of power and false alarms are not here: make them by "
            "tests/benchmarks/bench_accuracy_power.py --store and bench_accuracy_null.py --store"
        ) from error
    suite = suite_words()
    named = {name: suite if name == SUITE else short(name) for name in study.checks}
    rates = {named[name]: study.rates[trap][:, k] for k, name in enumerate(study.checks)}
    checks = null["checks"]
    alarms = ([short(name) for name in checks], [float(row["rate"]) for row in checks.values()],
              [int(row["repeats"]) for row in checks.values()])  # fmt: skip
    return TrapPower(
        study.sizes[trap], rates, suite, study.level, study.checks, _halves(study), alarms,
        (float(null["band"][0]), float(null["band"][1])), _about(study, null),
    )  # fmt: skip


def suite_words() -> str:
    """What the default checks together are called."""
    return "All together"


def half_size(sizes: np.ndarray, rates: np.ndarray) -> float:
    r"""Smallest size that is noticed in half of the repeats, between the sizes by a straight line.

    Arguments:
        sizes: Increasing, (S,).
        rates: Detection rates, (S,).

    Returns:
        A size; NaN where half is never reached, inf where there is no rate.

    Example:
        >>> round(half_size(np.array([0.1, 0.2]), np.array([0.0, 1.0])), 3)
        0.15
    """
    if not np.isfinite(rates).any():
        return float("inf")
    x = np.concatenate([[0.0], sizes])
    y = np.maximum.accumulate(np.concatenate([[0.0], np.nan_to_num(rates)]))
    if y[-1] < 0.5:
        return float("nan")
    k = int(np.argmax(y >= 0.5))
    return float(x[k - 1] + (0.5 - y[k - 1]) / (y[k] - y[k - 1]) * (x[k] - x[k - 1]))


def _halves(study: PowerStudy) -> np.ndarray:
    return np.array([
        [half_size(study.sizes[trap], study.rates[trap][:, k]) for trap in DEFECTS]
        for k in range(len(study.checks))
    ])  # fmt: skip


def _about(study: PowerStudy, null: dict[str, Any]) -> str:
    repeats = max(int(found.max()) for found in study.repeats.values())
    exact = max(int(row["repeats"]) for row in null["checks"].values())
    level = f"{100 * study.level:.0f} %"
    return (
        f"Power: {study.count} objects, {study.draws} draws, {study.parameters} parameters, up to "
        f"{repeats} repeats; each check at {level}, all together at {level} family-wise. False "
        f"alarms: up to {exact} exact posteriors of {null['count']} objects; the band is where "
        "chance leaves all checks."
    )
