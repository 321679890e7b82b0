r"""The SED inspector in a notebook: one galaxy on sliders, its spectrum, history, magnitudes."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import row

from astroviz.galaxies.parameters import PARAMETERS, WORDS
from astroviz.galaxies.sed_state import FILTERS, FRAMES, SCALES, SED
from astroviz.galaxies.sed_words import figures
from astroviz.plots.galaxy_figures import magnitudes_html, numbers_html, show_sed
from astroviz.plots.galaxy_history import GalaxyHistory
from astroviz.plots.galaxy_spectrum import GalaxySpectrum
from astroviz.widgets.galaxies import GalaxiesWidget
from astroviz.widgets.galaxies_stills import sed_png

__all__ = ["SedWidget"]

_SWITCHED = {"sed_log_u": "log U of the gas", "sed_nucleus": "log light of the nucleus",
             "sed_reddening": "E(B\u2212V) of the nucleus"}  # fmt: skip


class SedWidget(GalaxiesWidget):
    """Sliders for every parameter; the spectrum with filters; history; magnitudes.

    `sed` holds what is shown, with spectrum, magnitudes and history as arrays; it can be
    observed. `draws` holds the galaxy as one row with what follows from it.
    """

    name = "sed"
    title = "The light of a galaxy"
    follows = frozenset(
        {*SED, *_SWITCHED, "sed_dust", "sed_lines", "sed_agn", "sed_filters", "sed_frame",
         "sed_scale"}
    )  # fmt: skip
    sed = traitlets.Any(None, allow_none=True, help="What is shown.")

    def build(self) -> list[Any]:
        """Sliders, the spectrum, the history, magnitudes, numbers."""
        self.number = 0
        self.numbers, self.table = ui.HTML(), ui.HTML()
        choices = self.row(
            self.switch("sed_dust", "dust"), self.switch("sed_lines", "gas"),
            self.switch("sed_agn", "nucleus"),
            self.dropdown("sed_filters", "filters", [(v, k) for k, v in FILTERS.items()], "290px"),
            self.dropdown("sed_frame", "frame", [(v, k) for k, v in FRAMES.items()]),
            self.dropdown("sed_scale", "scale", [(v, k) for k, v in SCALES.items()]),
            self.button("Next of the population", self.next_member, "Another draw of it"),
            *self.usual(),
        )  # fmt: skip
        words = {f"sed_{name}": WORDS[name] for name in PARAMETERS} | _SWITCHED
        sliders = self.row(*(self._slider(name, label) for name, label in words.items()))
        self.spectrum, self.history = GalaxySpectrum(), GalaxyHistory()
        self.spectrum.figure.min_width = 560
        canvas = self._make_canvas(
            row(self.spectrum.layout, self.history.layout, height=400,
                sizing_mode="stretch_width")
        )  # fmt: skip
        return [choices, sliders, canvas, self.numbers, self.table]

    def refresh(self, names: set[str]) -> None:
        """Make the light of the galaxy; the last picture stays where there is none."""
        try:
            sed = self.explorer.sed_question().answer()
        except ValueError as error:
            self._say(str(error))
            return
        self._status.value = ""
        with self._canvas.together():
            show_sed(sed, self.spectrum, self.history)
        self.numbers.value = numbers_html(figures(sed))
        self.table.value = magnitudes_html(sed)
        self.sed = sed
        self._keep(sed.draws())

    def next_member(self) -> None:
        """The next draw of the population."""
        try:
            self.explorer.sed_member(self.number)
        except ValueError as error:
            self._say(str(error))
        else:
            self.number += 1

    def picture(self) -> bytes | None:
        """Spectrum and history."""
        return None if self.sed is None else sed_png(self.sed)

    def _slider(self, name: str, label: str) -> Any:
        low, high = self.explorer.param[name].bounds
        slider = ui.FloatSlider(
            description=label, min=low, max=high, step=0.01, readout_format=".2f",
            layout=ui.Layout(width="400px"), style={"description_width": "205px"},
        )  # fmt: skip
        return self.control(name, slider)
