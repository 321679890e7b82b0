"""The selection builder: what a survey sees of a population, under limits and a wedge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.layouts import column

from astroviz.dashboards.appearance import CARD_STYLE, card, figure_pane, framed, note
from astroviz.dashboards.galaxies_selection_controls import SelectionControls
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.galaxies.selection_answers import QUANTITIES
from astroviz.galaxies.selection_hand import WedgeHand
from astroviz.galaxies.selection_state import COUNTED
from astroviz.galaxies.selection_words import figures
from astroviz.plots.galaxy_figures import SeenFigures, numbers_html

__all__ = ["SelectionView"]

_WEDGE = frozenset({"use_wedge", "wedge_x", "wedge_y", "wedge_direction", "wedge_opening"})
_ASKED = _WEDGE | {
    "seed", "source", "selection_source", "selection_draws", "selection_survey", "selection_depth",
    "selection_band", "use_limit", "selection_limit", "selection_edge", "use_noise",
    "selection_noise", "use_curve", "selection_half", "selection_slope", "selection_plane",
    "selection_quantity",
}  # fmt: skip
_HOLD, _FALL = "Pause: hold the falling galaxies", "Play: let the galaxies fall on"
_LABELS = {name: label for name, (label, *_) in QUANTITIES.items()}


class SelectionView(RoomView):
    """Survey and cuts; the plane of colours with its rain; n(z), p(M*) and completeness."""

    name = "selection"
    follows = _ASKED | {"selection_counted", "rain"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.figures = SeenFigures(_LABELS, self.shell.dark)
        self.plots = self.figures.plots
        self.hand = WedgeHand(self.explorer)
        self.controls = SelectionControls(self.explorer, self.shell)
        self.pictures = Newest(self.shell.document, self._show, self._refuse)
        self.answer: Any = None
        self.refused = ""
        self.numbers = note("", margin=(7, 14))
        self.layout = self._make_layout()
        self.figures.plane.on_drag(self.hand.drag)
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.pictures.close()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        left = self._make_plane()
        right = pn.Column(*self._make_curves(), sizing_mode="stretch_both", margin=0)
        for part, share in ((left, 11), (right, 10)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        strip = pn.Column(
            self.numbers, styles=CARD_STYLE, height=62, sizing_mode="stretch_width",
            margin=(10, 0, 0, 0),
        )  # fmt: skip
        panels = pn.Row(left, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        beside = pn.Column(panels, strip, sizing_mode="stretch_both", margin=0)
        return self.stack(
            pn.Row(self.controls.layout, beside, sizing_mode="stretch_both", margin=0, styles=GAP)
        )

    def _make_plane(self) -> pn.Column:
        explorer, rain = self.explorer, self.figures.rain
        plane = self.figures.plane.figure
        rain.figure.update(height=210, sizing_mode="stretch_width", visible=explorer.rain)
        both = column(rain.figure, plane, sizing_mode="stretch_both", spacing=0)
        self.rain_switch = pmui.Switch(
            label="Rain", value=explorer.rain, size="small", align="center",
            description=explorer.param.rain.doc,
        )  # fmt: skip
        self.rain_switch.param.watch(lambda event: setattr(explorer, "rain", event.new), "value")
        self.pause = pmui.Button(
            label="Pause", icon="pause", variant="text", size="small", align="center",
            description=_HOLD,
        )  # fmt: skip
        self.pause.on_click(lambda _: self._play(not rain.playing))
        return card("Two colours", framed(figure_pane(both)), tools=(self.rain_switch, self.pause))

    def _make_curves(self) -> tuple[Any, ...]:
        explorer, figures = self.explorer, self.figures
        counted = choice(explorer, "selection_counted", {w: n for n, w in COUNTED.items()},
                         explorer.param.selection_counted.doc, 96)  # fmt: skip
        quantity = choice(
            explorer, "selection_quantity", {label: name for name, label in _LABELS.items()},
            explorer.param.selection_quantity.doc, 200,
        )  # fmt: skip
        made = (
            card("Redshifts", framed(figure_pane(figures.redshift.layout)), tools=(counted,)),
            card("Stellar masses", framed(figure_pane(figures.mass.layout))),
            card("Completeness", framed(figure_pane(figures.completeness.layout)),
                 tools=(quantity,)),
        )  # fmt: skip
        for k, part in enumerate(made):
            part.styles = {**part.styles, "flex": "1 1 0px", "min-height": "0"}
            part.margin = (10 if k else 0, 0, 0, 0)
        return made

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what the survey sees where that has changed."""
        if names & _WEDGE or "selection_survey" in names or "selection_plane" in names:
            self._show_wedge()
        if "rain" in names:
            self._show_rain()
        if names & _ASKED:
            self.shell.show_busy(True)
            self.pictures.ask(lambda: self.explorer.selection_question().answer)
        elif "selection_counted" in names and self.answer is not None:
            self._draw()

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        if self.answer is None:
            return {}
        names = ("Galaxies with magnitudes and weights", "Histogram of redshift",
                 "Histogram of log_mass")  # fmt: skip
        make = lambda name: lambda: self.explorer.selection_tables(self.answer)[name]  # noqa: E731
        return {name: make(name) for name in names}

    def say(self) -> None:
        """Write the line above the panels, and why there is no picture."""
        super().say()
        if self.refused and self.refused not in self.notice.warnings:
            self.notice.warnings = [*self.notice.warnings, self.refused]

    def _show(self, seen: Any) -> None:
        self.shell.show_busy(False)
        had, self.refused = self.refused, ""
        first, self.answer = self.answer is None, seen
        self._draw()
        html = numbers_html(figures(seen))
        if self.numbers.object != html:
            self.numbers.object = html
        if first and self.explorer.rain:
            self._play(True)
        if had:
            self.say()

    def _draw(self) -> None:
        explorer = self.explorer
        if explorer.selection_quantity not in self.answer.counted:
            return  # its answer follows
        counts = explorer.selection_counted == "counts"
        colours = explorer.colour_names()
        self.figures.show(self.answer, explorer.selection_quantity, counts, colours)

    def _show_wedge(self) -> None:
        plane = self.figures.plane
        if not self.explorer.use_wedge:
            plane.show_wedge(None)
            return
        plane.show_wedge(self.explorer.wedge().corners(), self.hand.grips())

    def _show_rain(self) -> None:
        shown = self.explorer.rain
        self.figures.rain.show(shown)
        self.pause.visible = shown
        if self.rain_switch.value != shown:
            self.rain_switch.value = shown
        self._play(shown and self.answer is not None)

    def _play(self, playing: bool) -> None:
        self.figures.rain.play(playing)
        held = not playing
        self.pause.description = _FALL if held else _HOLD
        self.pause.param.update(label="Play" if held else "Pause",
                                icon="play_arrow" if held else "pause")  # fmt: skip

    def _refuse(self, sentence: str) -> None:
        """The last picture stays; the line above says why there is no new one."""
        self.shell.show_busy(False)
        self.refused = sentence
        self.say()
