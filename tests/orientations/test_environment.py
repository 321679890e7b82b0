"""Pieces of a box: what they keep, how hands change them, and what is refused."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.orientations.conditions import conditions
from astroviz.orientations.environment import Environment, check_box


@pytest.fixture(scope="module")
def here(small_box):
    return Environment.from_box(small_box, [3, 7], reach=12.0)


def central(environment):
    """A central with satellites that nobody asks about."""
    galaxies = environment.galaxies
    for row in np.flatnonzero(galaxies.central):
        members = galaxies.halo == galaxies.halo[row]
        if members.sum() > 1 and not members[environment.targets].any():
            return int(row), members
    raise AssertionError("no such central")


def test_an_environment_keeps_the_targets_and_all_within_reach(small_box, here):
    rows = np.array([3, 7])
    assert np.allclose(here.galaxies.position[here.targets], small_box.galaxies.position[rows])
    way = small_box.galaxies.position[:, None] - small_box.galaxies.position[rows]
    way -= small_box.size * np.round(way / small_box.size)
    near = (np.linalg.norm(way, axis=-1) <= 12.0).any(1)
    assert len(here.galaxies) == near.sum() < len(small_box.galaxies)
    assert len(here) == 2


def test_neighbours_come_nearest_first(here):
    rows = here.neighbours(8.0)
    own = here.galaxies.position[here.targets[0]]
    way = here.galaxies.position[rows] - own
    way -= here.size * np.round(way / here.size)
    apart = np.linalg.norm(way, axis=-1)
    assert (np.diff(apart) >= 0).all()
    assert apart.max() <= 8.0
    assert here.targets[0] not in rows


def test_the_tide_can_be_turned(here):
    frame = Rotation.from_euler("z", 30, degrees=True).as_matrix()
    turned = here.with_tides([-0.5, 0.1, 0.9], frame)
    row = here.targets[0]
    assert np.allclose(turned.galaxies.frames[row], frame)
    assert np.allclose(turned.galaxies.eigenvalues[row], [-0.5, 0.1, 0.9])
    assert not np.allclose(here.galaxies.frames[row], frame)
    assert np.allclose(turned.galaxies.frames[here.targets[1]],
                       here.galaxies.frames[here.targets[1]])  # fmt: skip


def test_a_central_takes_halo_and_satellites_along(small_box):
    here = Environment.of_all(small_box)
    here = Environment(here.box, here.targets[:1])
    row, members = central(here)
    there = here.galaxies.position[row] + [1.0, -2.0, 0.5]
    moved = here.moved(row, there)
    step = moved.galaxies.position - here.galaxies.position
    step -= here.size * np.round(step / here.size)
    assert np.allclose(step[members], [1.0, -2.0, 0.5])
    assert np.allclose(step[~members], 0.0)
    halo = here.galaxies.halo[row]
    assert np.allclose(moved.haloes.position[halo], there % here.size)
    # what the law reads of the others has changed with it
    before, after = conditions(here.box), conditions(moved.box)
    assert not np.allclose(before.quadrupole, after.quadrupole)


def test_neighbours_can_be_taken_away_but_not_targets(here):
    rows = here.neighbours(6.0)[:2]
    fewer = here.without(rows)
    assert len(fewer.galaxies) == len(here.galaxies) - len(rows)
    assert np.allclose(fewer.galaxies.position[fewer.targets],
                       here.galaxies.position[here.targets])  # fmt: skip
    with pytest.raises(ValueError, match="asked about"):
        here.without([int(here.targets[0])])


def test_a_galaxy_can_be_made_heavier_within_reason(here):
    heavier = here.with_galaxy(0, log_mass=11.4, diskyness=0.1)
    assert heavier.galaxies.log_mass[0] == 11.4
    with pytest.raises(ValueError, match="solar masses"):
        here.with_galaxy(0, log_mass=2.5e11)
    with pytest.raises(KeyError, match="log_mass, diskyness and central"):
        here.with_galaxy(0, colour=1.0)


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        ([], "no galaxy is chosen"),
        (np.zeros(5, dtype=bool), "mask of shape"),
        ([-1], "no galaxy -1"),
        ([10**6], "no galaxy 1000000"),
        ([0.5], "whole numbers"),
    ],
)
def test_bad_selections_are_refused(small_box, indices, said):
    with pytest.raises(ValueError, match=said):
        Environment.from_box(small_box, indices)


def test_an_empty_mask_chooses_nobody(small_box):
    with pytest.raises(ValueError, match="no galaxy is chosen"):
        Environment.from_box(small_box, np.zeros(len(small_box.galaxies), dtype=bool))


def broken(box, **changes):
    haloes = {name: changes.pop(name) for name in list(changes) if name == "mass"}
    box = box.replace(**changes)
    return box.replace(haloes=dataclasses.replace(box.haloes, **haloes)) if haloes else box


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: broken(b, position=b.galaxies.position + 100.0), "outside the box"),
        (lambda b: broken(b, log_mass=10**b.galaxies.log_mass), "solar masses"),
        (lambda b: broken(b, mass=np.log10(b.haloes.mass)), "not its logarithm"),
        (lambda b: broken(b, mass=-b.haloes.mass), "positive"),
        (lambda b: broken(b, frames=-b.galaxies.frames), "left-handed"),
        (lambda b: broken(b, frames=1.1 * b.galaxies.frames), "not orthogonal"),
        (lambda b: broken(b, eigenvalues=b.galaxies.eigenvalues[..., ::-1]), "ascend"),
        (lambda b: broken(b, eigenvalues=b.galaxies.eigenvalues * np.nan), "NaN"),
        (lambda b: broken(b, halo=b.galaxies.halo + 10**6), "lives in halo"),
        (lambda b: b.subset(np.zeros(len(b.galaxies), dtype=bool)), "no galaxies"),
    ],
)
def test_boxes_that_make_no_sense_are_refused_with_a_sentence(small_box, change, said):
    with pytest.raises(ValueError, match=said):
        check_box(change(small_box))


def test_tides_given_by_hand_are_checked(here):
    with pytest.raises(ValueError, match="ascend"):
        here.with_tides([1.0, 0.0, -1.0])
    with pytest.raises(ValueError, match="left-handed"):
        here.with_tides(frames=np.diag([1.0, 1.0, -1.0]))
    with pytest.raises(ValueError, match="three lengths"):
        here.moved(0, [1.0, 2.0])
