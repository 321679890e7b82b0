r"""A bench of two small clouds: what Kullback-Leibler and what transport say of how far they are.

Data and model are clouds of equal points around one or two centres. Where they do not overlap the
divergence of Kullback and Leibler is as large as its resolution is fine, that of Jensen and
Shannon is flat, and the work of carrying one onto the other still says which way to go.

References:
    | Wasserstein GAN (Arjovsky, Chintala & Bottou 2017), https://arxiv.org/abs/1701.07875
    | Sinkhorn divergences (Feydy et al. 2019), https://arxiv.org/abs/1810.08278
    | PopSED (Li et al. 2024), https://arxiv.org/abs/2309.16958
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = [
    "SHAPES",
    "Bench",
    "Plan",
    "clouds",
    "descent",
    "divergences",
    "sinkhorn",
    "transport",
    "work",
]

SHAPES = {"one": (0.0,), "two": (-1.0, 1.0)}
"""Where the masses of the data lie, on a line. The model's lie at `apart` times +1 (and -1)."""

_POINTS = 40
_GRID = np.linspace(-9.0, 9.0, 3601)
_SCALING = 0.5  # of the squared blur from one round of iterations to the next
_ROUNDS, _PLAN_ROUNDS = 20, 1500  # at the last blur, at most: for a value, for a plan
_CLOSE = 1e-4  # change of a potential over the blur at which it has settled


@dataclass(frozen=True, eq=False)
class Plan:
    r"""Who is carried where.

    Arguments:
        weights: Mass from each point of the model to each of the data, shape :math:`(n, m)`; the
            sum is one.
        work: Root of the mean squared way.
        partners: Points of the data that a point of the model is spread over, on average (the
            exponential of the entropy of its row).
    """

    weights: np.ndarray
    work: float
    partners: float


@dataclass(frozen=True, eq=False)
class Bench:
    r"""Two clouds.

    Arguments:
        model: Points in the plane, shape :math:`(n, 2)`.
        data: Likewise.
        centres: Of the masses of the model and of the data, on the horizontal axis.
        width: Standard deviation of each mass along each axis.
    """

    model: np.ndarray
    data: np.ndarray
    centres: tuple[np.ndarray, np.ndarray]
    width: float


def clouds(apart: float, width: float, shape: str = "one", seed: int = 0) -> Bench:
    r"""The clouds of a bench.

    Arguments:
        apart: Where the masses of the model are: at this place, or at plus and minus it.
        width: Standard deviation of a mass; points on each other for 0.
        shape: One of `SHAPES`.
        seed: Of the points.

    Example:
        >>> bench = clouds(2.0, 0.0)
        >>> float(bench.model[:, 0].mean() - bench.data[:, 0].mean())
        2.0
    """
    random = np.random.default_rng(seed)
    goal = np.asarray(SHAPES[shape])
    centres = apart * (goal if len(goal) > 1 else np.ones(1))
    # The same points of both, as far as width goes: at the goal the clouds are one.
    offsets = random.standard_normal((_POINTS, 2)) * width
    offsets -= offsets.mean(0)
    turns = np.arange(_POINTS) % len(goal)
    along = np.array([1.0, 0.0])
    model = offsets + centres[turns, None] * along
    data = offsets[::-1] + goal[turns[::-1], None] * along
    return Bench(model, data, (centres, goal), width)


def divergences(bench: Bench, blur: float) -> tuple[float, float]:
    r"""Divergences of the laws behind the clouds, seen through a Gaussian of the size of the blur.

    .. math:: \mathrm{KL} = \int p \ln \frac{p}{q}, \qquad \mathrm{JS} = \tfrac12
        \mathrm{KL}(p \| m) + \tfrac12 \mathrm{KL}(q \| m), \quad m = \tfrac12 (p + q)

    with the data's :math:`p` and the model's :math:`q`, which differ along one axis only.

    Arguments:
        bench: The clouds.
        blur: Standard deviation of what they are seen through; with the clouds' own width it must
            be positive.

    Returns:
        Kullback-Leibler and Jensen-Shannon, nats.
    """
    spread = max(float(np.hypot(bench.width, blur)), 1e-3)
    grid = _fine(bench, spread)
    q, p = (_log_density(grid, centres, spread) for centres in bench.centres)
    middle = np.logaddexp(p, q) - np.log(2.0)
    step = np.gradient(grid)
    kl = float((step * np.exp(p) * (p - q)).sum())
    halves = step * (np.exp(p) * (p - middle) + np.exp(q) * (q - middle))
    return max(kl, 0.0), max(float(0.5 * halves.sum()), 0.0)


