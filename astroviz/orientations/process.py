r"""Diffusion on SO(3) and back: samplers, the reversible flow, and exact likelihoods.

The forward process is Brownian motion, :math:`R_\sigma \sim` IG-SO(3) around the datum with the
scale :math:`\sigma`; at :math:`\sigma = 3` it is uniform to 4 parts in 10,000. A score is any
callable `score(R, sigma)` from rotations :math:`(N, 3, 3)` and scales :math:`(N,)` to
:math:`s = \nabla \ln p_\sigma`, shape :math:`(N, 3)`, in the body frame. The probability flow

.. math:: \frac{dR}{d \ln\sigma} = -\sigma^2 R\, \hat s(R, \sigma)

carries the law of one scale into that of another, both ways; its divergence in the left-invariant
frame gives the likelihood.

References:
    Song et al. 2021, arXiv 2011.13456; De Bortoli et al. 2022, arXiv 2202.02763; Munthe-Kaas
    1998, BIT 38, 92.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from astroviz.orientations.igso3 import Measure, in_measure
from astroviz.orientations.rotations import exp, hat, random_rotations

__all__ = [
    "HIGHEST",
    "LOWEST",
    "Method",
    "Score",
    "evaluations",
    "film",
    "flow",
    "log_prob",
    "noise_levels",
    "sample",
]

Score = Callable[[Tensor, Tensor], Tensor]
Method = Literal["heun", "walk"]
LOWEST, HIGHEST = 0.01, 3.0
"""Scales between which the networks are trained, radians."""


def noise_levels(steps: int, low: float = LOWEST, high: float = HIGHEST) -> Tensor:
    r"""Scales from `high` down to `low`, evenly spaced in their logarithm.

    Arguments:
        steps: Number of steps.
        low: Last scale, radians.
        high: First scale, radians.

    Returns:
        Shape :math:`(steps + 1,)`.
    """
    if steps < 1:
        raise ValueError(f"there must be at least one step, not {steps}")
    if not 0 < low < high:
        raise ValueError(f"the scales must be 0 < low < high, not {low:g} and {high:g}")
    return torch.linspace(math.log(high), math.log(low), steps + 1, dtype=torch.float64).exp()


def evaluations(steps: int, method: Method = "heun") -> int:
    """Network evaluations that `sample` takes: two for each Heun step, and one at the end."""
    return 2 * steps + 1 if method == "heun" else steps + 1


def sample(
    score: Score,
    start: Tensor | int,
    steps: int = 19,
    generator: torch.Generator | None = None,
    method: Method = "heun",
    check: Callable[[], None] | None = None,
    low: float = LOWEST,
    high: float = HIGHEST,
    watch: Callable[[Tensor, float], None] | None = None,
) -> Tensor:
    r"""Draw rotations by running the diffusion backwards.

    `heun` follows the probability flow by Heun's rule on the group; `walk` is the stochastic
    geodesic random walk. Both end with the posterior mean :math:`R \exp(\sigma^2 \hat s)`.

    Arguments:
        score: The score.
        start: Rotations at the highest scale, shape :math:`(N, 3, 3)`, or a number of uniform
            ones.
        steps: Steps between `high` and `low`; with 19, Heun takes 39 evaluations.
        generator: Source of random numbers, on the CPU.
        method: `heun` or `walk`.
        check: Called before every step; may raise to give up.
        low: Scale of the last evaluation, radians.
        high: Scale of the start, radians.
        watch: Shown the rotations and their scale at the start and after every step.

    Returns:
        Shape :math:`(N, 3, 3)`.
    """
    if method not in ("heun", "walk"):
        raise ValueError(f"no method {method!r}; there are heun, walk")
    rotation = random_rotations(start, generator) if isinstance(start, int) else start
    levels = noise_levels(steps, low, high).tolist()
    if watch is not None:
        watch(rotation, high)
    for now, then in itertools.pairwise(levels):
        if check is not None:
            check()
        if method == "heun":
            rotation = _heun(score, rotation, now, then)
        else:
            rotation = _walk(score, rotation, now, then, generator)
        if watch is not None:
            watch(rotation, then)
    return rotation @ exp(low**2 * score(rotation, _level(low, rotation)))


def _level(sigma: float, rotation: Tensor) -> Tensor:
    return rotation.new_full((len(rotation),), sigma)


def _velocity(score: Score, rotation: Tensor, sigma: float) -> Tensor:
    """Body-frame velocity with respect to the logarithm of the scale."""
    return -(sigma**2) * score(rotation, _level(sigma, rotation))


def _heun(score: Score, rotation: Tensor, now: float, then: float) -> Tensor:
    # in sigma, not in its logarithm: near the data sigma * s changes least
    width = then - now
    first = _velocity(score, rotation, now) / now
    second = _velocity(score, rotation @ exp(width * first), then) / then
    return rotation @ exp(0.5 * width * (first + second))


def _walk(
    score: Score, rotation: Tensor, now: float, then: float, generator: torch.Generator | None
) -> Tensor:
    time = now**2 - then**2
    noise = torch.randn(len(rotation), 3, generator=generator).to(rotation)
    drift = score(rotation, _level(now, rotation))
    return rotation @ exp(time * drift + math.sqrt(time) * noise)


def _corrected(u: Tensor, v: Tensor) -> Tensor:
    r"""Rate of :math:`u` where :math:`R_0 \exp(\hat u)` moves at the body velocity :math:`v`."""
    once = torch.linalg.cross(u, v)
    return v + 0.5 * once + torch.linalg.cross(u, once) / 12


def flow(
    score: Score,
    rotation: Tensor,
    start: float,
    stop: float,
    steps: int = 20,
    check: Callable[[], None] | None = None,
) -> Tensor:
    r"""Follow the probability flow between two scales, in either direction.

    Fourth-order Runge-Kutta-Munthe-Kaas steps, even in :math:`\ln\sigma`: four evaluations each.
    Going there and back returns to the start to the order of the steps.

    Arguments:
        score: The score.
        rotation: Rotations at the scale `start`, shape :math:`(N, 3, 3)`.
        start: Scale where they are, radians.
        stop: Scale where they go, radians.
        steps: Number of steps.
        check: Called before every step; may raise to give up.

    Returns:
        Shape :math:`(N, 3, 3)`.
    """
    width = math.log(stop / start) / steps
    for k in range(steps):
        if check is not None:
            check()
        rotation, _ = _munthe_kaas(
            lambda r, s: (_velocity(score, r, s), None), rotation, start * math.exp(k * width),
            width,
        )  # fmt: skip
    return rotation


def film(
    score: Score,
    rotation: Tensor,
    start: float = LOWEST,
    stop: float = HIGHEST,
    frames: int = 33,
    steps: int = 1,
    check: Callable[[], None] | None = None,
) -> tuple[Tensor, Tensor]:
    r"""The flow between two scales as frames that can be played both ways.

    Arguments:
        score: The score.
        rotation: Rotations at the scale `start`, shape :math:`(N, 3, 3)`.
        start: Scale of the first frame, radians.
        stop: Scale of the last frame, radians.
        frames: Number of frames :math:`F`, the start among them.
        steps: Steps between two frames.
        check: Called before every step; may raise to give up.

    Returns:
        Rotations, shape :math:`(F, N, 3, 3)`, and the scales of the frames, shape :math:`(F,)`.
    """
    if frames < 2:
        raise ValueError(f"a film has at least two frames, not {frames}")
    levels = torch.linspace(math.log(start), math.log(stop), frames, dtype=torch.float64).exp()
    found = [rotation]
    for now, then in itertools.pairwise(levels.tolist()):
        found.append(flow(score, found[-1], now, then, steps, check))
    return torch.stack(found), levels


Rate = tuple[Tensor, Tensor | None]


def _munthe_kaas(
    rates: Callable[[Tensor, float], Rate], rotation: Tensor, sigma: float, width: float
) -> Rate:
    """One step; returns the rotations and the integral of the second rate, if there is one."""
    middle, end = sigma * math.exp(width / 2), sigma * math.exp(width)
    k1, d1 = rates(rotation, sigma)
    u = 0.5 * width * k1
    k2, d2 = rates(rotation @ exp(u), middle)
    k2 = _corrected(u, k2)
    u = 0.5 * width * k2
    k3, d3 = rates(rotation @ exp(u), middle)
    k3 = _corrected(u, k3)
    u = width * k3
    k4, d4 = rates(rotation @ exp(u), end)
    k4 = _corrected(u, k4)
    moved = rotation @ exp(width / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    if d1 is None or d2 is None or d3 is None or d4 is None:
        return moved, None
    return moved, width / 6 * (d1 + 2 * d2 + 2 * d3 + d4)


def _with_divergence(score: Score, rotation: Tensor, sigma: float) -> tuple[Tensor, Tensor]:
    r"""Velocity and its divergence, :math:`\sum_i \partial_\epsilon v_i(R \exp(\epsilon e_i))`.

    Three forward-mode derivatives that share one evaluation: exact, without a random estimate.
    """
    basis = hat(torch.eye(3, dtype=rotation.dtype, device=rotation.device))
    tangents = rotation[None] @ basis[:, None]  # (3, N, 3, 3)

    def velocity(moved: Tensor) -> Tensor:
        return _velocity(score, moved, sigma)

    def derivative(tangent: Tensor) -> Any:
        return torch.func.jvp(velocity, (rotation,), (tangent,))

    shared: Any = (None, 0)  # the velocity is the same for all three
    value, slopes = torch.func.vmap(derivative, out_dims=shared)(tangents)
    return value, slopes.diagonal(dim1=0, dim2=2).sum(-1)


def log_prob(
    score: Score,
    rotation: Tensor,
    steps: int = 20,
    low: float = LOWEST,
    high: float = HIGHEST,
    measure: Measure | str = "haar",
    check: Callable[[], None] | None = None,
) -> Tensor:
    r"""Log density of the model at rotations, by the flow from `low` up to the uniform law.

    :math:`\ln p(R) = \int \nabla \cdot v \, d\ln\sigma` along the flow: the Haar measure is
    invariant, so that no further term appears.

    Arguments:
        score: The score.
        rotation: Shape :math:`(N, 3, 3)`.
        steps: Runge-Kutta steps, four evaluations with three derivatives each.
        low: Scale at which the density is asked for, radians: that of the data convolved with it.
        high: Scale at which the law is taken as uniform.
        measure: `haar` (uniform is 0), `8pi2` or `pi2`.
        check: Called before every step; may raise to give up.

    Returns:
        Shape :math:`(N,)`.
    """
    width = math.log(high / low) / steps
    total = rotation.new_zeros(len(rotation))
    with torch.no_grad():
        for k in range(steps):
            if check is not None:
                check()
            rotation, part = _munthe_kaas(
                lambda r, s: _with_divergence(score, r, s), rotation, low * math.exp(k * width),
                width,
            )  # fmt: skip
            assert part is not None
            total = total + part
    return in_measure(total, measure)
