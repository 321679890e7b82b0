r"""The photometry of a survey, ready for a fit: asinh magnitudes, errors, redshifts if known.

Every row of the table is accounted for: kept, or named in `problems` with the reason.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from astropy.table import Table

from astroviz.galaxies.catalogue_checks import check_system, repeated
from astroviz.galaxies.catalogue_columns import (
    IDENTIFIER,
    REDDENING,
    REDSHIFT,
    BandColumns,
    find_bands,
    find_one,
)
from astroviz.galaxies.catalogue_fluxes import Fluxes, extinction_of, read_fluxes, scales_of
from astroviz.galaxies.filters import filter_set
from astroviz.galaxies.magnitude_scales import asinh_error, asinh_magnitude, flux_of_asinh
from astroviz.galaxies.parameters import GalaxyError
from astroviz.io.cells import read_numbers, read_texts

__all__ = ["Catalogue", "as_table", "read_catalogue"]

_FEWEST, _MOST = 100, 200_000  # galaxies in the fit of a population


@dataclass(frozen=True, eq=False)
class Catalogue:
    r"""Photometry of :math:`N` galaxies in :math:`B` bands.

    Arguments:
        magnitudes: Asinh magnitudes, AB, shape :math:`(N, B)`; NaN where not observed.
        errors: One standard deviation, mag, :math:`(N, B)`.
        bands: Names of the bands.
        redshift: Known redshifts, :math:`(N,)`, NaN where unknown; None for none.
        softening: Of the asinh magnitudes, maggies, :math:`(B,)`.
        rows: Row of the table of each galaxy, :math:`(N,)`.
        identifiers: Names of the galaxies; None where the table has none.
        problems: Row of the table to what is wrong with it.
        notes: What was assumed, in sentences.

    Example:
        >>> table = Table({"g": [18.0, 19.0], "g_error": [0.1, 0.1]})
        >>> read_catalogue(table, ["sdss_g"]).magnitudes.round(1).tolist()
        [[18.0], [19.0]]
    """

    magnitudes: np.ndarray
    errors: np.ndarray
    bands: tuple[str, ...]
    redshift: np.ndarray | None = None
    softening: np.ndarray = field(default_factory=lambda: np.empty(0))
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    identifiers: np.ndarray | None = None
    problems: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = np.shape(self.magnitudes)
        if len(shape) != 2 or shape[1] != len(self.bands) or np.shape(self.errors) != shape:
            raise GalaxyError(
                f"magnitudes of shape {shape} and errors of {np.shape(self.errors)} do not fit "
                f"{len(self.bands)} bands: both must be (galaxies, {len(self.bands)})"
            )
        if not len(self.softening):
            object.__setattr__(self, "softening", softening_of(self.magnitudes, self.errors))
        if not len(self.rows):
            object.__setattr__(self, "rows", np.arange(shape[0]))

    def __len__(self) -> int:
        return len(self.magnitudes)

    def __getitem__(self, rows: Any) -> Catalogue:
        """Some of the galaxies: a mask, row numbers of the catalogue or a slice."""
        return replace(
            self,
            magnitudes=self.magnitudes[rows],
            errors=self.errors[rows],
            redshift=None if self.redshift is None else self.redshift[rows],
            rows=self.rows[rows],
            identifiers=None if self.identifiers is None else self.identifiers[rows],
        )

    def fluxes(self) -> tuple[np.ndarray, np.ndarray]:
        """Fluxes and their errors, maggies, float64, shape (N, B) each."""
        magnitudes, b = np.asarray(self.magnitudes, dtype=float), self.softening
        flux = flux_of_asinh(magnitudes, b)
        return flux, np.asarray(self.errors, float) / asinh_error(flux, np.ones_like(flux), b)

    def take(self, bands: Sequence[str]) -> Catalogue:
        """The catalogue in some of its bands, in the order in which they are named."""
        missing = [band for band in bands if band not in self.bands]
        if missing:
            raise GalaxyError(
                f"the catalogue has no {', '.join(missing)}; it has {', '.join(self.bands)}"
            )
        at = [self.bands.index(band) for band in bands]
        return replace(
            self, magnitudes=self.magnitudes[:, at], errors=self.errors[:, at],
            bands=tuple(bands), softening=self.softening[at],
        )  # fmt: skip

    def split(self, fraction: float, seed: int) -> tuple[Catalogue, Catalogue]:
        """Two parts at random, the first with that fraction of the galaxies."""
        order = np.random.default_rng(seed).permutation(len(self))
        first = round(fraction * len(self))
        return self[np.sort(order[:first])], self[np.sort(order[first:])]

    def complete(self) -> Catalogue:
        """The galaxies that are observed in every band; a note says how many are not."""
        whole = np.isfinite(self.magnitudes).all(1) & np.isfinite(self.errors).all(1)
        if whole.all():
            return self
        note = f"{int((~whole).sum())} galaxies lack a band and are not in the fit"
        return replace(self[whole], notes=(*self.notes, note))

    def for_population(self, seed: int = 0, most: int = _MOST) -> Catalogue:
        r"""The galaxies that a population is fitted to.

        Arguments:
            seed: Of the choice, where there are too many.
            most: More than these are thinned at random.

        Raises:
            GalaxyError: there are too few.
        """
        whole = self.complete()
        if len(whole) < _FEWEST:
            raise GalaxyError(
                f"{len(whole)} galaxies with all of {', '.join(self.bands)} are too few to fit a "
                f"population of eleven properties: give {_FEWEST} at least, better thousands, or "
                "ask for them one by one with `galaxies.posterior(row)`"
            )
        if len(whole) <= most:
            return whole
        keep = np.sort(np.random.default_rng(seed).permutation(len(whole))[:most])
        note = f"{most} of {len(whole)} galaxies, chosen at random, are in the fit"
        return replace(whole[keep], notes=(*whole.notes, note))


def softening_of(magnitudes: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Softening of asinh magnitudes from usual magnitudes: about the noise of the sky."""
    flux = 10 ** (-0.4 * np.asarray(magnitudes, dtype=float))
    return _sky(np.asarray(errors, dtype=float) * flux / 1.0857362)


