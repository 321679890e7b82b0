"""How priors are trained: smoke, resuming, fine-tuning, figures."""

from __future__ import annotations

import math

import pytest
import torch

from astroviz.cli import main
from astroviz.core.cards import read_card
from astroviz.lensing import prior_fit, train_priors
from astroviz.lensing.prior import open_prior
from astroviz.lensing.prior_checks import measurements, nearest
from astroviz.lensing.prior_fit import PriorFit, fit_prior, levels, turned
from astroviz.lensing.train_priors import RECIPES, teach
from astroviz.lensing.unet import Denoiser

TINY = {"pixels": 8, "widths": (16, 16), "blocks": 1, "middle": 1, "code": 16, "sigma_data": 0.5}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def striped(n, generator):
    """Stripes of either sign: a law that a linear filter cannot learn."""
    sign = torch.where(torch.rand(n, generator=generator) < 0.5, 1.0, -1.0)
    row = torch.tensor([1.0, -1.0]).repeat(4)
    return 0.5 * sign[:, None, None] * row[:, None].expand(8, 8)


def test_a_trial_ends_in_a_model_that_opens(tmp_path):
    command = ["train", "lensing/digits04", "--smoke", "--budget", "1s", "--out", str(tmp_path)]
    assert main(command) == 0
    card = read_card(tmp_path / "lensing" / "digits04")
    prior = open_prior(card)
    assert prior.pixels == 16
    assert prior.sample(3, 0, 4).isfinite().all()
    assert card.config["digits"] == [0, 1, 2, 3, 4]
    assert card.metrics["training steps"] > 0
    assert card.metrics["PQMass chi2/dof of unseen against unseen images"] < 2


def test_training_learns_what_no_linear_filter_can():
    torch.manual_seed(0)
    settings = PriorFit(steps=120, batch=32, warm_up=10, rate=4e-3)
    run = fit_prior(Denoiser(TINY), striped, settings)
    assert run.step == 120
    generator = torch.Generator().manual_seed(5)
    truth = striped(200, generator)
    noisy = truth + torch.randn(truth.shape, generator=generator)
    found = run.average(noisy, torch.ones(200))
    linear = noisy * 0.25 / 1.25
    errors = [float((x - truth).square().mean().detach()) for x in (found, linear)]
    assert errors[0] < 0.5 * errors[1]


def test_a_training_goes_on_from_its_checkpoint(tmp_path):
    place, told = tmp_path / "run.part", []
    first = fit_prior(Denoiser(TINY), striped, PriorFit(steps=5, batch=4), place)
    again = fit_prior(
        Denoiser(TINY), striped, PriorFit(steps=9, batch=4), place, True, told.append
    )
    assert (first.step, again.step) == (5, 9)
    assert told[0].startswith("resumed at step 5")
    fresh = fit_prior(Denoiser(TINY), striped, PriorFit(steps=3, batch=4), place)
    assert fresh.step == 3


def test_the_clock_ends_it_and_the_rate_falls():
    run = fit_prior(Denoiser(TINY), striped, PriorFit(budget=0.5, batch=4, warm_up=1))
    assert run.elapsed >= 0.5
    assert run.rate() < 0.01 * run.settings.rate


def test_noise_levels_are_one_from_each_part_of_their_law():
    found = levels(64, 0.2, torch.Generator().manual_seed(0))
    assert torch.equal(found, found.sort().values)
    middle = 0.2 * math.exp(prior_fit._CENTRE)
    assert 29 <= int((found < middle).sum()) <= 35


def test_all_eight_turns_of_an_image_come():
    image = torch.arange(9.0).reshape(1, 3, 3).repeat(400, 1, 1)
    found = turned(image, torch.Generator().manual_seed(0))
    kinds, counts = found.flatten(1).unique(dim=0, return_counts=True)
    assert len(kinds) == 8
    assert int(counts.min()) > 20


def test_a_fine_tune_starts_from_its_prior(monkeypatch):
    monkeypatch.setitem(
        RECIPES, "ellipticals",
        train_priors.Recipe("elliptical", start="galaxies",
                            fit=PriorFit(steps=1, rate=1e-6, batch=4)),
    )  # fmt: skip
    start = open_prior("galaxies")
    before = {key: value.clone() for key, value in start.network.state_dict().items()}
    run = teach("ellipticals", 60.0, start=start.network.requires_grad_(True))
    assert run.step == 1
    for key, value in run.network.state_dict().items():
        torch.testing.assert_close(value, before[key], atol=1e-4, rtol=1e-3)


def test_a_recipe_for_a_gpu_is_there():
    recipe = RECIPES["galaxies64"]
    network = Denoiser({"pixels": recipe.pixels, **recipe.network, "sigma_data": 0.1})
    assert network(torch.zeros(1, 64, 64), torch.ones(1)).shape == (1, 64, 64)


def test_measurements_of_an_ellipse_are_its_moments():
    line = torch.arange(64) - 31.5
    image = torch.exp(-0.5 * ((line[:, None] / 4) ** 2 + (line / 8) ** 2))
    found = measurements(image.reshape(1, -1))[0]
    assert float(found[1]) == pytest.approx(1.0, abs=0.02)
    assert float(found[2]) == pytest.approx((4**2 + 8**2) ** 0.5 / 64, rel=0.01)
    assert float(found[3]) == pytest.approx(0.5, abs=0.01)
    assert float(found[5]) < 1e-3


def test_what_was_learned_by_heart_is_near():
    law = torch.Generator().manual_seed(0)
    seen, fresh = torch.randn(50, 20, generator=law), torch.randn(50, 20, generator=law)
    assert float(nearest(seen[:5], seen).max()) < 1e-3
    assert float(nearest(fresh[:5], seen).min()) > 0.3
