r"""An ellipsoid seen from far away: its outline, its principal ellipses, its axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["DEFAULT_VIEW", "Outline", "outline", "project", "quaternion_facing", "turn_of_drag",
           "view_of"]  # fmt: skip

_TURN = np.linspace(0.0, 2 * np.pi, 73)


def view_of(quaternion: Sequence[float]) -> np.ndarray:
    r"""The view of a sphere that was turned, for figures that turn with it.

    Arguments:
        quaternion: x, y, z, w of the turn that takes space to the view, whose axes point towards
            the reader, right and up; all zero for the first view.

    Returns:
        Rows right, up, towards the reader, shape :math:`(3, 3)`.
    """
    q = np.asarray(quaternion, dtype=float)
    length = float(np.linalg.norm(q))
    if q.shape != (4,) or length < 1e-9:
        return DEFAULT_VIEW
    x, y, z, w = q / length
    turn = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    return turn[[1, 2, 0]]


def quaternion_facing(
    direction: Sequence[float], aside: tuple[float, float] = (0.35, 0.25)
) -> list[float]:
    r"""The turn of a sphere that brings a direction near the middle.

    Arguments:
        direction: Unit vector.
        aside: How far from the middle, radians of longitude and latitude: what is seen from the
            side shows its shape.

    Returns:
        x, y, z, w, for `view_of` and for a sphere's `rotation`.
    """
    x, y, z = np.asarray(direction, dtype=float)
    longitude = float(np.arctan2(y, x)) + aside[0]
    latitude = float(np.clip(np.arcsin(np.clip(z, -1, 1)) - aside[1], -1.3, 1.3))
    a, b = -longitude / 2, latitude / 2
    # first about z by the longitude, then about y by the latitude
    ca, sa, cb, sb = np.cos(a), np.sin(a), np.cos(b), np.sin(b)
    return [round(float(c), 6) for c in (sb * sa, sb * ca, cb * sa, cb * ca)]


def _looking_at(longitude: float, latitude: float) -> np.ndarray:
    c, s = np.cos(latitude), np.sin(latitude)
    towards = np.array([c * np.cos(longitude), c * np.sin(longitude), s])
    right = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    return np.stack([right, np.cross(towards, right), towards])


DEFAULT_VIEW = _looking_at(0.45, 0.32)
"""The first view of a sphere. Rows: right, up and towards the reader, in space."""


@dataclass(frozen=True)
class Outline:
    """What is drawn of an ellipsoid: lists of x and y of lines, and the ends of its axes."""

    rim: tuple[np.ndarray, np.ndarray]
    front: tuple[list[np.ndarray], list[np.ndarray]]
    back: tuple[list[np.ndarray], list[np.ndarray]]
    ends: np.ndarray  # (3, 2, 3): axis, sign, screen coordinates


def project(points: np.ndarray, view: np.ndarray) -> np.ndarray:
    r"""Points on the screen.

    Arguments:
        points: Shape :math:`(\ldots, 3)`, in space.
        view: Shape :math:`(3, 3)`, rows right, up, towards the reader.

    Returns:
        Right, up and depth (towards the reader), shape :math:`(\ldots, 3)`.
    """
    return np.asarray(points, dtype=float) @ np.asarray(view, dtype=float).T


def outline(frame: np.ndarray, lengths: np.ndarray, view: np.ndarray) -> Outline:
    r"""The lines that draw an ellipsoid.

    The rim is the projection of the ellipsoid: with :math:`A = P F\,\mathrm{diag}(a)` the image
    of the unit sphere, the ellipse :math:`\{x : x^T (A A^T)^{-1} x = 1\}`.

    Arguments:
        frame: Unit axes as columns, shape :math:`(3, 3)`.
        lengths: Semi-axes, shape :math:`(3,)`.
        view: Rows right, up, towards the reader.
    """
    axes = project((frame * lengths).T, view)  # rows: semi-axes on the screen
    flat = axes[:, :2].T
    values, vectors = np.linalg.eigh(flat @ flat.T)
    ring = vectors @ (np.sqrt(np.maximum(values, 0))[:, None] * [np.cos(_TURN), np.sin(_TURN)])
    front: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    back: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for i, j in ((0, 1), (0, 2), (1, 2)):
        line = np.cos(_TURN)[:, None] * axes[i] + np.sin(_TURN)[:, None] * axes[j]
        for side, hidden in ((front, line[:, 2] < 0), (back, line[:, 2] >= 0)):
            side[0].append(np.where(hidden, np.nan, line[:, 0]))
            side[1].append(np.where(hidden, np.nan, line[:, 1]))
    return Outline((ring[0], ring[1]), front, back, np.stack([axes, -axes], 1))


def turn_of_drag(
    start: tuple[float, float], end: tuple[float, float], view: np.ndarray, radius: float = 1.0
) -> np.ndarray:
    r"""The turn of a ball under a hand that moves over it (an arcball).

    Arguments:
        start: Where the hand was, in units of the figure.
        end: Where it is.
        view: Rows right, up, towards the reader.
        radius: Of the ball; outside of it a drag turns about the line of sight.

    Returns:
        Rotation vector in space, radians, shape :math:`(3,)`.
    """
    first, last = (_on_ball(np.asarray(place, dtype=float) / radius) for place in (start, end))
    axis = np.cross(first, last)
    sine, cosine = float(np.linalg.norm(axis)), float(first @ last)
    if sine < 1e-12:
        return np.zeros(3)
    turn: np.ndarray = np.asarray(view).T @ (axis / sine * np.arctan2(sine, cosine))
    return turn


def _on_ball(place: np.ndarray) -> np.ndarray:
    square = float(place @ place)
    if square >= 1.0:
        return np.append(place / np.sqrt(square), 0.0)
    return np.append(place, np.sqrt(1.0 - square))
