"""Dust against a second writing and against what the papers say of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies import direct
from astroviz.galaxies.dust import DEEPEST, birth_depth, bump, calzetti, diffuse_depth

WAVELENGTH = torch.logspace(np.log10(912), np.log10(30000), 400, dtype=torch.float64)


@pytest.mark.parametrize(("tau", "slope"), [(0.3, 0.0), (1.2, -1.1), (2.5, 0.8)])
def test_depths_are_those_of_the_direct_way(tau: float, slope: float) -> None:
    found = diffuse_depth(WAVELENGTH, torch.tensor(tau), torch.tensor(slope))
    expected = direct._diffuse_depth(WAVELENGTH.numpy(), tau, slope)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_calzetti_is_the_published_curve() -> None:
    # Calzetti et al. 2000: R_V = 4.05, and k(1500 A) about 10.3
    at = torch.tensor([5500.0, 1500.0, 40000.0])
    assert calzetti(at).tolist() == pytest.approx([4.05, 10.33, 0.0], abs=0.02)


def test_the_bump_is_at_2175_and_350_wide() -> None:
    values = bump(WAVELENGTH)
    assert float(WAVELENGTH[values.argmax()]) == pytest.approx(2175, rel=0.01)
    assert float(bump(torch.tensor(2175.0))) == 1.0
    half = WAVELENGTH[values > 0.5]
    assert float(half[-1] - half[0]) == pytest.approx(350, abs=2 * 20)  # two steps of 20 A


def test_birth_clouds_fall_as_one_over_wavelength() -> None:
    assert float(birth_depth(torch.tensor(5500.0), torch.tensor(0.7))) == pytest.approx(0.7)
    assert float(birth_depth(torch.tensor(2750.0), torch.tensor(0.7))) == pytest.approx(1.4)


def test_depths_are_held_and_gradients_finite() -> None:
    tau = torch.tensor(3.0, requires_grad=True)
    slope = torch.tensor(-3.0, requires_grad=True)
    depth = diffuse_depth(WAVELENGTH.float(), tau, slope)
    assert float(depth.detach().max()) == DEEPEST
    assert float(depth.detach().min()) >= 0
    depth.sum().backward()
    assert torch.isfinite(tau.grad)
    assert torch.isfinite(slope.grad)
