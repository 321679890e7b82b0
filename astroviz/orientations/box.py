r"""A universe in a box: haloes, galaxies and what surrounds them, as plain arrays.

Positions are comoving, in Mpc/h, in a periodic cube. A frame is a right-handed matrix whose
columns are the eigenvectors of the tidal tensor, the smallest eigenvalue first: its first column
is the axis of slowest collapse, which is the major axis of what has collapsed there. A galaxy's
rotation has its major, intermediate and minor axis as columns.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_bytes
from safetensors.numpy import save as save_bytes

from astroviz.orientations.cosmology import Cosmology

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["SCALES", "WEB_TYPES", "Box", "Galaxies", "Haloes", "pack", "redshift_space", "unpack",
           "wrap"]  # fmt: skip

SCALES = (1.0, 2.0, 5.0)
"""Smoothing scales of the tidal tensor, Mpc/h."""

WEB_TYPES = ("void", "sheet", "filament", "knot")
"""By the number of collapsing axes, none to three."""

_FORMAT = "astroviz box 1"


@dataclass(frozen=True)
class Haloes:
    r"""Haloes of a box.

    Arguments:
        position: Centres of mass, Mpc/h, shape :math:`(H, 3)`.
        velocity: Peculiar velocities, km/s, shape :math:`(H, 3)`.
        mass: Msun/h, shape :math:`(H,)`.
        radius: Radius of 200 times the mean density, Mpc/h, shape :math:`(H,)`.
        particles: Number of particles, shape :math:`(H,)`; zero where there were none.
        eigenvalues: Of the tidal tensor, ascending, shape :math:`(H, S, 3)`; their sum is the
            density contrast at the scale.
        frames: Its eigenvectors as columns, right-handed, shape :math:`(H, S, 3, 3)`.
        web_type: Index into `WEB_TYPES`, shape :math:`(H,)`.
    """

    position: np.ndarray
    velocity: np.ndarray
    mass: np.ndarray
    radius: np.ndarray
    particles: np.ndarray
    eigenvalues: np.ndarray
    frames: np.ndarray
    web_type: np.ndarray

    def __len__(self) -> int:
        return len(self.position)


@dataclass(frozen=True)
class Galaxies:
    r"""Galaxies of a box. Masses, sizes, colours and diskyness are labelled stand-ins.

    Arguments:
        position: Mpc/h, shape :math:`(N, 3)`.
        velocity: Peculiar velocities, km/s, shape :math:`(N, 3)`.
        halo: Index of the host halo, shape :math:`(N,)`.
        central: Whether it is the central of its halo, shape :math:`(N,)`.
        log_mass: Stellar mass, log10 Msun, shape :math:`(N,)`.
        eigenvalues: As of the haloes, at the galaxy, shape :math:`(N, S, 3)`.
        frames: As of the haloes, at the galaxy, shape :math:`(N, S, 3, 3)`.
        rotation: Columns are the major, intermediate and minor axis, shape :math:`(N, 3, 3)`.
        axis_ratio_b: Intermediate over major axis, shape :math:`(N,)`.
        axis_ratio_c: Minor over major axis, shape :math:`(N,)`.
        log_size: Half-light radius, log10 kpc, shape :math:`(N,)`.
        colour: g - r, mag, shape :math:`(N,)`.
        diskyness: 0 for an elliptical, 1 for a disc, shape :math:`(N,)`.
    """

    position: np.ndarray
    velocity: np.ndarray
    halo: np.ndarray
    central: np.ndarray
    log_mass: np.ndarray
    eigenvalues: np.ndarray
    frames: np.ndarray
    rotation: np.ndarray
    axis_ratio_b: np.ndarray
    axis_ratio_c: np.ndarray
    log_size: np.ndarray
    colour: np.ndarray
    diskyness: np.ndarray

    def __len__(self) -> int:
        return len(self.position)


@dataclass(frozen=True)
class Box:
    r"""A periodic cube of haloes and galaxies.

    Arguments:
        size: Side, comoving, Mpc/h.
        cosmology: The universe.
        seed: Seed of everything drawn.
        redshift: Of the snapshot.
        haloes: The haloes.
        galaxies: The galaxies.
        scales: Smoothing scales of the tidal tensors, Mpc/h, S of them.
        notes: Sentences on where the box came from and what was assumed.
    """

    size: float
    cosmology: Cosmology
    seed: int
    redshift: float
    haloes: Haloes
    galaxies: Galaxies
    scales: tuple[float, ...] = SCALES
    notes: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> Box:
        """A copy with other parts; names of galaxy arrays change the galaxies.

        Example: `box.replace(rotation=rotations)`.
        """
        names = {item.name for item in dataclasses.fields(self)}
        inside = {key: changes.pop(key) for key in list(changes) if key not in names}
        galaxies = dataclasses.replace(changes.pop("galaxies", self.galaxies), **inside)
        return dataclasses.replace(self, galaxies=galaxies, **changes)

    def subset(self, mask: np.ndarray) -> Box:
        r"""The box with some of its galaxies; all haloes stay, and so do their indices.

        Arguments:
            mask: Truth values, shape :math:`(N,)`, or indices.
        """
        mask = np.asarray(mask)
        if mask.dtype == bool and mask.shape != (len(self.galaxies),):
            raise ValueError(
                f"a mask of shape {mask.shape} does not fit {len(self.galaxies)} galaxies."
            )
        parts = {name: array[mask] for name, array in _arrays(self.galaxies)}
        return dataclasses.replace(self, galaxies=Galaxies(**parts))

    def redshift_space_positions(self, axis: int = 2) -> np.ndarray:
        r"""Positions of the galaxies as a distant observer along an axis measures them.

        Arguments:
            axis: The line of sight: 0, 1 or 2.

        Returns:
            Mpc/h, shape :math:`(N, 3)`, within the box.
        """
        galaxies = self.galaxies
        return redshift_space(galaxies.position, galaxies.velocity, self.size, self.cosmology,
                              self.redshift, axis)  # fmt: skip

    def galaxies_table(self) -> QTable:
        """All of the galaxies as an astropy table with units, one row for each."""
        from astroviz.orientations.box_columns import galaxies_table

        return galaxies_table(self)

    def haloes_table(self) -> QTable:
        """All of the haloes as an astropy table with units, one row for each."""
        from astroviz.orientations.box_columns import haloes_table

        return haloes_table(self)

    def save(self, path: Path | str) -> Path:
        """Write the box as one small safetensors file; returns its path."""
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        tensors, about = pack(self)
        part = place.with_name(place.name + ".part")
        part.write_bytes(save_bytes(tensors, metadata={"about": json.dumps(about)}))
        os.replace(part, place)
        return place

    @classmethod
    def load(cls, path: Path | str) -> Box:
        """Read what `save` wrote; a ValueError says in a sentence why it cannot be."""
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise ValueError(f"the box {path} cannot be read: {error.strerror}.") from error
        try:
            tensors = load_bytes(content)
            length = int.from_bytes(content[:8], "little")
            about = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["about"])
            return unpack(tensors, about)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is no box that this version can read ({error}); make it again."
            ) from error


def pack(box: Box) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays of a box by name, and all else of it as plain values for JSON."""
    tensors = {
        f"{part}.{name}": np.ascontiguousarray(_small(array))
        for part in ("haloes", "galaxies")
        for name, array in _arrays(getattr(box, part))
    }
    about = {"format": _FORMAT, "size": box.size, "seed": box.seed, "redshift": box.redshift,
             "scales": list(box.scales), "notes": list(box.notes),
             "cosmology": dataclasses.asdict(box.cosmology)}  # fmt: skip
    return tensors, about


