r"""Errors of a lens fit that hold: curvature, checked against the evidence, and what it misses."""

from __future__ import annotations

import numpy as np

from astroviz.lensing.fit_stages import Stage, moved_grid
from astroviz.lensing.lens_search import Clock, FreePrior, climb

__all__ = ["honest_covariance"]

_AWAY = 1.5  # standard deviations at which the evidence is asked


def honest_covariance(stage: Stage, prior: FreePrior, clock: Clock) -> np.ndarray:
    r"""Covariance of the free coordinates, shape :math:`(8, 8)`.

    The inverse curvature of the log posterior; each of its axes rescaled to the fall of the
    evidence that is found 1.5 standard deviations away (as far as the budget goes, longest axes
    first); times the reduced :math:`\chi^2` of the whitened residual where that is above 1; plus
    the square of what the summit moves when the source's grid is moved by half a pixel.

    Arguments:
        stage: The last stage.
        prior: Prior of the free coordinates.
        clock: The time that is left.
    """
    summit = stage.summit
    covariance = summit.covariance(prior)
    values, vectors = np.linalg.eigh(covariance)
    for k in np.argsort(-values):
        if not clock.check(0.93):
            break
        values[k] *= _rescale(stage, prior, vectors[:, k] * np.sqrt(values[k]))
    misfit = max(1.0, summit.evidence.solution.chi_square / stage.model.rays.used)
    covariance = misfit * (vectors * values) @ vectors.T
    if clock.check(0.93):
        covariance = covariance + _moves(stage, prior, clock)
    return covariance


def _rescale(stage: Stage, prior: FreePrior, step: np.ndarray) -> float:
    """Factor on the variance along a step, from the evidence on both of its sides."""
    falls = []
    for sign in (-1.0, 1.0):
        free = stage.summit.free + sign * _AWAY * step
        there = stage.model.log_evidence(free) + prior.log_prob(free)
        falls.append(stage.summit.log_posterior - there)
    fall = float(np.mean(falls))
    return float(np.clip(0.5 * _AWAY**2 / max(fall, 1e-3), 0.7, 9.0))


def _moves(stage: Stage, prior: FreePrior, clock: Clock) -> np.ndarray:
    moved = moved_grid(stage.model, 0.5, 0.5)
    summit = climb(moved, stage.summit.free, prior, 2, clock)
    change = summit.free - stage.summit.free
    return np.outer(change, change)
