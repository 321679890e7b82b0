r"""Which lens the view of real lenses is about: the shipped example, a folder, files of a user.

The example is simulated and called so: a frame, a PSF, a lens galaxy and a drizzled noise like
those of SDSSJ1430+4105 (redshifts 0.285 and 0.575, Einstein radius 1.47 arcsec), whose own files
are not shipped.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astroviz.lensing.observation import Observation, ObservationError, open_observation
from astroviz.lensing.sky_noise import SkyNoise, blank_sky, measure_noise, white_noise

__all__ = ["COVARIANCES", "RealCase", "case_of", "files_of", "folder_of", "sort_uploads"]

COVARIANCES = {"correlated": "correlated", "rescaled": "rescaled", "given": "as given"}
"""Noise between pixels: measured from blank sky, only its width measured, the map as it is."""

_APART, _FEWEST = 3, 100
_PARTS = {
    "psf": ("psf", "kernel"),
    "noise": ("noise", "rms", "err", "sigma", "weight"),
    "image": ("image", "sci", "data", "drz"),
}


@dataclass(frozen=True, eq=False)
class RealCase:
    r"""A lens, its mask and its noise: all that a fit starts from.

    Arguments:
        full: The whole frame.
        observation: Only what is inside the mask.
        noise: Noise of the pixels inside.
        sky: True on blank sky of the whole frame.
        blank_std: Standard deviation of data / noise map there; NaN where there is none.
        simulated: Whether nobody ever saw it.
        literature: Published Einstein radii, arcsec, and their errors, by who found them.
    """

    full: Observation
    observation: Observation
    noise: SkyNoise
    sky: np.ndarray
    blank_std: float
    simulated: bool = False
    literature: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)

    @property
    def floor(self) -> float:
        r"""Reduced :math:`\chi^2` that blank sky itself has with the noise map as it is."""
        return self.blank_std**2

    @property
    def truth(self) -> float:
        """The true Einstein radius, arcsec; NaN where nobody knows."""
        lens = self.full.truth.get("lens")
        return math.nan if lens is None else float(np.asarray(lens).reshape(-1)[0])


def case_of(
    full: Observation,
    radius: float,
    covariance: str = "correlated",
    simulated: bool = False,
    literature: Mapping[str, tuple[float, float]] | None = None,
) -> RealCase:
    r"""Mask a frame and measure its noise.

    Arguments:
        full: The whole frame.
        radius: Pixels farther from the centre are not used, arcsec.
        covariance: One of `COVARIANCES`.
        simulated: Whether it is a simulation.
        literature: Published Einstein radii and errors, arcsec.
    """
    if covariance not in COVARIANCES:
        raise ObservationError(f"no noise {covariance!r}; there are {', '.join(COVARIANCES)}")
    sky = blank_sky(full)
    inner = full.within(radius).cut(radius + full.pixel_scale)
    noise = _noise(full, inner, sky, covariance)
    return RealCase(
        full, inner, noise, sky, _scatter(full, sky), simulated, dict(literature or {})
    )


def _scatter(full: Observation, sky: np.ndarray) -> float:
    """Robust scatter of data / noise map on blank sky; of differences, which know no gradients."""
    ratio = full.image / full.noise
    found = []
    for axis in (0, 1):  # three pixels apart no photon is shared any more
        near, far = [slice(None)] * 2, [slice(None)] * 2
        near[axis], far[axis] = slice(None, -_APART), slice(_APART, None)
        both = sky[tuple(near)] & sky[tuple(far)]
        found.append((ratio[tuple(far)] - ratio[tuple(near)])[both])
    apart = np.concatenate(found)
    if len(apart) < _FEWEST:
        return math.nan
    return float(1.4826 * np.median(np.abs(apart - np.median(apart))) / math.sqrt(2))


def _noise(full: Observation, inner: Observation, sky: np.ndarray, covariance: str) -> SkyNoise:
    if covariance == "given":
        return white_noise(inner)
    found = measure_noise(full, correlated=covariance == "correlated", blank=sky)
    return SkyNoise(inner.noise, inner.mask, found.factor, found.correlation)


def sort_uploads(names: Sequence[str]) -> dict[str, int]:
    r"""Which of the files is what, by their names.

    Arguments:
        names: Names of the files, in any order.

    Returns:
        `image`, `noise`, `psf` to the number of the file, as far as they are there; a single
        file whose name says nothing is the image.

    Example:
        >>> sort_uploads(["J1430_psf.fits", "noise.fits", "J1430.fits"])
        {'psf': 0, 'noise': 1, 'image': 2}
    """
    found: dict[str, int] = {}
    rest = list(range(len(names)))
    for part, words in _PARTS.items():
        for number in rest:
            if any(word in Path(names[number]).name.lower() for word in words):
                found[part] = number
                rest.remove(number)
                break
    if "image" not in found and len(rest) == 1:
        found["image"] = rest.pop()
    return found


def files_of(
    files: Mapping[str, Any],
    pixel_scale: float,
    redshifts: tuple[float | None, float | None] = (None, None),
    light: bool = True,
    name: str = "",
) -> Observation:
    r"""An observation from files of a user.

    Arguments:
        files: `image`, `noise`, `psf` to bytes, paths or arrays; `psf` may be missing.
        pixel_scale: Arcsec per pixel, for images without a WCS.
        redshifts: Of lens and source.
        light: Whether the lens galaxy's own light is in the image.
        name: What to call it.
    """
    if "image" not in files:
        raise ObservationError(
            "there is no image among the files: name it image.fits, or choose the image alone"
        )
    found = open_observation(
        files["image"], files.get("noise"), files.get("psf"), pixel_scale, light,
        name=name, lens_redshift=redshifts[0], source_redshift=redshifts[1],
    )  # fmt: skip
    if files.get("psf") is None:
        words = "No PSF: the image is taken to be unblurred, which hardly any image is."
        found = dataclasses.replace(found, warnings=(*found.warnings, words))
    return found


def folder_of(folder: str) -> tuple[dict[str, Path], str]:
    r"""The three files of a folder with one lens, and the lens's name.

    Arguments:
        folder: Path of the folder, on the machine that serves the page.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise ObservationError(f"there is no folder {folder!r} on the machine of the server")
    paths = sorted(one for one in place.iterdir() if one.suffix.lower() in (".fits", ".fit"))
    sorted_ = sort_uploads([path.name for path in paths])
    if "image" not in sorted_:
        inside = sum((one / "image.fits").is_file() for one in place.iterdir() if one.is_dir())
        more = f"; {inside} folders in it do: choose one of them" if inside else ""
        raise ObservationError(f"no image.fits in {folder}{more}")
    return {part: paths[number] for part, number in sorted_.items()}, place.name
