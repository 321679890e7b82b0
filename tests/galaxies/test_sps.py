"""Magnitudes, spectra, masses and rates from tables, against direct integration and on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from astropy.cosmology import FlatLambdaCDM

from astroviz.galaxies import filters, sps
from astroviz.galaxies.agn import ActiveNucleus
from astroviz.galaxies.cosmology import age_of_universe
from astroviz.galaxies.direct_truth import BANDS, GROUPS, broad_parameters, read_truth
from astroviz.galaxies.filter_bins import FilterBins
from astroviz.galaxies.parameters import BOUNDS, DERIVED, PARAMETERS
from astroviz.galaxies.sps import BURST_WIDTH, synthesis

SDSS = BANDS[:5]
COLUMN = {name: i for i, name in enumerate(PARAMETERS)}


def some(number: int, seed: int = 0, **fixed: float) -> torch.Tensor:
    theta = broad_parameters(number, torch.Generator().manual_seed(seed))
    for name, value in fixed.items():
        theta[:, COLUMN[name]] = value
    return theta


@pytest.mark.parametrize(
    ("group", "p68", "p95"),
    [("griz", 0.0015, 0.006), ("u", 0.004, 0.015), ("lsst", 0.0015, 0.006),
     ("2mass", 0.0015, 0.006), ("galex", 0.004, 0.015)],
)  # fmt: skip
def test_magnitudes_are_those_of_direct_integration(group: str, p68: float, p95: float) -> None:
    """The goals of the field for the fast way; stored galaxies of all kinds."""
    truth = read_truth()
    found = synthesis().magnitudes(truth.theta, GROUPS[group]).double()
    off = (found - truth.magnitudes[:, truth.columns(GROUPS[group])]).abs().numpy()
    assert np.quantile(off, 0.68) < p68
    assert np.quantile(off, 0.95) < p95


def test_without_dust_and_with_lines_too() -> None:
    truth = read_truth()
    maker = synthesis()
    for found, expected, bound in (
        (maker.magnitudes(truth.theta, SDSS, dust=False), truth.without_dust, 0.006),
        (maker.magnitudes(truth.theta, SDSS, lines=True), truth.with_lines, 0.02),
    ):
        off = (found.double() - expected[:, truth.columns(SDSS)]).abs().numpy()
        assert np.quantile(off, 0.95) < bound


def test_surviving_masses_are_those_of_direct_integration() -> None:
    truth = read_truth()
    found = synthesis().derived(truth.theta)["log_mass"].double()
    assert float((found - truth.log_mass).abs().max()) < 2e-4


def test_gradients_are_those_of_differences() -> None:
    theta = some(40, seed=3)
    theta[:, COLUMN["t_burst"]] = torch.linspace(0.02, 5.0, 40)
    theta.requires_grad_()
    synthesis().magnitudes(theta, ("sdss_g", "sdss_z")).sum().backward()
    steps = {"kappa2": 1e-3, "f_burst": 1e-3, "tau1": 1e-2, "tau2": 3e-3, "n_dust": 1e-2,
             "log_mass_formed": 1e-2}  # fmt: skip
    for name, step in steps.items():
        up, down = theta.detach().clone(), theta.detach().clone()
        up[:, COLUMN[name]] += step
        down[:, COLUMN[name]] -= step
        high = synthesis().magnitudes(up, ("sdss_g", "sdss_z")).sum(-1)
        low = synthesis().magnitudes(down, ("sdss_g", "sdss_z")).sum(-1)
        slope = (high - low) / (2 * step)
        torch.testing.assert_close(theta.grad[:, COLUMN[name]], slope, rtol=0.02, atol=0.02)


def test_the_gradient_in_redshift_is_that_of_many_knots() -> None:
    theta = some(30, seed=4)
    theta[:, COLUMN["redshift"]] = torch.linspace(0.05, 0.7, 30)
    theta.requires_grad_()
    synthesis().magnitudes(theta, ("sdss_r",)).sum().backward()
    up, down = theta.detach().clone(), theta.detach().clone()
    up[:, COLUMN["redshift"]] += 0.0125
    down[:, COLUMN["redshift"]] -= 0.0125
    rise = synthesis().magnitudes(up, ("sdss_r",)) - synthesis().magnitudes(down, ("sdss_r",))
    off = (theta.grad[:, COLUMN["redshift"]] - rise[:, 0] / 0.025).abs()
    assert float(off.median()) < 0.3
    assert float(theta.grad[:, COLUMN["redshift"]].mean()) > 2  # fainter the farther


def test_everything_is_finite_in_every_corner() -> None:
    low = torch.tensor([BOUNDS[name][0] for name in PARAMETERS])
    high = torch.tensor([BOUNDS[name][1] for name in PARAMETERS])
    draw = torch.Generator().manual_seed(5)
    share = torch.rand(1500, len(PARAMETERS), generator=draw)
    corner = (torch.rand(share.shape, generator=draw) < 0.5).float()
    share = torch.where(torch.rand(share.shape, generator=draw) < 0.5, corner, share)
    theta = (low + (high - low) * share).requires_grad_()
    maker = synthesis()
    found = maker.magnitudes(theta, ("galex_fuv", "sdss_u", "sdss_r", "twomass_ks"), lines=True)
    derived = maker.derived(theta)
    flux = maker.spectrum(theta[:40])[1]
    total = found.sum() + sum(value.sum() for value in derived.values()) + flux.log1p().sum()
    total.backward()
    assert found.isfinite().all()
    assert flux.isfinite().all()
    assert all(value.isfinite().all() for value in derived.values())
    assert theta.grad.isfinite().all()


def test_shapes_follow_the_parameters() -> None:
    maker, theta = synthesis(), some(6).reshape(2, 3, -1)
    assert maker.magnitudes(theta, SDSS).shape == (2, 3, 5)
    assert maker.rest_frame(theta[0, 0], ("sdss_r",)).shape == (1,)
    assert maker.magnitudes(theta[:0], SDSS).shape == (0, 3, 5)
    assert tuple(maker.derived(theta)) == DERIVED
    assert {value.shape for value in maker.derived(theta).values()} == {(2, 3)}
    wavelength, flux = maker.spectrum(theta)
    assert wavelength.shape == flux.shape == (2, 3, len(maker.edges) - 1)
    assert maker.history(theta, torch.linspace(0, 13, 7)).shape == (2, 3, 7)
    flat = maker.magnitudes(theta.reshape(6, -1), SDSS)
    torch.testing.assert_close(maker.magnitudes(theta, SDSS).reshape(6, -1), flat)


def test_many_galaxies_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    theta = some(50, seed=2)
    whole = synthesis().magnitudes(theta, SDSS)
    monkeypatch.setattr(sps, "_CHUNK", 7)
    parts = synthesis().magnitudes(theta.reshape(5, 10, -1), SDSS)
    torch.testing.assert_close(parts.reshape(50, 5), whole)


def test_spectra_and_magnitudes_agree() -> None:
    """Whole spectra through exact filters, and the tables, with and without gas."""
    theta, maker = some(60, seed=6), synthesis()
    for lines in (False, True):
        _, light = maker.spectrum(theta, observed=False, lines=lines)
        for band in ("sdss_u", "lsst_z", "galex_nuv"):
            exact = FilterBins(band, maker.edges).magnitudes(light, theta[:, COLUMN["redshift"]])
            found = maker.magnitudes(theta, (band,), lines=lines)[:, 0]
            assert float((found - exact).abs().quantile(0.95)) < 0.004


def test_observed_flux_is_the_luminosity_over_the_sphere() -> None:
    theta, maker = some(3, seed=7, redshift=0.25), synthesis()
    rest, light = maker.spectrum(theta, observed=False)
    seen, flux = maker.spectrum(theta)
    torch.testing.assert_close(seen, rest.expand_as(seen) * 1.25)
    distance = FlatLambdaCDM(H0=70, Om0=0.3).luminosity_distance(0.25).to_value("cm")
    expected = light * (3.828e33 / distance / (4 * math.pi * distance) / 1.25)
    red = seen[0] > 1300 * 1.25
    torch.testing.assert_close(flux[:, red], expected[:, red], rtol=1e-4, atol=0)
    wanted = torch.tensor([100.0, 5000.0, 9000.0])
    assert maker.spectrum(theta, wanted)[1][:, 0].tolist() == [0, 0, 0]
    at, values = maker.spectrum(theta, wanted)
    expected_there = [np.interp(wanted[1:], seen[0], row) for row in flux]
    np.testing.assert_allclose(values[:, 1:], expected_there, rtol=1e-4)
    assert at is wanted


def test_a_nucleus_adds_its_own_light() -> None:
    theta, maker = some(20, seed=8), synthesis()
    agn = ActiveNucleus(log_luminosity=10.0, reddening=0.1)
    bands = ("galex_nuv", "sdss_r", "twomass_ks")
    alone = maker.magnitudes(theta, bands)
    both = maker.magnitudes(theta, bands, agn=agn)
    _, light = maker.spectrum(theta, observed=False, agn=agn)
    for k, band in enumerate(bands):
        exact = FilterBins(band, maker.edges).magnitudes(light, theta[:, COLUMN["redshift"]])
        assert float((both[:, k] - exact).abs().quantile(0.9)) < 0.01
    assert (both < alone).all()


def test_histories_hold_the_mass_and_the_rates() -> None:
    theta = some(8, seed=9, t_burst=3.0, f_burst=0.3, redshift=0.1, log_mass_formed=10.0)
    maker = synthesis()
    oldest = float(age_of_universe(0.1))
    times = torch.linspace(0, oldest - 1e-4, 120_001)
    rate = maker.history(theta, times)
    mass = torch.trapezoid(rate.double(), times.double() * 1e9)
    assert mass.log10().tolist() == pytest.approx([10.0] * 8, abs=0.002)
    derived = maker.derived(theta)
    recent = times <= 0.1
    mean = torch.trapezoid(rate[:, recent], times[recent]) / 0.1
    torch.testing.assert_close(derived["log_sfr"], mean.log10(), rtol=0, atol=0.01)
    age = torch.trapezoid(rate * times, times * 1e9) / 1e10
    torch.testing.assert_close(derived["age"], age, rtol=0.01, atol=0.01)
    assert maker.history(theta, torch.tensor([-0.1, oldest + 0.1])).tolist() == [[0.0, 0.0]] * 8
    inside = (times - 3.0).abs() < BURST_WIDTH / 2
    burst = torch.trapezoid((rate - rate[:, ~inside].mean(-1, keepdim=True))[:, inside],
                            times[inside]) * 1e9  # fmt: skip
    assert (burst / 1e10).tolist() == pytest.approx([0.3] * 8, abs=0.01)


def test_a_burst_before_the_big_bang_has_no_mass() -> None:
    maker = synthesis()
    late = some(10, seed=10, redshift=0.8, t_burst=12.0)
    none = late.clone()
    none[:, COLUMN["f_burst"]] = 0.0
    torch.testing.assert_close(maker.magnitudes(late, SDSS), maker.magnitudes(none, SDSS))


def test_a_young_burst_counts_in_the_recent_rate() -> None:
    theta = some(1, f_burst=0.2, t_burst=0.05, log_mass_formed=10.0)
    rate = 10 ** synthesis().derived(theta)["log_sfr"]
    assert float(rate) > 0.2 * 1e10 / 1e8
    assert float(synthesis().derived(theta)["log_sfr_10"]) < float(rate.log10())


def test_rest_frame_is_the_observed_one_nearby() -> None:
    theta = some(50, seed=11, redshift=0.001)
    found = synthesis().magnitudes(theta, SDSS)
    modulus = FlatLambdaCDM(H0=70, Om0=0.3).distmod(0.001).value
    rest = synthesis().rest_frame(theta, SDSS)
    assert float((found - modulus - rest).abs().max()) < 0.02
    derived = synthesis().derived(theta)
    torch.testing.assert_close(derived["r_abs"], rest[:, 2])


def test_old_stars_are_as_bright_as_the_literature_says() -> None:
    """Old stars of solar metallicity: mass to light of 3 to 5 in r, g - r about 0.75."""
    theta = some(1, kappa1=1.0, kappa2=1.0, kappa3=1.0, f_burst=0.0, log_z=0.0, tau1=0.0,
                 tau2=0.0, redshift=0.0, log_mass_formed=11.0)  # fmt: skip
    derived = synthesis().derived(theta)
    light = 10 ** (-0.4 * (float(derived["r_abs"]) - 4.65))  # the Sun's r
    assert 3 < 10 ** float(derived["log_mass"]) / light < 5
    g, r = synthesis().rest_frame(theta, ("sdss_g", "sdss_r"))[0].tolist()
    assert g - r == pytest.approx(0.76, abs=0.06)


def test_any_filter_and_a_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_OWN", {})
    theta, maker = some(5, seed=12), synthesis()
    wavelength, response = filters.load_curve("hsc_i")
    filters.add_filter("i_of_mine", wavelength, 3 * response)
    found = maker.magnitudes(theta, ("hsc_i", "i_of_mine", "euclid_vis", "wise_w1"))
    torch.testing.assert_close(found[:, 0], found[:, 1])
    assert found.isfinite().all()
