r"""A simulated lens like SDSSJ1430+4105, to open the view of real lenses with.

Frame (201 x 201 pixels of 0.05 arcsec), PSF, brightness of galaxy and arcs, redshifts and noise
are like those of the Hubble image in F814W, whose files are not shipped; lens, source and noise
themselves are drawn. As in drizzled images the noise map states the noise of large areas: pixels
scatter 0.66 times as much, and neighbours are correlated by a third.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.ndimage import convolve1d, gaussian_filter, zoom

from astroviz.lensing.lens import check_lens
from astroviz.lensing.observation import Observation
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.procedural import galaxies
from astroviz.lensing.psf import moffat_psf

__all__ = ["EXAMPLE_LENS", "EXAMPLE_NAME", "EXAMPLE_REDSHIFTS", "drizzled_noise", "example"]

EXAMPLE_NAME = "simulated, like J1430+4105"
EXAMPLE_LENS = (1.47, 0.72, 0.75, 0.02, -0.03, 0.03, -0.05, 1.0)
EXAMPLE_REDSHIFTS = (0.285, 0.575)

_PIXELS, _SCALE = 201, 0.05
_SOURCE_PIXELS, _SOURCE_SCALE, _SOURCE_AT = 64, 0.024, (0.06, -0.1)
_SMOOTH = 0.8  # coarse pixels of the source
_AMPLITUDE = 0.26  # data units of one prior unit of the source
_GALAXY = (0.085, 2.2, 3.0, 0.78)  # brightness at R_e, R_e (arcsec), Sersic index, axis ratio
_READ, _PHOTONS = 0.0086, 4.6e-4  # noise map: sqrt(read^2 + photons * brightness)
_FACTOR, _SHARED = 0.66, 0.17712  # scatter over noise map; 2 a / (1 + 2 a^2) = 1/3


def drizzled_noise(shape: tuple[int, ...], seed: int) -> np.ndarray:
    r"""Gaussian noise of unit variance whose neighbours are correlated by a third.

    Arguments:
        shape: The last two axes are rows and columns.
        seed: Seed.

    Example:
        >>> noise = drizzled_noise((200, 200), 0)
        >>> bool(abs((noise[1:] * noise[:-1]).mean() - 1 / 3) < 0.03)
        True
    """
    noise = np.random.default_rng(seed).standard_normal(shape)
    kernel = np.array([_SHARED, 1.0, _SHARED]) / np.sqrt(1 + 2 * _SHARED**2)
    for axis in (-2, -1):
        noise = convolve1d(noise, kernel, axis=axis, mode="wrap")
    return noise


@lru_cache(maxsize=8)
def example(
    seed: int = 7, lens: tuple[float, ...] = EXAMPLE_LENS, kind: str = "spiral"
) -> Observation:
    r"""The simulated lens.

    Arguments:
        seed: Of the source and of the noise.
        lens: In the order of `LENS_NAMES`.
        kind: Of the source, see `procedural.galaxies`.

    Returns:
        An observation whose `truth` holds `lens`, `source` (data units), `source_scale`,
        `source_centre` and the noiseless `image`.
    """
    psf = moffat_psf(1.9, 15, 2.6)
    setup = Setup(
        _PIXELS, _SCALE, _SOURCE_PIXELS, _SOURCE_SCALE, psf, upsample=2, psf_at="detector",
        source_x=_SOURCE_AT[0], source_y=_SOURCE_AT[1],
    )  # fmt: skip
    source = torch.from_numpy(_source(seed, kind))
    vector = check_lens(lens).float()
    arcs = LensOperator(setup)(vector, source).double().numpy()
    clean = arcs + _galaxy(vector, psf)
    noise = np.sqrt(_READ**2 + _PHOTONS * clean)
    image = clean + _FACTOR * noise * drizzled_noise(clean.shape, seed + 1)
    truth = {
        "lens": np.asarray(lens), "source": source.numpy(), "source_scale": _SOURCE_SCALE,
        "source_centre": _SOURCE_AT, "image": clean,
    }  # fmt: skip
    return Observation(
        image, noise, psf, np.ones(image.shape, bool), _SCALE, name=EXAMPLE_NAME,
        lens_redshift=EXAMPLE_REDSHIFTS[0], source_redshift=EXAMPLE_REDSHIFTS[1], truth=truth,
    )  # fmt: skip


def _source(seed: int, kind: str) -> np.ndarray:
    """A galaxy on a fine grid, smoother than the coarse one that it was drawn on."""
    generator = torch.Generator().manual_seed(seed)
    drawn = galaxies(1, generator, _SOURCE_PIXELS // 2, kind)[0]  # type: ignore[arg-type]
    fine = zoom(gaussian_filter(drawn.numpy().astype(float), _SMOOTH), 2, order=1, grid_mode=True,
                mode="nearest")  # fmt: skip
    return np.asarray(_AMPLITUDE * fine, dtype=np.float32)


def _galaxy(lens: torch.Tensor, psf: np.ndarray) -> np.ndarray:
    """A Sersic galaxy on the lens, turned a little against its mass, through the PSF."""
    from scipy.signal import fftconvolve

    level, reach, index, ratio = _GALAXY
    b = 2 * index - 1 / 3 + 4 / (405 * index)
    angle = float(lens[2]) + 0.08
    fine = 3
    half = (_PIXELS * fine - 1) / 2
    axis = (np.arange(_PIXELS * fine) - half) * _SCALE / fine
    x, y = np.meshgrid(axis - float(lens[3]), axis - float(lens[4]))
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle)
    radius = np.sqrt(ratio * along**2 + across**2 / ratio + (0.02 * reach) ** 2)
    sharp = level * np.exp(-b * ((radius / reach) ** (1 / index) - 1))
    rows = sharp.reshape(_PIXELS, fine, _PIXELS, fine).mean((1, 3))
    padded = np.pad(rows, psf.shape[0] // 2, mode="edge")
    return np.asarray(fftconvolve(padded, psf, mode="valid"))
