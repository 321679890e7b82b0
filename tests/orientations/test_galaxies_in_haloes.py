"""Where galaxies are put in their haloes, and what they are given to look like."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.galaxies import (
    LEAST_SUBHALO,
    SATELLITE_MASS,
    host_axis_ratios,
    nfw_radius,
    place,
    stellar_mass,
)
from astroviz.orientations.haloes import halo_radius
from astroviz.orientations.morphology import (
    MORPHOLOGIES,
    between,
    draw_diskyness,
    draw_looks,
    morphology,
)

SIZE = 100.0


@pytest.fixture(scope="module")
def crowd():
    """Many equal, heavy haloes whose frames are turned from the axes of the box."""
    random = np.random.default_rng(0)
    count = 400
    turn = np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
    mass = np.full(count, 3e14)
    radius = halo_radius(mass, PLANCK15)
    position = random.random((count, 3)) * SIZE
    velocity = random.normal(size=(count, 3)) * 200
    frames = np.broadcast_to(turn, (count, 3, 3))
    placed = place(position, velocity, mass, radius, frames, SIZE, PLANCK15, 0.0, random)
    apart = placed.position - position[placed.halo]
    apart -= SIZE * np.round(apart / SIZE)
    return placed, apart, mass[0], radius[0], turn, velocity


def test_each_halo_has_one_central_in_its_middle(crowd):
    placed, apart, *_ = crowd
    assert placed.central.sum() == 400
    assert np.array_equal(placed.halo[placed.central], np.arange(400))
    assert np.abs(apart[placed.central]).max() == 0.0


def test_the_number_of_satellites_is_poisson(crowd):
    placed, _, mass, *_ = crowd
    count = np.bincount(placed.halo[~placed.central], minlength=400)
    mean = mass / SATELLITE_MASS
    assert count.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / 400))
    assert count.var() == pytest.approx(mean, rel=0.4)


def test_satellites_lie_along_the_axes_of_their_host(crowd):
    placed, apart, mass, _, turn, _ = crowd
    along = apart[~placed.central] @ turn  # in the frame of the host
    moments = (along**2).mean(0)
    b, c = host_axis_ratios(np.array([mass]))
    # moments mix radii of many haloes: a tenth is three standard errors
    assert moments[1] / moments[0] == pytest.approx(b[0] ** 2, rel=0.12)
    assert moments[2] / moments[0] == pytest.approx(c[0] ** 2, rel=0.12)
    assert abs((along[:, 0] * along[:, 1]).mean()) < 0.05 * moments[0]


def test_the_radii_follow_the_profile():
    c = np.full(4001, 5.0)
    share = np.linspace(0, 1, 4001)
    radius = nfw_radius(share, c)
    assert radius[[0, -1]] == pytest.approx([0, 1], abs=1e-6)
    enclosed = np.log1p(5 * radius) - 5 * radius / (1 + 5 * radius)
    assert enclosed / enclosed[-1] == pytest.approx(share, abs=1e-9)


def test_satellites_move_with_their_halo_and_faster_in_heavier_ones(crowd):
    placed, _, mass, radius, _, velocity = crowd
    relative = (placed.velocity - velocity[placed.halo])[~placed.central]
    expected = np.sqrt(0.5 * 4.30091e-9 * mass / radius)
    assert relative.std(0) == pytest.approx(np.full(3, expected), rel=0.06)
    assert np.abs(relative.mean(0)).max() < 5 * expected / np.sqrt(len(relative))


def test_stellar_masses_follow_moster_and_others():
    # their figure 4: 10.5 near 1e12, efficiency highest there
    mass = np.array([1e11, 1e12, 1e13, 1e14]) * PLANCK15.h
    log = stellar_mass(mass, PLANCK15)
    assert log[1] == pytest.approx(10.53, abs=0.1)
    efficiency = 10**log / (mass / PLANCK15.h)
    assert efficiency.argmax() == 1
    assert (np.diff(log) > 0).all()


def test_subhaloes_are_heavier_than_the_least_and_lighter_than_the_host(crowd):
    placed, *_ = crowd
    satellites = placed.log_mass[~placed.central]
    assert satellites.min() > stellar_mass(LEAST_SUBHALO, PLANCK15) - 1.0
    assert np.median(satellites) < np.median(placed.log_mass[placed.central])


def test_disky_galaxies_are_light_and_central():
    random = np.random.default_rng(1)
    log_mass = np.repeat([10.2, 11.4], 2000)
    disky = draw_diskyness(log_mass, np.ones(4000, bool), random)
    fewer = draw_diskyness(log_mass, np.zeros(4000, bool), random)
    assert ((disky >= 0) & (disky <= 1)).all()
    assert disky[:2000].mean() > disky[2000:].mean() + 0.4
    assert fewer[:2000].mean() < disky[:2000].mean() - 0.05


def test_shapes_follow_the_morphology():
    random = np.random.default_rng(2)
    looks = {
        item.name: draw_looks(
            np.full(4000, 10.7), np.full(4000, item.diskyness), np.ones(4000, bool), random
        )
        for item in MORPHOLOGIES
    }
    for item in MORPHOLOGIES:
        found = looks[item.name]
        assert (found.axis_ratio_c <= found.axis_ratio_b).all()
        assert (found.axis_ratio_c > 0).all()
        assert (found.axis_ratio_b <= 1).all()
        assert found.axis_ratio_c.mean() == pytest.approx(item.axis_ratio_c, abs=0.05)
    assert looks["disc"].colour.mean() < looks["elliptical"].colour.mean() - 0.2
    assert looks["disc"].log_size.mean() > looks["elliptical"].log_size.mean()


def test_morphologies_are_named_by_their_diskyness():
    assert morphology(np.array([0.0, 0.2, 0.4, 0.6, 0.9])).tolist() == [0, 0, 1, 1, 2]
    assert between("broadening", np.array([0.0, 0.5, 1.0])).tolist() == [
        item.broadening for item in MORPHOLOGIES
    ]
    assert [item.broadening for item in MORPHOLOGIES] == sorted(
        item.broadening for item in MORPHOLOGIES
    )
