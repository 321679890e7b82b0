"""Coverage at several levels: bars where they belong, bands of the right number of stars."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from astroviz.plots.coverage_bars import CoverageComparison, binomial_band, effective_count

LEVELS = np.array([0.5, 0.68, 0.9])
COVERAGE = {
    "sim": np.array([[0.5, 0.68, 0.9], [0.51, 0.67, 0.91]]),
    "real, no adaptation": np.array([[0.2, 0.35, 0.57], [0.4, 0.6, 1.0]]),
    "real, adapted": np.array([[0.5, 0.66, 0.88], [0.52, 0.7, np.nan]]),
}
COUNTS = {"sim": 2000, "real, no adaptation": 160, "real, adapted": 160}
ERRORS = {name: np.sqrt(c * (1 - c) / COUNTS[name]) for name, c in COVERAGE.items()}


@pytest.fixture
def plot():
    plot = CoverageComparison()
    plot.update(["log age", "A_V"], LEVELS, COVERAGE, ERRORS)
    return plot


def test_the_number_of_stars_is_read_from_the_errors():
    for name, count in COUNTS.items():
        for coverage, errors in zip(COVERAGE[name], ERRORS[name], strict=True):
            assert effective_count(coverage, errors) == pytest.approx(count)
    assert np.isnan(effective_count(np.array([0.0, 1.0]), np.zeros(2)))


def test_the_band_holds_95_per_cent_of_right_coverages():
    low, high = binomial_band(0.9, 160)
    drawn = np.random.default_rng(0).binomial(160, 0.9, 20000) / 160
    assert 0.94 < np.mean((drawn >= low) & (drawn <= high)) < 0.975
    assert (low, high) == pytest.approx(tuple(binom.ppf([0.025, 0.975], 160, 0.9) / 160))
    assert np.isnan(binomial_band(0.9, float("nan"))).all()


def test_bars_stand_side_by_side_at_their_parameter_and_level(plot):
    factors = plot.figure.x_range.factors
    assert factors == [(p, t) for p in ("log age", "A_V") for t in ("50 %", "68 %", "90 %")]
    for k, name in enumerate(COVERAGE):
        data = plot.bars[k].data
        np.testing.assert_allclose(data["top"], 100 * COVERAGE[name].ravel(), rtol=1e-6)
        assert [place[:2] for place in data["left"]] == factors
        assert all(a[2] < b[2] for a, b in zip(data["left"], data["right"], strict=True))
    edges = [plot.bars[k].data[side][0][2] for k in range(3) for side in ("from", "to")]
    assert edges == sorted(edges)
    assert max(np.abs(edges)) <= 0.5
    assert plot.bars[3].data["top"] == []


def test_ticks_are_at_the_levels_with_bands_around_them(plot):
    np.testing.assert_allclose(plot.goals.data["level"], [50, 68, 90, 50, 68, 90])
    sim, real = plot.bars[0].data, plot.bars[1].data
    width = [np.asarray(d["band_high"]) - np.asarray(d["band_low"]) for d in (sim, real)]
    assert (width[0] < 0.5 * width[1]).all()  # more stars, narrower
    for data in (sim, real):
        assert (np.asarray(data["band_low"]) < np.asarray(data["level"])).all()
        assert (np.asarray(data["band_high"]) > np.asarray(data["level"])).all()


def test_whiskers_are_one_error_and_end_at_all(plot):
    data = plot.bars[1].data
    error = 100 * ERRORS["real, no adaptation"][0, 0]
    assert data["high"][0] - data["top"][0] == pytest.approx(error, rel=1e-4)
    assert max(data["high"]) <= 100


def test_it_says_how_many_agree(plot):
    words = plot.describe()
    assert "sim 6 of 6" in words
    assert "real, no adaptation 0 of 6" in words
    assert "real, adapted 5 of 6" in words  # one is not known
    assert plot.layout.html_attributes["aria-label"] == words


def test_two_series_or_three_patch_the_same_models(plot, parts_of):
    before = parts_of(plot.layout)
    two = {name: COVERAGE[name][:1] for name in list(COVERAGE)[1:]}
    plot.update(["distance"], LEVELS, two, {name: ERRORS[name][:1] for name in two})
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    assert [item.visible for item in plot._entries] == [True, True, False, False]
    assert plot._entries[0].label["value"] == "real, no adaptation"
    assert len(plot.bars[2].data["top"]) == 0


def test_shapes_that_do_not_fit_are_refused(plot):
    with pytest.raises(ValueError, match="'sim' need shape \\(1, 3\\)"):
        plot.update(["log age"], LEVELS, COVERAGE, ERRORS)
    with pytest.raises(ValueError, match="room for 4"):
        plot.update(["a"], LEVELS, {f"{k}": np.zeros((1, 3)) for k in range(5)}, {})
    assert "nothing measured" in CoverageComparison().describe()
