r"""One galaxy against every draw of a population: how much each draw counts.

With draws :math:`\theta_k` of the population :math:`p(\theta)` and a likelihood :math:`L`, the
weights :math:`L(\theta_k)` make them draws of the posterior. Of :math:`10^5` draws few have the
brightness of a galaxy that is measured to a percent. But a spectrum scales with its mass, so each
draw is moved in mass to the brightness of the galaxy first, by :math:`\Delta = \log_{10} A` with
:math:`A` drawn from the normal law that the likelihood has in it. The move is made good by a
weight in which a normal law :math:`\kappa` of width :math:`h` says from where a draw may have
come:

.. math:: w = \frac{p(\phi, M + \Delta)}{p(\phi, M)} \;
    \frac{L(\phi, M + \Delta)}{q(\Delta)} \; \kappa(\Delta)

This is importance sampling in the joint space of the old and the new mass (Del Moral, Doucet &
Jasra 2006): exact for any :math:`h`. A redshift that is given moves draws in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtri, logsumexp

from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.pool import Pool

__all__ = [
    "LEAST",
    "Light",
    "Weighed",
    "effective_size",
    "light_of",
    "weigh",
    "weigh_enough",
    "with_common",
]

_MASS, _REDSHIFT = PARAMETERS.index("log_mass_formed"), PARAMETERS.index("redshift")
_WIDTH = 0.12  # dex: h of the move in mass
_REACH = 0.02  # h of the move in redshift, per 1 + z
_BRIGHT = 8.0  # signal to noise of the whole from which draws are moved in mass
_NEAR = 8192  # draws that are photometered again at a redshift that is given
_LN10 = float(np.log(10.0))
_SCALES = (1.0, 1.5, 2.0, 3.0, 4.5, 7.0, 10.0)

LEAST = 20.0
"""Effective draws that an answer has at least; errors are widened until it has."""


@dataclass(frozen=True)
class Light:
    r"""What was measured of one galaxy.

    Arguments:
        bands: Names of the :math:`B` bands that were observed.
        flux: Maggies, shape :math:`(B,)`; negative and zero fluxes count like any other.
        sigma: One standard deviation, maggies, shape :math:`(B,)`.
        redshift: A redshift that is known from elsewhere; NaN for none.
        common: Scatter that all bands have in common, maggies, shape :math:`(B,)`; None for none.
    """

    bands: tuple[str, ...]
    flux: np.ndarray
    sigma: np.ndarray
    redshift: float = float("nan")
    common: np.ndarray | None = None

    def whitened(self, fluxes: np.ndarray) -> np.ndarray:
        r"""Fluxes in units of their errors, :math:`C^{-1/2}` of them, shape (..., B).

        With :math:`v` the common scatter over the errors, :math:`C = 1 + v v^\top` there, and its
        inverse root shortens what lies along :math:`v` by :math:`\sqrt{1 + v^2}`.
        """
        scaled = np.asarray(fluxes / self.sigma)
        if self.common is None or not np.any(self.common):
            return scaled
        v = self.common / self.sigma
        norm = float(v @ v)
        part = (1.0 - 1.0 / np.sqrt(1.0 + norm)) / norm
        return np.asarray(scaled - part * (scaled @ v)[..., None] * v)


@dataclass(frozen=True)
class Weighed:
    r"""Candidates for the posterior of one galaxy.

    Arguments:
        index: Draw of the pool that each of :math:`C` candidates comes from, shape :math:`(C,)`.
        theta: Parameters of the candidates, shape :math:`(C, 11)`.
        shift: How far each was moved in mass, dex, shape :math:`(C,)`.
        log_weight: Log weights that remain, shape :math:`(C,)`.
        log_evidence: Log probability density of the photometry under the population, per
            magnitude in each band.
        effective: Effective number of draws of the pool that take part.
        score: Smallest misfit of any draw over the misfit that noise exceeds once in a thousand;
            above 1 no galaxy of the population looks like this one.
        widened: Factor by which the errors were widened.
    """

    index: np.ndarray
    theta: np.ndarray
    shift: np.ndarray
    log_weight: np.ndarray
    log_evidence: float
    effective: float
    score: float
    widened: float = 1.0


def effective_size(log_weight: np.ndarray, index: np.ndarray | None = None) -> float:
    r"""Effective number of weighted draws, :math:`(\sum w)^2 / \sum w^2`.

    Arguments:
        log_weight: Shape :math:`(n,)`.
        index: Which of them are the same draw, whose weights are added first.
    """
    if not len(log_weight) or not np.isfinite(log_weight).any():
        return 0.0
    w = np.exp(log_weight - np.max(log_weight))
    if index is not None:
        w = np.bincount(np.unique(index, return_inverse=True)[1], w)
    return float(w.sum() ** 2 / (w**2).sum())


def weigh(pool: Pool, light: Light, count: int, rng: np.random.Generator) -> Weighed:
    r"""Candidates for the posterior of one galaxy, and their weights.

    Arguments:
        pool: Draws of the population.
        light: What was measured.
        count: Number :math:`C` of candidates.
        rng: Source of all randomness.
    """
    light = with_common(pool, light)
    at = np.arange(len(pool))
    theta, level = pool.theta, np.zeros(len(pool))
    if np.isfinite(light.redshift):
        at, theta, level = _at_redshift(pool, light.redshift, rng)
        fluxes = pool.light(theta, light.bands) if light.bands else np.zeros((len(at), 0))
    else:
        fluxes = pool.fluxes(light.bands) if light.bands else np.zeros((len(pool), 0))
    misfit, amplitude, variance = _fit(fluxes, light)
    moved = pool.has_density and _is_bright(light)
    if moved:
        size = np.log10(np.maximum(amplitude, 1e-30))
        first = -0.5 * misfit + _move(size, amplitude, variance)
        first = np.where(amplitude > 0, first, -np.inf) + level
    else:
        first = -0.5 * (misfit + (amplitude - 1.0) ** 2 / np.maximum(variance, 1e-300)) + level
    best = float(np.min(misfit if moved else -2.0 * (first - level)))
    if not np.isfinite(first).any():
        first = -0.5 * misfit
    chosen = _resample(first, count, rng)
    found = theta[chosen].copy()
    shift, log_weight = np.zeros(count), np.zeros(count)
    if moved:
        shift, log_weight = _shifted(amplitude[chosen], variance[chosen], rng)
        found[:, _MASS] += shift.astype(np.float32)
    if pool.has_density and (moved or np.isfinite(light.redshift)):
        log_weight = log_weight + pool.log_density(found) - pool.levels(at[chosen])
    log_weight = np.where(np.isnan(log_weight), -np.inf, log_weight)
    evidence = _evidence(first, log_weight, light)
    size_left = effective_size(log_weight, at[chosen])
    return Weighed(at[chosen], found, shift, log_weight, evidence, size_left,
                   _score(best, len(light.bands), moved))  # fmt: skip


def weigh_enough(
    pool: Pool, light: Light, count: int, rng: np.random.Generator, least: float = LEAST
) -> Weighed:
    r"""As `weigh`, with errors widened until enough draws count.

    A galaxy that hardly a draw resembles would have a posterior of one draw, without any width.
    With wider errors it has one that is too wide, which is the safe side; `widened` says so.

    Arguments:
        pool: Draws of the population.
        light: What was measured.
        count: Number of candidates.
        rng: Source of all randomness.
        least: Effective draws that count at least; fewer only where a tenfold error gives fewer.

    Returns:
        Candidates; evidence and score are those of the errors as they are.
    """
    first: Weighed | None = None
    for scale in _SCALES:
        found = weigh(pool, replace(light, sigma=light.sigma * scale), count, rng)
        first = first or found
        if found.effective >= least:
            break
    assert first is not None
    return replace(found, log_evidence=first.log_evidence, score=first.score, widened=scale)


def _fit(fluxes: np.ndarray, light: Light) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Misfit of each draw at its best brightness, that brightness and its variance, (N,) each."""
    if not len(light.bands):
        return np.zeros(len(fluxes)), np.ones(len(fluxes)), np.full(len(fluxes), 1e300)
    scaled, data = light.whitened(fluxes), light.whitened(light.flux)
    power = np.maximum((scaled**2).sum(axis=1), 1e-300)
    product = scaled @ data
    misfit = np.maximum(float(data @ data) - product**2 / power, 0.0)
    return misfit, product / power, 1.0 / power


