r"""An environment: galaxies that are asked about, and everything around them that matters.

It is a small piece of a box. It can be changed by hand, each change giving a new environment: turn
or stretch the tidal field of a galaxy, move a neighbour, take it away, make the galaxy heavier.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astroviz.orientations.box import Box, Galaxies, Haloes
from astroviz.orientations.graph import check_positions, separations

__all__ = ["REACH", "Environment", "check_box"]

REACH = 16.0
"""How far around a galaxy an environment keeps others, Mpc/h: two rounds of messages."""

_HEAVIEST, _LIGHTEST = 16.0, 5.0  # log10 of solar masses, galaxies and haloes


@dataclass(frozen=True, eq=False)
class Environment:
    r"""Galaxies that are asked about, with their surroundings.

    Arguments:
        box: The galaxies of the piece; all haloes of the box stay with it.
        targets: Rows of the galaxies that are asked about, shape :math:`(T,)`.

    Example:
        >>> from astroviz.orientations.cosmic_web import make_box  # doctest: +SKIP
        >>> here = Environment.from_box(make_box(seed=1), [0])  # doctest: +SKIP
        >>> turned = here.with_tides(frames=np.eye(3))  # doctest: +SKIP
    """

    box: Box
    targets: np.ndarray

    @classmethod
    def from_box(
        cls, box: Box, indices: int | Sequence[int] | np.ndarray, reach: float = REACH
    ) -> Environment:
        r"""Cut the surroundings of some galaxies out of a box.

        Arguments:
            box: The box.
            indices: Rows of the galaxies, or truth values of all; at least one.
            reach: Galaxies within this distance of any of them are kept, Mpc/h.
        """
        rows = _rows(indices, len(box.galaxies))
        check_box(box)
        kept = np.zeros(len(box.galaxies), dtype=bool)
        if len(rows) > len(kept) // 4:
            kept[:] = True  # the reach of so many is the whole box
        position = box.galaxies.position
        for row in rows if not kept.all() else ():
            way = separations(position[row], position, box.size)
            kept |= (way**2).sum(-1) <= reach**2
        number = np.cumsum(kept) - 1
        return cls(box if kept.all() else box.subset(kept), number[rows])

    @classmethod
    def of_all(cls, box: Box) -> Environment:
        """All galaxies of a box in their own surroundings."""
        return cls.from_box(box, np.arange(len(box.galaxies)))

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def galaxies(self) -> Galaxies:
        """The galaxies of the piece, those asked about included."""
        return self.box.galaxies

    @property
    def haloes(self) -> Haloes:
        """The haloes of the box."""
        return self.box.haloes

    @property
    def size(self) -> float:
        """Side of the periodic box, Mpc/h."""
        return self.box.size

    @property
    def scales(self) -> tuple[float, ...]:
        """Smoothing scales of the tidal tensors, Mpc/h."""
        return self.box.scales

    def neighbours(self, radius: float, target: int = 0) -> np.ndarray:
        r"""Rows of the galaxies within a radius of a target, the nearest first.

        Arguments:
            radius: Mpc/h.
            target: Which of the targets.
        """
        position = self.galaxies.position
        here = int(self.targets[target])
        apart = np.linalg.norm(separations(position[here], position, self.size), axis=-1)
        order = np.argsort(apart, kind="stable")
        return order[(apart[order] <= radius) & (order != here)]

    def with_tides(
        self,
        eigenvalues: np.ndarray | None = None,
        frames: np.ndarray | None = None,
        target: int = 0,
    ) -> Environment:
        r"""The same with another tidal field at a galaxy.

        Arguments:
            eigenvalues: Ascending, shape :math:`(S, 3)`, or (3,) for all scales; None keeps them.
            frames: Eigenvectors as columns, shape :math:`(S, 3, 3)`, or (3, 3) for all scales;
                None keeps them.
            target: Which of the targets.
        """
        row, count = int(self.targets[target]), len(self.scales)
        values, turned = self.galaxies.eigenvalues.copy(), self.galaxies.frames.copy()
        if eigenvalues is not None:
            values[row] = np.broadcast_to(np.asarray(eigenvalues, dtype=float), (count, 3))
        if frames is not None:
            turned[row] = np.broadcast_to(np.asarray(frames, dtype=float), (count, 3, 3))
        _check_tides(values[row : row + 1], turned[row : row + 1])
        return self._with(eigenvalues=values, frames=turned)

    def moved(self, row: int, position: Sequence[float] | np.ndarray) -> Environment:
        r"""The same with a galaxy elsewhere; a central takes its halo and satellites along.

        Arguments:
            row: Row of the galaxy within the environment.
            position: Where to, Mpc/h, shape (3,); wrapped into the box.
        """
        there = np.asarray(position, dtype=float)
        if there.shape != (3,) or not np.isfinite(there).all():
            raise ValueError(f"a position is three lengths in Mpc/h, not {position!r}")
        row = int(_rows([row], len(self.galaxies))[0])
        places = self.galaxies.position.copy()
        haloes = self.haloes
        if self.galaxies.central[row]:
            halo = int(self.galaxies.halo[row])
            step = there - places[row]
            places[self.galaxies.halo == halo] += step
            centres = haloes.position.copy()
            centres[halo] = (centres[halo] + step) % self.size
            haloes = dataclasses.replace(haloes, position=centres)
        else:
            places[row] = there
        box = self.box.replace(position=places % self.size, haloes=haloes)
        return Environment(box, self.targets)

    def without(self, rows: int | Sequence[int] | np.ndarray) -> Environment:
        """The same without some of the neighbours; the haloes that they lived in stay."""
        gone = _rows(rows, len(self.galaxies))
        if np.isin(self.targets, gone).any():
            raise ValueError("a galaxy that is asked about cannot be taken away; take others")
        kept = ~np.isin(np.arange(len(self.galaxies)), gone)
        return Environment(self.box.subset(kept), (np.cumsum(kept) - 1)[self.targets])

    def with_galaxy(self, row: int, **values: float) -> Environment:
        """The same with other properties of a galaxy, as `with_galaxy(3, log_mass=11.0)`."""
        row = int(_rows([row], len(self.galaxies))[0])
        changes = {}
        for name, value in values.items():
            if name not in ("log_mass", "diskyness", "central"):
                raise KeyError(
                    f"{name!r} cannot be set here; there are log_mass, diskyness and central"
                )
            changes[name] = getattr(self.galaxies, name).copy()
            changes[name][row] = value
        changed = self._with(**changes)
        check_box(changed.box)
        return changed

    def _with(self, **arrays: np.ndarray) -> Environment:
        return Environment(self.box.replace(**arrays), self.targets)


def check_box(box: Any) -> None:
    """Refuse a box that no model can answer for; the ValueError says what is wrong."""
    galaxies, haloes = box.galaxies, box.haloes
    if not len(galaxies):
        raise ValueError("the box holds no galaxies: there is nothing to ask about")
    check_positions(galaxies.position, box.size)
    check_positions(haloes.position, box.size)
    _check_tides(galaxies.eigenvalues, galaxies.frames)
    _check_mass(galaxies.log_mass, "stellar mass", "log_mass")
    host = np.asarray(galaxies.halo)
    if host.min() < 0 or host.max() >= len(haloes):
        wrong = int(host.min() if host.min() < 0 else host.max())
        raise ValueError(f"a galaxy lives in halo {wrong}, but there are {len(haloes)} haloes")
    mass = np.asarray(haloes.mass, dtype=float)
    bad = ~(np.isfinite(mass) & (mass > 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"the mass of halo {row} is {mass[row]:g}: give positive Msun/h")
    _check_mass(np.log10(mass), "halo mass", "mass of haloes, not its logarithm,")


def _check_mass(values: np.ndarray, what: str, name: str) -> None:
    found = np.asarray(values, dtype=float)
    wrong = ~((found >= _LIGHTEST) & (found <= _HEAVIEST))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            f"the {what} of row {row} has the logarithm {found[row]:g}, which is not between "
            f"{_LIGHTEST:g} and {_HEAVIEST:g}: is the {name} in solar masses?"
        )


def _check_tides(eigenvalues: np.ndarray, frames: np.ndarray) -> None:
    values, turned = np.asarray(eigenvalues, dtype=float), np.asarray(frames, dtype=float)
    if values.ndim != 3 or values.shape[-1] != 3 or turned.shape != (*values.shape, 3):
        raise ValueError(
            f"tidal eigenvalues {values.shape} and frames {turned.shape} do not belong together: "
            "the shapes must be (N, S, 3) and (N, S, 3, 3)"
        )
    if not (np.isfinite(values).all() and np.isfinite(turned).all()):
        raise ValueError("the tidal field holds NaN: give finite eigenvalues and frames")
    if (np.diff(values, axis=-1) < -1e-6).any():
        raise ValueError(
            "tidal eigenvalues must ascend, the axis of slowest collapse first; sort them, and "
            "the columns of the frames with them"
        )
    product = np.swapaxes(turned, -1, -2) @ turned
    worst = float(np.abs(product - np.eye(3)).max())
    if worst > 1e-3:
        raise ValueError(
            f"the axes of a tidal frame are not orthogonal unit vectors (off by {worst:.3g}): "
            "give the eigenvectors as columns"
        )
    if (np.linalg.det(turned) < 0).any():
        raise ValueError("a tidal frame is left-handed: change the sign of one of its columns")


def _rows(indices: int | Sequence[int] | np.ndarray, count: int) -> np.ndarray:
    rows = np.atleast_1d(np.asarray(indices))
    if rows.dtype == bool:
        if rows.shape != (count,):
            raise ValueError(f"a mask of shape {rows.shape} does not fit {count} galaxies")
        rows = np.flatnonzero(rows)
    if not len(rows):
        raise ValueError("no galaxy is chosen: give the row of one at least")
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer):
        raise ValueError(f"galaxies are chosen by whole numbers, not by {indices!r}")
    if rows.min() < 0 or rows.max() >= count:
        worst = int(rows.min() if rows.min() < 0 else rows.max())
        raise ValueError(f"there is no galaxy {worst}: the box has {count}, counted from 0")
    return rows
