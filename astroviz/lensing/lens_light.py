r"""Light of the lens galaxy: concentric elliptical Gaussians, linear in their brightnesses.

.. math:: I(x, y) = \sum_k h_k\, e^{-R^2/2\sigma_k^2}, \qquad
          R^2 = q\,x'^2 + y'^2/q,

a series that describes any centrally peaked galaxy (Emsellem, Monnet & Bacon 1994). Widths are
fixed; centre and ellipticity are fitted while the arcs of the source, which stand out above the
galaxy, are left out. The brightnesses are then inferred together with the source.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize, signal

from astroviz.lensing.observation import Observation
from astroviz.lensing.sky_noise import SkyNoise

__all__ = ["LensLight", "fit_light"]

_OVERSAMPLE = 3


@dataclass(frozen=True, eq=False)
class LensLight:
    r"""Shape of the lens galaxy and the brightnesses of its Gaussians.

    Arguments:
        x0: Centre, arcsec.
        y0: Centre, arcsec.
        e1: Ellipticity :math:`\frac{1-q}{1+q}\cos 2\varphi`.
        e2: Ellipticity :math:`\frac{1-q}{1+q}\sin 2\varphi`.
        sigmas: Widths :math:`\sigma_k` on the intermediate axis, arcsec, shape :math:`(K,)`.
        brightness: :math:`h_k` before the PSF, then one constant for the sky, shape
            :math:`(K + 1,)`.
        arcs: True where light of the source was seen, shape :math:`(n_y, n_x)`.
    """

    x0: float
    y0: float
    e1: float
    e2: float
    sigmas: np.ndarray
    brightness: np.ndarray
    arcs: np.ndarray

    @property
    def axis_ratio(self) -> float:
        """Minor over major axis."""
        e = float(np.hypot(self.e1, self.e2))
        return (1 - e) / (1 + e)

    @property
    def position_angle(self) -> float:
        """Major axis, rad counter-clockwise from +x."""
        return 0.5 * float(np.arctan2(self.e2, self.e1))

    def images(self, observation: Observation, stretch: float = 1.0) -> np.ndarray:
        r"""Each Gaussian of unit peak, blurred, and a constant, shape :math:`(K+1, n_y, n_x)`.

        Arguments:
            observation: Whose frame and PSF.
            stretch: Factor on the ellipticity, for components rounder than the mean.
        """
        x, y = observation.grid()
        step = observation.pixel_scale
        offsets = ((np.arange(_OVERSAMPLE) + 0.5) / _OVERSAMPLE - 0.5) * step
        radius = np.stack([
            self._radius(x + dx, y + dy, stretch) for dy in offsets for dx in offsets
        ])  # fmt: skip
        found = [np.exp(-0.5 * radius / s**2).mean(0) if s < 3 * step
                 else np.exp(-0.5 * radius[4] / s**2) for s in self.sigmas]  # fmt: skip
        # a PSF of a pixel or two does not change what is ten times wider
        blurred = [blur(image, observation.psf) if s < 12 * step else image
                   for image, s in zip(found, self.sigmas, strict=True)]  # fmt: skip
        return np.stack([*blurred, np.ones(observation.shape)])

    def _radius(self, x: np.ndarray, y: np.ndarray, stretch: float) -> np.ndarray:
        """Squared elliptical radius."""
        e1, e2 = self.e1 * stretch, self.e2 * stretch
        dx, dy = x - self.x0, y - self.y0
        size = e1 * e1 + e2 * e2
        # q x'^2 + y'^2/q written without the angle: finite for a round galaxy
        return np.asarray(
            ((1 + size) * (dx**2 + dy**2) - 2 * e1 * (dx**2 - dy**2) - 4 * e2 * dx * dy)
            / (1 - size)
        )

    def image(self, observation: Observation) -> np.ndarray:
        """The galaxy's brightness without the sky's constant, shape (n_y, n_x)."""
        return np.asarray(
            np.tensordot(self.brightness[:-1], self.images(observation)[:-1], axes=1)
        )


def blur(image: np.ndarray, psf: np.ndarray | None) -> np.ndarray:
    """An image through a PSF, light beyond the frame taken as that at its edge."""
    if psf is None:
        return image
    rows, columns = psf.shape[0] // 2, psf.shape[1] // 2
    padded = np.pad(image, ((rows, rows), (columns, columns)), mode="edge")
    return np.asarray(signal.fftconvolve(padded, psf, mode="valid"))


def fit_light(observation: Observation, noise: SkyNoise, components: int = 12) -> LensLight:
    r"""Centre, ellipticity and brightness of the lens galaxy, arcs left out.

    Arguments:
        observation: The observation.
        noise: Its noise; only the standard deviations are used here.
        components: Number of Gaussians :math:`K`.
    """
    sigma = np.where(observation.mask, noise.factor * observation.noise, np.inf)
    widest = 0.7 * observation.half_width
    sigmas = np.geomspace(0.6 * observation.pixel_scale, widest, components)
    x0, y0 = _peak(observation)
    light = LensLight(x0, y0, 0.0, 0.0, sigmas, np.zeros(components + 1),
                      np.zeros(observation.shape, dtype=bool))  # fmt: skip
    good = observation.mask.copy()
    for clip in (10.0, 5.0, 3.5):
        light = _gauss_newton(light, observation, sigma, good)
        arcs = _stands_out(light, observation, sigma, clip)
        light = dataclasses.replace(light, arcs=arcs)
        good = observation.mask & ~arcs
        if good.sum() < 0.2 * observation.mask.sum():
            break
    return light


def _peak(observation: Observation) -> tuple[float, float]:
    """Brightest smoothed place in the central third of the frame, arcsec."""
    x, y = observation.grid()
    smooth = ndimage.gaussian_filter(observation.image, 1.5)
    inside = (np.hypot(x, y) < observation.half_width / 3) & observation.mask
    if not inside.any():
        return 0.0, 0.0
    best = int(np.argmax(np.where(inside, smooth, -np.inf)))
    return float(x.ravel()[best]), float(y.ravel()[best])


def _stands_out(
    light: LensLight, observation: Observation, sigma: np.ndarray, clip: float
) -> np.ndarray:
    """Where the smoothed residual is brighter than the galaxy by `clip` sigma, grown a little."""
    model = np.tensordot(light.brightness, light.images(observation), axes=1)
    model_error = 0.03 * np.abs(model - light.brightness[-1])
    ratio = np.where(observation.mask, observation.image - model, 0.0)
    ratio = ratio / np.where(np.isfinite(sigma), np.hypot(sigma, model_error), 1.0)
    smooth = ndimage.gaussian_filter(ratio, 1.0) * 2 * np.sqrt(np.pi)  # of unit noise again
    x, y = observation.grid()
    core = np.hypot(x - light.x0, y - light.y0) < 4 * observation.pixel_scale
    return np.asarray(ndimage.binary_dilation((smooth > clip) & ~core, iterations=2))


def _solve(
    light: LensLight, observation: Observation, sigma: np.ndarray, good: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Non-negative brightnesses, the whitened residual of the good pixels, and the columns."""
    images = light.images(observation)[:, good]
    matrix, data = (images / sigma[good]).T, observation.image[good] / sigma[good]
    columns = np.concatenate([matrix, -matrix[:, -1:]], 1)  # the sky may be negative
    gram = columns.T @ columns
    scale = np.sqrt(np.diag(gram)) + 1e-300
    lower = np.linalg.cholesky(gram / np.outer(scale, scale) + 1e-9 * np.eye(len(gram)))
    back = np.linalg.solve(lower, columns.T @ data / scale)
    found = optimize.nnls(lower.T, back)[0] / scale
    values = np.append(found[:-2], found[-2] - found[-1])
    return values, data - matrix @ values, matrix


