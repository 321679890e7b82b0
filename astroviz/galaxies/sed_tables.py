r"""What the SED inspector hands over: its spectrum, magnitudes and history as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from astropy import units as u
from astropy.table import QTable

from astroviz.galaxies.parameters import PARAMETERS

if TYPE_CHECKING:
    from astroviz.galaxies.sed_answers import Sed

__all__ = ["sed_tables"]


def sed_tables(sed: Sed) -> dict[str, QTable]:
    r"""Tables of an answer, by words for a person.

    Arguments:
        sed: The answer.
    """
    density = u.erg / u.s / u.cm**2 / u.AA
    spectrum = QTable(
        {
            "wavelength": sed.wavelength * u.AA,
            "flux": sed.flux * density,
            "flux_without_dust": sed.bare * density,
        }
    )
    magnitudes = QTable(
        {
            "band": list(sed.bands),
            "wavelength": sed.centre * u.AA,
            "magnitude": sed.magnitudes * u.ABmag,
            "magnitude_without_dust": sed.bare_magnitudes * u.ABmag,
        }
    )
    if sed.emulator is not None:
        magnitudes["magnitude_of_emulator"] = sed.emulator * u.ABmag
    history = QTable(
        {
            "lookback": sed.lookback * u.Gyr,
            "sfr": sed.rate * u.Msun / u.yr,
            "formed": np.asarray(sed.formed),
        }
    )
    found = {
        "Spectrum": spectrum,
        "Magnitudes": magnitudes,
        "History of star formation": history,
    }
    galaxy = dict(zip(PARAMETERS, map(float, sed.question.theta), strict=True))
    for table in found.values():
        table.meta.update(
            frame=sed.question.frame, dust=sed.question.dust, **galaxy, **sed.derived
        )
    return found
