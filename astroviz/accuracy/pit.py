r"""Probability integral transforms: where a measured value falls in its predictive distribution.

Needs no truth, so it works on real stars: predict a quantity that the model was not given and see
where the measurement lands. Uniform means that the predictions and their widths are right.

References:
    | Probabilistic forecasts, calibration and sharpness (Gneiting, Balabdaoui & Raftery 2007)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.accuracy.calibration import coverage, ks_test, ranks

__all__ = ["PitSummary", "pit", "summarise_pit"]


@dataclass(frozen=True)
class PitSummary:
    r"""Summary of a set of transforms.

    Arguments:
        count: Measurements.
        mean: Mean, 0.5 for unbiased predictions; above where measurements exceed predictions.
        mean_error: Standard error of the mean, were the predictions right.
        variance_ratio: Variance over that of a uniform distribution: above 1 where predictions
            are too narrow, below where they are too wide.
        coverage68: Part of the measurements in the central 68 % interval.
        coverage90: Part in the central 90 % interval.
        ks_p: p-value of the Kolmogorov-Smirnov test.
    """

    count: int
    mean: float
    mean_error: float
    variance_ratio: float
    coverage68: float
    coverage90: float
    ks_p: float


def pit(
    measured: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None = None, seed: int = 0
) -> np.ndarray:
    r"""Transform of each measurement.

    Arguments:
        measured: Measured values, shape :math:`(N,)`.
        predictions: Draws of the measurement, noise included, shape :math:`(N, L)`.
        weights: Weights of the draws, shape :math:`(N, L)`.
        seed: Seed of the tie-breaking.

    Returns:
        Transforms in 0 to 1, shape :math:`(N,)`.
    """
    measured, predictions = np.asarray(measured), np.asarray(predictions)
    return ranks(measured[:, None], predictions[:, :, None], weights, seed)[:, 0]


def summarise_pit(u: np.ndarray) -> PitSummary:
    r"""Summary of transforms, shape :math:`(N,)`."""
    u = np.asarray(u, dtype=float).ravel()
    if len(u) == 0:
        raise ValueError("there is no measurement to summarise")
    narrow, wide = coverage(u, 0.68)[0], coverage(u, 0.9)[0]
    return PitSummary(
        count=len(u),
        mean=float(u.mean()),
        mean_error=float(np.sqrt(1 / 12 / len(u))),
        variance_ratio=float(((u - 0.5) ** 2).mean() * 12),
        coverage68=float(narrow),
        coverage90=float(wide),
        ks_p=float(ks_test(u)[1]),
    )
