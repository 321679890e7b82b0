r"""What can lie over a picture: curves, points, circles, words, a glow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bokeh.models import Image, Line, LinearColorMapper, Scatter, Text

from astroviz.plots.theme import FONT

__all__ = [
    "LAYERS",
    "Layer",
    "glyph_of",
]


@dataclass(frozen=True)
class Layer:
    r"""What lies over a picture.

    Arguments:
        kind: `curves` (lines), `points` (markers of a fixed size), `circles` (radius in arcsec),
            `words` (texts beside places) or `glow` (a second picture, clear where it is zero).
        role: Role of its colour, or a colour as `#rrggbb`, as it lies on dark sky.
        looks: Properties of Bokeh's glyph: `line_width`, `line_dash`, `size`, `marker`.
    """

    kind: str
    role: str
    looks: Mapping[str, Any] = field(default_factory=dict)


LAYERS: dict[str, Layer] = {
    "critical": Layer("curves", "#ffffff", {"line_width": 1.5}),
    "caustic": Layer("curves", "#56b4e9", {"line_width": 1.5}),
    "images": Layer("points", "#2cc295", {"size": 13, "marker": "circle", "fill_alpha": 0.0,
                                          "line_width": 2}),
    "source": Layer("points", "#f0e442", {"size": 12, "marker": "diamond", "fill_alpha": 0.0,
                                          "line_width": 2}),
    "lens": Layer("points", "#56b4e9", {"size": 14, "marker": "cross", "line_width": 2}),
    "cursor": Layer("points", "#f0e442", {"size": 11, "marker": "x", "line_width": 2}),
    "masked": Layer("curves", "#cc79a7", {"line_width": 1.25, "line_dash": "dashed"}),
    "levels": Layer("curves", "#c9d0d8", {"line_width": 0.75, "line_alpha": 0.7}),
    "saddles": Layer("curves", "#f0e442", {"line_width": 1.5}),
    "names": Layer("words", "#ffffff"),
    "glow": Layer("glow", "#2cffd5"),
    "circle": Layer("circles", "#56b4e9", {"line_width": 1.25, "line_dash": "dotted"}),
}  # fmt: skip
"""Layers that have a name in every view; a picture may add its own."""


def glyph_of(layer: Layer) -> tuple[Any, tuple[str, ...]]:
    """The glyph of a layer and which of its properties have its colour."""
    looks = dict(layer.looks)
    if layer.kind == "glow":
        shades = [f"{layer.role}{round(alpha):02x}" for alpha in np.linspace(0, 235, 64)]
        mapper = LinearColorMapper(palette=shades, low=0.0, high=1.0)
        return Image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=mapper), ()
    if layer.kind == "words":
        text = Text(x="x", y="y", text="text", x_offset=9, y_offset=-7, **looks)
        text.update(text_font={"value": FONT}, text_font_size="12px", text_font_style="bold")
        text.update(background_fill_color="#000000", background_fill_alpha=0.55, padding=2)
        return text, ("text_color",)
    if layer.kind == "points":
        return Scatter(x="x", y="y", **looks), ("line_color", "fill_color")
    return Line(x="x", y="y", **looks), ("line_color",)
