from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import PanStart, SelectionGeometry, Tap

from astroviz.plots.brushing import rows_inside
from astroviz.plots.diagrams import ColourMagnitude, HertzsprungRussell
from astroviz.plots.raster import LARGEST_POINTS, count_points, inside_polygon, shade


@pytest.fixture(scope="module")
def stars():
    rng = np.random.default_rng(0)
    colour = rng.uniform(0, 4, 300)
    return colour, 5 + 3 * colour + rng.normal(0, 0.3, 300)


@pytest.fixture(scope="module")
def crowd():
    rng = np.random.default_rng(1)
    return rng.normal(size=100_000), rng.normal(size=100_000)


def box(plot, x0, x1, y0, y1):
    geometry = {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1}
    plot.figure._trigger_event(SelectionGeometry(plot.figure, geometry, final=True))


def test_bright_is_above_and_hot_is_left(stars):
    plot = ColourMagnitude()
    plot.update(*stars)
    assert plot.figure.y_range.start > plot.figure.y_range.end
    assert plot.figure.x_range.start < plot.figure.x_range.end
    assert "Vega" in plot.figure.xaxis[0].axis_label
    assert "Vega" in plot.figure.yaxis[0].axis_label
    other = HertzsprungRussell()
    other.update(np.array([3000.0, 6000.0]), np.array([-1.0, 0.0]), x_error=np.array([30.0, 60.0]))
    assert other.figure.x_range.start > other.figure.x_range.end
    np.testing.assert_allclose(other.points.data["x"], np.log10([3000, 6000]), rtol=1e-6)
    spread = other.points.data["x_high"] - other.points.data["x"]
    np.testing.assert_allclose(spread, 0.01 / np.log(10), rtol=1e-3)


def test_stars_without_a_value_are_left_out_by_row(stars):
    plot = ColourMagnitude()
    plot.update([1, np.nan, 3], [5, 6, np.nan], rows=[4, 5, 6], names=["a", "b", "c"])
    assert plot.points.data["row"].tolist() == [4]
    assert plot.points.data["name"] == ["a"]
    with pytest.raises(ValueError, match="one of each per star"):
        plot.update([1, 2], [1], rows=[0, 1])


def test_counts_sum_to_all_and_lie_where_the_points_are(crowd):
    counts = count_points(*crowd, (-6, 6), (-6, 6), 60, 40)
    assert counts.shape == (40, 60)
    assert counts.sum() == 100_000
    expected = np.histogram2d(crowd[1], crowd[0], bins=(40, 60), range=((-6, 6), (-6, 6)))[0]
    assert np.abs(counts - expected).sum() <= 20  # points on an edge may fall to either side
    corner = count_points(np.array([5.9]), np.array([-5.9]), (6, -6), (-6, 6), 10, 10)
    assert corner[0, 9] == 1


def test_shading_orders_colours_by_count_and_leaves_nothing_transparent_but_nothing():
    counts = np.array([[0, 1, 1, 2, 50, 5000]])
    image = shade(counts)[0]
    assert image[0] == 0
    assert len(set(image[[1, 3, 4, 5]].tolist())) == 4
    assert image[1] == image[2]
    assert (image[1:] >> 24 == 255).all()

    def light(packed):
        return sum(int(packed) >> shift & 255 for shift in (0, 8, 16))

    assert light(image[5]) < light(image[1])  # darker on white
    night = shade(counts, dark=True)[0]
    assert light(night[5]) > light(night[1])


def test_many_stars_become_a_density_and_the_note_says_so(crowd, parts_of):
    plot = ColourMagnitude()
    before = parts_of(plot.layout)
    assert plot.update(*crowd) == "density of 100,000 stars"
    assert len(plot.points.data["x"]) == 0
    data = plot.density.data
    assert data["image"][0].dtype == np.uint32
    low, high = sorted((plot.figure.y_range.start, plot.figure.y_range.end))
    assert (data["y"][0], data["y"][0] + data["dh"][0]) == pytest.approx((low, high))
    inside = plot.aggregate((-100, 100), (100, -100))
    assert inside.sum() == 100_000
    plot.update(crowd[0][:50], crowd[1][:50])
    assert data is not plot.density.data
    assert plot.density.data["image"] == []
    assert parts_of(plot.layout) == before


