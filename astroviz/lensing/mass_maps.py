r"""Mass that no smooth ellipse has: convergence maps, their deflection, and a law of clumpy ones.

The procedural law (clumps, a Gaussian random field, multipoles of order 3 and 4) is a stand-in for
substructure, with lengths in Einstein radii.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from astroviz.lensing.convergence_map import map_deflection

__all__ = ["clumpy_lens", "deflection_of", "einstein_radius_of", "perturbations", "read_maps"]


def deflection_of(convergence: np.ndarray, pixel_scale: float) -> np.ndarray:
    r"""Deflection of convergence maps that are zero outside of their frame.

    Arguments:
        convergence: :math:`\kappa`, shape :math:`(\dots, s, s)`.
        pixel_scale: Arcsec per pixel.

    Returns:
        :math:`(\alpha_x, \alpha_y)` at the pixels' centres, arcsec, shape
        :math:`(\dots, 2, s, s)`.

    Example:
        >>> kappa = np.zeros((65, 65)); kappa[32, 32] = np.pi / 0.1**2
        >>> float(deflection_of(kappa, 0.1)[0, 32, 52].round(6))  # a unit mass, 2 arcsec away
        0.5
    """
    kappa = torch.as_tensor(np.asarray(convergence, dtype=np.float64))
    return np.asarray(map_deflection(kappa, pixel_scale).numpy())


def einstein_radius_of(convergence: np.ndarray, pixel_scale: float) -> float:
    """Radius of the disc of the area where the mean convergence about the peak falls to 1."""
    kappa = np.asarray(convergence, dtype=np.float64)
    rows, columns = np.indices(kappa.shape)
    total = kappa.sum()
    y, x = (rows * kappa).sum() / total, (columns * kappa).sum() / total
    order = np.argsort(np.hypot(rows - y, columns - x).ravel())
    mean = np.cumsum(kappa.ravel()[order]) / np.arange(1, kappa.size + 1)
    inside = int(np.flatnonzero(mean >= 1)[-1] + 1) if (mean >= 1).any() else 0
    return float(np.sqrt(inside * pixel_scale**2 / np.pi))


def read_maps(path: str | Path) -> np.ndarray:
    """Convergence maps of a file of numpy arrays, shape (n, ny, nx), float64."""
    place = Path(path)
    if not place.is_file():
        raise FileNotFoundError(f"no mass maps at {place}: give an .npz file of (n, ny, nx) maps")
    with np.load(place) as file:
        name = file.files[0]
        maps = np.asarray(file[name], dtype=np.float64)
    if maps.ndim != 3 or not np.isfinite(maps).all():
        raise ValueError(f"{place.name}: {name} has shape {maps.shape}; (n, ny, nx) is needed")
    return maps


def perturbations(
    n: int, seed: int, pixels: int = 64, half_width: float = 2.0, mass: float = 0.01
) -> np.ndarray:
    r"""Draws of the procedural law: convergence to add to a smooth lens.

    Arguments:
        n: Number of maps.
        seed: Seed.
        pixels: Side.
        half_width: Half the side in Einstein radii.
        mass: Typical mass of clumps, in masses within the Einstein radius.

    Returns:
        Shape :math:`(n, s, s)`.
    """
    generator = np.random.default_rng(seed)
    line = (np.arange(pixels) + 0.5) / pixels * 2 * half_width - half_width
    y, x = np.meshgrid(line, line, indexing="ij")
    step = 2 * half_width / pixels
    found = _random_fields(n, generator, pixels, step)
    for k in range(n):
        for _ in range(generator.poisson(6)):
            radius, angle = 1.6 * np.sqrt(generator.uniform()), generator.uniform(0, 2 * np.pi)
            weight = mass * generator.lognormal(-0.5, 1.0)
            width = 0.12 * generator.lognormal(0.0, 0.4) * np.sqrt(weight / mass)
            width = max(width, step)
            squared = (x - radius * np.cos(angle)) ** 2 + (y - radius * np.sin(angle)) ** 2
            found[k] += weight / (2 * width**2) * np.exp(-0.5 * squared / width**2)
        r, phi = np.hypot(x, y) + 1e-9, np.arctan2(y, x)
        for order, size in ((3, 0.01), (4, 0.015)):
            turn = generator.uniform(0, 2 * np.pi)
            found[k] += size * generator.normal() * np.cos(order * phi - turn) / np.maximum(r, 0.2)
    return found


def _random_fields(n: int, generator: np.random.Generator, pixels: int, step: float) -> np.ndarray:
    """Gaussian fields of power k^-3 beyond the width of the frame, rms 1 to 3 %."""
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(pixels, step), np.fft.rfftfreq(pixels, step),
                              indexing="ij"))  # fmt: skip
    filter_ = np.where(k > 0, np.maximum(k, 1 / (pixels * step)) ** -1.5, 0.0)
    white = np.fft.rfft2(generator.standard_normal((n, pixels, pixels)))
    fields = np.fft.irfft2(white * filter_, s=(pixels, pixels))
    rms = fields.std((1, 2), keepdims=True)
    return np.asarray(fields / rms * generator.uniform(0.01, 0.03, (n, 1, 1)))


def clumpy_lens(
    seed: int, einstein_radius: float = 1.3, axis_ratio: float = 0.75, pixels: int = 128,
    half_width: float = 2.6, mass: float = 0.012,
) -> np.ndarray:  # fmt: skip
    r"""A lens that is no ellipse: isothermal, with a perturbation of the procedural law.

    Arguments:
        seed: Seed.
        einstein_radius: Of the smooth part, arcsec.
        axis_ratio: Of the smooth part.
        pixels: Side of the map.
        half_width: Half the side, arcsec.
        mass: Of clumps, see `perturbations`.

    Returns:
        Convergence, shape :math:`(s, s)`.
    """
    generator = np.random.default_rng([seed, 1])
    line = (np.arange(pixels) + 0.5) / pixels * 2 * half_width - half_width
    y, x = np.meshgrid(line, line, indexing="ij")
    turn = generator.uniform(0, np.pi)
    u = x * np.cos(turn) + y * np.sin(turn)
    v = y * np.cos(turn) - x * np.sin(turn)
    core = (half_width / pixels) ** 2
    smooth = 0.5 * einstein_radius / np.sqrt(axis_ratio * u**2 + v**2 / axis_ratio + core)
    added = perturbations(1, seed, pixels, half_width / einstein_radius, mass)[0]
    return np.asarray(np.maximum(smooth + added, 0.0))
