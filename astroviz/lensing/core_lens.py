r"""The numbers of one lens as plain floats, in ellipticity components.

A single image under a slider is bound by the cost of starting operations, not by arithmetic: with
plain floats nothing small is ever dispatched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from astroviz.lensing.setup import Grid

__all__ = ["CoreLens"]


class CoreLens:
    r"""Einstein radius, e1, e2, x0, y0, shear1, shear2 and slope.

    Arguments:
        vector: In the order of `LENS_NAMES`.
        free: In the order of `FREE_NAMES`.
    """

    def __init__(self, vector: Sequence[float], free: bool) -> None:
        first, second, third, self.x0, self.y0, self.shear1, self.shear2, self.slope = vector
        self.free = free
        self.axis_ratio, self.angle = second, third
        if free:
            self.radius, self.e1, self.e2 = math.exp(first), second, third
        else:
            modulus = (1 - second) / (1 + second)
            self.radius = first
            self.e1, self.e2 = modulus * math.cos(2 * third), modulus * math.sin(2 * third)

    @property
    def modulus(self) -> float:
        """|e|, kept below 1."""
        return min(math.hypot(self.e1, self.e2), 0.9999)

    def sheared(self, grid: Grid) -> list[list[float]]:
        """Factors of x and y from the centre of the lens, and a constant: rays under shear alone.

        In units of half the source's grid and from its centre.
        """
        setup, x0, y0 = grid.setup, self.x0, self.y0
        scale, cross = 1 / setup.half_source, -self.shear2 / setup.half_source
        xx, yy = (1 - self.shear1) * scale, (1 + self.shear1) * scale
        return [[xx, cross, xx * x0 + cross * y0 - setup.source_x * scale],
                [cross, yy, cross * x0 + yy * y0 - setup.source_y * scale]]  # fmt: skip

    def shear_gradient(self, pull: Tensor, sums: list[list[float]]) -> list[float]:
        r"""Derivatives by the shear of a loss with a given pull on the deflection.

        Arguments:
            pull: :math:`\partial L/\partial\alpha`, (2, rows, columns).
            sums: Of its components times x and times y from the centre of the lens.
        """
        first, second = pull.sum((-2, -1)).tolist()
        (xx, xy), (yx, yy) = sums
        return [xx + self.x0 * first - yy - self.y0 * second,
                xy + self.y0 * first + yx + self.x0 * second]  # fmt: skip

    def chain(self, gradient: Sequence[float]) -> list[float]:
        """Derivatives by the given vector, from those by the eight numbers."""
        by_radius, by_e1, by_e2, *rest = gradient
        if self.free:
            return [by_radius * self.radius, by_e1, by_e2, *rest]
        q, cos, sin = self.axis_ratio, math.cos(2 * self.angle), math.sin(2 * self.angle)
        by_q = -2 / (1 + q) ** 2 * (cos * by_e1 + sin * by_e2)
        by_angle = 2 * (1 - q) / (1 + q) * (cos * by_e2 - sin * by_e1)
        return [by_radius, by_q, by_angle, *rest]
