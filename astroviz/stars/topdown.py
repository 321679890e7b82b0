r"""The stars from above the Galactic plane: distance draws smeared along each line of sight.

In the frame that is centred on the Sun, with X towards the Galactic centre and Y in the direction
of Galactic rotation,

.. math:: X = d \cos b \cos l, \quad Y = d \cos b \sin l, \quad Z = d \sin b .
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

__all__ = ["TopDownMap", "galactic", "positions", "top_down"]

_BETWEEN = 4  # places between two draws of a distance: a smear, not a row of dots
_SMOOTH = 0.8  # cells
_MOST = 0.97  # of the stars' weight is held by the map
_SMALLEST = 110.0  # pc: the map is never smaller, so that it holds the first circle
_FAINTEST = 3e-3  # of the fullest cell: below it a mean would be of next to no star


@dataclass(frozen=True)
class TopDownMap:
    r"""A map of the plane, the Sun in its middle.

    Arguments:
        half_width: The map reaches from minus to plus this, pc, in X and in Y.
        stars: Stars in each cell, shape :math:`(C, C)`, lowest Y first.
        mean: Mean of the property that was given, same shape; NaN where there are next to no
            stars or none was given.
        outside: Stars beyond the map.
    """

    half_width: float
    stars: np.ndarray
    mean: np.ndarray
    outside: float

    @property
    def cell(self) -> float:
        """Side of a cell, pc."""
        return 2 * self.half_width / len(self.stars)


def galactic(ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Galactic longitude and latitude.

    Arguments:
        ra: Right ascension (ICRS), degrees, shape :math:`(N,)`; NaN where unknown.
        dec: Declination, degrees, shape :math:`(N,)`.

    Returns:
        Degrees, each of shape :math:`(N,)`; NaN where the place is unknown.
    """
    from astropy.coordinates import SkyCoord

    ra, dec = np.asarray(ra, dtype=float), np.asarray(dec, dtype=float)
    known = np.isfinite(ra) & np.isfinite(dec)
    found = np.full((2, len(ra)), np.nan)
    if known.any():
        place = SkyCoord(ra[known], dec[known], unit="deg", frame="icrs").galactic
        found[:, known] = place.l.deg, place.b.deg
    return found[0], found[1]


def positions(
    longitude: np.ndarray, latitude: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Galactic X, Y and Z of stars at distances.

    Arguments:
        longitude: Galactic, degrees; broadcasts with the others.
        latitude: Galactic, degrees.
        distance: pc.

    Returns:
        X, Y and Z, pc.
    """
    turn, height = np.radians(longitude), np.radians(latitude)
    flat = distance * np.cos(height)
    return flat * np.cos(turn), flat * np.sin(turn), distance * np.sin(height)


def top_down(
    longitude: np.ndarray,
    latitude: np.ndarray,
    distance: np.ndarray,
    weights: np.ndarray,
    values: np.ndarray | None = None,
    cells: int = 200,
    half_width: float | None = None,
) -> TopDownMap:
    r"""Where the stars are, each smeared over its distance draws.

    Arguments:
        longitude: Galactic, degrees, shape :math:`(N,)`; stars without one are left out.
        latitude: Galactic, degrees, shape :math:`(N,)`.
        distance: Draws of each star, pc, shape :math:`(N, K)`.
        weights: What each star counts for, as P(young), shape :math:`(N,)`.
        values: Draws of a property to be averaged, as A_V, shape :math:`(N, K)`.
        cells: Along each side.
        half_width: Of the map, pc; by default it holds 97 %.

    Returns:
        The map; `stars` and `outside` sum to the weights of the stars with a place.
    """
    there = np.isfinite(longitude) & np.isfinite(latitude) & np.isfinite(distance).all(1)
    there &= np.isfinite(weights)
    far, weight = np.asarray(distance, dtype=float)[there], np.asarray(weights, float)[there]
    held = np.ones_like(far) if values is None else np.asarray(values, dtype=float)[there]
    far, held = _smeared(far, held)
    x, y, _ = positions(longitude[there, None], latitude[there, None], far)
    mass = np.broadcast_to(weight[:, None] / max(far.shape[1], 1), x.shape)
    half = _reach(x, y, mass) if half_width is None else float(half_width)
    inside = (abs(x) < half) & (abs(y) < half)
    column, row = (((a[inside] + half) * (cells / (2 * half))).astype(np.intp) for a in (x, y))
    place, m = np.minimum(row, cells - 1) * cells + np.minimum(column, cells - 1), mass[inside]
    stars, total = (
        gaussian_filter(np.bincount(place, w, cells**2).reshape(cells, cells), _SMOOTH)
        for w in (m, m * held[inside])
    )
    mean = np.full(stars.shape, np.nan)
    if values is not None and stars.any():
        seen = stars > _FAINTEST * stars.max()
        mean[seen] = total[seen] / stars[seen]
    return TopDownMap(half, stars, mean, float(mass[~inside].sum()))


def _smeared(distance: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draws in the order of distance, and places between them; shape (N, about 4 K)."""
    order = np.argsort(distance, axis=1)
    both = [np.take_along_axis(array, order, 1) for array in (distance, values)]
    k = distance.shape[1]
    if k < 2:
        return both[0], both[1]
    place = np.linspace(0, k - 1, _BETWEEN * (k - 1) + 1)
    low = np.minimum(place.astype(np.intp), k - 2)
    part = place - low
    far, held = (array[:, low] * (1 - part) + array[:, low + 1] * part for array in both)
    return far, held


def _reach(x: np.ndarray, y: np.ndarray, mass: np.ndarray) -> float:
    """Half width that holds nearly all of the weight, to the next 10 pc."""
    reach = np.maximum(abs(x), abs(y)).ravel()
    if not mass.sum() > 0:
        return _SMALLEST
    order = np.argsort(reach)
    below = np.cumsum(mass.ravel()[order])
    edge = reach[order][min(np.searchsorted(below, _MOST * below[-1]), len(reach) - 1)]
    return max(float(np.ceil(edge * 1.05 / 10) * 10), _SMALLEST)
