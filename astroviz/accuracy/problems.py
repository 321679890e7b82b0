r"""Problems whose posterior is known exactly, to put wrong ones beside it.

Parameters :math:`\theta \sim N(0, I)` are measured through a matrix,

.. math:: x = s\,(M \theta + \sigma_r n), \quad n \sim N(0, I), \quad M_{ij} = 0.6^{|i - j|},

in one of two regimes :math:`r` (quiet or noisy, as likely as each other), which is known. In the
problem `linear` :math:`s = 1` and the posterior is the normal law :math:`N(m, C_r)`, with strong
correlations. In the problem `bimodal` the sign :math:`s` was lost: it is +1 or -1, as likely as
each other, and the posterior is :math:`\frac12 N(m, C_r) + \frac12 N(-m, C_r)`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = [
    "NOISES",
    "PROBLEMS",
    "REGIMES",
    "Law",
    "Stage",
    "along",
    "axes",
    "law",
    "log_normal",
    "stage",
]

PROBLEMS = {"linear": "one mode", "bimodal": "two modes"}
REGIMES = ("quiet", "noisy")
NOISES = (0.3, 0.8)
"""Standard deviation of the noise in each regime."""

_LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Law:
    r"""Matrices of a problem, one for each regime where the first axis is :math:`R = 2`.

    Arguments:
        mixing: :math:`M`, shape :math:`(d, d)`.
        gains: From data to the posterior mean, :math:`(R, d, d)`.
        covariances: Of the posterior, :math:`(R, d, d)`.
        factors: Principal axes of it times their standard deviations, the longest first, so that
            :math:`F F^T = C`, :math:`(R, d, d)`.
        evidences: Covariance of the data, :math:`(R, d, d)`.
    """

    mixing: np.ndarray
    gains: np.ndarray
    covariances: np.ndarray
    factors: np.ndarray
    evidences: np.ndarray


@dataclass(frozen=True)
class Stage:
    r"""Truths, their data and random numbers of one problem, drawn once for all posteriors.

    Arguments:
        problem: One of `PROBLEMS`.
        regimes: Regime of each object, :math:`(N,)` of 0 and 1.
        truths: :math:`(N, d)`.
        data: What was measured, :math:`(N, d)`.
        again: The same measured a second time, which no posterior was given, :math:`(N, d)`.
        normals: Standard normals of the draws, :math:`(N, L, d)`.
        uniforms: Uniform numbers of the draws, two each, :math:`(N, L, 2)`.
        noise: Standard normals of predicted measurements, :math:`(N, L, d)`.
        own: A standard normal for each datum, :math:`(N, d)`.
        chance: A uniform number for each object, :math:`(N,)`.
        prior: Draws of the prior, :math:`(2000, d)`.
        seed: Of all of it.
    """

    problem: str
    regimes: np.ndarray
    truths: np.ndarray
    data: np.ndarray
    again: np.ndarray
    normals: np.ndarray
    uniforms: np.ndarray
    noise: np.ndarray
    own: np.ndarray
    chance: np.ndarray
    prior: np.ndarray
    seed: int

    @property
    def size(self) -> int:
        """Number of parameters."""
        return int(self.truths.shape[1])

    @property
    def law(self) -> Law:
        """The matrices."""
        return law(self.size)

    @property
    def means(self) -> np.ndarray:
        """Posterior mean of each object (of the mode with its sign kept), shape (N, d)."""
        return along(self.law.gains[self.regimes], self.data)

    @property
    def sigma(self) -> np.ndarray:
        """Noise of each object, shape (N,)."""
        return np.asarray(NOISES)[self.regimes]

    def part(self, rows: np.ndarray) -> Stage:
        """Some of the objects, by their indices (K,)."""
        by_object = ("regimes", "truths", "data", "again", "normals", "uniforms", "noise", "own",
                     "chance")  # fmt: skip
        return dataclasses.replace(self, **{name: getattr(self, name)[rows] for name in by_object})

    def log_likelihood(self, theta: np.ndarray) -> np.ndarray:
        r"""Log likelihood of points, :math:`(N, ..., d)` to :math:`(N, ...)`."""
        spread = self.sigma.reshape(-1, *(1,) * (theta.ndim - 2))
        data = self.data.reshape(len(self.data), *(1,) * (theta.ndim - 2), -1)
        seen = theta @ self.law.mixing.T

        def of(signed: np.ndarray) -> np.ndarray:
            miss = ((signed - seen) ** 2).sum(-1) / spread**2
            found: np.ndarray = -0.5 * miss - self.size * (np.log(spread) + 0.5 * _LOG_2PI)
            return found

        if self.problem == "linear":
            return of(data)
        return np.asarray(np.logaddexp(of(data), of(-data)) - np.log(2.0))


def along(matrices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A matrix for each object (N, d, d) times its points (N, d) or (N, L, d)."""
    if points.ndim == 2:
        return np.asarray((matrices @ points[:, :, None])[:, :, 0])
    return np.asarray(points @ np.swapaxes(matrices, 1, 2))


