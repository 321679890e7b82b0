"""The law of the orientations: symmetric, equivariant, normalised, and with known moments."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations.box import Box
from astroviz.orientations.conditions import conditions, neighbour_quadrupole
from astroviz.orientations.law import PARTS, OrientationLaw, draw, mean_axis_outer

HALF_TURNS = [np.diag(signs) for signs in ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))]


def random_rotations(count, seed=0):
    turns = Rotation.random(count, random_state=seed).as_matrix()
    return torch.from_numpy(turns).float()


def moved(box: Box, turn: np.ndarray, shift: np.ndarray) -> Box:
    """The box turned by a symmetry of the cube and shifted."""

    def place(position):
        return np.mod(position @ turn.T + shift, box.size)

    haloes = dataclasses.replace(
        box.haloes, position=place(box.haloes.position), velocity=box.haloes.velocity @ turn.T,
        frames=turn @ box.haloes.frames,
    )  # fmt: skip
    return box.replace(
        haloes=haloes, position=place(box.galaxies.position),
        velocity=box.galaxies.velocity @ turn.T, frames=turn @ box.galaxies.frames,
        rotation=turn @ box.galaxies.rotation,
    )  # fmt: skip


def test_half_turns_of_a_galaxy_change_nothing(small_box):
    law = OrientationLaw().mixture(small_box)
    rotation = random_rotations(len(small_box.galaxies))
    first = law.log_prob(rotation)
    for turn in HALF_TURNS:
        again = law.log_prob(rotation @ torch.from_numpy(turn).float())
        assert again == pytest.approx(first, abs=2e-4)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_turned_and_shifted_box_has_the_same_densities(small_box, axis):
    turn = Rotation.from_rotvec(np.pi / 2 * np.eye(3)[axis]).as_matrix().round()
    other = moved(small_box, turn, np.array([11.0, 3.0, -20.0]))
    rotation = random_rotations(len(small_box.galaxies), seed=1)
    before = OrientationLaw().mixture(small_box).log_prob(rotation)
    after = OrientationLaw().mixture(other).log_prob(torch.from_numpy(turn).float() @ rotation)
    assert after == pytest.approx(before, abs=2e-3)


def test_signs_of_the_tidal_axes_mean_nothing(small_box):
    flipped = small_box.replace(frames=small_box.galaxies.frames @ HALF_TURNS[2])
    rotation = random_rotations(len(small_box.galaxies), seed=2)
    laws = [OrientationLaw().mixture(box).log_prob(rotation) for box in (small_box, flipped)]
    assert laws[0] == pytest.approx(laws[1], abs=2e-3)


def test_the_density_of_a_galaxy_is_one_in_all(small_box):
    law = OrientationLaw().mixture(conditions(small_box).subset(np.arange(12)))
    rotation = random_rotations(20000, seed=3)
    mean = law.log_prob(rotation[:, None]).exp().double().mean(0)
    assert mean.numpy() == pytest.approx(1.0, abs=0.06)


def test_draws_come_from_the_law(small_box):
    rotation = torch.from_numpy(draw(small_box, 4)).float()
    law = OrientationLaw().mixture(small_box)
    # an unbiased test: the mean of 1/p under p is the volume, one
    inverse = (-law.log_prob(law.sample(400, torch.Generator().manual_seed(0)))).exp()
    assert inverse.mean().item() == pytest.approx(1.0, abs=0.03)
    assert law.log_prob(rotation).mean() > law.log_prob(random_rotations(len(rotation))).mean()
    assert np.array_equal(draw(small_box, 4), rotation.double().numpy())
    assert not np.array_equal(draw(small_box, 5), rotation.double().numpy())


def test_the_box_was_drawn_from_its_law(small_box):
    law = OrientationLaw().mixture(small_box)
    here = law.log_prob(torch.from_numpy(small_box.galaxies.rotation).float())
    drawn = law.log_prob(law.sample(200, torch.Generator().manual_seed(1))).mean(1)
    assert abs(here.mean() - drawn.mean()) < 5 * drawn.std()


@pytest.mark.parametrize("axis", [0, 2])
def test_the_moment_of_an_axis_is_that_of_its_draws(small_box, axis):
    law = OrientationLaw().mixture(conditions(small_box).subset(np.arange(10)))
    exact = mean_axis_outer(law, axis)
    assert np.trace(exact, axis1=1, axis2=2) == pytest.approx(1.0)
    drawn = law.sample(20000, torch.Generator().manual_seed(6))[..., axis].double()
    estimate = torch.einsum("sni,snj->nij", drawn, drawn) / len(drawn)
    assert estimate.numpy() == pytest.approx(exact, abs=5 * 0.34 / np.sqrt(20000))


def test_satellites_point_to_their_central_more_than_by_chance(small_box):
    around = conditions(small_box)
    satellites = around.subset(~around.central)
    moment = mean_axis_outer(OrientationLaw().mixture(satellites))
    along = np.einsum("ni,nij,nj->n", satellites.toward_central, moment, satellites.toward_central)
    assert along.mean() > 1 / 3 + 0.05


def test_centrals_follow_the_slowest_collapse_and_discs_their_spin(small_box):
    around = conditions(small_box)
    centrals = around.subset(around.central)
    tidal = centrals.frames

    def along(diskyness, axis, column):
        law = OrientationLaw(diskyness=diskyness, neighbour_weight=0.0)
        moment = mean_axis_outer(law.mixture(centrals), axis)
        return np.einsum("ni,nij,nj->n", tidal[..., column], moment, tidal[..., column]).mean()

    assert along(0.0, 0, 0) > along(1.0, 0, 0) > 1 / 3  # the more disky, the weaker
    assert along(1.0, 2, 1) > 1 / 3 + 0.05  # the minor axis of discs: the intermediate tidal axis
    assert along(0.0, 2, 1) < 1 / 3  # that of ellipticals lies along the fastest collapse
    assert along(0.0, 2, 2) > 1 / 3 + 0.1


def test_nothing_is_lost_by_diskyness_when_suppression_is_off(small_box):
    scales = [
        OrientationLaw(diskyness=d, suppression=0.0).mixture(small_box).sigmas for d in (0, 1)
    ]
    assert torch.equal(*scales)


def test_the_neighbours_matter(small_box):
    law = OrientationLaw()
    rotation = law.mixture(small_box).sample(20, torch.Generator().manual_seed(8))
    blind = OrientationLaw(neighbour_weight=0.0)
    gain = law.mixture(small_box).log_prob(rotation) - blind.mixture(small_box).log_prob(rotation)
    assert gain.mean() > 0.05


def test_a_lone_galaxy_has_no_neighbours_part(small_box):
    around = conditions(small_box).subset([0])
    alone = around.replace(quadrupole=np.zeros((1, 3, 3)), neighbours=np.zeros(1))
    law = OrientationLaw().mixture(alone)
    assert law.weights[0, PARTS.index("neighbours")] == 0
    assert torch.isfinite(law.log_prob(random_rotations(1))).all()


def test_the_quadrupole_is_the_sum_that_it_says():
    random = np.random.default_rng(0)
    size, places, haloes = 30.0, random.random((5, 3)) * 30, random.random((60, 3)) * 30
    mass, own = 10 ** random.uniform(12, 14, 60), np.arange(5)
    found, number = neighbour_quadrupole(places, haloes, mass, size, own, radius=8.0)
    for i in range(5):
        total, weights, count = np.zeros((3, 3)), 0.0, 0.0
        for j in range(60):
            apart = haloes[j] - places[i]
            apart -= size * np.round(apart / size)
            r = np.linalg.norm(apart)
            if j == own[i] or r >= 8.0:
                continue
            u = (1 - (r / 8.0) ** 2) ** 2
            total += np.sqrt(mass[j]) * u * np.outer(apart, apart) / r**2
            weights += np.sqrt(mass[j]) * u
            count += u
        assert found[i] == pytest.approx(total / weights)
        assert number[i] == pytest.approx(count)


def test_a_selection_of_galaxies_keeps_its_law(small_box):
    mask = np.arange(len(small_box.galaxies)) % 3 == 0
    rotation = random_rotations(int(mask.sum()))
    whole = OrientationLaw().mixture(conditions(small_box).subset(mask)).log_prob(rotation)
    part = OrientationLaw().mixture(small_box.subset(mask)).log_prob(rotation)
    assert torch.equal(whole, part)


def test_a_piece_of_the_box_has_the_law_of_the_box_until_neighbours_are_taken_away(small_box):
    environment = pytest.importorskip("astroviz.orientations.environment")
    row = int(np.argmax(conditions(small_box).neighbours))
    piece = environment.Environment.from_box(small_box, [row])
    rotation = random_rotations(1)
    law = OrientationLaw()
    whole = law.mixture(conditions(small_box).subset([row])).log_prob(rotation)
    assert law.mixture(piece).log_prob(rotation) == pytest.approx(whole, abs=1e-5)
    others = np.setdiff1d(np.arange(len(piece.galaxies)), piece.targets)
    assert law.mixture(piece.without(others)).weights[0, 2] == 0


@pytest.mark.parametrize(
    "wrong", [{"neighbour_weight": 1.5}, {"diskyness": -0.1}, {"neighbour_sigma": 0.0}]
)
def test_impossible_laws_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        OrientationLaw(**wrong)


def test_an_empty_box_is_refused_in_a_sentence(small_box):
    with pytest.raises(ValueError, match="no galaxies"):
        OrientationLaw().mixture(small_box.subset(np.zeros(len(small_box.galaxies), bool)))
