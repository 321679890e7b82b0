r"""What can be checked of a learned correction: whether it knows perturbations it has not seen.

Fresh draws of the law are fitted by the directions between the Einstein radii where arcs lie. The
part of their variance that is explained says whether the directions are enough; the latents over
the standard deviations of their prior, whose mean square should be 1, whether the prior is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.lensing.train_correction import left_over

if TYPE_CHECKING:
    from astroviz.lensing.correction import Correction

__all__ = ["checks"]

_EXPLAINED, _SPREAD = 0.75, 0.3
_APART = 10_000  # from the seeds of the training


def checks(correction: Correction, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
    r"""Blocks for `accuracy.report.verdicts`.

    Arguments:
        correction: The learned directions.
        seed: Seed of the fresh draws.
        quick: With fewer of them.
    """
    draws = 60 if quick else 300
    pixels = correction.basis.shape[-1]
    fresh, weight = left_over(draws, seed + _APART, pixels, correction.half_width)
    unseen = fresh.reshape(draws, -1) * weight
    basis = correction.basis.reshape(correction.size, -1) * weight
    latents = np.linalg.lstsq(basis.T, unseen.T, rcond=None)[0].T
    missed = np.square(unseen - latents @ basis).sum(1) / np.square(unseen).sum(1)
    squares = (latents**2 / correction.variances).mean(1)
    error = float(squares.std(ddof=1) / np.sqrt(draws))
    return [
        {
            "kind": "values", "name": "variance of unseen draws explained",
            "values": 1 - missed, "errors": np.full(draws, missed.std(ddof=1)),
            "statistic": "mean", "sense": "at least", "goal": _EXPLAINED,
        },
        {
            "kind": "values", "name": "mean square of latents over their prior, distance from 1",
            "values": np.array([abs(squares.mean() - 1)]), "errors": np.array([error]),
            "statistic": "mean", "sense": "at most", "goal": _SPREAD,
        },
    ]  # fmt: skip
