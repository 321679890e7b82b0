r"""Posteriors from learned factors, for tables with exchangeable points.

Where the graph says that points are independent of each other given the parameters, and alike,
the joint density is the prior times one factor for each point, all of them the same function. It
is learned by the whitening and flow of `flow`, with the parameters as their context: every
simulation teaches it as often as it has points. The posterior of any number of points follows by
moving a population from the prior to it, a little of the factors at a time. Only learned
densities enter, never the simulator's own.

References:
    | Neural likelihood estimation (Papamakarios et al. 2019), https://arxiv.org/abs/1805.07226
    | Sequential Monte Carlo samplers (Del Moral et al. 2006)
    | Differential evolution Markov chains (ter Braak 2006)
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from astroviz.core.solvers import solve_log_det
from astroviz.stars.flow import Velocity, Whitener, Whitening, flow_matching_loss

__all__ = ["FactorNetwork", "follow_factors"]

_ROWS = 100_000
_WAVES = 3  # so that a width can change fast with a parameter
_STAGE_MOVES, _LAST_MOVES = 12, 80


class FactorNetwork(nn.Module):
    r"""Density of one point given the parameters.

    Arguments:
        parameters: Number of parameters :math:`P`.
        size: Number of dimensions :math:`S` of a point.
        hidden: Width of the whitening's hidden layers.
        width: Width of the velocity network.
        blocks: Its number of residual blocks.
    """

    mean: Tensor
    scale: Tensor
    frequencies: Tensor

    def __init__(
        self, parameters: int, size: int, hidden: int = 192, width: int = 64, blocks: int = 2
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))
        self.register_buffer("frequencies", torch.pi * 2.0 ** torch.arange(_WAVES), False)
        known = parameters * (1 + 2 * _WAVES)
        self.whitener = Whitener(known, size, hidden)
        self.velocity = Velocity(known, size, width, blocks)

    def adopt(self, points: Tensor) -> None:
        """Take units from simulated points, shape :math:`(N, K, S)`."""
        self.mean.copy_(points.mean((0, 1)))
        self.scale.copy_(points.std((0, 1)))

    def loss(
        self, theta: Tensor, points: Tensor, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        r"""Normal approximation and flow matching around it.

        Arguments:
            theta: Parameters between -1 and 1, shape :math:`(N, P)`.
            points: Their points, shape :math:`(N, K, S)`.
            generator: Source of random numbers.
        """
        known = self._known(theta)
        whitening, wanted = self._whitening(known)
        w = self._whiten(whitening, points)
        modulation = self.velocity.prepare(known, wanted).repeat_interleave(points.shape[1], 0)
        rows = w.detach().clamp(-12, 12).flatten(0, 1)
        everything = torch.ones_like(rows, dtype=torch.bool)
        # the clamp holds the pull of a point that lies far outside
        normal = 0.5 * (w**2).clamp(max=60).sum(-1).mean() - whitening.log_det().mean()
        flow = flow_matching_loss(self.velocity, rows, modulation, everything, 1, generator)
        return {"normal": normal, "flow": flow}

    @torch.no_grad()
    def log_prob(self, theta: Tensor, points: Tensor, steps: int = 0) -> Tensor:
        r"""Log density of all points together up to a constant, shape :math:`(N,)`.

        Arguments:
            theta: Parameters, shape :math:`(N, P)`.
            points: Points, shape :math:`(K, S)`.
            steps: Solver steps of the flow; 0 for the normal approximation alone.
        """
        parts = []
        for part in theta.split(_ROWS if not steps else _ROWS // 20):
            known = self._known(part)
            whitening, wanted = self._whitening(known)
            w = self._whiten(whitening, points.expand(len(part), -1, -1))
            total = len(points) * whitening.log_det()
            if steps:
                modulation = self.velocity.prepare(known, wanted)
                solution = solve_log_det(
                    lambda t, x, m=modulation, o=wanted: self.velocity(  # type: ignore[misc]
                        x, t.reshape(1, 1, 1), m, o
                    ),
                    w, steps=steps,
                )  # fmt: skip
                w = solution.x
                total = total + (solution.log_det.sum(-1) if solution.log_det is not None else 0)
            parts.append(total - 0.5 * (w**2).sum((1, 2)))
        return torch.cat(parts)

    def _known(self, theta: Tensor) -> Tensor:
        wave = (theta[..., None] * self.frequencies).flatten(1)
        return torch.cat([theta, wave.sin(), wave.cos()], -1)

    def _whitening(self, known: Tensor) -> tuple[Whitening, Tensor]:
        wanted = torch.ones(len(known), len(self.mean), dtype=torch.bool, device=known.device)
        return self.whitener(known, wanted), wanted

    def _whiten(self, whitening: Whitening, points: Tensor) -> Tensor:
        away = (points - self.mean) / self.scale - whitening.mean[:, None]
        return torch.einsum("nij,nkj->nki", whitening.factor, away)


def follow_factors(
    log_prob: Callable[[Tensor], Tensor], start: Tensor, inside: Callable[[Tensor], Tensor],
    generator: torch.Generator,
) -> Tensor:  # fmt: skip
    r"""Move a population from a flat prior to the prior times `log_prob`.

    The factors are let in so slowly that half of the population stays effective; after each
    stage members move along differences of other members, a part of the coordinates at a time.

    Arguments:
        log_prob: Log of the product of factors, from :math:`(N, P)` to :math:`(N,)`.
        start: Draws of the flat prior, shape :math:`(N, P)`.
        inside: Whether parameters are possible under the prior, from (N, P) to (N,).
        generator: Source of random numbers.
    """
    people, value, heat = start, log_prob(start), 0.0
    while heat < 1:
        rise = _rise(value, 1 - heat)
        heat = 1.0 if rise >= 1 - heat else heat + rise
        weight = (rise * (value - value.max())).double().exp()
        chosen = torch.multinomial(weight, len(people), replacement=True, generator=generator)
        people, value = people[chosen], value[chosen]
        for move in range(_STAGE_MOVES if heat < 1 else _LAST_MOVES):
            proposed = _propose(people, move, generator)
            allowed = inside(proposed)
            found = log_prob(torch.where(allowed[:, None], proposed, people))
            luck = torch.rand(len(people), generator=generator).log()
            taken = allowed & (luck < heat * (found - value))
            people = torch.where(taken[:, None], proposed, people)
            value = torch.where(taken, found, value)
    return people


def _propose(people: Tensor, move: int, generator: torch.Generator) -> Tensor:
    """Steps along differences of members; long ones, to other modes, in turn with short ones."""
    n, size = people.shape
    one, other = torch.randint(n, (2, n), generator=generator)
    length = torch.rand(n, 1, generator=generator) * (1.0, 0.3)[move % 2]
    part = torch.rand(n, size, generator=generator) < 0.5
    jitter = 1e-3 * torch.randn(n, size, generator=generator)
    return people + part * (length * (people[one] - people[other]) + jitter)


def _rise(value: Tensor, most: float) -> float:
    """How much more of the factors leaves half of the population effective."""
    away = (value - value.max()).double()

    def effective(rise: float) -> float:
        weight = (rise * away).exp()
        return float(weight.sum() ** 2 / (weight**2).sum())

    low, high = 0.0, most
    if effective(most) >= 0.5 * len(value):
        return most
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if effective(middle) >= 0.5 * len(value) else (low, middle)
    return max(low, math.ulp(1.0))
