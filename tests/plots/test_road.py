from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.road import Panel, RoadPlot

TITLES = ("point", "flow", "gaps")
REFUSAL = "it needs complete photometry, and w4 is not observed"


@pytest.fixture
def plot(axes):
    return RoadPlot(TITLES, axes[:2])


@pytest.fixture
def panels(make_draws):
    return [Panel(point=(6.6, -0.35)), Panel(make_draws()[:, :2]), Panel(sentence=REFUSAL)]


def test_each_panel_shows_what_its_model_says(plot, panels):
    plot.update(panels, truth=(6.7, -0.3))
    assert [len(source.data["x"]) for source in plot.points] == [1, 0, 0]
    assert [bool(source.data["xs"][0]) for source in plot.regions] == [False, True, False]
    assert [len(source.data["text"]) for source in plot.sentences] == [0, 0, 1]
    assert plot.sentences[2].data["text"][0].replace("\n", " ") == REFUSAL
    # a sentence has its frame to itself
    assert [len(source.data["x"]) for source in plot.truths] == [1, 1, 0]
    words = plot.describe()
    assert "point: log age 6.60, log mass -0.35, a point" in words
    assert "flow: log age 6.7" in words
    assert REFUSAL in words


def test_the_regions_hold_what_they_say(plot, panels, make_draws):
    plot.update(panels)
    outside = len(plot.draws[1].data["x"])
    assert outside == pytest.approx((1 - 0.865) * 500, abs=25)


def test_ranges_are_shared_and_hold_every_answer(plot, panels):
    plot.update(panels, truth=(7.9, -0.3))
    x = {id(figure.x_range) for figure in plot.figures}
    y = {id(figure.y_range) for figure in plot.figures}
    assert len(x) == len(y) == 1
    range_x = plot.figures[0].x_range
    assert range_x.start < 6.5 < 7.9 < range_x.end <= 8.0


def test_ranges_shrink_only_when_told(plot, panels, make_draws):
    plot.update(panels, truth=(6.7, -0.3))
    before = plot.figures[0].x_range.start, plot.figures[0].x_range.end
    narrow = [Panel(make_draws(width=0.3)[:, :2]), Panel(), Panel()]
    plot.update(narrow, fit=False)
    assert (plot.figures[0].x_range.start, plot.figures[0].x_range.end) == before
    plot.update(narrow)
    assert plot.figures[0].x_range.end - plot.figures[0].x_range.start < before[1] - before[0]


def test_axes_name_their_units_and_change_in_place(plot, panels, axes, parts_of):
    plot.update(panels, truth=(6.7, -0.3))
    before = parts_of(plot.layout)
    assert plot.figures[0].xaxis.axis_label == "log age (yr)"
    assert plot.figures[0].yaxis.axis_label == "log mass (M☉)"
    plot.set_axes((axes[0], axes[2]))
    assert plot.figures[0].yaxis.axis_label == "A_V (mag)"
    assert [len(source.data["x"]) for source in (*plot.points, *plot.truths)] == [0] * 6
    plot.update([Panel(np.array([[6.0, 1.0]] * 20)), Panel(), Panel()])
    assert parts_of(plot.layout) == before


def test_one_panel_is_framed_on_either_ground(plot):
    plot.highlight(1)
    assert [figure.outline_line_width > 1 for figure in plot.figures] == [False, True, False]
    light = plot.figures[1].outline_line_color
    plot.set_dark(True)
    assert plot.figures[1].outline_line_color == plot.ink("posterior") != light
    assert plot.figures[1].title.text_font_style == "bold"


def test_a_missing_panel_is_refused(plot):
    with pytest.raises(ValueError, match="1 panels for 3 models"):
        plot.update([Panel()])
