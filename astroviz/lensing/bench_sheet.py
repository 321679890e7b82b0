r"""The mass-sheet degeneracy: another lens, another source, the same image.

.. math::
    \kappa_\lambda = \lambda\kappa + (1 - \lambda),\quad \beta_\lambda = \lambda\beta

Images stay where they are, with their fluxes' ratios. The source is :math:`\lambda` times as
large, magnifications :math:`\lambda^{-2}` times as strong, delays :math:`\lambda` times as long:
who measures delays and leaves the sheet out of account finds :math:`H_0 / \lambda` for a true
:math:`H_0`.

References:
    | Falco, Gorenstein & Shapiro (1985)
    | Schneider & Sluse (2013), https://arxiv.org/abs/1306.0901
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from astroviz.lensing.bench_numbers import Scales, scales
from astroviz.lensing.lens import LensError, convergence

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_scene import Bench, Picture

__all__ = ["Sheet", "sheet"]

_RADII = 60
_TURNS = 48


@dataclass(frozen=True, eq=False)
class Sheet:
    r"""A lens with and without a mass sheet.

    Arguments:
        factor: :math:`\lambda`.
        radius: Radii about the lens, arcsec, shape :math:`(r,)`.
        own: Mean convergence within them without the sheet, :math:`(r,)`.
        sheeted: The same with it.
        difference: Largest difference of an image of both lenses, in parts of its peak.
        delay: Delay between the first and the last image of the source's middle, days; NaN where
            there is one image alone.
        hubble: What a model without a sheet finds from the delays of the lens with it, km/s/Mpc.
        mass: Mass within twice the Einstein radius, solar masses, without the sheet.
        mass_sheeted: The same with it.
    """

    factor: float
    radius: np.ndarray
    own: np.ndarray
    sheeted: np.ndarray
    difference: float
    delay: float
    hubble: float
    mass: float
    mass_sheeted: float

    def table(self) -> QTable:
        """The curves, with units."""
        from astropy import units as u
        from astropy.table import QTable

        found = QTable(
            {
                "radius": self.radius * u.arcsec,
                "mean_convergence": self.own,
                "mean_convergence_with_sheet": self.sheeted,
            }
        )
        found.meta.update(sheet_lambda=self.factor)
        return found


def sheet(
    bench: Bench,
    picture: Picture,
    factor: float,
    redshifts: tuple[float, float],
    hubble_constant: float,
) -> Sheet:
    r"""Compare a lens with its double that has a mass sheet.

    The image of the double is not taken from theory: its own rays are traced to its own source.

    Arguments:
        bench: The lens.
        picture: Its image.
        factor: :math:`\lambda`; below 1 there is mass in the sheet.
        redshifts: Of lens and source.
        hubble_constant: The true one, km/s/Mpc.
    """
    physical = scales(*redshifts, hubble_constant)
    radius = np.linspace(0.05, 1.0, _RADII) * 0.5 * bench.field
    own = _mean_convergence(bench, radius)
    sheeted = factor * own + (1 - factor)
    twice = 2 * bench.lens[0]
    inner = float(np.interp(twice, radius, own))
    critical = math.pi * (1e3 * twice * physical.kpc_lens) ** 2 * physical.sigma_crit
    return Sheet(
        factor, radius, own, sheeted, _difference(bench, picture, factor),
        factor * _delay(bench, picture, physical), hubble_constant / factor,
        critical * inner, critical * (factor * inner + 1 - factor),
    )  # fmt: skip


def _mean_convergence(bench: Bench, radius: np.ndarray) -> np.ndarray:
    """Mean within circles about the lens, from the ring averages of the convergence."""
    turn = np.linspace(0, 2 * np.pi, _TURNS, endpoint=False)
    fine = np.geomspace(1e-3, float(radius[-1]), 200)
    lens = torch.tensor(bench.lens, dtype=torch.float64)
    x = bench.lens[3] + fine[:, None] * np.cos(turn)
    y = bench.lens[4] + fine[:, None] * np.sin(turn)
    ring = convergence(torch.as_tensor(x), torch.as_tensor(y), lens).numpy().mean(1)
    # of a power law the innermost part is known: kappa r^2 / (1 - t / 2)
    within = ring[0] * fine[0] ** 2 / (1 - bench.lens[7] / 2)
    steps = 0.5 * (ring[1:] * fine[1:] + ring[:-1] * fine[:-1]) * np.diff(fine) * 2
    total = within + np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(np.interp(radius, fine, total / fine**2))


def _delay(bench: Bench, picture: Picture, physical: Scales) -> float:
    from astroviz.lensing.bench_delays import arrival_times

    try:
        images = arrival_times(bench, picture, physical).images
    except LensError:
        return float("nan")
    return images[-1].delay if len(images) > 1 else float("nan")


def _difference(bench: Bench, picture: Picture, factor: float) -> float:
    """Trace both lenses to their sources, and compare the images."""
    count = len(picture.clean)
    axis = (np.arange(count) - (count - 1) / 2) * picture.pixel_scale
    x, y = np.meshgrid(axis, axis)
    beta_x, beta_y = picture.rays.trace(x, y)
    # alpha of the double: lambda alpha + (1 - lambda) theta
    double = (
        x - (factor * (x - beta_x) + (1 - factor) * x),
        y - (factor * (y - beta_y) + (1 - factor) * y),
    )
    sizes = (bench.source_size, bench.source_size * factor)
    centres = (bench.source_centre, tuple(factor * part for part in bench.source_centre))
    seen = [
        _looked_up(picture.stamp, (bx - cx) / size, (by - cy) / size)
        for (bx, by), size, (cx, cy) in zip(
            ((beta_x, beta_y), double), sizes, centres, strict=True
        )
    ]
    return float(np.abs(seen[0] - seen[1]).max() / max(seen[0].max(), 1e-12))


def _looked_up(stamp: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A stamp at places in parts of its side, bilinear; zero outside."""
    from scipy.ndimage import map_coordinates

    at = [part * len(stamp) + (len(stamp) - 1) / 2 for part in (y, x)]
    return np.asarray(map_coordinates(stamp.astype(float), at, order=1, cval=0.0))
