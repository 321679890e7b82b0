"""The view of a whole catalogue: its gaps, its sky, its colours, its answers."""

from __future__ import annotations

from html import escape
from typing import Any, Literal, cast

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note, spacer
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.stars_batch import BatchAsk
from astroviz.plots.diagrams import ColourMagnitude, HertzsprungRussell
from astroviz.plots.gaps import GapMap
from astroviz.plots.sky import SkyMap
from astroviz.plots.surveys import SurveyBars
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.spectrographs import SOURCES
from astroviz.stars.surveys import QUANTITIES, SURVEYS

__all__ = ["CatalogueView"]

GAP = {"gap": "10px"}
Mode = Literal["replace", "add", "remove", "intersect"]
Which = Literal["intersection", "union"]
_MODES = {
    "replaces": "replace",
    "adds": "add",
    "removes": "remove",
    "intersects": "intersect",
}
_ORDERS = {
    "by pattern": "frequency",
    "by number of quantities": "quantities",
    "as in the file": "row",
    "selected first": "selection",
}
_TABLE_STATE = ["source", "surveys", "order"]
_COLOURS = ["source", "blue", "red", "bright", "absolute"]


class CatalogueView:
    r"""Four linked panels over one table.

    Selections are row numbers that the explorer holds; the panels only show them.

    Arguments:
        explorer: The state of the page.
        engine: Answers for many stars at once.
        shell: The frame.
    """

    def __init__(self, explorer: StarsExplorer, engine: Any, shell: Shell) -> None:
        self.explorer, self.shell = explorer, shell
        dark = shell.dark
        labels = [quantity.label.split(" (")[0] for quantity in QUANTITIES]
        self.gaps = GapMap(labels, [quantity.survey for quantity in QUANTITIES], dark=dark)
        self.bars = SurveyBars(list(SURVEYS), dark=dark)
        self.sky = SkyMap(view="sky", dark=dark)
        self.colours = ColourMagnitude(dark=dark)
        self.hr = HertzsprungRussell(dark=dark)
        self.batch = BatchAsk(explorer, engine, shell, self.show_answers)
        self.mode = "replace"
        self.words = note("", height=22)
        self._make_controls()
        self.layout = self._make_layout()
        self._wire()
        self.show_table()

    def close(self) -> None:
        """The tab is gone."""
        self.batch.cancel()

    # --- building ---------------------------------------------------------------------------

    def _make_controls(self) -> None:
        small = {"size": "small", "margin": 0, "align": "center"}
        explorer = self.explorer
        self.surveys = pmui.CheckButtonGroup(
            options=list(explorer.sources), value=explorer.in_use, **small
        )
        self.modes = pmui.RadioButtonGroup(options=_MODES, value=self.mode, **small)
        self.clear_button = pmui.Button(label="Clear", variant="text", **small)
        self.ask_button = pmui.Button(label="Ask for all", variant="contained", **small)
        self.order = pmui.Select(
            options=_ORDERS,
            value=explorer.order,
            width=190,
            variant="standard",
            **small,
        )
        self.frame = pmui.RadioButtonGroup(
            options={"All sky": "sky", "Region": "region"}, value="sky", **small
        )
        bands = list(explorer.param.blue.objects)
        self.bands = [
            pmui.Select(
                options=bands, value=getattr(explorer, name), width=60, variant="standard", **small
            )
            for name in ("blue", "red", "bright")
        ]
        self.absolute = pmui.Switch(label="absolute", value=explorer.absolute, **small)

    def _make_layout(self) -> pn.Column:
        bar = pn.Row(
            note('<span class="faint">Surveys</span>', sizing_mode=None, align="center"),
            pn.Spacer(width=8),
            self.surveys,
            pn.Spacer(width=20),
            note('<span class="faint">A brush</span>', sizing_mode=None, align="center"),
            pn.Spacer(width=8),
            self.modes,
            pn.Spacer(width=4),
            self.clear_button,
            spacer(),
            self.ask_button,
            height=32,
            sizing_mode="stretch_width",
            margin=(2, 0, 8, 0),
        )
        bars = framed(figure_pane(self.bars.layout), height=170, sizing_mode="stretch_width")
        gaps = card(
            "Gaps",
            framed(figure_pane(self.gaps.layout)),
            bars,
            tools=(self.order,),
            width=430,
            sizing_mode="stretch_height",
        )
        sky = card("Sky", framed(figure_pane(self.sky.layout)), tools=(self.frame,))
        hr = card("Temperature and luminosity", framed(figure_pane(self.hr.layout)))
        blue, red, bright = self.bands
        minus = note("&minus;", width=12, sizing_mode=None, align="center")
        colours = card(
            "Colours",
            framed(figure_pane(self.colours.layout)),
            tools=(blue, minus, red, pn.Spacer(width=10), bright, self.absolute),
        )
        middle = pn.Column(sky, hr, sizing_mode="stretch_both", margin=0, styles=GAP)
        panels = pn.Row(gaps, middle, colours, sizing_mode="stretch_both", margin=0, styles=GAP)
        return pn.Column(
            self.words,
            bar,
            panels,
            sizing_mode="stretch_both",
            margin=(0, 12, 12, 12),
            min_height=590,
        )

    def _wire(self) -> None:
        explorer, watch = self.explorer, self.explorer.param.watch
        self.surveys.param.watch(self._on_surveys, "value")
        watch(lambda *_: self._show_switches(), ["surveys", "source"])
        self.order.link(explorer, value="order", bidirectional=True)
        for select, name in zip(self.bands, ("blue", "red", "bright"), strict=True):
            select.link(explorer, value=name, bidirectional=True)
        self.absolute.link(explorer, value="absolute", bidirectional=True)
        self.modes.param.watch(lambda event: setattr(self, "mode", event.new), "value")
        self.frame.param.watch(lambda event: self.sky.set_view(event.new), "value")
        self.clear_button.on_click(lambda _: explorer.select([]))
        self.ask_button.on_click(lambda _: self.batch.start())
        for plot in (self.sky, self.colours, self.hr):
            plot.on_brush(self._brush)
            plot.on_pick(self._open)
        self.gaps.on_pick(lambda rows, column: self._brush(rows))
        self.bars.on_pick(self._on_bar)
        watch(lambda *_: self._when_seen(self.show_table), ["source"])
        watch(lambda *_: self._when_seen(self.show_gaps), ["surveys", "order"])
        watch(lambda *_: self._when_seen(self.show_colours), ["blue", "red", "bright", "absolute"])
        watch(lambda *_: self._when_seen(self.show_selection), ["selection", "row"])
        watch(self._on_view, ["view"])
        self.shell.param.watch(self._on_dark, "dark")
        self._stale: dict[str, Any] = {}

    def _on_surveys(self, event: Any) -> None:
        """Spectra that this table does not have stay as they are."""
        explorer = self.explorer
        on = {*event.new, *(s for s in explorer.surveys if s not in self.surveys.options)}
        if on != set(explorer.surveys):
            explorer.surveys = [name for name in SOURCES if name in on]

    def _show_switches(self) -> None:
        options, value = list(self.explorer.sources), self.explorer.in_use
        if options != self.surveys.options or value != self.surveys.value:
            self.surveys.param.update(options=options, value=value)

    # --- following the state ------------------------------------------------------------------

    def _when_seen(self, draw: Any) -> None:
        """Draw now, or when the view comes back: a hidden view costs nothing."""
        if self.explorer.view == "catalogue":
            draw()
        else:
            self._stale[draw.__name__] = draw

    def _on_view(self, event: Any) -> None:
        if event.new != "catalogue":
            return
        stale, self._stale = self._stale, {}
        if "show_table" in stale:
            self.show_table()
            return
        for draw in stale.values():
            draw()
        self.show_answers()

    def _on_dark(self, event: Any) -> None:
        for plot in (self.gaps, self.bars, self.sky, self.colours, self.hr):
            plot.set_dark(event.new)

    def show_table(self) -> None:
        """Show the open table."""
        ra, dec, rows = self.explorer.sky()
        self.sky.update(ra, dec, rows)
        self.show_gaps()
        self.show_colours()
        self.show_answers()
        self.show_selection()

    def show_gaps(self) -> None:
        """Show which star has which quantity, and what each choice of surveys keeps."""
        explorer = self.explorer
        self.gaps.update(explorer.state_codes, explorer.gap_rows())
        counts = explorer.survey_counts()
        self.bars.update(counts.each, counts.intersection, counts.union, counts.total)
        self._say_counts()

    def show_colours(self) -> None:
        """Show the colour-magnitude diagram in the chosen bands."""
        labels = self.explorer.axis_labels()
        self.colours.set_labels(labels["cmd_x"], labels["cmd_y"])
        self.colours.update(*self.explorer.colour_magnitude())

    def show_answers(self) -> None:
        """Show temperature and luminosity: the answers so far, else truth or literature."""
        self.hr.update(*self.explorer.hr_diagram())

    def show_selection(self) -> None:
        """Show the selection and the current star in every panel."""
        rows, current = self.explorer.selection, self.explorer.row
        for plot in (self.gaps, self.sky, self.colours, self.hr):
            plot.select(rows, current)
        if self.explorer.order == "selection":
            self.show_gaps()
        self.clear_button.disabled = not len(rows)
        self.ask_button.label = f"Ask for {len(rows):,}" if len(rows) else "Ask for all"
        self._say_counts()

    def _say_counts(self) -> None:
        explorer = self.explorer
        counts, chosen = explorer.survey_counts(), len(explorer.selection)
        selected = f" · <b>{chosen:,}</b> selected" if chosen else ""
        asked = int(np.isfinite(explorer.answers["log_age"]).sum())
        self.words.object = (
            f"<span><b>{escape(explorer.catalogue.label)}</b>: {counts.total:,} stars, "
            f"{counts.intersection:,} in every survey, {counts.union:,} in any{selected}"
            f"{f' · {asked:,} answered' if asked else ''}. "
            '<span class="faint">Lasso stars, or click one to open it.</span></span>'
        )

    # --- what the hands do --------------------------------------------------------------------

    def _brush(self, rows: Any, mode: str = "replace") -> None:
        """Keys held while brushing go before the buttons."""
        self.explorer.select(rows, cast(Mode, mode if mode != "replace" else self.mode))

    def _open(self, row: int) -> None:
        self.explorer.param.update(row=int(row), view="star")

    def _on_bar(self, name: str) -> None:
        if name in ("intersection", "union"):
            self._brush(self.explorer.rows_in(cast(Which, name)))
            return
        column = [quantity.survey == name for quantity in QUANTITIES]
        self._brush(np.flatnonzero(self.explorer.observations.used[:, column].any(1)))
