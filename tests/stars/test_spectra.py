"""Spectra: physics, noise, likelihood and compression against independent numbers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.stats import kstest, multivariate_normal

from astroviz.stars.compress import compress, unmixing
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import simulate
from astroviz.stars.spectral_likelihood import MeasuredSpectrum, spectrum_log_likelihood
from astroviz.stars.spectral_noise import LENGTHS, correlation, observe_spectra
from astroviz.stars.spectral_physics import SpectralPhysics, load_spectrographs
from astroviz.stars.spectrographs import SPECTROGRAPHS, spectrograph
from astroviz.stars.surveys import index_of

XP = spectrograph("xp")


@pytest.fixture(scope="module")
def light():
    return SpectralPhysics()


@pytest.fixture(scope="module")
def stars():
    return simulate(3000, torch.Generator().manual_seed(4))


@pytest.fixture(scope="module")
def sets(stars, light):
    return observe_spectra(stars, torch.Generator().manual_seed(5), light)


def test_spectra_have_the_brightness_of_the_magnitudes(stars, light):
    # photon-weighted flux in a box like RP's passband, against the tables' own RP
    flux = light.of_simulated(stars, XP).double().numpy()
    wave = XP.wavelength
    inside = (wave > 640) & (wave < 960)
    widths = np.diff(XP.edges)[inside]
    mean = (flux[:, inside] * wave[inside] * widths).sum(1) / (wave[inside] * widths).sum()
    rp = stars.intrinsic[:, index_of("rp")].numpy()
    offset = -2.5 * np.log10(mean) - rp
    # RP's zero point flux is 1.24e-11 W/m2/nm (Riello et al. 2021)
    assert abs(np.median(offset) - -2.5 * np.log10(1.24e-11)) < 0.12
    plain = (stars.sight[:, 1] < 1).numpy()
    assert np.std(offset[plain]) < 0.12  # floor and epoch offset of RP are 0.06 and 0.02 to 0.06


def test_dust_dims_by_the_law(light):
    from dust_extinction.parameter_averages import G23

    theta = torch.tensor([[7.0, -0.2, 0.0, a_v, 3.1, 150.0, 0, 1.8, 5.0] for a_v in (0.0, 2.0)])
    flux = light.flux(XP, theta, torch.zeros(2, dtype=torch.bool)).double()
    import astropy.units as u

    dimming = (-2.5 * torch.log10(flux[1] / flux[0])).numpy()
    assert_allclose(dimming, 2 * G23(Rv=3.1)(XP.wavelength * u.nm), atol=0.01)


def test_distance_dilutes_as_its_square(light):
    theta = torch.tensor([[7.0, -0.2, 0.0, 0.3, 3.1, d, 0, 1.8, 5.0] for d in (100.0, 300.0)])
    flux = light.flux(XP, theta, torch.zeros(2, dtype=torch.bool))
    assert_allclose(flux[0] / flux[1], 9.0, rtol=1e-4)


def test_drift_is_the_change_for_another_temperature(light):
    # 1.5 % in temperature at fixed gravity, by the physics itself
    star = light.physics.evolve(torch.tensor([7.0]), torch.tensor([-0.3]))
    hot = light.physics.surface(star.log_teff + 0.00325, star.log_lum, torch.tensor([-0.3]),
                                star.valid)  # fmt: skip
    cold = light.physics.surface(star.log_teff - 0.00325, star.log_lum, torch.tensor([-0.3]),
                                 star.valid)  # fmt: skip
    ratio = (light._surface(XP, hot, torch.zeros(1)) / light._surface(XP, cold, torch.zeros(1)))[0]
    change = ratio.log() - ratio.log().mean()
    drift = light.drift(XP, torch.tensor([7.0]), torch.tensor([-0.3]), torch.zeros(1))[0, :, 0]
    assert_allclose(drift, change, atol=0.02)
    assert drift.abs().max() > 0.05


def test_an_equal_companion_doubles_the_light(light):
    theta = torch.tensor([[7.0, -0.2, 0.0, 0.3, 3.1, 100.0, 0, 1.8, 5.0]] * 2)
    none = torch.zeros(2, dtype=torch.bool)
    ratio, veil = torch.tensor([0.0, 1.0]), torch.zeros(2)
    flux = light.flux(XP, theta, none, ratio, veil)
    assert_allclose(flux[1] / flux[0], 2.0, rtol=1e-4)


def test_both_atmospheres_have_tables():
    for atmosphere in ("btsettl", "kurucz_phoenix"):
        other = SpectralPhysics(Physics(atmosphere=atmosphere, empirical=False))
        theta = torch.tensor([[7.5, 0.0, 0.0, 0.0, 3.1, 100.0, 0, 1.8, 5.0]])
        for one in SPECTROGRAPHS:
            assert other.flux(one, theta, torch.tensor([False])).min() > 0


@pytest.mark.parametrize("length", LENGTHS)
def test_noise_has_the_covariance_that_is_reported(length):
    matrix = correlation(XP, length)
    draws = torch.randn(200_000, XP.size, generator=torch.Generator().manual_seed(1)).double()
    draws = draws @ torch.linalg.cholesky(matrix).T
    assert_allclose(np.cov(draws.numpy().T), matrix.numpy(), atol=0.02)
    unmix = unmixing(matrix)
    assert_allclose(unmix @ matrix @ unmix.T, torch.eye(XP.size), atol=1e-9)


def test_a_matrix_that_is_no_correlation_is_refused():
    with pytest.raises(ValueError, match="not positive definite"):
        unmixing(torch.full((3, 3), 2.0))


@pytest.mark.parametrize("name", ["xp", "lamost", "apogee"])
def test_the_likelihood_is_that_of_a_normal_distribution(name, light):
    one = spectrograph(name)
    theta = torch.tensor([[6.8, m, 0.0, 0.5, 3.1, 140.0, 0, 1.8, 5.0] for m in (-0.6, -0.2)])
    model = light.flux(one, theta, torch.zeros(2, dtype=torch.bool)).double()
    mean = (model if one.calibrated else model / model.mean(-1, keepdim=True)).numpy()
    rng = np.random.default_rng(2)
    sd = 0.03 * mean[0].mean() * rng.uniform(0.5, 2, one.size)
    matrix = correlation(one, 1.5).numpy() if one.calibrated else np.eye(one.size)
    flux = mean[0] + sd * rng.normal(size=one.size)
    seen = rng.random(one.size) > 0.1
    unmix = None
    if one.calibrated:
        # bins that were not observed are uncorrelated with the others
        matrix = np.where(seen[:, None] & seen, matrix, np.eye(one.size))
        unmix = unmixing(torch.from_numpy(matrix))
    measured = MeasuredSpectrum(
        one, torch.from_numpy(np.where(seen, flux, np.nan)), torch.from_numpy(sd), unmix
    )
    drift = light.drift(one, *theta[:, :3].unbind(-1))
    found = spectrum_log_likelihood(measured, model, drift).numpy()
    for row in range(2):
        shapes = np.concatenate([one.shapes * np.array(one.modes), drift[row].numpy()], 1)
        modes = mean[row][:, None] * shapes
        covariance = matrix * sd[:, None] * sd + modes @ modes.T
        part = np.ix_(seen, seen)
        expected = multivariate_normal(mean[row][seen], covariance[part]).logpdf(flux[seen])
        assert_allclose(found[row], expected, rtol=1e-6)


def test_simulated_spectra_follow_the_likelihood(stars, sets, light):
    # chi-square of the true model, modes included, must be that of the number of bins
    xp = sets[0]
    rows = (xp.seen & (stars.classes < 2)).nonzero()[:150, 0]
    truth = light.of_simulated(stars, XP)[rows].double().numpy()
    drift = light.drift_of_simulated(stars, XP).double().numpy()
    levels = []
    for row, mean in zip(rows.tolist(), truth, strict=True):
        shapes = np.concatenate([XP.shapes * np.array(XP.modes), drift[row]], 1)
        modes = mean[:, None] * shapes
        sd = xp.error[row].numpy()
        covariance = xp.correlation(row).numpy() * sd[:, None] * sd + modes @ modes.T
        pull = np.linalg.solve(np.linalg.cholesky(covariance), xp.flux[row].numpy() - mean)
        levels.append((pull**2).sum())
    assert kstest(levels, "chi2", args=(XP.size,)).pvalue > 1e-3


def test_components_are_those_of_a_plain_least_squares_fit(light):
    # bright and uncorrelated: with tiny errors the prior and the asinh do not matter
    tables = load_spectrographs()
    basis = {k: tables[f"basis.xp.{k}"].double().numpy() for k in ("mean", "components", "spread")}
    truth = basis["spread"] * np.random.default_rng(3).normal(size=XP.components) * 0.3
    truth[0] = 38.0
    flux = torch.from_numpy(10 ** (-0.4 * (basis["mean"] + basis["components"] @ truth)))[None]
    found, error = compress(XP, tables, flux, 1e-3 * flux)
    pull = (found[0].double().numpy() - truth) / error[0].double().numpy()
    assert np.abs(pull).max() < 1.0
    assert (error[0, 1:].numpy() < basis["spread"][1:]).all()


def test_identity_is_no_correlation(sets, light):
    xp = sets[0]
    rows = xp.seen.nonzero()[:20, 0]
    plain = compress(XP, light.tables, xp.flux[rows], xp.error[rows])
    same = compress(XP, light.tables, xp.flux[rows], xp.error[rows], torch.eye(XP.size).double())
    for a, b in zip(plain, same, strict=True):
        assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["lamost", "apogee"])
def test_a_spectrum_without_calibration_has_no_unit_and_no_slope(name, sets, light):
    one = spectrograph(name)
    measured = next(found for found in sets if found.one.name == name)
    rows = measured.seen.nonzero()[:20, 0]
    flux, error = measured.flux[rows], measured.error[rows]
    tilt = torch.from_numpy(1 + 0.1 * one.shapes[:, 1])
    plain = compress(one, light.tables, flux, error)
    tilted = compress(one, light.tables, 7e3 * flux * tilt, 7e3 * error * tilt)
    shift = (plain[0] - tilted[0]) / plain[1]
    assert shift.abs().median() < 0.05
    assert shift.abs().max() < 0.5


def test_gaps_widen_and_do_not_shift(sets, light):
    xp = sets[0]
    rows = xp.seen.nonzero()[:40, 0]
    flux = xp.flux[rows].clone()
    flux[:, 20:26] = torch.nan
    whole = compress(XP, light.tables, xp.flux[rows], xp.error[rows])
    gapped = compress(XP, light.tables, flux, xp.error[rows])
    assert (gapped[1] >= whole[1] - 1e-6).all()
    pull = (gapped[0] - whole[0]) / gapped[1]
    assert pull.abs().median() < 0.5
    assert torch.isfinite(gapped[0]).all()
