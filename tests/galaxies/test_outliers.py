"""Strange galaxies among usual ones."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.galaxies.outliers import find_outliers


@pytest.fixture(scope="module")
def catalogue(linear):
    """Forty usual galaxies; the third has a wrong i, the eighth a wrong redshift."""
    rows = [linear.population.galaxy(500 + k, linear.errors) for k in range(40)]
    seen, redshift = np.array([row[1] for row in rows]), np.array([row[0] for row in rows])
    seen[3, 3] -= 3.0
    redshift = redshift[:, linear.redshift].copy()
    redshift[8] += 2.0
    flux = 10 ** (-0.4 * seen)
    flux[5, 0] = np.nan
    return flux, flux * 0.4 * np.log(10) * linear.errors, redshift


@pytest.fixture(scope="module")
def found(linear, catalogue):
    return find_outliers(linear.sampler.pool, *catalogue[:2], linear.bands, catalogue[2], seed=2)


def test_the_galaxy_that_nothing_fits_comes_first(linear, found):
    assert found.order()[0] == 3
    assert found.score[3] > 1
    assert found.rarity[3] <= 2 / 41
    assert found.worst_band(linear.bands)[3] in ("sdss_i", "sdss_r", "sdss_z")
    usual = np.delete(np.arange(40), 3)
    assert np.median(found.score[usual]) < 0.5
    assert np.all(found.log_evidence[3] < found.log_evidence[usual])


def test_usual_galaxies_are_as_probable_as_those_the_population_makes(found):
    usual = np.delete(found.rarity, 3)
    assert 0.25 < usual.mean() < 0.75


def test_a_wrong_redshift_is_seen_where_there_is_one(linear, catalogue, found):
    assert found.redshift_tail[8] < 0.02
    assert np.median(np.delete(found.redshift_tail, 8)) > 0.1
    without = find_outliers(linear.sampler.pool, *(part[:2] for part in catalogue[:2]),
                            linear.bands)  # fmt: skip
    assert np.isnan(without.redshift_tail).all()


def test_a_gap_has_no_residual(found):
    assert np.isnan(found.pulls[5, 0])
    assert np.isfinite(found.pulls[5, 1:]).all()
