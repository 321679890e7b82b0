from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from astroviz.stars.parameters import PARAMETERS, PRIOR_TEXT, log_slope, to_theta, to_z


@given(st.lists(st.floats(-5, 5), min_size=9, max_size=9))
@settings(max_examples=50, deadline=None)
def test_scores_and_parameters_are_inverse(scores):
    z = torch.tensor([scores], dtype=torch.float64)
    assert torch.allclose(to_z(to_theta(z)), z, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("log_age", stats.uniform(5.7, 2.3)),
        ("metallicity", stats.truncnorm(-3, 3, 0, 0.15)),
        ("r_v", stats.truncnorm(-1.6, 4.4, 3.3, 0.5)),
        ("distance", stats.loguniform(40, 1200)),
        ("excess_slope", stats.truncnorm(-3, 1.7 / 0.6, 1.8, 0.6)),
    ],
)
def test_prior_is_the_stated_distribution(name, reference):
    z = torch.randn(20_000, 9, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    column = [p.name for p in PARAMETERS].index(name)
    assert stats.kstest(to_theta(z)[:, column].numpy(), reference.cdf).pvalue > 1e-3


def test_mass_function_falls_as_a_power_law_above_one_solar_mass():
    z = torch.randn(400_000, 9, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    log_mass = to_theta(z)[:, 1]
    low = ((log_mass > 0.0) & (log_mass < 0.1)).sum()
    high = ((log_mass > 0.3) & (log_mass < 0.4)).sum()
    assert float(torch.log10(low / high)) == pytest.approx(1.35 * 0.3, abs=0.05)


def test_draws_stay_inside_the_prior_and_every_prior_is_described():
    theta = to_theta(torch.tensor([[-9.0] * 9, [9.0] * 9], dtype=torch.float64))
    for column, parameter in enumerate(PARAMETERS):
        assert parameter.lower - 1e-6 <= theta[0, column] <= theta[1, column]
        assert theta[1, column] <= parameter.upper + 1e-6
    assert set(PRIOR_TEXT) == {parameter.name for parameter in PARAMETERS}


def test_slope_is_prior_over_normal_density():
    z = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None].expand(-1, 9)
    normal = stats.norm.pdf(z[:, 0].numpy())
    age = np.exp(log_slope(z)[:, 0].numpy())
    assert np.allclose(age, normal * 2.3, rtol=1e-3)


def test_field_stars_have_no_parameters():
    z = torch.zeros(2, 9)
    z[1] = torch.nan
    theta = to_theta(z)
    assert theta[0].isfinite().all()
    assert theta[1].isnan().all()
