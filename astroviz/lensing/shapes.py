r"""The elliptical power law in ellipticity components, where a round lens is nothing special.

A lens is a complex ellipticity :math:`e = \frac{1-q}{1+q} e^{2i\varphi}` and a position
:math:`z = x + iy` from its centre. With :math:`W = z - e \bar z`, which has the elliptical radius
as its modulus, the deflection of an elliptical power law of slope t on the intermediate axis is

.. math::
    \alpha = \Big(\frac{\theta_E \sqrt{1 - |e|^2}}{|W|}\Big)^t W\, S(p), \qquad
    p = -\bar e\, \frac{W}{\bar W}, \qquad
    S(p) = \sum_n p^n \prod_{k=1}^{n} \frac{2k - 2 + t}{2k + 2 - t},

the series of Tessore & Metcalf with the two rotations into the frame of the lens multiplied out:
no angle is left in it, so that it and its derivatives are finite at q = 1. As :math:`|p| = |e|`
everywhere, a number of terms set by |e| alone bounds the error at every point.

References:
    | Tessore & Metcalf (2015), https://arxiv.org/abs/1507.01819
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["elliptical_position", "ellipticity", "power_law", "series", "terms_for"]

_MOST_TERMS = 400


def ellipticity(axis_ratio: Tensor, position_angle: Tensor) -> tuple[Tensor, Tensor]:
    r"""Components :math:`e = (1-q)/(1+q)\,(\cos 2\varphi, \sin 2\varphi)`, smooth at q = 1."""
    modulus = (1 - axis_ratio) / (1 + axis_ratio)
    return modulus * torch.cos(2 * position_angle), modulus * torch.sin(2 * position_angle)


def terms_for(modulus: float, dtype: torch.dtype) -> int:
    r"""Terms after which the remainder of the series is below the rounding of `dtype`.

    Arguments:
        modulus: Largest :math:`|e|` in use.
        dtype: Of the positions. The remainder is at most :math:`|e|^N / (1 - |e|)`, relative.

    Returns:
        18 for q = 0.5 and 33 for q = 0.25 in float32, twice that in float64.
    """
    if modulus < 1e-12:
        return 1
    goal = 0.1 * torch.finfo(dtype).eps * (1 - modulus)
    return min(max(2, math.ceil(math.log(goal) / math.log(modulus))), _MOST_TERMS)


def series(p: Tensor, slope: Tensor | float, terms: int) -> tuple[Tensor, Tensor]:
    r"""The series S(p) and :math:`S_1 = (S - 1) / p`, by Horner's rule.

    Arguments:
        p: Complex (...), :math:`|p| < 1`.
        slope: t, broadcasting against p.
        terms: From `terms_for`.
    """
    total = torch.ones_like(p)
    first = torch.zeros_like(p)
    for k in range(terms, 0, -1):
        first = (2 * k - 2 + slope) / (2 * k + 2 - slope) * total
        total = 1 + p * first
    return total, first


def elliptical_position(x: Tensor, y: Tensor, e1: Tensor, e2: Tensor) -> Tensor:
    r""":math:`W = z - e \bar z`, complex; x and y from the centre of the lens, arcsec."""
    return torch.complex(x - e1 * x - e2 * y, y - e2 * x + e1 * y)


def power_law(
    x: Tensor, y: Tensor, radius: Tensor, e1: Tensor, e2: Tensor, slope: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    r"""Deflection, convergence and complex shear of an elliptical power law, differentiable.

    .. math::
        \kappa = \frac{2-t}{2}\Big(\frac{\theta_E\sqrt{1-|e|^2}}{|W|}\Big)^t, \qquad
        \gamma = \frac{(1-t)\,\alpha - z\kappa}{\bar z}

    Arguments:
        x: From the centre of the lens, arcsec, broadcasting against the rest.
        y: The same.
        radius: Einstein radius on the intermediate axis, arcsec.
        e1: Component of the ellipticity along x.
        e2: Along the diagonal.
        slope: t; 1 is isothermal.

    Returns:
        Deflection (complex, arcsec), convergence (real) and shear (complex).
    """
    squared = e1 * e1 + e2 * e2
    modulus = float(squared.detach().max().clamp(0, 0.9999)) ** 0.5
    position = elliptical_position(x, y, e1, e2)
    length = (position.real**2 + position.imag**2).clamp_min(1e-24)
    conjugate = torch.complex(e1, -e2)
    p = -conjugate * position * position / length
    total, _ = series(p, slope, terms_for(modulus, x.dtype))
    strength = (radius * radius * (1 - squared) / length) ** (slope / 2)
    deflection = strength * position * total
    convergence = (2 - slope) / 2 * strength
    z = torch.complex(*torch.broadcast_tensors(x, y))
    distance = (z.real**2 + z.imag**2).clamp_min(1e-24)
    shear = ((1 - slope) * deflection - z * convergence) * z / distance
    return deflection, convergence, shear
