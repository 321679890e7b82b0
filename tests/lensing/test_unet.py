"""The denoiser: its scalings, its gradient, its shapes."""

from __future__ import annotations

import pytest
import torch

from astroviz.lensing.unet import Denoiser, UNet

SMALL = {"pixels": 8, "widths": (16, 24), "blocks": 1, "middle": 1, "code": 16}


def denoiser(**more):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Denoiser({**SMALL, "sigma_data": 0.5, **more})


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_an_untaught_denoiser_is_that_of_white_noise():
    """Its last layer is zero, so that it is the exact answer for a white Gaussian law."""
    network = denoiser()
    network.mean.fill_(0.3)
    x, sigma = noise(5, 8, 8), torch.tensor([0.01, 0.1, 0.5, 3.0, 40.0])
    wiener = 0.3 + (x - 0.3) * (0.25 / (0.25 + sigma**2))[:, None, None]
    torch.testing.assert_close(network(x, sigma), wiener)


def test_the_loss_counts_every_noise_level_alike():
    """For a white law with its rms the weighted loss of that answer is one at any noise."""
    network = denoiser()
    images = 0.5 * noise(4000, 8, 8)
    for level in (0.02, 0.5, 20.0):
        sigma = torch.full((4000,), level)
        loss = network.loss(images, sigma, noise(4000, 8, 8, seed=1))
        assert float(loss.detach()) == pytest.approx(1.0, abs=0.02)


def test_the_gradient_is_that_of_finite_differences():
    network = denoiser().double()
    for parameter in network.parameters():  # wake the layers that begin at zero
        parameter.data.add_(0.05 * noise(*parameter.shape).double())
    x = noise(2, 8, 8).double().requires_grad_()
    sigma = torch.tensor([0.3, 2.0]).double()
    assert torch.autograd.gradcheck(lambda y: network(y, sigma), (x,), eps=1e-5, atol=1e-4)


def test_an_image_s_answer_does_not_hang_on_its_neighbours():
    network = denoiser()
    for parameter in network.parameters():
        parameter.data.add_(0.05 * noise(*parameter.shape))
    x, sigma = noise(6, 8, 8), torch.rand(6, generator=torch.Generator().manual_seed(1)) + 0.1
    together = network(x, sigma)
    torch.testing.assert_close(network(x[2:3], sigma[2:3]), together[2:3], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("patch", [1, 2])
def test_images_of_any_fitting_size_go_through(patch):
    network = UNet(16, (16, 16), 1, 1, patch, 16)
    assert network(noise(3, 1, 16, 16), torch.zeros(3)).shape == (3, 1, 16, 16)


def test_a_side_that_cannot_be_halved_is_refused():
    with pytest.raises(ValueError, match="30 pixels is no multiple of 4"):
        UNet(30)
