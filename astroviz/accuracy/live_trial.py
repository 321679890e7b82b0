r"""Trials of shipped models that a view asked for, kept as long as the tab lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from astroviz.accuracy.trial import Trial, TrialError, join
from astroviz.accuracy.trial_models import MINE, cases_of, full_name
from astroviz.accuracy.validity import validated
from astroviz.accuracy.view_state import ViewState

if TYPE_CHECKING:
    from astroviz.accuracy.trial_run import Found

__all__ = ["Key", "LiveTrials", "Work"]

Key = tuple[str, str, int, int, int]
"""Model, case, objects, draws, seed."""
Work = Callable[[Callable[[float], None], Callable[[], None]], Trial]

_KEPT = 4


class LiveTrials(ViewState):
    """The trials that Landscape, Compare and Shift share."""

    live_count = param.Integer(
        default=400, bounds=(100, 5000), doc="Fresh simulations of a model that is asked live."
    )
    live_draws = param.Integer(
        default=60, bounds=(20, 1000), doc="Posterior draws for each of them."
    )

    own: Trial | None = None
    _found_trials: dict[Key, Trial] | None = None
    _valid: tuple[Trial, Trial] | None = None

    def live_key(self, name: str, case: str = "") -> Key:
        """What a trial of a model is kept under."""
        known, _ = cases_of(name)
        chosen = case if case in known else next(iter(known), "")
        return (full_name(name), chosen, int(self.live_count), int(self.live_draws),
                int(self.seed))  # fmt: skip

    def live_trial(self, name: str, case: str = "") -> Trial | None:
        """The trial of a model if it is there; None before it was asked."""
        if name == MINE:
            if self.own is None:
                return None
            if self._valid is None or self._valid[0] is not self.own:
                self._valid = (self.own, validated(self.own, drop=True))
            return self._valid[1]
        kept = (self._found_trials or {}).get(self.live_key(name, case))
        return kept if kept is not None else self._judged(name, case)

    def live_working(self, name: str, case: str = "") -> Work:
        r"""Work for a thread that simulates and draws; a ValueError says why there is none.

        Arguments:
            name: The model, as `astroviz.load` takes it.
            case: What of it; the usual case if it has none of that name.
        """
        if name == MINE:
            raise TrialError(
                "there are no draws of yours yet: choose a file with draws in the view Trial"
            )
        _, sentence = cases_of(name)
        if sentence:
            raise TrialError(sentence)
        key = self.live_key(name, case)

        def work(progress: Any, check: Any) -> Trial:
            return validated(join(_stream(key, progress, check)), drop=True, seed=key[4])

        return work

    def live_keep(self, name: str, trial: Trial, case: str = "") -> None:
        """Keep what was found; the oldest is forgotten."""
        kept = dict(self._found_trials or {})
        kept[self.live_key(name, case)] = trial
        self._found_trials = dict(list(kept.items())[-_KEPT:])

    def _judged(self, name: str, case: str) -> Trial | None:
        """What the view Trial has of the model on trial, so that it is not simulated again."""
        found: Found | None = None
        if name == self.tried and hasattr(self, "trial_found"):
            found = self.trial_found()
        if found is None or not found.complete or case not in ("", found.asked.case):
            return None
        return found.trial


def _stream(key: Key, progress: Any, check: Any) -> Any:
    from astroviz.core.trials import trial_parts

    name, case, count, draws, seed = key
    yield from trial_parts(name, count, draws, seed, _Told(check, progress), case)


class _Told:
    """What a sampler hears from those who wait."""

    max_draws: int | None = None

    def __init__(self, check: Any, progress: Any) -> None:
        self.check, self.progress = check, progress
