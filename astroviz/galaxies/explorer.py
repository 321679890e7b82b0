r"""The state of the page of galaxies, and the questions that it asks; no widgets.

The page `/galaxies` and the notebook widget are two faces over `GalaxiesExplorer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from astroviz.core.room_explorer import RoomExplorer
from astroviz.galaxies.fit_state import FitState
from astroviz.galaxies.lessons_state import LessonsState
from astroviz.galaxies.objects_state import ObjectsState
from astroviz.galaxies.population_state import PopulationState
from astroviz.galaxies.sed_state import SedState
from astroviz.galaxies.selection_state import SelectionState

__all__ = ["GalaxiesExplorer"]


class GalaxiesExplorer(
    RoomExplorer,
    PopulationState,
    SedState,
    SelectionState,
    FitState,
    ObjectsState,
    LessonsState,
):
    r"""Six views of a population of galaxies, from its draws to what they teach.

    Arguments:
        model: The population; `astroviz.load("galaxies")` when None. The views that need it say a
            sentence where it is missing; the others live without.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = GalaxiesExplorer(view="sed", seed=4)
        >>> explorer.state()
        {'seed': 4, 'view': 'sed'}
    """

    _bulky: ClassVar[tuple[str, ...]] = ()
    _other_models: ClassVar[Mapping[str, str]] = {}
    _dragged = (
        PopulationState._dragged
        | SedState._dragged
        | SelectionState._dragged
        | FitState._dragged
        | ObjectsState._dragged
        | LessonsState._dragged
    )

    def card(self) -> tuple[Any, str]:
        """The card of the population that is shown; None and why there is none."""
        model, sentence = self.shown_model()
        return getattr(model, "card", None), sentence
