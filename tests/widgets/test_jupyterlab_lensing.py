"""Lensing in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("lensing", view="sample", sample_prior="gaussian16", sample_count=4)


def note(*events):
    state = view.explorer
    line = {"radius": state.sample_einstein_radius, "sampler": state.sample_sampler,
            "draws": 0 if view.draws is None else len(view.draws)}
    with open("lensing.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


note()
view.observe(note, "draws")
view
"""


def state(lab):
    return (lab.heard("lensing") or [{"radius": 0.0, "draws": 0}])[-1]


def test_a_slider_and_a_choice_draw_again(lab, browser):
    page = lab.open(browser, "lensing", CELL)
    lab.wait_for(lambda: state(lab)["draws"] == 4, 180)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 1, 150, pause=1.0)
    before = state(lab)

    slider = page.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    lab.wait_for(lambda: state(lab)["radius"] > before["radius"], 60)

    count = len(lab.heard("lensing"))
    sampler = page.get_by_label("sampler", exact=True).first
    sampler.scroll_into_view_if_needed()
    sampler.select_option(label="PiGDM")
    lab.wait_for(lambda: state(lab).get("sampler") == "pigdm", 120)
    assert len(lab.heard("lensing")) > count

    page.close()
    assert page.outside == []
    assert [text for text in page.problems if "Failed to load resource" not in text] == []
