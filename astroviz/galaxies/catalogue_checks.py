r"""What a table does not say of itself: rows that repeat, magnitudes in the wrong system.

AB and Vega magnitudes differ by up to two magnitudes in the ultraviolet and the infrared, more
than galaxies differ from each other: colours that no galaxy of the models has, and that some have
once a survey's magnitudes are taken to be in the other system, give the mistake away.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from astroviz.galaxies.magnitude_scales import AB_MINUS_VEGA
from astroviz.galaxies.parameters import GalaxyError

__all__ = ["check_system", "repeated", "system_distances"]

_SAMPLE: Final = 400
_MODELS: Final = 4000
_SOFT: Final = 0.05  # mag: how far models may be from galaxies
_RATIO: Final = 1.8
_APART: Final = 0.5  # distance, in errors per colour, below which there is nothing to complain of
_OTHER: Final = {"ab": "vega", "vega": "ab"}


def repeated(values: np.ndarray) -> np.ndarray:
    r"""For each row the first row that is equal to it in all numbers; -1 where there is none.

    Arguments:
        values: Shape :math:`(N, B)`; rows without any number repeat nothing.
    """
    rows = np.ascontiguousarray(np.asarray(values, dtype=np.float64))
    rows = np.where(np.isnan(rows), np.nan, rows)  # one bit pattern for all gaps
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    found = first[inverse.ravel()]
    again = (found != np.arange(len(found))) & np.isfinite(values).any(1)
    return np.where(again, found, -1)


def check_system(
    magnitudes: np.ndarray,
    errors: np.ndarray,
    bands: Sequence[str],
    scales: Mapping[str, str],
    seed: int = 0,
) -> None:
    r"""Ask, when the colours say that AB and Vega were mixed up.

    Arguments:
        magnitudes: AB as they were declared to be, shape :math:`(N, B)`.
        errors: Their errors, mag.
        bands: Names of the bands.
        scales: Band to the scale that was declared.
        seed: Of the galaxies that are looked at.

    Raises:
        GalaxyError: the galaxies lie on the models in another system, not in the declared one.
    """
    if len(bands) < 3:
        return
    found = system_distances(magnitudes, errors, bands, scales, seed)
    if len(found) < 2:
        return
    declared = found[()]
    best = min(found, key=lambda flipped: found[flipped])
    if not best or declared < _APART or declared < _RATIO * found[best]:
        return
    named = ", ".join(
        f"{survey} is {'Vega' if _scale(survey, bands, scales) == 'ab' else 'AB'}"
        for survey in best
    )
    now = ", ".join(f"'{survey}': '{_scale(survey, bands, scales)}'" for survey in best)
    then = ", ".join(f"'{survey}': '{_OTHER[_scale(survey, bands, scales)]}'" for survey in best)
    raise GalaxyError(
        f"the colours are those of no galaxy as declared ({now}), but of galaxies if {named}: the "
        f"typical distance to the models falls from {declared:.2f} to {found[best]:.2f} errors. "
        f"Say photometry={{{then}}}; or, if the table is right, ask=False."
    )


def system_distances(
    magnitudes: np.ndarray,
    errors: np.ndarray,
    bands: Sequence[str],
    scales: Mapping[str, str],
    seed: int = 0,
) -> dict[tuple[str, ...], float]:
    r"""Typical distance of the galaxies to models, for each set of surveys in the other system.

    Arguments:
        magnitudes: AB as declared, shape :math:`(N, B)`.
        errors: Their errors, mag.
        bands: Names of the bands.
        scales: Band to the scale that was declared.
        seed: Of the galaxies that are looked at.

    Returns:
        Surveys that were flipped, to the median distance to the nearest model in colours, in units
        of the errors and 0.05 mag together, per colour.
    """
    from scipy.spatial import cKDTree

    whole = np.flatnonzero(np.isfinite(magnitudes).all(1) & (errors < 0.3).all(1))
    if not len(whole):
        return {}
    rows = np.random.default_rng(seed).permutation(whole)[:_SAMPLE]
    error = np.sqrt(np.median(errors[rows], axis=0) ** 2 + _SOFT**2)
    scale = np.hypot(error[:-1], error[1:])
    tree = cKDTree(-np.diff(_model_magnitudes(tuple(bands)), axis=1) / scale)
    found = {}
    for flipped in _subsets(_changeable(bands, scales)):
        shift = np.array([_shift(band, flipped, scales) for band in bands])
        colours = -np.diff(magnitudes[rows].astype(float) + shift, axis=1) / scale
        distance, _ = tree.query(colours)
        found[flipped] = float(np.median(distance) / np.sqrt(len(scale)))
    return found


@functools.lru_cache(maxsize=8)
def _model_magnitudes(bands: tuple[str, ...]) -> np.ndarray:
    """Magnitudes of galaxies that there may be, shape (M, B)."""
    import torch

    from astroviz.galaxies.priors import PopulationPrior
    from astroviz.galaxies.sps import synthesis

    theta = PopulationPrior("popsed").sample(_MODELS, torch.Generator().manual_seed(0))
    with torch.no_grad():
        found: np.ndarray = synthesis().magnitudes(theta, bands).double().numpy()
    return found[np.isfinite(found).all(1)]


def _changeable(bands: Sequence[str], scales: Mapping[str, str]) -> list[str]:
    """Surveys whose bands are all in AB or all in Vega, with known offsets."""
    surveys = dict.fromkeys(band.partition("_")[0] for band in bands)
    return [
        survey
        for survey in surveys
        if _scale(survey, bands, scales) in _OTHER
        and all(band in AB_MINUS_VEGA for band in bands if band.partition("_")[0] == survey)
    ]


def _scale(survey: str, bands: Sequence[str], scales: Mapping[str, str]) -> str:
    kinds = {scales[band] for band in bands if band.partition("_")[0] == survey}
    return kinds.pop() if len(kinds) == 1 else ""


def _subsets(surveys: Sequence[str]) -> list[tuple[str, ...]]:
    counts = range(len(surveys) + 1)
    return [some for k in counts for some in itertools.combinations(surveys, k)]


def _shift(band: str, flipped: Sequence[str], scales: Mapping[str, str]) -> float:
    if band.partition("_")[0] not in flipped:
        return 0.0
    return AB_MINUS_VEGA[band] if scales[band] == "ab" else -AB_MINUS_VEGA[band]
