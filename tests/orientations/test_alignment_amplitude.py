from __future__ import annotations

import numpy as np
import pytest
from scipy.special import jv

from astroviz.orientations.alignment_amplitude import fit_amplitude, linear_projections
from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.curves import Correlation
from astroviz.orientations.lensing_spectra import ALIGNMENT_CONSTANT
from astroviz.orientations.power import linear_power

EDGES = np.geomspace(1, 30, 9)
R = np.sqrt(EDGES[1:] * EDGES[:-1])


def test_matter_correlates_as_colossus_says():
    cosmology = pytest.importorskip("colossus.cosmology.cosmology")
    c = PLANCK15
    theirs = cosmology.setCosmology(
        "ours", {"flat": True, "H0": 100 * c.h, "Om0": c.omega_m, "Ob0": c.omega_b,
                 "sigma8": c.sigma8, "ns": c.n_s, "relspecies": False},
        persistence="",
    )  # fmt: skip
    depth = np.linspace(0, 20, 400)
    radius = np.array([3.0, 8.0, 15.0])
    xi = theirs.correlationFunction(np.hypot(radius[:, None], depth).ravel(), 0.0)
    expected = 2 * np.trapezoid(xi.reshape(3, -1), depth, axis=1)
    np.testing.assert_allclose(linear_projections(radius, 20.0, c)[0], expected, rtol=0.02)


def test_alignment_over_all_depths_is_the_transform_with_j2():
    radius = np.array([5.0, 10.0, 20.0])
    found = linear_projections(radius, 600.0, PLANCK15)[1]
    k = np.geomspace(1e-4, 40, 40_000)
    power = linear_power(k, PLANCK15) * np.exp(-((k / 5) ** 2)) * k**2 / (2 * np.pi)
    expected = np.trapezoid(jv(2, np.outer(radius, k)) * power, np.log(k), axis=1)
    np.testing.assert_allclose(found, expected, rtol=0.03)


def made(amplitude, bias, redshift=0.5, noise=0.0, seed=0):
    """Curves that obey linear theory."""
    matter, shear = linear_projections(R, 20.0, PLANCK15, 2 * np.pi / 100)
    growth = PLANCK15.growth(1 / (1 + redshift))
    signal = amplitude * ALIGNMENT_CONSTANT * PLANCK15.omega_m * bias * growth * shear
    error = 0.05 * np.abs(signal).mean() * np.ones(8)
    signal = signal + noise * error * np.random.default_rng(seed).normal(size=8)
    pairs = np.full(8, 100)
    alignment = Correlation(
        "wg+", EDGES, signal, pairs, 100, 20.0, "epsilon", covariance=np.diag(error**2)
    )
    clustering = Correlation("wgg", EDGES, bias**2 * growth**2 * matter, pairs, 100, 20.0)
    return alignment, clustering


@pytest.mark.parametrize(("amplitude", "bias"), [(1.0, 1.5), (-3.0, 0.9)])
def test_linear_theory_is_recovered(amplitude, bias):
    found = fit_amplitude(*made(amplitude, bias), PLANCK15, 100.0, 0.5)
    assert found.value == pytest.approx(amplitude, rel=1e-6)
    assert found.bias == pytest.approx(bias, rel=1e-6)
    assert found.bins == 4


def test_the_error_is_the_scatter_of_fits():
    fits = [
        fit_amplitude(*made(2.0, 1.2, noise=1, seed=k), PLANCK15, 100.0, 0.5) for k in range(200)
    ]
    values = [fit.value for fit in fits]
    assert np.std(values) == pytest.approx(fits[0].error, rel=0.4)
    assert np.mean(values) == pytest.approx(2.0, abs=5 * fits[0].error / 5)


def test_what_cannot_be_fitted_is_named():
    alignment, clustering = made(1.0, 1.0)
    with pytest.raises(ValueError, match="give wg\\+ and wgg"):
        fit_amplitude(clustering, alignment, PLANCK15, 100.0)
    with pytest.raises(ValueError, match="no bin of w_g\\+ begins at 50 Mpc/h"):
        fit_amplitude(alignment, clustering, PLANCK15, 100.0, r_min=50)
    from dataclasses import replace

    with pytest.raises(ValueError, match="neither jackknife errors nor a truth"):
        fit_amplitude(replace(alignment, covariance=None), clustering, PLANCK15, 100.0)
    with pytest.raises(ValueError, match="of `epsilon`"):
        fit_amplitude(replace(alignment, definition="chi"), clustering, PLANCK15, 100.0)
