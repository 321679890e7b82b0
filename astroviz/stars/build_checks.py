r"""Checks of the physics tables against independent numbers.

| library_residuals: our passband integrals against astroARIADNE's for the same models
| vega: the CALSPEC spectrum of Vega in the published zero points
| interpolation: the regular grid against published models between its knots
| tracks: the shipped age grid against the package's finer one
| extinction: A_band / A_V at 4000 K; domain_shift: one atmosphere and law minus the other
| sun: 5772 K, logg 4.438 against the Sun's Vega magnitudes (Willmer 2018)
| colour_residuals: model minus observed colours of 5-30 Myr stars (Pecaut & Mamajek 2013)
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from astroviz.stars.build_atmospheres import magnitudes_of, prepared
from astroviz.stars.build_filters import (
    Filter,
    band_weights,
    load_filters,
    passband,
    vega_magnitudes,
)
from astroviz.stars.build_sources import Sources, SpectralNodes
from astroviz.stars.build_tracks import load_track
from astroviz.stars.surveys import BANDS

__all__ = [
    "SUN",
    "colour_residuals",
    "domain_shift",
    "extinction_ratios",
    "interpolation_error",
    "library_residuals",
    "metrics_of",
    "table_magnitudes",
    "track_error",
]

NAMES = [band.name for band in BANDS]
# Willmer 2018 (ApJS 236, 47), absolute Vega magnitudes; Gaia after Casagrande & VandenBerg 2018.
SUN = {"g": 4.67, "bp-rp": 0.82, "j": 3.67, "h": 3.32, "ks": 3.27, "w1": 3.26, "w2": 3.28}
COLOURS = {
    "J-H": ("j", "h"),
    "H-Ks": ("h", "ks"),
    "Ks-W1": ("ks", "w1"),
    "Ks-W2": ("ks", "w2"),
    "Ks-W3": ("ks", "w3"),
    "Ks-W4": ("ks", "w4"),
}
RANGES = ((2800, 3400), (3400, 4000), (4000, 5000), (5000, 7500))
_ARIADNE = {
    "g": "GaiaDR2v2_G",
    "bp": "GaiaDR2v2_BP",
    "rp": "GaiaDR2v2_RP",
    "j": "2MASS_J",
    "h": "2MASS_H",
    "ks": "2MASS_Ks",
    "w1": "WISE_RSR_W1",
    "w2": "WISE_RSR_W2",
    "w3": "WISE_RSR_W3",
    "w4": "WISE_RSR_W4",
    "i1": "SPITZER_IRAC_36",
    "i2": "SPITZER_IRAC_45",
}
_LIBRARIES = {"btsettl": "BT_Settl", "kurucz": "Kurucz", "phoenix": "Phoenixv2"}


def metrics_of(
    tables: Mapping[str, np.ndarray], sources: Sources, colours: Path | None = None
) -> dict[str, object]:
    """Every check's numbers, as the card stores them."""
    filters = load_filters(sources)
    out: dict[str, object] = {
        "extinction": extinction_ratios(tables),
        "domain_shift": domain_shift(tables),
        "vega": dict(zip(NAMES, _rounded(vega_magnitudes(sources, filters)), strict=True)),
        "tracks": {
            name: track_error(tables, load_track(sources, name), name)
            for name in ("parsec", "mist")
        },
    }
    for name in ("btsettl", "kurucz_phoenix"):
        out[f"sun_{name}"] = sun_residuals(tables, name)
        if colours is not None:
            out[f"colours_{name}"] = colour_residuals(tables, name, colours)
    for library in _LIBRARIES:
        nodes = sources.spectra(library)
        out[f"ariadne_{library}"] = library_residuals(nodes, library, sources, filters)
        if library == "btsettl":
            out["interpolation_btsettl"] = interpolation_error(tables, nodes, filters)
    return out


def table_magnitudes(
    tables: Mapping[str, np.ndarray], name: str, teff: np.ndarray | float, logg: np.ndarray | float
) -> np.ndarray:
    """(n, 15) magnitudes of stars of one solar radius at 10 pc, solar composition."""
    key = f"atmosphere.{name}."
    axes = tuple(np.asarray(tables[key + axis], dtype=float) for axis in ("log_teff", "logg"))
    middle = int(np.argmin(np.abs(tables[key + "mh"])))
    values = np.asarray(tables[key + "mag"], dtype=float)[:, :, middle]
    points = np.stack(np.broadcast_arrays(np.log10(teff), logg), axis=-1)
    # float32 axes end a hair inside the values they stand for
    points = np.clip(points, [axes[0][0], axes[1][0]], [axes[0][-1], axes[1][-1]])
    return np.asarray(RegularGridInterpolator(axes, values)(points))


