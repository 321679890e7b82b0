r"""What the photometry told of each parameter: its marginal distribution against the prior's.

In the coordinates where the prior is a standard normal distribution the gain of a parameter is

.. math:: G = \int q(x) \log_2 \frac{q(x)}{\mathcal N(x)}\,dx,

estimated in bins of equal prior probability; what a sample of that size has by chance alone is
taken off (Miller 1955). It is 0 where the population stayed at its prior.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from astroviz.galaxies.parameters import PARAMETERS

__all__ = ["gain", "gains"]

_BINS = 64


def gain(x: np.ndarray, weights: np.ndarray | None = None, bins: int = _BINS) -> float:
    r"""Information gained on one coordinate, bits.

    Arguments:
        x: Draws in the coordinate of the prior, shape :math:`(n,)`.
        weights: Equal by default.
        bins: Of equal prior probability.

    Example:
        >>> random = np.random.default_rng(0)
        >>> gain(random.normal(size=50_000)) < 0.01, gain(random.normal(0, 0.1, 50_000)) > 2.5
        (True, True)
    """
    at = np.clip((ndtr(np.asarray(x, float)) * bins).astype(int), 0, bins - 1)
    shares = np.bincount(at, weights, minlength=bins).astype(float)
    used = np.ones(len(at)) if weights is None else np.asarray(weights, float)
    effective = used.sum() ** 2 / np.square(used).sum()
    shares /= shares.sum()
    filled = shares > 0
    found = float((shares[filled] * np.log2(shares[filled] * bins)).sum())
    chance = (int(filled.sum()) - 1) / (2 * np.log(2) * effective)
    return max(float(found - chance), 0.0)


def gains(members: Sequence[np.ndarray]) -> dict[str, tuple[float, float]]:
    r"""Information gained on every parameter, bits.

    Arguments:
        members: Draws of each member of an ensemble in the coordinates of the prior, shape
            :math:`(n, 11)` each.

    Returns:
        Parameter to the mean over the members and their standard deviation.
    """
    found = {}
    for place, name in enumerate(PARAMETERS):
        each = [gain(draws[:, place]) for draws in members]
        found[name] = (float(np.mean(each)), float(np.std(each)))
    return found
