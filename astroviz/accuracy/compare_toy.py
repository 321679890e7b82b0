r"""Two claims about a problem in the plane that is solved exactly, to see what MIRA sees.

The truth is normal about nothing, the data are the truth in noise that goes along both axes at
once, and the posterior is known. Claims shift it, by so many of its own standard deviations, and
widen or narrow it; a claim of width 0 at shift 0 does not exist, one of `prior` forgets the data.
"""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.trial import Trial

__all__ = ["PRIOR_WIDTH", "toy_pair"]

PRIOR_WIDTH = 2.0
"""Standard deviation of the prior, along each axis."""

_NOISE = np.array([[0.8, 0.5], [0.5, 0.8]])
_DIRECTION = np.array([0.8, 0.6])


def toy_pair(
    count: int,
    draws: int,
    first: tuple[float, float, float],
    second: tuple[float, float, float],
    seed: int = 0,
) -> tuple[Trial, Trial]:
    r"""Two models that answer the same objects.

    Arguments:
        count: Objects.
        draws: Draws for each.
        first: Shift, in posterior standard deviations, width over the right one, and how much of
            the data is forgotten (0: nothing, 1: all, the prior itself), of model A.
        second: Those of model B.
        seed: Seed; both models use the same truths and data, and draws of their own.

    Returns:
        Trials of A and B; exact for a shift of 0, a width of 1 and nothing forgotten.

    Example:
        >>> a, b = toy_pair(10, 20, (0.0, 1.0, 0.0), (1.0, 1.0, 0.0))
        >>> bool((a.truths == b.truths).all()), a.draws.shape
        (True, (10, 20, 2))
    """
    random = np.random.default_rng([seed, 0x701])
    truths = PRIOR_WIDTH * random.standard_normal((count, 2))
    noise = np.linalg.cholesky(_NOISE)
    data = truths + random.standard_normal((count, 2)) @ noise.T
    prior = PRIOR_WIDTH * np.random.default_rng([seed, 0x702]).standard_normal((2000, 2))
    found = []
    for k, (shift, width, forgotten) in enumerate((first, second)):
        own = np.random.default_rng([seed, 0x703, k])
        mean, factor = _posterior(data, forgotten, own)
        normal = own.standard_normal((count, draws, 2))
        away = shift * (factor @ _DIRECTION)
        found.append(Trial(
            truths=truths, draws=mean[:, None] + away + width * normal @ factor.T,
            names=("x", "y"), units=("", ""), prior=prior, observations=data,
            observation_names=("data along x", "data along y"),
            model="AB"[k], seed=seed,
        ))  # fmt: skip
    return found[0], found[1]


def _posterior(
    data: np.ndarray, forgotten: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mean, (N, 2), and factor of the covariance, given data with noise added until forgotten.

    It is the exact posterior of less data, so that it stays calibrated on average.
    """
    share = min(max(forgotten, 0.0), 1.0)
    more = 0.0 if share == 0 else 4.0 * share / max(1.0 - share, 1e-9)
    if share > 0.999:
        return np.zeros_like(data), PRIOR_WIDTH * np.eye(2)
    seen = data + np.sqrt(more) * random.standard_normal(data.shape)
    inverse = np.linalg.inv(_NOISE + more * np.eye(2))
    covariance = np.linalg.inv(inverse + np.eye(2) / PRIOR_WIDTH**2)
    return seen @ (covariance @ inverse).T, np.linalg.cholesky(covariance)
