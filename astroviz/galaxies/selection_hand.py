r"""A hand on the wedge: which part of it is held, and where the drag takes it; no widgets."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astroviz.galaxies.selection_terms import EXTENTS

__all__ = ["WedgeHand"]

_REACH: Final = 0.07  # of the axes' lengths: how near a grip a hand must be
_ARM: Final = 0.3  # of the shorter axis: where the rays are held


class WedgeHand:
    r"""Drags on the plane of colours.

    Arguments:
        state: A `SelectionState`.
    """

    def __init__(self, state: Any) -> None:
        self.state = state
        self._hold: tuple[str, float, float] | None = None

    @property
    def spans(self) -> np.ndarray:
        """Lengths of both axes, mag."""
        from astroviz.galaxies.selection_state import short

        ends = [EXTENTS.get(short(band), (-0.6, 1.8)) for band in self.state.plane()[:2]]
        return np.array([high - low for low, high in ends])

    def grips(self) -> np.ndarray:
        """Apex, first and second ray, mag, shape (3, 2)."""
        return np.asarray(self.state.wedge().grips(_ARM * float(self.spans.min())))

    def grip_at(self, x: float, y: float) -> str:
        """What a hand at these colours holds: `apex`, `first`, `second`, `all`, or nothing."""
        away = (self.grips() - [x, y]) / self.spans
        far = np.hypot(away[:, 0], away[:, 1])
        nearest = int(far.argmin())
        if far[nearest] < _REACH:
            return ("apex", "first", "second")[nearest]
        return "all" if bool(self.state.wedge().holds(np.array([[x, y]]))[0]) else ""

    def drag(self, x: float, y: float, phase: str) -> None:
        """Follow a drag: colours, mag, and `start`, `move` or `end`."""
        if phase == "start":
            held = self.grip_at(x, y) if self.state.use_wedge else ""
            self._hold = (held, x, y) if held else None
        elif phase == "end":
            self._hold = None
        elif self._hold is not None:
            held, before_x, before_y = self._hold
            self._hold = (held, x, y)
            wedge = self.state.wedge()
            if held in ("first", "second"):
                moved = wedge.turned(int(held == "second"), x, y)
            elif held == "apex":
                moved = wedge.moved(x, y)
            else:
                moved = wedge.moved(wedge.x + x - before_x, wedge.y + y - before_y)
            self.state.take_wedge(moved)
