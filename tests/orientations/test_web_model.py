"""The shipped model of the web: its contract with pages, engine and checks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

import astroviz
from astroviz.orientations.environment import Environment
from astroviz.orientations.groups import group
from astroviz.orientations.web_calibration import angle_ranks, log_probs, nearest_angle
from astroviz.orientations.web_model import COLUMNS

from .test_web_network import QUARTER, turned


@pytest.fixture(scope="module")
def model():
    return astroviz.load("orientations", device="cpu")


@pytest.fixture(scope="module")
def posterior(model, small_box):
    return model.posterior(small_box, 4)


@pytest.fixture(scope="module")
def draws(posterior):
    return posterior.sample(300, seed=5)


def test_draws_have_the_columns_of_the_contract(draws):
    assert draws.names == COLUMNS
    assert draws.names[:3] == ("longitude", "latitude", "tilt")
    rotations = draws.extras["rotations"]
    assert rotations.shape == (300, 3, 3)
    assert np.allclose(Rotation.from_quat(draws[["q_x", "q_y", "q_z", "q_w"]]).as_matrix(),
                       rotations, atol=1e-5)  # fmt: skip
    longitude = np.degrees(np.arctan2(rotations[:, 1, 0], rotations[:, 0, 0]))
    assert np.allclose(draws["longitude"], longitude, atol=1e-3)
    b, c = draws["axis_ratio_b"], draws["axis_ratio_c"]
    assert ((c > 0) & (c <= b) & (b <= 1)).all()
    assert 0 < float(draws.extras["ood_score"]) < 10


def test_the_same_seed_gives_the_same_draws_whoever_waits_beside(model, posterior, small_box):
    other = model.posterior(small_box, 9)
    engine = astroviz.Engine(device="cpu")
    tickets = [engine.submit(one.request(300, seed=seed))
               for one, seed in ((posterior, 5), (other, 5), (posterior, 6))]  # fmt: skip
    together = [ticket.result().extras["rotations"] for ticket in tickets]
    alone = posterior.sample(300, seed=5).extras["rotations"]
    assert np.allclose(together[0], alone, atol=1e-4)
    assert not np.allclose(together[2], alone, atol=1e-2)
    engine.close()


def test_log_prob_is_a_density_that_draws_follow(posterior, draws):
    uniform = Rotation.random(300, random_state=1).as_matrix()
    both = np.concatenate([uniform, draws.extras["rotations"][:100]])
    found = posterior.log_prob(both, steps=6)
    everywhere = found[:300]
    error = np.exp(everywhere).std() / 300**0.5
    assert abs(np.exp(everywhere).mean() - 1) < 4 * error
    # draws lie where the density is high
    assert found[300:].mean() > everywhere.mean()


def test_half_turns_and_measures(posterior):
    rotation = Rotation.random(5, random_state=2).as_matrix()
    halves = np.concatenate([rotation @ half for half in group("D2").numpy()])
    found = posterior.log_prob(halves, steps=4).reshape(4, 5)
    assert np.allclose(found, found[0], atol=1e-6)
    volume = posterior.log_prob(rotation, measure="8pi2", steps=4)
    assert np.allclose(found[0] - volume, np.log(8 * np.pi**2), atol=1e-6)


def test_a_turned_and_shuffled_box_has_the_same_likelihood(model, small_box):
    rows = np.random.default_rng(3).permutation(len(small_box.galaxies))
    place = int(np.flatnonzero(rows == 4)[0])
    rotation = Rotation.random(4, random_state=3).as_matrix()
    first = model.posterior(small_box, 4).log_prob(rotation, steps=4)
    again = model.posterior(turned(small_box, rows), place).log_prob(QUARTER @ rotation, steps=4)
    assert np.allclose(first, again, atol=1e-5)


def test_turning_the_tide_turns_the_answer(model, small_box):
    here = Environment.from_box(small_box, 4)
    other = here.with_tides(frames=Rotation.from_euler("x", 70, degrees=True).as_matrix())
    rotation = Rotation.random(20, random_state=4).as_matrix()
    first, second = (model.posterior(one).log_prob(rotation, steps=4) for one in (here, other))
    assert np.abs(first - second).max() > 0.1


def test_the_ablation_is_deaf(model, small_box):
    row = int(np.flatnonzero(small_box.galaxies.central)[0])
    here = Environment.from_box(small_box, row)
    fewer = here.without(here.neighbours(8.0))
    rotation = Rotation.random(10, random_state=5).as_matrix()
    deaf = [model.posterior(one, messages=False).log_prob(rotation, steps=4)
            for one in (here, fewer)]  # fmt: skip
    hears = [model.posterior(one).log_prob(rotation, steps=4) for one in (here, fewer)]
    assert np.allclose(*deaf, atol=1e-6)
    assert np.abs(hears[0] - hears[1]).max() > 0.02


def test_the_loudest_neighbours_are_named(model, small_box):
    here = Environment.from_box(small_box, int(np.flatnonzero(small_box.galaxies.central)[0]))
    rows, weights = model.heard(here)
    assert set(rows) <= set(here.neighbours(model.radius))
    assert (weights > 0).all()
    assert weights.sum() < 1
    galaxies = here.galaxies
    own = galaxies.halo[here.targets[0]]
    assert (galaxies.central[rows] | (galaxies.halo[rows] == own)).all()
    assert len(model.without_messages.heard(here)[0]) == 0


def test_a_box_is_painted_once_for_each_galaxy(model, small_box):
    shares = []
    box = model.paint(small_box, seed=1, steps=6, progress=shares.append)
    assert shares[-1] == 1.0
    galaxies = box.galaxies
    identity = np.swapaxes(galaxies.rotation, -1, -2) @ galaxies.rotation
    assert np.allclose(identity, np.eye(3), atol=1e-5)
    assert (galaxies.position == small_box.galaxies.position).all()
    assert (galaxies.axis_ratio_c <= galaxies.axis_ratio_b).all()
    again = model.paint(small_box, seed=1, steps=6)
    assert np.array_equal(again.galaxies.rotation, galaxies.rotation)
    blank = small_box.replace(rotation=np.broadcast_to(np.eye(3), galaxies.rotation.shape))
    assert np.allclose(model.paint(blank, 1, 6).galaxies.rotation, galaxies.rotation)


def test_painting_through_the_engine_is_painting(model, small_box):
    engine = astroviz.Engine(device="cpu")
    draws = engine.submit(model.paint_request(small_box, seed=1, steps=6)).result()
    box = model.painted(small_box, draws)
    direct = model.paint(small_box, seed=1, steps=6)
    assert np.allclose(box.galaxies.rotation, direct.galaxies.rotation, atol=1e-5)
    engine.close()


def test_painting_can_be_given_up(model, small_box):
    def check():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.paint(small_box, check=check)


def test_bad_questions_get_sentences(model, small_box, posterior):
    with pytest.raises(ValueError, match="no galaxy 100000"):
        model.posterior(small_box, 100000)
    with pytest.raises(IndexError, match="no target 1"):
        model.posterior(Environment.from_box(small_box, 0), 1)
    with pytest.raises(ValueError, match="number of draws"):
        posterior.sample(0)
    with pytest.raises(ValueError, match="hand"):
        posterior.log_prob(np.diag([1.0, 1.0, -1.0]))
    with pytest.raises(ValueError, match="no galaxies"):
        model.paint(small_box.subset(np.zeros(len(small_box.galaxies), dtype=bool)))


def test_one_galaxy_alone_in_a_box_is_answered(model, small_box):
    one = model.paint(small_box.subset(np.arange(1)), seed=0, steps=4)
    assert len(one.galaxies) == 1


def test_calibration_helpers_agree_with_scipy(model, small_box):
    encoded = model.encode(small_box).rows(torch.arange(20)).to(torch.float32)
    truth = torch.from_numpy(Rotation.random(20, random_state=7).as_matrix()).float()
    angles = angle_ranks(model.network, encoded, truth, draws=9, steps=4)
    assert angles.drawn.shape == (20, 9)
    assert 0 <= angles.covered(0.5) <= angles.covered(0.9) <= 1
    halves = group("D2").numpy()
    first, second = truth[0].numpy(), truth[1].numpy()
    expected = min(Rotation.from_matrix(first.T @ second @ half).magnitude() for half in halves)
    assert np.isclose(float(nearest_angle(truth[0], truth[1])), expected, atol=1e-4)
    single = model.posterior(small_box, 0).log_prob(truth[0].numpy(), steps=16)
    many = log_probs(model.network, encoded, truth)
    assert np.isclose(float(single), float(many[0]), atol=2e-3)
