r"""Rays through an elliptical power law of any slope, and the derivatives of their deflection.

Notation of `astroviz.lensing.shapes`: :math:`\alpha = \lambda^t W S(p)` with
:math:`\lambda = \theta_E s/|W|`, :math:`s^2 = 1 - |e|^2`. From the recurrence of its terms the
series obeys :math:`2p(1-p)S' = (2-t)(1-S) + tpS`, so that with :math:`S = 1 + pS_1`

.. math:: S' = \frac{tS - (2-t)S_1}{2(1-p)},

without cancellation at p = 0. The rest is the chain rule in complex numbers: a loss whose pull on
the deflection is h changes by :math:`\mathrm{Re}(\bar h\,d\alpha)`.

References:
    | Tessore & Metcalf (2015), https://arxiv.org/abs/1507.01819
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from astroviz.lensing.numbers import Numbers
from astroviz.lensing.setup import Grid
from astroviz.lensing.shapes import terms_for

__all__ = ["power_law_gradient", "power_law_rays"]

_TINY = 1e-24


def _terms(core: Numbers) -> int:
    """Of the series, for the flattest lens of the batch."""
    modulus = core.hypot(*core.values[1:3])
    largest = modulus if core.single else float(modulus.max())
    return terms_for(min(largest, 0.9999), core.dtype)


def _position(core: Numbers, grid: Grid) -> tuple[Tensor, Tensor, Tensor]:
    """W, its squared modulus, and p."""
    p, (dx, dy), (e1, e2) = core.plane, core.offsets(grid), core.values[1:3]
    position = torch.complex(dx * p(1 - e1) - dy * p(e2), dy * p(1 + e1) - dx * p(e2))
    length = torch.addcmul(position.real.square(), position.imag, position.imag).add_(_TINY)
    conjugate = complex(-e1, e2) if core.single else torch.complex(-p(e1), p(e2))
    return position, length, position * position * conjugate / length


def _series(core: Numbers, p: Tensor, slope_too: bool) -> tuple[Tensor, Tensor, Tensor | None]:
    r"""S, :math:`S_1` and, if wanted, :math:`\partial S/\partial t`."""
    slope = core.plane(core.values[7])
    total, first = torch.ones_like(p), torch.zeros_like(p)
    by_slope = torch.zeros_like(p) if slope_too else None
    for k in range(_terms(core), 0, -1):
        upper, lower = 2 * k - 2 + slope, 2 * k + 2 - slope
        ratio = upper / lower
        if by_slope is not None:
            by_slope = p * (ratio * by_slope + (1 / lower + upper / lower**2) * total)
        first = ratio * total
        total = 1 + p * first
    return total, first, by_slope


def power_law_rays(
    core: Numbers, grid: Grid, half: float, centre: tuple[float, float], keep: bool
) -> tuple[Tensor, tuple[Tensor, ...]]:
    r"""Positions in the source plane in units of half its grid, (2, B, rows, columns).

    Arguments:
        core: Einstein radius, e1, e2, x0, y0, shear1, shear2 and slope of the lenses.
        grid: The rays.
        half: Half the width of the source's grid, arcsec.
        centre: Of the source's grid, arcsec.
        keep: Whether the planes for `power_law_gradient` are wanted.
    """
    radius, e1, e2 = core.values[:3]
    slope = core.plane(core.values[7])
    position, length, p = _position(core, grid)
    total, first, by_slope = _series(core, p, keep)
    scale = core.plane(radius * radius * (1 - e1 * e1 - e2 * e2))
    strength = (scale / length) ** (slope / 2)
    lifted = strength * position
    alpha = lifted * total
    where = core.sheared(grid, half, centre)
    where[0].sub_(alpha.real, alpha=1 / half)
    where[1].sub_(alpha.imag, alpha=1 / half)
    if by_slope is None:
        return where, ()
    changed = torch.log(scale / length).mul_(0.5) * alpha + lifted * by_slope
    return where, (position, p, strength, alpha, total, first, changed)


def power_law_gradient(
    core: Numbers, grid: Grid, pull: Tensor, planes: tuple[Tensor, ...], by_slope: bool
) -> list[Any]:
    r"""Derivatives by the eight numbers in `core` of a loss with a given pull on the rays.

    Arguments:
        core: As for `power_law_rays`.
        grid: The rays.
        pull: :math:`\partial L/\partial\alpha`, (2, B, rows, columns).
        planes: From `power_law_rays`.
        by_slope: Whether the derivative by the slope is wanted; else it is 0.
    """
    position, p, strength, alpha, total, first, changed = planes
    radius, e1, e2 = core.values[:3]
    slope = core.plane(core.values[7])
    h = torch.complex(pull[0], -pull[1])  # conjugate
    dx, dy = core.offsets(grid)
    z = torch.complex(*torch.broadcast_tensors(dx, dy))
    kappa = (2 - slope) / 2 * strength
    gamma = ((1 - slope) * alpha - z * kappa) * z / ((dx * dx + _TINY) + dy * dy)
    turned = -z.conj() / position  # dW / W for a change of e along x
    steep = strength * position * (slope * total - (2 - slope) * first) / (2 * (1 - p))
    ratio = position / position.conj()
    shrunk = core.plane(1 / (1 - e1 * e1 - e2 * e2)) * slope
    along = turned - slope * turned.real - shrunk * core.plane(e1)
    across = 1j * turned + slope * turned.imag - shrunk * core.plane(e2)
    by_e1 = alpha * along + steep * (2j * p * turned.imag - ratio)
    by_e2 = alpha * across + steep * (2j * p * turned.real + 1j * ratio)
    by_radius = _total(core, h, alpha) * core.values[7] / radius
    by_x0 = _total(core, h, -kappa - gamma)
    by_y0 = _total(core, h, 1j * (gamma - kappa))
    slope_too = _total(core, h, changed) if by_slope else 0.0 * by_x0
    return [by_radius, _total(core, h, by_e1), _total(core, h, by_e2), by_x0, by_y0,
            *core.moments(None, pull, grid), slope_too]  # fmt: skip


def _total(core: Numbers, h: Tensor, plane: Tensor) -> Any:
    """Sum over pixels of Re(h * plane); h is conjugated already."""
    product = (h * plane).real.sum((-2, -1))
    return float(product) if core.single else product.double()
