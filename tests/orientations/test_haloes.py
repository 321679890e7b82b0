"""Friends of friends against brute force and halotools; masses against Sheth and Tormen."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.haloes import find_groups, friends_of_friends, halo_radius
from astroviz.orientations.particle_mesh import Particles


def clustered(count, size, seed):
    """Points in clumps, some of them across the border."""
    random = np.random.default_rng(seed)
    centres = random.random((12, 3)) * size
    points = centres[random.integers(0, 12, count)] + random.normal(size=(count, 3)) * 0.06 * size
    return np.mod(points, size)


def by_brute_force(position, size, length):
    """Labels by spreading from friend to friend, all pairs compared."""
    apart = position[:, None] - position[None]
    apart -= size * np.round(apart / size)
    friends = (apart**2).sum(-1) <= length**2
    labels = np.full(len(position), -1)
    for start in range(len(position)):
        if labels[start] >= 0:
            continue
        reached, label = [start], labels.max() + 1
        while reached:
            one = reached.pop()
            if labels[one] < 0:
                labels[one] = label
                reached.extend(np.flatnonzero(friends[one] & (labels < 0)))
    return labels


def same_partition(first, second):
    pairs = set(zip(first.tolist(), second.tolist(), strict=True))
    return len(pairs) == len(set(first.tolist())) == len(set(second.tolist()))


@pytest.mark.parametrize("length", [0.02, 0.05, 0.09])
def test_groups_are_those_of_brute_force(length):
    position = clustered(400, 1.0, 3)
    labels = friends_of_friends(position, 1.0, length)
    assert 1 < len(np.unique(labels)) < 400
    assert same_partition(labels, by_brute_force(position, 1.0, length))


def test_groups_are_those_of_halotools():
    # theirs link within cylinders: in one plane these are spheres
    mock = pytest.importorskip("halotools.mock_observables")
    position, size, linking = clustered(1500, 20.0, 5), 20.0, 0.5
    position[:, 2] = 7.0
    theirs = mock.FoFGroups(position, linking, linking, period=size).group_ids
    ours = friends_of_friends(position, size, linking * size / len(position) ** (1 / 3))
    assert same_partition(ours, np.asarray(theirs))


def test_a_group_across_the_border_keeps_its_centre_and_velocity():
    random = np.random.default_rng(0)
    ball = random.normal(size=(50, 3)) * 0.02
    position = np.mod(np.array([0.01, 9.99, 5.0]) + ball, 10.0)
    velocity = random.normal(size=(50, 3)) + np.array([100.0, 0.0, -50.0])
    lone = random.random((200, 3)) * 10
    everything = Particles(
        torch.from_numpy(np.concatenate([position, lone])).float(),
        torch.from_numpy(np.concatenate([velocity, 0 * lone])).float(),
        mass=1e10, size=10.0,
    )  # fmt: skip
    groups = find_groups(everything, linking=0.1, least=20)
    assert len(groups) == 1
    assert groups.particles[0] >= 50
    apart = groups.position[0] - np.array([0.01, 9.99, 5.0]) - ball.mean(0)
    apart -= 10 * np.round(apart / 10)
    assert np.abs(apart).max() < 0.02
    assert groups.velocity[0] == pytest.approx(velocity.mean(0), abs=8.0)
    assert groups.mass[0] == pytest.approx(1e10 * groups.particles[0])


def test_groups_come_heaviest_first_and_none_is_too_light():
    position = clustered(2000, 10.0, 1)
    particles = Particles(torch.from_numpy(position).float(), torch.zeros(2000, 3), 2.0, 10.0)
    groups = find_groups(particles, linking=0.6, least=10)
    assert len(groups) > 2
    assert (np.diff(groups.mass) <= 0).all()
    assert groups.particles.min() >= 10
    assert len(find_groups(particles, 0.6, 10, exclude=40.0)) == (groups.mass >= 40).sum()


def test_no_groups_is_an_empty_answer():
    grid = torch.cartesian_prod(*[torch.arange(4.0)] * 3)
    particles = Particles(grid, torch.zeros(64, 3), 1.0, 4.0)
    assert len(find_groups(particles)) == 0


def test_the_radius_holds_two_hundred_mean_densities():
    radius = halo_radius(np.array([1e12, 1e14]), PLANCK15)
    density = np.array([1e12, 1e14]) / (4 / 3 * np.pi * radius**3)
    assert density / PLANCK15.matter_density == pytest.approx(200.0)


@pytest.mark.slow
def test_there_are_as_many_haloes_as_sheth_and_tormen_expect():
    from astroviz.orientations.particle_mesh import evolve, gaussian_field

    cosmology = pytest.importorskip("colossus.cosmology.cosmology")
    mass_function = pytest.importorskip("colossus.lss.mass_function")
    cosmology.setCosmology("planck15", persistence="")
    size, seeds = 75.0, (1,)
    found = np.concatenate([
        find_groups(evolve(gaussian_field(64, size, PLANCK15, seed), size, PLANCK15)).mass
        for seed in seeds
    ])  # fmt: skip
    for low, high, tolerance in ((6e12, 2e13, 0.25), (2e13, 2e14, 0.35)):
        mass = np.geomspace(low, high, 200)
        density = mass_function.massFunction(
            mass, 0.0, q_in="M", q_out="dndlnM", mdef="fof", model="sheth99"
        )
        expected = np.trapezoid(density, np.log(mass)) * size**3 * len(seeds)
        counted = ((found >= low) & (found < high)).sum()
        assert counted == pytest.approx(expected, rel=tolerance)
