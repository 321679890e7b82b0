"""Bias over Galactic coordinates: symmetric colours, east to the left, no jump at l = 0."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import SelectionGeometry, Tap

from astroviz.plots.bias_sky import BiasSky, unwrapped
from astroviz.plots.coloured import diverging
from astroviz.plots.theme import colour

L = np.array([359.0, 1.0, 358.0, 3.0, np.nan])
B = np.array([18.0, 19.0, 20.0, 17.0, 18.0])
BIAS = np.array([0.5, -0.1, 0.0, np.nan, 0.3])


@pytest.fixture
def plot():
    plot = BiasSky()
    plot.update(L, B, BIAS, "log age", "dex")
    return plot


@pytest.mark.parametrize("middle", [0.0, 90.0, 180.0, 359.5])
def test_longitudes_go_on_across_zero(middle):
    offsets = np.array([-20.0, -3.0, 4.0, 19.0])
    found = unwrapped((middle + offsets) % 360)
    np.testing.assert_allclose(np.diff(found), np.diff(offsets))
    np.testing.assert_allclose((found - middle - offsets + 180) % 360, 180)
    assert np.isnan(unwrapped(np.array([np.nan]))).all()


def test_stars_all_round_are_centred_on_the_galactic_centre():
    found = unwrapped(np.arange(0.5, 360.0, 7.2))
    assert (np.abs(found) <= 180).all()
    assert np.ptp(found) > 340


def test_stars_lie_at_their_places_and_longitude_grows_to_the_left(plot):
    assert plot.points.data["row"].tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(np.asarray(plot.points.data["x"]) % 360, L[:4], atol=1e-4)
    assert np.ptp(plot.points.data["x"]) == pytest.approx(5, abs=1e-4)
    x, y = plot.figure.x_range, plot.figure.y_range
    assert x.start > max(plot.x) > min(plot.x) > x.end
    assert y.start < 17 < 20 < y.end
    assert "l (deg)" in plot.figure.xaxis[0].axis_label


def test_colours_diverge_from_zero_with_equal_limits(plot):
    assert plot.scale.mapper.low == -plot.scale.mapper.high
    fill = plot.points.data["fill"]
    assert fill[0] == diverging()[-1]
    assert fill[2] == diverging()[100]
    assert plot.scale.bar.title.startswith("posterior mean \u2212 truth of log age (dex)")
    plot.set_dark(True)
    assert plot.points.data["fill"][2] == diverging(dark=True)[100]


def test_a_star_without_a_truth_is_hollow(plot):
    data = plot.points.data
    assert plot.scale.bar.title.endswith("; hollow: truth not known")
    assert data["fill_alpha"][3] == 0 < data["fill_alpha"][2]
    assert data["line"][3] == data["fill"][3] == colour("prior")
    assert data["name"][3] == "star 3: truth not known"
    assert data["name"][1] == "star 1: \u22120.10 dex"


def test_brush_pick_and_select_speak_of_rows(plot, parts_of):
    before = parts_of(plot.layout)
    brushed, picked = [], []
    plot.on_brush(lambda rows, mode: brushed.append((rows.tolist(), mode)))
    plot.on_pick(picked.append)
    box = {"type": "rect", "x0": -1000, "x1": 1000, "y0": 17.5, "y1": 19.5}
    plot.figure._trigger_event(SelectionGeometry(plot.figure, box, final=True))
    assert brushed == [([0, 1], "replace")]
    plot.figure._trigger_event(Tap(plot.figure, x=float(plot.x[2]), y=20.0))
    assert picked == [2]
    plot.select([0, 1], current=2)
    assert "4 real stars, mean +0.17, 2 selected" in plot.describe()
    assert parts_of(plot.layout) == before
    assert plot.layout.html_attributes["aria-label"] == plot.describe()


def test_ticks_over_the_whole_circle_are_parts_of_it(plot):
    assert 5 in plot.ticker.mantissas
    rng = np.random.default_rng(0)
    plot.update(rng.uniform(0, 360, 100), np.zeros(100), np.zeros(100), "A_V", "mag")
    assert 6 in plot.ticker.mantissas
    assert plot.figure.y_range.start < plot.figure.y_range.end


def test_unequal_arrays_are_refused_and_no_stars_are_allowed(plot):
    with pytest.raises(ValueError, match="one of each per star"):
        plot.update(L, B, BIAS[:2], "log age", "dex")
    plot.update([], [], [], "log age", "dex")
    assert "0 real stars" in plot.describe()
    assert not plot.scale.bar.visible
