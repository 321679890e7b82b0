r"""Which columns of a table hold the magnitudes of which band, their errors, and what else counts.

Names are compared as in `io.aliases`: case, `-` and spaces do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from astropy.table import Table

from astroviz.galaxies.parameters import GalaxyError
from astroviz.io.aliases import ERROR_PATTERNS, key

__all__ = ["BandColumns", "find_band", "find_bands", "find_one", "short_name"]

REDSHIFT: Final = (
    "redshift",
    "z_spec",
    "zspec",
    "spec_z",
    "specz",
    "zred",
    "z_sp",
    "redshift_spec",
)
REDDENING: Final = ("ebv", "e_bv", "e(b_v)", "ebmv", "e_b_v", "sfd_ebv", "ebv_sfd")
IDENTIFIER: Final = ("identifier", "id", "objid", "object_id", "name", "specobjid", "cataid")

_VALUES: Final = (
    "{}", "{}_mag", "mag_{}", "{}mag", "modelmag_{}", "cmodelmag_{}", "{}_ab", "petromag_{}",
    "psfmag_{}", "{}_m_ext", "flux_{}", "{}_flux", "modelflux_{}", "{}_nmgy",
)  # fmt: skip
_ERRORS: Final = (*ERROR_PATTERNS, "modelmagerr_{}", "magerr_{}", "fluxerr_{}", "flux_error_{}")
_INVERSE: Final = ("{}_ivar", "ivar_{}")
_EXTINCTION: Final = ("extinction_{}", "a_{}", "ext_{}", "{}_extinction")
_SHORT: Final = {"twomass_ks": ("ks", "k"), "twomass_j": ("j",), "twomass_h": ("h",)}


@dataclass(frozen=True)
class BandColumns:
    r"""The columns of one band.

    Arguments:
        band: Name of the band.
        value: Column of the magnitude or flux.
        error: Column of its error; empty for none.
        inverse_variance: The error column holds the inverse variance.
        extinction: Column of the Galactic extinction, mag; empty for none.
    """

    band: str
    value: str
    error: str = ""
    inverse_variance: bool = False
    extinction: str = ""


def short_name(band: str) -> str:
    """`g` of `sdss_g`."""
    return band.partition("_")[2] or band


def find_bands(
    table: Table, bands: Sequence[str], columns: Mapping[str, Any] | None = None
) -> list[BandColumns]:
    r"""The columns of every band.

    Arguments:
        table: The table.
        bands: What to look for.
        columns: Band, or its short name, to a column, or to the columns of value and error.

    Raises:
        GalaxyError: a band has no column; says which columns there are.
    """
    asked = _asked(bands, columns or {}, table.colnames)
    known = {key(name): name for name in reversed(table.colnames)}
    found, missing = [], []
    for band in bands:
        one = asked.get(band) or find_band(band, known)
        if one is None:
            missing.append(band)
        else:
            found.append(one)
    if missing:
        shown = ", ".join(map(repr, table.colnames[:12]))
        raise GalaxyError(
            f"no column for {', '.join(missing)}: the table has {shown or 'no columns'}. Name it "
            f"'{short_name(missing[0])}', say which it is with columns={{'{missing[0]}': ...}}, "
            "or choose filters without it."
        )
    return found


def find_band(band: str, known: Mapping[str, str]) -> BandColumns | None:
    r"""The columns of a band by their names; None where there is none.

    Arguments:
        band: Name of the band.
        known: `key(name)` to the name of each column.
    """
    shorts = _SHORT.get(band, (short_name(band),))
    survey = band.partition("_")[0]
    stems = (band, *(f"{survey}_{one}" for one in shorts), *(f"{one}_{survey}" for one in shorts))
    names = [key(pattern.format(one)) for one in (*stems, *shorts) for pattern in _VALUES]
    value = next((known[name] for name in names if name in known), "")
    if not value:
        return None
    bases = (value, band, *shorts)
    error = _first(known, _ERRORS, bases, value)
    inverse = "" if error else _first(known, _INVERSE, bases, value)
    extinction = _first(known, _EXTINCTION, (band, *shorts), value)
    return BandColumns(band, value, error or inverse, bool(inverse), extinction)


def find_one(table: Table, names: Sequence[str]) -> str:
    """The first column under one of several names; empty for none."""
    known = {key(name): name for name in reversed(table.colnames)}
    return next((known[name] for name in names if name in known), "")


def _first(
    known: Mapping[str, str], patterns: Sequence[str], bases: Sequence[str], but: str
) -> str:
    names = (key(pattern.format(base)) for base in bases for pattern in patterns)
    return next((known[name] for name in names if known.get(name, but) != but), "")


def _asked(
    bands: Sequence[str], columns: Mapping[str, Any], there: Sequence[str]
) -> dict[str, BandColumns]:
    """What the caller says about bands; other entries are of other columns."""
    known = {key(name): name for name in reversed(there)}
    found = {}
    for band in bands:
        said = columns.get(band, columns.get(short_name(band)))
        if said is None:
            continue
        pair = (said, "") if isinstance(said, str) else (*said, "")[:2]
        for name in filter(None, pair):
            if name not in there:
                raise GalaxyError(
                    f"columns names {name!r} for {band}, which the table does not have: it has "
                    f"{', '.join(map(repr, list(there)[:12]))}"
                )
        guessed = _first(known, _ERRORS, (pair[0], band, short_name(band)), pair[0])
        inverse = _first(known, _INVERSE, (pair[0],), pair[0])
        error = pair[1] or guessed or inverse
        extinction = _first(known, _EXTINCTION, (band, short_name(band)), pair[0])
        found[band] = BandColumns(
            band, pair[0], error, bool(error) and error == inverse, extinction
        )
    return found
