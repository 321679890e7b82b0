r"""When the images of a quasar arrive: the surface of arrival times and its stationary points.

.. math::
    t(\theta) = \frac{D_{\Delta t}}{c}\left[\tfrac12|\theta - \beta|^2 - \psi(\theta)\right]

References:
    | Blandford & Narayan (1986)
    | Suyu et al. (2010), https://arxiv.org/abs/0910.2773
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from astroviz.lensing.bench_numbers import Scales
from astroviz.lensing.bench_rays import Image, contours
from astroviz.lensing.lens import LensError, potential

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_scene import Bench, Picture

__all__ = ["ArrivalTimes", "QuasarImage", "arrival_times"]

_GRID = 121
_LEVELS = 14


@dataclass(frozen=True)
class QuasarImage:
    r"""One image of a quasar.

    Arguments:
        x: Place, arcsec.
        y: Likewise.
        magnification: Signed.
        delay: After the first image, days.
        kind: `minimum`, `saddle` or `maximum` of the arrival time.
    """

    x: float
    y: float
    magnification: float
    delay: float
    kind: str


@dataclass(frozen=True, eq=False)
class ArrivalTimes:
    r"""The surface of arrival times of a point of the source plane.

    Arguments:
        images: In the order in which they arrive.
        surface: Days after the first image on a grid, shape :math:`(n, n)`.
        axis: Places of the grid along a side, arcsec.
        levels: Lines of equal time, each :math:`(k, 2)`, arcsec.
        saddles: Those that run through a saddle, where surfaces touch themselves.
    """

    images: tuple[QuasarImage, ...]
    surface: np.ndarray
    axis: np.ndarray
    levels: list[np.ndarray]
    saddles: list[np.ndarray]

    def table(self) -> QTable:
        """The images, with units."""
        from astropy import units as u
        from astropy.table import QTable

        return QTable(
            {
                "x": [one.x for one in self.images] * u.arcsec,
                "y": [one.y for one in self.images] * u.arcsec,
                "magnification": np.array([one.magnification for one in self.images]),
                "delay": [one.delay for one in self.images] * u.day,
                "kind": [one.kind for one in self.images],
            }
        )


def arrival_times(bench: Bench, picture: Picture, scales: Scales) -> ArrivalTimes:
    r"""When the images of a quasar in the middle of the source arrive.

    Arguments:
        bench: The lens; only a power law has a potential here.
        picture: Its rays.
        scales: Of redshifts and the Hubble constant.
    """
    if bench.mass[0] != "power law":
        raise LensError(
            "Arrival times need a potential, which is here for the power law alone: choose the "
            "mass model Power law and shear."
        )
    place = bench.source_centre
    axis = np.linspace(-0.5 * bench.field, 0.5 * bench.field, _GRID)
    surface = scales.days(1.0) * _fermat(bench, *np.meshgrid(axis, axis), place)
    found = picture.rays.images(*place)
    if len(found) > 8:  # a ring: all of it arrives at once, any point of it stands for it
        found = found[:1]
    times = scales.days(1.0) * np.array([
        float(_fermat(bench, np.array(one.x), np.array(one.y), place)) for one in found
    ])  # fmt: skip
    first = float(times.min()) if len(times) else float(surface.min())
    images = sorted(
        (
            QuasarImage(one.x, one.y, one.magnification, float(time - first), _kind(picture, one))
            for one, time in zip(found, times, strict=True)
        ),
        key=lambda one: one.delay,
    )
    surface = surface - first
    saddles = [one.delay for one in images if one.kind == "saddle"]
    # even in the square root: close to the minimum lines would otherwise be far apart
    top = max(2.5 * max([one.delay for one in images], default=1.0), 0.15 * float(surface.max()))
    heights = top * np.linspace(0.1, 1.0, _LEVELS) ** 2
    return ArrivalTimes(
        tuple(images), surface, axis,
        [line for height in heights for line in contours(axis, axis, surface, float(height))],
        [line for height in saddles for line in contours(axis, axis, surface, height)],
    )  # fmt: skip


def _fermat(bench: Bench, x: np.ndarray, y: np.ndarray, place: tuple[float, float]) -> np.ndarray:
    """The Fermat potential, arcsec squared."""
    lens = torch.tensor(bench.lens, dtype=torch.float64)
    psi = potential(torch.as_tensor(x).double(), torch.as_tensor(y).double(), lens).numpy()
    return np.asarray(0.5 * ((x - place[0]) ** 2 + (y - place[1]) ** 2) - psi)


def _kind(picture: Picture, image: Image) -> str:
    """What the arrival time does at an image, by the matrix of second derivatives."""
    x, y = image.x, image.y
    if image.magnification < 0:
        return "saddle"
    step = 1e-4
    right, _ = picture.rays.trace(np.array([x + step]), np.array([y]))
    left, _ = picture.rays.trace(np.array([x - step]), np.array([y]))
    return "minimum" if right[0] > left[0] else "maximum"
