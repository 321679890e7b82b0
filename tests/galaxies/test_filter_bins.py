"""A filter over bins of wavelength, against closed forms and speclite."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy import units as u
from speclite.filters import load_filter

from astroviz.galaxies.cosmology import distance_modulus, luminosity_distance
from astroviz.galaxies.filter_bins import FilterBins

EDGES = torch.tensor(np.geomspace(912, 40000, 6000))
MIDDLES = (EDGES[1:] * EDGES[:-1]).sqrt()
SUN = 3.828e33
MEGAPARSEC = 3.0856775814913673e24


def flux_at_earth(light: np.ndarray, redshift: float) -> np.ndarray:
    """Per A, from solar luminosities per A."""
    distance = float(luminosity_distance(torch.tensor(redshift, dtype=torch.float64)))
    return light * SUN / (4 * np.pi * (distance * MEGAPARSEC) ** 2 * (1 + redshift))


@pytest.mark.parametrize(
    ("band", "name"),
    [("sdss_r", "sdss2010-r"), ("lsst_y", "lsst2023-y"), ("twomass_h", "twomass-H")],
)
@pytest.mark.parametrize("redshift", [0.03, 0.47])
def test_magnitudes_against_speclite(band: str, name: str, redshift: float) -> None:
    light = 1e10 / 5000 * (MIDDLES / 5000) ** -1.3 * (1 + 0.3 * torch.sin(MIDDLES / 300))
    found = FilterBins(band, EDGES).magnitudes(
        light[None].float(), torch.tensor([redshift])
    )  # fmt: skip
    flux = flux_at_earth(light.numpy(), redshift) * u.erg / (u.s * u.cm**2 * u.AA)
    seen = MIDDLES.numpy() * (1 + redshift) * u.AA
    expected = load_filter(name).get_ab_magnitude(flux, seen)
    assert float(found[0]) == pytest.approx(expected, abs=1.5e-3)


def test_each_galaxy_at_its_own_redshift() -> None:
    """Light flat in frequency has the same magnitude in all filters, dimmed by its distance."""
    redshift = torch.tensor([0.02, 0.2, 0.7])
    light = (1e6 * (5000 / MIDDLES) ** 2).float().expand(3, -1)
    found = [FilterBins(band, EDGES).magnitudes(light, redshift) for band in ("sdss_g", "sdss_z")]
    torch.testing.assert_close(found[0], found[1], atol=3e-4, rtol=0)
    at_ten = -2.5 * np.log10(
        1e6 * SUN * 5000**2 / 2.99792458e18 / (4 * np.pi * (MEGAPARSEC * 1e-5) ** 2) / 3.631e-20
    )
    expected = at_ten + distance_modulus(redshift) - 2.5 * torch.log10(1 + redshift)
    torch.testing.assert_close(found[0], expected.float(), atol=3e-4, rtol=0)


def test_how_much_of_a_filter_lies_beyond_the_spectrum() -> None:
    short = torch.tensor(np.geomspace(912, 15600, 3000))
    assert FilterBins("twomass_h", EDGES).redward == 0
    assert 0.3 < FilterBins("twomass_h", short).redward < 0.9
