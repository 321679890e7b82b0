r"""The road from regression to the model with gaps in a notebook: four answers side by side."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import Any

import ipywidgets as ui
import traitlets

from astroviz.plots.corner import axis_title
from astroviz.plots.road import Panel, RoadPlot
from astroviz.stars.parameters import PARAMETERS
from astroviz.stars.road import RUNGS
from astroviz.stars.road_stars import SWITCHES, Answer, Road
from astroviz.widgets.bokehjs import Canvas, load_bokehjs
from astroviz.widgets.picture import road_png

__all__ = ["RoadWidget", "walk"]

_HEIGHT = 360
_AXES = {parameter.name: parameter for parameter in PARAMETERS}
_PLANES = {"age and mass": ("log_age", "log_mass"), "age and A_V": ("log_age", "a_v")}
_ROW = {"flex_flow": "row wrap"}


class RoadWidget(ui.VBox):
    r"""What each rung of the road says of one star.

    Arguments:
        models: The models of the rungs by name; the shipped ones when None.
        n: Draws of each rung.
        seed: Seed of the first draws; "Draw again" takes the next one.

    Example:
        >>> view = RoadWidget()  # doctest: +SKIP
        >>> view.switches["WISE"].value = False  # doctest: +SKIP
        >>> view.answers[1].refusal  # doctest: +SKIP
    """

    answers = traitlets.Tuple(help="What each rung says of the star, in their order.")

    def __init__(
        self, models: Mapping[str, Any] | None = None, n: int = 600, seed: int = 0
    ) -> None:
        super().__init__()
        self.road = Road(models)
        self.n, self.seed = n, seed
        self._make_controls()
        self._head, self._tail = ui.HTML(), ui.HTML()
        titles = [rung.title for rung in RUNGS]
        self.plot = RoadPlot(titles, self._axes(), _HEIGHT)
        load_bokehjs()
        self._canvas = Canvas(self.plot.layout)
        first = ui.HBox([self.star, *self.switches.values(), self.again], layout=ui.Layout(**_ROW))
        second = ui.HBox([self.rung, self.plane], layout=ui.Layout(**_ROW))
        self.children = [first, self._head, second, self._canvas, self._tail]
        self.ask()

    def _make_controls(self) -> None:
        names = [(name, k) for k, name in enumerate(self.road.names)]
        self.star = ui.Dropdown(options=names, value=0, description="Star")
        self.switches = {
            name: ui.ToggleButton(
                value=True, description=name, tooltip=f"Use {name}", layout=ui.Layout(width="auto")
            )
            for name in SWITCHES
        }
        self.again = ui.Button(description="Draw again", tooltip="The next seed")
        self.rung = ui.ToggleButtons(
            options=[(rung.title, k) for k, rung in enumerate(RUNGS)], description="Rung"
        )
        self.rung.style.button_width = "11em"
        self.plane = ui.Dropdown(options=list(_PLANES), description="Plane")
        self.star.observe(lambda _: self.ask(), "value")
        for switch in self.switches.values():
            switch.observe(lambda _: self.ask(fit=False), "value")
        self.again.on_click(lambda _: self._draw_again())
        self.rung.observe(lambda _: self._say(), "value")
        self.plane.observe(lambda _: self._show(), "value")

    def ask(self, fit: bool = True) -> None:
        """Ask every rung about the star as the switches leave it, and draw the answers."""
        surveys = [name for name, switch in self.switches.items() if switch.value]
        self.answers = self.road.answers(self.star.value, surveys, self.n, self.seed)
        self._show(fit)

    def _draw_again(self) -> None:
        self.seed += 1
        self.ask(fit=False)

    def _axes(self) -> tuple[Any, Any]:
        x, y = _PLANES[self.plane.value]
        return _AXES[x], _AXES[y]

    def _truth(self) -> tuple[float, float] | None:
        truth = self.road.truth(self.star.value)
        x, y = _PLANES[self.plane.value]
        return (truth[x], truth[y]) if x in truth and y in truth else None

    def _panels(self) -> list[Panel]:
        return [_panel(answer, _PLANES[self.plane.value]) for answer in self.answers]

    def _show(self, fit: bool = True) -> None:
        with self._canvas.together():
            axes = self._axes()
            if axes != self.plot.axes:
                self.plot.set_axes(axes)
            self.plot.update(self._panels(), self._truth(), fit=fit)
            self._say()

    def _say(self) -> None:
        """The star's sentence above the figure, and the chosen rung's below it."""
        star, answer = self.road.stars[self.star.value], self.answers[self.rung.value]
        self.plot.highlight(self.rung.value)
        self._head.value = f"{html.escape(star.sentence)}"
        role = "alert" if answer.refusal else "status"
        self._tail.value = (
            f"<b>{html.escape(answer.rung.title)}</b> (<code>{answer.rung.model}</code>): "
            f"{html.escape(answer.rung.sentence)}"
            f'<div role="{role}">{html.escape(answer.text())}</div>'
        )

    def _repr_mimebundle_(self, **settings: Any) -> dict[str, Any]:
        """The widget, and a still picture where widgets cannot live."""
        x, y = self._axes()
        labels = (axis_title(x), axis_title(y))
        picture = road_png(self.plot.titles, labels, self._panels(), self._truth())
        self._canvas.refresh()
        bundle: dict[str, Any] = super()._repr_mimebundle_(**settings)
        if picture is not None and bundle is not None:
            bundle["image/png"] = base64.b64encode(picture).decode()
        return bundle


def _panel(answer: Answer, names: tuple[str, str]) -> Panel:
    draws = None if answer.draws is None else answer.draws[list(names)]
    point = None if answer.point is None else (answer.point[names[0]], answer.point[names[1]])
    return Panel(draws, point, answer.refusal)


def walk(models: Mapping[str, Any] | None = None, **options: Any) -> RoadWidget:
    """Open the road in a notebook; arguments as of `RoadWidget`."""
    return RoadWidget(models, **options)
