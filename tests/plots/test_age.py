from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.age import AgePlot, age_chances


@pytest.fixture(scope="module")
def log_age():
    return np.random.default_rng(0).normal(6.8, 0.3, 4000).clip(5.7, 8)


def test_chances_count_weighted_draws(log_age):
    found = age_chances(log_age)
    assert found["P(age < 10 Myr)"] == pytest.approx(np.mean(log_age < 7))
    weights = (log_age > 7).astype(float)
    found = age_chances(log_age, weights)
    assert found["P(age < 10 Myr)"] == 0
    assert found["P(age < 60 Myr)"] == pytest.approx(np.mean(log_age[log_age > 7] < np.log10(6e7)))
    assert np.isnan(list(age_chances(np.full(3, np.nan)).values())).all()


def test_the_bars_show_what_the_page_knows(log_age):
    plot = AgePlot()
    plot.update(log_age, chances={"P(young)": 0.9, "P(age < 10 Myr)": 0.7})
    assert plot.bars.data["name"] == ["P(young)", "P(age < 10 Myr)"]
    assert plot.bars.data["text"] == ["0.90", "0.70"]
    assert plot.bars.data["length"][0] / plot.bars.data["length"][1] == pytest.approx(9 / 7)


def test_posterior_and_prior_share_one_scale(log_age, parts_of):
    plot = AgePlot()
    plot.update(log_age)
    before = parts_of(plot.layout)
    plot.set_prior(np.random.default_rng(1).uniform(5.7, 8, 20000))
    x, y = (plot.posterior.data[key] for key in ("x", "y"))
    area = y.sum() * (x[1] - x[0])
    prior_x, prior_y = (plot.prior.data[key] for key in ("x", "y"))
    assert prior_y.sum() * (prior_x[1] - prior_x[0]) == pytest.approx(area, rel=0.01)
    assert prior_y.max() < y.max() == pytest.approx(1)
    plot.mark("truth", 6.8)
    plot.mark("literature", [6.5, 7.0])
    plot.update(log_age + 0.2)
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    plot.set_prior()
    assert len(plot.prior.data["x"]) == 0
    with pytest.raises(ValueError, match="truth"):
        plot.mark("guess", 7)


def test_the_interval_is_the_central_68_per_cent(log_age):
    plot = AgePlot()
    plot.update(log_age)
    x = plot.interval.data["x"]
    low, high = np.quantile(log_age, (0.16, 0.84))
    assert (x[0], x[-1]) == pytest.approx((low, high), abs=0.04)
    assert "68 % interval" in plot.describe()


def test_no_draws_draw_nothing():
    plot = AgePlot()
    plot.update(np.empty(0))
    assert len(plot.posterior.data["x"]) == 0
    assert plot.bars.data["length"].tolist() == [0, 0]
    assert "no draws" in plot.describe()
