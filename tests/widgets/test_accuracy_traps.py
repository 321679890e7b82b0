"""The trap gallery in a notebook, without a browser."""

from __future__ import annotations

import pytest

import astroviz
from astroviz.accuracy.traps_run import LIGHT

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def view():
    made = astroviz.explore("accuracy", view="traps", traps_count=100)
    made.wait()
    return made


def test_the_matrix_follows_the_slider_and_can_be_observed(view):
    assert "wait" not in {state for row in view.matrix.states for state in row}
    heard = []
    view.observe(heard.append, "matrix")
    before = view.matrix.texts
    view.explorer.traps_size = 0.1
    view.wait()
    assert heard
    assert view.matrix.texts != before
    assert view.table.states == view.matrix.states
    assert view.picture().startswith(PNG)
    view.explorer.undo()
    view.wait()
    assert view.matrix.texts == before


def test_a_click_chooses_and_the_figure_follows(view):
    view._on_cell(LIGHT.index("likelihood_rank"), 4)
    view.wait()
    assert view.explorer.traps_trap == "prior"
    assert view.chart.kind == "ecdf"
    assert "Blind to the data" in view.numbers.value
    view._on_picture(0)
    assert view.explorer.traps_trap == "biased"


def test_the_state_is_that_of_a_cell(view):
    view.explorer.traps_check = "tarp"
    assert "traps_check='tarp'" in view.explorer.code()
    assert "wrong posterior" in view._title.value


def test_power_is_drawn_or_said_to_be_missing(view):
    view.explorer.traps_stage = "power"
    picture = view.picture()
    assert picture is None or picture.startswith(PNG)
    assert view._place.children == [view.power.layout]
    view.explorer.traps_stage = "gallery"
