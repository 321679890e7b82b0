"""Symmetry groups against scipy, and mixtures against their definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from scipy.special import eval_legendre

from astroviz.orientations import igso3
from astroviz.orientations.groups import SymmetricMixture, group
from astroviz.orientations.rotations import exp, random_rotations

CORNERS = {
    "T": [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)],
    "O": [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)],
}


@pytest.mark.parametrize("name", ["D2", "T", "O", "I"])
def test_groups_are_those_of_scipy(name):
    ours = group(name).numpy().astype(float)
    theirs = Rotation.create_group(name)
    assert len(ours) == len(theirs)
    angles = np.sort(Rotation.from_matrix(ours).magnitude())
    assert np.allclose(angles, np.sort(theirs.magnitude()), atol=1e-5)
    products = (ours[:, None] @ ours[None]).reshape(-1, 1, 9)
    away = np.abs(products - ours.reshape(1, -1, 9)).max(2).min(1)
    assert away.max() < 1e-5


@pytest.mark.parametrize("name", ["T", "O", "I"])
def test_solids_lie_as_said(name):
    golden = (1 + math.sqrt(5)) / 2
    corners = CORNERS.get(name) or [
        np.roll((0, a, b * golden), turn) for a in (1, -1) for b in (1, -1) for turn in range(3)
    ]
    corners = np.array(corners, dtype=float)
    turned = corners @ group(name).numpy().transpose(0, 2, 1)
    away = np.linalg.norm(turned[:, :, None] - corners[None, None], axis=-1).min(-1)
    assert away.max() < 1e-5


def law(name: str = "T", components: int = 3) -> SymmetricMixture:
    generator = torch.Generator().manual_seed(8)
    means = random_rotations(components, generator).double()
    return SymmetricMixture(
        means, torch.tensor([0.2, 0.3, 0.5]).double()[:components],
        torch.tensor([1.0, 2.0, 1.0]).double()[:components], name,
    )  # fmt: skip


def test_the_density_is_the_sum_of_its_kernels_and_symmetric():
    mixture = law()
    rotation = random_rotations(50, torch.Generator().manual_seed(1)).double()
    total = torch.zeros(50, dtype=torch.float64)
    for mean, sigma, weight in zip(mixture.means, mixture.sigmas, [0.25, 0.5, 0.25], strict=True):
        for element in group("T").double():
            total += weight / 12 * igso3.log_prob(rotation, mean @ element, sigma).exp()
    assert torch.allclose(mixture.log_prob(rotation), total.log(), atol=1e-5)
    turned = rotation @ group("T").double()[7]
    assert torch.allclose(mixture.log_prob(turned), mixture.log_prob(rotation), atol=1e-5)


def test_the_score_is_the_gradient_after_diffusion_too():
    mixture = law()
    rotation = random_rotations(50, torch.Generator().manual_seed(1)).double()
    sigma = torch.linspace(0.05, 1.0, 50, dtype=torch.float64)
    step = torch.zeros(50, 3, dtype=torch.float64, requires_grad=True)
    (oracle,) = torch.autograd.grad(mixture.log_prob(rotation @ exp(step), sigma).sum(), step)
    assert torch.allclose(mixture.score(rotation, sigma), oracle, rtol=1e-5, atol=1e-5)


def test_samples_have_the_entropy_of_the_law():
    generator = torch.Generator().manual_seed(0)
    degrees = math.radians(5)
    for name, elements in (("T", 12), ("O", 24), ("I", 60)):
        mixture = SymmetricMixture(
            random_rotations(1, generator), torch.tensor([degrees]), torch.ones(1), name
        )
        value = mixture.log_prob(mixture.sample(4000, generator))
        expected = (
            math.log(8 * math.pi**2) - 1.5 * math.log(2 * math.pi * math.e)
            - 3 * math.log(degrees) - math.log(elements)
        )  # fmt: skip
        assert float(value.mean()) == pytest.approx(expected, abs=0.1)


def test_one_law_for_each_galaxy():
    generator = torch.Generator().manual_seed(0)
    means = random_rotations(10, generator).reshape(5, 2, 3, 3)
    many = SymmetricMixture(means, torch.rand(5, 2) + 0.1, torch.rand(5, 2), "D2")
    drawn = many.sample(7, generator)
    assert drawn.shape == (7, 5, 3, 3)
    value = many.log_prob(drawn)
    for k in range(5):
        alone = SymmetricMixture(many.means[k], many.sigmas[k], many.weights[k], "D2")
        assert torch.allclose(alone.log_prob(drawn[:, k]), value[:, k], atol=1e-5)


def test_a_cone_is_a_law_of_its_axis():
    sigma, name = 0.2, "cone"
    mixture = SymmetricMixture(
        torch.eye(3).double()[None], torch.tensor([sigma]).double(), torch.ones(1).double(), name
    )
    rotation = random_rotations(200, torch.Generator().manual_seed(2)).double()
    degree = np.arange(60)
    kernel = (2 * degree + 1) * np.exp(-degree * (degree + 1) * sigma**2 / 2)
    series = (kernel * eval_legendre(degree, rotation[:, 2, 2].numpy()[:, None])).sum(1)
    found = mixture.log_prob(rotation).exp().numpy()
    assert np.abs(found - series).max() < 1e-4 * series.max()


def test_wrong_settings_are_refused():
    with pytest.raises(ValueError, match="no group 'D3'"):
        group("D3")
    with pytest.raises(ValueError, match="sigmas has 2 components, means has 1"):
        SymmetricMixture(torch.eye(3)[None], torch.ones(2), torch.ones(1))
    with pytest.raises(ValueError, match="means must have the shape"):
        SymmetricMixture(torch.eye(3), torch.ones(2), torch.ones(2))
