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

import math
from functools import lru_cache

import torch
from torch import Tensor

from astroviz.lensing.core_lens import CoreLens
from astroviz.lensing.setup import Grid
from astroviz.lensing.shapes import terms_for

__all__ = ["isothermal_gradient", "isothermal_rays"]

_TINY = 1e-24
_ROUND = 0.1  # f^2 below which C and D come from their series
_TERMS = 8


class Shape:
    """What the closed form needs of the ellipticity."""

    def __init__(self, core: CoreLens) -> None:
        self.modulus = max(core.modulus, 1e-10)
        angle = 0.5 * math.atan2(core.e2, core.e1)
        self.cos, self.sin = math.cos(angle), math.sin(angle)
        self.q = (1 - self.modulus) / (1 + self.modulus)
        self.f = 2 * math.sqrt(self.modulus) / (1 + self.modulus)
        self.strength = core.radius * math.sqrt(self.q)

    def turned(self, sums: list[list[float]]) -> list[list[float]]:
        """Sums against the components of a pull, in the frame of the lens."""
        pairs = list(zip(*sums, strict=True))
        return [[self.cos * a + self.sin * b for a, b in pairs],
                [self.cos * b - self.sin * a for a, b in pairs]]  # fmt: skip


def isothermal_rays(core: CoreLens, grid: Grid, where: Tensor, planes: Tensor) -> None:
    r"""Fill in the positions in the source plane, and what the gradient needs.

    Arguments:
        core: The lens.
        grid: The rays.
        where: To be filled, (2, rows, columns), in units of half the source's grid.
        planes: To be filled for `isothermal_gradient`, (7, rows, columns): arctan fu, artanh fv,
            x and y from the centre of the lens, fu, fv and f / psi.
    """
    shape = Shape(core)
    offset, rotated, inverse = planes[2:4], planes[4:6], planes[6]
    torch.sub(grid.plane[0], core.x0, out=planes[2])
    torch.sub(grid.plane[1], core.y0, out=planes[3])
    scale = shape.strength / (shape.f * grid.setup.half_source)
    rest = core.sheared(grid)
    table = where.new_tensor([
        shape.cos, shape.sin, -shape.sin, shape.cos,
        -scale * shape.cos, scale * shape.sin, *rest[0],
        -scale * shape.sin, -scale * shape.cos, *rest[1],
    ])  # fmt: skip
    torch.mm(table[:4].view(2, 2), offset.view(2, -1), out=rotated.view(2, -1))
    along, across = planes[4], planes[5]
    torch.mul(along, along, out=inverse).mul_((shape.q / shape.f) ** 2)
    inverse.addcmul_(across, across, value=1 / shape.f**2).add_(_TINY).rsqrt_()
    rotated.mul_(inverse)
    torch.atan(along, out=planes[0])
    torch.atanh(across, out=planes[1])
    final = table[4:].view(2, 5)
    torch.addmm(final[:, 4:], final[:, :4], planes[:4].view(4, -1), out=where.view(2, -1))


