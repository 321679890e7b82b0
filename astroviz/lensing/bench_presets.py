r"""Lenses worth a look on the bench, and lenses that nobody has chosen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astroviz.core.presets import Preset

__all__ = ["PRESETS", "surprise"]

_LENS = {"axis_ratio": 0.75, "position_angle": 0.5, "x0": 0.0, "y0": 0.0, "shear1": 0.0,
         "shear2": 0.0, "slope": 1.0, "bench_mass": "power law", "bench_sheet": 1.0}  # fmt: skip


def _preset(name: str, sentence: str, **settings: Any) -> Preset:
    return Preset(name, sentence, {**_LENS, **settings})


PRESETS = (
    _preset(
        "An Einstein ring", "Source, lens and observer in one line: a ring.",
        einstein_radius=1.3, axis_ratio=1.0, position_angle=0.0, bench_source="elliptical",
        source_number=3, source_x=0.0, source_y=0.0, source_size=0.9,
    ),
    _preset(
        "A quad", "A source inside the inner caustic has four images.",
        einstein_radius=1.3, axis_ratio=0.6, bench_source="spiral", source_number=4,
        source_x=0.05, source_y=-0.02, source_size=0.5,
    ),
    _preset(
        "A cusp", "A source near a cusp: three of its images melt into an arc.",
        einstein_radius=1.3, axis_ratio=0.6, position_angle=0.0, bench_source="spiral",
        source_number=4, source_x=0.3, source_y=0.0, source_size=0.6,
    ),
    _preset(
        "A fold", "A source at a fold: two of its images meet on the critical curve.",
        einstein_radius=1.3, axis_ratio=0.6, position_angle=0.0, bench_source="spiral",
        source_number=4, source_x=0.14, source_y=0.12, source_size=0.6,
    ),
    _preset(
        "A double", "A source outside the inner caustic: one arc and a counter-image.",
        einstein_radius=1.3, axis_ratio=0.8, bench_source="spiral", source_number=2,
        source_x=0.5, source_y=0.3, source_size=0.8,
    ),
    _preset(
        "Like SDSSJ1430+4105", "A simulated lens with the size, shape and redshifts of that one.",
        einstein_radius=1.47, axis_ratio=0.72, position_angle=math.radians(43.0), shear1=0.05,
        shear2=-0.04, bench_source="spiral", source_number=14, source_x=0.12, source_y=-0.1,
        source_size=1.9, lens_redshift=0.285, source_redshift=0.575, bench_field=5.4,
    ),
    _preset(
        "An edge-on lens", "A flat lens: its inner caustic has grown through the outer one.",
        einstein_radius=1.2, axis_ratio=0.3, position_angle=1.2, bench_source="elliptical",
        source_number=5, source_x=0.0, source_y=0.05, source_size=0.6,
    ),
)  # fmt: skip


def surprise(random: np.random.Generator) -> dict[str, Any]:
    """A lens and a galaxy that nobody has chosen."""
    radius = float(random.uniform(0.8, 1.7))
    way, far = random.uniform(0, 2 * math.pi), radius * 0.5 * math.sqrt(random.uniform())
    settings = {
        "einstein_radius": radius,
        "axis_ratio": random.uniform(0.45, 0.95),
        "position_angle": random.uniform(-1.5, 1.5),
        "x0": random.normal(0, 0.05),
        "y0": random.normal(0, 0.05),
        "shear1": random.normal(0, 0.05),
        "shear2": random.normal(0, 0.05),
        "slope": min(max(random.normal(1.0, 0.1), 0.6), 1.4),
        "source_x": far * math.cos(way),
        "source_y": far * math.sin(way),
        "source_size": random.uniform(0.6, 1.6),
    }
    rounded: dict[str, Any] = {name: round(float(value), 3) for name, value in settings.items()}
    for name in ("shear1", "shear2"):
        rounded[name] = min(max(rounded[name], -0.15), 0.15)
    kind = str(random.choice(["spiral", "spiral", "elliptical"]))
    return rounded | {"bench_source": kind, "source_number": int(random.integers(1000)),
                      "bench_mass": "power law", "bench_sheet": 1.0}  # fmt: skip