def unpack(tensors: dict[str, np.ndarray], about: dict[str, Any]) -> Box:
    """The box that `pack` took apart."""
    if about.get("format") != _FORMAT:
        raise ValueError(f"its format is {about.get('format')!r}, not {_FORMAT!r}")
    parts: dict[str, Any] = {
        kind.__name__.lower(): kind(
            **{item.name: _wide(tensors[f"{kind.__name__.lower()}.{item.name}"], item.name)
               for item in dataclasses.fields(kind)}
        )
        for kind in (Haloes, Galaxies)
    }  # fmt: skip
    return Box(
        float(about["size"]), Cosmology(**about["cosmology"]), int(about["seed"]),
        float(about["redshift"]), parts["haloes"], parts["galaxies"], tuple(about["scales"]),
        tuple(about["notes"]),
    )  # fmt: skip


def wrap(position: np.ndarray, size: float) -> np.ndarray:
    """Positions brought back into the box, from 0 up to and without `size`."""
    inside = np.mod(position, size)
    return np.where(inside >= size, 0.0, inside)  # mod of -1e-18 rounds up to the size itself


def redshift_space(
    position: np.ndarray,
    velocity: np.ndarray,
    size: float,
    cosmology: Cosmology,
    redshift: float = 0.0,
    axis: int = 2,
) -> np.ndarray:
    r"""Positions moved along a line of sight by their peculiar velocities.

    .. math:: s = x + v_\parallel \frac{1 + z}{H(z)}

    Arguments:
        position: Comoving, Mpc/h, shape :math:`(N, 3)`.
        velocity: Peculiar, km/s, shape :math:`(N, 3)`.
        size: Side of the box, Mpc/h.
        cosmology: The universe.
        redshift: Of the snapshot.
        axis: The line of sight: 0, 1 or 2.

    References:
        | Kaiser (1987)
    """
    if axis not in (0, 1, 2):
        raise ValueError(f"the line of sight is axis 0, 1 or 2, not {axis!r}.")
    rate = 100.0 * float(cosmology.expansion(1.0 / (1.0 + redshift)))  # km/s per Mpc/h
    moved = np.array(position, dtype=np.float64)
    moved[:, axis] += velocity[:, axis] * (1.0 + redshift) / rate
    return wrap(moved, size)


def _arrays(part: Haloes | Galaxies) -> Iterator[tuple[str, np.ndarray]]:
    for item in dataclasses.fields(part):
        yield item.name, getattr(part, item.name)


def _small(array: np.ndarray) -> np.ndarray:
    # float32 on disk: positions to 1e-5 Mpc/h, rotations to 1e-7
    if array.dtype == bool:
        return array.astype(np.uint8)
    return array.astype(np.float32 if array.dtype.kind == "f" else np.int32)


def _wide(array: np.ndarray, name: str) -> np.ndarray:
    if name == "central":
        return array.astype(bool)
    return array.astype(np.float64 if array.dtype.kind == "f" else np.int64)
