r"""A wedge in a plane of two colours: an apex, a direction and an opening, as a hand holds it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from astroviz.galaxies.selection import ColourWedge

__all__ = ["NARROWEST", "WIDEST", "Wedge"]

NARROWEST: Final = 10.0
WIDEST: Final = 170.0
"""Openings in degrees between which a wedge is the meeting of two half-planes."""

_FAR: Final = 30.0  # mag; beyond every colour


@dataclass(frozen=True)
class Wedge:
    r"""The region between two rays from an apex.

    .. math:: \{a + t_1 d_1 + t_2 d_2 : t_1, t_2 > 0\}, \qquad
        d_{1,2} = (\cos, \sin)(\varphi \mp \omega / 2)

    Arguments:
        x: First colour of the apex, mag.
        y: Second colour of the apex, mag.
        direction: :math:`\varphi` of the axis between the rays, degrees from the x-axis.
        opening: :math:`\omega` between the rays, degrees, from `NARROWEST` to `WIDEST`.

    Example:
        >>> wedge = Wedge(0.0, 0.0, 45.0, 90.0)
        >>> wedge.holds(np.array([[0.5, 0.5], [-0.5, 0.5]])).tolist()
        [True, False]
    """

    x: float
    y: float
    direction: float
    opening: float

    @property
    def apex(self) -> np.ndarray:
        """Both colours of the apex, mag."""
        return np.array([self.x, self.y])

    @property
    def rays(self) -> tuple[np.ndarray, np.ndarray]:
        """Directions of both rays; the region lies left of the first."""
        angles = np.radians([self.direction - self.opening / 2, self.direction + self.opening / 2])
        return tuple(np.array([math.cos(a), math.sin(a)]) for a in angles)  # type: ignore[return-value]

    def holds(self, colours: np.ndarray) -> np.ndarray:
        r"""Whether colours lie within, bool, shape :math:`(n,)` of :math:`(n, 2)`."""
        first, second = self.rays
        dx, dy = (np.asarray(colours, float) - self.apex).T
        within = (first[0] * dy - first[1] * dx > 0) & (second[0] * dy - second[1] * dx < 0)
        return np.asarray(within)

    def terms(
        self, across: tuple[str, str], up: tuple[str, str], width: float = 0.02
    ) -> tuple[ColourWedge, ColourWedge]:
        r"""The region as terms of a selection.

        Arguments:
            across: Two bands whose difference is the first colour.
            up: Likewise the second.
            width: Of the edges, mag.
        """
        found = []
        for ray, below in zip(self.rays, (False, True), strict=True):
            normal = np.array([-ray[1], ray[0]])  # points to the left of the ray
            factors: dict[str, float] = {}
            for weight, pair in zip(normal, (across, up), strict=True):
                for band, sign in zip(pair, (1.0, -1.0), strict=True):
                    factors[band] = factors.get(band, 0.0) + sign * float(weight)
            bound = float(normal @ self.apex)
            found.append(ColourWedge(factors, bound, width=width, below=below))
        return found[0], found[1]

    def corners(self) -> np.ndarray:
        """The region as far as any colour goes, mag, shape (4, 2)."""
        first, second = self.rays
        axis = np.array(
            [math.cos(math.radians(self.direction)), math.sin(math.radians(self.direction))]
        )
        return self.apex + _FAR * np.stack([np.zeros(2), first, 2 * axis, second])

    def grips(self, reach: float) -> np.ndarray:
        """Where a hand holds it: apex, first and second ray at this distance, mag, (3, 2)."""
        return np.stack([self.apex, *(self.apex + reach * ray for ray in self.rays)])

    def moved(self, x: float, y: float) -> Wedge:
        """The same with its apex elsewhere."""
        return replace(self, x=x, y=y)

    def turned(self, ray: int, x: float, y: float) -> Wedge:
        r"""The same with one ray through a place; the other stays, but for the opening's bounds.

        Arguments:
            ray: 0 for the first, 1 for the second.
            x: First colour of the place, mag.
            y: Second colour of the place, mag.
        """
        angle = math.degrees(math.atan2(y - self.y, x - self.x))
        other = self.direction + (0.5 if ray == 0 else -0.5) * self.opening
        opening = (other - angle if ray == 0 else angle - other) % 360
        if opening > (WIDEST + 360) / 2:  # nearer to none at all than to too wide
            opening = 0.0
        opening = min(max(opening, NARROWEST), WIDEST)
        middle = other - 0.5 * opening if ray == 0 else other + 0.5 * opening
        return replace(self, direction=(middle + 180) % 360 - 180, opening=opening)
