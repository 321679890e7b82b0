"""Photometric redshifts of galaxies whose posteriors are known, and their scores by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from astroviz.galaxies import photo_z
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.pool import Pool


@pytest.fixture(scope="module")
def catalogue(linear):
    """Fluxes, errors and redshifts of 110 galaxies of the population."""
    theta, seen = zip(*(linear.population.galaxy(100 + k, linear.errors) for k in range(110)),
                      strict=True)  # fmt: skip
    flux = 10 ** (-0.4 * np.array(seen))
    sigma = flux * 0.4 * np.log(10) * linear.errors
    return flux, sigma, np.array(theta)[:, linear.redshift]


@pytest.fixture(scope="module")
def pool(linear):
    return Pool.of_population(linear.population, 25_000, seed=4)


@pytest.fixture(scope="module")
def found(linear, catalogue, pool):
    return photo_z.redshifts(pool, *catalogue[:2], linear.bands, 200, seed=1)


def test_redshifts_are_those_of_the_posterior_on_paper(linear, catalogue, found):
    flux = catalogue[0]
    pulls = []
    for row in np.flatnonzero(found.effective > 40)[:40]:
        mean, covariance = linear.population.posterior(-2.5 * np.log10(flux[row]), linear.errors)
        width = np.sqrt(covariance[linear.redshift, linear.redshift])
        pulls.append((found.draws[row].mean() - mean[linear.redshift]) / width)
    assert len(pulls) > 10
    assert np.std(pulls) < 0.35


def test_the_truth_is_uniform_among_the_draws(catalogue, found):
    enough = found.effective > 20
    pit = photo_z.pit_values(found.draws, catalogue[2])[enough]
    assert kstest(pit, "uniform").pvalue > 1e-3


def test_the_population_is_a_better_prior_than_a_flat_one(linear, catalogue, pool, found):
    rng = np.random.default_rng(0)
    theta = pool.theta.copy()
    spread = 3 * theta.std(axis=0)
    theta = (theta.mean(axis=0) + spread * rng.uniform(-1, 1, theta.shape)).astype(np.float32)
    flat = Pool(theta, linear.population.synthesis)
    other = photo_z.redshifts(flat, *catalogue[:2], linear.bands, 100)
    ours = photo_z.scores(photo_z.estimate(found.draws), catalogue[2])
    theirs = photo_z.scores(photo_z.estimate(other.draws), catalogue[2])
    assert ours.sigma_nmad < theirs.sigma_nmad
    assert ours.count == 110


def test_scores_are_those_of_their_formulae():
    truth = np.linspace(0.1, 0.9, 401)
    off = np.random.default_rng(0).normal(0.01, 0.02, 401)
    off[:20] = 0.4
    found = photo_z.scores(truth + off * (1 + truth), truth)
    middle = np.median(off)
    assert found.bias == pytest.approx(middle)
    assert found.sigma_nmad == pytest.approx(1.4826 * np.median(np.abs(off - middle)))
    assert found.outliers == pytest.approx(20 / 401)
    assert found.errors[1] == pytest.approx(1.2533 * 0.02 / 20, rel=0.5)
    with pytest.raises(GalaxyError, match="no galaxy has both"):
        photo_z.scores(np.array([np.nan]), np.array([0.1]))


@pytest.mark.parametrize(("kind", "expected"), [("median", 3.0), ("mean", 4.0), ("mode", 2.0)])
def test_point_estimates(kind, expected):
    draws = np.array([[1.0, 2.0, 3.0, 4.0, 10.0]])
    assert photo_z.estimate(draws, kind)[0] == pytest.approx(expected, abs=0.01)


def test_the_mode_is_where_the_draws_are_dense():
    draws = np.concatenate([np.full(60, 0.2), np.linspace(0.5, 1.0, 40)])[None]
    assert photo_z.estimate(draws, "mode")[0] == pytest.approx(0.2)
    with pytest.raises(GalaxyError, match="no estimate 'best'"):
        photo_z.estimate(draws, "best")


def test_bins_of_redshift_have_the_density_of_their_draws(catalogue, found):
    edges = np.linspace(-0.5, 1.5, 41)
    borders = np.array([0.2, 0.3, 0.4])
    bins = photo_z.tomographic_bins(found.draws, borders, edges, catalogue[2])
    assert [one.low for one in bins] == [0.2, 0.3]
    for one in bins:
        assert np.sum(one.density * np.diff(edges)) == pytest.approx(1.0)
        assert one.mean == pytest.approx(one.true_mean, abs=0.06)
    empty = photo_z.tomographic_bins(found.draws, np.array([8.0, 9.0]), edges)[0]
    assert empty.count == 0
    assert np.isnan(empty.mean)


def test_columns_that_do_not_fit_the_bands_are_refused(linear, catalogue, pool):
    with pytest.raises(GalaxyError, match="do not fit 4 bands"):
        photo_z.redshifts(pool, *catalogue[:2], linear.bands[:4])
