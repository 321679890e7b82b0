r"""The box that the views open with: the shipped one, or the same made on the spot."""

from __future__ import annotations

from functools import lru_cache

from astroviz.core.registry import ModelError
from astroviz.orientations.box import Box

__all__ = ["DEMO", "demo_box"]

DEMO = {"size": 75.0, "grid": 64, "seed": 0}
"""What the demo box is made with where none is shipped."""


@lru_cache(maxsize=1)
def demo_box() -> Box:
    """The demo box, opened or made once for everybody: it is only read."""
    from astroviz.orientations import train_boxes
    from astroviz.orientations.cosmic_web import make_box

    try:
        return train_boxes.demo_box()
    except (ModelError, ValueError):
        return make_box(**DEMO)  # type: ignore[arg-type]