def sinkhorn(bench: Bench, blur: float) -> float:
    r"""Sinkhorn distance of the clouds, a length: the root of twice their Sinkhorn divergence.

    .. math:: S = \mathrm{OT}_\epsilon(a, b) - \tfrac12 \mathrm{OT}_\epsilon(a, a)
        - \tfrac12 \mathrm{OT}_\epsilon(b, b), \qquad \epsilon = \mathrm{blur}^2

    with the cost :math:`\tfrac12 |x - y|^2`.

    Arguments:
        bench: The clouds.
        blur: Scale below which it does not look.
    """
    pairs = ((bench.model, bench.data), (bench.model, bench.model), (bench.data, bench.data))
    across, own, other = (_entropic(*pair, blur)[0] for pair in pairs)
    return float(np.sqrt(max(2.0 * across - own - other, 0.0)))


def transport(bench: Bench, blur: float) -> Plan:
    r"""The plan behind a Sinkhorn distance.

    Arguments:
        bench: The clouds.
        blur: As of `sinkhorn`.
    """
    _, weights = _entropic(bench.model, bench.data, blur, _PLAN_ROUNDS)
    weights = weights / weights.sum()
    rows = weights / weights.sum(1, keepdims=True)
    safe = np.where(rows > 0, rows, 1.0)
    entropy = -(rows * np.log(safe)).sum(1)
    way = float(np.sqrt(2.0 * (weights * _cost(bench.model, bench.data)).sum()))
    return Plan(weights, way, float(np.exp(entropy).mean()))


def work(bench: Bench) -> float:
    r"""Wasserstein distance :math:`W_2`: the least root mean squared way, by exact assignment."""
    cost = _cost(bench.model, bench.data)
    return float(np.sqrt(2.0 * cost[linear_sum_assignment(cost)].mean()))


def descent(
    places: np.ndarray, losses: np.ndarray, start: float, rate: float = 0.1, steps: int = 60
) -> np.ndarray:
    r"""Where plain gradient descent goes on a loss that is known at some places.

    Arguments:
        places: Where, increasing, shape :math:`(K,)`.
        losses: The loss there.
        start: Where it begins.
        rate: Size of a step times the slope.
        steps: How many.

    Returns:
        The places it goes through, shape :math:`(S + 1,)`; NaN once it has left the places.
    """
    slopes = np.gradient(losses, places)
    path = np.full(steps + 1, np.nan)
    path[0] = start
    for step in range(steps):
        path[step + 1] = path[step] - rate * np.interp(path[step], places, slopes)
        if not places[0] <= path[step + 1] <= places[-1]:
            path[step + 1] = np.nan
            break
    return path


def _cost(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.asarray(0.5 * ((first[:, None] - second[None]) ** 2).sum(-1))


def _fine(bench: Bench, spread: float) -> np.ndarray:
    """Places to integrate over: everywhere coarse, fine around the masses."""
    near = np.linspace(-8.0, 8.0, 321) * spread
    every = np.concatenate([*bench.centres])
    return np.unique(np.concatenate([_GRID, (every[:, None] + near).ravel()]))


def _log_density(grid: np.ndarray, centres: np.ndarray, spread: float) -> np.ndarray:
    terms = -0.5 * ((grid[:, None] - centres) / spread) ** 2
    found = np.logaddexp.reduce(terms, axis=1) - np.log(len(centres))
    return np.asarray(found - np.log(spread * np.sqrt(2 * np.pi)))


def _entropic(
    first: np.ndarray, second: np.ndarray, blur: float, rounds: int = _ROUNDS
) -> tuple[float, np.ndarray]:
    """Entropic transport: its value and its plan, by iterations from a large blur to the last."""
    cost = _cost(first, second)
    f, g = np.zeros(len(first)), np.zeros(len(second))
    last = blur**2
    eps = max(float(cost.max()), last)
    while eps > last:
        f, g = _iterate(cost, f, g, eps)
        eps *= _SCALING
    for _ in range(rounds):
        before = f
        f, g = _iterate(cost, f, g, last)
        if np.abs(f - before).max() < _CLOSE * last:
            break
    # One exact half step, so that every point of the model gives away all that it has.
    f = -last * _log_mean((g - cost) / last)
    weights = np.exp((f[:, None] + g - cost) / last) / cost.size
    return float(f.mean() + g.mean()), weights


def _iterate(
    cost: np.ndarray, f: np.ndarray, g: np.ndarray, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """Half of the way to both conditions at once, which treats both clouds alike."""
    new_f = -eps * _log_mean((g - cost) / eps)
    new_g = -eps * _log_mean((f - cost.T) / eps)
    return 0.5 * (f + new_f), 0.5 * (g + new_g)


def _log_mean(terms: np.ndarray) -> np.ndarray:
    """Logarithm of the mean of exponentials over the last axis."""
    top = terms.max(-1)
    return np.asarray(top + np.log(np.exp(terms - top[..., None]).mean(-1)))
