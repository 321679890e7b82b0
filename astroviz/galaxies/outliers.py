r"""Galaxies that the population does not explain, the strangest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.core.request import Alone, Control
from astroviz.galaxies.object_weights import light_of, weigh, weigh_enough
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.pool import Pool

__all__ = ["Outliers", "find_outliers"]

_CANDIDATES = 400
_REDSHIFT = PARAMETERS.index("redshift")


@dataclass(frozen=True)
class Outliers:
    r"""What is strange about :math:`N` galaxies.

    Arguments:
        score: Misfit of the best of all draws over the misfit that noise exceeds once in a
            thousand, shape :math:`(N,)`; above 1 no galaxy of the population looks like this one.
        log_evidence: Log density of the photometry under the population, shape :math:`(N,)`.
        rarity: Part of galaxies made by the population with the same errors that are less
            probable than this one, shape :math:`(N,)`; small for strange ones.
        pulls: Residuals from the best draw in each band, in errors, shape :math:`(N, B)`.
        redshift_tail: Chance, two-sided, of a redshift as far out as the known one; NaN where
            none is known.
    """

    score: np.ndarray
    log_evidence: np.ndarray
    rarity: np.ndarray
    pulls: np.ndarray
    redshift_tail: np.ndarray

    def order(self) -> np.ndarray:
        """Rows from the strangest on: first those that nothing fits, then by rarity."""
        return np.lexsort((self.rarity, -np.maximum(self.score, 1.0)))

    def worst_band(self, bands: tuple[str, ...]) -> list[str]:
        """The band with the largest residual of each galaxy; empty where none was observed."""
        size = np.where(np.isfinite(self.pulls), np.abs(self.pulls), -1.0)
        return [bands[k] if size[row, k] >= 0 else "" for row, k in enumerate(size.argmax(axis=1))]


def find_outliers(
    pool: Pool,
    flux: np.ndarray,
    sigma: np.ndarray,
    bands: tuple[str, ...],
    redshift: np.ndarray | None = None,
    seed: int = 0,
    control: Control | None = None,
) -> Outliers:
    r"""How strange each galaxy is to a population.

    Arguments:
        pool: Draws of the population.
        flux: Maggies, shape :math:`(N, B)`; NaN where not observed.
        sigma: One standard deviation, maggies, shape :math:`(N, B)`.
        bands: Names of the bands.
        redshift: Known redshifts, shape :math:`(N,)`.
        seed: Of the draws and of the galaxies that the population makes to compare with: one for
            each row, with parameters drawn from its posterior and its errors.
        control: Told of progress; may stop the work.
    """
    control = control or Alone()
    flux, sigma = np.atleast_2d(flux), np.atleast_2d(sigma)
    count = len(flux)
    score, evidence, made = np.full((3, count), np.nan)
    tail, pulls = np.full(count, np.nan), np.full(flux.shape, np.nan)
    for row in range(count):
        control.check()
        rng = np.random.default_rng([seed, row, 7])
        light = light_of(bands, flux[row], sigma[row])
        found = weigh_enough(pool, light, _CANDIDATES, rng)
        score[row], evidence[row] = found.score, found.log_evidence
        weight = np.exp(found.log_weight - found.log_weight.max())
        weight = weight / weight.sum()
        use = [bands.index(band) for band in light.bands]
        if use:
            pulls[row, use] = _pulls(pool, light.flux, light.sigma, light.bands)
            chosen = rng.choice(len(weight), p=weight)
            fluxes = pool.fluxes(light.bands)[found.index[chosen]] * 10 ** found.shift[chosen]
            again = fluxes + light.sigma * rng.normal(size=len(use))
            made[row] = weigh(
                pool, light_of(light.bands, again, light.sigma), _CANDIDATES, rng
            ).log_evidence
        if redshift is not None and np.isfinite(redshift[row]):
            below = float(weight[found.theta[:, _REDSHIFT] < redshift[row]].sum())
            tail[row] = 2.0 * min(below, 1.0 - below)
        control.progress((row + 1) / count)
    known = np.sort(made[np.isfinite(made)])
    rarity = (np.searchsorted(known, evidence) + 1.0) / (len(known) + 1.0)
    return Outliers(score, evidence, np.minimum(rarity, 1.0), pulls, tail)


def _pulls(pool: Pool, flux: np.ndarray, sigma: np.ndarray, bands: tuple[str, ...]) -> np.ndarray:
    """Residuals from the draw that fits best, at its best brightness where it is positive."""
    scaled, data = pool.fluxes(bands) / sigma, flux / sigma
    power = np.maximum((scaled**2).sum(axis=1), 1e-300)
    best = np.maximum(scaled @ data / power, 0.0)
    misfit = ((data - best[:, None] * scaled) ** 2).sum(axis=1)
    at = int(misfit.argmin())
    return np.asarray(data - best[at] * scaled[at])
