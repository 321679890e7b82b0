r"""The numbers of one lens as plain floats, or of a batch as tensors, under the same formulas.

A single image under a slider is bound by the cost of starting operations, not by arithmetic: with
plain floats nothing small is ever dispatched.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from astroviz.lensing.setup import Grid

__all__ = ["Numbers"]


class Numbers:
    r"""Einstein radius, e1, e2, x0, y0, shear1, shear2 and slope of one lens or of B.

    Arguments:
        lens: (B, 8) in the order of `LENS_NAMES`.
        free: In the order of `FREE_NAMES`.
    """

    def __init__(self, lens: Tensor, free: bool) -> None:
        self.dtype, self.count, self.free = lens.dtype, len(lens), free
        self.single = len(lens) == 1
        self.given: list[Any] = lens[0].tolist() if self.single else list(lens.double().unbind(-1))
        first, second, third = self.given[:3]
        if free:
            head = [self.exp(first), second, third]
        else:
            modulus = (1 - second) / (1 + second)
            head = [first, modulus * self.cos(2 * third), modulus * self.sin(2 * third)]
        self.values: list[Any] = [*head, *self.given[3:]]

    def _call(self, name: str, *values: Any) -> Any:
        return getattr(math if self.single else torch, name)(*values)

    def exp(self, value: Any) -> Any:
        """Exponential."""
        return self._call("exp", value)

    def sqrt(self, value: Any) -> Any:
        """Square root."""
        return self._call("sqrt", value)

    def cos(self, value: Any) -> Any:
        """Cosine."""
        return self._call("cos", value)

    def sin(self, value: Any) -> Any:
        """Sine."""
        return self._call("sin", value)

    def hypot(self, first: Any, second: Any) -> Any:
        """Length of a pair."""
        return self._call("hypot", first, second)

    def atan2(self, y: Any, x: Any) -> Any:
        """Angle of a pair."""
        return self._call("atan2", y, x)

    def clamp(self, value: Any, low: float, high: float) -> Any:
        """Kept between two bounds."""
        return min(max(value, low), high) if self.single else value.clamp(low, high)

    def plane(self, value: Any) -> Any:
        """Ready to multiply planes (B, rows, columns)."""
        return value if self.single else value.to(self.dtype)[:, None, None]

    def add(self, base: Tensor, plane: Tensor, factor: Any) -> None:
        """`base += factor * plane`, in place, for planes (B, rows, columns)."""
        if self.single:
            base.add_(plane, alpha=factor)
        else:
            base.addcmul_(plane, self.plane(factor))

    def offsets(self, grid: Grid) -> tuple[Tensor, Tensor]:
        """Columns (B, 1, columns) and rows (B, rows, 1) from the centre of the lens, arcsec."""
        x0, y0 = self.values[3:5]
        return grid.columns - self.plane(x0), grid.rows - self.plane(y0)

    def sheared(self, grid: Grid, half: float, centre: tuple[float, float]) -> Tensor:
        """Rays under the shear alone, (2, B, rows, columns), in units of `half`."""
        shear1, shear2 = self.values[5:7]
        x, y, scale, p = grid.columns, grid.rows, 1 / half, self.plane
        where = torch.empty(2, self.count, *grid.shape, dtype=self.dtype, device=x.device)
        cross = p(shear2 * -scale)
        along_x = (x * p((1 - shear1) * scale)).sub_(centre[0] * scale)
        along_y = (y * p((1 + shear1) * scale)).sub_(centre[1] * scale)
        torch.add(along_x, y * cross, out=where[0])
        torch.add(x * cross, along_y, out=where[1])
        return where

    def sums(self, pull: Tensor, planes: Tensor) -> list[list[Any]]:
        """Sums over pixels of each component of the pull times each plane: [2][planes]."""
        if self.single:
            nested: list[list[Any]] = (pull.view(2, -1) @ planes.view(len(planes), -1).T).tolist()
            return nested
        pixels = pull.shape[-2] * pull.shape[-1]
        first = pull.reshape(2, self.count, pixels).transpose(0, 1)
        second = planes.reshape(len(planes), self.count, pixels).permute(1, 2, 0)
        table = torch.matmul(first, second).double().permute(1, 2, 0)
        return [list(row.unbind(0)) for row in table.unbind(0)]

    def moments(self, twist: Tensor | None, pull: Tensor, grid: Grid) -> list[Any]:
        r"""Sums of a plane times dx and dy (if there is one), and derivatives by the shear.

        Arguments:
            twist: (B, rows, columns).
            pull: On the deflection, (2, B, rows, columns).
            grid: The rays.
        """
        planes = pull if twist is None else torch.cat([pull, twist[None]])
        table = grid.by_row @ (planes @ grid.by_column)  # (planes, B, 2, 2): by y and 1, x and 1
        if self.single:
            found: list[Any] = table[:, 0].tolist()
        else:
            found = [[list(row.unbind(0)) for row in one.unbind(0)]
                     for one in table.double().permute(0, 2, 3, 1).unbind(0)]  # fmt: skip
        first, second = found[:2]
        shear = [first[1][0] - second[0][1], first[0][1] + second[1][0]]
        if twist is None:
            return shear
        (_, by_y), (by_x, total) = found[2]
        return [by_x - self.values[3] * total, by_y - self.values[4] * total, *shear]

    def chain(self, gradient: list[Any], device: torch.device) -> Tensor:
        """Derivatives by the given vector, (B, 8), from those by `values`."""
        by_radius, by_e1, by_e2, *rest = gradient
        if self.free:
            head = [by_radius * self.values[0], by_e1, by_e2]
        else:
            q, angle = self.given[1:3]
            cos, sin = self.cos(2 * angle), self.sin(2 * angle)
            by_q = -2 / (1 + q) ** 2 * (cos * by_e1 + sin * by_e2)
            head = [by_radius, by_q, 2 * (1 - q) / (1 + q) * (cos * by_e2 - sin * by_e1)]
        if self.single:
            return torch.tensor([[*head, *rest]], dtype=self.dtype, device=device)
        return torch.stack([*head, *rest], -1).to(self.dtype)
