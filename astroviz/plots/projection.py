r"""Sky positions on a plane: Mollweide for the whole sky, tangent plane for a region.

Projections, rotations between equatorial and galactic coordinates and the pixelisation are
healpy's; longitude grows to the left, as one sees the sky from inside.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

__all__ = ["FRAMES", "Projection", "graticule_step", "nside_for", "sky_counts"]

FRAMES = {"equatorial": ("C", "RA", "Dec"), "galactic": ("G", "l", "b")}
_STEPS = (30.0, 15.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)


class Projection:
    r"""From equatorial positions to a plane and back.

    Arguments:
        frame: `equatorial` or `galactic`: coordinates of the graticule.
        view: `sky` for a Mollweide map, `region` for a tangent plane.
        centre: Longitude and latitude in `frame` of the middle, degrees.

    Example:
        >>> x, y = Projection().forward(np.array([0.0]), np.array([90.0]))
        >>> round(abs(float(x[0])), 6), round(float(y[0]), 6)
        (0.0, 1.0)
    """

    def __init__(
        self,
        frame: str = "equatorial",
        view: str = "sky",
        centre: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        if frame not in FRAMES:
            raise ValueError(f"no frame {frame!r}; there are {', '.join(FRAMES)}")
        if view not in ("sky", "region"):
            raise ValueError(f"no view {view!r}; there are sky, region")
        self.frame, self.view = frame, view
        # a Mollweide map that is tilted has no level parallels
        self.centre = centre if view == "region" else (centre[0], 0.0)

    @cached_property
    def _plane(self) -> Any:
        from healpy.projector import GnomonicProj, MollweideProj

        kind = GnomonicProj if self.view == "region" else MollweideProj
        return kind(rot=(*self.centre, 0.0), flipconv="astro")

    def to_frame(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude and latitude in the frame of the map, degrees."""
        if self.frame == "equatorial" or np.size(ra) == 0:
            return np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
        from healpy import Rotator

        turn = Rotator(coord=["C", FRAMES[self.frame][0]])
        longitude, latitude = turn(np.asarray(ra, float), np.asarray(dec, float), lonlat=True)
        # healpy makes a number of an array of one
        return np.reshape(longitude, np.shape(ra)), np.reshape(latitude, np.shape(dec))

    def place(self, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Plane coordinates of positions in the map's own frame; NaN behind a tangent plane."""
        longitude, latitude = np.asarray(longitude, float), np.asarray(latitude, float)
        if longitude.size == 0:
            return longitude.copy(), latitude.copy()
        plane = self._plane.ang2xy(longitude, latitude, lonlat=True)
        x, y = (np.array(c, dtype=float).reshape(longitude.shape) for c in plane)
        if self.view == "region":
            hidden = ~(self.separation(longitude, latitude) < 75.0)
            x[hidden] = y[hidden] = np.nan
        return x, y

    def forward(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Plane coordinates of equatorial positions in degrees."""
        return self.place(*self.to_frame(ra, dec))

    def inverse(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Position in the map's frame, degrees; NaN outside the map."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        inside = np.isfinite(x) & np.isfinite(y)
        if self.view == "sky":
            inside &= (x / 2) ** 2 + y**2 <= 1
        longitude, latitude = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        if inside.any():
            found = self._plane.xy2ang(x[inside], y[inside], lonlat=True)
            longitude[inside], latitude[inside] = found
        return longitude % 360.0, latitude

    def separation(self, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
        """Angle to the middle of the map, degrees."""
        lon, lat = np.radians(longitude - self.centre[0]), np.radians(latitude)
        middle = np.radians(self.centre[1])
        cosine = np.sin(lat) * np.sin(middle) + np.cos(lat) * np.cos(middle) * np.cos(lon)
        angle: np.ndarray = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        return angle


def sky_counts(longitude: np.ndarray, latitude: np.ndarray, nside: int) -> np.ndarray:
    r"""Stars in each HEALPix pixel.

    Arguments:
        longitude: Degrees, shape :math:`(N,)`.
        latitude: Degrees, shape :math:`(N,)`.
        nside: Resolution.

    Returns:
        Counts in ring order, shape :math:`(12\,n_\text{side}^2,)`; they sum to :math:`N`.
    """
    from healpy import ang2pix, nside2npix

    pixel = ang2pix(nside, np.asarray(longitude, float), np.asarray(latitude, float), lonlat=True)
    return np.bincount(pixel, minlength=nside2npix(nside))


def nside_for(pixel_size: float) -> int:
    """Resolution whose pixels are just larger than this many degrees, at most 1024."""
    wanted = 58.6 / max(pixel_size, 1e-3)
    return int(2 ** np.clip(np.floor(np.log2(wanted)), 2, 10))


def graticule_step(extent: float, lines: float = 6.0) -> float:
    """Spacing of lines over an extent, both in degrees."""
    return next((step for step in reversed(_STEPS) if extent / step <= lines), _STEPS[0])
