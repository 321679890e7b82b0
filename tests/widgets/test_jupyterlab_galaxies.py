"""Galaxies in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("galaxies", view="lessons")


def note(*events):
    state = view.explorer
    line = {"lesson": state.lesson, "apart": state.toy_apart, "undo": state.can_undo,
            "lines": 0 if view.scene is None else len(getattr(view.scene, "lines", ())),
            "answers": len(getattr(view.scene, "answers", ()))}
    with open("galaxies.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


note()
view.observe(note, "scene")
view
"""


def state(lab):
    return (lab.heard("galaxies") or [{"lesson": "", "lines": 0}])[-1]


SELECTION = """
import json

import astroviz

view = astroviz.explore("galaxies", view="selection", selection_source="prior",
                        selection_draws=5_000)


def note(*events):
    state = view.explorer
    line = {"wedge": state.use_wedge, "survey": state.selection_survey,
            "kept": 0.0 if view.seen is None else float(view.seen.weights.mean()),
            "draws": 0 if view.draws is None else len(view.draws)}
    with open("selection.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


note()
view.observe(note, "seen")
view
"""


def test_a_slider_and_a_choice_draw_again(lab, browser):
    page = lab.open(browser, "galaxies", CELL)
    lab.wait_for(lambda: state(lab)["lines"] > 0, 180)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 1, 150, pause=1.0)
    before = state(lab)

    slider = page.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    lab.wait_for(lambda: state(lab)["apart"] > before["apart"], 60)
    assert state(lab)["undo"]

    lesson = page.get_by_label("lesson", exact=True).first
    lesson.scroll_into_view_if_needed()
    lesson.select_option(label="May posteriors be multiplied or stacked?")
    lab.wait_for(lambda: state(lab)["lesson"] == "stacking", 120)
    lab.wait_for(lambda: state(lab)["answers"] == 4, 60)

    page.close()
    assert page.outside == []
    assert [text for text in page.problems if "Failed to load resource" not in text] == []


def seen(lab):
    return (lab.heard("selection") or [{"kept": 0.0, "draws": 0, "wedge": False}])[-1]


def test_a_cut_and_a_survey_are_drawn_at_once(lab, browser):
    page = lab.open(browser, "selection", SELECTION)
    lab.wait_for(lambda: seen(lab)["draws"] == 5_000, 180)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 3, 150, pause=1.0)
    before = seen(lab)
    assert 0 < before["kept"] < 1

    wedge = page.get_by_text("wedge", exact=True).first
    wedge.scroll_into_view_if_needed()
    wedge.click()
    lab.wait_for(lambda: seen(lab)["wedge"], 60)
    assert seen(lab)["kept"] < before["kept"]  # a wedge only takes away

    survey = page.get_by_label("survey", exact=True).first
    survey.scroll_into_view_if_needed()
    survey.select_option(label="LSST, 1 year (ugrizy)")
    lab.wait_for(lambda: seen(lab)["survey"] == "lsst_year_1", 120)

    page.close()
    assert page.outside == []
    assert [text for text in page.problems if "Failed to load resource" not in text] == []
