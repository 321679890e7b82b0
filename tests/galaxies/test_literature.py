"""The published relations against their own integrals, astropy and independent numbers."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM
from scipy.integrate import quad
from scipy.special import gamma, gammaincc

from astroviz.galaxies import conventions, literature
from astroviz.galaxies.parameters import GalaxyError


def test_the_age_of_the_universe_is_that_of_astropy():
    redshift = np.array([0.0, 0.1, 0.5, 0.8, 3.0])
    expected = FlatLambdaCDM(H0=70, Om0=0.3).age(redshift).value
    assert np.allclose(literature.cosmic_age(redshift), expected, rtol=1e-4)


def test_a_mass_function_integrates_to_the_analytic_mass_density():
    # per Mpc3 between two masses: sum of phi_k M* Gamma(a_k + 2, x) for the mass in stars
    low, high = 8.0, 11.7
    shift = np.log10(0.66 / 0.61)

    def mass(log_mass):
        return literature.mass_function(log_mass) * 10 ** (log_mass - shift)

    found = quad(mass, low + shift, high + shift, epsrel=1e-8, limit=200)[0]
    ends = 10 ** (np.array([low, high]) - 10.78)
    expected = 0.0
    for density, slope in ((2.93e-3, -0.62), (0.63e-3, -1.50)):
        part = gamma(slope + 2) * (gammaincc(slope + 2, ends[0]) - gammaincc(slope + 2, ends[1]))
        expected += density * 10**10.78 * part
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_two_mass_functions_agree_where_both_were_measured():
    mass = np.linspace(9.0, 11.0, 9)
    ratio = literature.mass_function(mass) / literature.mass_function(mass, "baldry12")
    assert np.all(np.abs(np.log10(ratio)) < 0.15)
    assert np.isnan(literature.mass_function(5.0))


def test_main_sequences_agree_and_rise_with_redshift():
    mass = np.linspace(9.75, 10.75, 5)
    speagle, popesso = (literature.main_sequence(mass, 0.5, n) for n in ("speagle14", "popesso23"))
    assert np.all(np.abs(speagle - popesso) < 0.3)
    assert np.all(literature.main_sequence(mass, 0.8) > literature.main_sequence(mass, 0.1) + 0.2)
    t = FlatLambdaCDM(H0=70, Om0=0.3).age(0.3).value
    by_hand = (0.84 - 0.026 * t) * 10.5 - (6.51 - 0.11 * t)
    assert float(literature.main_sequence(10.5, 0.3)) == pytest.approx(by_hand, abs=1e-3)


def test_a_paper_of_chabrier_masses_is_shifted_in_both_axes():
    # 0.76 (logM - 0.034) - 7.64 + 0.027
    expected = 0.76 * (10 - np.log10(66 / 61)) - 7.64 + np.log10(67 / 63)
    assert float(literature.main_sequence(10.0, 0.0, "renzini15")) == pytest.approx(expected)


def test_the_cosmic_star_formation_of_two_papers_agrees():
    z = np.linspace(0.1, 2.0, 8)
    first, second = literature.cosmic_sfr(z), literature.cosmic_sfr(z, "madau17")
    assert np.all(np.abs(first - second) < 0.15)
    assert float(literature.cosmic_sfr(0.0)) == pytest.approx(
        np.log10(0.015 / (1 + 2.9**-5.6) * 0.67)
    )


def test_metallicity_rises_with_mass_and_gas_is_richer_than_stars():
    mass = np.linspace(9.2, 11.2, 9)
    stars = literature.mass_metallicity(mass)
    assert np.all(np.diff(stars) > 0)
    assert float(literature.mass_metallicity(11.11)) == pytest.approx(0.10, abs=0.05)
    assert np.all(literature.mass_metallicity(mass[:5], "curti20") > stars[:5])


def test_the_uvj_border_is_where_the_rule_changes():
    (_, knee, corner, _) = literature.uvj_border(0.2)
    middle = (knee + corner) / 2
    u_v = middle[1] + np.array([-0.01, 0.01])
    assert literature.quiescent_uvj(u_v, np.full(2, middle[0]), 0.2).tolist() == [False, True]
    assert not literature.quiescent_uvj(2.5, 1.7)
    assert literature.quiescent_uvj(1.95, 1.5, 0.7)
    assert not literature.quiescent_uvj(1.95, 1.5, 0.2)


def test_the_shape_of_a_survey_has_its_median():
    total = quad(literature.redshift_shape, 0, 5, args=(0.3,))[0]
    below = quad(literature.redshift_shape, 0, 0.3, args=(0.3,))[0]
    assert total == pytest.approx(1.0, abs=1e-6)
    assert below == pytest.approx(0.5, abs=2e-3)


def test_conversions_go_there_and_back():
    for name in conventions.INITIAL_MASS_FUNCTIONS:
        there = conventions.convert_mass(10.0, name, "salpeter")
        assert conventions.convert_mass(there, "salpeter", name) == pytest.approx(10.0)
    assert conventions.convert_mass(10.0, "chabrier") - 10 == pytest.approx(0.0342, abs=1e-3)
    assert conventions.convert_metallicity(0.0, "asplund09") == pytest.approx(-0.1487, abs=1e-3)
    assert conventions.convert_density(1.0, 1.0) == pytest.approx(0.343)
    assert conventions.convert_magnitude(-20.44, 1.0) == pytest.approx(-21.2145, abs=1e-3)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: literature.mass_function(10.0, "schechter76"),
        lambda: literature.main_sequence(10.0, 0.1, "mine"),
        lambda: conventions.convert_mass(10.0, "kroupa", "diet"),
        lambda: conventions.convert_metallicity(0.0, "mars"),
    ],
)
def test_an_unknown_name_lists_those_there_are(ask):
    with pytest.raises(GalaxyError, match="there is"):
        ask()
