"""The latent space: fixed ranges, shapes by domain, colours as asked, links that follow."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import SelectionGeometry, Tap

from astroviz.plots.latent import LatentMap
from astroviz.plots.theme import colour

N = 40
DOMAIN = np.repeat([0, 1], N // 2)


@pytest.fixture
def place():
    return np.random.default_rng(0).normal(size=(2, N))


@pytest.fixture
def plot(place):
    plot = LatentMap()
    plot.set_range((-4, 4), (-3, 3))
    plot.update(*place, DOMAIN, [f"star {k}" for k in range(N)])
    return plot


def test_an_update_moves_the_stars_and_not_the_ranges(plot, place, parts_of):
    before = parts_of(plot.layout)
    plot.update(*(10 * place), DOMAIN)
    plot.colour_by(np.arange(N), "log age (yr)")
    plot.set_links("plan", [[0, 20]])
    plot.colour_by(categories=["a", "b"] * (N // 2))
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    ends = plot.figure.x_range, plot.figure.y_range
    assert [(r.start, r.end, r.reset_start) for r in ends] == [(-4, 4, -4), (-3, 3, -3)]
    np.testing.assert_allclose(plot.points.data["x"], 10 * place[0], rtol=1e-6)


def test_shapes_tell_the_domain_whatever_colours_say(plot):
    shapes = ["circle"] * (N // 2) + ["diamond"] * (N // 2)
    assert plot.points.data["marker"] == shapes
    assert plot.points.data["fill"][0] != plot.points.data["fill"][-1]
    plot.colour_by(np.arange(N, dtype=float), "log age (yr)")
    assert plot.points.data["marker"] == shapes
    assert len(set(plot.points.data["fill"])) > 20
    plot.colour_by()
    assert len(set(plot.points.data["fill"])) == 2
    assert not plot.scale.bar.visible


def test_numbers_have_a_bar_and_the_unknown_is_grey(plot):
    values = np.linspace(6, 7, N)
    values[3] = np.nan
    plot.colour_by(values, "log age (yr)")
    assert (plot.scale.bar.visible, plot.scale.bar.title) == (True, "log age (yr)")
    assert plot.points.data["fill"][3] == colour("prior")
    assert "coloured by log age (yr)" in plot.describe()
    # a shape in the legend says nothing of colour now
    assert plot._items[0].renderers[0].glyph.line_color == colour("faint")


def test_categories_have_entries_and_the_rare_share_one(plot):
    texts = [f"group {min(k // 4, 8)}" for k in range(N)]
    texts[0] = ""
    plot.colour_by(categories=texts, label="pattern")
    shown = [item.label["value"] for item in plot._hues if item.visible]
    assert len(shown) == 7
    assert plot._other.visible
    assert "group 8" in shown  # the most frequent
    fill = plot.points.data["fill"]
    assert fill[0] == colour("prior")
    assert len({fill[k] for k in range(32, N)}) == 1
    plot.colour_by(categories=["one"] * N)
    assert [item.visible for item in plot._hues] == [True] + [False] * 6
    assert not plot._other.visible


def test_links_follow_their_stars(plot, place):
    pairs, weight = np.array([[0, 20], [3, 25]]), np.array([1.0, 0.25])
    plot.set_links("plan", pairs, weight)
    for factor in (1, 2):
        plot.update(*(factor * place), DOMAIN)
        data = plot.links["plan"].data
        np.testing.assert_allclose(data["x0"], factor * place[0, [0, 3]], rtol=1e-6)
        np.testing.assert_allclose(data["y1"], factor * place[1, [20, 25]], rtol=1e-6)
    assert data["alpha"][0] > data["alpha"][1] > 0
    assert "2 links of the transport plan" in plot.describe()
    x = place[0].copy()
    x[20] = np.nan
    plot.update(x, place[1], DOMAIN)
    assert len(plot.links["plan"].data["x0"]) == 1
    plot.set_links("plan", [])
    assert len(plot.links["plan"].data["x0"]) == 0
    assert not plot._items["plan"].visible


def test_what_does_not_fit_is_refused(plot):
    with pytest.raises(ValueError, match="plan, pairs"):
        plot.set_links("plans", [[0, 1]])
    with pytest.raises(ValueError, match="there are 40 stars"):
        plot.set_links("pairs", [[0, N]])
    with pytest.raises(ValueError, match="2 links"):
        plot.set_links("pairs", [[0, 1], [1, 2]], [1.0])
    with pytest.raises(ValueError, match="3 colours for 40 stars"):
        plot.colour_by(np.zeros(3))
    with pytest.raises(ValueError, match="one of each per star"):
        plot.update([1.0], [1.0, 2.0], [0, 1])


def test_another_list_of_stars_starts_anew(plot):
    plot.set_links("pairs", [[0, 30]])
    plot.colour_by(np.zeros(N), "age")
    plot.update([0.0, 1.0], [0.0, 1.0], [0, 1])
    assert len(plot.links["pairs"].data["x0"]) == 0
    assert plot.points.data["fill"] == [colour("posterior"), colour("pinned")]
    assert "1 simulated and 1 real" in plot.describe()


def test_brush_pick_and_select_speak_of_rows(plot, place):
    brushed, picked = [], []
    plot.on_brush(lambda rows, mode: brushed.append((rows.tolist(), mode)))
    plot.on_pick(picked.append)
    box = {"type": "rect", "x0": 0, "x1": 4, "y0": -3, "y1": 3}
    plot.figure._trigger_event(SelectionGeometry(plot.figure, box, final=True))
    x, y = place
    expected = np.flatnonzero((x >= 0) & (x <= 4) & (np.abs(y) <= 3)).tolist()
    assert brushed == [(expected, "replace")]
    plot.figure._trigger_event(Tap(plot.figure, x=float(x[7]), y=float(y[7])))
    assert picked == [7]
    plot.select(expected, current=7)
    assert f"{len(expected)} selected" in plot.describe()
    assert plot.layout.html_attributes["aria-label"] == plot.describe()


def test_axes_are_named(plot):
    plot.axes("component 1 (dex)", "component 2 (dex)")
    assert plot.figure.xaxis[0].axis_label == "component 1 (dex)"
    assert plot.figure.yaxis[0].axis_label == "component 2 (dex)"


def test_dark_ground_recolours_every_star(plot):
    plot.set_dark(True)
    assert set(plot.points.data["fill"]) == {colour("posterior", True), colour("pinned", True)}
    assert plot._items[0].renderers[0].glyph.line_color == colour("posterior", True)
