r"""Moving weighted draws of a galaxy to its posterior by Markov chains that learn from each other.

Where few draws of the population resemble a galaxy, a crowd of walkers starts from those there
are, under errors made wide enough that a hundred draws count. Step by step the errors shrink to
the true ones; the crowd is resampled at each, and moved by differential evolution (a sequential
Monte Carlo sampler). The target is :math:`p(\theta) L(\theta)` in the parameters themselves, with
the density of the population.

References:
    ter Braak 2006, Statistics and Computing 16, 239 (differential evolution Markov chain);
    Del Moral, Doucet & Jasra 2006, J. R. Statist. Soc. B 68, 411 (sequential samplers).
"""

from __future__ import annotations

import numpy as np

from astroviz.core.request import Control
from astroviz.galaxies.object_weights import Light, Weighed, weigh_enough, with_common
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.pool import Pool

__all__ = ["SWEEPS", "WALKERS", "refine"]

WALKERS = 192
SWEEPS = 120
"""Sweeps over the crowd by default; of the first half some shrink the errors."""

_ENOUGH = 100.0  # effective draws from which errors are not widened further
_REDSHIFT = PARAMETERS.index("redshift")


def refine(
    pool: Pool,
    light: Light,
    n: int,
    rng: np.random.Generator,
    control: Control,
    sweeps: int = SWEEPS,
) -> tuple[np.ndarray, float]:
    r"""Draws of the posterior of one galaxy.

    Arguments:
        pool: Draws of the population, with a density.
        light: What was measured.
        n: Number of draws wanted.
        rng: Source of all randomness.
        control: Told of progress; may stop the work.
        sweeps: Times that every walker is moved.

    Returns:
        Parameters, shape :math:`(n, 11)`, and the part of the moves that was accepted.
    """
    found = weigh_enough(pool, light, 1024, rng, _ENOUGH)
    walkers = _draw(found, WALKERS, rng)
    free = np.array([not (k == _REDSHIFT and np.isfinite(light.redshift))
                     for k in range(len(PARAMETERS))])  # fmt: skip
    # walkers that start from the same draw must not stay on it
    spread = np.maximum(walkers.std(axis=0), 1e-4)
    walkers = walkers + 0.05 * spread * free * rng.normal(size=walkers.shape)
    prior, misfit = pool.log_density(walkers), _misfits(pool, light, walkers)
    lost = ~np.isfinite(prior)
    if lost.any():
        walkers[lost] = _draw(found, int(lost.sum()), rng)
        prior, misfit = pool.log_density(walkers), _misfits(pool, light, walkers)
    kept, accepted, heat = [], 0.0, found.widened**-2.0
    for sweep in range(sweeps):
        control.check()
        if heat < 1.0:  # the likelihood to this power
            last = sweep >= sweeps // 2
            heat, stays = _cooler(misfit, heat, rng, last)
            walkers, prior, misfit = walkers[stays], prior[stays], misfit[stays]
        for turn in (0, 1):
            moving = np.arange(WALKERS) % 2 == turn
            part = _move(pool, light, walkers, prior, misfit, moving, free, heat, rng)
            accepted += part / (2 * sweeps)
        if sweep >= sweeps * 2 // 3:
            kept.append(walkers.copy())
        control.progress((sweep + 1) / sweeps)
    crowd = np.concatenate(kept) if kept else walkers
    return crowd[rng.choice(len(crowd), n, replace=n > len(crowd))].astype(np.float32), accepted


def _cooler(
    misfit: np.ndarray, heat: float, rng: np.random.Generator, last: bool
) -> tuple[float, np.ndarray]:
    """The next power of the likelihood, and the walkers that stay, some more than once."""

    def weights(power: float) -> np.ndarray:
        # walkers that were lost have no weight
        level = -0.5 * (power - heat) * np.where(np.isfinite(misfit), misfit, 1e30)
        return np.asarray(np.exp(level - level.max()))

    low, high = heat, 1.0
    if not last and weights(1.0).sum() ** 2 / (weights(1.0) ** 2).sum() < 0.75 * len(misfit):
        for _ in range(30):
            middle = 0.5 * (low + high)
            w = weights(middle)
            enough = w.sum() ** 2 / (w**2).sum() >= 0.75 * len(misfit)
            low, high = (middle, high) if enough else (low, middle)
        high = max(low, heat + 1e-6)
    share = np.cumsum(weights(high))
    steps = (np.arange(len(misfit)) + rng.random()) / len(misfit) * share[-1]
    stays = np.minimum(np.searchsorted(share, steps, side="right"), len(misfit) - 1)
    return high, rng.permutation(stays)


def _draw(found: Weighed, n: int, rng: np.random.Generator) -> np.ndarray:
    weight = np.exp(found.log_weight - np.max(found.log_weight))
    weight = (
        weight / weight.sum() if np.isfinite(weight).all() else np.ones(len(weight)) / len(weight)
    )
    return found.theta[rng.choice(len(weight), n, p=weight)].astype(float)


def _misfits(pool: Pool, light: Light, theta: np.ndarray) -> np.ndarray:
    """Sum of squares of the residuals in units of the errors, shape (n,)."""
    if not light.bands:
        return np.zeros(len(theta))
    fluxes = pool.light(theta, light.bands)
    found = (with_common(pool, light).whitened(fluxes - light.flux) ** 2).sum(axis=1)
    return np.where(np.isfinite(found), found, np.inf)


def _move(
    pool: Pool, light: Light, walkers: np.ndarray, prior: np.ndarray, misfit: np.ndarray,
    moving: np.ndarray, free: np.ndarray, heat: float, rng: np.random.Generator,
) -> float:  # fmt: skip
    """Move half of the walkers along differences of the others, in place; part accepted."""
    here, others = np.flatnonzero(moving), np.flatnonzero(~moving)
    count = len(here)
    first = rng.choice(others, count)
    second = others[(np.searchsorted(others, first) + rng.integers(1, len(others), count))
                    % len(others)]  # fmt: skip
    # some parameters of each walker at a time: all would rarely be accepted together
    part = rng.choice([0.25, 0.5, 1.0], count)[:, None]
    chosen = (rng.random((count, walkers.shape[1])) < part) & free
    size = 2.38 / np.sqrt(2.0 * np.maximum(chosen.sum(axis=1), 1))
    size = np.where(rng.random(count) < 0.1, 1.0, size * rng.uniform(0.4, 1.0, count))
    step = size[:, None] * (walkers[first] - walkers[second])
    step += 1e-3 * np.maximum(walkers[others].std(axis=0), 1e-5) * rng.normal(size=step.shape)
    trial = walkers[here] + step * chosen
    level = pool.log_density(trial)
    fit = np.full(count, np.inf)
    inside = np.isfinite(level)
    if inside.any():
        fit[inside] = _misfits(pool, light, trial[inside])
    gain = level - prior[here] - 0.5 * heat * (fit - misfit[here])
    yes = inside & (np.log(rng.random(count)) < gain)
    at = here[yes]
    walkers[at], prior[at], misfit[at] = trial[yes], level[yes], fit[yes]
    return float(yes.mean())
