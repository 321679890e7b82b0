r"""Orientations in a notebook: `explore("orientations", view="web")` and its four sisters."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import traitlets

from astroviz.components.faces import OrientationSphereWidget
from astroviz.orientations.box import Box
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.view_state import PROJECTIONS, VIEWS
from astroviz.widgets.room import RoomWidget
from astroviz.widgets.sphere_still import sphere_png

if TYPE_CHECKING:
    from astroviz.core.engine import Engine

__all__ = ["OrientationsWidget", "explore", "open_view", "show_sphere"]

# View -> module and class; imported when opened.
_VIEWS = {
    "film": ("orientations_film", "FilmWidget"),
    "kernel": ("orientations_kernel", "KernelWidget"),
    "web": ("orientations_web", "WebWidget"),
    "catalogue": ("orientations_catalogue", "CatalogueWidget"),
    "pose": ("orientations_pose", "PoseWidget"),
}
# Models of the room -> the view that asks them.
_ASKING = {"densities": "film", "pose": "pose", "web": "web"}
_TITLES = {
    "film": "Diffusion film", "kernel": "Kernel lab", "web": "Galaxies in the cosmic web",
    "catalogue": "Catalogue of orientations", "pose": "Poses of solids",
}  # fmt: skip


class OrientationsWidget(RoomWidget):
    r"""What the five views have in common; each is a subclass.

    `draws` can be read and observed, `selection` and `picked` also set; all other state is in
    `explorer`, whose parameters can be read, set and observed.

    Arguments:
        model: The model of p(R | environment); `astroviz.load("orientations")` when None.
        table: A `Box`, or a table of haloes or galaxies as `box_tables.from_table` reads it; the
            shipped box when None.
        engine: Who runs what is asked; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `OrientationsExplorer`: `galaxy=12`, `sigma=0.3`, `seed=4`.

    Example:
        >>> view = explore(view="kernel")  # doctest: +SKIP
        >>> view.explorer.sigma = 0.2  # doctest: +SKIP
        >>> view.draws["tilt"].std()  # doctest: +SKIP
    """

    selection = traitlets.List(traitlets.Int(), help="Numbers of what was selected by hand.")
    picked = traitlets.Int(-1, help="Number of what was clicked; -1: nothing.")

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        made = OrientationsExplorer(model, **{**state, "view": self.name})
        if table is not None:
            box = table if isinstance(table, Box) else _box_of(table, state)
            made.show_table(box, "your table")
        return made

    def stills(self) -> Any:
        """The sphere that stands for the view where no widget can live."""
        raise NotImplementedError

    def headline(self) -> str:
        """What the view is."""
        return _TITLES[self.name]

    def picture(self) -> bytes | None:
        """The sphere of the view as a Mollweide map, once what is asked is answered."""
        self.wait()
        return sphere_png(self.stills())

    def usual(self) -> list[Any]:
        """Places to start from, another seed, a step back, and what spheres are drawn as."""
        projection = ui.ToggleButtons(options=list(PROJECTIONS), style={"button_width": "auto"})
        return [*super().usual(), self.control("projection", projection)]

    def sphere(self, title: str, height: int = 400, **looks: Any) -> Any:
        """A sphere that takes its share of a row, and follows the projection."""
        made = OrientationSphereWidget(
            title=title, layout=ui.Layout(flex="1 1 320px", height=f"{height}px"), **looks
        )
        made.projection = self.explorer.projection
        made.observe(lambda change: setattr(self.explorer, "projection", change["new"]),
                     "projection")  # fmt: skip
        self.explorer.param.watch(lambda event: setattr(made, "projection", event.new),
                                  "projection")  # fmt: skip
        return made

    def hear_selection(self, sphere: Any) -> None:
        """Let what is selected on a sphere be the widget's, and the other way."""
        traitlets.link((sphere, "selection"), (self, "selection"))
        traitlets.link((sphere, "picked"), (self, "picked"))


def show_sphere(sphere: Any, **state: Any) -> None:
    """Give a sphere or a box new values, as one message."""
    with sphere.hold_sync():
        for name, value in state.items():
            sphere.set_trait(name, value)


def _box_of(table: Any, state: dict[str, Any]) -> Box:
    from astroviz.orientations.box_tables import from_table

    return from_table(table, state.get("box_size"))


def explore(
    table: Any = None, model: Any = None, engine: Engine | None = None, **state: Any
) -> OrientationsWidget:
    r"""Open a view of orientations in a notebook.

    Arguments:
        table: A box or table; see `OrientationsWidget`. A table opens the view `catalogue`.
        model: The model of p(R | environment).
        engine: Who runs what is asked.
        state: `view` (film, kernel, web, catalogue or pose) and any parameter of the explorer.
    """
    view = str(state.pop("view", "film" if table is None else "catalogue"))
    if view not in VIEWS:
        raise ValueError(f"orientations have no view {view!r}; there are {', '.join(VIEWS)}")
    module, kind = _VIEWS[view]
    made = getattr(importlib.import_module(f"astroviz.widgets.{module}"), kind)
    widget: OrientationsWidget = made(model, table, engine, **state)
    return widget


def open_view(system: Any, table: Any, model: Any, state: dict[str, Any]) -> OrientationsWidget:
    r"""The view of what a user names: the room, one of its models, or such a model itself.

    Arguments:
        system: `orientations`, `orientations/pose`, or what `astroviz.load` gave.
        table: A box or a table.
        model: The model of p(R | environment).
        state: As of `explore`.
    """
    name = str(getattr(system, "name", system)).partition("/")[2]
    if name and name not in _ASKING:
        raise ValueError(
            f"orientations/{name} has no view of its own: explore 'orientations', or one of "
            + ", ".join(f"orientations/{one}" for one in _ASKING)
        )
    if name == "web" and not isinstance(system, str):
        model = system  # of the others the views take what is shipped
    if name and table is None:
        state = {"view": _ASKING[name], **state}
    return explore(table, model, **state)