def _is_bright(light: Light) -> bool:
    return bool(np.sqrt(np.sum((light.flux / light.sigma) ** 2)) > _BRIGHT)


def _move(size: np.ndarray, amplitude: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log of the law of where a draw came from over the law of where it went, at its best."""
    origin = -0.5 * (size / _WIDTH) ** 2 - np.log(_WIDTH)
    return origin + 0.5 * np.log(variance) - np.log(np.maximum(amplitude, 1e-30) * _LN10)


def _shifted(
    amplitude: np.ndarray, variance: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Moves in mass, dex, and the log weight that they add to that of the best brightness."""
    drawn = amplitude + np.sqrt(variance) * rng.normal(size=len(amplitude))
    positive = np.maximum(drawn, 1e-30)
    shift, best = np.log10(positive), np.log10(amplitude)
    change = -0.5 * (shift**2 - best**2) / _WIDTH**2 + np.log(amplitude / positive)
    return shift, np.where(drawn > 0, change, -np.inf)


def _at_redshift(
    pool: Pool, redshift: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draws of similar redshift moved to the one that is given: which, parameters, log weights."""
    own = pool.theta[:, _REDSHIFT].astype(float)
    reach = _REACH * (1.0 + redshift)
    near = np.flatnonzero(np.abs(own - redshift) < 3 * reach)
    if len(near) < 256:
        near = np.argsort(np.abs(own - redshift), kind="stable")[:256]
    part = np.log(len(near) / len(pool))  # those that are left out count through those taken
    if len(near) > _NEAR:
        near = rng.choice(near, _NEAR, replace=False)
    theta = pool.theta[near].copy()
    theta[:, _REDSHIFT] = redshift
    level = -0.5 * ((own[near] - redshift) / reach) ** 2 - np.log(reach * np.sqrt(2 * np.pi))
    return near, theta, level + part


def _resample(log_weight: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Systematic resampling: `count` places, as often as the weights say."""
    grown = np.cumsum(np.exp(log_weight - np.max(log_weight)))
    steps = (np.arange(count) + rng.random()) / count * grown[-1]
    return np.minimum(np.searchsorted(grown, steps, side="right"), len(log_weight) - 1)


def _evidence(first: np.ndarray, log_weight: np.ndarray, light: Light) -> float:
    """Log of the mean weight, in a density per magnitude of each band."""
    if not len(light.bands):
        return 0.0
    mean = logsumexp(first) - np.log(len(first)) + logsumexp(log_weight) - np.log(len(log_weight))
    size = np.maximum(np.abs(light.flux), light.sigma)
    per_magnitude = np.log(size * 0.4 * _LN10 / light.sigma) - 0.5 * np.log(2 * np.pi)
    spread = 0.0 if light.common is None else float(np.square(light.common / light.sigma).sum())
    return float(mean + per_magnitude.sum() - 0.5 * np.log1p(spread))


def _score(best: float, bands: int, moved: bool) -> float:
    free = max(bands - int(moved), 1)
    return best / float(chdtri(free, 1e-3)) if bands else 0.0


def with_common(pool: Pool, light: Light) -> Light:
    """The same with the scatter that the survey of the pool has in common between bands."""
    shared = np.array([pool.shared.get(band, 0.0) for band in light.bands])
    if not shared.any():
        return light
    return replace(light, common=0.4 * _LN10 * shared * np.maximum(light.flux, 0.0))


def light_of(bands: Sequence[str], flux: np.ndarray, sigma: np.ndarray) -> Light:
    """A `Light` of the bands that have a flux and an error."""
    good = np.isfinite(flux) & np.isfinite(sigma) & (sigma > 0)
    names = tuple(band for band, use in zip(bands, good, strict=True) if use)
    return Light(names, np.asarray(flux, float)[good], np.asarray(sigma, float)[good])
