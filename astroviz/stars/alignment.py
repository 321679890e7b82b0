r"""How far apart two clouds of contexts are, and what couples them.

With :math:`x_i` the contexts of simulated stars and :math:`y_j` those of real ones, scaled to a
mean variance of one,

.. math:: S_\epsilon = \mathrm{OT}_\epsilon(x, y) - \tfrac12 \mathrm{OT}_\epsilon(x, x)
          - \tfrac12 \mathrm{OT}_\epsilon(y, y), \qquad
          \mathrm{MMD}^2 = \overline{k(x, x')} + \overline{k(y, y')} - 2\,\overline{k(x, y)},

the Sinkhorn divergence with cost :math:`|x - y|^2 / 2`, balanced or with a `reach` beyond which
mass is rather left than moved, and the maximum mean discrepancy under a sum of Gaussian kernels.
Weights of the simulated stars let one side be weighed to the population of the other.

References:
    | Sinkhorn divergences: Feydy et al. (2019), https://arxiv.org/abs/1810.08278
    | Unbalanced: Sejourne et al. (2019), https://arxiv.org/abs/1910.12958
    | MMD: Gretton et al. (2012), JMLR 13, 723
    | Gromov-Wasserstein: Peyre, Cuturi & Solomon (2016), ICML
"""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

__all__ = ["context_scale", "domain_auc", "gromov_coupling", "mmd", "pair_distance", "sinkhorn",
           "sliced_wasserstein", "transport_plan"]  # fmt: skip

PAIR_LOSSES = ("mse", "cosine")
_WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the kernels, times the median distance
_PROJECTIONS = 64
_LARGEST_GROMOV = 300


@cache
def _divergence(blur: float, reach: float | None) -> Any:
    from geomloss import SamplesLoss

    return SamplesLoss(
        "sinkhorn", p=2, blur=blur, reach=reach, debias=True, backend="tensorized", scaling=0.6
    )


def context_scale(contexts: Tensor) -> float:
    r"""The factor that makes the mean distance of two contexts of order one, whatever :math:`C`.

    Arguments:
        contexts: Shape :math:`(N, C)`.
    """
    return float(1 / contexts.var(0).sum().sqrt().clamp(min=1e-6))


