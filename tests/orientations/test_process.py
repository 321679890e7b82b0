"""The diffusion with an exact score: what is left is the error of the solvers."""

from __future__ import annotations

import math

import pytest
import torch

from astroviz.orientations import process
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.rotations import angle_between, exp, random_rotations


@pytest.fixture(scope="module")
def law():
    generator = torch.Generator().manual_seed(6)
    return SymmetricMixture(
        random_rotations(3, generator).double(), torch.tensor([0.15, 0.25, 0.4]).double(),
        torch.tensor([0.5, 0.3, 0.2]).double(), "D2",
    )  # fmt: skip


@pytest.fixture(scope="module")
def drawn(law):
    return law.sample(100, torch.Generator().manual_seed(1)).double()


def test_the_flow_gives_the_analytic_density(law, drawn):
    found = process.log_prob(law.score, drawn[:40], steps=32)
    assert float((found - law.log_prob(drawn[:40], process.LOWEST)).abs().max()) < 1e-3
    shifted = process.log_prob(law.score, drawn[:5], steps=10, measure="8pi2")
    plain = process.log_prob(law.score, drawn[:5], steps=10)
    assert torch.allclose(plain - shifted, torch.tensor(math.log(8 * math.pi**2)).double())


def test_the_flow_is_reversible_and_of_fourth_order(law, drawn):
    errors = []
    for steps in (16, 32):
        there = process.flow(law.score, drawn, 0.01, 3.0, steps)
        back = process.flow(law.score, there, 3.0, 0.01, steps)
        errors.append(float(angle_between(back, drawn).mean()))
    assert errors[1] < 1e-3
    assert errors[0] / errors[1] > 8


def test_a_film_is_the_flow_frame_by_frame(law, drawn):
    frames, levels = process.film(law.score, drawn[:20], frames=9, steps=2)
    assert frames.shape == (9, 20, 3, 3)
    assert frames[0].equal(drawn[:20])
    assert levels.tolist() == pytest.approx(process.noise_levels(8).flip(0).tolist())
    whole = process.flow(law.score, drawn[:20], 0.01, 3.0, 16)
    assert torch.allclose(frames[-1], whole, atol=1e-6)


@pytest.mark.parametrize(("method", "steps"), [("heun", 19), ("walk", 60)])
def test_samplers_draw_from_the_law(law, method, steps):
    generator = torch.Generator().manual_seed(2)
    start = random_rotations(1500, generator).double()
    value = law.log_prob(process.sample(law.score, start, steps, generator, method))
    true = law.log_prob(law.sample(1500, generator).double())
    error = math.sqrt(2 * float(true.var()) / 1500)
    assert abs(float(value.mean() - true.mean())) < 5 * error + 0.05


def test_settings():
    levels = process.noise_levels(5)
    assert levels[0].item() == pytest.approx(3.0)
    assert levels[-1].item() == pytest.approx(0.01)
    calls = []

    def counted(rotation, sigma):
        calls.append(sigma)
        return torch.zeros(len(rotation), 3)

    for method in ("heun", "walk"):
        calls.clear()
        process.sample(counted, 4, 5, torch.Generator().manual_seed(0), method)
        assert len(calls) == process.evaluations(5, method)
    with pytest.raises(ValueError, match="at least one step"):
        process.noise_levels(0)
    with pytest.raises(ValueError, match="0 < low < high"):
        process.noise_levels(3, 2.0, 1.0)
    with pytest.raises(ValueError, match="no method 'euler'"):
        process.sample(counted, 4, 5, method="euler")
    with pytest.raises(ValueError, match="two frames"):
        process.film(counted, torch.eye(3)[None], frames=1)


def test_a_caller_may_give_up(law, drawn):
    def stop() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        process.sample(law.score, drawn[:2], 5, check=stop)
    with pytest.raises(TimeoutError):
        process.log_prob(law.score, drawn[:2], check=stop)


def test_the_density_at_a_mode_itself_is_the_analytic_one():
    law = SymmetricMixture(torch.eye(3)[None], torch.tensor([0.3]), torch.ones(1), "C1")
    places = exp(torch.tensor([[0.0, 0.0, 0.0], [5e-4, 0.0, 0.0], [0.02, 0.0, 0.0]]))
    found = process.log_prob(law.score, places, steps=30)
    assert torch.allclose(found, law.log_prob(places, process.LOWEST), atol=5e-3)
