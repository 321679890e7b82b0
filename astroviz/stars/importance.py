r"""Exact posteriors of some ten dimensions by importance sampling, at a stated effective size.

The prior is standard normal on each of several branches (with a disk, with a companion, ...).

1. On each branch a cloud of points is carried from the prior to the posterior: the likelihood is
   switched on by degrees, and after each step the points are resampled and moved along
   differences of other points, which keeps up with curved and separate modes. Branches are kept
   apart, since one that is unlikely half-way may win in the end.
2. A mixture of Student distributions is fitted to the cloud.
3. Fresh draws of the mixture carry the weights :math:`p(y) / q(y)`. Only these are returned, so a
   poor fit costs effective size, never correctness.

References:
    | Sequential Monte Carlo samplers (Del Moral, Doucet & Jasra 2006)
    | Differential evolution Markov chains (ter Braak 2006)
    | Adaptive importance sampling in mixture classes (Cappe et al. 2008)
    | https://arxiv.org/abs/0710.4242
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.stars.mixture import Mixture, fit_mixture, log_normal

__all__ = ["Target", "Weighted", "effective_size", "importance_sample", "move"]

_CLOUD = 800  # points that are carried from the prior to the posterior, on each branch
_SWEEPS = 6
_KEPT = 4  # groups of sweeps at the end that make the cloud
_HOPELESS = 15.0  # a branch whose evidence is lower by this factor of e is left to the defence
_LEAST = 0.02  # part of the draws that any other branch gets


@dataclass(frozen=True)
class Target:
    r"""A posterior.

    Arguments:
        log_likelihood: Of branches :math:`(n,)` and points :math:`(n, D)`, shape :math:`(n,)`.
        log_branch: Log prior probability of each branch, shape :math:`(B,)`.
        active: Which dimensions matter on a branch, shape :math:`(B, D)`, bool; the others keep
            their prior.
    """

    log_likelihood: Callable[[Tensor, Tensor], Tensor]
    log_branch: Tensor
    active: Tensor

    def log_prior(self, branch: Tensor, points: Tensor) -> Tensor:
        """Log prior density, shape (n,)."""
        return self.log_branch[branch] + log_normal(points)

    def fit(self, cloud: Cloud, shares: Tensor, generator: torch.Generator) -> Mixture:
        """A mixture like a cloud, with a part of the draws for each branch."""
        return fit_mixture(*cloud, self.active, self.log_branch.exp(), shares, generator)


Cloud = tuple[Tensor, Tensor]  # branches (n,) and points (n, D) of equal weight


@dataclass(frozen=True)
class Weighted:
    r"""Weighted points.

    Arguments:
        branch: Index of the branch of each point, shape :math:`(n,)`.
        points: Points, shape :math:`(n, D)`, standard normal in the prior.
        log_weights: Log weights; their mean exponential is the evidence, shape :math:`(n,)`.
    """

    branch: Tensor
    points: Tensor
    log_weights: Tensor

    @property
    def weights(self) -> Tensor:
        """Weights of sum 1, shape (n,)."""
        return self.log_weights.softmax(0)

    @property
    def effective_size(self) -> float:
        """Effective number of independent points."""
        return effective_size(self.log_weights)

    @property
    def log_evidence(self) -> float:
        """Log of the mean weight."""
        count = torch.tensor(float(len(self.log_weights)))
        return float(self.log_weights.logsumexp(0) - count.log())

    def tempered(self, wanted: float) -> Weighted:
        """Weights to a power at most 1, so that the effective size is as wanted."""
        power = _largest_power(self.log_weights, wanted)
        return Weighted(self.branch, self.points, _scaled(self.log_weights, power))

    def resample(self, n: int, generator: torch.Generator) -> Cloud:
        r"""Points of equal weight, in random order; heavy ones repeat."""
        index = _systematic(self.log_weights, n, generator)
        return self.branch[index], self.points[index]

    def join(self, other: Weighted) -> Weighted:
        """Both sets as one."""
        return Weighted(
            torch.cat([self.branch, other.branch]),
            torch.cat([self.points, other.points]),
            torch.cat([self.log_weights, other.log_weights]),
        )


def effective_size(log_weights: Tensor) -> float:
    r""":math:`(\sum w)^2 / \sum w^2`, 0 if no weight is finite."""
    if not log_weights.isfinite().any():
        return 0.0
    return float(1 / (log_weights.softmax(0) ** 2).sum())


def importance_sample(
    target: Target,
    start: Cloud,
    seed: int = 0,
    wanted: float = 2000.0,
    batch: int = 12_000,
    most: int = 250_000,
    attempts: int = 6,
) -> Weighted:
    r"""Sample a posterior.

    Arguments:
        target: The posterior.
        start: Branches and points around it, at least as wide, some hundreds on each branch.
        seed: Seed of all draws.
        wanted: Effective size to reach.
        batch: Draws per round.
        most: Draws of one mixture after which it is given up.
        attempts: Mixtures to try, each fitted better than the last.

    Returns:
        Weighted points, the set of the largest effective size if none reached what was wanted;
        their log weights are absolute, so that the evidence can be read.

    Example:
        >>> target = Target(lambda b, y: -0.5 * (4 * y - 2).square().sum(-1),
        ...                 torch.zeros(1), torch.ones(1, 2, dtype=torch.bool))
        >>> start = (torch.zeros(3000, dtype=torch.long), torch.randn(3000, 2))
        >>> importance_sample(target, start, wanted=1000).effective_size > 1000
        True
    """
    generator = torch.Generator().manual_seed(seed)
    cloud, evidence = _anneal(target, start, batch, generator)
    shares = _shares(evidence)
    best: Weighted | None = None
    for _ in range(attempts):
        mixture = target.fit(cloud, shares, generator)
        found = _weigh(target, mixture, batch, wanted, most, generator)
        if best is None or found.effective_size > best.effective_size:
            best = found
        if best.effective_size >= wanted:
            break
        # what the mixture missed has large weights: show it to the next one
        extra = found.tempered(0.3 * len(cloud[0])).resample(len(cloud[0]) // 2, generator)
        cloud = (torch.cat([cloud[0], extra[0]]), torch.cat([cloud[1], extra[1]]))
        masses = torch.zeros_like(shares).index_add_(0, found.branch, found.weights)
        shares = _shares(masses.log())
    assert best is not None
    return best


def _weigh(
    target: Target,
    mixture: Mixture,
    batch: int,
    wanted: float,
    most: int,
    generator: torch.Generator,
) -> Weighted:
    """Draws of one mixture with their weights, until there are enough or hope is lost."""
    found: Weighted | None = None
    while True:
        branch, points = mixture.sample(batch, generator)
        base = target.log_prior(branch, points) - mixture.log_prob(branch, points)
        new = Weighted(branch, points, base + target.log_likelihood(branch, points))
        found = new if found is None else found.join(new)
        size, spent = found.effective_size, len(found.log_weights)
        slow = spent >= 4 * batch and size / spent < 0.5 * wanted / most
        if size >= wanted or spent >= most or slow:
            return found


def _shares(evidence: Tensor) -> Tensor:
    """Part of the draws for each branch from its log evidence, shape (B,)."""
    part = evidence.softmax(0)
    hopeless = evidence < evidence.max() - _HOPELESS
    return torch.where(hopeless, torch.zeros_like(part), part.clamp(min=_LEAST))


def _anneal(
    target: Target, start: Cloud, batch: int, generator: torch.Generator
) -> tuple[Cloud, Tensor]:
    """Clouds around the posterior on each branch, and rough log evidences of the branches."""
    clouds: list[Cloud] = []
    evidence = torch.full_like(target.log_branch, -torch.inf)
    for b in range(len(target.active)):
        here = start[0] == b
        if int(here.sum()) < 20:
            continue
        only = torch.zeros_like(target.log_branch)
        only[b] = 1.0
        mixture = target.fit((start[0][here], start[1][here]), only, generator)
        points, evidence[b] = _anneal_branch(
            target, b, mixture, batch // 4, float(evidence.max()), generator
        )
        clouds.append((torch.full((len(points),), b), points))
    return (torch.cat([c[0] for c in clouds]), torch.cat([c[1] for c in clouds])), evidence


def _anneal_branch(
    target: Target,
    b: int,
    mixture: Mixture,
    batch: int,
    rival: float,
    generator: torch.Generator,
) -> tuple[Tensor, float]:
    """Carry points of one branch to the posterior; the last sweeps together are the cloud."""
    branch, points = mixture.sample(batch, generator)
    base = target.log_prior(branch, points) - mixture.log_prob(branch, points)
    base = torch.where(branch == b, base, -torch.inf)  # the defence goes to all branches
    likelihood = target.log_likelihood(branch, points)
    power, evidence, wanted, size = 0.0, 0.0, 0.1 * batch, target.active[b].sum()
    branch = torch.full((_CLOUD,), b)
    while power < 1 - 1e-9:
        step = _largest_power(likelihood, wanted, base, 1 - power)
        logs = base + _scaled(likelihood, step)
        evidence += float(logs.logsumexp(0)) - math.log(len(logs))
        index = _systematic(logs, _CLOUD, generator)
        points, likelihood = points[index], likelihood[index]
        power = min(1.0, power + step)
        points, likelihood = move(target, branch, points, likelihood, power, generator)
        base, wanted = torch.zeros_like(likelihood), 0.5 * _CLOUD
        # at full power points lie about size / 2 below the peak, now size / (2 power)
        if power > 0.05 and float(likelihood.max() + size / power) < rival - _HOPELESS:
            return points, -math.inf
    kept = []
    for _ in range(_KEPT):
        points, likelihood = move(target, branch, points, likelihood, 1.0, generator)
        kept.append(points)
    return torch.cat(kept), evidence


def move(
    target: Target,
    branch: Tensor,
    points: Tensor,
    likelihood: Tensor,
    power: float,
    generator: torch.Generator,
    sweeps: int = _SWEEPS,
) -> tuple[Tensor, Tensor]:
    r"""Move points by differential evolution, which leaves the posterior as it is.

    Each point is offered a step along the difference of two others of its branch; every fourth
    sweep the full difference, which leads from mode to mode.

    Arguments:
        target: The posterior.
        branch: Shape :math:`(n,)`.
        points: Shape :math:`(n, D)`.
        likelihood: Log-likelihood of the points, shape :math:`(n,)`.
        power: Power of the likelihood.
        generator: Source of random numbers.
        sweeps: Steps offered to each point.

    Returns:
        Points and their log-likelihood.
    """
    n, dtype = len(points), points.dtype
    live = target.active[branch]
    order = torch.argsort(branch, stable=True)
    count = torch.bincount(branch, minlength=len(target.active))
    first = (count.cumsum(0) - count)[branch]
    for sweep in range(sweeps):
        pick = torch.rand(n, 2, generator=generator, dtype=dtype) * count[branch, None]
        one, two = points[order[first[:, None] + pick.long()]].unbind(1)
        stretch = torch.exp(0.5 * torch.randn(n, generator=generator, dtype=dtype))
        length = 2.38 / (2 * live.sum(-1)).sqrt() * stretch
        length = torch.ones_like(length) if sweep % 4 == 3 else length
        noise = torch.randn(points.shape, generator=generator, dtype=dtype)
        new = points + length[:, None] * (one - two) + 1e-3 * noise
        new = torch.where(live, new, noise)  # a fresh prior draw where nothing is constrained
        found = target.log_likelihood(branch, new)
        gain = _scaled(found, power) - _scaled(likelihood, power)
        gain = gain - 0.5 * ((new**2 - points**2) * live).sum(-1)
        accepted = torch.rand(n, generator=generator, dtype=dtype).log() < gain
        points = torch.where(accepted[:, None], new, points)
        likelihood = torch.where(accepted, found, likelihood)
    return points, likelihood


def _systematic(log_weights: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Indices by systematic resampling, shape (n,), in random order."""
    cumulative = log_weights.softmax(0).cumsum(0)
    start = torch.rand((), generator=generator, dtype=cumulative.dtype)
    position = (torch.arange(n, dtype=cumulative.dtype) + start) / n
    index = torch.searchsorted(cumulative, position).clamp(max=len(cumulative) - 1)
    return index[torch.randperm(n, generator=generator)]


def _scaled(log_likelihood: Tensor, power: float) -> Tensor:
    """Minus infinity stays so at any power."""
    return torch.where(log_likelihood.isfinite(), power * log_likelihood, log_likelihood)


def _largest_power(
    log_likelihood: Tensor, wanted: float, base: Tensor | float = 0.0, most: float = 1.0
) -> float:
    """Largest power, up to a most, that leaves the wanted effective size."""
    if effective_size(base + _scaled(log_likelihood, most)) >= wanted:
        return most
    low, high = 0.0, most
    for _ in range(30):
        middle = 0.5 * (low + high)
        enough = effective_size(base + _scaled(log_likelihood, middle)) >= wanted
        low, high = (middle, high) if enough else (low, middle)
    return max(low, 1e-6)
