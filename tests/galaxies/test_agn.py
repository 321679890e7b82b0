"""The active nucleus: slopes, dust, reddening, bad input."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.constants import c, h, k

from astroviz.galaxies.agn import ActiveNucleus, continuum
from astroviz.galaxies.parameters import GalaxyError


def test_slopes_of_the_disc_and_its_level() -> None:
    wavelength = torch.tensor([1500.0, 3000.0, 4500.0, 5100.0], dtype=torch.float64)
    light = continuum(wavelength)
    # flux per frequency goes as frequency to -0.349 in the blue, to 0.593 in the red
    per_frequency = light * wavelength**2
    slope = torch.log(per_frequency[1] / per_frequency[0]) / math.log(0.5)
    assert float(slope) == pytest.approx(-0.349, abs=1e-3)
    slope = torch.log(per_frequency[3] / per_frequency[2]) / math.log(4500 / 5100)
    assert float(slope) == pytest.approx(0.593, abs=1e-2)
    assert float(5100 * light[3]) == pytest.approx(1, abs=1e-3)


def test_hot_dust_is_a_black_body() -> None:
    """What hides behind all reddening is dust alone: its ratios are Planck's."""
    wavelength = torch.tensor([1.5e4, 2.0e4, 2.9e4], dtype=torch.float64)
    dust = continuum(wavelength, 1e3)

    def planck(angstrom: float) -> float:
        return angstrom**-5 / math.expm1(h * c / (angstrom * 1e-10 * k * 1240.0))

    for i in (0, 2):
        expected = planck(float(wavelength[i])) / planck(2e4)
        assert float(dust[i] / dust[1]) == pytest.approx(expected, rel=1e-4)
    bare = continuum(wavelength[1:2]) - dust[1]
    assert float(dust[1] / bare) == pytest.approx(3.96, rel=1e-6)


def test_reddening_dims_as_the_small_cloud() -> None:
    wavelength = torch.tensor([2000.0, 4000.0], dtype=torch.float64)
    dust = continuum(wavelength, 1e4)
    dimmed = (continuum(wavelength, 0.2) - dust) / (continuum(wavelength) - dust)
    expected = [10 ** (-0.4 * 1.39 * 0.2 * (x / 1e4) ** -1.2) for x in (2000.0, 4000.0)]
    torch.testing.assert_close(dimmed, torch.tensor(expected, dtype=torch.float64))


def test_one_nucleus_for_each_galaxy_and_its_gradient() -> None:
    level = torch.tensor([9.0, 10.0], requires_grad=True)
    light = ActiveNucleus(level, torch.tensor([0.0, 0.1])).luminosity(
        torch.tensor([2e3, 5e3, 1e4])
    )
    assert light.shape == (2, 3)
    light.log().sum().backward()
    torch.testing.assert_close(level.grad, torch.full((2,), 3 * math.log(10)))


def test_negative_reddening_is_refused() -> None:
    with pytest.raises(GalaxyError, match=r"-0\.3 mag"):
        ActiveNucleus(10.0, torch.tensor([0.1, -0.3]))
