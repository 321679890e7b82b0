"""Sources with a formula: half of the light within the half-light radius, axes, arms."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.special import gammaincinv

from astroviz.lensing.sersic import SersicSource, SpiralSource, moments, sersic, sersic_bend


@pytest.mark.parametrize("index", [0.6, 1.0, 2.5, 4.0, 8.0])
def test_the_bend_is_the_median_of_the_light(index):
    found = float(sersic_bend(torch.tensor(index, dtype=torch.float64)))
    assert found == pytest.approx(gammaincinv(2 * index, 0.5), rel=3e-4 if index < 2 else 1e-6)


def test_half_of_the_light_lies_within_the_half_light_radius():
    axis = (torch.arange(1200, dtype=torch.float64) - 599.5) * 0.02
    n, radius = (torch.tensor(value, dtype=torch.float64) for value in (1.0, 0.8))
    light = sersic(axis[None, :], axis[:, None], radius, n, 0.2, 0.1)
    inside = light >= 1.0  # the isophote of the half-light radius is an ellipse of area pi R^2
    assert float(inside.sum()) * 0.02**2 == pytest.approx(math.pi * 0.64, rel=0.01)
    assert float((light * inside).sum() / light.sum()) == pytest.approx(0.5, abs=0.005)


def test_it_lies_along_its_angle():
    one = torch.tensor(1.0, dtype=torch.float64)
    e = 0.25
    along = sersic(one, 0 * one, one, one, e, 0.0)
    across = sersic(0 * one, one, one, one, e, 0.0)
    assert along > across
    q = (1 - e) / (1 + e)
    reach = torch.tensor(math.sqrt(q), dtype=torch.float64)
    assert float(sersic(one / reach, 0 * one, one, one, e, 0.0)) == pytest.approx(1.0, abs=1e-5)
    assert float(sersic(0 * one, reach, one, one, e, 0.0)) == pytest.approx(1.0, abs=1e-5)


def test_moments_of_a_picture():
    axis = (torch.arange(64, dtype=torch.float64) - 31.5) * 0.05
    picture = torch.exp(-0.5 * ((axis[None, :] - 0.3) ** 2 + (axis[:, None] + 0.2) ** 2) / 0.16)
    x, y, size = moments(picture, 0.05)
    assert x == pytest.approx(0.3, abs=1e-3)
    assert y == pytest.approx(-0.2, abs=1e-3)
    assert size == pytest.approx(0.4, rel=0.1)
    with pytest.raises(ValueError, match="no light"):
        moments(torch.zeros(4, 4), 0.1)


def test_arms_turn_with_the_radius():
    source = SpiralSource(0.0, 0.0, 0.5, winding=3.0)
    parameters = source.start()
    radius = torch.tensor([0.4, 0.8], dtype=torch.float64)
    turn = 0.5 * 3.0 * torch.log(radius / 0.5)  # a crest of the cosine follows the logarithm
    images = source.images(radius * torch.cos(turn), radius * torch.sin(turn), parameters)
    assert images.shape == (4, 2)
    assert (images[2] / images[1]).abs().max() < 0.01
    assert (images[1] > 0).all()
    half = source.images(-radius * torch.cos(turn), -radius * torch.sin(turn), parameters)
    assert torch.allclose(images[:3], half[:3])  # two arms


def test_as_many_parameters_as_names():
    for source in (SersicSource(0.1, 0.2, 0.3), SpiralSource(0.1, 0.2, 0.3)):
        assert len(source.start()) == len(source.width()) == len(source.names)