def sun_residuals(tables: Mapping[str, np.ndarray], name: str) -> dict[str, float]:
    """Model minus observed magnitudes of the Sun, mag."""
    mags = dict(zip(NAMES, table_magnitudes(tables, name, 5772.0, 4.438).ravel(), strict=True))
    mags["bp-rp"] = mags["bp"] - mags["rp"]
    return {key: round(float(mags[key] - value), 3) for key, value in SUN.items()}


def library_residuals(
    nodes: SpectralNodes, library: str, sources: Sources, filters: tuple[Filter, ...]
) -> dict[str, object]:
    """Our band fluxes against astroARIADNE's at the same models, as magnitudes.

    The models are those of 3000-10000 K, logg 4-5, solar composition that the other table lists
    once. Its Gaia bands are of DR2, so DR2 passbands are used here; its ATLAS9 fluxes of W3 and
    W4 are 0.9 and 1.2 mag away from both Rayleigh-Jeans and BT-Settl, and are left out.
    """
    header, rows = _ariadne_rows(sources, library)
    usable = [item for item in filters if _ARIADNE.get(item.name) in header]
    usable = [item for item in usable if library != "kurucz" or item.name not in ("w3", "w4")]
    pair = [_dr2(item, sources) for item in usable]
    weights = band_weights(tuple(pair), nodes.wavelength)
    flat = np.ones_like(nodes.wavelength) * nodes.wavelength
    norm = flat @ weights * 1e-4  # mean F_lambda per micron
    columns = [header.index(_ARIADNE[item.name]) for item in usable]
    difference = []
    for row in rows:
        same = (nodes.teff == row[0]) & (nodes.logg == row[1]) & (np.abs(nodes.mh) < 1e-3)
        if np.count_nonzero(same) == 1:
            mean = (10.0 ** nodes.log_flux[same][0]) @ weights / norm
            difference.append(-2.5 * np.log10(mean / row[columns]))
    table = np.array(difference)
    names = [item.name for item in usable]
    return {
        "models": len(table),
        "median": dict(zip(names, _rounded(np.median(table, axis=0)), strict=True)),
        "p95": dict(zip(names, _rounded(np.percentile(np.abs(table), 95, axis=0)), strict=True)),
    }


def interpolation_error(
    tables: Mapping[str, np.ndarray], nodes: SpectralNodes, filters: tuple[Filter, ...]
) -> dict[str, object]:
    """Interpolated minus exact magnitudes at published models between the knots, 2500-10000 K."""
    solar = (np.abs(nodes.mh) < 1e-3) & (nodes.logg >= 3.0) & (nodes.logg <= 5.0)
    knots = 10.0 ** np.asarray(tables["atmosphere.btsettl.log_teff"], dtype=float)
    between = np.min(np.abs(nodes.teff[:, None] - knots), axis=1) > 10.0
    chosen = solar & between & (nodes.teff > 2500) & (nodes.teff < 10000)
    part = prepared(_subset(nodes, chosen))
    exact = magnitudes_of(part.wavelength, part.log_flux, filters)
    error = np.abs(table_magnitudes(tables, "btsettl", part.teff, part.logg) - exact)
    return {
        "models": int(error.shape[0]),
        "median": dict(zip(NAMES, _rounded(np.median(error, axis=0)), strict=True)),
        "p95": dict(zip(NAMES, _rounded(np.percentile(error, 95, axis=0)), strict=True)),
    }


def track_error(
    tables: Mapping[str, np.ndarray], raw: Mapping[str, np.ndarray], name: str
) -> dict[str, float]:
    """95th percentile of |interpolated - `raw`'s own| in dex, log age 6-8, 0.1-3 Msun.

    Args:
        tables: the shipped tables.
        raw: the published matrix, as `load_track` gives it.
        name: of the tracks.
    """
    age, mass = np.meshgrid(raw["log_age"], raw["log_mass"], indexing="ij")
    chosen = (age >= 6) & (age <= 8) & (mass >= -1) & (mass <= 0.48)
    key = f"track.{name}."
    axes = tuple(np.asarray(tables[key + axis], dtype=float) for axis in ("log_age", "log_mass"))
    points = np.stack([age[chosen], mass[chosen]], axis=-1)
    out = {}
    for column in ("log_teff", "log_lum"):
        values = np.asarray(tables[key + column], dtype=float)
        guess = RegularGridInterpolator(axes, values, bounds_error=False)(points)
        error = np.abs(guess - raw[column][chosen])
        out[column] = round(float(np.nanpercentile(error, 95)), 5)
        out[column + "_max"] = round(float(np.nanmax(error)), 4)
    return out


