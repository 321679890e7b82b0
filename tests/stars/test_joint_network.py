from __future__ import annotations

import pytest
import torch
from scipy import stats

from astroviz.stars import joint_network
from astroviz.stars.graph import maximal_cliques, select_covariance, symmetric_roots
from astroviz.stars.joint_network import JointNetwork, condition_masks
from astroviz.stars.sbibm_tasks import TASKS

SIZES = {"wide": 16, "blocks": 1}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def chain(n):
    """a -> b -> c, so that a and c are independent given b."""
    noise = torch.randn(n, 3, generator=generator()).double()
    a = noise[:, 0]
    b = a + 0.5 * noise[:, 1]
    return torch.stack([a, b, b + 0.5 * noise[:, 2]], -1)


CHAIN = torch.tensor([[1, 1, 0], [1, 1, 1], [0, 1, 1]]).bool()


def network_of(name, seed=0):
    task = TASKS[name]
    torch.manual_seed(seed)
    network = JointNetwork(task.links, task.kinds, **SIZES)
    theta, x = task.simulate(500, generator())
    network.adopt(torch.cat([theta, x], -1))
    # the last layers start at zero
    for parameter in network.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.1)
    return task, network


def test_selected_covariance_fits_links_and_vanishes_elsewhere():
    sample = torch.cov(chain(400).T)
    found = select_covariance(sample, CHAIN)
    assert torch.allclose(found[CHAIN], sample[CHAIN], rtol=1e-6)
    assert abs(torch.linalg.inv(found)[0, 2]) < 1e-6


def test_selected_covariance_of_a_full_graph_is_the_sample():
    sample = torch.cov(chain(400).T)
    everything = torch.ones(3, 3, dtype=torch.bool)
    assert torch.allclose(select_covariance(sample, everything), sample, rtol=1e-5)


def test_symmetric_roots_of_blocks():
    covariance = torch.cov(chain(400).T).expand(2, 3, 3)
    chosen = torch.tensor([[True, False, True], [False, False, False]])
    root, inverse = symmetric_roots(covariance, chosen)
    block = torch.tensor([0, 2])
    assert torch.allclose((root @ root)[0][block][:, block], covariance[0][block][:, block])
    assert torch.allclose(root, root.mT)
    assert torch.allclose(root @ inverse, torch.eye(3).double().expand(2, 3, 3))
    assert torch.equal(root[1], torch.eye(3).double())
    assert root[0, 1].tolist() == [0, 1, 0]


def test_normal_variables_are_whitened_whatever_is_given():
    network = JointNetwork(CHAIN, (0, 1, 2), **SIZES)
    table = chain(20_000)
    network.adopt(table)
    y = (table.float() - network.mean) / network.scale
    for pattern in ([0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 1]):
        given = torch.tensor(pattern).bool()
        asked = network.ask(table.float(), given.expand(len(table), -1))
        w = asked.whiten(y)
        wanted = ~given
        found = torch.cov(w[:, wanted].T).reshape(int(wanted.sum()), -1)
        assert torch.allclose(found, torch.eye(len(found)), atol=0.03)
        assert torch.allclose(w[:, given], torch.zeros(()), atol=1e-6)
        back = asked.restore(w[:, None])[:, 0]
        assert torch.allclose(back[:, wanted], y[:, wanted], atol=1e-5)
        # what is given is told without its correlations
        told = asked.features[..., 2][:, given]
        if told.shape[1] > 1:
            assert abs(torch.cov(told.T)[0, 1]) < 0.03


def test_cliques():
    assert maximal_cliques(CHAIN) == [(0, 1), (1, 2)]
    assert maximal_cliques(TASKS["slcp"].links)[1] == (0, 1, 2, 3, 4, 7, 8)
    assert len(maximal_cliques(TASKS["gaussian_linear"].links)) == 10