def log_normal(theta: np.ndarray, mean: np.ndarray, factor: np.ndarray) -> np.ndarray:
    r"""Log density of normal laws, one for each object.

    Arguments:
        theta: Points, :math:`(N, d)` or :math:`(N, L, d)`.
        mean: Means, :math:`(N, d)`.
        factor: :math:`F` with :math:`F F^T` the covariance, :math:`(N, d, d)`.

    Returns:
        Log density, :math:`(N,)` or :math:`(N, L)`.
    """
    away = theta - (mean if theta.ndim == 2 else mean[:, None])
    z = along(np.linalg.inv(factor), away)
    volume = np.linalg.slogdet(factor)[1].reshape(-1, *(1,) * (theta.ndim - 2))
    return np.asarray(-0.5 * (z**2).sum(-1) - volume - 0.5 * theta.shape[-1] * _LOG_2PI)


@lru_cache(maxsize=8)
def law(size: int) -> Law:
    """The matrices of a problem with so many parameters."""
    if size < 2:
        raise ValueError(f"{size} parameters have no correlation to be wrong: ask for 2 or more")
    place = np.arange(size)
    mixing = 0.6 ** np.abs(place[:, None] - place)
    gram = mixing.T @ mixing
    covariances = np.stack([np.linalg.inv(np.eye(size) + gram / s**2) for s in NOISES])
    gains = np.stack([c @ mixing.T / s**2 for c, s in zip(covariances, NOISES, strict=True)])
    evidences = np.stack([mixing @ mixing.T + s**2 * np.eye(size) for s in NOISES])
    return Law(mixing, gains, covariances, np.stack([axes(c) for c in covariances]), evidences)


def axes(covariance: np.ndarray) -> np.ndarray:
    r"""Principal axes times their standard deviations, the longest first, shape :math:`(d, d)`."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(values))[:, ::-1])


@lru_cache(maxsize=6)
def stage(
    problem: str = "linear", count: int = 500, draws: int = 100, size: int = 2, seed: int = 0
) -> Stage:
    r"""Draw truths, data and random numbers; the same for the same arguments.

    Arguments:
        problem: One of `PROBLEMS`.
        count: Objects, :math:`N`.
        draws: Draws of each posterior, :math:`L`.
        size: Parameters, :math:`d`.
        seed: Of all of it.

    Example:
        >>> stage("linear", 10, 5).normals.shape
        (10, 5, 2)
    """
    if problem not in PROBLEMS:
        raise ValueError(f"no problem named {problem!r}; there are {', '.join(PROBLEMS)}")
    random = np.random.default_rng([seed, size, list(PROBLEMS).index(problem), 0xDEF])
    regimes = (random.random(count) < 0.5).astype(int)
    truths = random.standard_normal((count, size))
    spread = np.asarray(NOISES)[regimes][:, None]
    seen = truths @ law(size).mixing.T
    data, again = (seen + spread * random.standard_normal((count, size)) for _ in range(2))
    if problem == "bimodal":
        data, again = (d * random.choice([-1.0, 1.0], (count, 1)) for d in (data, again))
    return Stage(
        problem, regimes, truths, data, again,
        normals=random.standard_normal((count, draws, size)),
        uniforms=random.random((count, draws, 2)),
        noise=random.standard_normal((count, draws, size)),
        own=random.standard_normal((count, size)), chance=random.random(count),
        prior=random.standard_normal((2000, size)), seed=seed,
    )  # fmt: skip
