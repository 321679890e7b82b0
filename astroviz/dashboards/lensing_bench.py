"""The bench of lensing: a lens and a source under a hand, and what can be asked of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import CARD_STYLE, note
from astroviz.dashboards.lensing_bench_controls import BenchControls
from astroviz.dashboards.lensing_bench_planes import Planes
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.lensing.bench_state import LENS, MODES

__all__ = ["BenchView"]

_PICTURE = frozenset(
    {*LENS, "seed", "bench_mass", "bench_extra", "bench_source", "source_x", "source_y",
     "source_size", "source_number", "sersic_index", "sersic_ratio", "sersic_angle", "stamp",
     "strokes", "bench_snr", "bench_blur", "bench_scale", "bench_field"}
)  # fmt: skip
_REDSHIFTS = frozenset({"lens_redshift", "source_redshift"})
_NUMBERS = frozenset({"lens_redshift", "source_redshift", "hubble_constant", "bench_sheet"})
# Mode to its module and class; a mode is built when it is first wanted.
_PANELS = {
    "bias": ("lensing_bench_bias", "BiasPanel"),
    "sheet": ("lensing_bench_sheet", "SheetPanel"),
    "information": ("lensing_bench_information", "InformationPanel"),
    "delays": ("lensing_bench_delays", "DelaysPanel"),
}


class BenchView(RoomView):
    """Controls on the left, the image plane, and beside it what the mode is about."""

    name = "bench"
    follows = _PICTURE | _NUMBERS | {"bench_mode", "bench_look"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.planes = Planes(self.explorer, self.shell)
        self.controls = BenchControls(self.explorer, self.shell)
        self.pictures = Newest(self.shell.document, self._show, self._refuse)
        self.panels: dict[str, Any] = {}
        self._placed: Any = None
        self._mode, self._more = "", None
        self.plots = (*self.planes.plots, self)
        self.picture: Any = None
        self.refused = ""
        self.numbers = note("", margin=(7, 14))
        self.layout = self._make_layout()
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.pictures.close()
        self.planes.close()
        for panel in self.panels.values():
            panel.close()

    # --- building ---------------------------------------------------------------------------

    def _make_layout(self) -> pn.Column:
        self.mode = pmui.RadioButtonGroup(
            options={words: name for name, words in MODES.items()},
            value=self.explorer.bench_mode, size="small", margin=(0, 0, 6, 0),
            description="What is asked of lens and source",
            sx={"& .MuiToggleButton-root": {"whiteSpace": "nowrap"}},
        )  # fmt: skip
        self.mode.param.watch(
            lambda event: setattr(self.explorer, "bench_mode", event.new), "value"
        )
        self.strip = pn.Column(
            self.numbers,
            styles=CARD_STYLE,
            height=62,
            sizing_mode="stretch_width",
            margin=(10, 0, 0, 0),
        )
        self.beside = pn.Column(sizing_mode="stretch_both", margin=0)
        self._place()
        for part in (self.planes.image_card, self.beside):
            part.styles = {**part.styles, "flex": "10 1 0px"}
        pictures = pn.Row(
            self.planes.image_card, self.beside, sizing_mode="stretch_both", margin=0, styles=GAP
        )
        # a gap would also be left below the last: a column of Panel ends in an empty part
        right = pn.Column(pictures, self.strip, sizing_mode="stretch_both", margin=0)
        return self.stack(
            self.mode,
            pn.Row(self.controls.layout, right, sizing_mode="stretch_both", margin=0, styles=GAP),
        )

    @property
    def panel(self) -> Any:
        """What the mode adds; None for the two planes alone."""
        mode = self.explorer.bench_mode
        if mode not in _PANELS:
            return None
        if mode not in self.panels:
            module, kind = _PANELS[mode]
            made = getattr(importlib.import_module(f"astroviz.dashboards.{module}"), kind)
            self.panels[mode] = made(self)
        return self.panels[mode]

    def _place(self) -> None:
        """Put beside the image what the mode is about."""
        panel = self.panel
        for other in self.panels.values():
            if other is not panel and other is self._placed:
                getattr(other, "leave", lambda: None)()
        self._placed = panel
        self.planes.let_trace(self.explorer.bench_mode in ("planes", "sheet"))
        content = [self.planes.source_card] if panel is None else list(panel.content)
        for part, share in zip(content, (12, 8), strict=False):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
            part.margin = 0 if part is content[0] else (10, 0, 0, 0)
        if list(self.beside) != content:
            self.beside[:] = content
        if self.mode.value != self.explorer.bench_mode:
            self.mode.value = self.explorer.bench_mode

    def set_dark(self, dark: bool) -> None:
        """Tell the panels of the modes."""
        for panel in self.panels.values():
            for plot in panel.plots:
                plot.set_dark(dark)

    # --- questions and answers ----------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for the picture where it has changed, and for what the mode adds."""
        if "bench_mode" in names:
            self._place()
        if self.explorer.bench_mass in ("halo", "plane") and names & _REDSHIFTS:
            names = names | {"bench_mass"}  # the redshifts matter to these masses
        if names & (_PICTURE | {"bench_mode"}):
            self.pictures.ask(self._collect)
        elif self.picture is not None:
            if "bench_look" in names:
                self.planes.show(self.picture)
            if self.explorer.bench_mode == "delays" or self._mode != self.explorer.bench_mode:
                self.pictures.ask(self._collect)
            else:
                self._show_rest()

    def _collect(self) -> Callable[[], Any]:
        """A copy of the settings, for a thread."""
        bench, mode = self.explorer.bench(), self.explorer.bench_mode
        more = None if self.panel is None else self.panel.collect(bench)

        def make() -> Any:
            picture = bench.picture()
            return mode, bench, picture, None if more is None else more(picture)

        return make

    def _show(self, answer: Any) -> None:
        mode, bench, picture, more = answer
        if mode != self.explorer.bench_mode:
            return  # the answer for this mode follows
        self._mode, self.picture, self.bench = mode, picture, bench
        had, self.refused = self.refused, ""
        self.planes.show(picture)
        self._more = more
        self._show_rest()
        if had:
            self.say()

    def _show_rest(self) -> None:
        panel = self.panel
        if panel is None:
            self._show_numbers(self.explorer.bench_figures(self.picture))
        else:
            panel.show(self.bench, self.picture, self._more)
            self._show_numbers(panel.figures())

    def _refuse(self, sentence: str) -> None:
        """The last picture stays; the line above says why there is no new one."""
        self.refused = sentence
        self.say()

    def say(self) -> None:
        """Write the line above the panels, and why there is no picture."""
        super().say()
        panel = self.panels.get(self.explorer.bench_mode)
        if panel is not None and (sentence := panel.sentence()):
            self.notice.sentence = sentence
        if self.refused and self.refused not in self.notice.warnings:
            self.notice.warnings = [*self.notice.warnings, self.refused]

    def _show_numbers(self, figures: Mapping[str, tuple[str, str]]) -> None:
        cells = "".join(
            f"<div><span class='faint'>{escape(name)}</span><br>"
            f"<b>{escape(value)}</b> <small>{escape(unit)}</small></div>"
            for name, (value, unit) in figures.items()
        )
        spread, gap = ("space-between", 12) if len(figures) > 4 else ("flex-start", 48)
        html = (
            f"<div style='display:flex;justify-content:{spread};gap:{gap}px;"
            f"white-space:nowrap;font-size:12px'>{cells}</div>"
        )
        if self.numbers.object != html:
            self.numbers.object = html

    def step(self, by: int) -> None:
        """The next or the previous galaxy."""
        self.explorer.choose_picture(self.explorer.source_number + by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        found: dict[str, Callable[[], Any]] = {}
        if self.picture is not None:
            found = {
                "Lens and its numbers": lambda: self.explorer.bench_table(self.picture),
                "Pixels of the image": lambda: self.explorer.bench_pixels(self.picture),
                "Critical curves and caustics": lambda: self.explorer.bench_curves(self.picture),
            }
        panel = self.panels.get(self.explorer.bench_mode)
        return {**found, **(panel.tables() if panel is not None else {})}
