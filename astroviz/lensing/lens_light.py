r"""Light of the lens galaxy: concentric elliptical Gaussians, linear in their brightnesses.

.. math:: I(x, y) = \sum_k h_k\, e^{-R^2/2\sigma_k^2}, \qquad
          R^2 = q\,x'^2 + y'^2/q,

a series that describes any centrally peaked galaxy (Emsellem, Monnet & Bacon 1994). Widths are
fixed; centre and ellipticity are fitted while the arcs of the source, which stand out above the
galaxy, are left out. The brightnesses are then inferred together with the source.
"""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, optimize, signal

from astroviz.lensing.observation import Observation
from astroviz.lensing.sky_noise import SkyNoise

__all__ = ["LensLight", "blur", "fit_light", "reshaped", "shape_images"]

_OVERSAMPLE = 3


@dataclass(frozen=True, eq=False)
class LensLight:
    r"""Shape of the lens galaxy and the brightnesses of its Gaussians.

    Arguments:
        x0: Centre, arcsec.
        y0: Centre, arcsec.
        e1: Ellipticity :math:`\frac{1-q}{1+q}\cos 2\varphi` of each Gaussian, shape :math:`(K,)`.
        e2: Ellipticity :math:`\frac{1-q}{1+q}\sin 2\varphi` of each.
        sigmas: Widths :math:`\sigma_k` on the intermediate axis, arcsec, shape :math:`(K,)`.
        brightness: :math:`h_k` before the PSF, then one constant for the sky, shape
            :math:`(K + 1,)`.
        arcs: True where light of the source was seen, shape :math:`(n_y, n_x)`.
    """

    x0: float
    y0: float
    e1: np.ndarray
    e2: np.ndarray
    sigmas: np.ndarray
    brightness: np.ndarray
    arcs: np.ndarray

    @property
    def ellipticity(self) -> tuple[float, float]:
        """Mean of e1 and of e2, weighted by light."""
        weight = np.maximum(self.brightness[: len(self.sigmas)], 0.0) * self.sigmas**2
        if not weight.sum() > 0:
            return float(self.e1.mean()), float(self.e2.mean())
        return (float((self.e1 * weight).sum() / weight.sum()),
                float((self.e2 * weight).sum() / weight.sum()))  # fmt: skip

    @property
    def axis_ratio(self) -> float:
        """Minor over major axis."""
        e = float(np.hypot(*self.ellipticity))
        return (1 - e) / (1 + e)

    @property
    def position_angle(self) -> float:
        """Major axis, rad counter-clockwise from +x."""
        e1, e2 = self.ellipticity
        return 0.5 * float(np.arctan2(e2, e1))

    def images(self, observation: Observation) -> np.ndarray:
        r"""Each Gaussian of unit peak, blurred, and a constant, shape :math:`(K+1, n_y, n_x)`.

        Arguments:
            observation: Whose frame and PSF.
        """
        x, y = observation.grid()
        step = observation.pixel_scale
        offsets = ((np.arange(_OVERSAMPLE) + 0.5) / _OVERSAMPLE - 0.5) * step
        found = []
        for k, width in enumerate(self.sigmas):
            fine = offsets if width < 3 * step else np.zeros(1)
            near = slice(None) if len(fine) == 1 else self._near(observation, 6 * width)
            image = np.zeros(observation.shape)
            image[near] = np.mean(
                [np.exp(-0.5 * self._radius(k, x[near] + dx, y[near] + dy) / width**2)
                 for dy in fine for dx in fine], axis=0)  # fmt: skip
            # a PSF of a pixel or two does not change what is ten times wider
            found.append(blur(image, observation.psf) if width < 12 * step else image)
        return np.stack([*found, np.ones(observation.shape)])

    def _near(self, observation: Observation, reach: float) -> tuple[slice, slice]:
        """Rows and columns within a distance of the centre."""
        found = []
        for centre, count in ((self.y0, observation.shape[0]), (self.x0, observation.shape[1])):
            middle = centre / observation.pixel_scale + (count - 1) / 2
            away = reach / observation.pixel_scale + 1
            found.append(slice(max(0, int(middle - away)), max(1, int(middle + away) + 2)))
        return found[0], found[1]

    def _radius(self, k: int, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Squared elliptical radius of one of the Gaussians."""
        e1, e2 = self.e1[k], self.e2[k]
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
    none = np.zeros(components)
    light = LensLight(x0, y0, none, none, sigmas, np.zeros(components + 1),
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


def _moved(light: LensLight, change: np.ndarray, members: np.ndarray | None = None) -> LensLight:
    """Another centre (of all) and ellipticity (of some of the Gaussians)."""
    some = np.ones(len(light.sigmas), dtype=bool) if members is None else members
    e1, e2 = light.e1 + change[2] * some, light.e2 + change[3] * some
    shrink = np.minimum(1.0, 0.6 / np.maximum(np.hypot(e1, e2), 1e-12))
    return dataclasses.replace(
        light, x0=float(light.x0 + change[0]), y0=float(light.y0 + change[1]),
        e1=e1 * shrink, e2=e2 * shrink,
    )  # fmt: skip


def _slopes(
    light: LensLight, observation: Observation, members: np.ndarray | None = None
) -> np.ndarray:
    """Derivatives of the galaxy's image in x0, y0, e1 and e2, shape (4, n_y, n_x)."""
    step, (x, y) = 1e-3, observation.grid()
    some = np.ones(len(light.sigmas), dtype=bool) if members is None else members

    def sharp(moved: LensLight) -> np.ndarray:
        found = np.zeros(observation.shape)
        for k in np.flatnonzero(some & (light.brightness[: len(some)] > 0)):
            radius = moved._radius(int(k), x, y)
            found += light.brightness[k] * np.exp(-0.5 * radius / light.sigmas[k] ** 2)
        return found

    moves = step * np.concatenate([np.eye(4), -np.eye(4)])
    sides = [sharp(_moved(light, move)) for move in moves]
    return np.stack([
        blur((sides[k] - sides[k + 4]) / (2 * step), observation.psf) for k in range(4)
    ])  # fmt: skip


def _groups(light: LensLight, pixel_scale: float) -> list[np.ndarray]:
    """Inner, middle and outer Gaussians, as far as there are any."""
    edges = (0.0, 3.0 * pixel_scale, 10.0 * pixel_scale, np.inf)
    found = [(light.sigmas >= a) & (light.sigmas < b) for a, b in itertools.pairwise(edges)]
    return [one for one in found if (light.brightness[: len(one)][one] > 0).any()]


def shape_images(light: LensLight, observation: Observation) -> tuple[np.ndarray, np.ndarray]:
    r"""What small changes of shape add, linear in them: isophotes may turn and flatten.

    Arguments:
        light: The galaxy, its brightnesses fitted.
        observation: Whose frame and PSF.

    Returns:
        Derivatives of the image in the centre and in the ellipticity of the inner, middle and
        outer Gaussians, shape :math:`(4 g, n_y, n_x)`, and the widths of their priors.
    """
    groups = _groups(light, observation.pixel_scale)
    if not groups:
        return np.zeros((0, *observation.shape)), np.zeros(0)
    found = [_slopes(light, observation, members) for members in groups]
    wide = 0.3 * observation.pixel_scale
    return np.concatenate(found), np.tile([wide, wide, 0.1, 0.1], len(groups))


def reshaped(light: LensLight, pixel_scale: float, linear: np.ndarray) -> LensLight:
    r"""The galaxy after a fit of its linear components.

    Arguments:
        light: The galaxy before.
        pixel_scale: Of the observation, arcsec.
        linear: Coefficients of `images` and then, if they were fitted, of `shape_images`.
    """
    count = len(light.sigmas) + 1
    heights, changes = linear[:count], linear[count:].reshape(-1, 4)
    total, found = np.zeros(2), light
    weights = []
    groups = _groups(light, pixel_scale)
    for members, change in zip(groups if len(changes) else [], changes, strict=True):
        found = _moved(found, np.array([0.0, 0.0, *np.clip(change[2:], -0.2, 0.2)]), members)
        weights.append((light.brightness[: len(members)] * members).max())
        total += weights[-1] * np.clip(change[:2], -pixel_scale, pixel_scale)
    if weights:
        x, y = total / np.sum(weights)
        found = dataclasses.replace(found, x0=found.x0 + float(x), y0=found.y0 + float(y))
    brightness = np.append(np.maximum(heights[:-1], 0.0), heights[-1])
    return dataclasses.replace(found, brightness=brightness)