def _gauss_newton(
    light: LensLight, observation: Observation, sigma: np.ndarray, good: np.ndarray
) -> LensLight:
    """A few damped steps in centre and ellipticity, the brightnesses solved at each."""
    brightness, residual, matrix = _solve(light, observation, sigma, good)
    light = dataclasses.replace(light, brightness=brightness)
    damping = 1e-3
    for _ in range(4):
        slopes = _slopes(light, observation)[:, good].T / sigma[good][:, None]
        active = matrix[:, brightness > 0]
        # what the brightnesses can follow is no reason to move
        free = slopes - active @ np.linalg.lstsq(active, slopes, rcond=1e-10)[0]
        normal = free.T @ free
        normal = normal + damping * np.diag(np.diag(normal)) + 1e-12 * np.eye(4)
        change = np.clip(np.linalg.solve(normal, free.T @ residual), -0.15, 0.15)
        trial = _moved(light, change)
        found = _solve(trial, observation, sigma, good)
        gain = float(residual @ residual - found[1] @ found[1])
        if gain > 0:
            brightness, residual, matrix = found
            light = dataclasses.replace(trial, brightness=brightness)
            damping *= 0.3
        else:
            damping *= 30
        if 0 <= gain < 1.0:
            break
    return light


def _moved(light: LensLight, change: np.ndarray) -> LensLight:
    names = ("x0", "y0", "e1", "e2")
    values = {n: float(getattr(light, n) + c) for n, c in zip(names, change, strict=True)}
    size = float(np.hypot(values["e1"], values["e2"]))
    if size > 0.5:
        values["e1"], values["e2"] = (0.5 * values[n] / size for n in ("e1", "e2"))
    return dataclasses.replace(light, **values)


def _slopes(light: LensLight, observation: Observation) -> np.ndarray:
    """Derivatives of the galaxy's image in x0, y0, e1 and e2, shape (4, n_y, n_x)."""
    step, x, y = 1e-3, *observation.grid()

    def sharp(moved: LensLight) -> np.ndarray:
        radius = moved._radius(x, y, 1.0)
        found = np.zeros(observation.shape)
        for height, width in zip(light.brightness, light.sigmas, strict=False):
            if height > 0:
                found += height * np.exp(-0.5 * radius / width**2)
        return found

    moves = step * np.concatenate([np.eye(4), -np.eye(4)])
    sides = [sharp(_moved(light, move)) for move in moves]
    return np.stack([
        blur((sides[k] - sides[k + 4]) / (2 * step), observation.psf) for k in range(4)
    ])  # fmt: skip
