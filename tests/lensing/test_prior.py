"""Priors: draws and scores of a network whose law is known, and of the shipped ones."""

from __future__ import annotations

import pytest
import torch

from astroviz.core.cards import Card, ModelError
from astroviz.core.pqmass import pqmass
from astroviz.core.registry import list_models
from astroviz.core.request import Cancelled
from astroviz.lensing import posterior
from astroviz.lensing.prior import NetworkPrior, noise_levels, open_prior
from astroviz.lensing.prior_checks import measurements
from astroviz.lensing.unet import Denoiser

CPU = torch.device("cpu")
SPREAD, MEAN = 0.4, 0.7


@pytest.fixture(scope="module")
def white():
    """A prior that was taught nothing is exactly that of white noise about its mean."""
    network = Denoiser({"pixels": 8, "widths": (16, 16), "blocks": 1, "middle": 1, "code": 16,
                        "sigma_data": SPREAD})  # fmt: skip
    network.mean.fill_(MEAN)
    return NetworkPrior(Card(name="lensing/white", system="lensing",
                             config={"pixels": 8, "data": "white"}), network, CPU)  # fmt: skip


def test_the_flow_ends_in_the_law_of_the_denoiser(white):
    drawn = white.sample(400, seed=1)
    assert drawn.shape == (400, 64)
    n = drawn.numel()
    assert float(drawn.mean()) == pytest.approx(MEAN, abs=5 * SPREAD / n**0.5)
    assert float(drawn.std()) == pytest.approx(SPREAD, rel=0.03)


def test_the_score_is_that_of_the_noisy_gaussian(white):
    x = torch.randn(7, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for sigma in (0.05, 1.0, 10.0):
        exact = (MEAN - x) / (SPREAD**2 + sigma**2)
        torch.testing.assert_close(white.score(x, sigma), exact, rtol=1e-3, atol=2e-3)
    each = torch.tensor([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 9.0])
    assert torch.allclose(white.denoise(x, each)[3], white.denoise(x[3:4], 1.0)[0])


def test_gradients_go_through_the_denoiser(white):
    x = torch.zeros(2, 64, requires_grad=True)
    (slope,) = torch.autograd.grad(white.denoise(x, 0.3).sum(), x)
    expected = SPREAD**2 / (SPREAD**2 + 0.3**2)
    torch.testing.assert_close(slope, torch.full_like(slope, expected))


def test_draws_do_not_depend_on_how_many_are_made_at_one_time(white):
    class Few:
        max_draws = 3

        def check(self):
            pass

        def progress(self, fraction):
            told.append(fraction)

    told = []
    torch.testing.assert_close(white.sample(8, 5, 6, Few()), white.sample(8, 5, 6))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)


def test_a_draw_can_be_cancelled(white):
    class Gone:
        max_draws = None

        def check(self):
            raise Cancelled

        def progress(self, fraction):
            pass

    with pytest.raises(Cancelled):
        white.sample(4, control=Gone())


def test_noise_falls_from_the_largest_to_zero():
    levels = noise_levels(0.01, 20.0, 10)
    assert levels[0] == pytest.approx(20.0)
    assert levels[-2] == pytest.approx(0.01)
    assert levels[-1] == 0
    assert levels == sorted(levels, reverse=True)
    with pytest.raises(ValueError, match="one step or more, not 0"):
        noise_levels(0.01, 20.0, 0)


def test_a_law_that_nobody_knows_has_no_exact_draws(white):
    assert white.draw_truth(3) is None


def test_other_models_are_no_priors():
    card = Card(name="lensing/odd", system="lensing", config={"network": "spin"})
    with pytest.raises(ModelError, match="'spin'; this version opens prior, noise"):
        posterior.open_model(card)
    with pytest.raises(ModelError, match="no prior of sources"):
        open_prior(card)


def shipped():
    return [card.name for card in list_models("lensing") if card.config.get("network") == "prior"]


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_prior_denoises_unseen_images(name):
    """Far better than the best linear filter that knows only mean and rms, and unbiased."""
    prior = open_prior(name)
    truth = prior.draw_truth(96, 12_345)
    if truth is None:
        pytest.skip("its law is not known")
    generator = torch.Generator().manual_seed(0)
    for factor, goal in ((0.5, 0.35), (2.0, 0.4), (6.0, 0.85)):
        sigma = factor * prior.sigma_data
        noisy = truth + sigma * torch.randn(truth.shape, generator=generator)
        found = prior.denoise(noisy, sigma)
        linear = prior.mean + (noisy - prior.mean) / (1 + factor**2)
        error = (found - truth).square().mean()
        assert float(error) < goal * float((linear - truth).square().mean())
        # the error of an expectation is uncorrelated with it
        share = ((found - truth) * (found - prior.mean)).sum(1)
        power = float((found - prior.mean).square().sum(1).mean())
        assert abs(float(share.mean())) < 0.12 * power


def test_draws_of_the_small_prior_are_like_its_law():
    """A Gaussian of the same mean and covariance, for comparison, is found out."""
    prior = open_prior("galaxies16")
    truth, drawn = prior.draw_truth(160, 99), prior.sample(160, seed=3, steps=15)
    many = prior.draw_truth(2000, 100)
    law = torch.distributions.MultivariateNormal(
        many.mean(0), torch.cov(many.T) + 1e-5 * torch.eye(prior.dim)
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        gaussian = law.sample((160,))
    assert pqmass(drawn, truth, 30).reduced < 1.5
    ours, other = (pqmass(measurements(images), measurements(truth), 40, standardise=True)
                   for images in (drawn, gaussian))  # fmt: skip
    assert ours.reduced < 1.7
    assert other.reduced > 1.9
    assert other.reduced > ours.reduced + 0.5
