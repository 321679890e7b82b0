"""The column of the bench where lens, source and telescope are set."""

from __future__ import annotations

import math
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card
from astroviz.dashboards.room_view import choice
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.lensing.bench_masses import MASSES
from astroviz.lensing.bench_stamps import KINDS

__all__ = ["BenchControls"]

_LARGEST = 30_000_000  # bytes of a file
_DEGREE = math.pi / 180
_ARCSEC = "\u2033"

_LENS = (
    Slide("einstein_radius", "Einstein \u03b8", _ARCSEC, 0.005),
    Slide("axis_ratio", "Axis ratio", "", 0.005),
    Slide("position_angle", "Angle", "\u00b0", 0.5, _DEGREE),
    Slide("slope", "Slope", "", 0.005),
    Slide("x0", "Lens x", _ARCSEC, 0.01),
    Slide("y0", "Lens y", _ARCSEC, 0.01),
    Slide("shear1", "Shear \u03b3\u2081", "", 0.005),
    Slide("shear2", "Shear \u03b3\u2082", "", 0.005),
)
_SOURCE = (
    Slide("source_x", "Source x", _ARCSEC, 0.01, low=-1.5, high=1.5),
    Slide("source_y", "Source y", _ARCSEC, 0.01, low=-1.5, high=1.5),
    Slide("source_size", "Width", _ARCSEC, 0.02, log=True),
)
_SERSIC = (
    Slide("sersic_index", "S\u00e9rsic n", "", 0.05),
    Slide("sersic_ratio", "Axis ratio", "", 0.01),
    Slide("sersic_angle", "Angle", "\u00b0", 1.0, _DEGREE),
)
_NUMBERED = (Slide("source_number", "Which one", "", 1),)
_BRUSH = (Slide("brush", "Brush", "", 0.005),)
_TELESCOPE = (
    Slide("bench_snr", "Peak S/N", "", 1.0, log=True),
    Slide("bench_blur", "PSF FWHM", _ARCSEC, 0.005),
    Slide("bench_scale", "Pixel", _ARCSEC, 0.005, log=True),
    Slide("bench_field", "Field", _ARCSEC, 0.1),
)
_SHEET = (Slide("bench_sheet", "\u03bb of sheet", "", 0.005),)
_UNIVERSE = (
    Slide("lens_redshift", "z lens", "", 0.005),
    Slide("source_redshift", "z source", "", 0.005),
    Slide("hubble_constant", "H\u2080", "", 0.5),
)


class BenchControls:
    r"""Sliders by group, kinds of mass and source, a file.

    Arguments:
        explorer: The state of the page.
        shell: Says sentences.
    """

    def __init__(self, explorer: Any, shell: Any) -> None:
        self.explorer, self.shell = explorer, shell
        warn = lambda sentence: shell.say(sentence, "warning")  # noqa: E731
        self.board = SliderBoard(
            explorer, self._groups(), warn, sizing_mode="stretch_width", margin=0
        )
        self.source = choice(
            explorer, "bench_source", {words: name for name, words in KINDS.items()},
            explorer.param.bench_source.doc, 208, margin=(2, 12, 4, 12), label="Source",
        )  # fmt: skip
        self.mass = choice(
            explorer, "bench_mass", {words: name for name, words in MASSES.items()},
            explorer.param.bench_mass.doc, 208, margin=(2, 12, 4, 12), label="Mass",
        )  # fmt: skip
        self.file = pmui.FileInput(
            label="FITS, PNG, JPEG", accept=".fits,.fit,.png,.jpg,.jpeg,.gif,.bmp,.tif,.webp",
            max_file_size=_LARGEST, variant="outlined", sizing_mode="stretch_width", height=44,
            margin=(0, 12, 4, 12), visible=explorer.bench_source == "file",
        )  # fmt: skip
        self.file.param.watch(self._on_file, "value")
        body = pn.Column(
            self.mass, self.source, self.file, self.board, sizing_mode="stretch_both", margin=0,
            scroll="y-auto",
        )  # fmt: skip
        self.layout = card(
            "Lens and source", body, width=262, sizing_mode="stretch_height", min_height=560
        )
        explorer.param.watch(self._on_kind, ["bench_source", "bench_mode", "bench_mass"])

    def _groups(self) -> dict[str, tuple[Slide, ...]]:
        explorer = self.explorer
        extra = MASSES[explorer.bench_mass] if explorer.bench_mass in MASSES else ""
        further = (Slide("bench_extra", "Strength", "", 0.01),)
        source = _SOURCE + {
            "sersic": _SERSIC, "paint": _BRUSH, "prior": _NUMBERED, "hubble": _NUMBERED,
            "spiral": _NUMBERED, "elliptical": _NUMBERED, "file": _NUMBERED,
        }[explorer.bench_source]  # fmt: skip
        if explorer.bench_mode == "delays":
            source = _SOURCE[:2]
        groups: dict[str, tuple[Slide, ...]] = {}
        groups |= {"Mass sheet": _SHEET if explorer.bench_mode == "sheet" else ()}
        groups |= {"Lens": _LENS, extra: further if explorer.bench_mass != "power law" else ()}
        return groups | {"Source": source, "Telescope": _TELESCOPE, "Universe": _UNIVERSE}

    def _on_kind(self, *_: Any) -> None:
        self.file.visible = self.explorer.bench_source == "file"
        self.board.offer(self._groups())

    def _on_file(self, event: Any) -> None:
        if not event.new:
            return
        try:
            self.explorer.bring(bytes(event.new), str(self.file.filename or "the file"))
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        count = self.explorer.brought
        if count > 1:
            self.shell.say(
                f"{count} pictures in the file: choose by \u201cWhich one\u201d.", "info"
            )
