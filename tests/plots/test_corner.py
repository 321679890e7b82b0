from __future__ import annotations

import time

import numpy as np
import pytest
from bokeh.models import GridPlot, Scatter

from astroviz.plots.corner import Corner, axis_title, corner_marks, format_interval
from astroviz.plots.density import Axis
from astroviz.plots.theme import colour


def test_marks_have_all_marginals_and_pairs(axes, make_draws):
    draws = make_draws()
    marks = corner_marks(draws, axes)
    assert sorted(marks.joints) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    for k, part in enumerate(marks.marginals):
        np.testing.assert_allclose(part.quantiles[1], np.median(draws[:, k]), rtol=1e-3)
    np.testing.assert_array_equal(marks.points, draws[:500])


def test_draws_of_the_wrong_shape_are_named(axes, make_draws):
    with pytest.raises(ValueError, match=r"\(2000, 3\).*log_age, log_mass, a_v, effective"):
        corner_marks(make_draws()[:, :3], axes)
    with pytest.raises(ValueError, match="1 to 4 parameters, not 5"):
        Corner([*axes, Axis("r_v", "R_V")])


def test_an_update_patches_and_makes_no_model(axes, make_draws, parts_of):
    corner = Corner(axes)
    corner.update(make_draws(seed=0))
    before = parts_of(corner.layout)
    region = corner.sources["posterior:0:1"].data["xs"]
    corner.update(make_draws(seed=1), fit=False)
    assert parts_of(corner.layout) == before
    assert corner.sources["posterior:0:1"].data["xs"] is not region


def test_columns_are_small_numbers(axes, make_draws):
    corner = Corner(axes)
    corner.update(make_draws())
    for key in ("points", "posterior:0"):
        for column in corner.sources[key].data.values():
            assert column.dtype == np.float32
    ring = corner.sources["posterior:1:2"].data["xs"][0][0][0]
    assert ring.dtype == np.float32
    assert len(corner.sources["points"].data["a_v"]) == 500


def test_ranges_hold_still_during_a_drag_and_follow_after(axes, make_draws):
    corner = Corner(axes)
    corner.update(make_draws())
    ranges = [(r.start, r.end) for r in corner._ranges]
    corner.update(make_draws() + np.float32(0.5), fit=False)
    assert [(r.start, r.end) for r in corner._ranges] == ranges
    corner.fit()
    assert corner._ranges[0].start > ranges[0][0]
    for k, part in enumerate(corner._sets["posterior"].marginals):
        assert corner._ranges[k].start < part.quantiles[0] < corner._ranges[k].end
    assert corner.figures[0, 1].x_range is corner.figures[0, 0].x_range
    assert corner.figures[0, 1].y_range is corner.figures[1, 2].x_range


def test_titles_give_median_and_interval(axes, make_draws):
    corner = Corner(axes)
    draws = make_draws(n=20000)
    corner.update(draws)
    title = corner.figures[3, 3].title.text
    median, up, down = (float(t.replace("\u2212", "-")) for t in title.split())
    q16, q50, q84 = np.quantile(draws[:, 3], (0.16, 0.5, 0.84))
    assert (median, up, down) == pytest.approx((q50, q84 - q50, q16 - q50), abs=1)


@pytest.mark.parametrize(
    ("quantiles", "text"),
    [
        ((6.5, 6.71, 6.93), "6.71 +0.22 \u22120.21"),
        ((3780.0, 3905.0, 4060.0), "3905 +155 \u2212125"),
        ((-0.42, -0.3, -0.2), "\u22120.30 +0.10 \u22120.12"),
        ((0.0010, 0.0021, 0.0035), "0.0021 +0.0014 \u22120.0011"),
        ((np.nan, np.nan, np.nan), "no value"),
    ],
)
def test_numbers_have_the_digits_they_deserve(quantiles, text):
    assert format_interval(quantiles) == text


def test_units_are_on_the_axes(axes):
    assert [axis_title(axis) for axis in axes] == [
        "log age (yr)",
        "log mass (M\u2609)",
        "A_V (mag)",
        "Teff (K)",
    ]
    assert axis_title(Axis("r_v", "R_V")) == "R_V"
    corner = Corner(axes)
    assert corner.figures[2, 3].xaxis[0].axis_label == "A_V (mag)"
    assert corner.figures[0, 2].yaxis[0].axis_label == "A_V (mag)"


