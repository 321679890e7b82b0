r"""All checks of a posterior, run on one trial, with one verdict.

Every check that has a p-value takes part in the verdict: Holm's procedure shares the level out,
so that all of them together reject a perfect posterior no more often than stated. A posterior
that passes may still be wrong in ways that no check here sees; `CHECKS` says what each one can
and cannot detect.

References:
    | A simple sequentially rejective multiple test procedure (Holm 1979)
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from astroviz.accuracy.check_table import CHECKS, Check
from astroviz.accuracy.family import holm
from astroviz.accuracy.outcome import Outcome, Report
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.accuracy.validity import validated

__all__ = [
    "CHECKS",
    "Check",
    "Outcome",
    "Report",
    "default_suite",
    "obstacles",
    "report_of",
    "run_checks",
]


def obstacles(trial: Trial) -> dict[str, str]:
    r"""Why each check does not fit a trial: check to a sentence, empty where it fits."""
    return {name: _obstacle(check, trial) for name, check in CHECKS.items()}


def _obstacle(check: Check, trial: Trial) -> str:
    if trial.geometry not in check.geometries:
        return (
            f"It is for {' and '.join(check.geometries)} points, but these are of geometry "
            f"{trial.geometry}."
        )
    if trial.draws.ndim == 3 and trial.draws.shape[1] < 2 and check.draws > 1:
        return "It needs at least 2 draws for each object, but there is one."
    for field, words in check.needs.items():
        value = getattr(trial, field)
        if value is None or (hasattr(value, "__len__") and len(value) == 0):
            return f"It needs {words}, which this trial does not have."
    return check.unfit(trial)


def default_suite(trial: Trial) -> list[str]:
    """The checks that run when none is named: those of the suite that fit."""
    barred = obstacles(trial)
    return [
        name
        for name, check in CHECKS.items()
        if check.default
        and not barred[name]
        and (not check.default_with or getattr(trial, check.default_with) is not None)
    ]


def run_checks(
    trial: Trial,
    names: Sequence[str] | None = None,
    level: float = 0.05,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    check: Callable[[], None] | None = None,
) -> Report:
    r"""Judge a posterior.

    Arguments:
        trial: True values, draws and what is known beside.
        names: Checks to run; None for all of the default suite that fit.
        level: Chance that a perfect posterior is rejected by any check.
        seed: Seed of tie-breaking, references and permutations.
        progress: Is told the part that is done, 0 to 1.
        check: Is called between checks and may raise to stop.

    Returns:
        The report: outcomes, the checks that reject, notes; among several checks one that finds
        too few objects is left out with a note, alone it raises a `TrialError`.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> mean = random.normal(size=(300, 1, 2))
        >>> draws = mean + random.normal(size=(300, 101, 2))
        >>> trial = Trial(truths=draws[:, 0], draws=draws[:, 1:], names=("x", "y"))
        >>> run_checks(trial, ["sbc", "dispersion"]).rejected
        ()
    """
    trial = validated(trial)
    barred = obstacles(trial)
    wanted = default_suite(trial) if names is None else list(dict.fromkeys(names))
    for name in wanted:
        if name not in CHECKS:
            raise TrialError(f"there is no check {name!r}; there are {', '.join(CHECKS)}")
        if barred[name]:
            raise TrialError(f"{CHECKS[name].title} cannot be run. {barred[name]}")
    if not wanted:
        raise TrialError(
            "none of the suite's checks fits these draws. "
            + ("One draw for each object tells nothing of widths: compare populations with "
               "pqmass, c2st, mmd or sliced, or give more draws" if trial.draws.shape[1] < 2
               else "Name those to run")
        )  # fmt: skip
    cost = {name: 10.0 if CHECKS[name].cost == "heavy" else 1.0 for name in wanted}
    found, done = [], 0.0
    for name in wanted:
        if check is not None:
            check()
        start = time.perf_counter()
        try:
            outcome = CHECKS[name].run(trial, seed)
        except ValueError as error:
            if len(wanted) == 1:
                raise
            # one check that finds too few objects, or nothing to count, must not cost the others
            words = str(error.args[0] if error.args else error)
            told = f"{CHECKS[name].title} was not run: {words}."
            trial = dataclasses.replace(trial, notes=(*trial.notes, told))
        else:
            seconds = time.perf_counter() - start
            found.append(dataclasses.replace(outcome, check=name, seconds=seconds))
        done += cost[name]
        if progress is not None:
            progress(done / sum(cost.values()))
    return report_of(trial, found, level)


def report_of(trial: Trial, outcomes: Sequence[Outcome], level: float = 0.05) -> Report:
    r"""The report of outcomes that were found one by one.

    Arguments:
        trial: What was judged, as `validated` gave it.
        outcomes: What the checks found.
        level: Chance that a perfect posterior is rejected by any of them.
    """
    rejected = holm({one.check: one.p_value for one in outcomes}, level)
    return Report(
        tuple(outcomes), tuple(rejected), level, trial.notes, trial.model, trial.count,
        trial.draws.shape[1],
    )  # fmt: skip
