r"""From the settings of the selection builder to the terms of a selection, and to tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.selection import Completeness, MagnitudeLimit, Selection, SignalToNoise
from astroviz.galaxies.selection_answers import SelectionQuestion

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.galaxies.selection_answers import Seen
    from astroviz.galaxies.selection_light import PriorKey

__all__ = ["EXTENTS", "PRIORS", "logistic_curve", "question", "selection", "tables"]

EXTENTS: Final[dict[str, tuple[float, float]]] = {
    "u": (-0.2, 3.2), "g": (-0.4, 2.4), "r": (-0.4, 1.6), "i": (-0.4, 1.2), "z": (-0.5, 1.2),
    "y": (-0.6, 1.4), "vis": (-0.5, 3.0), "j": (-0.6, 1.2), "h": (-0.6, 1.2),
}  # fmt: skip
"""Ends of the axis of a colour, mag, by the bluer of its bands."""

PRIORS: Final[dict[str, PriorKey]] = {
    "population": ("survey", None, None),
    "prior": ("survey", None, None),
    "deep": ("survey", 23.0, 0.8),
}
"""Source of galaxies to the prior that they are drawn from, where no population is fitted."""

_USUAL: Final = (-0.6, 1.8)


def logistic_curve(band: str, half: float, width: float, points: int = 25) -> Completeness:
    r"""A curve of completeness that falls from one to zero.

    .. math:: c(m) = \left[1 + e^{4 (m - m_{1/2}) / w}\right]^{-1}

    Arguments:
        band: The band.
        half: :math:`m_{1/2}`, AB.
        width: :math:`w`, mag: it falls from 88 to 12 % in so many magnitudes.
        points: Where it is tabulated.

    Example:
        >>> curve = logistic_curve("sdss_r", 20.0, 1.0, 3)
        >>> [round(part, 3) for part in curve.fractions]
        [0.998, 0.5, 0.002]
    """
    offsets = np.linspace(-1.5, 1.5, points) * width
    parts = 1 / (1 + np.exp(4 * offsets / width))
    return Completeness(band, [half + float(d) for d in offsets], [float(p) for p in parts])


def selection(state: Any) -> Selection:
    """What a `SelectionState` keeps."""
    bands, band = state.survey_bands(), state.limit_band()
    terms: list[Any] = []
    if state.use_limit:
        terms.append(MagnitudeLimit(band, state.selection_limit, width=state.selection_edge))
    if state.use_noise:
        terms.append(SignalToNoise(band, state.selection_noise))
    if state.use_curve:
        terms.append(logistic_curve(band, state.selection_half, state.selection_slope))
    if state.use_wedge:
        a, b, c = state.plane()
        terms += state.wedge().terms((a, b), (b, c))
    return Selection(tuple(terms), bands)


def question(state: Any) -> SelectionQuestion:
    """What a `SelectionState` asks."""
    from astroviz.galaxies.selection_state import CURVES, short

    bands, plane = state.survey_bands(), state.plane()
    ends = [EXTENTS.get(short(band), _USUAL) for band in plane[:2]]
    return SelectionQuestion(
        population=state.selection_population,
        noise=NoiseModel.from_depth(state.selection_survey, bands, deeper=state.selection_depth),
        noise_key=(state.selection_survey, state.selection_depth),
        selection=selection(state),
        plane=plane,
        extent=(*ends[0], *ends[1]),
        names=tuple(dict.fromkeys((*CURVES, state.selection_quantity))),
        n=state.selection_draws,
        seed=state.seed,
        prior=PRIORS[state.selection_source],
    )


def tables(seen: Seen) -> dict[str, QTable]:
    """Everybody with light and weight, and the histograms."""
    from astropy.table import QTable

    galaxies = seen.draws(true=True).to_table()
    galaxies.meta["selection"] = seen.question.selection.to_json()
    found = {"Galaxies with magnitudes and weights": galaxies}
    for name, counted in seen.counted.items():
        table = QTable()
        table[f"{name}_low"], table[f"{name}_high"] = counted.edges[:-1], counted.edges[1:]
        table["draws"], table["selected"] = counted.everyone, counted.chosen
        table["completeness"], table["completeness_error"] = counted.completeness, counted.spread
        found[f"Histogram of {name}"] = table
    return found
