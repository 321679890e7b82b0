"""The SED inspector: one galaxy on sliders, its spectrum, its history, its magnitudes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import CARD_STYLE, card, figure_pane, framed, note
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.galaxies.sed_state import FILTERS, FRAMES, SCALES, SED
from astroviz.galaxies.sed_words import figures
from astroviz.plots.galaxy_figures import magnitudes_html, numbers_html, show_sed
from astroviz.plots.galaxy_history import GalaxyHistory
from astroviz.plots.galaxy_spectrum import GalaxySpectrum

__all__ = ["SedView"]

_FOLLOWED = frozenset(
    {*SED, "sed_dust", "sed_lines", "sed_log_u", "sed_agn", "sed_nucleus", "sed_reddening",
     "sed_filters", "sed_frame", "sed_scale"}
)  # fmt: skip
_HISTORY = (
    Slide("sed_kappa1", "\u03ba 1", "", 0.005),
    Slide("sed_kappa2", "\u03ba 2", "", 0.005),
    Slide("sed_kappa3", "\u03ba 3", "", 0.005),
    Slide("sed_f_burst", "Burst", "", 0.005),
    Slide("sed_t_burst", "Burst ago", "Gyr", 0.01, log=True),
)
_STARS = (
    Slide("sed_log_mass_formed", "M formed", "dex", 0.02),
    Slide("sed_log_z", "log Z/Z\u2609", "dex", 0.01),
    Slide("sed_redshift", "Redshift", "", 0.002),
)
_DUST = (
    Slide("sed_tau1", "\u03c4 young", "", 0.01),
    Slide("sed_tau2", "\u03c4 diffuse", "", 0.01),
    Slide("sed_n_dust", "Slope n", "", 0.01),
)
_GAS = (Slide("sed_log_u", "log U", "dex", 0.05),)
_NUCLEUS = (
    Slide("sed_nucleus", "log \u03bbL\u03bb", "L\u2609", 0.05),
    Slide("sed_reddening", "E(B\u2212V)", "mag", 0.01),
)


class SedView(RoomView):
    """Sliders; the spectrum with filters and magnitudes; history, magnitudes and numbers."""

    name = "sed"
    follows = _FOLLOWED

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.spectrum = GalaxySpectrum(self.shell.dark)
        self.history = GalaxyHistory(self.shell.dark)
        self.plots = (self.spectrum, self.history)
        self.pictures = Newest(self.shell.document, self._show, self._refuse)
        self.sed: Any = None
        self.refused = ""
        self.member = -1
        self.table = note("", margin=(0, 12, 4, 12), sizing_mode="stretch_width")
        self.numbers = note("", margin=(7, 14))
        self.layout = self._make_layout()
        self.explorer.param.watch(self._offer, ["sed_lines", "sed_agn"])
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.pictures.close()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        self.board = SliderBoard(
            self.explorer, self._groups(), lambda said: self.shell.say(said, "warning"),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.member_button = pmui.Button(
            label="A galaxy of the population", variant="outlined", size="small",
            margin=(2, 12, 6, 12), sizing_mode="stretch_width",
            description="Show a draw of the fitted population (keys n and p: the next, the last)",
        )  # fmt: skip
        self.member_button.on_click(lambda _: self.step(+1))
        body = pn.Column(
            self.board, self.member_button, sizing_mode="stretch_both", margin=0, scroll="y-auto"
        )
        left = card("Galaxy", body, width=272, sizing_mode="stretch_height", min_height=560)
        upper = card("Spectrum", framed(figure_pane(self.spectrum.layout)), tools=self._tools())
        history = card("Star formation history", framed(figure_pane(self.history.layout)))
        listed = pn.Column(self.table, sizing_mode="stretch_both", margin=0, scroll="y-auto")
        magnitudes = card("Magnitudes", listed)
        for part, share in ((history, 10), (magnitudes, 11)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        lower = pn.Row(history, magnitudes, sizing_mode="stretch_both", margin=(10, 0, 0, 0),
                       styles=GAP)  # fmt: skip
        for part, share in ((upper, 13), (lower, 10)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px", "min-height": "0"}
        strip = pn.Column(
            self.numbers, styles=CARD_STYLE, height=62, sizing_mode="stretch_width",
            margin=(10, 0, 0, 0),
        )  # fmt: skip
        right = pn.Column(upper, lower, strip, sizing_mode="stretch_both", margin=0)
        return self.stack(pn.Row(left, right, sizing_mode="stretch_both", margin=0, styles=GAP))

    def _tools(self) -> tuple[Any, ...]:
        explorer = self.explorer
        turned = {words: name for name, words in FILTERS.items()}
        filters = choice(explorer, "sed_filters", turned, explorer.param.sed_filters.doc, 190)
        frame = choice(explorer, "sed_frame", {words: name for name, words in FRAMES.items()},
                       explorer.param.sed_frame.doc, 104)  # fmt: skip
        scale = choice(explorer, "sed_scale", {words: name for name, words in SCALES.items()},
                       explorer.param.sed_scale.doc, 124)  # fmt: skip
        switches = [
            self._switch(name, label)
            for name, label in (("sed_dust", "Dust"), ("sed_lines", "Gas"), ("sed_agn", "Nucleus"))
        ]
        return (*switches, filters, frame, scale)

    def _switch(self, name: str, label: str) -> pmui.Switch:
        explorer = self.explorer
        switch = pmui.Switch(
            label=label, value=getattr(explorer, name), size="small", align="center",
            description=explorer.param[name].doc,
        )  # fmt: skip
        switch.param.watch(lambda event: setattr(explorer, name, event.new), "value")
        explorer.param.watch(lambda event: setattr(switch, "value", event.new), name)
        return switch

    def _groups(self) -> dict[str, tuple[Slide, ...]]:
        explorer = self.explorer
        return {
            "Stars": _STARS,
            "Star formation history": _HISTORY,
            "Dust": _DUST,
            "Gas": _GAS if explorer.sed_lines else (),
            "Nucleus": _NUCLEUS if explorer.sed_agn else (),
        }

    def _offer(self, *_: Any) -> None:
        self.board.offer(self._groups())

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for the light of the galaxy that is set."""
        self.shell.show_busy(True)
        self.pictures.ask(lambda: self.explorer.sed_question().answer)

    def step(self, by: int) -> None:
        """The next or the previous galaxy of the population."""
        try:
            self.explorer.sed_member(self.member + by)
        except ValueError as error:
            self.shell.say(str(error), "warning")
        else:
            self.member += by

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        if self.sed is None:
            return {}
        names = ("Spectrum", "Magnitudes", "History of star formation")
        make = lambda name: lambda: self.explorer.sed_tables(self.sed)[name]  # noqa: E731
        return {name: make(name) for name in names}

    def say(self) -> None:
        """Write the line above the panels, and why there is no picture."""
        super().say()
        if self.refused and self.refused not in self.notice.warnings:
            self.notice.warnings = [*self.notice.warnings, self.refused]

    def _show(self, sed: Any) -> None:
        self.shell.show_busy(False)
        had, self.refused, self.sed = self.refused, "", sed
        show_sed(sed, self.spectrum, self.history)
        strip = numbers_html(figures(sed))
        for pane, html in ((self.table, magnitudes_html(sed)), (self.numbers, strip)):
            if pane.object != html:
                pane.object = html
        if had:
            self.say()

    def _refuse(self, sentence: str) -> None:
        """The last picture stays; the line above says why there is no new one."""
        self.shell.show_busy(False)
        self.refused = sentence
        self.say()
