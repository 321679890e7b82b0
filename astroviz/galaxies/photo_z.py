r"""Photometric redshifts: of many galaxies at once, how good they are, and n(z) of their bins."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from astroviz.core.request import Alone, Control
from astroviz.galaxies.object_weights import light_of, weigh_enough
from astroviz.galaxies.parameters import PARAMETERS, GalaxyError
from astroviz.galaxies.pool import Pool

__all__ = [
    "OUTLIER",
    "PhotoZ",
    "Scores",
    "TomographicBin",
    "estimate",
    "pit_values",
    "redshifts",
    "scores",
    "tomographic_bins",
]

OUTLIER: Final = 0.15
"""A redshift that is off by more than this, over 1 + z, is an outlier."""

_REDSHIFT = PARAMETERS.index("redshift")


@dataclass(frozen=True)
class PhotoZ:
    r"""Draws of the redshifts of :math:`N` galaxies.

    Arguments:
        draws: Shape :math:`(N, n)`.
        effective: Effective number of draws of the population behind each, shape :math:`(N,)`.
        log_evidence: Log density of the photometry under the prior, shape :math:`(N,)`.
        score: Misfit of the best draw over what noise exceeds once in a thousand, :math:`(N,)`.
        widened: Factor by which errors were widened for want of draws, shape :math:`(N,)`.
    """

    draws: np.ndarray
    effective: np.ndarray
    log_evidence: np.ndarray
    score: np.ndarray
    widened: np.ndarray


@dataclass(frozen=True)
class Scores:
    r"""How good point estimates of the redshift are, with :math:`\Delta = (z_p - z) / (1 + z)`.

    Arguments:
        sigma_nmad: :math:`1.4826 \; \mathrm{median} |\Delta - \mathrm{median} \Delta|`.
        bias: Median of :math:`\Delta`.
        outliers: Part with :math:`|\Delta| > 0.15` (or another border).
        count: Number of galaxies.
        errors: One standard deviation of the three, from resampling the galaxies.
    """

    sigma_nmad: float
    bias: float
    outliers: float
    count: int
    errors: tuple[float, float, float]


def redshifts(
    pool: Pool,
    flux: np.ndarray,
    sigma: np.ndarray,
    bands: tuple[str, ...],
    n: int = 200,
    seed: int = 0,
    candidates: int = 1000,
    control: Control | None = None,
) -> PhotoZ:
    r"""Draws of the redshift of every galaxy, with a population as the prior.

    Arguments:
        pool: Draws of the population, or of a prior to compare with.
        flux: Maggies, shape :math:`(N, B)`; NaN where not observed.
        sigma: One standard deviation, maggies, shape :math:`(N, B)`.
        bands: Names of the :math:`B` bands.
        n: Draws of each galaxy.
        seed: Seed; the draws of a galaxy depend on it and on its row.
        candidates: Draws of the population that are looked at closely.
        control: Told of progress; may stop the work.
    """
    flux, sigma = np.atleast_2d(flux), np.atleast_2d(sigma)
    if flux.shape != sigma.shape or flux.shape[1] != len(bands):
        raise GalaxyError(
            f"fluxes of shape {flux.shape} and errors of {sigma.shape} do not fit "
            f"{len(bands)} bands: give one column for each band"
        )
    control = control or Alone()
    draws = np.empty((len(flux), n), dtype=np.float32)
    rest = np.empty((4, len(flux)))
    for row in range(len(flux)):
        control.check()
        rng = np.random.default_rng([seed, row])
        found = weigh_enough(pool, light_of(bands, flux[row], sigma[row]), candidates, rng)
        weight = np.exp(found.log_weight - found.log_weight.max())
        some = np.isfinite(weight).all() and weight.sum() > 0
        chosen = rng.choice(len(weight), n, p=weight / weight.sum() if some else None)
        draws[row] = found.theta[chosen, _REDSHIFT]
        rest[:, row] = found.effective, found.log_evidence, found.score, found.widened
        control.progress((row + 1) / len(flux))
    return PhotoZ(draws, *rest)


def estimate(draws: np.ndarray, kind: str = "median") -> np.ndarray:
    r"""One redshift for each galaxy.

    Arguments:
        draws: Shape :math:`(N, n)`.
        kind: `median`, `mean`, or `mode` (middle of the shortest interval with half the draws).
    """
    draws = np.asarray(draws, dtype=float)
    if kind == "median":
        return np.asarray(np.median(draws, axis=1))
    if kind == "mean":
        return np.asarray(draws.mean(axis=1))
    if kind != "mode":
        raise GalaxyError(f"no estimate {kind!r}; there is median, mean, mode")
    ordered = np.sort(draws, axis=1)
    half = max(1, draws.shape[1] // 2)
    width = ordered[:, half:] - ordered[:, : draws.shape[1] - half]
    start = width.argmin(axis=1)
    rows = np.arange(len(draws))
    return np.asarray(0.5 * (ordered[rows, start] + ordered[rows, start + half]))


def scores(found: np.ndarray, truth: np.ndarray, border: float = OUTLIER, seed: int = 0) -> Scores:
    r"""How good redshifts are.

    Arguments:
        found: Point estimates, shape :math:`(N,)`.
        truth: Spectroscopic redshifts, shape :math:`(N,)`.
        border: What counts as an outlier.
        seed: Of the resampling.
    """
    found, truth = np.asarray(found, float), np.asarray(truth, float)
    good = np.isfinite(found) & np.isfinite(truth)
    if not good.any():
        raise GalaxyError("no galaxy has both a photometric and a spectroscopic redshift")
    off = (found - truth)[good] / (1.0 + truth[good])
    rng = np.random.default_rng(seed)
    again = np.array([_three(rng.choice(off, len(off)), border) for _ in range(200)])
    return Scores(*_three(off, border), int(good.sum()), tuple(again.std(axis=0).tolist()))


def _three(off: np.ndarray, border: float) -> tuple[float, float, float]:
    middle = float(np.median(off))
    spread = 1.4826 * float(np.median(np.abs(off - middle)))
    return spread, middle, float(np.mean(np.abs(off) > border))


def pit_values(draws: np.ndarray, truth: np.ndarray) -> np.ndarray:
    r"""Where the truth lies among the draws of each galaxy, 0 to 1: uniform if they are right.

    Arguments:
        draws: Shape :math:`(N, n)`.
        truth: Shape :math:`(N,)`.
    """
    return np.asarray((np.asarray(draws) < np.asarray(truth)[:, None]).mean(axis=1))


@dataclass(frozen=True)
class TomographicBin:
    r"""Galaxies whose photometric redshift falls into one interval.

    Arguments:
        low: Lower end of the interval.
        high: Upper end.
        count: Number of galaxies.
        density: Their n(z) from the draws, on the edges given, integral 1, shape :math:`(K,)`.
        truth: The same of their spectroscopic redshifts; NaN where there are none.
        mean: Mean redshift from the draws.
        true_mean: Mean spectroscopic redshift; NaN where there are none.
    """

    low: float
    high: float
    count: int
    density: np.ndarray
    truth: np.ndarray
    mean: float
    true_mean: float


def tomographic_bins(
    draws: np.ndarray,
    borders: np.ndarray,
    edges: np.ndarray,
    truth: np.ndarray | None = None,
    kind: str = "median",
) -> list[TomographicBin]:
    r"""n(z) of bins of photometric redshift.

    Arguments:
        draws: Shape :math:`(N, n)`. With the population as prior the draws of a bin together are
            draws of its n(z); with another prior they are only a stack of posteriors.
        borders: Borders of the bins in photometric redshift, growing.
        edges: Where n(z) is tabulated, shape :math:`(K + 1,)`.
        truth: Spectroscopic redshifts, shape :math:`(N,)`.
        kind: The point estimate, as in `estimate`.
    """
    point = estimate(draws, kind)
    found = []
    for low, high in itertools.pairwise(borders):
        here = (point >= low) & (point < high)
        inside = np.asarray(draws)[here].ravel()
        known = np.empty(0) if truth is None else np.asarray(truth, float)[here]
        known = known[np.isfinite(known)]
        found.append(TomographicBin(
            float(low), float(high), int(here.sum()), _density(inside, edges),
            _density(known, edges), _mean(inside), _mean(known),
        ))  # fmt: skip
    return found


def _density(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.full(len(edges) - 1, np.nan)
    counts: Any = np.histogram(values, edges)[0]
    return np.asarray(counts / len(values) / np.diff(edges))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
