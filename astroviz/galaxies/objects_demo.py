r"""The real galaxies that the view of single galaxies opens with."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.filters import filter_set
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.sdss import sdss_catalogue
from astroviz.galaxies.train_populations import RECIPES, problem

__all__ = ["demo_catalogue"]

_OPTICAL = filter_set("sdss")
_SETS = {
    "ugriz": (_OPTICAL, "any"),
    "near-infrared": ((*_OPTICAL, "twomass_j", "twomass_ks"), "any"),
    "everything": (("galex_fuv", "galex_nuv", *_OPTICAL, "twomass_j", "twomass_ks"), "only"),
}


@lru_cache(maxsize=1)
def _held() -> np.ndarray:
    """Rows of the table that the shipped population has not seen."""
    return np.sort(problem(RECIPES["sdss"]).held.rows)


@lru_cache(maxsize=3)
def demo_catalogue(bands: str) -> Catalogue:
    r"""Galaxies of SDSS with redshifts that no fit has seen, clean and with error floors.

    Arguments:
        bands: One of `objects_state.BANDS`; `everything` has only galaxies that GALEX saw.
    """
    if bands not in _SETS:
        raise GalaxyError(f"no set of bands {bands!r}; there is {', '.join(_SETS)}")
    names, galex = _SETS[bands]
    found = sdss_catalogue(tuple(names), galex=galex)
    return found[np.isin(found.rows, _held())]
