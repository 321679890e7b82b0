r"""Mixtures of Student distributions on branches of different dimension."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Mixture", "fit_mixture", "log_normal"]

_FREEDOM = 6.0  # degrees of freedom of the Student components
_DEFENCE = 0.05  # part of the draws from the prior, so that no weight can run away


def log_normal(points: Tensor) -> Tensor:
    r"""Log density of the standard normal distribution, shape :math:`(n,)` from :math:`(n, D)`."""
    return (-0.5 * points**2 - 0.918938533).sum(-1)


@dataclass(frozen=True)
class Mixture:
    r"""Student components on branches, with a part of the prior.

    Arguments:
        branch: Branch of each component, shape :math:`(K,)`.
        share: Their weights, shape :math:`(K,)`, of sum 1.
        mean: Centres, shape :math:`(K, D)`.
        factor: Lower triangular scale factors, shape :math:`(K, D, D)`; the identity where a
            dimension is not active on the branch.
        active: Which dimensions a branch constrains, shape :math:`(B, D)`, bool. The others are
            drawn from the standard normal prior.
        branch_prior: Weights of the branches in the part drawn from the prior, shape (B,).
    """

    branch: Tensor
    share: Tensor
    mean: Tensor
    factor: Tensor
    active: Tensor
    branch_prior: Tensor

    def sample(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        r"""Branches :math:`(n,)` and points :math:`(n, D)`."""
        size = self.mean.shape[1]
        dtype = self.mean.dtype
        points = torch.randn(n, size, generator=generator, dtype=dtype)
        branch = torch.multinomial(self.branch_prior, n, replacement=True, generator=generator)
        component = torch.multinomial(self.share, n, replacement=True, generator=generator)
        # a chi-square number from normal ones, so that the generator alone decides
        normal = torch.randn(n, int(_FREEDOM), generator=generator, dtype=dtype)
        stretch = (_FREEDOM / (normal**2).sum(-1)).sqrt()
        moved = torch.einsum("nij,nj->ni", self.factor[component], points) * stretch[:, None]
        chosen = torch.rand(n, generator=generator) >= _DEFENCE
        branch = torch.where(chosen, self.branch[component], branch)
        live = self.active[branch] & chosen[:, None]
        return branch, torch.where(live, self.mean[component] + moved, points)

    def log_prob(self, branch: Tensor, points: Tensor) -> Tensor:
        r"""Log density, shape :math:`(n,)`."""
        normal = -0.5 * points**2 - 0.918938533
        prior = self.branch_prior.log()[branch] + normal.sum(-1)
        parts = [prior + torch.log(torch.tensor(_DEFENCE, dtype=points.dtype))]
        share = (self.share * (1 - _DEFENCE)).log()
        for k in range(len(self.share)):
            here = branch == self.branch[k]
            part = torch.full_like(prior, -torch.inf)
            part[here] = share[k] + self._component(k, points[here], normal[here])
            parts.append(part)
        return torch.stack(parts).logsumexp(0)

    def _component(self, k: int, points: Tensor, normal: Tensor) -> Tensor:
        live = self.active[self.branch[k]]
        factor = self.factor[k][live][:, live]
        offset = (points[:, live] - self.mean[k, live]).T
        pull = torch.linalg.solve_triangular(factor, offset, upper=False)
        size = torch.tensor(float(live.sum()), dtype=points.dtype)
        nu = torch.tensor(_FREEDOM, dtype=points.dtype)
        constant = torch.lgamma((nu + size) / 2) - torch.lgamma(nu / 2)
        constant = constant - 0.5 * size * (nu * torch.pi).log() - factor.diagonal().log().sum()
        student = constant - 0.5 * (nu + size) * torch.log1p((pull**2).sum(0) / nu)
        return student + normal[:, ~live].sum(-1)


def fit_mixture(
    branch: Tensor,
    points: Tensor,
    active: Tensor,
    branch_prior: Tensor,
    shares: Tensor,
    generator: torch.Generator,
    per_component: int = 200,
    most: int = 24,
) -> Mixture:
    r"""Fit components to points of equal weight, branch by branch.

    Arguments:
        branch: Shape :math:`(n,)`.
        points: Shape :math:`(n, D)`.
        active: Shape :math:`(B, D)`, bool.
        branch_prior: Shape :math:`(B,)`.
        shares: Part of the draws that each branch gets, shape :math:`(B,)`.
        generator: Chooses where components start.
        per_component: Points per component.
        most: Largest number of components of a branch.

    Returns:
        The mixture.
    """
    size = points.shape[1]
    found: list[tuple[int, Tensor, Tensor, Tensor]] = []
    for b in range(len(active)):
        part, live = points[branch == b], active[b]
        if len(part) < 4 or shares[b] <= 0:
            continue
        count = int(max(1, min(most, len(part) // per_component)))
        share, mean, covariance = _expectation_maximisation(part[:, live], count, generator)
        for k in range(count):
            centre, factor = torch.zeros(size).to(mean), torch.eye(size).to(mean)
            centre[live] = mean[k]
            block = torch.eye(size).to(mean)[live][:, live]
            block = torch.linalg.cholesky(covariance[k] + 1e-10 * block)
            rows = live.nonzero()[:, 0]
            factor[rows[:, None], rows[None, :]] = block
            found.append((b, share[k] * shares[b], centre, factor))
    parts = torch.stack([f[1] for f in found])
    return Mixture(
        torch.tensor([f[0] for f in found]), parts / parts.sum(),
        torch.stack([f[2] for f in found]), torch.stack([f[3] for f in found]),
        active, branch_prior,
    )  # fmt: skip


def _expectation_maximisation(
    points: Tensor, count: int, generator: torch.Generator, rounds: int = 12
) -> tuple[Tensor, Tensor, Tensor]:
    """Shares, means and covariances of normal components; small ones lean on the whole."""
    n, size = points.shape
    eye = torch.eye(size).to(points)
    whole = torch.cov(points.T).reshape(size, size) + 1e-8 * eye
    scale = whole.diagonal().sqrt()
    mean = points[torch.randperm(n, generator=generator)[:count]]
    nearest = torch.cdist(points / scale, mean / scale).argmin(1)
    weight = torch.nn.functional.one_hot(nearest, count).to(points)
    for _ in range(rounds):
        total = weight.sum(0) + 1e-9
        mean = weight.T @ points / total[:, None]
        offset = points[None] - mean[:, None]
        covariance = torch.einsum("nk,kni,knj->kij", weight, offset, offset)
        # a prior of a few points shaped like the whole cloud, shrunk to one component's part
        few = 0.5 * size
        shrunk = whole * count ** (-2.0 / size)
        covariance = (covariance + few * shrunk) / (total + few)[:, None, None]
        factor = torch.linalg.cholesky(covariance + 1e-10 * eye)
        pull = torch.linalg.solve_triangular(factor, offset.transpose(1, 2), upper=False)
        logs = -0.5 * (pull**2).sum(1) - factor.diagonal(dim1=1, dim2=2).log().sum(-1)[:, None]
        weight = (logs.T + total.log()).softmax(-1)
    share = weight.sum(0) / n
    return share, mean, covariance
