from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from astroviz.core.solvers import solve
from astroviz.io.observations import State
from astroviz.stars.encoder import DEPENDENCIES, Encoder, dependency_mask
from astroviz.stars.features import N_OBSERVABLES, featurise, standardise, unstandardise
from astroviz.stars.flow import Velocity, Whitener, flow_matching_loss
from astroviz.stars.network import StarsNetwork
from astroviz.stars.simulator import simulate


@pytest.fixture(scope="module")
def catalogue():
    return simulate(64, torch.Generator().manual_seed(0), class_weights=(0.6, 0.4, 0.0, 0.0))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return StarsNetwork().eval()


def context(network, stars, **changes):
    told = {"values": stars.values, "errors": stars.errors, "states": stars.states} | changes
    with torch.no_grad():
        return network.encoder(featurise(**told))


def test_what_is_not_observed_cannot_be_seen(network, catalogue):
    silent = (catalogue.states != State.OBSERVED) & (catalogue.states != State.LIMIT)
    garbage = torch.where(silent, torch.tensor(1e4), catalogue.values)
    blank = torch.where(silent, torch.tensor(torch.nan), catalogue.values)
    expected = context(network, catalogue)
    assert torch.allclose(context(network, catalogue, values=garbage), expected, atol=1e-6)
    assert torch.allclose(context(network, catalogue, values=blank), expected, atol=1e-6)


@pytest.mark.parametrize("state", [State.NOT_COVERED, State.UNUSABLE, State.IGNORED])
def test_all_ways_of_not_observing_are_the_same_to_the_network(network, catalogue, state):
    hidden = catalogue.states.clone()
    hidden[:, 7:11] = int(state)
    absent = catalogue.states.clone()
    absent[:, 7:11] = int(State.NOT_COVERED)
    found, expected = (context(network, catalogue, states=s) for s in (hidden, absent))
    assert torch.allclose(found, expected, atol=1e-6)


def test_a_limit_is_not_a_measurement(network, catalogue):
    states = catalogue.states.clone()
    states[:, 6] = int(State.LIMIT)
    assert not torch.allclose(
        context(network, catalogue), context(network, catalogue, states=states), atol=1e-3
    )


def test_stars_of_a_batch_do_not_meet(network, catalogue):
    together = context(network, catalogue)
    rows = torch.tensor([5])
    tokens = featurise(catalogue.values, catalogue.errors, catalogue.states).rows(rows)
    with torch.no_grad():
        alone = network.encoder(tokens)
    assert torch.allclose(alone, together[rows], atol=1e-5)


def test_given_parameters_change_the_context_and_are_kept(network, catalogue):
    given = torch.zeros(64, 9, dtype=torch.bool)
    given[:, 0] = True
    tokens = featurise(catalogue.values, catalogue.errors, catalogue.states, catalogue.z, given)
    with torch.no_grad():
        told = network.encoder(tokens)
        block = network.parameters_block(told, tokens, catalogue.classes == 1, given)
    assert not torch.allclose(told, context(network, catalogue), atol=1e-3)
    assert not block.wanted[:, 0].any()
    assert torch.equal(block.wanted[:, 6], catalogue.classes == 1)


@pytest.mark.parametrize("kind", DEPENDENCIES)
def test_dependency_masks(kind):
    mask = dependency_mask(kind)
    between = mask[:N_OBSERVABLES, :N_OBSERVABLES]
    assert mask[-1].all()
    assert mask.diagonal().all()
    if kind != "dense":
        assert torch.equal(between, torch.eye(N_OBSERVABLES, dtype=torch.bool))
        assert mask[:N_OBSERVABLES, N_OBSERVABLES:].all()
    assert bool(mask[N_OBSERVABLES, 0]) == (kind != "directed")


def test_an_undirected_encoder_keeps_bands_apart(catalogue):
    torch.manual_seed(0)
    encoder = Encoder(dependency="undirected").eval()
    tokens = featurise(catalogue.values, catalogue.errors, catalogue.states)
    assert encoder(tokens).shape == (64, 160)


def test_unknown_dependency_names_the_choices():
    with pytest.raises(ValueError, match="dense, undirected, directed"):
        dependency_mask("sparse")


def test_whitening_is_inverted_and_its_determinant_is_right():
    torch.manual_seed(1)
    whitener = Whitener(4, 3)
    torch.nn.init.normal_(whitener.net[-1].weight, std=0.3)
    whitening = whitener(torch.randn(5, 4), torch.ones(5, 3, dtype=torch.bool))
    y = torch.randn(5, 3)
    w = whitening.forward(y)
    assert torch.allclose(whitening.inverse(w[:, None])[:, 0], y, atol=1e-5)
    assert torch.allclose(whitening.log_det(), torch.linalg.slogdet(whitening.factor)[1])


def test_an_untrained_flow_draws_the_normal_distribution():
    velocity = Velocity(4, 3)
    wanted = torch.ones(1, 3, dtype=torch.bool)
    modulation = velocity.prepare(torch.zeros(1, 4), wanted)
    noise = torch.randn(1, 4000, 3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = solve(
            lambda t, w: velocity(w, t.reshape(1, 1, 1), modulation, wanted), noise, steps=8
        ).x
    assert stats.kstest(found[0, :, 0].numpy(), "norm").pvalue > 0.01
    assert torch.allclose(found, noise, atol=0.02)


def test_flow_matching_learns_a_skewed_distribution():
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    velocity = Velocity(1, 1, width=32, blocks=2)
    optimiser = torch.optim.Adam(velocity.parameters(), lr=3e-3)
    wanted, empty = torch.ones(512, 1, dtype=torch.bool), torch.zeros(512, 1)
    for _ in range(300):
        target = -torch.log(torch.rand(512, 1, generator=generator)) - 1
        loss = flow_matching_loss(
            velocity, target, velocity.prepare(empty, wanted), wanted, 2, generator
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    modulation = velocity.prepare(empty[:1], wanted[:1])
    noise = torch.randn(1, 3000, 1, generator=generator)
    with torch.no_grad():
        found = solve(
            lambda t, w: velocity(w, t.reshape(1, 1, 1), modulation, wanted[:1]), noise, steps=16
        ).x
    assert stats.kstest(found[0, :, 0].numpy() + 1, "expon").statistic < 0.06


def test_every_weight_gets_a_gradient(catalogue):
    torch.manual_seed(0)
    network = StarsNetwork()
    given = torch.zeros(64, 9, dtype=torch.bool)
    tokens = featurise(catalogue.values, catalogue.errors, catalogue.states)
    wanted = torch.rand(64, 20) < 0.5
    sky = (standardise(catalogue.intrinsic), wanted)
    # the last layers start at zero, so a first step has to come before all gradients flow
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    for _ in range(2):
        optimiser.zero_grad()
        terms = network.losses(tokens, catalogue.z, catalogue.classes, given, 2, sky)
        sum(terms.values()).backward()
        optimiser.step()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_observables_survive_their_scale(catalogue):
    values = catalogue.intrinsic
    positive = values[:, 0] > 0.05
    assert np.allclose(unstandardise(standardise(values))[positive], values[positive], rtol=1e-4,
                       atol=1e-4)  # fmt: skip
