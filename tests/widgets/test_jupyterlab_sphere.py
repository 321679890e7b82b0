"""The same sphere and box in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import pytest

from astroviz.components.sources import module

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import ipywidgets
import numpy as np
from scipy.spatial.transform import Rotation

from astroviz.components.faces import (
    OrientationSphereWidget, WebBoxWidget, sphere_state, web_box_state,
)

rotations = Rotation.random(1500, random_state=0).as_matrix()
size = ipywidgets.Layout(width="460px", height="420px")
sphere = OrientationSphereWidget(
    **sphere_state(rotations=rotations, truth=rotations[:3], density=np.ones(768)),
    renderer="webgl2", layout=size)
place = np.random.default_rng(0).uniform(0, 50, (600, 3))
box = WebBoxWidget(**web_box_state(place, 50.0, category=np.arange(600) % 4), layout=size)


def note(change=None):
    line = {
        "picked": sphere.picked, "selection": list(sphere.selection), "rotation": sphere.rotation,
        "projection": sphere.projection, "backend": [sphere.backend, box.backend],
        "hidden": list(box.hidden), "fps": sphere.frames_per_second,
    }
    with open("sphere.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


sphere.observe(note)
box.observe(note)
ipywidgets.HBox([sphere, box])
"""


def state(lab):
    """What the widgets hold, as the notebook wrote it down last."""
    return (lab.heard("sphere") or [{"backend": ["", ""]}])[-1]


@pytest.fixture(scope="module")
def notebook(lab, browser):
    page = lab.open(browser, "sphere", CELL)
    page.locator(".az-stage").nth(1).wait_for(timeout=120_000)
    lab.wait_for(lambda: state(lab)["backend"][0] == "webgl2" and state(lab)["backend"][1], 60)
    yield page
    page.close()


def middle(page, which=0):
    frame = page.locator(".az-stage").nth(which)
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_module_is_the_one_that_panel_draws(notebook):
    from astroviz.components.faces import OrientationSphere, OrientationSphereWidget

    assert OrientationSphere._esm == module("sphere")
    assert str(OrientationSphereWidget()._esm) == module("sphere")


def test_both_pictures_have_ink(notebook):
    for which in (0, 1):
        frame = notebook.locator(".az-stage").nth(which)
        frame.scroll_into_view_if_needed()
        assert len(frame.screenshot()) > 20_000, "a blank would be a few kilobytes"


def test_a_hand_turns_it_and_the_kernel_hears(notebook, lab):
    x, y = middle(notebook)
    frame = notebook.locator(".az-stage").first
    before = frame.screenshot()
    notebook.mouse.move(x, y)
    notebook.mouse.down()
    notebook.mouse.move(x + 70, y + 25, steps=6)
    notebook.mouse.up()
    lab.wait_for(lambda: len(state(lab).get("rotation", [])) == 4)
    assert abs(sum(c * c for c in state(lab)["rotation"]) - 1) < 1e-4
    assert frame.screenshot() != before


def test_keys_belong_to_the_sphere_not_to_the_notebook(notebook, lab):
    notebook.locator(".az-stage").first.focus()
    notebook.keyboard.press("m")
    lab.wait_for(lambda: state(lab)["projection"] == "mollweide")
    assert notebook.locator(".jp-CodeCell").count() == 1, "m would make a cell of words"
    notebook.keyboard.press("m")
    lab.wait_for(lambda: state(lab)["projection"] == "sphere")


def test_a_click_and_a_lasso_reach_the_kernel(notebook, lab):
    x, y = middle(notebook)
    for dx in range(-100, 101, 20):
        notebook.mouse.click(x + dx, y - 20)
        if state(lab)["picked"] >= 0:
            break
        notebook.wait_for_timeout(100)
    lab.wait_for(lambda: 0 <= state(lab)["picked"] < 1500)
    notebook.keyboard.down("Shift")
    notebook.mouse.move(x - 70, y - 70)
    notebook.mouse.down()
    for dx, dy in [(70, -70), (70, 70), (-70, 70), (-70, -68)]:
        notebook.mouse.move(x + dx, y + dy, steps=3)
    notebook.mouse.up()
    notebook.keyboard.up("Shift")
    chosen = lab.wait_for(lambda: state(lab)["selection"])
    assert 5 < len(chosen) < 1500


def test_the_legend_of_the_box_hides_a_type(notebook, lab):
    middle(notebook, 1)
    notebook.get_by_role("button", name="filament").click()
    lab.wait_for(lambda: state(lab)["hidden"] == [2])


def test_nothing_was_asked_of_the_world_and_nothing_went_wrong(notebook):
    assert notebook.outside == []
    ours = [text for text in notebook.problems if "Failed to load resource" not in text]
    assert ours == []
