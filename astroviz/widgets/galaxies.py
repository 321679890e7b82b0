r"""Galaxies in a notebook: `explore("galaxies", view="population")` and its sisters."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from astroviz.galaxies.explorer import GalaxiesExplorer
from astroviz.galaxies.view_state import VIEWS
from astroviz.widgets.working import WorkingWidget

if TYPE_CHECKING:
    from astroviz.core.engine import Engine

__all__ = ["GalaxiesWidget", "explore", "open_view"]

# View -> module and class; imported when opened.
_VIEWS = {
    "population": ("galaxies_population", "PopulationWidget"),
    "sed": ("galaxies_sed", "SedWidget"),
    "selection": ("galaxies_selection", "SelectionWidget"),
    "fit": ("galaxies_fit", "FitWidget"),
    "objects": ("galaxies_objects", "ObjectsWidget"),
    "lessons": ("galaxies_lessons", "LessonsWidget"),
}
# Models of the room that have a view of their own.
_ASKING = {"ladder": "population", "emulator": "sed", "tables": "sed"}


class GalaxiesWidget(WorkingWidget):
    r"""What the views have in common; each is a subclass.

    `draws` can be read and observed; all other state is in `explorer`, whose parameters can be
    read, set and observed.

    Arguments:
        model: The population; `astroviz.load("galaxies")` when None.
        table: A table of galaxies: a path, an astropy Table, a pandas DataFrame; the galaxies of
            the model when None.
        engine: Who runs what is asked; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `GalaxiesExplorer`: `sed_dust=False`, `seed=4`.

    Example:
        >>> view = explore(view="sed")  # doctest: +SKIP
        >>> view.explorer.seed = 3  # doctest: +SKIP
        >>> view.draws["redshift"].mean()  # doctest: +SKIP
    """

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        made = GalaxiesExplorer(model, **{**state, "view": self.name})
        if table is not None:
            self.open_table(made, table)
        return made

    def open_table(self, explorer: GalaxiesExplorer, table: Any) -> None:
        """Look at a table of the user's; views that can do so say how."""
        raise ValueError(f"the view {self.name!r} looks at no table: open 'fit' or 'objects'")


def explore(
    table: Any = None, model: Any = None, engine: Engine | None = None, **state: Any
) -> GalaxiesWidget:
    r"""Open a view of galaxies in a notebook.

    Arguments:
        table: A table of galaxies; see `GalaxiesWidget`. It opens the view `fit`.
        model: The population.
        engine: Who runs what is asked.
        state: `view`, one of `VIEWS`, and any parameter of the explorer.
    """
    view = str(state.pop("view", "population" if table is None else "fit"))
    if view not in VIEWS:
        raise ValueError(f"galaxies has no view {view!r}; there are {', '.join(VIEWS)}")
    module, kind = _VIEWS[view]
    made = getattr(importlib.import_module(f"astroviz.widgets.{module}"), kind)
    widget: GalaxiesWidget = made(model, table, engine, **state)
    return widget


def open_view(system: Any, table: Any, model: Any, state: dict[str, Any]) -> GalaxiesWidget:
    r"""The view of what a user names: the room, one of its models, or such a model itself.

    Arguments:
        system: `galaxies`, `galaxies/mock`, or what `astroviz.load` gave.
        table: A table of galaxies.
        model: The population.
        state: As of `explore`.
    """
    name = str(getattr(system, "name", system)).partition("/")[2]
    if name in _ASKING:
        if table is None:
            state = {"view": _ASKING[name], **state}
    elif not isinstance(system, str):
        model = system
    elif name:
        from astroviz.core.registry import load

        model = load(system)
    return explore(table, model, **state)
