r"""Where the stars of a catalogue fall: colour-magnitude and Hertzsprung-Russell diagram, sky."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from astroviz.io.observations import Observations, State
from astroviz.stars.catalogue import Catalogue
from astroviz.stars.surveys import BANDS

__all__ = ["colour_magnitude", "colour_magnitude_labels", "hr_diagram", "sky"]

Points = tuple[np.ndarray, np.ndarray, np.ndarray]

_PARALLAX_SIGNIFICANCE = 3.0


def _observed(observations: Observations, name: str) -> np.ndarray:
    """Values of a quantity where it was observed, NaN elsewhere, shape (N,)."""
    column = observations.index(name)
    seen = observations.states[:, column] == State.OBSERVED
    return np.where(seen, observations.values[:, column], np.nan)


def _finite(x: np.ndarray, y: np.ndarray) -> Points:
    rows = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    return x[rows], y[rows], rows


def colour_magnitude(
    observations: Observations, blue: str, red: str, bright: str, absolute: bool
) -> Points:
    r"""Colour, magnitude and row of the stars that have all of the bands.

    Arguments:
        observations: The table.
        blue: First band of the colour.
        red: Second band of the colour.
        bright: Band of the magnitude.
        absolute: Take the distance modulus of the parallax off, where the parallax is of 3 sigma
            or better; dust stays in.

    Returns:
        Colour and magnitude (Vega mag) and row numbers, each of shape :math:`(k,)`.
    """
    magnitude = _observed(observations, bright)
    if absolute:
        column = observations.index("parallax")
        parallax, error = _observed(observations, "parallax"), observations.errors[:, column]
        with np.errstate(invalid="ignore", divide="ignore"):
            good = parallax > _PARALLAX_SIGNIFICANCE * np.where(np.isfinite(error), error, 0.0)
            good &= parallax > 0
            modulus = 10.0 - 5.0 * np.log10(np.where(good, parallax, np.nan))
        magnitude = magnitude - modulus
    return _finite(_observed(observations, blue) - _observed(observations, red), magnitude)


def colour_magnitude_labels(blue: str, red: str, bright: str, absolute: bool) -> tuple[str, str]:
    """Axis labels of the colour-magnitude diagram, with units."""
    label = {band.name: band.label for band in BANDS}
    before = "M " if absolute else ""
    return (
        f"{label[blue]} - {label[red]} (Vega mag)",
        f"{before}{label[bright]} (Vega mag{', absolute, dust in' if absolute else ''})",
    )


def hr_diagram(catalogue: Catalogue, answers: Mapping[str, np.ndarray]) -> Points:
    r"""Effective temperature (K), log luminosity (solar) and row of the stars that have both.

    The median of the posterior where the star was asked about, else the published values, else
    the truth of a simulated star.
    """
    n = len(catalogue)
    columns = []
    for name in ("effective_temperature", "log_luminosity"):
        value = np.array(answers.get(name, np.full(n, np.nan)), dtype=float)
        published = next((c.values for c in catalogue.literature if c.parameter == name), None)
        for other in (published, catalogue.truth.get(name)):
            if other is not None:
                value = np.where(np.isfinite(value), value, other)
        columns.append(value)
    return _finite(*columns)


def sky(observations: Observations) -> Points:
    """Right ascension, declination (degrees) and row of the stars whose place is known."""
    return _finite(observations.coordinates[:, 0], observations.coordinates[:, 1])