def _sky(sigma: np.ndarray) -> np.ndarray:
    """A low percentile of the errors in each band, maggies; rounded so that it is stable."""
    low = np.full(sigma.shape[1], 1e-11)
    for b in range(sigma.shape[1]):
        seen = sigma[:, b][np.isfinite(sigma[:, b]) & (sigma[:, b] > 0)]
        if len(seen):
            low[b] = np.percentile(seen, 10)
    return np.array([float(f"{value:.3g}") for value in low])


def read_catalogue(
    table: Any,
    filters: str | Sequence[str] = "sdss",
    columns: Mapping[str, Any] | None = None,
    photometry: str | Mapping[str, str] = "ab",
    extinction_corrected: bool = True,
    *,
    error_floor: float = 0.02,
    softening: Sequence[float] | np.ndarray | None = None,
    ask: bool = True,
) -> Catalogue:
    r"""Read the photometry of galaxies from any table.

    Arguments:
        table: Path, bytes of a file, astropy table, pandas frame or mapping of columns, with
            columns such as `u g r i z` and `u_error ...`; a column `redshift` is taken along.
        filters: A set of filters, as `sdss+2mass`, or names of bands.
        columns: Band to its column, or to the columns of value and error, where names do not say.
        photometry: `ab`, `vega`, `sdss_asinh` or `flux_nmgy`; or a mapping of bands or surveys.
        extinction_corrected: The table is corrected for Galactic extinction. Otherwise its columns
            `extinction_<band>` or `ebv` are used.
        error_floor: Relative error of the calibration, added in quadrature.
        softening: Of the asinh magnitudes, maggies; from the errors by default.
        ask: Refuse a table whose colours say that AB and Vega were mixed up.

    Raises:
        GalaxyError: a sentence on what is wrong and what to do.
    """
    rows = as_table(table)
    if not len(rows):
        raise GalaxyError("the table has no rows: choose another file")
    bands = filter_set(filters)
    found = find_bands(rows, bands, columns)
    scales = scales_of(bands, photometry)
    made = read_fluxes(rows, found, scales, error_floor)
    _correct(rows, found, made, extinction_corrected)
    b = _sky(made.sigma) if softening is None else np.asarray(softening, dtype=float)
    magnitudes = asinh_magnitude(made.flux, b)
    errors = asinh_error(made.flux, made.sigma, b)
    keep = _keep(rows, made.flux, made.problems)
    catalogue = Catalogue(
        magnitudes[keep].astype(np.float32),
        errors[keep].astype(np.float32),
        bands,
        _redshift(rows, columns, keep),
        b,
        np.flatnonzero(keep),
        _identifiers(rows, keep),
        made.problems,
        tuple(made.notes),
    )
    if ask:
        check_system(catalogue.magnitudes, catalogue.errors, bands, scales)
    return catalogue