def isothermal_gradient(
    core: CoreLens, pull: Tensor, planes: Tensor, by_slope: bool
) -> list[float]:
    r"""Derivatives by the eight numbers in `core` of a loss with a given pull on the rays.

    Arguments:
        core: The lens.
        pull: :math:`\partial L/\partial\alpha`, (2, rows, columns).
        planes: From `isothermal_rays`.
        by_slope: Whether the derivative by the slope is wanted; else it is 0.
    """
    shape = Shape(core)
    f, q, strength = shape.f, shape.q, shape.strength
    sums = _sums(pull, planes[:6])
    turned = shape.turned(sums)
    along_alpha = strength / f * (turned[0][0] + turned[1][1])
    if f * f < _ROUND:
        (c_x, d_x), (c_y, d_y) = shape.turned(_sums(pull, _rounded(f, planes)))
    else:
        c_x, c_y = ((row[4] - row[0]) / f**3 for row in turned)
        d_x, d_y = ((row[1] - row[5]) / f**3 for row in turned)
    by_q = along_alpha / (2 * q) + strength * (q * (d_y - c_x) - turned[1][5] / (f * q))
    shrink = -2 / (1 + shape.modulus) ** 2
    by_modulus, by_turn = shrink * by_q, shrink * strength * (d_x + c_y)
    double_cos, double_sin = shape.cos**2 - shape.sin**2, 2 * shape.sin * shape.cos
    (by_x0, by_y0) = (planes[2:4].view(2, -1) @ _twist(pull, planes).view(-1)).tolist()
    slope = 0.0
    if by_slope:
        (along, _), (_, across) = shape.turned(_sums(pull, _tilted(core, shape, planes)))
        slope = along + across
    return [along_alpha / core.radius, double_cos * by_modulus - double_sin * by_turn,
            double_sin * by_modulus + double_cos * by_turn, -strength / f * by_y0,
            strength / f * by_x0, *core.shear_gradient(pull, [row[2:4] for row in sums]),
            slope]  # fmt: skip


def _sums(pull: Tensor, planes: Tensor) -> list[list[float]]:
    """Sums over pixels of each component of the pull times each plane: [2][planes]."""
    table: list[list[float]] = (pull.view(2, -1) @ planes.view(len(planes), -1).T).tolist()
    return table


def _twist(pull: Tensor, planes: Tensor) -> Tensor:
    r"""The Hessian is of rank one: :math:`H h = T (y, -x)`, :math:`T = K\,(h \times r)/\psi r^2`.

    This is :math:`fT/K`, (rows, columns).
    """
    x, y = planes[2], planes[3]
    twist = (pull[0] * y).addcmul_(pull[1], x, value=-1).mul_(planes[6])
    return twist.div_((x * x).addcmul_(y, y).add_(_TINY))


def _rounded(f: float, planes: Tensor) -> Tensor:
    """C and D as planes, without the cancellation that their definition has for a round lens."""
    square = f * f
    u, v = planes[4] / f, planes[5] / f
    c, d = torch.zeros_like(u), torch.zeros_like(v)
    for k in range(_TERMS, 0, -1):  # u^3 / 3 - f^2 u^5 / 5 + ...
        c = 1 / (2 * k + 1) - square * u * u * c
        d = 1 / (2 * k + 1) + square * v * v * d
    return torch.stack([c * u * u * u, d * v * v * v])


@lru_cache(maxsize=64)
def _slope_terms(count: int) -> tuple[float, ...]:
    """Derivatives by the slope, at 1, of the coefficients of the series."""
    found, total = [], 0.0
    for n in range(1, count + 1):
        total += 1 / (2 * n - 1) + 1 / (2 * n + 1)
        found.append(total / (2 * n + 1))
    return tuple(found)


def _tilted(core: CoreLens, shape: Shape, planes: Tensor) -> Tensor:
    r""":math:`\partial\alpha/\partial t` at t = 1 in the frame of the lens, (2, rows, columns)."""
    unit = torch.complex(planes[4] * (shape.q / shape.f), planes[5] / shape.f)
    power = (unit * unit).mul_(-shape.modulus)
    terms = _slope_terms(terms_for(shape.modulus, planes.dtype))
    total = power * terms[-1]
    for term in reversed(terms[:-1]):
        total.add_(term).mul_(power)
    total.mul_(unit).mul_(core.radius * math.sqrt(1 - shape.modulus**2))
    tilt = torch.view_as_real(total)
    logarithm = (planes[6] * (shape.strength / shape.f)).log_().mul_(shape.strength / shape.f)
    return torch.stack([torch.addcmul(tilt[..., 0], logarithm, planes[0]),
                        torch.addcmul(tilt[..., 1], logarithm, planes[1])])  # fmt: skip
