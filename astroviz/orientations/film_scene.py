r"""One moment of a film: both sides as maps of their first axes and as curves of three angles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.orientations.axis_density import density_of_axes
from astroviz.orientations.film_answers import Film

__all__ = ["COORDINATES", "Coordinate", "Scene", "scene_of"]

NSIDE = 32
SMOOTHING = 0.07
"""Scale that the maps of both sides are smoothed with, rad."""

COORDINATES = {
    "longitude": (-180.0, 180.0), "latitude": (-90.0, 90.0), "tilt": (-180.0, 180.0),
}  # fmt: skip
_BINS = 60


@dataclass(frozen=True)
class Coordinate:
    r"""Histograms of one angle on both sides.

    Arguments:
        edges: Degrees, shape :math:`(B + 1,)`.
        learned: Density per degree, shape :math:`(B,)`.
        true: Density per degree, shape :math:`(B,)`.
        top: The largest true density of the whole film, for an axis that stands still.
    """

    edges: np.ndarray
    learned: np.ndarray
    true: np.ndarray
    top: float


@dataclass(frozen=True)
class Scene:
    r"""Both sides at one moment.

    Arguments:
        sigma: Scale, rad; 0 at the density itself.
        learned: Longitude, latitude and tilt of the draws, rad, shape :math:`(N, 3)`.
        true: Those of the true law.
        learned_map: Axis density relative to uniform, HEALPix (RING); empty without draws.
        true_map: That of the true law.
        top: Largest value of the true map at the end of the film.
        coordinates: Name to histograms.
    """

    sigma: float
    learned: np.ndarray
    true: np.ndarray
    learned_map: np.ndarray
    true_map: np.ndarray
    top: float
    coordinates: dict[str, Coordinate]


def _map(angles: np.ndarray) -> np.ndarray:
    if not len(angles):
        return np.empty(0)
    longitude, latitude = angles[:, 0].astype(float), angles[:, 1].astype(float)
    level = np.cos(latitude)
    axes = np.stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], -1)
    return density_of_axes(axes, SMOOTHING, NSIDE)


def _histogram(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    found = np.histogram(values, edges)[0] / (max(len(values), 1) * np.diff(edges))
    density: np.ndarray = found
    return density


def scene_of(film: Film, frame: int) -> Scene:
    r"""One moment of a film.

    Arguments:
        film: The film.
        frame: Number of the frame, from noise.
    """
    learned, true = film.learned[frame], film.true[frame]
    coordinates = {}
    for k, (name, (low, high)) in enumerate(COORDINATES.items()):
        edges = np.linspace(low, high, _BINS + 1)
        ours, law = (_histogram(np.rad2deg(side[:, k]), edges) for side in (learned, true))
        top = _histogram(np.rad2deg(film.true[-1][:, k]), edges).max()
        coordinates[name] = Coordinate(edges, ours, law, float(top))
    top_map = _map(film.true[-1])
    return Scene(
        float(film.sigma[frame]), learned, true, _map(learned), _map(true),
        float(top_map.max()), coordinates,
    )  # fmt: skip
