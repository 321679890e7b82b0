"""Asinh magnitudes against their definition, and both ways."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies.magnitude_scales import (
    SDSS_SOFTENING,
    asinh_error,
    asinh_magnitude,
    flux_of_asinh,
    flux_of_magnitude,
    magnitude,
)


def test_zero_flux_has_the_magnitudes_that_sdss_lists():
    # Stoughton et al. (2002), table 21: magnitude at zero flux
    listed = {"sdss_u": 24.63, "sdss_g": 25.11, "sdss_r": 24.80, "sdss_i": 24.36, "sdss_z": 22.83}
    for band, wanted in listed.items():
        assert float(asinh_magnitude(np.array(0.0), SDSS_SOFTENING[band])) == pytest.approx(
            wanted, abs=0.01
        )


def test_bright_magnitudes_are_the_usual_ones():
    flux = 10.0 ** np.linspace(-9, -5, 9)
    assert asinh_magnitude(flux, 1e-11) == pytest.approx(-2.5 * np.log10(flux), abs=1e-3)
    assert magnitude(flux) == pytest.approx(-2.5 * np.log10(flux))
    assert np.isnan(magnitude(np.array([-1e-9]))).all()


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_negative_fluxes_come_back(kind):
    flux = np.array([-5e-10, 0.0, 3e-11, 2e-8])
    if kind == "torch":
        tensor = torch.tensor(flux, dtype=torch.float64)
        back = flux_of_asinh(asinh_magnitude(tensor, 1e-10), 1e-10).numpy()
    else:
        back = flux_of_asinh(asinh_magnitude(flux, 1e-10), 1e-10)
    assert back == pytest.approx(flux, abs=1e-18)
    assert flux_of_magnitude(np.array(20.0)) == pytest.approx(1e-8)


def test_the_error_is_the_derivative():
    flux, step, b = np.array([-2e-10, 1e-11, 4e-9]), 1e-14, 1e-10
    slope = (asinh_magnitude(flux + step, b) - asinh_magnitude(flux - step, b)) / (2 * step)
    assert asinh_error(flux, np.full(3, 1e-10), b) == pytest.approx(-slope * 1e-10, rel=1e-5)


def test_single_precision_holds_at_faint_fluxes():
    flux = torch.tensor([1e-12, 1e-10, 1e-7])
    found = asinh_error(flux, torch.full((3,), 1e-10), 1e-10)
    wanted = asinh_error(flux.double(), torch.full((3,), 1e-10, dtype=torch.float64), 1e-10)
    assert torch.allclose(found.double(), wanted, rtol=1e-5)
