"""Surveys that could be, of a population whose posteriors are known."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.pool import Pool
from astroviz.galaxies.survey_design import Survey, forecast, known_surveys, observe_population


@pytest.fixture(scope="module")
def pool(linear):
    """A population in the bands of SDSS."""
    return Pool.of_population(linear.population, 25_000, seed=4)


def test_a_population_is_seen_with_the_noise_of_the_depth(linear, pool):
    survey = Survey("mine", depths=dict.fromkeys(linear.bands, 21.0), floor=0.0)
    seen = observe_population(pool, survey, seed=1)
    assert seen.bands == linear.bands
    true = 10 ** (-0.4 * pool.magnitudes(linear.bands).astype(float))
    pull = (seen.flux - true) / seen.sigma
    assert abs(pull.mean()) < 0.02
    assert pull.std() == pytest.approx(1.0, abs=0.03)
    at_depth = np.abs(seen.magnitudes[:, 2] - 21.0) < 0.2
    if at_depth.sum() > 20:
        assert np.median((seen.flux / seen.sigma)[at_depth, 2]) == pytest.approx(5, rel=0.2)
    assert np.all(seen.flux[seen.kept, 2] > 5 * seen.sigma[seen.kept, 2])


def test_a_limit_keeps_the_bright(linear, pool):
    middle = float(np.median(pool.magnitudes(linear.bands)[:, 2]))
    seen = observe_population(pool, Survey("sdss", deeper=5.0, brighter=middle), seed=0)
    assert seen.kept.mean() == pytest.approx(0.5, abs=0.02)


def test_more_depth_tells_more(pool, linear):
    depths = {band: float(np.median(pool.magnitudes([band]))) for band in linear.bands}
    shallow, deep = (
        forecast(pool, Survey("mine", depths=depths, deeper=more, brighter=19.0), 40, seed=0)
        for more in (0.5, 4.0)
    )
    assert deep.kept > shallow.kept
    assert deep.bits[0] > shallow.bits[0] + 0.2
    assert deep.after[0] < shallow.after[0]
    assert deep.names[:2] == ("redshift", "log_mass")
    assert np.all(deep.after <= deep.before * 1.2)


def test_the_forecast_is_the_posterior_on_paper(linear, pool):
    # relative errors alone: the covariance does not depend on the galaxy
    floor, bright = 0.05, 60.0
    survey = Survey("mine", depths=dict.fromkeys(linear.bands, bright), floor=floor)
    found = forecast(pool, survey, 60, seed=1, names=("redshift", "log_mass_formed"))
    errors = np.full(5, floor / (0.4 * np.log(10)))
    covariance = linear.population.posterior(np.zeros(5), errors)[1]
    for k, at in enumerate((linear.redshift, linear.mass)):
        assert found.after[k] == pytest.approx(np.sqrt(covariance[at, at]), rel=0.25)
        expected = np.sqrt(linear.population.covariance[at, at])
        assert found.before[k] == pytest.approx(expected, rel=0.05)


def test_surveys_are_known_by_name_and_can_be_joined():
    assert "lsst_year_10" in known_surveys()
    both = Survey("sdss+twomass")
    assert both.bands[-1] == "twomass_ks"
    assert both.reference == "sdss_r"
    assert Survey("twomass").reference == "twomass_h"


def test_what_cannot_be_is_said(pool: Pool):
    with pytest.raises(GalaxyError, match="keeps 0 of"):
        forecast(pool, Survey("sdss", brighter=-30.0), 10)
    with pytest.raises(GalaxyError, match="no quantity 'colour'"):
        forecast(pool, Survey("sdss"), 10, names=("colour",))
    with pytest.raises(GalaxyError, match="has no lsst_y"):
        _ = Survey("sdss", limit="lsst_y").reference