def test_masks_ask_for_something_and_keep_their_shares():
    given = condition_masks(4000, 2, 5, (0.5, 0.2, 0.1, 0.1, 0.1), generator())
    assert not given.all(1).any()
    posterior = (given == torch.tensor([False, False, True, True, True])).all(1)
    assert posterior.float().mean() == pytest.approx(0.5, abs=0.05)


def test_an_untrained_network_draws_the_normal_approximation():
    network = JointNetwork(CHAIN, (0, 1, 2), **SIZES)
    table = chain(5000)
    network.adopt(table)
    values, given = torch.tensor([0.0, 1.0, 5.0]), torch.tensor([False, True, False])
    drawn = network.draw(values, given, 4000, generator(), steps=8)
    assert (drawn[:, 1] == 1.0).all()
    # a given b is normal with mean 0.8 b and variance 0.2; c does not matter
    assert stats.kstest((drawn[:, 0].numpy() - 0.8) / 0.2**0.5, "norm").statistic < 0.05
    assert stats.kstest((drawn[:, 2].numpy() - 1.0) / 0.5, "norm").statistic < 0.05


def test_what_is_not_given_cannot_be_seen():
    task, network = network_of("slcp")
    given = torch.rand(20, task.size, generator=generator()) < 0.5
    values = torch.randn(20, task.size, generator=generator())
    garbage = torch.where(given, values, torch.tensor(1e4))
    w, t = torch.randn(20, 2, task.size, generator=generator()), torch.rand(20, 2, 1)
    with torch.no_grad():
        found, expected = (network(w, t, network.ask(v, given)) for v in (garbage, values))
    assert torch.allclose(found, expected, atol=1e-5)


def test_exchangeable_points_can_change_places():
    task, network = network_of("slcp")
    order = [0, 1, 2, 3, 4, 9, 10, 5, 6, 11, 12, 7, 8]
    values = torch.randn(6, task.size, generator=generator())
    given = (torch.arange(task.size) >= 5).expand(6, -1)
    w, t = torch.randn(6, 3, task.size, generator=generator()), torch.rand(6, 3, 1)
    with torch.no_grad():
        one = network(w, t, network.ask(values, given))
        other = network(w[..., order], t, network.ask(values[:, order], given))
    assert torch.allclose(one[..., :5], other[..., :5], atol=1e-5)


def test_variables_without_a_path_do_not_meet():
    task, network = network_of("gaussian_linear")
    values = torch.randn(4, task.size, generator=generator())
    changed = values.clone()
    changed[:, 13] += 3
    given = (torch.arange(task.size) >= 10).expand(4, -1)
    w, t = torch.randn(4, 2, task.size, generator=generator()), torch.rand(4, 2, 1)
    with torch.no_grad():
        moved = (
            network(w, t, network.ask(values, given)) - network(w, t, network.ask(changed, given))
        ).abs()
    assert moved[..., 3].min() > 1e-6
    assert moved[..., [k for k in range(10) if k != 3]].max() < 1e-5


def test_the_loss_teaches_every_weight():
    task, network = network_of("slcp")
    theta, x = task.simulate(64, generator())
    given = condition_masks(64, 5, 13, (0.4, 0.1, 0.1, 0.2, 0.2), generator())
    sum(network.loss(torch.cat([theta, x], -1), given, 2, generator()).values()).backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def test_the_right_late_times_are_learned_from():
    times = joint_network._late_times(500, 4, generator())[..., 0]
    logit = torch.logit(times).flatten()
    assert logit.median() == pytest.approx(joint_network._LATE, abs=0.1)
    assert logit.std() == pytest.approx(joint_network._SPREAD, abs=0.1)
    assert (times.sort(1).values == times).all()  # one time of each quarter


def test_cliques_of_different_sizes_are_refused_with_a_way_out():
    links = CHAIN.clone()
    links[0, 1] = links[1, 0] = False
    with pytest.raises(ValueError, match="link all"):
        JointNetwork(links, (0, 1, 2), wide=16)
