"""The adaptation widget in a real JupyterLab in a real browser, offline."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """
import json

import astroviz

view = astroviz.explore("adaptation", frame=0)


def note(*events):
    with open("adaptation.jsonl", "a") as file:
        file.write(json.dumps(view.explorer.state()) + "\\n")


note()
view.explorer.param.watch(note, view.explorer.state_names())
view
"""
PATIENCE = 90_000


def state(lab):
    """What the explorer holds, as the notebook wrote it down last."""
    return lab.heard("adaptation")[-1]


def test_the_film_is_scrubbed_with_the_hand(lab, browser):
    page = lab.open(browser, "adaptation", CELL)
    lab.wait_for(lambda: page.evaluate(lab.INKED) >= 3, 90, pause=1.0)
    assert state(lab)["frame"] == 0
    expect(page.get_by_text("step 0 of").first).to_be_visible(timeout=PATIENCE)
    before = page.evaluate(lab.DIGEST)

    row = page.locator(".widget-hslider", has_text="Frame")
    row.locator(".noUi-handle").focus()
    page.keyboard.press("ArrowRight")
    lab.wait_for(lambda: state(lab).get("frame") == 1)
    lab.wait_for(lambda: page.evaluate(lab.DIGEST) != before, 60, pause=0.5)
    expect(page.get_by_text("step 0 of")).to_have_count(0)

    page.get_by_role("button", name="MMD", exact=True).click()
    lab.wait_for(lambda: state(lab).get("discrepancy"))
    expect(page.get_by_text("No checkpoint of these switches").first).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_role("button", name="Undo").click()
    lab.wait_for(lambda: "discrepancy" not in state(lab))

    page.close()
    assert page.outside == []
    assert [text for text in page.problems if "Failed to load resource" not in text] == []
