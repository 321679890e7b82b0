from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2

from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.forecast import PARAMETERS, forecast, shear_correlation
from astroviz.orientations.lensing_spectra import Survey, Universe, angular_spectra


@pytest.mark.parametrize(("w0", "wa"), [(-1.0, 0.0), (-0.9, 0.2)])
def test_spectra_agree_with_an_independent_library(w0, wa):
    ccl = pytest.importorskip("pyccl")
    c = PLANCK15
    theirs = ccl.Cosmology(
        Omega_c=c.omega_m - c.omega_b, Omega_b=c.omega_b, h=c.h, n_s=c.n_s, sigma8=c.sigma8,
        w0=w0, wa=wa, Neff=0, Omega_g=0, T_CMB=2.7255, transfer_function="eisenstein_hu",
        matter_power_spectrum="linear",
    )  # fmt: skip
    universe, survey, ell = Universe(c, w0, wa), Survey(), np.geomspace(30, 1000, 6)
    z = survey.redshifts
    a = 1 / (1 + z)
    distance = ccl.comoving_radial_distance(theirs, a) * c.h
    np.testing.assert_allclose(universe.distance(z)[1:], distance[1:], rtol=1e-4)
    np.testing.assert_allclose(universe.growth(z), ccl.growth_factor(theirs, a), rtol=3e-4)
    mine, sources = angular_spectra(universe, survey, 1.0, ell), survey.sources()
    tracer = ccl.WeakLensingTracer
    shear = [tracer(theirs, dndz=(z, n)) for n in sources]
    shapes = [
        tracer(theirs, dndz=(z, n), has_shear=False, ia_bias=(z, np.ones_like(z)), use_A_ia=True)
        for n in sources
    ]
    # they take 5e-14 times the critical density, the literature's A is of 0.0134
    unit = 0.0134 / (5e-14 * 2.77536627e11)
    for i, j in ((0, 0), (0, 3), (2, 2)):
        expected = ccl.angular_cl(theirs, shear[i], shear[j], ell)
        np.testing.assert_allclose(mine.gg[:, i, j], expected, rtol=3e-3)
        cross = ccl.angular_cl(theirs, shear[i], shapes[j], ell)
        cross = cross + ccl.angular_cl(theirs, shapes[i], shear[j], ell)
        np.testing.assert_allclose(mine.gi[:, i, j], unit * cross, rtol=4e-3)
    intrinsic = ccl.angular_cl(theirs, shapes[0], shapes[0], ell)
    np.testing.assert_allclose(mine.ii[:, 0, 0], unit**2 * intrinsic, rtol=4e-3)


def test_growth_is_that_of_the_closed_form():
    z = np.array([0.0, 0.5, 1.0, 3.0])
    expected = [PLANCK15.growth(1 / (1 + value)) for value in z]
    np.testing.assert_allclose(Universe().growth(z), expected, rtol=1e-4)


def test_sources_fill_bins_of_equal_number():
    survey = Survey(bins=3)
    sources = survey.sources()
    z = survey.redshifts
    np.testing.assert_allclose(np.trapezoid(sources, z, axis=1), 1, rtol=1e-9)
    mean = np.trapezoid(sources * z, z, axis=1)
    assert np.all(np.diff(mean) > 0.2)
    assert survey.noise == pytest.approx(0.26**2 / (10 * (60 * 180 / np.pi) ** 2))


def test_alignments_scale_with_their_amplitude():
    one = angular_spectra(Universe(), Survey(), 1.0)
    two = angular_spectra(Universe(), Survey(), 2.0)
    np.testing.assert_allclose(two.gi, 2 * one.gi)
    np.testing.assert_allclose(two.ii, 4 * one.ii)
    np.testing.assert_allclose(two.gg, one.gg)
    assert one.gi.max() < 0 < one.ii.min()
    np.testing.assert_allclose(one.observed, one.gg + one.gi + one.ii)


