"""The isotropic Gaussian on SO(3) against its series, its identities and its own samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import simpson
from scipy.stats import kstest

from astroviz.orientations import igso3
from astroviz.orientations.rotations import exp, random_rotations

SCALES = [1e-3, 0.01, 0.1, 0.5, 1.0, 2.0, 3.0, 3.99]


def grid(sigma: float, points: int = 20_001) -> torch.Tensor:
    return torch.linspace(0, min(math.pi, 14 * sigma), points, dtype=torch.float64)


def law_of_angle(angle: torch.Tensor, sigma: float) -> torch.Tensor:
    return igso3.log_density(angle, sigma).exp() * (1 - angle.cos()) / math.pi


@pytest.mark.parametrize("sigma", SCALES)
def test_the_density_is_normalised(sigma):
    angle = grid(sigma)
    assert abs(simpson(law_of_angle(angle, sigma).numpy(), x=angle.numpy()) - 1) < 1e-10


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.0, 1.5, 2.0, 2.8, 3.5])
def test_the_density_is_the_heat_kernel(sigma):
    angle = torch.linspace(0.01, 3.14, 200, dtype=torch.float64)
    degree = np.arange(200)
    wave = np.sin((degree + 0.5) * angle.numpy()[:, None])
    wave /= np.sin(angle.numpy()[:, None] / 2)
    series = ((2 * degree + 1) * np.exp(-degree * (degree + 1) * sigma**2 / 2) * wave).sum(1)
    ours = igso3.log_density(angle, sigma).exp().numpy()
    kept = series > 1e-7  # the series loses its digits to cancellation below
    assert np.abs(ours / series - 1)[kept].max() < 1e-6


def test_two_diffusions_are_one():
    # <l-th character> multiplies under convolution: that of the sum of variances
    for first, second in [(0.2, 0.5), (0.9, 1.3)]:
        both = math.hypot(first, second)
        found = []
        for sigma in (first, second, both):
            angle = grid(sigma)
            character = 1 + 2 * angle.cos() + 2 * (2 * angle).cos()  # l = 2
            value = (law_of_angle(angle, sigma) * character).numpy()
            found.append(simpson(value, x=angle.numpy()) / 5)
        assert found[0] * found[1] == pytest.approx(found[2], rel=1e-9)


@pytest.mark.parametrize("sigma", [0.05, 0.5, 2.0, 5.0])
def test_moments_of_samples(sigma):
    generator = torch.Generator().manual_seed(5)
    drawn = igso3.sample(torch.eye(3).expand(100_000, 3, 3), sigma, generator)
    trace = drawn.diagonal(dim1=1, dim2=2).sum(1)
    expected = 3 * math.exp(-(sigma**2))
    assert abs(float(trace.mean()) - expected) < 5 * float(trace.std()) / 316
    legendre = 1.5 * drawn[:, 0, 0].square() - 0.5
    expected = math.exp(-3 * sigma**2)
    assert abs(float(legendre.mean()) - expected) < 5 * float(legendre.std()) / 316 + 1e-6


@pytest.mark.parametrize("sigma", [0.003, 0.05, 0.37, 1.1, 3.0])
def test_angles_of_samples_follow_the_law(sigma):
    angle = grid(sigma)
    mass = np.concatenate([[0], np.cumsum(law_of_angle(angle, sigma).numpy()[1:])])
    generator = torch.Generator().manual_seed(1)
    drawn = igso3.sample_angle(torch.full((20_000,), sigma), generator).numpy()
    assert kstest(drawn, lambda x: np.interp(x, angle.numpy(), mass / mass[-1])).pvalue > 1e-4


def test_the_table_agrees_with_rejection():
    generator = torch.Generator().manual_seed(2)
    mean = random_rotations(1, generator).expand(30_000, 3, 3)
    by_table = igso3.sample(mean, 0.4, generator)
    by_rejection = igso3.sample_rejection(mean, 0.4, generator)
    spread = igso3.log_prob(by_table, mean, 0.4).std() / math.sqrt(15_000)
    first = igso3.log_prob(by_table, mean, 0.4).mean()
    second = igso3.log_prob(by_rejection, mean, 0.4).mean()
    assert abs(float(first - second)) < 5 * float(spread)
    with pytest.raises(ValueError, match="rejection works up to"):
        igso3.sample_rejection(mean, 0.7)


@pytest.mark.parametrize("sigma", [0.02, 0.3, 1.0, 2.5])
def test_the_score_is_the_gradient_along_the_body_axes(sigma):
    generator = torch.Generator().manual_seed(4)
    mean = random_rotations(200, generator).double()
    rotation = igso3.sample(mean.float(), sigma, generator).double()
    rotation = torch.linalg.svd(rotation)[0] @ torch.linalg.svd(rotation)[2]

    def along(step: torch.Tensor) -> torch.Tensor:
        return igso3.log_prob(rotation @ exp(step), mean, sigma)

    step = torch.zeros(200, 3, dtype=torch.float64, requires_grad=True)
    (oracle,) = torch.autograd.grad(along(step).sum(), step)
    found = igso3.score(rotation, mean, sigma)
    assert torch.allclose(found, oracle, rtol=1e-6, atol=1e-6)
    width = 1e-5
    for axis in range(3):
        shift = torch.zeros(200, 3, dtype=torch.float64)
        shift[:, axis] = width
        slope = (along(shift) - along(-shift)) / (2 * width)
        assert torch.allclose(found[:, axis], slope, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("sigma", [0.05, 0.5, 3.0])
def test_the_score_is_finite_at_both_ends(sigma):
    eye = torch.eye(3)
    for angle in (0.0, 1e-7, math.pi - 1e-7, math.pi):
        turned = exp(torch.tensor([0.0, angle, 0.0]))
        found = igso3.score(turned, eye, sigma)
        assert torch.isfinite(found).all()
        assert torch.isfinite(igso3.log_prob(turned, eye, sigma))
    half_turn = torch.diag(torch.tensor([-1.0, 1.0, -1.0]))
    assert igso3.score(half_turn, eye, sigma).abs().max() == 0
    # the small-scale limit is that of a flat Gaussian
    turned = exp(torch.tensor([0.0, 0.01, 0.0], dtype=torch.float64))
    found = igso3.score(turned, eye.double(), 0.05)
    assert float(found[1]) == pytest.approx(-0.01 / 0.05**2, rel=1e-3)


def test_single_precision_is_enough():
    for sigma in (0.01, 0.1, 1.0, 3.0):
        angle = grid(sigma, 1000) * 0.999
        exact, single = igso3.log_density(angle, sigma), igso3.log_density(angle.float(), sigma)
        assert float(((single - exact) / (1 + exact.abs())).abs().max()) < 1e-5
        exact, single = igso3.score_ratio(angle, sigma), igso3.score_ratio(angle.float(), sigma)
        assert float(((single - exact) * sigma).abs().max()) < 1e-3


def test_measures_and_scales():
    angle = torch.tensor([0.3])
    haar = float(igso3.log_density(angle, 0.4))
    assert float(igso3.log_density(angle, 0.4, "8pi2")) == pytest.approx(haar - 4.3689, abs=1e-4)
    assert float(igso3.log_density(angle, 0.4, "pi2")) == pytest.approx(haar - 2.2895, abs=1e-4)
    assert float(igso3.log_density(angle, 4.5)) == 0.0
    assert igso3.sigma_of_epsilon(0.5) == pytest.approx(0.5 * math.sqrt(2))
    with pytest.raises(ValueError, match="no measure 'lebesgue'"):
        igso3.log_density(angle, 0.4, "lebesgue")
    with pytest.raises(ValueError, match="above 0"):
        igso3.log_density(angle, 0.0)
