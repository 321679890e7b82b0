"""Figures of fits and of lessons on galaxies: what is drawn, what is refused, both grounds."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.plots.fit_figures import draw_fit, ensemble_figure, gain_figure, ks_figure
from astroviz.plots.fit_film import FitFilm, MeetingClouds
from astroviz.plots.lesson_figures import cost_figure, descent_figure, draw_descent
from astroviz.plots.named_bars import NamedBars
from astroviz.plots.transport import TransportPlan

STEPS = np.array([0.0, 10.0, 30.0])


class Scene:
    """What a fit shows."""

    steps = STEPS
    curves = {  # noqa: RUF012 (read only)
        "distance": np.array([9.0, 3.0, 1.2]), "floor": np.ones(3), "noise": np.ones(3)
    }  # fmt: skip
    frame = 1
    features = ("r", "g-r")
    ks = np.array([0.1, 0.2])
    ks_prior = np.array([0.4, np.nan])


def test_a_film_has_a_cursor_and_hides_what_it_lacks():
    film, heard = FitFilm("film"), []
    film.on_scrub(heard.append)
    film.update(STEPS, Scene.curves, 7)
    assert film.frame == 2
    assert [span.location for span in film._spans] == [30.0, 30.0]
    assert {key: entry.visible for key, entry in film._entries.items()} == {
        "distance": True, "floor": True, "loss": False, "blur": False, "noise": True
    }  # fmt: skip
    film._on_scrub(type("Event", (), {"x": 11.0})())
    assert heard == [1]
    assert "distance 1.2" in film.describe()
    with pytest.raises(ValueError, match="2 values for 3 frames"):
        film.update(STEPS, {"distance": np.ones(2)}, 0)
    film.update([], {}, 0)
    assert "nothing fitted yet" in film.describe()


def test_the_frame_of_two_clouds_follows_the_data_and_not_the_model():
    clouds = MeetingClouds("clouds")
    data = np.random.default_rng(0).normal(size=(200, 2))
    clouds.update(data, data + 5, ("a (mag)", "b (mag)"), "Far apart.")
    ends = clouds.figure.x_range.start, clouds.figure.x_range.end
    assert -4 < ends[0] < -2 < 2 < ends[1] < 4.5
    clouds.update(data, data, ("a (mag)", "b (mag)"), "Met.")
    assert (clouds.figure.x_range.start, clouds.figure.x_range.end) == ends
    assert clouds.figure.xaxis[0].axis_label == "a (mag)"
    assert clouds.describe() == "Met."


def test_a_moment_of_a_fit_is_drawn_into_three_figures():
    film, clouds, bars = FitFilm("film"), MeetingClouds("clouds"), ks_figure("ks")
    places = np.zeros((4, 2)), np.ones((3, 2))
    draw_fit(film, clouds, bars, Scene(), places, ("x", "y"))
    assert bars.names == ("r", "g\u2212r")
    assert "3 draws of the model and 4 galaxies at step 10" in clouds.describe()
    assert bars.figure.y_range.end == pytest.approx(1.15 * 0.4)
    assert "nan" not in bars.describe()


def test_bars_stand_beside_each_other_or_on_the_same_place():
    beside = NamedBars("a", "KS", {"fit": "posterior", "prior": "prior"})
    beside.update(["u", "g"], {"fit": [0.1, 0.2], "prior": [0.3, 0.4]}, "Words.", goal=0.05)
    left, right = (beside.sources[key].data for key in ("fit", "prior"))
    assert np.all(left["to"] <= right["from"])
    assert beside.goal.visible
    assert beside.goal.location == 0.05
    same = cost_figure("b")
    same.update(["x", "y"], {"published": [10.0, np.nan], "here": [np.nan, 2.0]}, "Hours.")
    np.testing.assert_array_equal(
        same.sources["here"].data["from"], same.sources["published"].data["from"]
    )
    assert list(same.sources["here"].data["text"]) == ["", "2.00"]
    assert same.figure.yaxis[0].formatter.args == {"names": ["x", "y"]}
    with pytest.raises(ValueError, match="1 values for 2 names"):
        beside.update(["u", "g"], {"fit": [0.1]}, "Words.")
    with pytest.raises(KeyError, match="no series named other"):
        beside.update(["u"], {"other": [0.1]}, "Words.")


def test_a_plan_draws_its_lines_as_strong_as_they_are():
    plan = TransportPlan("plan")
    ends = np.array([[[0.0, 0.0], [1.0, 2.0]], [[3.0, 1.0], [1.0, 2.0]]])
    plan.update(np.zeros((2, 2)), np.ones((1, 2)), ends, np.array([1.0, 0.5]), "Two lines.")
    data = plan.lines.data
    np.testing.assert_allclose(data["x0"], [0, 3])
    np.testing.assert_allclose(data["y1"], [2, 2])
    assert data["alpha"][0] == pytest.approx(2 * data["alpha"][1])
    with pytest.raises(ValueError, match="2 lines do not fit 1"):
        plan.update(np.zeros((2, 2)), np.ones((1, 2)), ends, np.ones(1), "")


def test_a_descent_that_leaves_ends_where_it_was():
    chart = descent_figure("descent")
    draw_descent(chart, {"Sinkhorn": np.array([2.0, 1.0, np.nan])}, 0.0, 3.0)
    assert "Sinkhorn ends at 1.00" in chart.describe()


@pytest.mark.parametrize(
    "make", [FitFilm, MeetingClouds, ks_figure, gain_figure, ensemble_figure, cost_figure,
             TransportPlan],
)  # fmt: skip
def test_the_ground_changes_in_place_and_the_document_is_sound(make):
    chart = make("chart")
    document = Document()
    document.add_root(chart.layout)
    first = [figure.background_fill_color for figure in _figures(document)]
    chart.set_dark(True)
    assert [figure.background_fill_color for figure in _figures(document)] != first
    document.validate()


def _figures(document):
    from bokeh.plotting import figure

    return list(document.select({"type": figure}))
