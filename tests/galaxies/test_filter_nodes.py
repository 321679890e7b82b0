"""Nodes inside filters: exact sums without dust, close ones with it, at any redshift."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies import filters
from astroviz.galaxies.dust import diffuse_depth
from astroviz.galaxies.filter_nodes import FilterNodes
from astroviz.galaxies.filters import add_filter, load_curve
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.ssp import EDGES

LSUN, TEN_PC, LIGHT, AB = 3.828e33, 3.0856775814913673e19, 2.99792458e18, 3.631e-20


def maggies(band: str, luminosity: np.ndarray, redshift: float, dim: np.ndarray) -> float:
    """By brute force: the light of each bin is constant, the filter on 400,000 points."""
    wavelength, response = load_curve(band)
    fine = np.linspace(wavelength[0], wavelength[-1], 400_001)
    curve = np.interp(fine, wavelength, response)
    rest = fine / (1 + redshift)
    which = np.clip(np.searchsorted(EDGES, rest) - 1, 0, len(luminosity) - 1)
    inside = (rest > EDGES[0]) & (rest < EDGES[-1])
    light = luminosity[which] * inside * np.interp(rest, *dim)
    light = light * LSUN / (4 * np.pi * TEN_PC**2) / (1 + redshift)
    zero = np.trapezoid(AB * LIGHT / fine * curve, fine)
    return float(np.trapezoid(light * curve * fine, fine) / zero)


@pytest.fixture(scope="module")
def rough() -> np.ndarray:
    """A spectrum that jumps from bin to bin."""
    middle = np.sqrt(EDGES[1:] * EDGES[:-1])
    return np.random.default_rng(0).uniform(0.3, 1.7, len(middle)) * (middle / 5000) ** -0.5


@pytest.mark.parametrize("band", ["sdss_u", "sdss_r", "lsst_y", "twomass_ks", "galex_nuv"])
@pytest.mark.parametrize("redshift", [0.0, 0.13, 0.7])
def test_without_dust_the_sum_is_exact(band: str, redshift: float, rough: np.ndarray) -> None:
    bins, weights = FilterNodes(band, EDGES).weights(redshift)
    found = float((weights @ rough[bins]).sum())
    none = np.array([[1.0, 1e6], [1.0, 1.0]])
    assert found == pytest.approx(maggies(band, rough, redshift, none), rel=3e-4)


@pytest.mark.parametrize("band", ["sdss_u", "sdss_g", "hsc_i", "euclid_vis", "galex_nuv"])
@pytest.mark.parametrize(("tau", "slope"), [(0.4, 0.2), (1.5, -1.2)])
def test_with_dust_it_is_good_to_half_a_per_cent(
    band: str, tau: float, slope: float, rough: np.ndarray
) -> None:
    redshift = 0.4  # where the bump is inside u
    nodes = FilterNodes(band, EDGES)
    bins, weights = nodes.weights(redshift)

    def through(rest: np.ndarray) -> np.ndarray:
        depth = diffuse_depth(torch.from_numpy(rest), torch.tensor(tau), torch.tensor(slope))
        return torch.exp(-depth).numpy()

    found = float(through(nodes.nodes / (1 + redshift)) @ (weights @ rough[bins]))
    grid = np.linspace(900, 60000, 300_000)
    expected = maggies(band, rough, redshift, np.stack([grid, through(grid)]))
    assert found == pytest.approx(expected, rel=5e-3)


def test_a_red_leak_has_nodes_of_its_own() -> None:
    """The u band of SDSS leaks at 7700 A."""
    nodes = FilterNodes("sdss_u", EDGES).nodes
    assert ((nodes > 7600) & (nodes < 7950)).sum() >= 2
    assert (nodes < 4200).sum() >= 8


def test_a_filter_beyond_the_spectra_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GalaxyError, match=r"wise_w3 sees beyond 5\.5 micron"):
        FilterNodes("wise_w3", EDGES)
    monkeypatch.setattr(filters, "_OWN", {})
    add_filter("edge", [50000, 54000, 54500], [0, 1, 0])
    assert len(FilterNodes("edge", EDGES).nodes) >= 3
