"""Both views of a denoiser whose law is known."""

from __future__ import annotations

import pytest
import torch

from astroviz.core.cards import Card
from astroviz.lensing.prior import NetworkPrior
from astroviz.lensing.unet import Denoiser
from astroviz.lensing.views import VarianceExploding, VariancePreserving

SPREAD, MEAN = 0.4, 0.7
VIEWS = [VarianceExploding, VariancePreserving]


@pytest.fixture(scope="module")
def white():
    network = Denoiser({"pixels": 8, "widths": (16, 16), "blocks": 1, "middle": 1, "code": 16,
                        "sigma_data": SPREAD})  # fmt: skip
    network.mean.fill_(MEAN)
    return NetworkPrior(Card(name="lensing/white", system="lensing"), network, torch.device("cpu"))


@pytest.mark.parametrize("kind", VIEWS)
def test_the_score_is_that_of_the_noisy_gaussian(white, kind):
    view = kind(white)
    x = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    for time in (0.2, 0.5, 0.8):
        a, s = view.alpha(time), view.spread(time)
        exact = (a * MEAN - x) / (a**2 * SPREAD**2 + s**2)
        torch.testing.assert_close(view.score(x, time), exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", VIEWS)
def test_ancestral_steps_end_in_the_law(white, kind):
    drawn = kind(white).sample(200, seed=2, steps=120)
    assert float(drawn.mean()) == pytest.approx(MEAN, abs=0.02)
    assert float(drawn.std()) == pytest.approx(SPREAD, rel=0.08)


def test_the_preserving_view_keeps_the_variance(white):
    view = VariancePreserving(white)
    images = MEAN + SPREAD * torch.randn(500, 64, generator=torch.Generator().manual_seed(0))
    for time in (0.0, 0.3, 0.7, 1.0):
        state = view.noisy(images, time, torch.Generator().manual_seed(1))
        assert float(state.std()) == pytest.approx(SPREAD, rel=0.02)
    assert view.alpha(1.0) < 0.01


def test_the_views_agree_about_the_image(white):
    """At equal signal to noise both expect the same image."""
    preserving, exploding = VariancePreserving(white), VarianceExploding(white, 0.01, 10.0)
    x = torch.randn(4, 64, generator=torch.Generator().manual_seed(0))
    a, s = preserving.alpha(0.4), preserving.spread(0.4)
    time = torch.log(torch.tensor(s / a / 0.01)) / torch.log(torch.tensor(10.0 / 0.01))
    torch.testing.assert_close(
        preserving.denoise(a * x, 0.4), exploding.denoise(x, float(time)), rtol=1e-4, atol=1e-5
    )
