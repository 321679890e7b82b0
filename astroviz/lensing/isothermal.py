r"""Rays through an isothermal ellipsoid in closed form, and the derivatives of their deflection.

In the frame of the lens, with :math:`\psi^2 = q^2x^2 + y^2`, :math:`f^2 = 1 - q^2`,
:math:`u = x/\psi`, :math:`v = y/\psi` and :math:`K = \theta_E\sqrt q`,

.. math:: \alpha = \frac{K}{f}\,\big(\arctan fu,\ \operatorname{artanh} fv\big).

Its Hessian is of rank one, and its other derivatives are sums over pixels of the same few planes:
with :math:`C = (u - \arctan(fu)/f)/f^2` and :math:`D = (\operatorname{artanh}(fv)/f - v)/f^2`,
both finite at q = 1 (their series are used there),

.. math::
    \partial_q\alpha = \frac{\alpha}{2q} + K\,(-qC,\ qD - v/q), \qquad
    \partial_\varphi\alpha = -K f^2\,(D,\ C).

As :math:`f^2 = 4|e|/(1+|e|)^2`, dividing the last by :math:`2|e|` leaves the derivative across the
ellipticity, regular for a round lens. The derivative by the slope at t = 1 is that of the series
in `astroviz.lensing.shapes`, whose p is :math:`-|e|(qu + iv)^2` in this frame.

References:
    | Kormann, Schneider & Bartelmann (1994)
    | Keeton (2002), https://arxiv.org/abs/astro-ph/0102341
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from astroviz.lensing.numbers import Numbers
from astroviz.lensing.setup import Grid
from astroviz.lensing.shapes import terms_for

__all__ = ["isothermal_gradient", "isothermal_rays"]

_TINY = 1e-24
_ROUND = 0.1  # f^2 below which C and D come from their series
_TERMS = 8


class Shape:
    """What the closed form needs of the ellipticity; numbers of one lens or (B,) tensors."""

    def __init__(self, core: Numbers) -> None:
        radius, e1, e2 = core.values[:3]
        self.modulus = core.clamp(core.hypot(e1, e2), 1e-10, 0.9999)
        angle = 0.5 * core.atan2(e2, e1)
        self.cos, self.sin = core.cos(angle), core.sin(angle)
        self.q = (1 - self.modulus) / (1 + self.modulus)
        self.f = 2 * core.sqrt(self.modulus) / (1 + self.modulus)
        self.strength = radius * core.sqrt(self.q)


def isothermal_rays(
    core: Numbers, grid: Grid, half: float, centre: tuple[float, float], keep: bool
) -> tuple[Tensor, Tensor | None]:
    r"""Positions in the source plane in units of half its grid, (2, B, rows, columns).

    Arguments:
        core: Einstein radius, e1, e2, x0, y0, shear1, shear2 of the lenses.
        grid: The rays.
        half: Half the width of the source's grid, arcsec.
        centre: Of the source's grid, arcsec.
        keep: Whether the planes for `isothermal_gradient` are wanted, (5, B, rows, columns).
    """
    shape, p = Shape(core), core.plane
    dx, dy = core.offsets(grid)
    along = dx * p(shape.q * shape.cos) + dy * p(shape.q * shape.sin)
    across = dy * p(shape.cos) - dx * p(shape.sin)
    inverse = torch.addcmul(along * along, across, across).add_(_TINY).rsqrt_()
    planes = None
    if keep:
        planes = torch.empty(5, *along.shape, dtype=along.dtype, device=along.device)
        planes[4] = inverse
        factor = inverse.mul_(p(shape.f))
        torch.mul(along, factor, out=planes[2]).mul_(p(1 / shape.q))  # f u
        torch.mul(across, factor, out=planes[3])  # f v
        first = torch.atan(planes[2], out=planes[0])
        second = torch.atanh(planes[3], out=planes[1])
    else:
        factor = inverse.mul_(p(shape.f))
        first = along.mul_(factor).mul_(p(1 / shape.q)).atan_()
        second = across.mul_(factor).atanh_()
    where = core.sheared(grid, half, centre)
    beta_x, beta_y = where.unbind(0)
    scale = shape.strength / (shape.f * half)
    core.add(beta_x, first, -scale * shape.cos)
    core.add(beta_x, second, scale * shape.sin)
    core.add(beta_y, first, -scale * shape.sin)
    core.add(beta_y, second, -scale * shape.cos)
    return where, planes


def isothermal_gradient(
    core: Numbers, grid: Grid, pull: Tensor, planes: Tensor, by_slope: bool
) -> list[Any]:
    r"""Derivatives by the eight numbers in `core` of a loss with a given pull on the rays.

    Arguments:
        core: As for `isothermal_rays`.
        grid: The rays.
        pull: :math:`\partial L/\partial\alpha`, (2, B, rows, columns).
        planes: From `isothermal_rays`.
        by_slope: Whether the derivative by the slope is wanted; else it is 0.
    """
    shape = Shape(core)
    f, q, strength = shape.f, shape.q, shape.strength
    turned = _turned(shape, core.sums(pull, planes[:4]))
    along_alpha = strength / f * (turned[0][0] + turned[1][1])
    smallest = f**2 if core.single else float((f**2).min())
    if smallest < _ROUND:
        (c_x, d_x), (c_y, d_y) = _turned(shape, core.sums(pull, _rounded(core, shape, planes)))
    else:
        cube = f * f * f
        c_x, c_y = ((row[2] - row[0]) / cube for row in turned)
        d_x, d_y = ((row[1] - row[3]) / cube for row in turned)
    by_q = along_alpha / (2 * q) + strength * (q * (d_y - c_x) - turned[1][3] / (f * q))
    shrink = -2 / (1 + shape.modulus) ** 2
    by_modulus, by_turn = shrink * by_q, shrink * strength * (d_x + c_y)
    double_cos, double_sin = shape.cos**2 - shape.sin**2, 2 * shape.sin * shape.cos
    by_e1 = double_cos * by_modulus - double_sin * by_turn
    by_e2 = double_sin * by_modulus + double_cos * by_turn
    dx, dy = core.offsets(grid)
    twist = (pull[0] * dy - pull[1] * dx).mul_(planes[4]).div_((dx * dx + _TINY) + dy * dy)
    by_x0, by_y0, shear1, shear2 = core.moments(twist, pull, grid)
    slope = 0.0 * by_q
    if by_slope:
        (tilted_x, _), (_, tilted_y) = _turned(
            shape, core.sums(pull, _tilted(core, shape, planes))
        )
        slope = tilted_x + tilted_y
    return [along_alpha / core.values[0], by_e1, by_e2, -strength * by_y0, strength * by_x0,
            shear1, shear2, slope]  # fmt: skip


def _turned(shape: Shape, sums: list[list[Any]]) -> list[list[Any]]:
    """Sums against the pull in the frame of the lens."""
    pairs = list(zip(*sums, strict=True))
    return [[shape.cos * a + shape.sin * b for a, b in pairs],
            [shape.cos * b - shape.sin * a for a, b in pairs]]  # fmt: skip


def _rounded(core: Numbers, shape: Shape, planes: Tensor) -> Tensor:
    """C and D as planes, without the cancellation that their definition has for a round lens."""
    f = core.plane(shape.f)
    square = f * f
    u, v = planes[2] / f, planes[3] / f
    c, d = torch.zeros_like(u), torch.zeros_like(v)
    for k in range(_TERMS, 0, -1):  # u^3 / 3 - f^2 u^5 / 5 + ...
        c = 1 / (2 * k + 1) - square * u * u * c
        d = 1 / (2 * k + 1) + square * v * v * d
    c, d = c * u * u * u, d * v * v * v
    if not core.single:
        direct, cube = square > _ROUND, square * f
        c = torch.where(direct, (planes[2] - planes[0]) / cube, c)
        d = torch.where(direct, (planes[1] - planes[3]) / cube, d)
    return torch.stack([c, d])


@lru_cache(maxsize=64)
def _slope_terms(count: int) -> tuple[float, ...]:
    """Derivatives by the slope, at 1, of the coefficients of the series."""
    found, total = [], 0.0
    for n in range(1, count + 1):
        total += 1 / (2 * n - 1) + 1 / (2 * n + 1)
        found.append(total / (2 * n + 1))
    return tuple(found)


def _tilted(core: Numbers, shape: Shape, planes: Tensor) -> Tensor:
    r""":math:`\partial\alpha/\partial t` at t = 1 in the frame of the lens, (2, B, ...)."""
    p, f = core.plane, core.plane(shape.f)
    unit = torch.complex(planes[2] * (p(shape.q) / f), planes[3] / f)
    power = unit * unit * p(-shape.modulus)
    largest = shape.modulus if core.single else float(shape.modulus.max())
    terms = _slope_terms(terms_for(largest, core.dtype))
    total = power * terms[-1]
    for term in reversed(terms[:-1]):
        total.add_(term).mul_(power)
    radius = core.values[0] * core.sqrt(1 - shape.modulus * shape.modulus)
    tilt = torch.view_as_real(total.mul_(unit).mul_(p(radius)))
    logarithm = (planes[4] * p(shape.strength)).log_().mul_(p(shape.strength / shape.f))
    return torch.stack([torch.addcmul(tilt[..., 0], logarithm, planes[0]),
                        torch.addcmul(tilt[..., 1], logarithm, planes[1])])  # fmt: skip
