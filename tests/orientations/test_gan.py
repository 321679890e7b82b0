"""The baseline: its graphs, its symmetries in distribution, its losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations.correlations import KINDS
from astroviz.orientations.gan import NOISE, Critic, Generator, critic_loss, generator_loss
from astroviz.orientations.gan_haloes import (
    FEATURES,
    axes_to_sight,
    ellipticities,
    haloes_of,
    join_boxes,
)
from astroviz.orientations.gan_model import GanModel
from astroviz.orientations.pairs import sky_axes
from astroviz.orientations.projection import project
from astroviz.orientations.train_gan import GanRun


@pytest.fixture(scope="module")
def haloes(small_box):
    return haloes_of(small_box)


@pytest.fixture(scope="module")
def everything(haloes):
    return haloes.seen(np.eye(3))


@pytest.fixture(scope="module")
def generator():
    torch.manual_seed(0)
    return Generator(FEATURES).eval()


def test_graphs_hold_every_galaxy_once_with_edges_inside_haloes(small_box, haloes, everything):
    graphs, rows = everything
    assert sorted(rows) == list(range(len(small_box.galaxies)))
    assert graphs.features.shape == (len(rows), FEATURES)
    assert torch.equal(graphs.halo[graphs.senders], graphs.halo[graphs.receivers])
    assert len(graphs.senders) == len(haloes.graph)
    position = small_box.galaxies.position[rows]
    way = position[graphs.senders] - position[graphs.receivers]
    way -= small_box.size * np.round(way / small_box.size)
    assert np.allclose(way, graphs.offsets.numpy(), atol=1e-4)


def test_some_haloes_are_those_of_all(haloes, everything):
    whole, rows = everything
    big = int(np.bincount(haloes.halo).argmax())
    few, own = haloes.seen(np.eye(3), np.array([big, 3, big]))
    count = int((haloes.halo == big).sum())
    assert (haloes.halo[own[:count]] == big).all()
    assert (own[:count] == own[-count:]).all()
    assert few.haloes == 3
    place = {row: k for k, row in enumerate(rows)}
    same = whole.features[[place[row] for row in own]]
    assert torch.allclose(same, few.features)
    edges = int(np.isin(whole.halo[whole.receivers].numpy(), [big]).sum())
    assert len(few.senders) >= 2 * edges > 0


def test_turning_a_halo_turns_what_is_seen(haloes):
    turn = Rotation.random(random_state=1).as_matrix()
    graphs, rows = haloes.seen(turn)
    still, _ = haloes.seen(np.eye(3))
    assert torch.allclose(still.offsets @ torch.from_numpy(turn.T).float(), graphs.offsets,
                          atol=1e-5)  # fmt: skip
    upper = np.triu_indices(3)
    tide = (turn @ haloes.tides[rows[0], 0] @ turn.T)[upper]
    assert np.allclose(graphs.features[0, 14:20].numpy(), tide, atol=1e-5)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_line_of_sight_keeps_the_axes_of_the_sky(small_box, haloes, axis):
    galaxies = small_box.galaxies
    turn = axes_to_sight(axis)
    assert np.isclose(np.linalg.det(turn), 1.0)
    assert (turn @ np.eye(3)[axis] == [0, 0, 1]).all()
    assert (turn @ np.eye(3)[sky_axes(axis)[0]] == [1, 0, 0]).all()
    rows = np.arange(len(galaxies))
    found = ellipticities(haloes, rows, galaxies.rotation, turn)
    expected = project(galaxies.rotation, galaxies.axis_ratio_b, galaxies.axis_ratio_c,
                       line_of_sight=axis)  # fmt: skip
    assert np.allclose(found, expected)


def test_haloes_are_drawn_evenly_over_mass(haloes):
    picked = haloes.pick(4000, np.random.default_rng(0))
    edges = np.linspace(haloes.mass.min(), haloes.mass.max() + 1e-9, 17)
    all_bins = np.bincount(np.digitize(haloes.mass, edges) - 1, minlength=16)
    drawn = np.bincount(np.digitize(haloes.mass[picked], edges) - 1, minlength=16)
    assert (drawn[all_bins == 0] == 0).all()
    expected = 4000 / (all_bins > 0).sum()
    assert np.abs(drawn[all_bins > 0] - expected).max() < 6 * np.sqrt(expected)


def test_two_boxes_join_without_touching(small_box, haloes):
    both = join_boxes([haloes, haloes])
    assert len(both) == 2 * len(haloes)
    assert len(both.graph) == 2 * len(haloes.graph)
    same = both.halo[both.graph.senders] == both.halo[both.graph.receivers]
    assert same.all()
    first, _ = both.seen(np.eye(3), np.array([0]))
    second, _ = both.seen(np.eye(3), np.array([len(haloes.mass)]))
    assert torch.allclose(first.features, second.features)


def test_ellipticities_lie_in_the_unit_disc_and_follow_the_noise(generator, everything):
    graphs, _ = everything
    noise = torch.randn(len(graphs), NOISE, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        made, again, other = (generator(graphs, z) for z in (noise, noise, 3 * noise))
    assert (made.norm(dim=1) < 1).all()
    assert torch.equal(made, again)
    assert not torch.allclose(made, other)


def test_the_loss_is_the_wasserstein_distance_with_its_penalty(everything):
    graphs, _ = everything
    torch.manual_seed(1)
    critic = Critic(FEATURES)
    random = torch.Generator().manual_seed(2)
    true, made = (0.3 * torch.randn(len(graphs), 2, generator=random) for _ in range(2))
    loss, distance = critic_loss(critic, graphs, true, made, random)
    with torch.no_grad():
        real, fake = critic(graphs, true), critic(graphs, made)
    assert real.shape == (graphs.haloes,)
    assert torch.isclose(distance, real.mean() - fake.mean(), atol=1e-6)
    # a critic as flat as a new one pays no penalty
    penalty = (loss + distance - 1e-3 * real.square().mean()).detach()
    assert abs(float(penalty)) < 1e-4
    loss.backward()
    assert all(weight.grad is not None for weight in critic.stack.parameters())
    assert torch.isclose(generator_loss(critic, graphs, made), -fake.mean(), atol=1e-6)


def test_the_gradient_of_the_penalty_is_right(everything):
    graphs, _ = everything
    torch.manual_seed(3)
    critic = Critic(FEATURES).double()
    with torch.no_grad():
        critic.head.weight *= 300  # steep enough to be penalised
    wide = type(graphs)(graphs.features.double(), graphs.senders, graphs.receivers,
                        graphs.offsets.double(), graphs.halo, graphs.haloes)  # fmt: skip
    true, made = (0.3 * torch.randn(len(graphs), 2).double() for _ in range(2))

    def value():
        return critic_loss(critic, wide, true, made, torch.Generator().manual_seed(4))[0]

    weight = critic.stack.layers[0].weight
    flat = critic(wide, true).mean() - critic(wide, made).mean()
    assert float((value() + flat).detach()) > 1.0
    (slope,) = torch.autograd.grad(value(), weight)
    push = torch.randn_like(weight)
    with torch.no_grad():
        weight += 1e-6 * push
    up = value()
    with torch.no_grad():
        weight -= 2e-6 * push
    finite = float((up - value()).detach()) / 2e-6
    assert np.isclose(float((slope * push).sum()), finite, rtol=1e-3)


def test_a_step_moves_both_networks(small_box):
    run = GanRun([small_box])
    before = [part.head.weight.detach().clone() for part in (run.generator, run.critic)]
    assert np.isfinite(run.advance(0.0, number=16))
    after = (run.generator.head.weight, run.critic.head.weight)
    assert not any(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert run.step == 1


def test_the_model_answers_for_a_box_and_feeds_the_correlations(small_box, generator):
    model = GanModel(card=None, generator=generator, device=torch.device("cpu"))
    first = model.ellipticities(small_box, seed=1)
    assert first.shape == (len(small_box.galaxies), 2)
    assert np.array_equal(first, model.ellipticities(small_box, seed=1))
    assert not np.allclose(first, model.ellipticities(small_box, seed=2))
    order = np.random.default_rng(0).permutation(len(first))
    assert model.ellipticities(small_box.subset(order), seed=1).shape == first.shape
    assert KINDS["wg+"].projected  # what they are for
    with pytest.raises(ValueError, match="line of sight"):
        model.ellipticities(small_box, line_of_sight=3)
