r"""Surroundings of a galaxy changed by hand: its tide turned and stretched, its neighbours moved.

The tidal tensor between two smoothing scales is taken linear in the logarithm of the scale, which
is exact at the scales that a box holds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from astroviz.orientations.environment import Environment
from astroviz.orientations.graph import separations

__all__ = ["Changes", "changed", "tide_at", "with_scale"]

_GAP = 1e-3  # kept between eigenvalues, so that the axes keep their names


@dataclass(frozen=True)
class Changes:
    r"""What a hand has done to the surroundings of a galaxy.

    Arguments:
        turn: Rotation vector of the tidal frames, radians.
        stretch: Added to the eigenvalues at all scales, slowest collapse first.
        swing: Rotation vector of all neighbours about the galaxy, radians.
        distance: Factor on the distances of all neighbours.
        alone: Whether there are no neighbours at all.
    """

    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)
    stretch: tuple[float, float, float] = (0.0, 0.0, 0.0)
    swing: tuple[float, float, float] = (0.0, 0.0, 0.0)
    distance: float = 1.0
    alone: bool = False

    @property
    def none(self) -> bool:
        """Whether nothing was changed."""
        return self == Changes()


def changed(environment: Environment, changes: Changes) -> Environment:
    r"""The surroundings of the first target after a hand has been at them.

    The neighbours move as one rigid body about the galaxy, their own tidal frames with them; the
    galaxy and its own tide stay where they are.

    Arguments:
        environment: Of one galaxy.
        changes: What was done.
    """
    found = environment
    if changes.alone:
        found = _alone(found)
    elif any(changes.swing) or changes.distance != 1.0:
        found = _swung(found, changes.swing, changes.distance)
    if any(changes.turn) or any(changes.stretch):
        found = _tided(found, changes.turn, changes.stretch)
    return found


def _alone(environment: Environment) -> Environment:
    """The first target with its own halo and nothing else in the box."""
    galaxies, haloes = environment.galaxies, environment.haloes
    row = environment.targets[:1]
    own = galaxies.halo[row]
    parts = {f.name: getattr(haloes, f.name)[own] for f in dataclasses.fields(haloes)}
    box = environment.box.subset(row)
    box = box.replace(halo=np.zeros(1, dtype=int), haloes=dataclasses.replace(haloes, **parts))
    return Environment(box, np.zeros(1, dtype=int))


def _tided(
    environment: Environment, turn: Sequence[float], stretch: Sequence[float]
) -> Environment:
    row = int(environment.targets[0])
    frames = Rotation.from_rotvec(turn).as_matrix() @ environment.galaxies.frames[row]
    values = environment.galaxies.eigenvalues[row] + np.asarray(stretch, dtype=float)
    # the order of the axes is their meaning: an axis can be stretched up to its neighbour's length
    for k in (1, 2):
        values[:, k] = np.maximum(values[:, k], values[:, k - 1] + _GAP)
    return environment.with_tides(values, frames)


def _swung(environment: Environment, swing: Sequence[float], distance: float) -> Environment:
    row, size = int(environment.targets[0]), environment.size
    galaxies, haloes = environment.galaxies, environment.haloes
    turn = Rotation.from_rotvec(swing).as_matrix()
    centre = galaxies.position[row]
    moved = centre + distance * separations(centre, galaxies.position, size) @ turn.T
    frames = turn @ galaxies.frames
    moved[row], frames[row] = centre, galaxies.frames[row]
    # the halo of a central is its own place; that of a satellite moves with the others
    near = np.unique(galaxies.halo)
    near = near[near != galaxies.halo[row]] if galaxies.central[row] else near
    centres, halo_frames = haloes.position.copy(), haloes.frames.copy()
    centres[near] = centre + distance * separations(centre, centres[near], size) @ turn.T
    halo_frames[near] = turn @ halo_frames[near]
    box = environment.box.replace(
        position=moved % size,
        frames=frames,
        haloes=dataclasses.replace(haloes, position=centres % size, frames=halo_frames),
    )
    return Environment(box, environment.targets)


def tide_at(
    eigenvalues: np.ndarray, frames: np.ndarray, scales: Sequence[float], scale: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""The tidal tensor at any smoothing scale, as eigenvalues and axes.

    Arguments:
        eigenvalues: At the scales of the box, shape :math:`(\ldots, S, 3)`, ascending.
        frames: Axes as columns, shape :math:`(\ldots, S, 3, 3)`.
        scales: Of the box, Mpc/h, ascending.
        scale: Wanted, Mpc/h; within the others.

    Returns:
        Eigenvalues :math:`(\ldots, 3)` and right-handed frames :math:`(\ldots, 3, 3)`.
    """
    known = np.asarray(scales, dtype=float)
    if not known[0] - 1e-9 <= scale <= known[-1] + 1e-9:
        raise ValueError(
            f"the tide is known from {known[0]:g} to {known[-1]:g} Mpc/h, not at {scale:g}"
        )
    tensors = (frames * eigenvalues[..., None, :]) @ np.swapaxes(frames, -1, -2)
    upper = min(max(int(np.searchsorted(known, scale)), 1), len(known) - 1)
    part = np.log(scale / known[upper - 1]) / np.log(known[upper] / known[upper - 1])
    tensor = (1 - part) * tensors[..., upper - 1, :, :] + part * tensors[..., upper, :, :]
    values, axes = np.linalg.eigh(tensor)
    axes = axes * np.where(np.linalg.det(axes) < 0, -1.0, 1.0)[..., None, None]
    return values, axes


def with_scale(environment: Environment, scale: float) -> Environment:
    """The same with the targets' tide at one smoothing scale (Mpc/h) put in place of all."""
    box, rows = environment.box, environment.targets
    galaxies = environment.galaxies
    values, frames = galaxies.eigenvalues.copy(), galaxies.frames.copy()
    one = tide_at(values[rows], frames[rows], box.scales, scale)
    values[rows], frames[rows] = one[0][:, None], one[1][:, None]
    return Environment(box.replace(eigenvalues=values, frames=frames), rows)
