from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from astroviz.io.observations import State
from astroviz.stars.likelihood import log_likelihood
from astroviz.stars.noise import error_law, floors, limits, variability
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import PATTERNS, simulate
from astroviz.stars.surveys import QUANTITIES, index_of


def catalogue(n=2000, seed=0, **settings):
    return simulate(n, torch.Generator().manual_seed(seed), **settings)


def test_the_same_seed_gives_the_same_stars():
    first, second = catalogue(100, 4), catalogue(100, 4)
    assert torch.equal(first.values, second.values)
    assert torch.equal(first.states, second.states)
    assert not torch.equal(first.values, catalogue(100, 5).values)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_hold_their_surveys_and_no_others(pattern):
    stars = catalogue(500, pattern=pattern)
    for column, quantity in enumerate(QUANTITIES):
        covered = (stars.states[:, column] != State.NOT_COVERED).float().mean()
        if quantity.survey not in PATTERNS[pattern]:
            assert covered == 0
        elif quantity.name in ("g", "j", "w1", "i1"):
            assert covered > 0.95


def test_limits_are_brighter_than_the_star_would_be():
    stars = catalogue(5000)
    limit = stars.states[:, 1:16] == State.LIMIT
    fainter = stars.intrinsic[:, 1:16] - stars.values[:, 1:16]
    assert limit.sum() > 500
    assert float(fainter[limit].quantile(0.1)) > -0.5


def test_noise_has_the_reported_width():
    stars = catalogue(20000, pattern="all", class_weights=(1.0, 0.0, 0.0, 0.0))
    seen = (stars.states[:, 4] == State.OBSERVED) & (stars.values[:, 4] < 14)
    pull = (stars.values - stars.intrinsic)[seen, 4] / stars.errors[seen, 4]
    assert float(pull.std()) == pytest.approx(1.0, abs=0.03)


def test_a_disk_makes_infrared_stars():
    stars = catalogue(4000, class_weights=(0.5, 0.5, 0.0, 0.0))
    colour = stars.intrinsic[:, index_of("ks")] - stars.intrinsic[:, index_of("w3")]
    assert colour[stars.classes == 1].median() > colour[stars.classes == 0].median() + 0.5


def test_observations_keep_values_only_where_there_are_some():
    stars = catalogue(200)
    observations = stars.observations
    blank = np.isin(observations.states, (State.NOT_COVERED, State.UNUSABLE))
    assert np.isnan(observations.values[blank]).all()
    assert np.isfinite(observations.values[~blank]).all()


def likelihood_of(theta, values, errors, states, disk=False, physics=None):
    n = len(theta)
    return log_likelihood(
        theta, torch.full((n,), disk), torch.zeros(n, dtype=theta.dtype),
        torch.zeros(n, dtype=theta.dtype), values, errors, states,
        physics or Physics(dtype=torch.float64),
    )  # fmt: skip


def one_star(disk=False):
    physics = Physics(dtype=torch.float64)
    theta = torch.tensor([[6.8, -0.3, 0.0, 1.0, 3.1, 150.0, 0.0, 2.0, 3.0]]).double()
    mag, _ = physics.magnitudes(theta, torch.tensor([disk]))
    return physics, theta, mag[0]


def test_likelihood_of_bands_is_the_correlated_normal_of_each_survey():
    physics, theta, mag = one_star()
    values, errors = torch.full((20,), torch.nan).double(), torch.full((20,), 0.05).double()
    states = torch.full((20,), int(State.NOT_COVERED), dtype=torch.int8)
    values[4:7] = mag[3:6] + torch.tensor([0.08, -0.03, 0.05]).double()
    states[4:7] = int(State.OBSERVED)
    noise = errors[4:7] * (error_law(mag) / error_law(torch.where(values[1:16].isnan(), mag,
                           values[1:16])))[3:6]  # fmt: skip
    covariance = np.diag((noise**2 + floors(torch.float64)[3:6] ** 2).numpy())
    covariance += float(variability("2MASS", torch.tensor(False), torch.float64)) ** 2
    expected = stats.multivariate_normal(np.zeros(3), covariance).logpdf(
        (values[4:7] - mag[3:6]).numpy()
    )
    found = likelihood_of(theta, values, errors, states, physics=physics)
    assert float(found[0]) == pytest.approx(expected, abs=1e-6)


def test_likelihood_of_a_limit_is_the_chance_to_miss_the_star():
    physics, theta, mag = one_star()
    values, errors = torch.full((20,), torch.nan).double(), torch.full((20,), 0.2).double()
    states = torch.full((20,), int(State.NOT_COVERED), dtype=torch.int8)
    states[10] = int(State.LIMIT)  # W4
    values[10] = mag[9] + 0.1
    noise = float(0.2 * (error_law(mag) / error_law(values[1:16].nan_to_num(12.0)))[9])
    width = np.hypot(noise, float(floors()[9]))
    width = np.hypot(width, float(variability("WISE", torch.tensor(False))))
    expected = stats.norm.logsf(0.1 / width)
    found = likelihood_of(theta, values, errors, states, physics=physics)
    assert float(found[0]) == pytest.approx(expected, abs=2e-3)


def test_what_was_not_seen_says_nothing():
    physics, theta, _ = one_star()
    values, errors = torch.full((20,), torch.nan).double(), torch.full((20,), torch.nan).double()
    for state in (State.NOT_COVERED, State.UNUSABLE, State.IGNORED):
        states = torch.full((20,), int(state), dtype=torch.int8)
        assert float(likelihood_of(theta, values, errors, states, physics=physics)[0]) == 0.0


def test_outside_the_tracks_the_likelihood_is_zero():
    physics, theta, _ = one_star()
    theta[0, 0], theta[0, 1] = 8.0, -1.52
    states = torch.full((20,), int(State.NOT_COVERED), dtype=torch.int8)
    nothing = torch.full((20,), torch.nan).double()
    assert float(likelihood_of(theta, nothing, nothing, states, physics=physics)[0]) == -np.inf


def test_likelihood_prefers_the_truth():
    physics = Physics()
    stars = catalogue(500, pattern="all", class_weights=(1.0, 0.0, 0.0, 0.0))
    told = (stars.values, stars.errors, stars.states, physics)
    own = log_likelihood(stars.theta, stars.classes == 1, stars.mass_ratio, stars.veiling, *told)
    moved = stars.theta.clone()
    moved[:, 3] = (moved[:, 3] + 1.0).clamp(max=20)
    other = log_likelihood(moved, stars.classes == 1, stars.mass_ratio, stars.veiling, *told)
    assert (own > other).float().mean() > 0.95


def test_limits_of_all_bands_are_plausible():
    assert (limits() > 7).all()
    assert (limits() < 22).all()
