r"""Orientations in a notebook: `explore("orientations", view="web")` and its four sisters."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as ui
import traitlets

from astroviz.components.faces import OrientationSphereWidget
from astroviz.orientations.box import Box
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.view_state import PROJECTIONS, VIEWS
from astroviz.widgets.live import Answered, Asker
from astroviz.widgets.sphere_still import sphere_png
from astroviz.widgets.star_picker import WRAPPED
from astroviz.widgets.tie import tie
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
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


class OrientationsWidget(ViewWidget):
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

    name: ClassVar[str] = ""
    follows: ClassVar[frozenset[str]] = frozenset()
    """Parameters that this view draws."""

    explorer: Any
    draws = Answered(None, allow_none=True, help="What the model or the law answered.")
    selection = traitlets.List(traitlets.Int(), help="Numbers of what was selected by hand.")
    picked = traitlets.Int(-1, help="Number of what was clicked; -1: nothing.")

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        self._ready = False
        super().__init__(model, table, engine, **state)
        self._asker = Asker(self.engine, (self.client, self.name), self._answered, self._failed)
        self.children = [self._title, *self.build(), self._status, self._make_code()]
        self.explorer.param.watch(self._follow, list(self.follows))
        self._show_head()
        self._ready = True
        self.refresh(set(self.follows))

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        made = OrientationsExplorer(model, **{**state, "view": self.name})
        if table is not None:
            box = table if isinstance(table, Box) else _box_of(table, state)
            made.show_table(box, "your table")
        return made

    # What subclasses do

    def build(self) -> list[Any]:
        """Make controls and pictures, for `children`."""
        raise NotImplementedError

    def refresh(self, names: set[str]) -> None:
        """Draw or ask for what depends on these parameters."""
        raise NotImplementedError

    def show(self, draws: Draws) -> None:
        """Draw an answer."""

    def stills(self) -> Any:
        """The sphere that stands for the view where no widget can live."""
        raise NotImplementedError

    # What all views do

    def headline(self) -> str:
        """What the view is."""
        return _TITLES[self.name]

    def picture(self) -> bytes | None:
        """The sphere of the view as a Mollweide map, once what is asked is answered."""
        self.wait()
        return sphere_png(self.stills())

    def wait(self) -> None:
        """Wait until what is being asked is answered."""
        if self._ready:
            self._asker.settle()

    def _follow(self, *events: Any) -> None:
        self.refresh({event.name for event in events})

    def _answered(self, draws: Draws) -> None:
        self.show(draws)
        ready, self._ready = self._ready, False  # who observes the draws reads without waiting
        try:
            self.set_trait("draws", draws)
        finally:
            self._ready = ready

    @traitlets.validate("draws")
    def _check_draws(self, proposal: Any) -> Any:
        from astroviz.core.draws import Draws

        if not isinstance(proposal["value"], Draws | None):
            raise traitlets.TraitError("draws are read here; change `explorer` to have others")
        return proposal["value"]

    # Controls

    def control(self, name: str, made: Any, **ways: Any) -> Any:
        """A control tied to a parameter of the explorer, which says what it is."""
        made.tooltip = self.explorer.param[name].doc
        tie(self.explorer, name, made, self._say, **ways)
        return made

    def dropdown(self, name: str, label: str, options: Any, width: str = "220px") -> Any:
        """A list of choices."""
        made = ui.Dropdown(description=label, options=options, layout=ui.Layout(width=width))
        return self.control(name, made)

    def switch(self, name: str, label: str) -> Any:
        """Something that is on or off."""
        made = ui.Checkbox(description=label, indent=False, layout=ui.Layout(width="max-content"))
        return self.control(name, made)

    def button(self, label: str, act: Any, tip: str) -> ui.Button:
        """Something to press."""
        made = ui.Button(description=label, tooltip=tip, layout=ui.Layout(width="auto"))
        made.on_click(lambda _: act())
        return made

    def usual(self) -> list[Any]:
        """Places to start from, another seed, a step back, and what spheres are drawn as."""
        presets = ui.Dropdown(
            options=["presets ...", *(one.name for one in self.explorer.presets())],
            layout=ui.Layout(width="210px"), tooltip="Places to start from",
        )  # fmt: skip

        def take(change: Any) -> None:
            if change["new"] != presets.options[0]:
                self.explorer.take_preset(change["new"])
                presets.value = presets.options[0]

        presets.observe(take, "value")
        projection = ui.ToggleButtons(options=list(PROJECTIONS), style={"button_width": "auto"})
        return [
            presets,
            self.button("Draw again", self.explorer.redraw, "The same question with another seed"),
            self.button("Undo", self._undo, "Take the last change back"),
            self.control("projection", projection),
        ]

    def row(self, *controls: Any) -> ui.HBox:
        """Controls side by side, in several lines where there is no room."""
        return ui.HBox(list(controls), layout=ui.Layout(**WRAPPED))

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

    def _undo(self) -> None:
        if self.explorer.can_undo:
            sentences = self.explorer.undo()
            self._say(" ".join(sentences), "answer")


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
