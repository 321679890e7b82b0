"""The score network, what it is taught, and the loop that teaches it."""

from __future__ import annotations

import math

import pytest
import torch

from astroviz.orientations import igso3, process, targets
from astroviz.orientations.fitting import Fit, Fitting, fit
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.rotations import exp, random_rotations
from astroviz.orientations.score import (
    NOISE_FEATURES,
    ROTATION_FEATURES,
    ScoreNetwork,
    noise_features,
    rotation_features,
)


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def law(generator):
    return SymmetricMixture(random_rotations(4, generator), torch.full((4,), 0.1), torch.ones(4))


def test_features_do_not_tear_at_half_a_turn():
    before, after = (exp(torch.tensor([0.0, 0.0, math.pi + d])) for d in (-1e-4, 1e-4))
    change = rotation_features(before) - rotation_features(after)
    assert change.abs().max() < 0.02
    assert rotation_features(before).shape == (ROTATION_FEATURES,)
    ends = noise_features(torch.tensor([process.LOWEST, process.HIGHEST]))
    assert ends.shape == (2, NOISE_FEATURES)
    assert ends[:, 0].tolist() == pytest.approx([-1, 1], abs=1e-5)


def test_a_new_network_says_nothing_and_settings_are_checked(generator):
    network = ScoreNetwork({"width": 16, "depth": 2, "condition": 3})
    rotation, sigma = random_rotations(5, generator), torch.ones(5)
    assert network(rotation, sigma, torch.ones(5, 3)).abs().max() == 0
    with pytest.raises(ValueError, match="no setting 'layers'"):
        ScoreNetwork({"layers": 3})


def noisy(law, n, generator, low=0.012, high=2.9):
    clean = law.sample(n, generator)
    sigma = low * (high / low) ** torch.rand(n, generator=generator)
    return clean, sigma, igso3.sample(clean, sigma, generator)


@pytest.mark.parametrize(("low", "high"), [(0.012, 0.1), (0.13, 0.9), (1.0, 2.9)])
def test_one_source_alone_gives_the_plain_target(law, generator, low, high):
    clean, sigma, rotation = noisy(law, 100, generator, low, high)
    plain = targets.denoising_target(rotation, clean, sigma)
    averaged = targets.stable_target(rotation, clean, sigma, clean[:0])
    scale = sigma[:, None]
    assert ((averaged - plain) * scale).abs().max() < 0.02
    assert torch.nn.functional.cosine_similarity(averaged, plain).min() > 0.99


def test_the_averaged_target_is_the_sum_over_pairs(law, generator):
    clean, sigma, rotation = noisy(law, 40, generator)
    others = law.sample(50, generator)
    found = targets.stable_target(rotation, clean, sigma, others)
    for k in range(40):
        sources = torch.cat([clean[k : k + 1], others])
        weight = igso3.log_prob(rotation[k], sources, sigma[k]).softmax(0)
        expected = (weight[:, None] * igso3.score(rotation[k], sources, sigma[k])).sum(0)
        assert torch.allclose(found[k] * sigma[k], expected * sigma[k], atol=5e-3)


def test_the_averaged_target_nears_the_score(law, generator):
    clean, sigma, rotation = noisy(law, 300, generator)
    true = law.score(rotation, sigma)
    data = law.sample(8192, generator)

    def miss(target: torch.Tensor) -> float:
        return float(targets.score_loss(target, true, sigma))

    plain = miss(targets.denoising_target(rotation, clean, sigma))
    assert miss(targets.stable_target(rotation, clean, sigma, data)) < 0.15 * plain


def test_every_kth_of_the_ordered_data_is_a_fair_sample(law, generator):
    data = law.sample(10_007, generator)
    ordered = targets.by_locality(data)
    assert ordered.shape == data.shape
    assert torch.equal(ordered.flatten(1).sum(1).sort()[0], data.flatten(1).sum(1).sort()[0])
    nearest = igso3.log_prob(ordered[:, None], law.means[None], 0.2).argmax(1)
    everyone = torch.bincount(nearest, minlength=4) / len(data)
    for _ in range(3):
        drawn = targets._strata(ordered, 100, generator)
        some = igso3.log_prob(drawn[:, None], law.means[None], 0.2).argmax(1)
        share = torch.bincount(some, minlength=4) / len(some)
        # a random sample would miss by 0.04
        assert (share - everyone).abs().max() < 0.02


def test_scales_of_noise_keep_to_their_ends(generator):
    for kind in ("flat", "modes"):
        sigma = targets.noise_scales(4000, generator, kind)
        assert float(sigma.min()) >= process.LOWEST * 0.999
        assert float(sigma.max()) <= process.HIGHEST * 1.001
    # around -1.3, but for one in four around -1.75
    assert -1.55 < float(sigma.log().median()) < -1.25


def test_targets_are_reused_and_replaced(law, generator):
    data = law.sample(500, generator)
    lessons = targets.Lessons(batch=32, references=64, reuse=4, pool=256)
    seen = set()
    source = targets.stream(data, generator, lessons)
    for _ in range(60):
        rotation, sigma, wanted = next(source)
        assert rotation.shape == (32, 3, 3)
        assert torch.isfinite(wanted).all()
        seen |= set(sigma.tolist())
    # 4 filled batches, then 8 new ones each time
    assert 300 < len(seen) <= 128 + 60 * 8
    plain = next(targets.stream(data, generator, targets.Lessons(batch=16, references=0)))
    assert plain[2].shape == (16, 3)


def test_a_small_network_learns(law, generator):
    torch.manual_seed(0)
    network = ScoreNetwork({"width": 64, "depth": 2})
    data = law.sample(4000, generator)
    lessons = targets.Lessons(batch=256, references=1024)

    def loss(model, batch):
        return targets.score_loss(model(batch[0], batch[1]), batch[2], batch[1])

    settings = Fit(budget=100.0, steps=150, warm_up=20, decay=0.98)
    run = fit(network, targets.stream(data, generator, lessons), loss, settings)
    _, sigma, rotation = noisy(law, 1000, generator)
    true = law.score(rotation, sigma)
    start = targets.score_loss(torch.zeros(1000, 3), true, sigma)
    with torch.no_grad():
        end = targets.score_loss(run.average(rotation, sigma), true, sigma)
    assert float(end) < 0.7 * float(start)
    assert run.step == 150


def test_a_run_goes_on_where_it_stopped(tmp_path):
    torch.manual_seed(0)
    place = tmp_path / "state.part"
    data = iter([torch.full((8, 1), float(k % 3)) for k in range(100)])
    said = []

    def loss(model, batch):
        return (model(batch) - 2).square().mean()

    first = fit(torch.nn.Linear(1, 1), data, loss, Fit(budget=50, steps=5), place)
    weights = {key: value.clone() for key, value in first.network.state_dict().items()}
    again = Fitting(torch.nn.Linear(1, 1), Fit(budget=50))
    again.load(place)
    assert again.step == 5
    assert all(again.network.state_dict()[key].equal(value) for key, value in weights.items())
    second = fit(
        torch.nn.Linear(1, 1), data, loss, Fit(budget=50, steps=9), place, True, said.append
    )
    assert second.step == 9
    assert "resumed at step 5" in said[0]
    assert second.elapsed > first.elapsed
