r"""The quantities that the stars room knows: surveys, bands, units, wavelengths, depths.

Effective wavelengths after the SVO filter service's definitions of each band (Gaia DR3, 2MASS,
WISE, IRAC, MIPS), in micron. Magnitudes are in the Vega system throughout.

References:
    | Gaia DR3 passbands (Riello et al. 2021), https://arxiv.org/abs/2012.01916
    | 2MASS (Skrutskie et al. 2006); WISE (Wright et al. 2010), https://arxiv.org/abs/1008.0031
"""

from __future__ import annotations

import numpy as np

from astroviz.io.observations import Quantity, State

__all__ = ["BANDS", "LABELS", "QUANTITIES", "SURVEYS", "WAVELENGTHS", "index_of",
           "known_surveys"]  # fmt: skip

_BAND_ROWS = (
    ("g", "G", "Gaia", 0.582),
    ("bp", "BP", "Gaia", 0.504),
    ("rp", "RP", "Gaia", 0.762),
    ("j", "J", "2MASS", 1.235),
    ("h", "H", "2MASS", 1.662),
    ("ks", "Ks", "2MASS", 2.159),
    ("w1", "W1", "WISE", 3.353),
    ("w2", "W2", "WISE", 4.603),
    ("w3", "W3", "WISE", 11.56),
    ("w4", "W4", "WISE", 22.09),
    ("i1", "[3.6]", "Spitzer", 3.551),
    ("i2", "[4.5]", "Spitzer", 4.496),
    ("i3", "[5.8]", "Spitzer", 5.724),
    ("i4", "[8.0]", "Spitzer", 7.884),
    ("m24", "[24]", "Spitzer", 23.59),
)

BANDS: tuple[Quantity, ...] = tuple(
    Quantity(name, label, "mag", survey, "magnitude", wavelength)
    for name, label, survey, wavelength in _BAND_ROWS
)
LABELS: tuple[Quantity, ...] = (
    Quantity("spec_teff", "Teff (spectrum)", "K", "Spectroscopy", "label"),
    Quantity("spec_logg", "log g (spectrum)", "dex", "Spectroscopy", "label"),
    Quantity("spec_mh", "[M/H] (spectrum)", "dex", "Spectroscopy", "label"),
    Quantity("spec_lum", "log L (literature)", "dex", "Spectroscopy", "label"),
)
QUANTITIES: tuple[Quantity, ...] = (
    Quantity("parallax", "parallax", "mas", "Gaia", "parallax"),
    *BANDS,
    *LABELS,
)
SURVEYS: tuple[str, ...] = ("Gaia", "2MASS", "WISE", "Spitzer", "Spectroscopy")
WAVELENGTHS = np.array([band.wavelength for band in BANDS])


def known_surveys(states: np.ndarray) -> tuple[str, ...]:
    """Surveys that say something about a star, a value or a limit, in the usual order.

    Arguments:
        states: `State` codes of its quantities, shape :math:`(20,)`.
    """
    known = np.isin(states, (int(State.OBSERVED), int(State.LIMIT)))
    seen = {q.survey for q, k in zip(QUANTITIES, known, strict=True) if k}
    return tuple(survey for survey in SURVEYS if survey in seen)


def index_of(name: str) -> int:
    """Position of a quantity in `QUANTITIES`; raises KeyError naming what there is."""
    names = [quantity.name for quantity in QUANTITIES]
    if name not in names:
        raise KeyError(f"no quantity named {name!r}; there are {', '.join(names)}")
    return names.index(name)
