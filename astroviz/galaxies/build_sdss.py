r"""From the catalogue in an archive of public data to the small table of real galaxies we ship.

The archive is the package `kcorrect` (BSD-3-Clause): photometry of ten thousand galaxies
of the main sample of SDSS with those of 2MASS and GALEX; it is fetched once and read as data.

What is done: fluxes corrected for Galactic extinction, SDSS brought to AB, 2MASS from Vega to AB,
GALEX from counts per second to AB, all as asinh magnitudes with the softening of SDSS (for the
others far below what was detected). Errors are those of the catalogues, without floors.

References:
    | SDSS: York et al. (2000); main sample: Strauss et al. (2002), arXiv:astro-ph/0206225
    | 2MASS extended sources: Jarrett et al. (2000), arXiv:astro-ph/0004318
    | GALEX: Martin et al. (2005), Morrissey et al. (2007), arXiv:0706.0755
    | kcorrect: Blanton & Roweis (2007), arXiv:astro-ph/0606170
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from astropy.table import Table

from astroviz.core.folders import cache_folder
from astroviz.galaxies.catalogue_fluxes import SDSS_AB
from astroviz.galaxies.magnitude_scales import (
    AB_MINUS_VEGA,
    EXTINCTION,
    POGSON,
    SDSS_SOFTENING,
    asinh_error,
    asinh_magnitude,
)

__all__ = ["CITATION", "build", "demo_from", "fetch"]

PACKAGE: Final = "kcorrect==5.1.9"
WHEEL: Final = "kcorrect-5.1.9-py3-none-any.whl"
_SHA256: Final = "6234e449d3b3088e3132d1193f8c7e7a544b73e241c07fbfbda2c08da80622e2"
_INSIDE: Final = "kcorrect/data/test/gst_tests_small.fits"

CITATION: Final = (
    "Galaxies of the SDSS main sample (York et al. 2000; Strauss et al. 2002) with 2MASS (Jarrett "
    "et al. 2000) and GALEX (Martin et al. 2005) photometry, from the package kcorrect 5.1.9 "
    "(Blanton & Roweis 2007, BSD-3-Clause)"
)

_SDSS: Final = ("sdss_u", "sdss_g", "sdss_r", "sdss_i", "sdss_z")
_TWOMASS: Final = {"twomass_j": "J", "twomass_h": "H", "twomass_ks": "K"}
_GALEX: Final = {"galex_fuv": ("FUV", 18.82), "galex_nuv": ("NUV", 20.08)}
_SOFTENING: Final = {
    **SDSS_SOFTENING, "twomass_j": 1e-8, "twomass_h": 1e-8, "twomass_ks": 1e-8,
    "galex_fuv": 2e-10, "galex_nuv": 2e-10,
}  # fmt: skip


def fetch(folder: Path | None = None) -> Path:
    r"""The archive; downloaded (6 MB) where it is not there.

    Arguments:
        folder: Where it lies or is put; by default the user's cache.

    Raises:
        ConnectionError: It could not be downloaded.
        ValueError: It is another one.
    """
    place = folder or cache_folder() / "galaxies"
    place.mkdir(parents=True, exist_ok=True)
    wheel = place / WHEEL
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--only-binary", ":all:", "--dest", str(place), PACKAGE]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not wheel.exists():
            raise ConnectionError(
                f"{PACKAGE} could not be downloaded (is this machine offline?); fetch it "
                f"elsewhere with `pip download {PACKAGE} --no-deps` and put it into {place}"
            )
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != _SHA256:
        raise ValueError(
            f"{wheel} has SHA-256 {found[:12]}..., expected {_SHA256[:12]}...; delete it and let "
            "it be downloaded again"
        )
    return wheel


def build(out: Path, folder: Path | None = None) -> Path:
    r"""Write the table that ships.

    Arguments:
        out: The Parquet file.
        folder: Of the archive, as for `fetch`.
    """
    import pyarrow.parquet as pq

    from astroviz.io.arrow import to_arrow

    with zipfile.ZipFile(fetch(folder)) as archive:
        table = demo_from(Table.read(io.BytesIO(archive.read(_INSIDE)), format="fits"))
    out.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(to_arrow(table), out, compression="zstd", compression_level=19)
    return out


def demo_from(raw: Table) -> Table:
    r"""The table that ships, from the one in the archive.

    Arguments:
        raw: Columns as in the archive: fluxes in nanomaggies with inverse variances, extinctions,
            2MASS magnitudes (Vega), GALEX counts per second.
    """
    extinction = np.asarray(raw["EXTINCTION"], dtype=float)
    table = Table(meta={"citation": CITATION})
    table["redshift"] = _rounded(raw["Z"], 5)
    flux, sigma = _sdss(raw, "MODEL", extinction)
    for b, band in enumerate(_SDSS):
        _add(table, band.removeprefix("sdss_"), band, flux[:, b], sigma[:, b])
    petrosian, error = _sdss(raw, "PETRO", extinction)
    _add(table, "petrosian_r", "sdss_r", petrosian[:, 2], error[:, 2])
    reddening = extinction[:, 2] / EXTINCTION["sdss_r"]
    for band, letter in _TWOMASS.items():
        seen = np.asarray(raw[f"{letter}_M_EXT"], dtype=float)
        error = np.asarray(raw[f"{letter}_MSIG_EXT"], dtype=float)
        shift = AB_MINUS_VEGA[band] - EXTINCTION[band] * reddening
        flux_1 = np.where(seen > 0, 10 ** (-0.4 * (seen + shift)), np.nan)
        sigma_1 = np.where(error > 0, error / POGSON * flux_1, np.nan)
        _add(table, band.removeprefix("twomass_"), band, flux_1, sigma_1)
    for band, (letter, zero) in _GALEX.items():
        counts = np.asarray(raw[f"{letter}_FLUX_AUTO"], dtype=float)
        error = np.asarray(raw[f"{letter}_FLUXERR_AUTO"], dtype=float)
        # no error: outside the images, or no match
        scale = 10 ** (-0.4 * (zero - EXTINCTION[band] * reddening))
        covered = error > 0
        _add(table, band.removeprefix("galex_"), band, np.where(covered, counts * scale, np.nan),
             np.where(covered, error * scale, np.nan))  # fmt: skip
    return table


def _sdss(raw: Table, kind: str, extinction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fluxes and errors in maggies, AB, outside the Galaxy; shape (N, 5) each."""
    shift = np.array([SDSS_AB[band] for band in _SDSS])
    scale = 1e-9 * 10 ** (0.4 * (extinction - shift))
    inverse = np.asarray(raw[f"{kind}FLUX_IVAR"], dtype=float)
    with np.errstate(divide="ignore"):
        sigma = np.where(inverse > 0, 1 / np.sqrt(inverse), np.nan)
    return np.asarray(raw[f"{kind}FLUX"], dtype=float) * scale, sigma * scale


def _add(table: Table, name: str, band: str, flux: np.ndarray, sigma: np.ndarray) -> None:
    b = _SOFTENING[band]
    for column, values in (
        (name, asinh_magnitude(flux, b)), (f"{name}_error", asinh_error(flux, sigma, b)),
    ):  # fmt: skip
        table[column] = _rounded(values, 3 if column == name else 4)
        table[column].unit = "mag"


def _rounded(values: object, digits: int) -> np.ndarray:
    return np.round(np.asarray(values, dtype=float), digits).astype(np.float32)
