"""The road from regression to the model with gaps, without a browser."""

from __future__ import annotations

import base64
import json

import pytest

from astroviz.stars.road import RUNGS, open_road
from astroviz.widgets import explore
from astroviz.widgets.road import RoadWidget, walk


@pytest.fixture(scope="module")
def models():
    return open_road()


@pytest.fixture
def view(models):
    return RoadWidget(models, n=80)


def shown(view):
    """Panels that show a point, a posterior, a sentence."""
    plot = view.plot
    return (
        [bool(len(source.data["x"])) for source in plot.points],
        [bool(source.data["xs"][0]) for source in plot.regions],
        [bool(source.data["text"]) for source in plot.sentences],
    )


def test_it_opens_with_four_answers_drawn(view):
    assert [answer.rung for answer in view.answers] == list(RUNGS)
    assert shown(view) == (
        [True, False, False, False],
        [False, True, True, True],
        [False] * 4,
    )
    assert "a point, without a width" in view._tail.value
    truth = view.road.truth(0)
    assert view.plot.truths[0].data["x"][0] == pytest.approx(truth["log_age"], rel=1e-5)
    assert walk(view.road.models, n=20).n == 20


def test_a_survey_that_is_switched_off_silences_three_rungs(view):
    view.switches["WISE"].value = False
    assert shown(view)[2] == [True, True, True, False]
    assert shown(view)[1] == [False, False, False, True]
    assert 'role="alert"' in view._tail.value
    assert "w1, w2, w3, w4 are not observed" in view._tail.value
    view.switches["WISE"].value = True
    assert shown(view)[2] == [False] * 4


def test_each_rung_says_what_it_is_and_what_it_found(view):
    for k, rung in enumerate(RUNGS):
        view.rung.value = k
        assert rung.model in view._tail.value
        assert view.answers[k].text() in view._tail.value
        assert view.plot.figures[k].outline_line_width > 1
        assert sum(figure.outline_line_width > 1 for figure in view.plot.figures) == 1


def test_another_plane_shows_the_same_answers(view):
    before = view.answers
    view.plane.value = "age and A_V"
    assert view.answers is before
    assert view.plot.figures[0].yaxis.axis_label == "A_V (mag)"
    assert view.plot.points[0].data["y"][0] == pytest.approx(view.answers[0].point["a_v"])


def test_stars_with_gaps_are_left_to_the_last_rung(view):
    for star, name in enumerate(view.road.names):
        view.star.value = star
        assert view.road.stars[star].name == name
        assert view._head.value
        gaps = [bool(answer.refusal) for answer in view.answers]
        assert gaps in ([False] * 4, [True, True, True, False])
    assert gaps == [True, True, True, False]


def test_draw_again_takes_the_next_seed(view):
    before = view.answers
    view.again.click()
    assert view.seed == 1
    assert view.answers[0].point == before[0].point
    assert (view.answers[1].draws.values != before[1].draws.values).any()


def test_a_change_is_one_message(view, monkeypatch):
    sent = []
    monkeypatch.setattr(view._canvas, "send", lambda content, buffers=None: sent.append(content))
    view.plane.value = "age and A_V"
    patches = [json.loads(c["payload"]) for c in sent if "payload" in c]
    assert len([patch for patch in patches if "events" in patch]) == 1


def test_a_still_picture_stands_in_where_there_are_no_widgets(view):
    view.switches["Gaia"].value = False
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["stars/regression", "stars/npe", "stars/fmpe"])
def test_a_rung_has_no_explorer_and_says_so(models, name):
    with pytest.raises(ValueError, match=f"{name} is a rung .* explore 'stars'"):
        explore(models[name])