def test_overlays_and_marks_come_and_go(axes, make_draws):
    corner = Corner(axes)
    corner.update(make_draws())
    corner.overlay("pinned", make_draws(width=2))
    corner.overlay("prior", make_draws(width=5))
    corner.mark("truth", {"a_v": 0.4, "unknown": 3})
    corner.mark("literature", {"a_v": [0.3, 0.5]}, {"a_v": [0.1, 0.2]})
    visible = {item.label.value: item.visible for item in corner.legend.items}
    assert all(visible.values())
    literature = corner.sources["literature"].data
    np.testing.assert_allclose(literature["a_v_low"], [0.2, 0.3], rtol=1e-6)
    assert np.isnan(literature["log_age"]).all()
    assert "pinned" in corner.describe()
    for role in ("pinned", "prior"):
        corner.overlay(role)
    corner.mark("truth")
    assert len(corner.sources["pinned:0"].data["x"]) == 0
    assert corner.sources["prior:0:1"].data["xs"] == [[], []]
    visible = {item.label.value: item.visible for item in corner.legend.items}
    assert [name for name, seen in visible.items() if seen] == ["posterior", "literature"]


def test_heights_share_one_scale(axes, make_draws):
    corner = Corner(axes)
    corner.update(make_draws(width=2))
    assert corner.sources["posterior:0"].data["y"].max() == pytest.approx(1)
    corner.overlay("pinned", make_draws(width=1))
    assert corner.sources["pinned:0"].data["y"].max() == pytest.approx(1)
    # twice as wide and of the same area: half as high
    assert corner.sources["posterior:0"].data["y"].max() == pytest.approx(0.5, abs=0.05)


def test_a_truth_nearby_is_in_view_and_one_far_away_does_not_squeeze(axes, make_draws):
    corner = Corner(axes)
    corner.update(make_draws())
    corner.mark("truth", {"log_age": 7.6, "effective_temperature": 15000})
    corner.fit()
    assert corner._ranges[0].end > 7.6
    assert corner._ranges[3].end < 6000


def test_weights_move_the_posterior(axes, make_draws):
    corner, draws = Corner(axes), make_draws(n=20000)
    weights = (draws[:, 0] > 6.7).astype(float)
    marks = corner.update(draws, weights)
    kept = draws[draws[:, 0] > 6.7]
    np.testing.assert_allclose(marks.marginals[1].quantiles[1], np.median(kept[:, 1]), atol=1e-3)
    assert (corner.sources["points"].data["log_age"] > 6.7).all()


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_any_number_of_parameters_and_columns_without_values(axes, make_draws, count):
    corner = Corner(axes[:count])
    draws = make_draws()[:, :count].copy()
    draws[:, -1] = np.nan
    corner.update(draws)
    assert isinstance(corner.layout, GridPlot)
    assert corner.figures[count - 1, count - 1].title.text == "no value"
    assert len(corner.figures) == count * (count + 1) // 2


def test_frames_are_equal_because_labels_have_tracks_of_their_own(axes):
    corner = Corner(axes)
    spans = {child[0].name: child[1:] for child in corner.layout.children}
    assert spans["corner-log_age-log_age"] == (0, 0, 1, 2)
    assert spans["corner-log_mass-log_mass"] == (1, 2, 1, 1)
    assert spans["corner-log_age-effective_temperature"] == (3, 0, 2, 2)


def test_dark_ground_repaints_in_place(axes, make_draws, parts_of):
    corner = Corner(axes)
    corner.update(make_draws())
    before = parts_of(corner.layout)
    corner.set_dark(True)
    assert parts_of(corner.layout) == before
    plot = corner.figures[0, 1]
    assert plot.background_fill_color == colour("paper", dark=True)
    points = next(r.glyph for r in plot.renderers if isinstance(r.glyph, Scatter))
    assert points.fill_color == colour("posterior", dark=True)


def test_the_words_for_screen_readers_follow(axes, make_draws):
    corner = Corner(axes)
    assert "no draws" in corner.layout.html_attributes["aria-label"]
    corner.update(make_draws())
    assert corner.layout.html_attributes["role"] == "img"
    assert "log age 6.7" in corner.layout.html_attributes["aria-label"]


def test_an_update_takes_less_than_ten_milliseconds_of_processor(axes, make_draws):
    corner = Corner(axes)
    sets = [make_draws(seed=seed) for seed in range(12)]
    for draws in sets[:2]:
        corner.update(draws, fit=False)
    times = []
    for draws in sets[2:]:
        start = time.process_time()
        corner.update(draws, fit=False)
        times.append(time.process_time() - start)
    # the goal is 10 ms; the best of ten on a machine that others use too
    assert min(times) < 0.010
