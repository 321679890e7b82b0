"""The question widget without a browser, with the shipped models."""

from __future__ import annotations

import asyncio
import base64
import json

import numpy as np
import pytest
import traitlets

from astroviz.stars.conditional_view import QUESTIONS
from astroviz.stars.question import column_of
from astroviz.widgets import explore
from astroviz.widgets.stars_question import QuestionWidget


@pytest.fixture
def view(stars_model, engine):
    return QuestionWidget(stars_model, engine=engine, n_draws=400)


def places(view):
    """Where every chip of the board stands."""
    return {row["name"]: row["place"] for row in json.loads(view.board.shown)}


def test_it_opens_with_an_answer_drawn(view):
    assert view.draws.names == tuple(view.explorer.wanted)
    assert len(view.draws) == 400
    assert view.corner.names == view.draws.names
    assert "Effective sample size 400 of 400" in view._status.value
    assert places(view)["log_age"] == "wanted"
    assert places(view)["g"] == "given"
    assert "p(log_age" in view.formula.value
    assert "posterior" in view._title.value


def test_the_public_door_opens_it(stars_model, engine):
    view = explore("stars", model=stars_model, engine=engine, view="question", given={"a_v": 0.5},
                   wanted=["log_age"])  # fmt: skip
    assert isinstance(view, QuestionWidget)
    assert view.explorer.given == {"a_v": 0.5}
    assert "view='question'" in view._code.value.replace("&#x27;", "'")
    with pytest.raises(ValueError, match="view"):
        explore("stars", model=stars_model, engine=engine, view="planets")


def test_a_chip_that_moves_asks_anew(view):
    heard = []
    view.observe(lambda change: heard.append(change["new"].names), "draws")
    view.board._heard({"name": "a_v", "to": "given"})
    assert view.explorer.given == {"a_v": 0.5}
    assert places(view)["a_v"] == "given"
    assert "a_v" not in view.draws.names
    assert view.corner.names == view.draws.names
    assert heard == [view.draws.names]
    view.board._heard({"name": "w1", "to": "wanted"})
    assert view.draws["w1"].std() > 0
    assert column_of("w1").unit == view.draws.units[view.draws.names.index("w1")] == "mag"
    view.picker.undo.click()
    assert "w1" not in view.draws.names


def test_a_given_value_and_an_interval_can_be_edited(view):
    view.board._heard({"name": "a_v", "within": [0.2, 0.6]})
    assert view.explorer.within == {"a_v": [0.2, 0.6]}
    assert view.draws["a_v"].min() >= 0.2
    assert view.draws["a_v"].max() <= 0.6
    assert "of all draws meet the interval" in view._status.value
    view.board._heard({"name": "a_v", "within": None})
    view.board._heard({"name": "a_v", "to": "given"})
    view.board._heard({"name": "a_v", "value": 1.25})
    assert view.explorer.given == {"a_v": 1.25}
    assert "a_v = 1.25" in view.formula.value


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"name": "radius", "to": "given"}, "cannot be given"),
        ({"name": "a_v", "within": [3, 1]}, "interval of a_v is empty"),
        ({"name": "a_v", "within": [30, 40]}, "outside its prior"),
        ({"name": "a_v", "to": "elsewhere"}, "given, wanted or ignored"),
        ({"name": "spec_teff", "to": "given"}, "was not measured"),
        ({"name": "a_v", "value": 99}, "outside its prior"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_is_taken_back(view, monkeypatch, message, sentence):
    sent = []
    monkeypatch.setattr(view.board, "send", sent.append)
    before = view.explorer.state()
    view.board._heard(message)
    assert sentence in view._status.value
    assert 'role="alert"' in view._status.value
    assert view.explorer.state() == before
    assert sent == [{"again": True}]


def test_an_interval_that_the_data_exclude_is_a_sentence(view):
    view.explorer.within = {"a_v": [15.0, 16.0]}
    assert "too few to show" in view._status.value
    view.explorer.within = {}
    assert "Effective sample size" in view._status.value


def test_a_contradiction_set_from_python_is_a_sentence(view):
    view.explorer.given = {"log_age": 7.0}
    assert "given and wanted at a time" in view._status.value
    assert "given and wanted at a time" in view._title.value
    assert "image/png" not in view._repr_mimebundle_()


@pytest.mark.parametrize("example", QUESTIONS, ids=lambda example: example.name)
def test_questions_to_start_from(view, example):
    view.examples.value = example.name
    assert view.draws.names == example.wanted
    assert view.examples.value == "", "the same one may be wanted again"


def test_masks_are_another_model_s_answer_and_another_figure(view):
    before = view.mask.describe()
    view.dependency.value = "directed"
    assert view.explorer.dependency == "directed"
    assert view.mask.describe() != before
    assert "stars/joint (directed)" in view._status.value


def test_every_control_shows_what_the_explorer_holds_and_has_a_tooltip(view):
    view.explorer.param.update(seed=7, n_draws=300, row=1)
    assert (view.seed.value, view.n_draws.value, view.picker.row.value) == (7, 300, 1)
    for control in (view.seed, view.n_draws, view.exact, view.dependency, view.examples,
                    view.picker.preset, view.picker.row, view.picker.surprise):  # fmt: skip
        assert control.tooltip


def test_draws_are_read_and_not_set(view):
    with pytest.raises(traitlets.TraitError, match="draws are read"):
        view.draws = [1, 2]


def test_in_a_kernel_reading_the_draws_waits_for_them(stars_model, engine):
    async def cell():
        view = QuestionWidget(stars_model, engine=engine, n_draws=300)
        first = view.draws
        view.explorer.wanted = ["w1", "log_age"]
        view.explorer.seed = 3
        return first.names, view.draws.names, view.draws.seed

    first, second, seed = asyncio.run(cell())
    assert (second, seed) == (("w1", "log_age"), 3)
    assert first != second


def test_the_bundle_has_a_widget_and_a_picture(view):
    bundle = view._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")


def test_the_board_is_the_page_s(view):
    from astroviz.dashboards.question_board import QuestionBoard

    assert QuestionBoard._esm == view.board._esm
    assert np.all([word in view.board._esm for word in ("send_msg", "msg:custom", "aria-label")])
