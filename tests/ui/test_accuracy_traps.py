"""The trap gallery in a browser: a slider that is dragged, a trap that is clicked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def test_the_slider_moves_the_pictures_and_the_table_follows(open_page, changes):
    page = open_page("/accuracy/traps")
    page.wait_for_function("() => probe.digest('traps-gallery') !== 0")
    expect(page.get_by_text(re.compile("checks notice")).first).to_be_visible()
    slider = page.get_by_role("slider", name=re.compile("How wrong"))
    for _ in range(2):
        slider.focus()
        changes("traps-gallery", lambda: page.keyboard.press("ArrowRight"))
    expect(page).to_have_url(re.compile("traps_size=0.52"))
    # every light check of every trap is answered in the end
    page.wait_for_function(
        """() => {
          const source = probe.figures('traps-table')[0].renderers[0].data_source.data
          const texts = source instanceof Map ? source.get('text') : source.text
          return texts.length > 100 && !texts.includes('\u2026')
        }""",
        timeout=120_000,
    )
    assert page.evaluate("probe.nameless()") == []


def test_a_clicked_trap_is_told_and_a_clicked_cell_is_drawn(open_page):
    page = open_page("/accuracy/traps")
    page.wait_for_function("() => probe.digest('traps-gallery') !== 0")
    place = page.evaluate("probe.place('traps-gallery', 1.5, -2.0)")
    page.mouse.click(place["x"], place["y"])
    expect(
        page.get_by_text(re.compile("The exact posterior of noisier data")).first
    ).to_be_visible()
    expect(page).to_have_url(re.compile("traps_trap=prior"))
    place = page.evaluate("probe.place('traps-table', 4, -8)")
    page.mouse.click(place["x"], place["y"])
    expect(page).to_have_url(re.compile("traps_check=likelihood_rank"))
    expect(page.get_by_role("heading", name="Ranks of the likelihood")).to_be_visible()
