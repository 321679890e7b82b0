"""The SED inspector's answers against integrals, units and counts of their own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from astropy import units as u

from astroviz.galaxies.filters import load_curve
from astroviz.galaxies.parameters import BOUNDS, DERIVED_UNITS, PARAMETERS, GalaxyError
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.sed_answers import SedQuestion, ab_of_flux, flux_of_ab
from astroviz.galaxies.sed_examples import archetypes, member, members, surprising
from astroviz.galaxies.sed_state import SedState
from astroviz.galaxies.sed_words import figures
from astroviz.galaxies.selection_light import light_of


class Members:
    """A population of draws of the prior, in the form in which a fitted one gives them."""

    def sample(self, n, seed=0, selected=False, member=None):
        return light_of(None, n, seed).draws({}, {})


class Model:
    population = Members()


@pytest.fixture(scope="module")
def spiral():
    return SedState(sed_filters="sdss").sed_question().answer()


def galaxy(**changed):
    theta = dict(zip(PARAMETERS, SedState().sed_galaxy(), strict=True))
    return tuple({**theta, **changed}.values())


def test_magnitudes_and_fluxes_are_those_of_astropy():
    wavelength = np.array([1500.0, 5500.0, 21000.0])
    flux = np.array([3e-17, 2e-15, 8e-18])
    unit = u.erg / u.s / u.cm**2 / u.AA
    right = (flux * unit).to(u.ABmag, u.spectral_density(wavelength * u.AA)).value
    np.testing.assert_allclose(ab_of_flux(wavelength, flux), right, atol=2e-3)
    np.testing.assert_allclose(flux_of_ab(wavelength, ab_of_flux(wavelength, flux)), flux)
    assert np.isnan(ab_of_flux(wavelength, 0 * flux)).all()


def test_the_spectrum_through_each_filter_gives_the_magnitudes(spiral):
    for k, band in enumerate(spiral.bands):
        at, response = load_curve(band)
        flux = np.interp(at, spiral.wavelength, spiral.flux)
        top = np.trapezoid(flux * response * at, at)
        mean = top / np.trapezoid(response * 2.99792458e18 / at, at)  # erg/s/cm2/Hz
        assert -2.5 * np.log10(mean) - 48.6 == pytest.approx(spiral.magnitudes[k], abs=0.03), band


def test_dust_dims_and_a_switch_takes_it_away(spiral):
    assert (spiral.bare_magnitudes < spiral.magnitudes).all()
    dims = spiral.magnitudes - spiral.bare_magnitudes
    assert dims[list(spiral.bands).index("sdss_u")] > dims[list(spiral.bands).index("sdss_z")]
    free = SedQuestion(galaxy(), dust=False).answer()
    np.testing.assert_allclose(free.magnitudes, spiral.bare_magnitudes, atol=1e-5)
    np.testing.assert_allclose(free.flux, spiral.bare, rtol=1e-5)


def test_the_history_adds_up_to_the_mass_that_was_formed(spiral):
    smooth = np.trapezoid(spiral.rate, spiral.lookback) * 1e9
    when, share = spiral.burst
    assert (when, share) == pytest.approx((1.0, 0.02))
    assert smooth == pytest.approx(10**10.7 * (1 - share), rel=0.02)
    assert spiral.formed[0] == pytest.approx(1.0)
    assert spiral.formed[-1] == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(spiral.formed) <= 1e-9).all()
    assert spiral.age == pytest.approx(12.2, abs=0.2)


def test_masses_are_told_apart(spiral):
    shown = figures(spiral)
    formed, surviving = (float(shown[name][0]) for name in ("Mass formed", "Stellar mass"))
    assert 0.1 < formed - surviving < 0.45
    assert "survive" in shown["Stellar mass"][1]
    row = spiral.draws()
    assert len(row) == 1
    assert row["log_mass"][0] == pytest.approx(spiral.derived["log_mass"], abs=1e-4)
    assert row.unit("log_sfr") == DERIVED_UNITS["log_sfr"]


def test_at_rest_magnitudes_are_absolute_and_the_scale_is_free():
    rest = SedQuestion(galaxy(), filters="sdss", frame="rest").answer()
    r = rest.magnitudes[rest.bands.index("sdss_r")]
    assert r == pytest.approx(rest.derived["r_abs"], abs=0.05)
    flux = SedQuestion(galaxy(), filters="sdss", scale="flux").answer()
    at = np.interp(flux.centre, flux.wavelength, flux.shown())
    np.testing.assert_allclose(flux.points(flux.magnitudes)[1:], at[1:], rtol=0.25)


def test_gas_and_nucleus_add_light():
    plain = SedQuestion(galaxy(), filters="sdss").answer()
    gas = SedQuestion(galaxy(), lines=-3.0, filters="sdss").answer()
    assert gas.flux.max() / plain.flux.max() > 1.05, "lines stand out"
    assert (gas.magnitudes <= plain.magnitudes + 1e-5).all()
    nucleus = SedQuestion(galaxy(), agn=(11.0, 0.0), filters="sdss").answer()
    assert (nucleus.magnitudes < plain.magnitudes - 0.1).all()
    red = SedQuestion(galaxy(), agn=(11.0, 0.5), filters="sdss").answer()
    assert (red.magnitudes > nucleus.magnitudes).all()


def test_the_emulator_stands_beside_the_tables_only_where_it_speaks_of_the_same():
    class Told:
        def magnitudes(self, theta, bands):
            return torch.full((len(theta), len(bands)), 20.0)

        def outside(self, theta):
            return theta[:, PARAMETERS.index("tau2")] > 2.5

    dusty = SedQuestion(galaxy(), emulator=Told()).answer()
    np.testing.assert_array_equal(dusty.emulator, 20.0)
    for other in ({"dust": False}, {"lines": -3.0}, {"agn": (10.0, 0.0)}, {"frame": "rest"}):
        assert SedQuestion(galaxy(), emulator=Told(), **other).answer().emulator is None
    assert SedQuestion(galaxy(tau2=2.9), emulator=Told()).answer().emulator is None
    state = SedState(sed_tau2=2.9)
    state._found_emulator = Told()
    assert any("not taught galaxies like this" in said for said in state.sed_warnings())
    state.sed_tau2 = 0.4
    assert state.sed_warnings() == ()


def test_a_burst_before_the_beginning_is_said():
    state = SedState(sed_t_burst=13.2, sed_f_burst=0.3, sed_redshift=0.5)
    assert any("older than the Universe" in said for said in state.sed_warnings())
    state.sed_filters = "sdss"
    assert state.sed_question().answer().burst is None
    assert SedState().sed_warnings() == ()


def test_examples_lie_within_the_bounds_and_differ():
    names = [preset.name for preset in archetypes()]
    assert len(set(names)) == len(names) >= 5
    shown = {}
    for preset in archetypes():
        for name, value in preset.settings.items():
            if name != "sed_dust":
                low, high = BOUNDS[name.removeprefix("sed_")]
                assert low <= value <= high
        state = SedState(sed_filters="sdss", **preset.settings)
        shown[preset.name] = state.sed_question().answer()
    u_v = {name: sed.derived["u_v"] for name, sed in shown.items()}
    assert u_v["An elliptical"] > u_v["A spiral"] > u_v["A blue dwarf"]
    assert shown["An elliptical"].derived["log_ssfr"] < -10.8
    assert shown["After the burst"].derived["log_ssfr"] < shown["A spiral"].derived["log_ssfr"]


def test_members_come_from_the_population():
    found = members(Model())
    assert [preset.name.startswith("Population: ") for preset in found] == [True] * len(found)
    theta = member(Model(), 3)
    expected = PopulationPrior("survey").sample(4000, torch.Generator().manual_seed(0))[3]
    np.testing.assert_allclose(theta, expected, rtol=1e-5)
    np.testing.assert_array_equal(member(Model(), 4003), theta)
    assert members(None) == ()
    with pytest.raises(GalaxyError, match="no fitted population"):
        member(None, 0)
    one = surprising(Model(), np.random.default_rng(1))
    assert one == surprising(Model(), np.random.default_rng(1))
    assert surprising(None, np.random.default_rng(1)) != one


def test_tables_say_what_they_are_of(spiral):
    tables = SedState().sed_tables(spiral)
    assert tables["Spectrum"]["flux"].unit == u.erg / u.s / u.cm**2 / u.AA
    assert tables["Magnitudes"]["magnitude"].unit == u.ABmag
    assert tables["History of star formation"].meta["log_mass_formed"] == 10.7
