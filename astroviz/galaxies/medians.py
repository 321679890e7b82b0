r"""Medians or draws: what plotting a catalogue of medians hides.

A catalogue has one number for each galaxy, the median of its posterior. Whoever plots those
plots a population that is not there: by the law of total variance

.. math:: \operatorname{Var}(\theta) = \operatorname{Var}(\operatorname{E}[\theta \mid d])
    + \operatorname{E}[\operatorname{Var}(\theta \mid d)]

medians leave the second part out, and with it the tails and the correlations of the errors.
One draw of each posterior, under the population as prior, is a draw of the population.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["Hidden", "medians_or_draws", "what_medians_hide"]


@dataclass(frozen=True)
class Hidden:
    r"""What the medians of one quantity hide.

    Arguments:
        between: Variance of the posterior means over the objects.
        within: Mean variance of the posteriors.
        width_medians: Standard deviation of the medians.
        width_draws: Standard deviation of the draws.
        tails: Part of the draws beyond the most extreme medians.
        distance: Largest difference of the two distribution functions (Kolmogorov-Smirnov).
    """

    between: float
    within: float
    width_medians: float
    width_draws: float
    tails: float
    distance: float

    @property
    def hidden(self) -> float:
        """Part of the variance of the population that medians do not show, 0 to 1."""
        return self.within / (self.between + self.within) if self.within > 0 else 0.0


def medians_or_draws(
    posteriors: np.ndarray, each: int = 1, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    r"""A catalogue of medians and the same objects as draws.

    Arguments:
        posteriors: Draws of each of :math:`N` objects, shape :math:`(N, n, d)`.
        each: Draws to take of each object.
        seed: Which ones.

    Returns:
        Medians, shape :math:`(N, d)`, and draws, shape :math:`(N \cdot` `each` :math:`, d)`.
    """
    posteriors = np.asarray(posteriors, dtype=float)
    if posteriors.ndim != 3 or 0 in posteriors.shape:
        raise GalaxyError(
            f"posteriors must be of shape (objects, draws, columns), not {posteriors.shape}"
        )
    if not 1 <= each <= posteriors.shape[1]:
        raise GalaxyError(f"{each} draws of {posteriors.shape[1]} cannot be taken of each object")
    rng = np.random.default_rng(seed)
    order = rng.random(posteriors.shape[:2]).argsort(axis=1)[:, :each]
    taken = np.take_along_axis(posteriors, order[..., None], axis=1)
    return np.nanmedian(posteriors, axis=1), taken.reshape(-1, posteriors.shape[2])


def what_medians_hide(posteriors: np.ndarray) -> Hidden:
    r"""What medians hide of one quantity.

    Arguments:
        posteriors: Draws of each object, shape :math:`(N, n)`; NaN draws are left out.
    """
    posteriors = np.asarray(posteriors, dtype=float)
    if posteriors.ndim != 2 or 0 in posteriors.shape:
        raise GalaxyError(f"posteriors must be of shape (objects, draws), not {posteriors.shape}")
    medians = np.nanmedian(posteriors, axis=1)
    draws = np.sort(posteriors[np.isfinite(posteriors)])
    ordered = np.sort(medians[np.isfinite(medians)])
    points = np.concatenate([draws, ordered])
    steps = [np.searchsorted(s, points, side="right") / len(s) for s in (draws, ordered)]
    outside = (draws < ordered[0]) | (draws > ordered[-1])
    return Hidden(
        between=float(np.nanvar(np.nanmean(posteriors, axis=1))),
        within=float(np.nanmean(np.nanvar(posteriors, axis=1))),
        width_medians=float(np.std(ordered)), width_draws=float(np.std(draws)),
        tails=float(outside.mean()), distance=float(np.abs(steps[0] - steps[1]).max()),
    )  # fmt: skip
