r"""A way along a filament: from galaxy to galaxy, following the axis of slowest collapse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astroviz.orientations.box import Box
from astroviz.orientations.by_hand import tide_at
from astroviz.orientations.graph import separations

__all__ = ["Filament", "trace_filament"]

_STEP = 9.0  # longest step, Mpc/h
_SHORTEST = 1.0
_WIDTH = 0.72  # cosine of the widest angle of a step to the axis


@dataclass(frozen=True, eq=False)
class Filament:
    r"""Galaxies along a filament and the plane in which they are shown.

    Arguments:
        rows: Galaxies in their order along it, shape :math:`(N,)`.
        places: From the galaxy that it was traced from, Mpc/h, shape :math:`(N, 3)`.
        right: Unit vector along the filament.
        up: Unit vector across it, in which it bends most.
    """

    rows: np.ndarray
    places: np.ndarray
    right: np.ndarray
    up: np.ndarray

    @property
    def plane(self) -> tuple[np.ndarray, np.ndarray]:
        """Places along and across, Mpc/h, each (N,)."""
        return self.places @ self.right, self.places @ self.up

    def __len__(self) -> int:
        return len(self.rows)


def trace_filament(box: Box, galaxy: int, scale: float, steps: int = 6) -> Filament:
    r"""Follow a filament to both sides of a galaxy.

    From each galaxy the way goes on to the central galaxy, within 9 Mpc/h and 44 degrees of the
    direction of the way, that is nearest for how far it lies from the axis of slowest collapse.

    Arguments:
        box: The box.
        galaxy: Where to start, a row of its galaxies.
        scale: Smoothing of the tide, Mpc/h.
        steps: At most so many to each side.
    """
    galaxies = box.galaxies
    values = galaxies.eigenvalues, galaxies.frames
    _, frames = tide_at(*values, box.scales, scale)
    axes = frames[:, :, 0]
    chains = []
    for sign in (1.0, -1.0):
        chains.append(_walk(box, galaxy, axes, sign * axes[galaxy], steps))
    back, forth = chains[1], chains[0]
    rows = np.array([*[row for row, _ in back[::-1]], galaxy, *[row for row, _ in forth]])
    places = np.array([*[at for _, at in back[::-1]], np.zeros(3), *[at for _, at in forth]])
    right, up = _plane(places, axes[galaxy], frames[galaxy, :, 1])
    return Filament(rows.astype(np.intp), places, right, up)


def _walk(
    box: Box, start: int, axes: np.ndarray, direction: np.ndarray, steps: int
) -> list[tuple[int, np.ndarray]]:
    position, central = box.galaxies.position, box.galaxies.central
    here, place = start, np.zeros(3)
    free = central.copy()
    free[box.galaxies.halo == box.galaxies.halo[start]] = False
    found: list[tuple[int, np.ndarray]] = []
    for _ in range(steps):
        way = separations(position[here], position, box.size)
        length = np.linalg.norm(way, axis=-1)
        cosine = way @ direction / np.maximum(length, 1e-9)
        ahead = free & (length < _STEP) & (length > _SHORTEST) & (cosine > _WIDTH)
        if not ahead.any():
            break
        cost = np.where(ahead, length / np.maximum(cosine, 1e-3) ** 6, np.inf)
        after = int(np.argmin(cost))
        place = place + way[after]
        step = way[after] / length[after]
        axis = axes[after] * np.sign(axes[after] @ step or 1.0)
        direction = step + axis
        direction = direction / np.linalg.norm(direction)
        free[after] = False
        here = after
        found.append((after, place))
    return found


def _plane(
    places: np.ndarray, axis: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Directions along the whole way and across it."""
    ends = places[-1] - places[0]
    length = float(np.linalg.norm(ends))
    right = ends / length if length > 1e-6 else axis
    across = places - (places @ right)[:, None] * right
    across = across - across.mean(0)
    spread = np.linalg.svd(across, full_matrices=False)[2][0] if len(places) > 2 else second
    up = spread - (spread @ right) * right
    up = up if np.linalg.norm(up) > 1e-6 else second - (second @ right) * right
    return right, up / np.linalg.norm(up)
