r"""A trial that grows: simulations come in, and all checks that are quick run again on them.

The work of the view *Trial*, for a thread: it tells of a finding whenever there is a new one, so
that curves are seen to converge, and whoever stops it keeps what was found until then.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.accuracy.checks import CHECKS, Report, default_suite, obstacles, report_of
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.trial import Trial, TrialError, join
from astroviz.accuracy.validity import validated

__all__ = ["Asked", "Found", "fitting_checks", "judged", "own_work", "trial_work"]

Progress = Callable[[float], None]
Stop = Callable[[], None]
Watch = Callable[["Found"], None]

_SHARE = 0.75  # of the bar that simulations take
_PATIENCE = 2.0  # checks of a growing trial take a third of the time at most


@dataclass(frozen=True)
class Asked:
    r"""What is put on trial, and how.

    Arguments:
        model: Name of the model, as `astroviz.load` takes it; `mine` for the user's own draws.
        case: What of it is tried; empty for the usual case.
        count: Objects.
        draws: Draws for each.
        seed: Seed of simulations, draws and checks.
        checks: Names of the checks; empty for the default suite.
        level: Chance that a perfect posterior is rejected by any check.
    """

    model: str
    case: str = ""
    count: int = 200
    draws: int = 100
    seed: int = 0
    checks: tuple[str, ...] = ()
    level: float = 0.05


@dataclass(frozen=True)
class Found:
    r"""What was found until now.

    Arguments:
        asked: What was asked.
        trial: The objects that are there, valid.
        report: What the checks say of them.
        refused: Checks that were to run and could not, with why.
        complete: Whether all objects and all checks are in.
        stored: Whether it was found before, and shipped.
    """

    asked: Asked
    trial: Trial
    report: Report
    refused: Mapping[str, str] = dataclasses.field(default_factory=dict)
    complete: bool = True
    stored: bool = False

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Outcomes by the name of their check."""
        return {one.check: one for one in self.report.outcomes}


def trial_work(
    asked: Asked, watch: Watch, source: Callable[..., Iterable[Mapping[str, Any]]]
) -> Callable[[Progress, Stop], Found]:
    r"""Work for a thread: simulate, draw, judge.

    Arguments:
        asked: What is put on trial.
        watch: Told of what is found on the way, in that thread.
        source: Gives the parts of a trial, as `core.trials.trial_parts` does:
            `source(name, count, draws, seed, control, case)`.

    Returns:
        A function of `progress(share)` and `check()`, which raises to stop; it gives all that was
        found.
    """

    def work(progress: Progress, check: Stop) -> Found:
        control = _Told(check, lambda share: progress(_SHARE * share))
        parts: list[Mapping[str, Any]] = []
        quick, ended = 0.0, time.monotonic()
        stream = source(asked.model, asked.count, asked.draws, asked.seed, control, asked.case)
        for part in stream:
            check()
            parts.append(part)
            have = sum(len(one["truths"]) for one in parts)
            if have >= asked.count or time.monotonic() - ended < _PATIENCE * quick:
                continue
            start = time.monotonic()
            for found in _glimpse(asked, parts, check):
                watch(found)
            ended = time.monotonic()
            quick = ended - start
        trial = validated(join(parts), drop=True, seed=asked.seed)
        told = lambda share: progress(_SHARE + (1 - _SHARE) * share)  # noqa: E731
        return _verdict(asked, trial, watch, told, check)

    return work


def own_work(
    asked: Asked, own: Trial, drop: bool, watch: Watch
) -> Callable[[Progress, Stop], Found]:
    r"""Work for a thread: judge draws that are there.

    Arguments:
        asked: Which checks, at which seed.
        own: Draws and truths.
        drop: Leave out objects whose draws are not finite; else they are refused.
        watch: Told of what is found on the way, in that thread.
    """

    def work(progress: Progress, check: Stop) -> Found:
        trial = validated(own, drop=drop, seed=asked.seed)
        return _verdict(asked, trial, watch, progress, check)

    return work


def _verdict(asked: Asked, trial: Trial, watch: Watch, progress: Progress, check: Stop) -> Found:
    """All that the checks say, told in between."""
    last: Found | None = None
    for share, last in judged(asked, trial, check):
        progress(share)
        watch(last)
    assert last is not None
    return last


def _glimpse(asked: Asked, parts: list[Mapping[str, Any]], check: Stop) -> Iterator[Found]:
    """What quick checks say of the first parts; nothing where these are too few to be judged."""
    try:
        trial = validated(join(parts), drop=True, seed=asked.seed)
    except TrialError:
        return
    quick = [name for name in fitting_checks(asked, trial) if CHECKS[name].cost == "light"]
    if quick:
        for _, found in judged(dataclasses.replace(asked, checks=tuple(quick)), trial, check):
            yield dataclasses.replace(found, asked=asked, complete=False)


def fitting_checks(asked: Asked, trial: Trial) -> list[str]:
    """The checks that will run, quick ones first: those asked for that fit the trial."""
    barred = obstacles(trial)
    wanted = list(asked.checks) or default_suite(trial)
    fitting = [name for name in CHECKS if name in wanted and not barred[name]]
    return sorted(fitting, key=lambda name: CHECKS[name].cost == "heavy")


def judged(
    asked: Asked, trial: Trial, check: Stop = lambda: None
) -> Iterator[tuple[float, Found]]:
    r"""Judge a trial; what is found after the quick checks and after each slow one.

    Arguments:
        asked: What was asked.
        trial: A valid trial.
        check: Called between checks; raises to stop.

    Returns:
        The share that is done, and what is found; the last is complete. A check that cannot be
        run is told of with its reason, and the others go on.
    """
    names = fitting_checks(asked, trial)
    if not names:
        raise TrialError(
            "none of the checks that were chosen fits these draws: choose others, or the suite"
        )
    outcomes: list[Outcome] = []
    refused: dict[str, str] = {}
    for place, name in enumerate(names):
        check()
        start = time.perf_counter()
        try:
            outcome = CHECKS[name].run(trial, asked.seed)
        except (ValueError, np.linalg.LinAlgError) as error:
            refused[name] = _sentence(error)
        else:
            seconds = time.perf_counter() - start
            outcomes.append(dataclasses.replace(outcome, check=name, seconds=seconds))
        left = names[place + 1 :]
        if not left or CHECKS[left[0]].cost == "heavy":
            report = report_of(trial, outcomes, asked.level)
            done = (place + 1) / len(names)
            yield done, Found(asked, trial, report, dict(refused), not left)


def _sentence(error: Exception) -> str:
    words = str(error.args[0] if error.args else error) or type(error).__name__
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


class _Told:
    """What a sampler hears from those who wait."""

    max_draws: int | None = None

    def __init__(self, check: Stop, progress: Progress) -> None:
        self.check, self.progress = check, progress
