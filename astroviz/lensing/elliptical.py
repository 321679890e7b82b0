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

import torch
from torch import Tensor

from astroviz.lensing.core_lens import CoreLens
from astroviz.lensing.setup import Grid
from astroviz.lensing.shapes import terms_for

__all__ = ["power_law_gradient", "power_law_rays"]

_TINY = 1e-24


def _series(core: CoreLens, p: Tensor, slope_too: bool) -> tuple[Tensor, Tensor, Tensor]:
    r"""S, :math:`S_1` and, if wanted, :math:`\partial S/\partial t`."""
    one, total = torch.ones_like(p), torch.ones_like(p)
    by_slope = torch.zeros_like(p) if slope_too else one
    for k in range(terms_for(core.modulus, p.real.dtype), 1, -1):
        upper, lower = 2 * k - 2 + core.slope, 2 * k + 2 - core.slope
        if slope_too:
            by_slope.mul_(upper / lower).add_(total, alpha=1 / lower + upper / lower**2).mul_(p)
        total = torch.addcmul(one, p, total, value=upper / lower)
    upper, lower = core.slope, 4 - core.slope
    if slope_too:
        by_slope.mul_(upper / lower).add_(total, alpha=1 / lower + upper / lower**2).mul_(p)
    first = total * (upper / lower)
    return torch.addcmul(one, p, first), first, by_slope


def power_law_rays(
    core: CoreLens, grid: Grid, where: Tensor, keep: bool, by_slope: bool
) -> tuple[Tensor, ...]:
    r"""Fill in the positions in the source plane; keep what the gradient needs.

    Arguments:
        core: The lens.
        grid: The rays.
        where: To be filled, (2, rows, columns), in units of half the source's grid.
        keep: Whether the planes for `power_law_gradient` are wanted.
        by_slope: Whether that is to give a derivative by the slope.
    """
    e1, e2, slope = core.e1, core.e2, core.slope
    offset = grid.plane - where.new_tensor([[[core.x0]], [[core.y0]]])
    dx, dy = offset.unbind(0)
    position = torch.complex(dx * (1 - e1) - dy * e2, dy * (1 + e1) - dx * e2)
    length = torch.addcmul(position.real.square(), position.imag, position.imag).add_(_TINY)
    p = (position * position).mul_(complex(-e1, e2)).div_(length)
    total, first, tilted = _series(core, p, keep and by_slope)
    squared = length.reciprocal_().mul_(core.radius**2 * (1 - e1 * e1 - e2 * e2))
    strength = squared ** (slope / 2)
    lifted = position * strength
    alpha = lifted * total
    half = grid.setup.half_source
    table = where.new_tensor(core.sheared(grid))
    torch.addmm(table[:, 2:], table[:, :2], offset.view(2, -1), out=where.view(2, -1))
    where.sub_(torch.view_as_real(alpha).permute(2, 0, 1), alpha=1 / half)
    if not keep:
        return ()
    changed = squared.log_().mul_(0.5) * alpha + lifted * tilted if by_slope else alpha
    return (offset, position, p, strength, alpha, total, first, changed)


def power_law_gradient(
    core: CoreLens, pull: Tensor, planes: tuple[Tensor, ...], by_slope: bool
) -> list[float]:
    r"""Derivatives by the eight numbers in `core` of a loss with a given pull on the rays.

    Arguments:
        core: The lens.
        pull: :math:`\partial L/\partial\alpha`, (2, rows, columns).
        planes: From `power_law_rays`.
        by_slope: Whether the derivative by the slope is wanted; else it is 0.
    """
    offset, position, p, strength, alpha, total, first, changed = planes
    e1, e2, slope = core.e1, core.e2, core.slope
    dx, dy = offset.unbind(0)
    z = torch.complex(dx, dy)
    kappa = strength * (0.5 * (2 - slope))
    gamma = ((1 - slope) * alpha - z * kappa) * z / torch.addcmul(dx * dx, dy, dy).add_(_TINY)
    turned = -z.conj() / position  # dW / W for a change of e along x
    steep = position * strength * (slope * total - (2 - slope) * first) / (2 * (1 - p))
    ratio = position / position.conj()
    shrunk = slope / (1 - e1 * e1 - e2 * e2)
    along = turned - (slope * turned.real + shrunk * e1)
    across = 1j * turned + (slope * turned.imag - shrunk * e2)
    by_e1 = alpha * along + steep * (2j * p * turned.imag - ratio)
    by_e2 = alpha * across + steep * (2j * p * turned.real + 1j * ratio)
    h = torch.complex(pull[0], -pull[1]).view(-1)  # conjugate
    ours = torch.stack([alpha, by_e1, by_e2, -kappa - gamma, 1j * (gamma - kappa), changed])
    found = (ours.view(6, -1) @ h).real.tolist()
    shears = (pull.view(2, -1) @ offset.view(2, -1).T).tolist()
    return [found[0] * slope / core.radius, *found[1:5], *core.shear_gradient(pull, shears),
            found[5] if by_slope else 0.0]  # fmt: skip
