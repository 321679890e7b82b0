r"""Joint diffusion of an orientation and of numbers, on SO(3) x R^n.

Scalars (axis ratios, size, colour), transformed to about unit variance, diffuse beside the
orientation: :math:`x_\tau = x + \tau \epsilon`, with a scale of their own that is tied to that of
the rotation,

.. math:: \tau(\sigma) = 0.01 \, (\sigma / 0.01)^{a},\qquad \tau(3) = 80,

so that both are at their noisiest together. The probability flow of the pair,

.. math:: dR = -\sigma R\, \hat s_R\, d\sigma, \qquad dx = -\tau\, s_x\, d\tau,

gives draws, and with 3 + n derivatives the exact joint likelihood.

References:
    | Song et al. (2021), https://arxiv.org/abs/2011.13456
    | Jagvaral et al. (2024), https://arxiv.org/abs/2409.18761
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from astroviz.orientations.process import HIGHEST, LOWEST, noise_levels
from astroviz.orientations.rotations import exp, hat

__all__ = ["WIDEST", "JointScore", "log_prob_joint", "sample_joint", "scalar_noise"]

JointScore = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
r"""`score(R, sigma, x)`: shapes :math:`(N, 3, 3), (N,), (N, n)` to :math:`(N, 3), (N, n)`."""

WIDEST = 80.0
"""Largest noise of the scalars, in units of their standard deviation."""

_POWER = math.log(WIDEST / LOWEST) / math.log(HIGHEST / LOWEST)


def scalar_noise(sigma: Tensor) -> Tensor:
    r"""The scale of the scalars' noise at a scale of the rotation's, shape (*)."""
    return LOWEST * (sigma / LOWEST) ** _POWER


def sample_joint(
    score: JointScore,
    rotation: Tensor,
    x: Tensor,
    steps: int = 19,
    check: Callable[[], None] | None = None,
    low: float = LOWEST,
) -> tuple[Tensor, Tensor]:
    r"""Draw pairs by following the flow of both from the noisiest scale down (Heun's rule).

    Arguments:
        score: The score of the pair.
        rotation: Uniform rotations, shape :math:`(N, 3, 3)`.
        x: Normal numbers of standard deviation `WIDEST`, shape :math:`(N, n)`.
        steps: Steps, two evaluations each.
        check: Called before every step; may raise to give up.
        low: Scale of the last evaluation, radians.

    Returns:
        Rotations and scalars, shapes as given.
    """
    levels = noise_levels(steps, low)
    for now, then in itertools.pairwise(levels.tolist()):
        if check is not None:
            check()
        turn, move = _slopes(score, rotation, x, now)
        width, change = then - now, _tau(then) - _tau(now)
        ahead = rotation @ exp(width * turn), x + change * move
        turn_ahead, move_ahead = _slopes(score, *ahead, then)
        rotation = rotation @ exp(0.5 * width * (turn + turn_ahead))
        x = x + 0.5 * change * (move + move_ahead)
    turn, move = score(rotation, rotation.new_full((len(rotation),), low), x)
    return rotation @ exp(low**2 * turn), x + _tau(low) ** 2 * move


def _tau(sigma: float) -> float:
    return float(LOWEST * (sigma / LOWEST) ** _POWER)


def _slopes(score: JointScore, rotation: Tensor, x: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    turn, move = score(rotation, rotation.new_full((len(rotation),), sigma), x)
    return -sigma * turn, -_tau(sigma) * move


def log_prob_joint(
    score: JointScore,
    rotation: Tensor,
    x: Tensor,
    steps: int = 32,
    low: float = LOWEST,
    check: Callable[[], None] | None = None,
) -> Tensor:
    r"""Exact log density of pairs, with respect to Haar probability times :math:`dx`.

    Arguments:
        score: The score of the pair.
        rotation: Shape :math:`(N, 3, 3)`.
        x: Shape :math:`(N, n)`.
        steps: Runge-Kutta steps, four evaluations with 3 + n derivatives each.
        low: Scale at which the density is asked for, radians.
        check: Called before every step; may raise to give up.

    Returns:
        Shape :math:`(N,)`.
    """
    total = x.new_zeros(len(x))
    width = math.log(HIGHEST / low) / steps
    with torch.no_grad():
        for k in range(steps):
            if check is not None:
                check()
            rotation, x, growth = _step(score, rotation, x, low * math.exp(k * width), width)
            total = total + growth
    spread = math.sqrt(1 + WIDEST**2)  # of scalars of unit variance at the noisiest scale
    scale = x.shape[-1] * math.log(spread * math.sqrt(2 * math.pi))
    return total - 0.5 * (x / spread).square().sum(-1) - scale


def _step(
    score: JointScore, rotation: Tensor, x: Tensor, sigma: float, width: float
) -> tuple[Tensor, Tensor, Tensor]:
    """One step of the fourth-order rule of Munthe-Kaas; also the growth of the log density."""
    turns, moves, growths = [], [], []
    turn, move = torch.zeros(len(x), 3).to(x), torch.zeros_like(x)
    for part in (0.0, 0.5, 0.5, 1.0):
        ahead = rotation @ exp(part * width * turn), x + part * width * move
        slope, move, growth = _rates(score, *ahead, sigma * math.exp(part * width))
        turn = _carried(part * width * turn, slope)
        turns.append(turn)
        moves.append(move)
        growths.append(growth)

    def mean(k: list[Tensor]) -> Tensor:
        return width / 6 * (k[0] + 2 * k[1] + 2 * k[2] + k[3])

    return rotation @ exp(mean(turns)), x + mean(moves), mean(growths)


def _carried(u: Tensor, velocity: Tensor) -> Tensor:
    r"""The velocity of :math:`u` where :math:`R \exp(\hat u)` has a body-frame velocity."""
    first = torch.linalg.cross(u, velocity)
    return velocity + 0.5 * first + torch.linalg.cross(u, first) / 12


def _rates(
    score: JointScore, rotation: Tensor, x: Tensor, sigma: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Velocities per unit of the logarithm of sigma, and the divergence of both together."""
    level = rotation.new_full((len(rotation),), sigma)
    pace, count = _POWER * _tau(sigma) ** 2, x.shape[-1]

    def velocity(moved: Tensor, y: Tensor) -> Tensor:
        turn, move = score(moved, level, y)
        return torch.cat([-(sigma**2) * turn, -pace * move], -1)

    basis = hat(torch.eye(3, dtype=x.dtype, device=x.device))
    still = rotation.new_zeros(count, *rotation.shape)
    turns = torch.cat([rotation[None] @ basis[:, None], still])
    pushes = torch.eye(3 + count, dtype=x.dtype, device=x.device)[:, None, 3:].expand(
        -1, len(x), -1
    )

    def derivative(turn: Tensor, push: Tensor) -> Any:
        return torch.func.jvp(velocity, (rotation, x), (turn, push))

    shared: Any = (None, 0)
    value, slopes = torch.func.vmap(derivative, out_dims=shared)(turns, pushes)
    return value[:, :3], value[:, 3:], slopes.diagonal(dim1=0, dim2=2).sum(-1)
