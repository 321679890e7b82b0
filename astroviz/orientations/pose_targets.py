r"""The score of a solid's noisy pose, in closed form: the target from which a network learns.

Who knows the truth :math:`R_0` of a picture knows that :math:`R_0 g` gives the same picture for
every symmetry `g`. The network is therefore shown the score of the whole orbit under noise,
:math:`\nabla \log \sum_g f_\sigma(R;\,R_0 g)`, instead of that of the one rotation from which the
noise happened to start: the same expectation with far less scatter. For a round solid the sum is
an integral over turns, which leaves the heat kernel of the sphere on which its axis lives,

.. math:: p_\sigma(\theta) = \frac{1}{2\pi} \int f_\sigma(\omega)\,d\psi, \qquad
          \cos\tfrac{\omega}{2} = \cos\tfrac{\theta}{2} \cos\tfrac{\psi}{2},

an integral of positive numbers, accurate at every angle, where the Legendre series cancels.
"""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.rotations import relative_turn
from astroviz.orientations.solids import axis_of, solid, symmetries

__all__ = ["axis_kernel", "orbit_score"]

_SIGMAS, _ANGLES, _TURNS = 64, 192, 65
_LOW, _HIGH = math.log(0.0025), math.log(3.2)


@functools.cache
def _table() -> Tensor:
    r"""Smooth remainders of the axis kernel on a grid of scale and angle, shape (2, 64, 192).

    First :math:`\log p + \theta^2 / 2\sigma^2`, then :math:`\sigma\,\partial_\theta \log p +
    \theta / \sigma`.
    """
    sigma = torch.linspace(_LOW, _HIGH, _SIGMAS, dtype=torch.float64).exp()[:, None]
    theta = torch.linspace(0, math.pi, _ANGLES, dtype=torch.float64)[None].clamp(1e-6, math.pi)
    half = 0.5 * theta
    narrow = (half / half.tan()).clamp(min=1e-6).sqrt()
    reach = (12 * sigma / narrow).clamp(max=math.pi)  # of the turns that matter
    psi = reach[..., None] * torch.linspace(-1, 1, _TURNS, dtype=torch.float64)
    cosine = half.cos()[..., None] * (0.5 * psi).cos()
    sine = half.sin()[..., None].square() + (half.cos()[..., None] * (0.5 * psi).sin()).square()
    omega = 2 * torch.atan2(sine.sqrt(), cosine)
    scale = sigma[..., None].expand_as(omega)
    logf = igso3.log_density(omega.reshape(-1), scale.reshape(-1)).reshape(omega.shape)
    ratio = igso3.score_ratio(omega.reshape(-1), scale.reshape(-1)).reshape(omega.shape)
    slope = half.sin()[..., None] * (0.5 * psi).cos() / sine.sqrt().clamp(min=1e-9)
    weight = torch.ones(_TURNS, dtype=torch.float64)
    weight[0] = weight[-1] = 0.5
    logw = logf + weight.log()
    share = logw.softmax(-1)
    step = 2 * reach / (_TURNS - 1)
    logp = logw.logsumexp(-1) + (step / (2 * math.pi)).log()
    change = (share * ratio * slope).sum(-1)
    return torch.stack([logp + theta**2 / (2 * sigma**2), sigma * change + theta / sigma]).float()


def axis_kernel(theta: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    r"""Density of an axis after diffusion on SO(3), and its slope.

    Arguments:
        theta: Angle from where it was, rad, shape :math:`(*)`.
        sigma: Noise scale from 0.0025 to 3.2 rad; broadcasts against `theta`.

    Returns:
        Log density with respect to the uniform one on the sphere, and its derivative by the
        angle, 1/rad; both of shape :math:`(*)`, right to about 1e-3.
    """
    sigma = sigma.expand_as(theta)
    row = ((sigma.log() - _LOW) / (_HIGH - _LOW)).clamp(0, 1) * (_SIGMAS - 1)
    column = (theta / math.pi).clamp(0, 1) * (_ANGLES - 1)
    i, j = row.long().clamp(max=_SIGMAS - 2), column.long().clamp(max=_ANGLES - 2)
    u, v = row - i, column - j
    table = _table().to(theta.device)
    rest = (
        (1 - u) * ((1 - v) * table[:, i, j] + v * table[:, i, j + 1])
        + u * ((1 - v) * table[:, i + 1, j] + v * table[:, i + 1, j + 1])
    )  # fmt: skip
    return rest[0] - theta**2 / (2 * sigma**2), (rest[1] - theta / sigma) / sigma


def orbit_score(name: str, noisy: Tensor, truth: Tensor, sigma: Tensor) -> Tensor:
    r"""Score of the law of a noisy pose when the truth is known up to symmetry.

    Arguments:
        name: One of `solids.SHAPES`.
        noisy: Where to take it, shape :math:`(N, 3, 3)`.
        truth: Shape :math:`(N, 3, 3)`.
        sigma: Noise scale, rad, shape :math:`(N,)`.

    Returns:
        Body-frame score, 1/rad, shape :math:`(N, 3)`.
    """
    if solid(name).is_round:
        return _round_score(noisy, truth, sigma, both=name == "cylinder")
    # R0^T R; that of an equivalent truth is g^T R0^T R
    between = symmetries(name).to(noisy).mT @ (truth.mT @ noisy)[:, None]
    angle, vector = relative_turn(between, torch.eye(3).to(noisy))
    scale = sigma[:, None].expand_as(angle)
    share = igso3.log_density(angle, scale).softmax(-1)
    length = vector.norm(dim=-1).clamp(min=1e-6)
    return ((share * igso3.score_ratio(angle, scale) / length)[..., None] * vector).sum(1)


def _round_score(noisy: Tensor, truth: Tensor, sigma: Tensor, both: bool) -> Tensor:
    axis = (noisy.mT @ axis_of(truth)[..., None])[..., 0]  # the true axis in the body's frame
    across = torch.stack([-axis[:, 1], axis[:, 0], torch.zeros_like(sigma)], -1)
    sine = across.norm(dim=-1)
    theta = torch.atan2(sine, axis[:, 2])
    logp, slope = axis_kernel(theta, sigma)
    if both:
        other, back = axis_kernel(math.pi - theta, sigma)
        share = torch.sigmoid(logp - other)
        slope = share * slope - (1 - share) * back
    return (-slope / sine.clamp(min=1e-6))[:, None] * across