def _correct(rows: Table, columns: Sequence[BandColumns], made: Fluxes, already: bool) -> None:
    """Correct fluxes for Galactic extinction where that is asked for; offer it where it is not."""
    reddening = find_one(rows, REDDENING)
    if not already:
        extinction, where = extinction_of(rows, columns, reddening)
        made.flux *= 10 ** (0.4 * extinction)
        made.sigma *= 10 ** (0.4 * extinction)
        made.notes.append(f"corrected for Galactic extinction by {where}")
    elif reddening or any(one.extinction for one in columns):
        made.notes.append(
            "the table has extinctions, which are not applied: if its magnitudes are not "
            "corrected, say extinction_corrected=False"
        )


def as_table(source: Any) -> Table:
    """A table from a path, bytes, a file, a pandas frame, a mapping or an astropy table."""
    from astroviz.io import read_table

    if isinstance(source, Table):
        return source
    if isinstance(source, str | bytes | os.PathLike) or hasattr(source, "read"):
        return read_table(source)
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return Table.from_pandas(source)
    try:
        return Table(source)
    except (ValueError, TypeError) as error:
        raise GalaxyError(
            f"a {type(source).__name__} is no table of galaxies ({error}); give a path, an "
            "astropy table, a pandas frame or a mapping of columns"
        ) from error


def _keep(rows: Table, flux: np.ndarray, problems: dict[int, str]) -> np.ndarray:
    """Rows that stay: observed in one band at least, and no repetition of an earlier row."""
    seen = np.isfinite(flux).any(1)
    for row in np.flatnonzero(~seen).tolist():
        problems.setdefault(row, "no band is observed")
    first = repeated(flux)
    again = (first >= 0) & seen
    for row in np.flatnonzero(again).tolist():
        problems[row] = f"repeats row {int(first[row])}: counted once"
    keep = seen & ~again
    if not keep.any():
        raise GalaxyError(f"none of the {len(rows)} rows has a magnitude in any of the bands")
    return keep


def _redshift(
    rows: Table, columns: Mapping[str, Any] | None, keep: np.ndarray
) -> np.ndarray | None:
    name = (columns or {}).get("redshift") or find_one(rows, REDSHIFT)
    if not name:
        return None
    if name not in rows.colnames:
        raise GalaxyError(f"columns names {name!r} for the redshift, which the table has not")
    values = read_numbers(rows[name]).values[keep]
    return np.where(values > 0, values, np.nan).astype(np.float32)


def _identifiers(rows: Table, keep: np.ndarray) -> np.ndarray | None:
    name = find_one(rows, IDENTIFIER)
    return read_texts(rows[name])[keep] if name else None
