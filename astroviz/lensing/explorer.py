r"""The state of the page of lensing, and the questions that it asks; no widgets.

The page `/lensing` and the notebook widget are two faces over `LensingExplorer`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from astroviz.core.registry import load
from astroviz.core.shelf import shipped
from astroviz.lensing.bench_state import BenchState
from astroviz.lensing.noise_state import NoiseState
from astroviz.lensing.operators_state import OperatorsState
from astroviz.lensing.real_state import RealState
from astroviz.lensing.sample_state import SampleState
from astroviz.lensing.shift_state import ShiftState
from astroviz.lensing.trust_state import TrustState

__all__ = ["LensingExplorer"]

# Views that another model than the room's own answers.
_OTHER_MODELS = {"noise": "noise", "shift": "rounds"}


class LensingExplorer(
    BenchState, SampleState, RealState, TrustState, ShiftState, NoiseState, OperatorsState
):
    r"""Seven views of strong lensing, from the bench to the operators.

    Arguments:
        model: The prior of sources; `astroviz.load("lensing")` when None. The views that need it
            say a sentence where it is missing; the others live without.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = LensingExplorer(view="trust", seed=4)
        >>> explorer.state()
        {'view': 'trust', 'seed': 4}
    """

    _bulky: ClassVar[tuple[str, ...]] = (*BenchState._bulky, *SampleState._bulky)
    _dragged = (
        BenchState._dragged
        | SampleState._dragged
        | RealState._dragged
        | TrustState._dragged
        | ShiftState._dragged
        | NoiseState._dragged
        | OperatorsState._dragged
    )

    def __init__(self, model: Any = None, **settings: Any) -> None:
        super().__init__()
        self.model, self.missing = model, ""
        if model is None:
            try:
                self.model = load("lensing")
            except Exception as error:
                # Whatever is wrong with this model, the views that need none must live.
                self.missing = str(error.args[0] if error.args else error)
        if sentences := self.restore(settings):
            raise ValueError(" ".join(sentences))
        self._watch_state()

    def other_model(self, name: str) -> tuple[Any, str]:
        """Another model of the room, by the last part of its name; None and why it is missing."""
        return shipped(f"lensing/{name}", getattr(self.model, "device", "auto"))

    def card(self) -> tuple[Any, str]:
        """The card of the model behind the view that is shown; None and why there is none."""
        if self.view in _OTHER_MODELS:
            model, sentence = self.other_model(_OTHER_MODELS[self.view])
            return getattr(model, "card", None), sentence
        return getattr(self.model, "card", None), self.missing