def sinkhorn(
    x: Tensor, y: Tensor, blur: float = 0.1, reach: float | None = None,
    weights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    r"""Debiased Sinkhorn divergence, with gradients to both sides.

    Arguments:
        x: Contexts of simulated stars, shape :math:`(N, C)`.
        y: Contexts of real stars, shape :math:`(M, C)`.
        blur: Length below which differences do not count, :math:`\sqrt\epsilon`.
        reach: Length beyond which mass is left where it is; None for balanced transport.
        weights: Of the simulated stars, shape :math:`(N,)`; equal by default.

    Raises:
        ValueError: blur or reach is not positive.

    Example:
        >>> x = torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
        >>> float(sinkhorn(x, x)) < 1e-4
        True
    """
    if blur <= 0 or (reach is not None and reach <= 0):
        raise ValueError(f"blur {blur} and reach {reach} must be positive lengths")
    if not (x.isfinite().all() and y.isfinite().all()):
        return (x.sum() + y.sum()) * torch.nan  # there is no size to anneal the blur from
    loss = _divergence(float(blur), None if reach is None else float(reach))
    if weights is None:
        found: Tensor = loss(x, y)
        return found
    equal = torch.full((len(y),), 1 / len(y), dtype=y.dtype, device=y.device)
    weighed: Tensor = loss(weights / weights.sum(), x, equal, y)
    return weighed


def mmd(x: Tensor, y: Tensor, weights: Tensor | None = None) -> Tensor:
    r"""Squared maximum mean discrepancy under a sum of Gaussian kernels.

    Arguments:
        x: Contexts of simulated stars, shape :math:`(N, C)`.
        y: Contexts of real stars, shape :math:`(M, C)`.
        weights: Of the simulated stars, shape :math:`(N,)`; equal by default.
    """
    a = torch.ones(len(x)).to(x) if weights is None else weights
    a, b = a / a.sum(), torch.full((len(y),), 1 / len(y)).to(y)
    both, mass = torch.cat([x, y]), torch.cat([a, -b])
    squared = torch.cdist(both, both).square()
    middle = squared.detach().flatten()[:: max(1, squared.numel() // 100_000)].median()
    kernel = sum(
        (torch.exp(-squared / (2 * w**2 * middle.clamp(min=1e-9))) for w in _WIDTHS),
        torch.zeros_like(squared),
    )
    return mass @ kernel @ mass / len(_WIDTHS)


def sliced_wasserstein(x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
    r"""Mean 2-Wasserstein distance over random lines; samples of any two sizes.

    Arguments:
        x: Shape :math:`(N, C)`.
        y: Shape :math:`(M, C)`.
        generator: Source of the directions.
    """
    lines = torch.randn(x.shape[1], _PROJECTIONS, generator=generator).to(x)
    lines = lines / lines.norm(dim=0)
    levels = (torch.arange(200).to(x) + 0.5) / 200
    a, b = (torch.quantile(side @ lines, levels, dim=0) for side in (x, y))
    return (a - b).square().mean(0).sqrt().mean()


def pair_distance(x: Tensor, y: Tensor, kind: str = "mse") -> Tensor:
    r"""Mean distance of the contexts of the two members of each pair.

    Arguments:
        x: Contexts of the simulated members, shape :math:`(P, C)`.
        y: Contexts of the real ones, same shape.
        kind: `mse`, or `cosine` for one minus the cosine.
    """
    if kind not in PAIR_LOSSES:
        raise ValueError(f"no pair loss {kind!r}; there are {', '.join(PAIR_LOSSES)}")
    if kind == "mse":
        return (x - y).square().sum(1).mean()
    return (1 - torch.nn.functional.cosine_similarity(x, y, dim=1)).mean()


def domain_auc(x: Tensor, y: Tensor, seed: int = 0) -> float:
    r"""Area under the curve of a classifier that tells the domains apart, on held-out halves.

    0.5 is what two clouds from one distribution give, 1 two that do not overlap. The classifier
    is logistic in the contexts and their squares.

    Arguments:
        x: Contexts of simulated stars, shape :math:`(N, C)`.
        y: Contexts of real ones, shape :math:`(M, C)`.
        seed: Seed of the split.
    """
    from sklearn.metrics import roc_auc_score

    score = domain_odds(x, y, seed)
    return float(roc_auc_score(np.repeat([0, 1], [len(x), len(y)]), score))


def domain_odds(x: Tensor, y: Tensor, seed: int = 0) -> np.ndarray:
    r"""Held-out log odds of real against simulated, of both clouds, shape :math:`(N + M,)`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    both = torch.cat([x, y]).detach().double().numpy()
    domain = np.repeat([0, 1], [len(x), len(y)])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=200))
    folds = StratifiedKFold(2, shuffle=True, random_state=seed)
    found: np.ndarray = cross_val_predict(
        model, np.concatenate([both, both**2], 1), domain, cv=folds, method="decision_function"
    )
    return found


def transport_plan(x: np.ndarray, y: np.ndarray, blur: float = 0.1, reach: float | None = None
                   ) -> np.ndarray:  # fmt: skip
    r"""The entropic plan between two clouds, for the eye.

    Arguments:
        x: Shape :math:`(N, C)`.
        y: Shape :math:`(M, C)`.
        blur: As in `sinkhorn`.
        reach: As in `sinkhorn`.

    Returns:
        Mass between each two points, shape :math:`(N, M)`; its sum is 1 for balanced transport.
    """
    import ot

    cost = ot.dist(np.asarray(x, dtype=float), np.asarray(y, dtype=float)) / 2
    a, b = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    if reach is not None:
        return _unbalanced(cost, blur**2, reach**2)
    plan = ot.sinkhorn(a, b, cost, blur**2, method="sinkhorn_log", numItermax=500, warn=False)
    return np.asarray(plan)


def _unbalanced(cost: np.ndarray, epsilon: float, rho: float, rounds: int = 500) -> np.ndarray:
    """Plan of unbalanced transport; in the log domain, since costs are many epsilons."""
    c = torch.from_numpy(cost) / epsilon
    a, b = (torch.full((n,), -np.log(n), dtype=c.dtype) for n in c.shape)
    damp, f, g = rho / (rho + epsilon), torch.zeros_like(a), torch.zeros_like(b)
    for _ in range(rounds):
        f = -damp * torch.logsumexp(g + b - c, 1)
        g = -damp * torch.logsumexp((f + a)[:, None] - c, 0)
    plan: np.ndarray = torch.exp((f + a)[:, None] + (g + b) - c).numpy()
    return plan


def gromov_coupling(x: np.ndarray, y: np.ndarray, epsilon: float = 5e-3) -> np.ndarray:
    r"""Entropic Gromov-Wasserstein coupling: which star plays which role, by distances alone.

    A diagnostic that does not care where a cloud lies or how it is turned, only for its shape.

    Arguments:
        x: Shape :math:`(N, C)`, at most 300 points.
        y: Shape :math:`(M, C)`, at most 300 points.
        epsilon: Entropic regularisation, relative to the largest distance.

    Returns:
        Coupling, shape :math:`(N, M)`.
    """
    import ot

    if max(len(x), len(y)) > _LARGEST_GROMOV:
        raise ValueError(
            f"Gromov-Wasserstein of {len(x)} and {len(y)} points takes too long; "
            f"give at most {_LARGEST_GROMOV} of each"
        )
    inner = [ot.dist(np.asarray(side, dtype=float), metric="euclidean") for side in (x, y)]
    inner = [distances / max(distances.max(), 1e-12) for distances in inner]
    a, b = np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for the eye: nearly converged is enough
        found = ot.gromov.entropic_gromov_wasserstein(
            inner[0], inner[1], a, b, "square_loss", epsilon=epsilon, max_iter=50, solver="PPA"
        )
    return np.asarray(found)
