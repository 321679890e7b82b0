"""Whole spectra: resampling, the flux at Earth, and the sums behind them."""

from __future__ import annotations

import math

import torch

from astroviz.galaxies.cosmology import luminosity_distance
from astroviz.galaxies.direct_truth import broad_parameters
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.spectra import observed_flux, resample
from astroviz.galaxies.sps import synthesis


def test_resampling_is_linear_and_empty_outside() -> None:
    knots = torch.tensor([1.0, 2.0, 4.0])
    values = torch.tensor([[0.0, 10.0, 20.0], [1.0, 1.0, 3.0]])
    wanted = torch.tensor([[0.5, 1.5, 3.0], [1.0, 4.0, 4.1]])
    assert resample(knots, values, wanted).tolist() == [[0.0, 5.0, 15.0], [1.0, 3.0, 0.0]]


def test_the_flux_over_all_wavelengths_is_the_luminosity_over_the_sphere() -> None:
    wavelength = torch.linspace(4000, 9000, 2000)
    light = torch.exp(-(((wavelength - 6000) / 300) ** 2)).expand(2, -1)
    redshift = torch.tensor([0.1, 0.6])
    flux = observed_flux(wavelength, light, redshift)
    seen = wavelength * (1 + redshift[:, None])
    total = torch.trapezoid(flux.double(), seen.double())
    sphere = 4 * math.pi * (luminosity_distance(redshift.double()) * 3.0856775814913673e24) ** 2
    expected = 3.828e33 * torch.trapezoid(light.double(), wavelength.double()) / sphere
    torch.testing.assert_close(total, expected, rtol=1e-5, atol=0)


def test_a_spectrum_is_a_sum_of_populations() -> None:
    """All mass in one burst at a tabulated age and metallicity gives that population's light."""
    maker = synthesis()
    age, metal = maker.photometry.first_burst + 30, 4
    theta = broad_parameters(1, torch.Generator().manual_seed(0))
    for name, value in {"f_burst": 1.0, "t_burst": float(maker.tables.ages[age]), "log_z": 0.0,
                        "redshift": 0.1, "log_mass_formed": 9.0}.items():  # fmt: skip
        theta[0, PARAMETERS.index(name)] = value
    _, light = maker.spectrum(theta, observed=False, dust=False)
    expected = 1e9 * maker.tables.spectra[metal, age]
    torch.testing.assert_close(light[0], expected, rtol=2e-4, atol=0)


def test_gas_adds_lines_that_are_seen() -> None:
    theta = broad_parameters(3, torch.Generator().manual_seed(1))
    theta[:, PARAMETERS.index("f_burst")] = 0.0
    maker = synthesis()
    wavelength, bare = maker.spectrum(theta, observed=False, dust=False)
    _, gas = maker.spectrum(theta, observed=False, dust=False, lines=True)
    assert (gas >= bare).all()
    extra = (gas - bare) * maker.edges.diff().float()
    optical = (wavelength > 6000) & (wavelength < 7000)
    brightest = wavelength[optical][extra[:, optical].argmax(-1)]
    assert ((brightest - 6563).abs() < 8).all()
