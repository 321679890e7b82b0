"""Deflection of maps against a disc, a lens with a formula, and its own divergence."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from astroviz.lensing.convergence_map import convergence_map, map_deflection
from astroviz.lensing.lens import LensError, check_lens, convergence, deflection
from astroviz.lensing.operator import LensOperator, Setup

X, Y = (torch.tensor(v, dtype=torch.float64) for v in ([0.3, -1.1, 1.7, -0.3],
                                                       [0.5, 0.2, -1.3, -0.5]))  # fmt: skip


@pytest.mark.parametrize("pixels", [127, 128, 129])
def test_a_disc_deflects_like_its_mass(pixels):
    axis = (np.arange(pixels) - (pixels - 1) / 2) * 0.05
    disc = 0.8 * (np.hypot(axis[:, None], axis[None, :]) < 1.0)
    disc *= 0.8 * math.pi / (disc.sum() * 0.05**2)  # the edge is made of squares
    ax, ay = convergence_map(disc, 0.05)(X, Y)
    square = X**2 + Y**2
    strength = torch.where(square < 1.0, 0.8, 0.8 / square)
    assert (ax - strength * X).abs().max() < 0.008
    assert (ay - strength * Y).abs().max() < 0.008
    far = torch.tensor([20.0, -3.0, 40.0], dtype=torch.float64)
    ax, ay = convergence_map(disc, 0.05)(far, 0.5 * far)
    assert torch.allclose(ax, 0.8 * far / (1.25 * far**2), rtol=2e-3)


def test_one_pixel_is_a_point_from_afar_and_uniform_inside():
    single = torch.zeros(31, 31, dtype=torch.float64)
    single[15, 15] = 1.0
    ax, ay = map_deflection(single, 1.0)
    assert float(ax[15, 27]) == pytest.approx(1 / (math.pi * 12), rel=1e-4)
    assert float(ay[27, 15]) == pytest.approx(1 / (math.pi * 12), rel=1e-4)
    assert abs(float(ax[15, 15])) < 1e-12
    assert torch.allclose(ax, ay.T)


def test_a_lens_given_as_a_map_is_the_lens():
    lens = check_lens({"einstein_radius": 0.8, "axis_ratio": 0.8, "position_angle": 0.4}).double()
    count, step = 200, 0.04
    fine = (torch.arange(4 * count, dtype=torch.float64) - (4 * count - 1) / 2) * step / 4
    kappa = convergence(fine[None, :], fine[:, None], lens).reshape(count, 4, count, 4)
    # mass beyond the map is missing, which matters little near the middle
    alpha = convergence_map(kappa.mean((1, 3)), step)(X[:2], Y[:2])
    expected = deflection(X[:2], Y[:2], lens)
    for own, other in zip(alpha, expected, strict=True):
        assert (own - other).abs().max() < 0.02


def test_its_divergence_is_the_map():
    axis = (torch.arange(64, dtype=torch.float64) - 31.5) * 0.1
    kappa = torch.exp(-0.5 * (axis[:, None] ** 2 + (axis[None, :] - 0.4) ** 2) / 0.6**2)
    ax, ay = map_deflection(kappa, 0.1)
    divergence = (ax[1:-1, 2:] - ax[1:-1, :-2] + ay[2:, 1:-1] - ay[:-2, 1:-1]) / 0.2
    assert (0.5 * divergence - kappa[1:-1, 1:-1]).abs().max() < 0.02
    wide = map_deflection(kappa, 0.1, margin=5)
    assert torch.allclose(wide[:, 5:-5, 5:-5], torch.stack([ax, ay]), atol=1e-10)


def test_the_image_is_differentiable_by_the_map():
    given = Setup(12, 0.3, 8, 0.25)
    lens, source = check_lens([1.0]).double(), torch.rand(8, 8, dtype=torch.float64)
    kappa = torch.full((12, 12), 0.05, dtype=torch.float64, requires_grad=True)
    extra = map_deflection(kappa, 0.3)
    image = LensOperator(given).trace_extra(extra)(lens, source)
    (pull,) = torch.autograd.grad(image.square().sum(), kappa)
    assert torch.isfinite(pull).all()
    assert pull.abs().max() > 0


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (lambda: convergence_map(np.zeros((3, 4)), 0.1), "square"),
        (lambda: convergence_map(np.full((4, 4), np.nan), 0.1), "not finite"),
        (lambda: map_deflection(torch.zeros(4, 4), 0.0), "0 arcsec per pixel"),
    ],
)
def test_what_cannot_be_is_told_so(bad, word):
    with pytest.raises(LensError, match=word):
        bad()