def test_the_correlation_is_the_transform_of_the_spectrum():
    """Power put into a narrow ring comes back as J0; and GI against GG of a near and a far bin."""
    found = shear_correlation(1.0, (0, 3), theta=np.array([5.0, 20.0, 100.0]))
    assert np.all(found.gg > 0)
    assert np.all(found.gi < 0)
    assert np.all(found.ii < 1e-3 * found.gg)
    assert np.all(np.abs(found.gi) < found.gg)
    same = shear_correlation(1.0, (1, 1), theta=np.array([20.0]))
    from scipy.integrate import quad
    from scipy.special import j0

    universe, survey = Universe(), Survey()
    log_ell = np.linspace(0, np.log(6e4), 200)
    spectrum = angular_spectra(universe, survey, 1.0, np.exp(log_ell)).gg[:, 1, 1]
    theta = np.deg2rad(20 / 60)

    def integrand(ell):
        c = np.exp(np.interp(np.log(ell), log_ell, np.log(spectrum)))
        return ell * c * j0(ell * theta) * np.exp(-((ell / 2e4) ** 2)) / (2 * np.pi)

    edges = np.concatenate([[1.0], np.arange(1, 120) * np.pi / theta])
    pieces = (quad(integrand, a, b, limit=200)[0] for a, b in pairwise(edges))
    assert same.gg[0] == pytest.approx(sum(pieces), rel=3e-3)
    none = shear_correlation(0.0, (1, 1), theta=np.array([20.0]))
    assert none.gi[0] == none.ii[0] == 0
    with pytest.raises(ValueError, match="go from 0 to 3"):
        shear_correlation(1.0, (0, 4))


def test_without_alignments_nothing_moves():
    found = forecast(0.0)
    np.testing.assert_allclose(found.shift, 0)
    assert found.tension == pytest.approx(0, abs=1e-6)
    assert found.fiducial.tolist() == [PLANCK15.omega_m, PLANCK15.sigma8, -1.0, 0.0]


def test_the_shift_is_the_best_fit_of_the_linear_model():
    """A chi-square minimised by least squares over the same slopes ends where the formula says."""
    from astroviz.orientations.forecast import _distinct, _inverse_covariance, _slope

    universe, survey = Universe(), Survey(bins=2, ells=6)
    spectra = angular_spectra(universe, survey, 0.7)
    roots = np.linalg.cholesky(_inverse_covariance(spectra, survey))
    slopes = np.stack([_slope(name, universe, survey) for name in PARAMETERS])
    design = np.einsum("lmk,plm->plk", roots, slopes).reshape(4, -1).T
    data = np.einsum("lmk,lm->lk", roots, _distinct(spectra.gi + spectra.ii)).ravel()
    best = np.linalg.lstsq(design, data, rcond=None)[0]
    np.testing.assert_allclose(forecast(0.7, universe, survey).shift, best, rtol=1e-4)


def test_errors_are_those_of_simulated_surveys():
    """The covariance of spectra against Wishart draws of the harmonics of two bins."""
    from astroviz.orientations.forecast import _inverse_covariance

    survey = Survey(bins=2, ells=3)
    spectra = angular_spectra(Universe(), survey, 0.0)
    band = 0
    total = spectra.gg[band] + survey.noise * np.eye(2)
    modes = round((2 * spectra.ell[band] + 1) * survey.bands()[1][band] * survey.sky)
    rng = np.random.default_rng(0)
    root = np.linalg.cholesky(total)
    draws = np.einsum("ij,smj->smi", root, rng.normal(size=(4000, modes // 40, 2)))
    measured = np.einsum("smi,smj->sij", draws, draws) / (modes // 40)
    vector = measured[:, [0, 0, 1], [0, 1, 1]]
    expected = np.linalg.inv(_inverse_covariance(spectra, survey)[band]) * modes / (modes // 40)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    np.testing.assert_allclose(np.cov(vector.T) / scale, expected / scale, atol=0.08)


def test_more_sky_means_smaller_errors_and_the_same_shift():
    whole, half = forecast(1.0, survey=Survey(sky=0.4)), forecast(1.0, survey=Survey(sky=0.2))
    np.testing.assert_allclose(half.errors, np.sqrt(2) * whole.errors, rtol=1e-6)
    np.testing.assert_allclose(half.shift, whole.shift, rtol=1e-6)
    assert half.tension < whole.tension
    assert whole.figure_of_merit == pytest.approx(2 * half.figure_of_merit, rel=1e-6)
    assert 0.03 < whole.errors[2] < 0.5


def test_the_ellipse_holds_its_probability():
    found = forecast(1.0)
    outline = found.ellipse(0.95, points=50) - found.fiducial[2:, None]
    inverse = np.linalg.inv(found.covariance[2:, 2:])
    squares = np.einsum("ip,ij,jp->p", outline, inverse, outline)
    np.testing.assert_allclose(squares, chi2.ppf(0.95, 2), rtol=1e-9)
    shifted = found.ellipse(0.95, points=50, shifted=True) - found.ellipse(0.95, points=50)
    np.testing.assert_allclose(shifted, np.repeat(found.shift[2:, None], 50, 1), atol=1e-12)
