"""The known densities against their definitions, and the figures that tell laws apart."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from scipy.stats import multivariate_normal

from astroviz.orientations import densities
from astroviz.orientations.densities import density, from_euler
from astroviz.orientations.densities_checks import (
    chi_square,
    discrepancy,
    mode_counts,
)
from astroviz.orientations.rotations import exp, random_rotations


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def euler(rotation: torch.Tensor) -> np.ndarray:
    """Yaw, pitch, roll as scipy reads them."""
    return Rotation.from_matrix(rotation.double().numpy()).as_euler("ZYX")


def test_euler_angles_are_those_of_scipy():
    roll, pitch, yaw = torch.rand(3, 50, generator=generator()) - 0.5
    found = euler(from_euler(roll, pitch, yaw))
    assert np.allclose(found, torch.stack([yaw, pitch, roll], 1).numpy(), atol=1e-5)


def test_the_checkerboard_fills_every_other_field():
    yaw, pitch, roll = euler(density("checkerboard").sample(4000, generator())).T
    assert np.abs(roll).max() < 1e-4
    first, second = pitch / (math.pi / 4), yaw / (math.pi / 2)
    assert np.abs(first).max() < math.pi / 2 + 1e-3
    inside = np.abs(second - np.round(second)) > 0.01
    inside &= np.abs(first - np.round(first)) > 0.01
    field = (np.floor(first) + np.floor(second)) % 2
    assert np.unique(field[inside]).tolist() == [0.0]
    assert abs(float((second < 0).mean()) - 0.5) < 0.05


def test_the_four_gaussians_have_equal_parts_and_fixed_roll():
    drawn = density("gauss4").sample(4000, generator())
    counts = mode_counts("gauss4", drawn)
    assert chi_square(counts)[0] < 5
    yaw, pitch, roll = euler(drawn).T
    folded = np.abs(np.sin(roll))  # roll 0 or pi
    assert folded.max() < 1e-3
    assert np.isfinite(yaw + pitch).all()


def test_the_stripes_go_around():
    drawn = density("stripes").sample(4000, generator())
    yaw, pitch, roll = euler(drawn).T
    assert np.abs(roll).max() < 1e-3
    nearest = np.abs(pitch[:, None] - np.array([-0.8, 0, 0.8])).min(1)
    assert nearest.std() < 0.1
    assert np.histogram(yaw, 8, (-math.pi, math.pi))[0].min() > 350
    assert chi_square(mode_counts("stripes", drawn))[0] < 6


@pytest.mark.parametrize("name", ["checkerboard", "gauss4", "stripes"])
def test_a_density_on_a_surface_has_no_likelihood(name):
    with pytest.raises(ValueError, match="has no density"):
        density(name).log_prob(torch.eye(3)[None])


def test_a_wrapped_mixture_is_normalised_and_near_its_normals():
    law = density("mixture16")
    # uniform rotations see the mean density one; many are needed for narrow modes
    value = law.log_prob(random_rotations(100_000, generator())).exp()
    assert float(value.mean()) == pytest.approx(1.0, abs=6 * float(value.std()) / 316)
    assert law.law is not None
    single = densities.WrappedMixture(torch.eye(3)[None], torch.tensor([0.07]))
    vector = torch.tensor([[0.05, -0.02, 0.01]])
    expected = multivariate_normal(np.zeros(3), 0.07**2).logpdf(vector.numpy())
    found = float(single.log_prob(exp(vector), "8pi2"))
    assert found == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(("components", "published"), [(16, 0.925), (32, 0.234), (64, -0.443)])
def test_the_mixtures_are_as_hard_as_the_published_ones(components, published):
    found = []
    for seed in range(5):
        law = density(f"mixture{components}", seed)
        found.append(float(law.log_prob(law.sample(4000, generator()), "8pi2").mean()))
    assert np.mean(found) == pytest.approx(published, abs=0.06)
    assert float(law.law.sigmas.mean()) == pytest.approx(0.071, abs=0.002)


def test_the_discrepancy_knows_equal_from_different():
    first, second = (density("stripes").sample(800, generator(k)) for k in (1, 2))
    value, error = discrepancy(first, second)
    assert abs(value) < 5 * error
    turned = second @ exp(torch.tensor([0.3, 0.0, 0.0]))
    value, error = discrepancy(first, turned)
    assert value > 5 * error


def test_wrong_names():
    for name in ("spiral", "mixture", "mixture0", "mixture-3"):
        with pytest.raises(ValueError, match=f"no density '{name}'"):
            density(name)
    with pytest.raises(ValueError, match="no modes to count"):
        mode_counts("checkerboard", torch.eye(3)[None])
