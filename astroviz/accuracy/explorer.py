r"""The state of the accuracy lab, and the work that it implies; no widgets.

The page `/accuracy` and the notebook widget are two faces over `AccuracyExplorer`. The lab has no
model of its own: it opens the ones on trial by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from astroviz.accuracy.compare_state import CompareState
from astroviz.accuracy.landscape_state import LandscapeState
from astroviz.accuracy.shift_state import ShiftState
from astroviz.accuracy.traps_state import TrapsState
from astroviz.accuracy.trial_state import TrialState
from astroviz.core.shelf import shipped

__all__ = ["AccuracyExplorer"]


class AccuracyExplorer(TrialState, TrapsState, LandscapeState, CompareState, ShiftState):
    r"""Five views of one question: is this posterior true?

    Arguments:
        own: Draws and truths of the user's own, an `accuracy.trial.Trial`; `tried` is `mine` then.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = AccuracyExplorer(view="traps", seed=4)
        >>> explorer.state()
        {'seed': 4, 'view': 'traps'}
    """

    _bulky: ClassVar[tuple[str, ...]] = ()
    _dragged = (
        TrialState._dragged
        | TrapsState._dragged
        | LandscapeState._dragged
        | CompareState._dragged
        | ShiftState._dragged
    )

    def __init__(self, own: Any = None, **settings: Any) -> None:
        super().__init__()
        self.own = own
        given: Mapping[str, Any] = {"tried": "mine", **settings} if own is not None else settings
        if sentences := self.restore(given):
            raise ValueError(" ".join(sentences))
        self._watch_state()

    def other_model(self, name: str) -> tuple[Any, str]:
        """A model on trial by its full name; None and why it is missing."""
        return shipped(name)

    def trial_card(self) -> Any:
        """The card of the model on trial; None where there is none."""
        return self.card()[0]

    def card(self) -> tuple[Any, str]:
        """The card of the model on trial; None and why there is none."""
        if self.tried == "mine":
            return None, "These are draws of your own, which no shipped model stands behind."
        model, sentence = self.other_model(self.tried)
        return getattr(model, "card", None), sentence
