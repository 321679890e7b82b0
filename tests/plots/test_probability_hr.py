from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.probability_hr import ProbabilityHR, banana

RANGES = (3.3, 4.2), (-3.0, 2.0)


@pytest.fixture
def cloud():
    z = np.random.default_rng(0).normal(size=(2, 3000))
    log_teff = 3.6 + 0.02 * z[0]
    return 10**log_teff, -0.5 + 0.1 * (0.8 * z[0] + 0.6 * z[1])


@pytest.fixture
def plot():
    stars = np.zeros((50, 90))
    stars[20:30, 40:50] = 0.07
    plot = ProbabilityHR()
    plot.update(stars, *RANGES)
    tips = {key: ["a", "b"] for key in ("name", "age", "a_v", "p_disk", "p_young")}
    plot.set_points(np.array([4000.0, 3000.0]), np.array([-0.5, -1.5]), np.array([7, 3]), tips)
    return plot


def test_the_picture_adds_up_to_the_stars(plot):
    image = plot.picture.source.data["image"][0]
    area = np.prod([plot.picture.source.data[key][0] for key in ("dw", "dh")])
    assert image.sum() * area / image.size / 1e-3 == pytest.approx(7.0, rel=1e-5)
    assert "2 stars" in plot.describe()
    assert "7.0 young stars" in plot.describe()


def test_regions_hold_their_part_of_the_draws(cloud):
    from astroviz.plots.raster import inside_polygon

    xs, ys = banana(*cloud)
    assert len(xs) == 2
    for x, y, part in zip(xs, ys, (0.865, 0.393), strict=True):
        ring = np.stack([x[0][0], y[0][0]], -1).astype(float)
        held = inside_polygon(np.log10(cloud[0]), cloud[1], ring).mean()
        assert held == pytest.approx(part, abs=0.04)


def test_too_few_draws_have_no_region():
    assert banana(np.array([4000.0] * 3), np.array([0.0] * 3)) == ([], [])
    assert banana(np.empty(0), np.empty(0)) == ([], [])


def test_hot_is_left_and_axes_have_units(plot):
    assert plot.figure.x_range.start > plot.figure.x_range.end
    assert plot.figure.xaxis[0].axis_label == "effective temperature (K)"
    assert "log luminosity" in plot.figure.yaxis[0].axis_label


def test_isochrones_are_lines_with_names(plot, parts_of):
    teff = np.array([np.nan, 3000.0, 4000.0])
    plot.set_isochrones([("1 Myr", teff, np.array([0.0, -1.0, 0.5]))])
    before = parts_of(plot.layout)
    assert plot.labels.data["text"] == ["1 Myr"]
    assert plot.labels.data["x"] == pytest.approx([np.log10(3000)])
    plot.set_isochrones([])
    assert plot.labels.data["text"] == []
    assert parts_of(plot.layout) == before


def test_lifting_patches_in_place(plot, cloud, parts_of):
    before = parts_of(plot.layout)
    plot.lift(*cloud, "star 7: age 3 Myr")
    assert len(plot.lifted.data["xs"]) == 2
    assert plot.said.text == "star 7: age 3 Myr"
    plot.lift()
    plot.set_dark(True)
    assert plot.lifted.data["xs"] == []
    assert parts_of(plot.layout) == before


def test_a_tap_picks_the_nearest_star_within_reach(plot):
    picked = []
    plot.on_pick(picked.append)
    plot._on_tap(SimpleNamespace(x=np.log10(3000) + 0.002, y=-1.5))
    plot._on_tap(SimpleNamespace(x=3.9, y=1.5))
    assert picked == [3]


def test_the_pointer_lifts_what_it_is_over(plot):
    seen = []
    plot.on_hover(seen.append)
    plot.hovered.data = {"row": [7]}
    plot.hovered.data = {"row": [-1]}
    assert seen == [7, None]


def test_nothing_is_said_in_a_sentence(plot):
    plot.say_empty("No star has been asked yet.")
    assert plot.picture.source.data["image"] == []
    assert len(plot.points.data["x"]) == 0
    assert plot.describe().endswith("No star has been asked yet.")
