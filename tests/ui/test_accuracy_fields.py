"""Landscape, Compare and Shift in a browser: a valley that is clicked, a slider, an object."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def click_point(page, figure, x, y):
    """Click a data point of a figure."""
    place = page.evaluate(f"probe.place('{figure}', {x}, {y})")
    page.mouse.click(place["x"], place["y"])


def test_a_click_on_the_map_opens_another_valley(open_page, changes):
    page = open_page("/accuracy/landscape")
    page.wait_for_function("() => probe.digest('landscape-map') !== 0")
    expect(page.get_by_text("Objects in worse places").first).to_be_visible()
    changes("landscape-ranks", lambda: click_point(page, "landscape-map", 1.6, 6.0))
    expect(page).to_have_url(re.compile("landscape_row="))
    page.get_by_role("button", name="Next object of the valley").click()
    expect(page).to_have_url(re.compile("landscape_shown=1"))
    assert page.evaluate("probe.nameless()") == []


def test_what_is_forgotten_is_seen_from_the_data_only(open_page, changes):
    page = open_page("/accuracy/compare")
    page.wait_for_function("() => probe.digest('compare-running') !== 0")
    expect(page.get_by_text("A is nearer to the score").first).to_be_visible()
    width = page.get_by_role("slider", name=re.compile("B: width"))
    width.focus()
    changes("compare-running", lambda: page.keyboard.press("ArrowRight"))
    expect(page).to_have_url(re.compile("compare_width_b="))
    assert page.evaluate("probe.nameless()") == []


def test_the_next_strangest_object_is_a_key_away(open_page):
    page = open_page("/accuracy/shift")
    page.wait_for_function("() => probe.digest('shift-importance') !== 0")
    expect(page.get_by_text("not one population").first).to_be_visible()
    before = page.url
    page.keyboard.press("n")
    expect(page).not_to_have_url(before)
    expect(page).to_have_url(re.compile("shift_row="))
    assert page.evaluate("probe.nameless()") == []