def extinction_ratios(tables: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """A_band / A_V of a star of 4000 K at A_V = 1, R_V = 3.1, by law, in BT-Settl."""
    out = {}
    for law in ("f99", "g23"):
        values = _extinction(tables, law, "btsettl", np.array([np.log10(4000.0)]), 1.0)
        out[law] = dict(zip(NAMES, _rounded(values[0]), strict=True))
    return out


def domain_shift(
    tables: Mapping[str, np.ndarray], a_v: float = 1.0, seed: int = 0
) -> dict[str, float]:
    """Median magnitude of BT-Settl with G23 minus ATLAS9/PHOENIX with F99, same stars and dust.

    PARSEC stars of 0.35-1.7 Msun, flat in mass and in log age from 1 to 63 Myr.
    """
    rng = np.random.default_rng(seed)
    age, mass = rng.uniform(6.0, 7.8, 4000), np.log10(rng.uniform(0.35, 1.7, 4000))
    axes = (tables["track.parsec.log_age"], tables["track.parsec.log_mass"])
    point = np.stack([age, mass], axis=-1)
    log_teff, log_lum = (
        RegularGridInterpolator(axes, tables[f"track.parsec.{column}"])(point)
        for column in ("log_teff", "log_lum")
    )
    cool = log_teff - np.log10(5772.0)
    logg = 4.438 + mass + 4 * cool - log_lum
    real, sim = (
        table_magnitudes(tables, name, 10**log_teff, logg)
        + _extinction(tables, law, name, log_teff, a_v)
        for name, law in (("btsettl", "g23"), ("kurucz_phoenix", "f99"))
    )
    return dict(zip(NAMES, _rounded(np.median(real - sim, axis=0)), strict=True))


def _extinction(
    tables: Mapping[str, np.ndarray], law: str, name: str, log_teff: np.ndarray, a_v: float
) -> np.ndarray:
    key = f"extinction.{law}.{name}."
    axes = tuple(tables[key + axis] for axis in ("log_teff", "a_v", "r_v"))
    point = np.stack(np.broadcast_arrays(log_teff, a_v, 3.1), axis=-1)
    # 3.1 is a knot, but not in float32
    point = np.clip(point, [axis[0] for axis in axes], [axis[-1] for axis in axes])
    return np.asarray(RegularGridInterpolator(axes, tables[key + "a_band"])(point))


def colour_residuals(
    tables: Mapping[str, np.ndarray], name: str, path: Path, logg: float = 4.3
) -> dict[str, object]:
    """Model minus observed colours of 5-30 Myr stars, medians per range of Teff, mag."""
    with path.open() as handle:
        rows = [row for row in csv.DictReader(handle) if np.isfinite(_number(row["Teff"]))]
    teff = np.array([_number(row["Teff"]) for row in rows])
    mags = table_magnitudes(tables, name, teff, np.full(teff.shape, logg))
    out: dict[str, object] = {}
    for colour, (first, second) in COLOURS.items():
        model = mags[:, NAMES.index(first)] - mags[:, NAMES.index(second)]
        gap = model - np.array([_number(row[colour]) for row in rows])
        parts = {
            f"{low}-{high}": round(float(np.nanmedian(gap[(teff >= low) & (teff < high)])), 3)
            for low, high in RANGES
        }
        out[colour] = {"all": round(float(np.nanmedian(gap)), 3), **parts}
    return out


def _ariadne_rows(sources: Sources, library: str) -> tuple[list[str], np.ndarray]:
    raw = sources.read("astroARIADNE", f"/model_grids/model_grid_{_LIBRARIES[library]}.dat")
    lines = raw.decode().splitlines()
    rows = np.loadtxt(lines[1:])
    chosen = (np.abs(rows[:, 2]) < 1e-3) & (rows[:, 0] >= 3000) & (rows[:, 0] <= 10000)
    rows = rows[chosen & (rows[:, 1] >= 4.0) & (rows[:, 1] <= 5.0)]
    _, place, count = np.unique(rows[:, :2], axis=0, return_index=True, return_counts=True)
    return lines[0].lstrip("# ").split("\t"), rows[place[count == 1]]


def _dr2(item: Filter, sources: Sources) -> Filter:
    if item.name not in ("g", "bp", "rp"):
        return item
    grid, response = passband(sources, "astro-sedpy", f"/gaia_{item.name}_dr2rev.par")
    return replace(item, wavelength=grid, response=response)


def _subset(nodes: SpectralNodes, chosen: np.ndarray) -> SpectralNodes:
    return SpectralNodes(
        nodes.wavelength,
        nodes.log_flux[chosen],
        nodes.teff[chosen],
        nodes.logg[chosen],
        nodes.mh[chosen],
    )


def _number(text: str) -> float:
    return float(text) if text.strip() else float("nan")


def _rounded(values: np.ndarray) -> list[float]:
    return [round(float(value), 4) for value in values]
