r"""The state of the page of orientations, and the questions that it asks; no widgets.

The page `/orientations` and the notebook widget are two faces over `OrientationsExplorer`.
"""

from __future__ import annotations

from typing import Any

from astroviz.core.registry import load
from astroviz.core.shelf import shipped
from astroviz.orientations.catalogue_state import CatalogueState
from astroviz.orientations.film_state import FilmState
from astroviz.orientations.kernel_state import KernelState
from astroviz.orientations.pose_state import PoseState
from astroviz.orientations.web_state import WebState

__all__ = ["OrientationsExplorer"]

# Views that another model than the room's own answers.
_OTHER_MODELS = {"film": "densities", "pose": "pose"}


class OrientationsExplorer(FilmState, KernelState, WebState, CatalogueState, PoseState):
    r"""Five views of orientations: a diffusion film, its kernel, a cosmic web, a catalogue, poses.

    Arguments:
        model: The model of p(R | environment); `astroviz.load("orientations")` when None. The
            views that need it say a sentence where it is missing; the others live without.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = OrientationsExplorer(view="kernel")
        >>> explorer.sigma = 0.35
        >>> explorer.state()
        {'view': 'kernel', 'sigma': 0.35}
    """

    _dragged = (
        FilmState._dragged
        | KernelState._dragged
        | WebState._dragged
        | CatalogueState._dragged
        | PoseState._dragged
    )

    def __init__(self, model: Any = None, **settings: Any) -> None:
        super().__init__()
        self.model, self.missing = model, ""
        if model is None:
            try:
                self.model = load("orientations")
            except Exception as error:
                # Whatever is wrong with this model, the views that need none must live.
                self.missing = str(error.args[0] if error.args else error)
        if sentences := self.restore(settings):
            raise ValueError(" ".join(sentences))
        self._watch_state()

    def other_model(self, name: str) -> tuple[Any, str]:
        """Another model of the room, by the last part of its name; None and why it is missing."""
        return shipped(f"orientations/{name}", getattr(self.model, "device", "auto"))

    def card(self) -> tuple[Any, str]:
        """The card of the model behind the view that is shown; None and why there is none."""
        if self.view == "kernel":
            return None, "Nothing is learned here: the kernel is known in closed form."
        if self.view in _OTHER_MODELS:
            model, sentence = self.other_model(_OTHER_MODELS[self.view])
            return getattr(model, "card", None), sentence
        return getattr(self.model, "card", None), self.missing
