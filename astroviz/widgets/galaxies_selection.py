r"""The selection builder in a notebook: what a survey sees of a population."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.galaxies.selection_answers import QUANTITIES
from astroviz.galaxies.selection_hand import WedgeHand
from astroviz.galaxies.selection_state import COUNTED, SOURCES, SURVEYS, short
from astroviz.galaxies.selection_words import figures
from astroviz.plots.galaxy_figures import SeenFigures, numbers_html
from astroviz.widgets.galaxies import GalaxiesWidget
from astroviz.widgets.galaxies_stills import selection_png

__all__ = ["SelectionWidget"]

_SLIDERS = {
    "selection_depth": "deeper by (mag)", "selection_limit": "faintest kept (mag)",
    "selection_edge": "softness (mag)", "selection_noise": "least S/N",
    "selection_half": "half lost at (mag)", "selection_slope": "falls within (mag)",
    "wedge_x": "apex, first (mag)", "wedge_y": "apex, second (mag)",
    "wedge_direction": "points to (\u00b0)", "wedge_opening": "opening (\u00b0)",
}  # fmt: skip
_SWITCHES = {"use_limit": "limit", "use_noise": "S/N", "use_curve": "completeness curve",
             "use_wedge": "wedge"}  # fmt: skip
_LABELS = {name: label for name, (label, *_) in QUANTITIES.items()}
_DRAWN = frozenset({"selection_counted", "rain"})


class SelectionWidget(GalaxiesWidget):
    """Survey and cuts; the plane of colours with its rain; n(z), p(M*) and completeness.

    `seen` holds what is shown, with magnitudes, weights and histograms as arrays; `draws` the
    galaxies with their observed magnitudes and weights. Both can be observed.
    """

    name = "selection"
    title = "What a survey sees"
    follows = frozenset(
        {*_SLIDERS, *_SWITCHES, *_DRAWN, "seed", "source", "selection_source", "selection_draws",
         "selection_survey", "selection_band", "selection_plane", "selection_quantity"}
    )  # fmt: skip
    seen = traitlets.Any(None, allow_none=True, help="What is shown.")

    def build(self) -> list[Any]:
        """Choices, cuts, the plane, three curves, numbers."""
        self.numbers = ui.HTML()
        self.hand = WedgeHand(self.explorer)
        self.figures = SeenFigures(_LABELS)
        self.figures.plane.on_drag(self.hand.drag)
        self.band = ui.Dropdown(description="band", layout=ui.Layout(width="160px"))
        self.plane = ui.Dropdown(description="colours of", layout=ui.Layout(width="190px"))
        self._offer()
        self.control("selection_band", self.band, to_control=self._known_band)
        self.control("selection_plane", self.plane, to_control=self._known_plane)
        self.explorer.param.watch(lambda *_: self._offer(), "selection_survey")
        choices = self.row(
            self.dropdown("selection_source", "galaxies of", _turned(SOURCES), "280px"),
            self.dropdown("selection_survey", "survey", _turned(SURVEYS), "280px"),
            self.band, self.plane,
            self.dropdown("selection_quantity", "complete in", _turned(_LABELS), "320px"),
            self.dropdown("selection_counted", "show", _turned(COUNTED)),
            *(self.switch(name, label) for name, label in _SWITCHES.items()),
            self.switch("rain", "rain"), *self.usual(),
        )  # fmt: skip
        sliders = self.row(*(self._slider(name, label) for name, label in _SLIDERS.items()))
        shown = self.figures
        shown.rain.figure.update(height=170, sizing_mode="stretch_width")
        left = column(shown.rain.figure, shown.plane.figure, sizing_mode="stretch_both")
        right = column(shown.redshift.layout, shown.mass.layout, shown.completeness.layout,
                       sizing_mode="stretch_both")  # fmt: skip
        canvas = self._make_canvas(row(left, right, height=540, sizing_mode="stretch_width"))
        return [choices, sliders, canvas, self.numbers]

    def refresh(self, names: set[str]) -> None:
        """Ask what the survey sees; the last picture stays where there is no answer."""
        self._show_wedge()
        if names - _DRAWN or self.seen is None:
            try:
                seen = self.explorer.selection_question().answer()
            except ValueError as error:
                self._say(str(error))
                return
            self._status.value = ""
            self.numbers.value = numbers_html(figures(seen))
            self.seen = seen
            self._keep(seen.draws())
        explorer = self.explorer
        with self._canvas.together():
            self.figures.rain.show(explorer.rain)
            counts = explorer.selection_counted == "counts"
            self.figures.show(
                self.seen, explorer.selection_quantity, counts, explorer.colour_names()
            )
            self.figures.rain.play(explorer.rain)

    def picture(self) -> bytes | None:
        """Colours, redshifts and masses of all and of the selected."""
        return None if self.seen is None else selection_png(self.seen, _LABELS)

    def _show_wedge(self) -> None:
        if self.explorer.use_wedge:
            self.figures.plane.show_wedge(self.explorer.wedge().corners(), self.hand.grips())
        else:
            self.figures.plane.show_wedge(None)

    def _offer(self) -> None:
        """Bands and planes of the survey."""
        explorer = self.explorer
        for made, options, value in (
            (self.band, [short(band) for band in explorer.survey_bands()], self._known_band()),
            (self.plane, list(explorer.planes()), self._known_plane()),
        ):
            if list(made.options) != options:
                made.options = options
            if made.value != value:
                made.value = value

    def _known_band(self, _: Any = None) -> str:
        return short(self.explorer.limit_band())

    def _known_plane(self, _: Any = None) -> str:
        return " ".join(map(short, self.explorer.plane()))

    def _slider(self, name: str, label: str) -> Any:
        low, high = self.explorer.param[name].bounds
        slider = ui.FloatSlider(
            description=label, min=low, max=high, step=0.01, readout_format=".2f",
            layout=ui.Layout(width="340px"), style={"description_width": "140px"},
        )  # fmt: skip
        return self.control(name, slider)


def _turned(words: dict[str, str]) -> list[tuple[str, str]]:
    return [(said, name) for name, said in words.items()]
