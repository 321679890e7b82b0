r"""What browser and Python tell each other: every synced value, once, for both faces."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["SPHERE", "WEB_BOX", "Trait"]

BYTES, TEXT, FLAG, WHOLE, REAL, WHOLES, REALS, TEXTS = (
    "bytes", "text", "flag", "whole", "real", "wholes", "reals", "texts",
)  # fmt: skip


@dataclass(frozen=True)
class Trait:
    """A synced value.

    Attributes:
        kind: `bytes`, `text`, `flag`, `whole`, `real`, `wholes`, `reals`, `texts`.
        default: What it is until it is set.
        help: What it means, with shape and unit.
        choices: All that a text may be; anything when empty.
    """

    kind: str
    default: Any
    help: str
    choices: tuple[str, ...] = ()


_EVERYWHERE: dict[str, Trait] = {
    "dark": Trait(FLAG, False, "Whether the ground is dark."),
    "rotation": Trait(REALS, [], "Quaternion x, y, z, w of the view; empty: its first view."),
    "zoom": Trait(REAL, 1.0, "How many times larger than what fits the frame."),
    "group": Trait(TEXT, "", "Pictures of a page with the same name here turn together."),
    "title": Trait(TEXT, "", "Written in the corner."),
    "caption": Trait(TEXT, "", "What is shown, for people who cannot see it."),
    "selection": Trait(WHOLES, [], "Indices of the points that are selected."),
    "picked": Trait(WHOLE, -1, "Index of the point that was clicked; -1: none."),
    "renderer": Trait(
        TEXT,
        "auto",
        "`auto` takes WebGL2 only with a graphics card.",
        ("auto", "webgl2", "canvas"),
    ),
    "backend": Trait(TEXT, "", "What draws, written by the browser: `webgl2` or `canvas`."),
    "measure": Trait(FLAG, False, "Asks for a programmed turn; the browser resets it."),
    "frames_per_second": Trait(REAL, 0.0, "Of the last turn measured, written by the browser."),
}

SPHERE: dict[str, Trait] = {
    "points": Trait(BYTES, b"", "float32 (N, 4): longitude, latitude, tilt (rad), weight."),
    "vectors": Trait(BYTES, b"", "float32 (M, 6): unit place x, y, z and direction x, y, z."),
    "rings": Trait(BYTES, b"", "float32 (K, 3): longitude, latitude, tilt (rad) of true places."),
    "density": Trait(BYTES, b"", "float32 (12 nside^2,): HEALPix, ring order; uniform is 1."),
    "nside": Trait(WHOLE, 0, "Resolution of the density."),
    "projection": Trait(TEXT, "sphere", "What the sphere is drawn as.", ("sphere", "mollweide")),
    "colour": Trait(TEXT, "tilt", "What colours points mean.", ("tilt", "weight", "plain")),
    "tilt_period": Trait(REAL, 2 * math.pi, "Tilts that differ by this are the same, rad."),
    "tilt_label": Trait(TEXT, "tilt", "Name of the tilt in legend and read-out."),
    "weight_label": Trait(TEXT, "weight", "Name of the weight, with its unit."),
    "density_label": Trait(TEXT, "density relative to uniform", "Name of the density's bar."),
    "density_max": Trait(REAL, 0.0, "Upper end of the density's colours; 0: its largest value."),
    "density_scale": Trait(TEXT, "linear", "How colours follow density.", ("linear", "sqrt")),
    "contours": Trait(REALS, [], "Up to four densities at which a line is drawn."),
    "show_points": Trait(FLAG, True, "Whether points are drawn."),
    "show_density": Trait(FLAG, True, "Whether the density is drawn."),
    "show_rings": Trait(FLAG, True, "Whether rings are drawn."),
    "show_vectors": Trait(FLAG, True, "Whether arrows are drawn."),
    "point_size": Trait(REAL, 4.0, "Diameter of a point of mean weight, pixels."),
    "vector_scale": Trait(REAL, 0.15, "Length on the sphere of a direction of length 1, radii."),
    "vector_width": Trait(REAL, 1.6, "Width of an arrow, pixels."),
    "vector_heads": Trait(FLAG, True, "Arrows; else axes, which have no head."),
    "vector_colour": Trait(TEXT, "plain", "What arrows' colours mean.", ("plain", "direction")),
    **_EVERYWHERE,
}

WEB_BOX: dict[str, Trait] = {
    "points": Trait(BYTES, b"", "float32 (N, 5): x, y, z (length_unit), size, category."),
    "edges": Trait(BYTES, b"", "int32 (E, 2): indices of the points that a line joins."),
    "edge_weights": Trait(BYTES, b"", "float32 (E,): 0 to 1, how strong a line is; or nothing."),
    "glyphs": Trait(BYTES, b"", "float32 (G, 13): middle, three half axes, category."),
    "box_size": Trait(REAL, 1.0, "Side of the box, length_unit."),
    "focus": Trait(REALS, [], "Place that the view turns about; empty: the middle of the box."),
    "labels": Trait(TEXTS, ["void", "sheet", "filament", "knot"], "Names of the categories."),
    "hidden": Trait(WHOLES, [], "Categories that are not shown."),
    "neighbours": Trait(WHOLES, [], "Indices of the points that are tied to the picked one."),
    "periodic": Trait(FLAG, True, "Whether lines take the short way through the walls."),
    "perspective": Trait(FLAG, True, "Whether near things look larger."),
    "show_points": Trait(FLAG, True, "Whether points are drawn."),
    "show_edges": Trait(FLAG, True, "Whether the graph is drawn."),
    "show_glyphs": Trait(FLAG, True, "Whether ellipsoids are drawn."),
    "show_frame": Trait(FLAG, True, "Whether the frame of the box and its ticks are drawn."),
    "point_size": Trait(REAL, 3.0, "Diameter of a point of size 1 in the middle, pixels."),
    "glyph_scale": Trait(REAL, 1.0, "How many times larger than given an ellipsoid is drawn."),
    "glyph_colour": Trait(TEXT, "category", "What their colours mean.", ("category", "axis")),
    "length_unit": Trait(TEXT, "Mpc/h", "Unit of all places and lengths."),
    "size_label": Trait(TEXT, "", "What the size of a point means."),
    **_EVERYWHERE,
}
