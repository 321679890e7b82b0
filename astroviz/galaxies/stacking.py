r"""Four ways from the posteriors of many galaxies to their population, on one mock.

Each galaxy of the mock has a value :math:`x_i` (say, a stellar mass), seen with an error
:math:`\sigma_i` of its own: :math:`d_i = x_i + \sigma_i \epsilon`. A catalogue of individual
posteriors under a flat prior is given, :math:`p(x \mid d_i) = N(d_i, \sigma_i^2)`. Then

- *multiplying* the posteriors answers "what single value have all galaxies in common?": a spike of
  width :math:`(\sum \sigma_i^{-2})^{-1/2}`;
- *stacking* (adding) them counts every error twice: for a normal population of width :math:`s` it
  has the width :math:`\sqrt{s^2 + 2 \sigma^2}`;
- the *hierarchical* answer maximises :math:`\prod_i \int p(d_i \mid x) f(x) dx` over the
  population :math:`f`, here by expectation-maximisation on a grid: right, but it needs the
  posterior of every galaxy first;
- the *population* fit of this room compares the catalogue with the population seen through the
  noise, without any posterior of a galaxy: here :math:`f` minimises the Wasserstein-1 distance of
  the two distributions of :math:`d`, plus a small entropy weight.

References:
    Malz & Hogg 2022 (arXiv:2007.12178) on stacking; Loredo 2004 (arXiv:astro-ph/0409387) on the
    hierarchical answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import ndtr

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["METHODS", "Mock", "StackingAnswer", "make_mock", "population_of"]

METHODS = ("multiply", "stack", "hierarchical", "population")
_POINTS = 240  # where distribution functions are compared


@dataclass(frozen=True)
class Mock:
    r"""A catalogue whose population is known.

    Arguments:
        truth: The :math:`N` values, shape :math:`(N,)`.
        seen: What was measured, same shape and unit.
        errors: One standard deviation of each, same shape.
        grid: Where populations are tabulated, shape :math:`(K,)`.
        density: The population that `truth` was drawn from, on the grid, integral 1.
        unit: Of the values, as `dex`.
    """

    truth: np.ndarray
    seen: np.ndarray
    errors: np.ndarray
    grid: np.ndarray
    density: np.ndarray
    unit: str = "dex"


@dataclass(frozen=True)
class StackingAnswer:
    r"""What one method says of the population.

    Arguments:
        method: Of `METHODS`.
        density: On the grid of the mock, shape :math:`(K,)`, integral 1.
        mean: Of that density.
        width: Its standard deviation.
        distance: Wasserstein-1 distance to the true density, in the unit of the values.
        seconds: Time that it took.
    """

    method: str
    density: np.ndarray
    mean: float
    width: float
    distance: float
    seconds: float


def make_mock(
    n: int = 2000, error: float = 0.3, spread: float = 0.3, kind: str = "two", seed: int = 0
) -> Mock:
    r"""A mock catalogue of log stellar masses.

    Arguments:
        n: Number of galaxies.
        error: Typical error, dex.
        spread: Scatter of the errors among galaxies, in :math:`\ln`; 0 for equal errors.
        kind: `two` for galaxies of two kinds, 60 % at 10.0 and 40 % at 10.9 (widths 0.30 and
            0.18), or `normal`, of mean 10.5 and width 0.4.
        seed: Of the galaxies and of the noise.
    """
    if n < 10:
        raise GalaxyError(f"a mock of {n} galaxies says nothing; take at least 10")
    if not error > 0 or spread < 0:
        raise GalaxyError(f"errors must be above 0, not {error:g} with a scatter of {spread:g}")
    parts = {"two": ((0.6, 10.0, 0.30), (0.4, 10.9, 0.18)), "normal": ((1.0, 10.5, 0.4),)}
    if kind not in parts:
        raise GalaxyError(f"no mock {kind!r}; there is {', '.join(parts)}")
    rng = np.random.default_rng(seed)
    shares, centres, widths = (np.array(column) for column in zip(*parts[kind], strict=True))
    which = rng.choice(len(shares), size=n, p=shares)
    truth = rng.normal(centres[which], widths[which])
    errors = error * np.exp(spread * rng.normal(size=n) - 0.5 * spread**2)
    grid = np.linspace(7.5, 13.0, 221)
    shape = (grid[:, None] - centres) / widths
    density = (shares / widths * np.exp(-0.5 * shape**2)).sum(axis=1) / np.sqrt(2 * np.pi)
    return Mock(truth, truth + errors * rng.normal(size=n), errors, grid, density)


def population_of(
    mock: Mock, method: str, rounds: int = 60, entropy: float = 0.02
) -> StackingAnswer:
    r"""The population of a mock by one of the four ways.

    Arguments:
        mock: From `make_mock`.
        method: Of `METHODS`.
        rounds: Rounds of expectation-maximisation of the hierarchical answer; few keep it
            smooth, many follow the noise.
        entropy: Weight of the entropy of the population fit, in the unit of the distance.
    """
    if method not in METHODS:
        raise GalaxyError(f"no method {method!r}; there is {', '.join(METHODS)}")
    start = time.perf_counter()
    if method == "multiply":
        density = _multiplied(mock)
    elif method == "stack":
        density = _posteriors(mock).mean(axis=0)
    elif method == "hierarchical":
        density = _hierarchical(mock, rounds)
    else:
        density = _fitted(mock, entropy)
    seconds = time.perf_counter() - start
    step = mock.grid[1] - mock.grid[0]
    density = density / (density.sum() * step)
    mean = float((density * mock.grid).sum() * step)
    width = float(np.sqrt((density * (mock.grid - mean) ** 2).sum() * step))
    return StackingAnswer(method, density, mean, width, _distance(mock, density), seconds)


def _distance(mock: Mock, density: np.ndarray) -> float:
    """Wasserstein-1 distance of two densities on the grid: the area between their sums."""
    step = mock.grid[1] - mock.grid[0]
    truth = mock.density / (mock.density.sum() * step)
    return float(np.abs(np.cumsum(density - truth) * step).sum() * step)


def _posteriors(mock: Mock) -> np.ndarray:
    """Posterior of each galaxy under a flat prior, shape (N, K), each of integral 1."""
    step = mock.grid[1] - mock.grid[0]
    z = (mock.grid - mock.seen[:, None]) / mock.errors[:, None]
    raw = np.exp(-0.5 * z**2)
    return np.asarray(raw / (raw.sum(axis=1, keepdims=True) * step))


def _multiplied(mock: Mock) -> np.ndarray:
    precision = mock.errors**-2
    centre = np.sum(mock.seen * precision) / precision.sum()
    # a spike narrower than a cell of the grid is drawn one cell wide
    width = max(precision.sum() ** -0.5, 0.5 * (mock.grid[1] - mock.grid[0]))
    return np.asarray(np.exp(-0.5 * ((mock.grid - centre) / width) ** 2))


def _hierarchical(mock: Mock, rounds: int) -> np.ndarray:
    likelihood = _posteriors(mock)
    share = np.full(len(mock.grid), 1.0 / len(mock.grid))
    for _ in range(rounds):
        joint = likelihood * share
        share = (joint / joint.sum(axis=1, keepdims=True)).mean(axis=0)
    return share


def _fitted(mock: Mock, entropy: float) -> np.ndarray:
    r"""Density whose convolution with the noise is closest to the catalogue in Wasserstein-1."""
    levels = (np.arange(_POINTS) + 0.5) / _POINTS
    wide = 3.0 * float(np.median(mock.errors))
    points = np.linspace(mock.seen.min() - wide, mock.seen.max() + wide, _POINTS)
    errors = np.quantile(mock.errors, levels[:: _POINTS // 24])
    cell = points[1] - points[0]
    # chance that a galaxy of value x is seen below a point, over the errors of the catalogue
    below = np.mean(ndtr((points[:, None] - mock.grid)[None] / errors[:, None, None]), axis=0)
    seen = np.searchsorted(np.sort(mock.seen), points, side="right") / len(mock.seen)

    def loss(logits: np.ndarray, soft: float) -> tuple[float, np.ndarray]:
        share = _shares(logits)
        gap = below @ share - seen
        size = np.sqrt(gap**2 + soft**2)
        information = np.log(np.maximum(share * len(share), 1e-300))
        value = cell * (size - soft).sum() + entropy * float(share @ information)
        slope = cell * (below.T @ (gap / size)) + entropy * (information + 1.0)
        return float(value), share * (slope - share @ slope)

    # from the flat population, the corner of |gap| sharpened in steps
    logits = np.zeros(len(mock.grid))
    for soft in (0.1, 0.02, 4e-3, 1e-3):
        logits = minimize(loss, logits, args=(soft,), jac=True, method="L-BFGS-B",
                          options={"maxiter": 200}).x  # fmt: skip
    return _shares(logits)


def _shares(logits: np.ndarray) -> np.ndarray:
    grown = np.exp(logits - logits.max())
    return np.asarray(grown / grown.sum())
