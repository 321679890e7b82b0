r"""A universe in a box, made on the spot: from a power spectrum to galaxies with orientations.

Linear power spectrum, Gaussian field, particle-mesh steps, friends-of-friends haloes, tidal
tensors, centrals and satellites, orientations from the law of `law.py`. No file is read and
nothing is fetched; the same arguments give the same box.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from astroviz.orientations import galaxies as occupation
from astroviz.orientations.box import SCALES, Box, Galaxies, Haloes
from astroviz.orientations.box_tables import from_table
from astroviz.orientations.conditions import LAW_SCALE
from astroviz.orientations.cosmology import PLANCK15, Cosmology
from astroviz.orientations.haloes import Groups, find_groups, halo_radius
from astroviz.orientations.law import OrientationLaw, draw
from astroviz.orientations.morphology import draw_diskyness, draw_looks
from astroviz.orientations.particle_mesh import Progress, evolve, gaussian_field
from astroviz.orientations.tidal import TidalField, web_type

__all__ = ["LEAST_PARTICLES", "SCALES", "from_table", "make_box"]

LEAST_PARTICLES = 20
"""Particles of the smallest halo."""

_MOVING, _GROUPS = 0.75, 0.92  # shares of the work done after the steps and after the haloes


def make_box(
    size: float = 75.0,
    grid: int = 64,
    seed: int = 0,
    cosmology: Cosmology = PLANCK15,
    steps: int = 12,
    progress: Progress | None = None,
    check: Callable[[], None] | None = None,
    redshift: float = 0.0,
    law: OrientationLaw | None = None,
) -> Box:
    r"""Make a box of galaxies from nothing but its arguments.

    Arguments:
        size: Side, comoving, Mpc/h.
        grid: Particles to a side; a halo needs 20 particles, of
            :math:`1.4\times 10^{11}\,M_\odot/h` each at the default size and grid.
        seed: Of everything.
        cosmology: The universe.
        steps: Particle-mesh steps.
        progress: Called with the share done, 0 to 1.
        check: Called between the steps; what it raises ends the work.
        redshift: Of the snapshot.
        law: Of the orientations; as made by default.

    Example:
        >>> box = make_box(size=40.0, grid=32, seed=1)
        >>> bool(box.galaxies.position.max() < 40.0)
        True
    """
    _check_arguments(size, grid, redshift)
    report, check = progress or _silent, check or _go_on
    modes = gaussian_field(grid, size, cosmology, seed)
    particles = evolve(
        modes, size, cosmology, redshift, steps,
        progress=lambda share: report(_MOVING * share), check=check,
    )  # fmt: skip
    check()
    groups = find_groups(particles, least=LEAST_PARTICLES)
    if not len(groups):
        raise ValueError(
            f"no halo of {LEAST_PARTICLES} particles formed: a particle weighs "
            f"{particles.mass:.2g} Msun/h. Take a finer grid than {grid} or a smaller box."
        )
    report(_GROUPS)
    field = TidalField(particles.position, size, SCALES, check=check)
    box = _populate(groups, field, size, cosmology, seed, redshift)
    # a stream of its own: the seed itself has already made the field
    orientations = int(np.random.SeedSequence([seed, 2]).generate_state(1)[0])
    rotation = draw(box, orientations, law)
    report(1.0)
    return box.replace(rotation=rotation)


def _check_arguments(size: float, grid: int, redshift: float) -> None:
    if not 10 <= size <= 2000:
        raise ValueError(f"size is {size!r}; a box has a side of 10 to 2000 Mpc/h.")
    if not 16 <= grid <= 512 or grid % 2:
        raise ValueError(f"grid is {grid!r}; it must be even, from 16 to 512 particles a side.")
    if not 0 <= redshift <= 10:
        raise ValueError(f"redshift is {redshift!r}; it must lie between 0 and 10.")


def _populate(
    groups: Groups,
    field: TidalField,
    size: float,
    cosmology: Cosmology,
    seed: int,
    redshift: float,
) -> Box:
    """Haloes and galaxies with their environment; the orientations are still those of the web."""
    random = np.random.default_rng([seed, 1])
    values, frames = field.at(groups.position)
    law_scale = SCALES.index(LAW_SCALE)
    haloes = Haloes(
        groups.position, groups.velocity, groups.mass, halo_radius(groups.mass, cosmology),
        groups.particles, values, frames, web_type(values[:, law_scale]),
    )  # fmt: skip
    placed = occupation.place(
        haloes.position, haloes.velocity, haloes.mass, haloes.radius, frames[:, law_scale],
        size, cosmology, redshift, random,
    )  # fmt: skip
    disky = draw_diskyness(placed.log_mass, placed.central, random)
    looks = draw_looks(placed.log_mass, disky, placed.central, random)
    values, frames = field.at(placed.position)
    galaxies = Galaxies(
        placed.position, placed.velocity, placed.halo, placed.central, placed.log_mass,
        values, frames, frames[:, law_scale], looks.axis_ratio_b, looks.axis_ratio_c,
        looks.log_size, looks.colour, disky,
    )  # fmt: skip
    note = f"Made by astroviz: particle mesh, seed {seed}; looks of galaxies are stand-ins."
    return Box(size, cosmology, seed, redshift, haloes, galaxies, SCALES, (note,))


def _silent(share: float) -> None:
    """No progress asked for."""


def _go_on() -> None:
    """Nobody cancels."""
