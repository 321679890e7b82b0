"""The question, surveys and maps widgets in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import itertools
import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("stars", view="{view}")


def note(change=None):
    line = {{"state": view.explorer.state(), "said": view._status.value}}
    with open("{view}.jsonl", "a") as file:
        file.write(json.dumps(line) + "\\n")


view.observe(note, "{trait}")
view._status.observe(note, "value")
view
"""
PATIENCE = 90_000


@pytest.fixture
def open_view(lab, browser):
    """Open a notebook with one view and run it; nothing may go wrong or be asked of the world."""
    pages = []

    def open_view(view, trait):
        page = lab.open(browser, view, CELL.format(view=view, trait=trait))
        pages.append(page)
        return page

    yield open_view
    for page in pages:
        page.close()
        assert page.outside == []
        assert [text for text in page.problems if "Failed to load resource" not in text] == []


def chip(page, label, place):
    return page.get_by_role("button", name=re.compile(rf"^{re.escape(label)}: {place}"))


def test_a_question_is_asked_with_the_hand(open_view, lab):
    page = open_view("question", "draws")
    expect(page.get_by_text("Effective sample size").first).to_be_visible(timeout=PATIENCE)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 2, 90, pause=1.0)
    before = page.evaluate(lab.DIGEST)
    expect(chip(page, "A_V", "wanted")).to_be_visible()
    chip(page, "A_V", "wanted").focus()
    page.keyboard.press("g")
    expect(chip(page, "A_V", "given")).to_be_visible(timeout=PATIENCE)
    lab.wait_for(lambda: lab.heard("question")[-1]["state"].get("given") == {"a_v": 0.5})
    lab.wait_for(lambda: page.evaluate(lab.DIGEST) != before, 90, pause=1.0)
    chip(page, "A_V", "given").click()
    value = page.get_by_role("spinbutton", name="A_V, given value")
    value.fill("99")
    value.press("Enter")
    expect(page.get_by_text("outside its prior").first).to_be_visible(timeout=PATIENCE)
    expect(value).to_have_value("0.5", timeout=PATIENCE)
    value.fill("1.5")
    value.press("Enter")
    lab.wait_for(lambda: lab.heard("question")[-1]["state"].get("given") == {"a_v": 1.5})


def test_surveys_arrive_in_another_order(open_view, lab):
    page = open_view("surveys", "draws")
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 2, 90, pause=1.0)
    expect(page.get_by_text("would tell most about").first).to_be_visible(timeout=PATIENCE)
    before = page.evaluate(lab.DIGEST)
    page.get_by_title("Let Gaia arrive later").click()
    lab.wait_for(lambda: lab.heard("surveys")[-1]["state"].get("arrival", [])[:1] == ["2MASS"])
    lab.wait_for(lambda: page.evaluate(lab.DIGEST) != before, 90, pause=1.0)


def test_maps_show_stars_and_lift_the_one_under_the_pointer(open_view, lab):
    page = open_view("maps", "shown")
    expect(page.get_by_text("100 of 100 stars answered").first).to_be_visible(timeout=PATIENCE)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 2, 90, pause=1.0)
    stars = itertools.cycle((40, 7, 12, 25, 63, 88))

    def lifted():
        # a star may lie beside the picture, or under another one that has no second place
        spot = page.evaluate(lab.POINT, next(stars))
        page.mouse.move(spot["x"] - 3, spot["y"] - 3)
        page.mouse.move(spot["x"], spot["y"], steps=4)
        page.wait_for_timeout(4000)
        return spot if page.evaluate(lab.LIFTED) else None

    spot = lab.wait_for(lifted, 90)
    page.mouse.click(spot["x"], spot["y"])
    expect(page.get_by_role("button", name="Let go")).to_be_enabled(timeout=PATIENCE)
    before = page.evaluate(lab.DIGEST)
    page.get_by_role("button", name="Mean A_V").click()
    lab.wait_for(lambda: page.evaluate(lab.DIGEST) != before, 90, pause=1.0)
