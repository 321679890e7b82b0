"""The made-up survey: its law, its limit, its noise, and the figures that judge a fit by it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import kstest, truncnorm

from astroviz.galaxies.features import Features
from astroviz.galaxies.fitting import Survey
from astroviz.galaxies.mock import BANDS, LIMIT, draw_law, make_mock, mass_cut
from astroviz.galaxies.mock_scores import coverage, prior_population, ridge, scores, truth_columns
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS, GalaxyError
from astroviz.galaxies.population import Population
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.sps import synthesis
from astroviz.galaxies.volumes import comoving_distance


@pytest.fixture(scope="module")
def mock():
    return make_mock(4000, seed=2)


def column(theta: np.ndarray, name: str) -> np.ndarray:
    return theta[:, PARAMETERS.index(name)]


def test_parameters_follow_the_law_that_is_stated():
    theta = draw_law(20_000, np.random.default_rng(0))
    for name in ("kappa1", "kappa2", "kappa3"):
        assert kstest(column(theta, name), "uniform").pvalue > 1e-4
    for name, mean, width in (("log_z", -0.4, 0.4), ("tau2", 0.5, 0.4), ("f_burst", 0.0, 0.1)):
        low, high = BOUNDS[name]
        law = truncnorm((low - mean) / width, (high - mean) / width, mean, width)
        assert kstest(column(theta, name), law.cdf).pvalue > 1e-4
    z, mass = column(theta, "redshift"), column(theta, "log_mass_formed")
    assert (mass >= mass_cut(z) - 1e-3).all()
    assert (column(theta, "t_burst") < 13.3).all()


def test_masses_at_one_redshift_follow_the_mass_function():
    theta = draw_law(200_000, np.random.default_rng(1))
    z, mass = column(theta, "redshift"), column(theta, "log_mass_formed")
    near = (z > 0.14) & (z < 0.15)
    # from the most complete mass on the shape is that of the law
    counts = np.histogram(mass[near], [10.6, 10.8, 11.0, 11.2, 11.4])[0]
    x = 10 ** (np.array([10.7, 10.9, 11.1, 11.3]) - 0.23 - 10.78)
    wanted = np.exp(-x) * (2.93e-3 * x**0.38 + 0.63e-3 * x**-0.5)
    assert counts / counts.sum() == pytest.approx(wanted / wanted.sum(), abs=0.04)


def test_redshifts_follow_the_volume_where_all_masses_count():
    theta = draw_law(400_000, np.random.default_rng(2))
    z, mass = column(theta, "redshift"), column(theta, "log_mass_formed")
    massive = mass > 11.3  # above the cut up to z = 0.35
    inner = np.sum(massive & (z < 0.2)) / np.sum(massive & (z < 0.3))
    wanted = (comoving_distance(0.2) / comoving_distance(0.3)) ** 3
    assert inner == pytest.approx(float(wanted), abs=0.03)


def test_the_catalogue_is_what_the_survey_sees(mock):
    assert len(mock) == len(mock.catalogue) == 4000
    assert mock.catalogue.magnitudes[:, 2].max() < LIMIT
    with torch.no_grad():
        again = synthesis().magnitudes(torch.tensor(mock.theta), BANDS).numpy()
    assert again == pytest.approx(mock.magnitudes, abs=1e-4)
    bright = mock.magnitudes[:, 2] < 19
    pull = (mock.catalogue.magnitudes - mock.magnitudes)[bright] / mock.catalogue.errors[bright]
    assert np.std(pull[:, 1:], axis=0) == pytest.approx(1.0, abs=0.1)


def test_a_seed_gives_the_same_again_and_another_does_not(mock):
    again, other = make_mock(300, seed=5), make_mock(300, seed=6)
    assert np.array_equal(again.theta, make_mock(300, seed=5).theta)
    assert not np.array_equal(again.theta, other.theta)
    with pytest.raises(GalaxyError, match="positive number of galaxies"):
        make_mock(0)


def test_the_prior_is_scored_as_far_and_the_truth_as_right(mock):
    survey = Survey(PopulationPrior("mock"), synthesis(), mock.noise, mock.selection)
    features = Features.of(BANDS, mock.catalogue.magnitudes)
    whole = prior_population(Population([_identity(len(BANDS))], survey, features))
    truth = truth_columns(mock.theta, synthesis())
    found = scores(whole, truth, 2000)
    assert 0.2 < found["ks"]["kappa1"] < 0.5, "flat Dirichlet against uniform"
    assert found["w1"]["log_mass"] > 0.05
    assert max(map(abs, ridge(truth, truth))) == 0.0
    halves = [{k: v[part::3] for k, v in truth.items()} for part in range(3)]
    assert coverage(halves, truth, "redshift") > 0.9
    wrong = [{k: v + 0.2 for k, v in half.items()} for half in halves]
    assert coverage(wrong, truth, "redshift") < 0.5


def _identity(bands: int):
    from astroviz.galaxies.member import Member
    from astroviz.galaxies.spline_flow import SplineFlow

    return Member(SplineFlow(len(PARAMETERS), 1, 8, 4), bands)
