r"""What the view `trial` puts on trial, the work that it is, and what came of it; no widgets."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.trial_example import example_of
from astroviz.accuracy.trial_models import MINE, cases_of, full_name
from astroviz.accuracy.trial_run import Asked, Found, own_work, trial_work
from astroviz.accuracy.view_state import ViewState

if TYPE_CHECKING:
    from astroviz.accuracy.trial import Trial

__all__ = ["AskedState"]

_KEPT = 4  # trials that a tab remembers


class AskedState(ViewState):
    """Who is on trial: a model or draws of the user's own."""

    trial_case = param.String(default="", doc="What of the model is tried; empty: the usual case.")
    trial_count = param.Integer(
        default=200, bounds=(20, 20_000), doc="How many fresh simulations are judged."
    )
    trial_draws = param.Integer(
        default=100, bounds=(20, 2000), doc="Posterior draws for each simulation."
    )
    trial_checks = param.List(
        default=[], item_type=str, doc="Checks that run; none named: the suite."
    )
    trial_drop = param.Boolean(
        default=False,
        doc="Leave out objects of yours whose draws are not finite; the report says how many.",
    )

    own: Trial | None = None
    _live: Found | None = None

    # What is on trial

    def trial_asked(self) -> Asked:
        """What the settings ask for."""
        checks = tuple(name for name in self.trial_checks if name in CHECKS)
        if self.tried == MINE:
            count, draws = (0, 0) if self.own is None else self.own.draws.shape[:2]
            return Asked(MINE, "", int(count), int(draws), int(self.seed), checks)
        return Asked(
            full_name(self.tried), self.trial_usual_case(), int(self.trial_count),
            int(self.trial_draws), int(self.seed), checks,
        )  # fmt: skip

    def trial_usual_case(self) -> str:
        """The case that is tried, by name; empty where the model has none."""
        cases, _ = cases_of(self.tried)
        return self.trial_case if self.trial_case in cases else next(iter(cases), "")

    def trial_found(self) -> Found | None:
        """What is shown: the trial under way, else what was found of these settings before."""
        if self._live is not None:
            return self._live
        asked = self.trial_asked()
        found = self._trials().get(_key(asked, self.own))
        return found if found is not None else example_of(dataclasses.replace(asked, checks=()))

    def trial_working(
        self, watch: Callable[[Found], None], source: Any = None
    ) -> Callable[[Any, Any], Found]:
        r"""Work for a thread; a ValueError says why there is none.

        Objects that are there are judged again by the checks that are chosen now; else new ones
        are simulated.

        Arguments:
            watch: Told of what is found on the way, in that thread.
            source: Where objects come from; `core.trials.trial_parts` by default.
        """
        asked = self.trial_asked()
        if self.tried == MINE:
            if self.own is None:
                raise ValueError("there are no draws of yours yet: choose a file with draws")
            return own_work(asked, self.own, bool(self.trial_drop), watch)
        there = self.trial_found()
        if there is not None and there.complete and there.asked.checks != asked.checks:
            return own_work(asked, there.trial, False, watch)
        _, sentence = cases_of(self.tried)
        if sentence:
            raise ValueError(sentence)
        if source is None:
            from astroviz.core.trials import trial_parts as source
        return trial_work(asked, watch, source)

    def trial_watch(self, found: Found) -> None:
        """Show what was found on the way."""
        self._live = found

    def trial_keep(self, found: Found) -> None:
        """Keep what was found; it is shown whenever these settings are."""
        kept = self._trials()
        kept[_key(found.asked, self.own)] = found
        while len(kept) > _KEPT:
            kept.popitem(last=False)
        self._live = None

    def trial_stopped(self) -> None:
        """The work was given up: what was found until then stays."""
        if self._live is not None:
            self.trial_keep(self._live)

    def _trials(self) -> OrderedDict[Any, Found]:
        if "_kept_trials" not in self.__dict__:
            self._kept_trials: OrderedDict[Any, Found] = OrderedDict()
        return self._kept_trials


def _key(asked: Asked, own: Any) -> Any:
    """What tells trials apart: not their checks, which can be run again."""
    plain = dataclasses.replace(asked, checks=())
    return (plain, id(own)) if asked.model == MINE else plain
