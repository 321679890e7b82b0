"""Histograms of what was simulated and what is there: densities, names, two panels."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.prior_shift import PriorShift, stairs

EDGES = np.array([5.7, 6.0, 6.5, 8.0])
SERIES = {"simulated": np.array([30, 50, 150]), "target, inferred": np.array([1, 3, 0])}


@pytest.fixture
def plot():
    plot = PriorShift()
    plot.update("log_age", EDGES, SERIES)
    return plot


def test_an_outline_is_a_density():
    x, y = stairs(EDGES, np.array([3, 5, 2]))
    assert (y[0], y[-1]) == (0, 0)
    assert np.trapezoid(y, x) == pytest.approx(1)
    at = dict(zip(x[1::2], y[1::2], strict=True))  # right of every edge
    np.testing.assert_allclose([at[e] for e in EDGES[:-1]], [1.0, 1.0, 2 / 15])
    assert stairs(EDGES, np.zeros(3))[1].tolist() == [0] * 8
    with pytest.raises(ValueError, match="one for each bin"):
        stairs(EDGES, np.zeros(4))


def test_a_panel_shows_its_series_and_the_other_stays(plot):
    other = plot.figures[1].x_range.end
    for source, counts in zip(plot.sources["log_age"], SERIES.values(), strict=False):
        np.testing.assert_allclose(source.data["x"], stairs(EDGES, counts)[0], rtol=1e-6)
        np.testing.assert_allclose(source.data["y"], stairs(EDGES, counts)[1], rtol=1e-5)
    assert len(plot.sources["log_age"][2].data["x"]) == 0
    assert all(len(source.data["x"]) == 0 for source in plot.sources["log_mass"])
    assert plot.figures[1].x_range.end == other
    ages = plot.figures[0]
    assert ages.x_range.start < 5.7 < 8.0 < ages.x_range.end
    assert ages.y_range.end > 1.5  # 3 of 4 stars in half a dex
    assert [figure.xaxis[0].axis_label for figure in plot.figures] == [
        "log age (yr)", "log mass (M\u2609)"
    ]  # fmt: skip


def test_the_legend_has_the_names_in_use(plot):
    assert [item.visible for item in plot._entries] == [True, True, False]
    three = {**SERIES, "target, truth": np.array([2, 2, 0])}
    plot.update("log_mass", EDGES - 7, three)
    assert [item.label["value"] for item in plot._entries] == list(three)
    assert all(item.visible for item in plot._entries)


def test_means_are_told_in_words(plot):
    middle = 0.5 * (EDGES[1:] + EDGES[:-1])
    mean = np.average(middle, weights=SERIES["target, inferred"])
    assert f"target, inferred {mean:.2f}" in plot.describe()
    assert plot.layout.html_attributes["aria-label"] == plot.describe()
    assert "nothing counted" in PriorShift().describe()


def test_updates_patch_the_same_models(plot, parts_of):
    before = parts_of(plot.layout)
    plot.update("log_age", EDGES + 0.1, {"simulated": np.array([1, 0, 0])})
    plot.update("log_mass", EDGES - 7, SERIES)
    plot.set_dark(True)
    assert parts_of(plot.layout) == before


def test_an_unknown_panel_and_too_many_histograms_are_refused(plot):
    with pytest.raises(ValueError, match="log_age, log_mass"):
        plot.update("a_v", EDGES, SERIES)
    with pytest.raises(ValueError, match="room for 3"):
        plot.update("log_age", EDGES, {f"{k}": np.ones(3) for k in range(4)})
