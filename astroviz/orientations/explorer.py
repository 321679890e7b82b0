r"""The state of the page of orientations, and the questions that it asks; no widgets.

The page `/orientations` and the notebook widget are two faces over `OrientationsExplorer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from astroviz.core.room_explorer import RoomExplorer
from astroviz.orientations.catalogue_state import CatalogueState
from astroviz.orientations.film_state import FilmState
from astroviz.orientations.kernel_state import KernelState
from astroviz.orientations.pose_state import PoseState
from astroviz.orientations.web_state import WebState

__all__ = ["OrientationsExplorer"]


class OrientationsExplorer(
    RoomExplorer, FilmState, KernelState, WebState, CatalogueState, PoseState
):
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

    _other_models: ClassVar[Mapping[str, str]] = {"film": "densities", "pose": "pose"}
    _dragged = (
        FilmState._dragged
        | KernelState._dragged
        | WebState._dragged
        | CatalogueState._dragged
        | PoseState._dragged
    )

    def card(self) -> tuple[Any, str]:
        """The card of the model behind the view that is shown; None and why there is none."""
        if self.view == "kernel":
            return None, "Nothing is learned here: the kernel is known in closed form."
        return super().card()
