"""Symmetries of the network of the web, with weights that nobody has trained."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from astroviz.orientations.groups import group
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.web_inputs import web_edges, web_inputs
from astroviz.orientations.web_network import WebNetwork

QUARTER = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def turned(box, rows):
    """The box turned by 90 degrees, its frames with other signs, its galaxies in another order."""
    galaxies, haloes, middle = box.galaxies, box.haloes, box.size / 2
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)
    pick = np.random.default_rng(0).integers(0, 4, galaxies.frames.shape[:2])

    def moved(position):
        return ((position - middle) @ QUARTER.T + middle) % box.size

    new = dataclasses.replace(
        galaxies, position=moved(galaxies.position), rotation=QUARTER @ galaxies.rotation,
        frames=(QUARTER @ galaxies.frames) * signs[pick][:, :, None, :],
    )  # fmt: skip
    other = dataclasses.replace(
        haloes, position=moved(haloes.position), frames=QUARTER @ haloes.frames
    )
    return dataclasses.replace(box, galaxies=new, haloes=other).subset(rows)


@pytest.fixture(scope="module")
def inputs(small_box):
    return web_inputs(small_box, 8.0)


@pytest.fixture(scope="module")
def network(inputs):
    torch.manual_seed(1)
    found = WebNetwork(inputs.scalars.shape[1], inputs.tensors.shape[1], features=16, width=32)
    for part in (found.head, found.encoder.mix):
        for weight in part.parameters():
            torch.nn.init.normal_(weight, std=0.2)
    return found.double().requires_grad_(False)


def asked(n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rotation = random_rotations(n, generator).double()
    sigma = 0.1 + torch.rand(n, generator=generator).double()
    return rotation, sigma, torch.randn(n, 4, generator=generator).double()


def test_a_turned_and_shuffled_box_gives_the_same_answers(small_box, inputs, network):
    rows = np.random.default_rng(1).permutation(len(inputs))
    rotation, sigma, x = asked(len(inputs))
    first = network.head.bind(network.encoder(inputs))(rotation, sigma, x)
    other = web_inputs(turned(small_box, rows), 8.0)
    again = torch.from_numpy(QUARTER) @ rotation[rows]
    second = network.head.bind(network.encoder(other))(again, sigma[rows], x[rows])
    for a, b in zip(first, second, strict=True):
        assert float(a.abs().mean()) > 0.01  # or the test would see nothing
        assert torch.allclose(a[rows], b, atol=1e-8)


def test_half_turns_of_the_galaxy_change_the_score_as_they_must(inputs, network):
    rotation, sigma, x = asked(len(inputs))
    bound = network.head.bind(network.encoder(inputs))
    turn, move = bound(rotation, sigma, x)
    for half in group("D2").double():
        turned_score, same = bound(rotation @ half, sigma, x)
        assert torch.allclose(turn @ half, turned_score, atol=1e-10)
        assert torch.allclose(move, same, atol=1e-10)


def test_messages_change_what_is_said_and_their_absence_does_not(inputs, network):
    with_edges, without = network.encoder(inputs), network.encoder(inputs.alone())
    degrees = torch.bincount(inputs.receivers, minlength=len(inputs))
    lonely = degrees == 0
    assert not torch.allclose(with_edges.context[~lonely], without.context[~lonely])
    assert torch.allclose(with_edges.context[lonely], without.context[lonely])


def test_the_ablation_does_not_see_neighbours(inputs):
    silent = WebNetwork(inputs.scalars.shape[1], inputs.tensors.shape[1], layers=0).double()
    assert not silent.sees
    first = silent.encoder(inputs)
    assert torch.equal(first.context, silent.encoder(inputs.alone()).context)


def test_galaxies_see_their_own_halo_and_the_centrals_of_others(small_box):
    edges = web_edges(small_box, 8.0)
    galaxies = small_box.galaxies
    same = galaxies.halo[edges.senders] == galaxies.halo[edges.receivers]
    assert (same | galaxies.central[edges.senders]).all()
    assert same.any()
    assert (~same).any()


def test_one_galaxy_alone_is_answered(small_box, network):
    one = web_inputs(small_box.subset(np.arange(1)), 8.0)
    encoded = network.encoder(one)
    score, _ = network.head.bind(encoded)(*asked(1))
    assert score.isfinite().all()
    assert len(one.senders) == 0


def test_gradients_reach_every_weight(inputs, network):
    import copy

    learner = copy.deepcopy(network).requires_grad_(True)
    rotation, sigma, x = asked(len(inputs))
    encoded = learner.encoder(inputs)
    turn, move = learner.head.bind(encoded)(rotation, sigma, x)
    (turn.square().sum() + move.square().sum()).backward()
    still = [name for name, weight in learner.named_parameters()
             if weight.grad is None or not weight.grad.abs().sum() > 0]  # fmt: skip
    # a shift of all eigenvalues of the first layer's values is felt nowhere else
    assert still == []


def test_the_score_dies_out_with_the_noise(inputs, network):
    rotation, _, _ = asked(len(inputs))
    bound = network.head.bind(network.encoder(inputs))
    near, _ = bound(rotation, torch.full((len(inputs),), 0.3).double())
    far, _ = bound(rotation, torch.full((len(inputs),), 3.0).double())
    assert float(far.abs().max()) < 1e-6 * float(near.abs().max())
