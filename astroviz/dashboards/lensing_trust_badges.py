"""Badges of samplers: what a study and the test of coverage say of each, in a matrix."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.accuracy.tarp import Tarp, credibilities, expected_coverage
from astroviz.lensing.sampler_words import LABELS
from astroviz.lensing.trust_state import JUDGED

__all__ = ["COLUMNS", "cell_of", "coverage_of", "matrix_of", "verdict"]

COLUMNS = ("verdict", "variance", "mean", "TARP", "variance", "mean", "TARP")
"""What is measured here, then what is shipped: ratios to exact variance and Monte-Carlo floor."""

_VARIANCE = (0.97, 1.03)
_MEAN = 1.1
_SCALE = 0.25  # of the logarithm of a ratio: the ends of the colours


def coverage_of(study: Any, seed: int = 0) -> Tarp:
    """The test of coverage of a study, with its own references."""
    parts = credibilities(study.truths, study.draws, study.references, seed)
    return expected_coverage(parts, seed)


def verdict(variance: float, mean: float, inside: bool, error: float = 0.0) -> tuple[str, float]:
    r"""A word and a colour for a sampler.

    Arguments:
        variance: Sampled over exact variance.
        mean: Error of the mean over its floor.
        inside: Whether its coverage stays in the band.
        error: Standard error of the variance ratio.
    """
    slack = 2 * (error if math.isfinite(error) else 0.0)
    if not math.isfinite(variance) or variance > 10:
        return "diverges", 1.0
    if variance < _VARIANCE[0] - slack:
        return "too narrow", -1.0
    if variance > _VARIANCE[1] + slack:
        return "too wide", 1.0
    if mean > _MEAN or not inside:
        return "biased", 1.0
    return "\u2713 true", 0.0


def matrix_of(
    studies: Mapping[str, Any], tests: Mapping[str, Tarp], stored: Mapping[str, Any]
) -> tuple[list[str], np.ndarray, list[list[str]], list[list[str]]]:
    r"""What the matrix of badges shows.

    Arguments:
        studies: Sampler to what was measured here.
        tests: Sampler to its test of coverage.
        stored: Sampler to the shipped figures.

    Returns:
        Names of rows, signed values, texts, words; see `plots.matrix`.
    """
    values = np.full((len(JUDGED), len(COLUMNS)), np.nan)
    texts = [[""] * len(COLUMNS) for _ in JUDGED]
    words = [[f"{LABELS[name]}: not measured yet"] * len(COLUMNS) for name in JUDGED]
    for row, name in enumerate(JUDGED):
        if name in studies:
            one, test = studies[name], tests[name]
            found = (one.variance_ratio, one.mean_error, test.distance, test.inside)
            word, colour = verdict(found[0], found[1], found[3], one.ratio_error)
            values[row, 0], texts[row][0] = colour, word
            _fill(values, texts, row, 1, *found)
            said = (
                f"{LABELS[name]}, {len(one.truths)} observations of {one.draws.shape[1]} draws: "
                f"variance ratio {found[0]:.3f} \u00b1 {one.ratio_error:.3f}, mean error "
                f"{found[1]:.3f} times the floor, TARP {found[2]:.3f} from the diagonal"
            )
            words[row][:4] = [said] * 4
        if name in stored:
            kept = stored[name]
            _fill(values, texts, row, 4, kept["variance_ratio"], kept["mean_error"],
                  kept["tarp_distance"], kept["tarp_inside"])  # fmt: skip
            words[row][4:] = [f"{LABELS[name]}, shipped: {kept.get('words', '')}"] * 3
    return [LABELS[name] for name in JUDGED], values, texts, words


def cell_of(
    title: str, study: Any, test: Tarp | None, stored: Mapping[str, Any] | None
) -> tuple[float, str, str] | None:
    r"""Colour, text and words of one sampler on one problem; None where nothing is known.

    Arguments:
        title: What it is.
        study: What was measured here, which goes before what is shipped.
        test: Its test of coverage.
        stored: The shipped figures.
    """
    if study is not None and test is not None:
        variance, mean, error = study.variance_ratio, study.mean_error, study.ratio_error
        distance, inside, whose = test.distance, test.inside, "measured here"
    elif stored is not None:
        variance, mean, error = stored["variance_ratio"], stored["mean_error"], 0.0
        distance, inside, whose = stored["tarp_distance"], stored["tarp_inside"], "shipped"
    else:
        return None
    word, _ = verdict(variance, mean, inside, error)
    good = word.startswith("\u2713")
    told = "calibrated" if good else word
    said = (
        f"{title} ({whose}): {told}; variance {variance:.3f}, mean error "
        f"{mean:.2f} times the floor, TARP {distance:.3f} from the diagonal"
    )
    text = f"\u2713 {_short(variance)}" if good else _short(variance)
    return math.log(max(variance, 1e-6)) / _SCALE, text, said


def _fill(
    values: np.ndarray,
    texts: list[list[str]],
    row: int,
    start: int,
    variance: float,
    mean: float,
    distance: float,
    inside: bool,
) -> None:
    ratio = math.log(max(variance, 1e-6)) / _SCALE
    off = max(math.log(max(mean, 1e-6)), 0.0) / _SCALE
    values[row, start : start + 3] = [ratio, off, 0.0 if inside else 1.0]
    texts[row][start : start + 3] = [_short(variance), _short(mean), _short(distance)]


def _short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
