r"""Other instruments under the same prior: linear problems that are not lenses.

| name | what is observed |
| --- | --- |
| `denoising` | the source itself, with noise |
| `inpainting` | the source where no bar and no disc hides it |
| `deconvolution` | an image of Hubble's ACS in F814W, diffraction and pixels included |
| `visibilities` | :math:`V = S F P x + n`: beam, Fourier transform, tracks of an array |
| `grism` | a slitless spectrum: every row smeared by a line spectrum over a continuum |
| `lens` | an elliptical lens with shear and a PSF |

The operators are built from published dimensions (an annular aperture of 2.4 m, a wavelength of
814 nm, dishes that the Earth turns); they stand for the instruments, no data of theirs are used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import j1
from torch import Tensor

from astroviz.lensing.linear import LinearProblem, ProblemError

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["PROBLEMS", "Problem", "airy_psf", "problem", "tracks"]

PROBLEMS = {
    "lens": "Strong lens",
    "deconvolution": "Hubble deconvolution",
    "visibilities": "Radio visibilities",
    "inpainting": "Hidden pixels",
    "grism": "Slitless spectrum",
    "denoising": "Plain noise",
}
"""Names of problems and what they are called on a page."""

_NOISE = {
    "lens": 0.1, "deconvolution": 0.05, "visibilities": 0.15, "inpainting": 0.1, "grism": 0.1,
    "denoising": 0.3,
}  # fmt: skip
_SCALE = 0.05  # arcsec, pixel of the source for every instrument but the lens


@dataclass(frozen=True, eq=False)
class Problem:
    r"""A problem with its truth.

    Arguments:
        name: One of `PROBLEMS`.
        linear: Data, operator and noise.
        truth: The source, shape :math:`(d,)`, prior units.
        clean: Data without noise, shape `linear.shape_out`.
        axes: What the axes of the data are, with units.
        noise: Standard deviation of a datum.
    """

    name: str
    linear: LinearProblem
    truth: Tensor
    clean: Tensor
    axes: tuple[str, str]
    noise: float


def problem(
    name: str, prior: Prior, seed: int = 0, noise: float | None = None, truth: Tensor | None = None
) -> Problem:
    r"""Simulate an observation of a source of the prior.

    Arguments:
        name: One of `PROBLEMS`.
        prior: Gives the size, and the truth where none is given.
        seed: Seed of truth, noise and array.
        noise: Standard deviation of a datum, in prior units; a typical one by default.
        truth: The source, shape :math:`(d,)`.

    Returns:
        The problem.

    Example:
        >>> from astroviz.lensing.gaussian_prior import exponential_prior
        >>> problem("inpainting", exponential_prior(8), seed=1).linear.shape_in
        (8, 8)
    """
    if name not in PROBLEMS:
        raise ProblemError(f"no problem {name!r}; there are {', '.join(PROBLEMS)}")
    sigma = _NOISE[name] if noise is None else float(noise)
    if truth is None:
        drawn = prior.draw_truth(1, seed)
        truth = (drawn if drawn is not None else prior.sample(1, seed))[0].cpu()
    matrix, shape, axes = _OPERATORS[name](prior.pixels, np.random.default_rng([seed, 1]))
    clean = matrix @ truth.to(matrix)
    generator = torch.Generator().manual_seed(seed + 7919)
    data = clean + sigma * torch.randn(clean.shape, generator=generator, dtype=matrix.dtype)
    linear = LinearProblem(matrix, data, sigma, (prior.pixels,) * 2, shape)
    return Problem(name, linear, truth, clean.reshape(shape), axes, sigma)


Operator = tuple[Tensor, tuple[int, ...], tuple[str, str]]


def _denoising(pixels: int, random: np.random.Generator) -> Operator:
    eye = torch.eye(pixels**2, dtype=torch.float64)
    return eye, (pixels, pixels), ("x (arcsec)", "y (arcsec)")


def _inpainting(pixels: int, random: np.random.Generator) -> Operator:
    row, column = np.mgrid[:pixels, :pixels] / pixels - 0.5
    middle = random.uniform(-0.15, 0.15, 2)
    disc = (row - middle[0]) ** 2 + (column - middle[1]) ** 2 < 0.15**2
    angle = random.uniform(0, math.pi)
    bar = np.abs(row * math.cos(angle) + column * math.sin(angle) - 0.1) < 0.06
    seen = torch.from_numpy(~(disc | bar)).double().ravel()
    # hidden pixels hold noise only: the shape of an image stays
    return torch.diag(seen), (pixels, pixels), ("x (arcsec)", "y (arcsec)")


def airy_psf(
    pixels: int,
    scale: float,
    wavelength: float = 814e-9,
    diameter: float = 2.4,
    obstruction: float = 0.33,
    fine: int = 5,
) -> np.ndarray:
    r"""PSF of a telescope with a round hole in its mirror, integrated over pixels.

    .. math:: I(u) \propto \left[\frac{2 J_1(u)}{u} - \epsilon^2 \frac{2 J_1(\epsilon u)}
        {\epsilon u}\right]^2, \qquad u = \frac{\pi D \theta}{\lambda}

    Arguments:
        pixels: Odd side of the PSF.
        scale: Arcsec per pixel.
        wavelength: :math:`\lambda`, m.
        diameter: :math:`D`, m.
        obstruction: :math:`\epsilon`, diameter of the hole over that of the mirror.
        fine: Odd number of points along a pixel.

    Returns:
        Sum 1, shape :math:`(pixels, pixels)`.
    """
    axis = (np.arange(pixels * fine) - (pixels * fine - 1) / 2) * scale / fine
    theta = np.hypot(axis[:, None], axis) / 206264.806
    u = np.maximum(np.pi * diameter * theta / wavelength, 1e-9)
    field = 2 * j1(u) / u - obstruction**2 * 2 * j1(obstruction * u) / (obstruction * u)
    binned = (field**2).reshape(pixels, fine, pixels, fine).sum((1, 3))
    return np.asarray(binned / binned.sum())


def _deconvolution(pixels: int, random: np.random.Generator) -> Operator:
    # half the pixels of Hubble's camera along a side: the source is sought below its resolution
    half = pixels - pixels % 2
    psf = airy_psf(2 * (pixels // 2) + 1, _SCALE / 2)
    basis = torch.eye(pixels**2, dtype=torch.float64).reshape(-1, 1, pixels, pixels)
    kernel = torch.from_numpy(psf).flip(0, 1)[None, None]
    seen = torch.nn.functional.conv2d(basis, kernel, padding=psf.shape[0] // 2)
    binned = torch.nn.functional.avg_pool2d(seen[..., :half, :half], 2)
    return binned.reshape(pixels**2, -1).T, (half // 2, half // 2), ("x (arcsec)", "y (arcsec)")


def tracks(random: np.random.Generator, dishes: int = 9, times: int = 24) -> np.ndarray:
    r"""Baselines of an array while the Earth turns, in units of the longest, shape (K, 2).

    Arguments:
        random: Places of the dishes.
        dishes: Their number.
        times: Moments in six hours.
    """
    radius = random.uniform(0.1, 1.0, dishes) ** 0.8
    angle = random.uniform(0, 2 * math.pi, dishes)
    east, north = radius * np.cos(angle), radius * np.sin(angle)
    first, second = np.triu_indices(dishes, 1)
    apart_east, apart_north = east[first] - east[second], north[first] - north[second]
    hour = np.linspace(-math.pi / 4, math.pi / 4, times)[:, None]
    latitude, declination = math.radians(34.0), math.radians(-10.0)
    # equatorial coordinates of the baselines, then seen from the source (Thompson et al. 2017)
    x, y, z = -math.sin(latitude) * apart_north, apart_east, math.cos(latitude) * apart_north
    u = np.sin(hour) * x + np.cos(hour) * y
    v = math.sin(declination) * (-np.cos(hour) * x + np.sin(hour) * y) + math.cos(declination) * z
    found = np.stack([u.ravel(), v.ravel()], 1)
    return np.asarray(found / np.hypot(*found.T).max())


def _visibilities(pixels: int, random: np.random.Generator) -> Operator:
    places = torch.from_numpy(tracks(random)) * 0.5 * 0.9  # cycles per pixel, below Nyquist's
    axis = torch.arange(pixels, dtype=torch.float64) - (pixels - 1) / 2
    row, column = torch.meshgrid(axis, axis, indexing="ij")
    beam = torch.exp(-4 * math.log(2) * (row**2 + column**2) / (1.2 * pixels) ** 2).ravel()
    phase = 2 * math.pi * (places @ torch.stack([column.ravel(), row.ravel()]))
    # unit noise per visibility, and an operator of about the norm of the others
    both = torch.stack([phase.cos(), -phase.sin()]) * beam / pixels
    return both.reshape(-1, pixels**2), (2, len(places)), ("visibility", "real, imaginary")


def _grism(pixels: int, random: np.random.Generator) -> Operator:
    wide = 2 * pixels
    shift = np.arange(wide) - pixels // 2
    spectrum = 0.15 / wide * np.ones(wide)
    for place, strength in ((0.25, 0.55), (0.62, 0.3)):
        spectrum += strength * _line(shift, (place - 0.5) * pixels)
    out = torch.zeros(pixels, wide, pixels, pixels, dtype=torch.float64)
    for column in range(pixels):
        moved = np.interp(np.arange(wide) - column, shift, spectrum, left=0.0, right=0.0)
        for row in range(pixels):
            out[row, :, row, column] = torch.from_numpy(moved)
    matrix = out.reshape(pixels * wide, pixels**2)
    return matrix, (pixels, wide), ("along the dispersion (pixels)", "y (arcsec)")


def _line(shift: np.ndarray, centre: float, width: float = 0.8) -> np.ndarray:
    profile = np.exp(-0.5 * ((shift - centre) / width) ** 2)
    return np.asarray(profile / profile.sum())


def _lens(pixels: int, random: np.random.Generator) -> Operator:
    from astroviz.lensing.operator import LensOperator
    from astroviz.lensing.psf import gaussian_psf
    from astroviz.lensing.setup import Setup

    image = 2 * pixels
    scale = 3.2 / image
    psf = gaussian_psf(0.1 / scale, 11)
    operator = LensOperator(Setup(image, scale, pixels, 1.28 / pixels, psf))
    lens = torch.tensor([1.0, 0.75, 0.6, 0.0, 0.0, 0.03, -0.02, 1.0], dtype=torch.float64)
    return operator.matrix(lens), (image, image), ("x (arcsec)", "y (arcsec)")


_OPERATORS: dict[str, Callable[[int, np.random.Generator], Operator]] = {
    "lens": _lens,
    "deconvolution": _deconvolution,
    "visibilities": _visibilities,
    "inpainting": _inpainting,
    "grism": _grism,
    "denoising": _denoising,
}
