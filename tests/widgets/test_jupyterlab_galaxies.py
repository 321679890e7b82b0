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
