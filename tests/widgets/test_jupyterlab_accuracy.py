"""The accuracy lab in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("accuracy", view="trial")


def note(*events):
    state, found = view.explorer, view.found
    line = {"check": state.trial_check, "cell": state.trial_cell, "undo": state.can_undo,
            "objects": 0 if found is None else found.trial.count,
            "complete": found is not None and found.complete,
            "stored": found is not None and found.stored}
    with open("accuracy.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


note()
view.observe(note, "found")
view.explorer.param.watch(note, ["trial_check", "trial_cell"])
view
"""


def state(lab):
    empty = {"check": "", "cell": [], "objects": 0, "complete": False, "stored": False}
    return (lab.heard("accuracy") or [empty])[-1]


def test_a_check_a_cell_and_a_fresh_trial(lab, browser):
    page = lab.open(browser, "accuracy", CELL)
    lab.wait_for(lambda: state(lab)["stored"], 180)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 2, 150, pause=1.0)
    painted = page.evaluate(lab.DIGEST)

    check = page.locator('button.face[data-name="tarp"]').first
    check.scroll_into_view_if_needed()
    check.click()
    lab.wait_for(lambda: state(lab)["check"] == "tarp", 60)
    lab.wait_for(lambda: page.evaluate(lab.DIGEST) != painted, 60, pause=1.0)
    assert state(lab)["undo"]

    painted = page.evaluate(lab.DIGEST)
    place = page.evaluate("""() => {
      const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
      const view = Bokeh.index.find_one_by_id(models.find((m) => m.name === "trial-cells").id)
      view.el.scrollIntoView({block: "center"})
      const box = view.el.getBoundingClientRect()
      const at = (scale, value) => scale.compute(value)
      return {x: box.x + at(view.frame.x_scale, 1), y: box.y + at(view.frame.y_scale, -2)}
    }""")
    page.mouse.click(place["x"], place["y"])
    lab.wait_for(lambda: len(state(lab)["cell"]) == 2, 60)
    lab.wait_for(lambda: page.evaluate(lab.DIGEST) != painted, 60, pause=1.0)

    number = page.get_by_label("simulations", exact=True).first
    number.scroll_into_view_if_needed()
    number.fill("50")
    number.press("Enter")
    lab.wait_for(lambda: state(lab)["objects"] == 0, 60)
    page.get_by_role("button", name="Try it").first.click()
    lab.wait_for(lambda: state(lab)["objects"] == 50 and state(lab)["complete"], 240)
    assert not state(lab)["stored"]

    page.close()
    assert page.outside == []
    assert [text for text in page.problems if "Failed to load resource" not in text] == []
