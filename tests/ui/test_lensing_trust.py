"""The truth check and the other instruments in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

OPERATORS = "operators_prior=gaussian16&operators_sampler=cla&operators_count=4"


def click_cell(page, figure, x, y):
    """Click a place of a figure, in its own coordinates."""
    place = page.evaluate("([n, x, y]) => probe.place(n, x, y)", [figure, x, y])
    page.mouse.click(place["x"], place["y"])


def test_a_check_is_made_at_the_start_and_gives_a_badge(open_page):
    page = open_page("/lensing/trust?trust_sampler=cla&trust_truths=16&trust_count=16")
    expect(page.get_by_text(re.compile("of the exact one"))).to_be_visible()
    page.wait_for_function(
        "() => probe.figures('trust-badges')[0].renderers[0].data_source.data"
        ".get?.('text')?.includes('too narrow') ?? "
        "probe.figures('trust-badges')[0].renderers[0].data_source.data.text"
        ".includes('too narrow')",
        timeout=120_000,
    )
    page.wait_for_function("() => probe.digest('tarp') > 1")
    assert not page.evaluate("() => probe.nameless()")


def test_a_row_that_is_clicked_becomes_the_sampler(open_page, changes):
    page = open_page("/lensing/trust?trust_sampler=exact&trust_count=16")
    expect(page.get_by_text(re.compile("exact .GP.: variance"))).to_be_visible()
    changes("trust-mean", lambda: click_cell(page, "trust-badges", 1, -3))
    page.wait_for_url(re.compile("trust_sampler=cla"))
    expect(page.get_by_text(re.compile("16 draws of CLA"))).to_be_visible()


def test_a_check_can_be_cancelled(open_page):
    page = open_page("/lensing/trust?trust_sampler=exact&trust_truths=200&trust_check_draws=64")
    expect(page.get_by_text(re.compile("exact .GP.: variance"))).to_be_visible()
    page.get_by_role("button", name="Check all").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("alert").filter(has_text="Cancelled").wait_for(timeout=120_000)


def test_a_cell_of_the_matrix_is_opened(open_page, changes):
    page = open_page(f"/lensing/operators?{OPERATORS}")
    expect(page.get_by_text(re.compile("array of dishes"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"step (\d+) of \1\b"))).to_be_visible()
    changes("operators-data", lambda: click_cell(page, "operators-matrix", 5, 0))
    page.wait_for_url(re.compile("operators_problem=denoising"))
    page.wait_for_url(re.compile("^(?!.*operators_sampler)"))
    expect(page.get_by_text(re.compile("Every pixel is seen"))).to_be_visible()
    assert not page.evaluate("() => probe.nameless()")


@pytest.mark.parametrize("view", ["trust", "operators"])
def test_dark_reaches_the_matrix(open_page, view):
    page = open_page(f"/lensing/{view}?{OPERATORS}&trust_sampler=exact")
    name = {"trust": "trust-badges", "operators": "operators-matrix"}[view]
    ground = "(name) => probe.figures(name)[0].background_fill_color"
    before = page.evaluate(ground, name)
    page.get_by_role("button", name="theme").first.click()
    page.wait_for_function(f"([name, before]) => ({ground})(name) !== before", arg=[name, before])