def test_a_zoom_into_a_crowd_shows_its_stars_one_by_one(crowd):
    plot = ColourMagnitude()
    plot.update(*crowd, x_error=np.full(100_000, 0.1))
    plot.figure.x_range.update(start=0, end=0.1)
    plot.figure.y_range.update(start=0.1, end=0)
    plot.redraw()
    x, y = (part.astype("f4") for part in crowd)
    expected = np.flatnonzero((x >= 0) & (x <= 0.1) & (y >= 0) & (y <= 0.1))
    np.testing.assert_array_equal(plot.points.data["row"], expected)
    assert plot.density.data["image"] == []
    assert plot.note == f"{len(expected)} of 100,000 stars in view"
    plot.fit()
    plot.redraw()
    assert plot.note == "density of 100,000 stars"
    assert len(plot.points.data["x"]) == 0


def test_a_brush_means_the_same_on_points_and_on_a_density(crowd):
    found = {}
    for count in (1000, 100_000):
        plot, calls = ColourMagnitude(), []
        plot.update(crowd[0][:count], crowd[1][:count])
        plot.on_brush(lambda rows, mode, calls=calls: calls.append((rows, mode)))
        box(plot, 1, -1, 0, 0.5)
        ((rows, mode),) = calls
        assert mode == "replace"
        found[count] = rows[rows < 1000]
    np.testing.assert_array_equal(found[1000], found[100_000])
    x, y = crowd[0][:1000].astype("f4"), crowd[1][:1000].astype("f4")
    expected = np.flatnonzero((np.abs(x) <= 1) & (y >= 0) & (y <= 0.5))
    np.testing.assert_array_equal(found[1000], expected)


def test_keys_held_at_the_start_set_the_mode(stars):
    plot, modes = ColourMagnitude(), []
    plot.update(*stars)
    plot.on_brush(lambda rows, mode: modes.append(mode))
    for shift, ctrl in ((True, False), (False, True), (True, True), (False, False)):
        event = PanStart(plot.figure, modifiers={"shift": shift, "ctrl": ctrl, "alt": False})
        plot.figure._trigger_event(event)
        box(plot, 0, 1, 0, 20)
    assert modes == ["add", "intersect", "remove", "replace"]


def test_lasso_by_the_even_odd_rule():
    x, y = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21))
    x, y = x.ravel(), y.ravel()
    turn = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.stack([0.73 * np.cos(turn), 0.73 * np.sin(turn)], -1)
    np.testing.assert_array_equal(inside_polygon(x, y, circle), np.hypot(x, y) < 0.73)
    geometry = {"type": "poly", "x": circle[:, 0].tolist(), "y": circle[:, 1].tolist()}
    rows = rows_inside(geometry, x, y, np.arange(len(x)))
    np.testing.assert_array_equal(rows, np.flatnonzero(np.hypot(x, y) < 0.73))
    assert len(rows_inside({"type": "point"}, x, y, np.arange(len(x)))) == 0


def test_a_tap_finds_the_nearest_star_within_reach(stars):
    plot, picked = ColourMagnitude(), []
    plot.update(*stars, rows=np.arange(300) + 1000)
    plot.on_pick(picked.append)
    plot.figure._trigger_event(Tap(plot.figure, x=float(stars[0][42]), y=float(stars[1][42])))
    plot.figure._trigger_event(Tap(plot.figure, x=0.0, y=30.0))
    assert picked == [1042]


def test_selection_is_highlighted_on_top_of_points_and_of_densities(crowd):
    plot = ColourMagnitude()
    plot.update(*crowd)
    plot.select(np.arange(100), current=7)
    assert len(plot.chosen.data["x"]) == 100
    assert len(plot.here.data["x"]) == 1
    plot.select(np.arange(LARGEST_POINTS + 10))
    assert len(plot.chosen.data["x"]) == 0
    assert plot.chosen_density.data["count"][0].sum() == pytest.approx(LARGEST_POINTS, rel=0.01)
    plot.select([])
    assert plot.chosen_density.data["image"] == []
    assert "0 selected" in plot.describe()


def test_lines_are_reused(stars, parts_of):
    plot = HertzsprungRussell()
    lines = [("1 Myr", np.array([3000.0, 4000.0]), np.array([-1.0, 0.0])),
             ("10 Myr", np.array([3000.0, 4000.0]), np.array([-2.0, -1.0]))]  # fmt: skip
    plot.set_lines(lines)
    before = parts_of(plot.layout)
    plot.set_lines(lines[:1])
    assert parts_of(plot.layout) == before
    assert plot.line_labels.data["text"] == ["1 Myr"]
    np.testing.assert_allclose(plot._lines[0][0].data["x"], np.log10([3000, 4000]), rtol=1e-6)
    assert len(plot._lines[1][0].data["x"]) == 0
