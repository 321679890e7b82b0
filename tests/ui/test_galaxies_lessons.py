"""The lessons on galaxies in a browser: a blur that is dragged, a stack, a clock that runs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def test_a_dragged_blur_changes_the_plan(open_page, changes):
    page = open_page("/galaxies/lessons")
    page.wait_for_function("() => probe.digest('toy-plan') !== 0")
    blur = page.get_by_role("slider", name=re.compile("Blur"))
    for _ in range(2):
        blur.focus()
        changes("toy-plan", lambda: page.keyboard.press("ArrowRight"))
    expect(page).to_have_url(re.compile("toy_blur="))
    assert page.evaluate("probe.nameless()") == []


def test_posteriors_are_stacked_and_costs_are_counted(open_page, changes):
    page = open_page("/galaxies/lessons")
    page.get_by_role("button", name=re.compile("multiplied or stacked")).click()
    page.wait_for_function("() => probe.digest('stacking-populations') !== 0")
    expect(page.get_by_role("cell", name="hierarchical")).to_be_visible()
    error = page.get_by_role("slider", name=re.compile("Error"))
    error.focus()
    changes("stacking-populations", lambda: page.keyboard.press("ArrowRight"))
    page.get_by_role("button", name=re.compile("catalogue of fits cost")).click()
    expect(page.get_by_text("228,154 years").first).to_be_visible()
    clock = page.get_by_text(re.compile(r"One processor at work for \d+ s"))
    first = clock.inner_text()
    expect(clock).not_to_have_text(first)
    assert page.evaluate("probe.nameless()") == []
