from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from astroviz.accuracy.ecdf import ecdf_difference
from astroviz.plots.coverage import CoverageBars, PitHistogram, RankPlot, TarpPlot, pit_marks
from astroviz.plots.theme import colour


def test_ranks_outside_their_band_are_named(parts_of):
    rng = np.random.default_rng(0)
    good, bad = ecdf_difference(rng.random(2000)), ecdf_difference(rng.random(2000) ** 1.3)
    plot = RankPlot(["log_age", "a_v"])
    before = parts_of(plot.layout)
    curves = {"log_age": good.difference, "a_v": bad.difference}
    plot.update(good.levels, curves, good.lower, good.upper)
    assert parts_of(plot.layout) == before
    assert "outside for a_v" in plot.describe()
    assert plot.figure.y_range.end > np.abs(bad.difference).max()
    np.testing.assert_allclose(plot.source.data["a_v"], bad.difference, atol=1e-6)
    plot.update(good.levels, {"log_age": good.difference}, good.lower, good.upper)
    assert "inside for all" in plot.describe()
    assert np.isnan(plot.source.data["a_v"]).all()


def test_a_miss_differs_in_colour_and_shape(parts_of):
    plot = CoverageBars()
    before = parts_of(plot.layout)
    plot.update(["all", "no WISE", "Gaia only"], [0.9, 0.86, 0.85], [0.007, 0.006, 0.007])
    data = plot.source.data
    # 0.86 is outside the goal but within two of its errors of it
    assert data["inside"].tolist() == [True, True, False]
    assert data["marker"] == ["circle", "circle", "diamond"]
    assert data["fill"][2] == colour("truth")
    assert plot.figure.y_range.factors == ["Gaia only", "no WISE", "all"]
    assert "2 of 3 cells" in plot.describe()
    plot.set_dark(True)
    assert plot.source.data["fill"][2] == colour("truth", dark=True)
    assert parts_of(plot.layout) == before
    assert "90 %" in plot.figure.xaxis[0].axis_label


def test_the_tarp_curve_against_its_band():
    level = np.linspace(0, 1, 101)
    width = 0.04 * np.sqrt(4 * level * (1 - level))
    plot = TarpPlot()
    plot.update(level, level, level - width, level + width)
    assert "inside its 95 % band, 0.000" in plot.describe()
    plot.update(level, level**1.5, level - width, level + width)
    assert "outside its 95 % band, 0.148" in plot.describe()


def test_transforms_are_counted_in_full_and_the_band_is_binomial():
    u = np.append(np.random.default_rng(1).random(800), [np.nan, 1.0, 0.0])
    marks = pit_marks(u, bins=20)
    assert marks["count"].sum() == 802
    assert marks["density"].mean() == pytest.approx(1)
    assert marks["upper"] == pytest.approx(binom.ppf(0.975, 802, 0.05) / 40.1)


def test_about_one_bin_in_twenty_of_a_uniform_sample_leaves_its_band():
    rng = np.random.default_rng(2)
    outside = [
        np.mean((m["density"] < m["lower"]) | (m["density"] > m["upper"]))
        for m in (pit_marks(rng.random(1000)) for _ in range(300))
    ]
    assert 0.02 < np.mean(outside) < 0.06


def test_a_histogram_update_patches(parts_of):
    plot = PitHistogram()
    before = parts_of(plot.layout)
    assert "nothing measured" in plot.describe()
    plot.update(np.random.default_rng(3).beta(3, 3, 500))
    assert parts_of(plot.layout) == before
    assert plot.figure.y_range.end > plot.source.data["density"].max()
    assert "500" in plot.describe()
