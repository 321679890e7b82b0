"""The few-step sampler: exact where it can be known, and close to the flow it was learned from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.accuracy.c2st import c2st
from astroviz.stars.batches import batches
from astroviz.stars.distill import Distillation, trajectories
from astroviz.stars.flow import Velocity
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.shortcut import Shortcut, distillation_loss


def some(n=3, k=40, size=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, size, generator=generator), torch.randn(n, 5, generator=generator)


def stirred(velocity):
    """A velocity that does something: as built it adds nothing to the normal target's."""
    with torch.no_grad():
        generator = torch.Generator().manual_seed(9)
        velocity.leave.weight.copy_(0.3 * torch.randn(velocity.leave.weight.shape,
                                                      generator=generator))  # fmt: skip
    return velocity


@pytest.mark.parametrize("jumps", [1, 2, 4])
def test_a_normal_target_is_exact_without_training(jumps):
    w, context = some()
    wanted = torch.ones(3, 4, dtype=torch.bool)
    shortcut = Shortcut(5, 4, 16, 1)
    found = shortcut.draw(w, jumps, shortcut.prepare(context, wanted), wanted)
    torch.testing.assert_close(found, w)


def test_a_short_jump_from_the_flows_weights_is_a_step_of_the_flow():
    w, context = some()
    wanted = torch.tensor([[True, True, True, False]]).expand(3, 4)
    velocity, shortcut = stirred(Velocity(5, 4, 16, 2)), Shortcut(5, 4, 16, 2)
    shortcut.start_from(velocity)
    t, s = (torch.full((1, 1, 1), value) for value in (0.3, 0.3001))
    jump = shortcut(w, t, s, shortcut.prepare(context, wanted), wanted) - w
    step = velocity(w, t, velocity.prepare(context, wanted), wanted) * (s - t)
    torch.testing.assert_close(jump, step, rtol=2e-3, atol=2e-6)


def test_what_is_not_wanted_stays_noise():
    w, context = some()
    wanted = torch.tensor([[True, False, True, False]]).expand(3, 4)
    shortcut = Shortcut(5, 4, 16, 1)
    shortcut.start_from(stirred(Velocity(5, 4, 16, 1)))
    found = shortcut.draw(w, 2, shortcut.prepare(context, wanted), wanted)
    torch.testing.assert_close(found[..., [1, 3]], w[..., [1, 3]])
    assert not torch.allclose(found[..., [0, 2]], w[..., [0, 2]], atol=1e-2)


def test_the_loss_vanishes_for_the_right_jumps():
    """Trajectories of a normal target are those of the untrained network."""
    w, context = some()
    wanted = torch.ones(3, 4, dtype=torch.bool)
    shortcut = Shortcut(5, 4, 16, 1)
    t = torch.linspace(0, 1, 9).view(-1, 1, 1, 1)
    path = w * (t**2 + (1 - t) ** 2).sqrt()
    generator = torch.Generator().manual_seed(0)
    modulation = shortcut.prepare(context, wanted)
    with torch.no_grad():
        right = distillation_loss(shortcut, path, modulation, wanted, 4, generator)
        wrong = distillation_loss(shortcut, path + 0.1 * t, modulation, wanted, 4, generator)
    assert float(right) < 1e-10
    assert float(wrong) > 0.003  # the mean velocity is off by a tenth, but for its normal part


def test_distillation_comes_nearer_to_the_flow():
    torch.manual_seed(0)
    network = StarsNetwork(width=32, blocks=1, shortcut=True)
    stirred(network.velocity)
    run = Distillation(network, budget=1e9)
    generator = torch.Generator().manual_seed(0)
    stream = batches(64, Physics(), generator)
    losses = [run.advance(next(stream), generator) for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:3])


def test_trajectories_end_where_the_solver_ends():
    network = StarsNetwork(width=32, blocks=1)
    stirred(network.velocity)
    context = torch.randn(2, 161, generator=torch.Generator().manual_seed(1))
    wanted = torch.ones(2, 9, dtype=torch.bool)
    modulation = network.velocity.prepare(context, wanted)

    class _Block:
        pass

    block = _Block()
    block.modulation, block.wanted = modulation, wanted
    start = torch.randn(2, 5, 9, generator=torch.Generator().manual_seed(2))
    path = trajectories(network, block, start, 8).detach()
    finer = trajectories(network, block, start, 64).detach()
    torch.testing.assert_close(path[-1], finer[-1], rtol=0.02, atol=0.02)


def test_a_network_without_one_says_so(stars_model):
    with pytest.raises(ValueError, match="no sampler 'euler'; there is flow, shortcut"):
        stars_model.posterior({"g": 14.0}).request(10, sampler="euler")
    with pytest.raises(ValueError, match="has no shortcut"):
        Distillation(StarsNetwork(), 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["all", "infrared only"])
def test_the_shipped_one_is_hard_to_tell_from_the_flow(stars_model, pattern):
    stars = stars_model.simulate(1, seed=21, class_weights=(0, 1.0, 0, 0), pattern=pattern)
    posterior = stars_model.posterior(stars.observations)
    full = posterior.sample(2000, seed=0, disk=True).values[:, :9]
    fast = posterior.sample(2000, seed=1, disk=True, sampler="shortcut").values[:, :9]
    assert c2st(full, fast) < 0.56  # 0.53 is the goal of the mean over many, 0.011 the error


def test_equal_seeds_give_equal_draws_and_batches_do_not_matter(stars_model):
    posterior = stars_model.posterior({"g": 14.0, "bp": 15.2, "rp": 12.9, "ks": 10.5})
    first, second = (posterior.sample(300, seed=5, sampler="shortcut") for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    assert set(first.extras) >= {"p_young", "p_disk", "ood_score", "disk"}
