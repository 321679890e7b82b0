"""The widget of orientations in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("orientations", view="web", web_draws=300)


def note(*events):
    line = {"galaxy": view.explorer.here, "folded": view.explorer.folded,
            "selection": list(view.selection), "picked": view.picked,
            "backend": view.model_sphere.backend, "draws": len(view.draws)}
    with open("orientations.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


note()
view.explorer.param.watch(note, view.explorer.state_names())
view.observe(note, ["selection", "picked", "draws"])
view.model_sphere.observe(note, "backend")
view
"""


def state(lab):
    return (lab.heard("orientations") or [{"backend": ""}])[-1]


def test_a_galaxy_is_turned_to_and_its_draws_are_picked_by_hand(lab, browser):
    page = lab.open(browser, "orientations", CELL)
    page.locator(".az-stage").nth(2).wait_for(timeout=120_000)
    lab.wait_for(lambda: state(lab)["backend"] in ("webgl2", "canvas"), 60)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 1, 90, pause=1.0)
    galaxy = state(lab)["galaxy"]

    page.get_by_role("button", name="Next galaxy").click()
    lab.wait_for(lambda: state(lab)["galaxy"] == galaxy + 1, 60)

    page.get_by_label("fold (D2)").first.click()
    lab.wait_for(lambda: state(lab)["folded"] is False, 60)

    page.locator(".az-stage").nth(1).scroll_into_view_if_needed()
    sphere = page.locator(".az-stage").nth(1).bounding_box()
    x, y = sphere["x"] + sphere["width"] / 2, sphere["y"] + sphere["height"] / 2
    page.keyboard.down("Shift")
    page.mouse.move(x - 70, y - 70)
    page.mouse.down()
    for right, down in ((70, -70), (70, 70), (-70, 70), (-70, -60)):
        page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    lab.wait_for(lambda: len(state(lab)["selection"]) > 3, 60)

    page.close()
    assert page.outside == []
    assert [text for text in page.problems if "Failed to load resource" not in text] == []
