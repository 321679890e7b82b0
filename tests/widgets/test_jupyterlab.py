"""The widget in a real JupyterLab in a real browser, without a network."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("stars", n_draws=500)


def note(change=None):
    if view.explorer is not None and view._last is not None:
        line = {
            "seed": view.explorer.seed,
            "row": view.explorer.row,
            "surveys": view.explorer.surveys,
            "values": view.explorer.values,
            "selection": view.explorer.selection.tolist(),
            "width": float(view._last["log_age"].std()),
        }
        with open("heard.jsonl", "a") as file:
            file.write(json.dumps(line) + "\\n")


view.observe(note, ["draws", "selection"])
view
"""


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """The notebook after Run All, with what the browser asked for and complained about."""
    page = lab.open(browser, "view", CELL)
    # Looking for ink reads every canvas back: more often, and a slow machine does nothing else.
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 3, 180, pause=2.0)
    yield page
    page.close()


def heard(lab):
    return lab.heard("heard")


def test_run_all_draws_the_figures(notebook, lab):
    assert notebook.evaluate(lab.INKED) >= 3
    assert notebook.get_by_text("P(age < 10 Myr)").first.is_visible()


def test_a_survey_switch_changes_the_posterior(notebook, lab):
    page = notebook
    before = len(heard(lab))
    page.get_by_role("button", name="Gaia", exact=True).click()
    last = lab.wait_for(lambda: heard(lab)[before:])[-1]
    assert "Gaia" not in last["surveys"]
    page.get_by_role("button", name="Gaia", exact=True).click()
    lab.wait_for(lambda: "Gaia" in heard(lab)[-1]["surveys"])
    assert heard(lab)[-1]["width"] != last["width"]


def test_a_slider_that_moves_moves_the_answer(notebook, lab):
    page = notebook
    before = len(heard(lab))
    handle = page.locator(".noUi-handle").first
    handle.focus()
    for _ in range(3):
        handle.press("ArrowRight")
    shown = float(handle.get_attribute("aria-valuetext"))
    lab.wait_for(lambda: heard(lab)[before:] and heard(lab)[-1]["values"] == {"g": shown})
    page.get_by_role("button", name="As in the table").click()
    lab.wait_for(lambda: heard(lab)[-1]["values"] == {})
    page.wait_for_timeout(1500)
    assert heard(lab)[-1]["values"] == {}, "the browser must not send the old value back"


def test_clicking_a_star_goes_to_it(notebook, lab):
    page = notebook
    start = heard(lab)[-1]["row"]
    figures = page.locator(".bk-Figure")
    boxes = [figures.nth(k).bounding_box() for k in range(figures.count())]
    box = max(boxes, key=lambda box: box["width"] * box["height"])
    # Somewhere in the diagram there is a star to hit: walk down its middle.
    for part in (0.4, 0.5, 0.6, 0.7):
        for across in (0.4, 0.5, 0.6, 0.7):
            page.mouse.click(box["x"] + across * box["width"], box["y"] + part * box["height"])
            page.wait_for_timeout(400)
            if heard(lab)[-1]["row"] != start:
                return
    raise AssertionError("no star could be clicked")


def test_nothing_was_asked_of_the_world_and_nothing_went_wrong(notebook):
    assert notebook.outside == []
    # JupyterLab itself complains about a missing favicon and the like: those are not ours.
    ours = [text for text in notebook.problems if "Failed to load resource" not in text]
    assert ours == []
