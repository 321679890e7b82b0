"""The SED inspector in a browser, as a person uses it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

SLOW = 120_000
SPECTRUM, HISTORY = "galaxy-spectrum", "galaxy-history"


@pytest.fixture
def sed(open_page):
    page = open_page("/galaxies/sed")
    page.wait_for_function(f"() => probe.digest('{SPECTRUM}') !== 0", timeout=SLOW)
    return page


def test_it_opens_with_an_answer_within_the_window(sed):
    expect(sed.get_by_text(re.compile("what each filter measures"))).to_be_visible()
    expect(sed.get_by_role("cell", name=re.compile("sdss r$"))).to_be_visible(timeout=SLOW)
    expect(sed.get_by_text(re.compile("survive"))).to_be_visible()
    assert sed.evaluate("(name) => probe.digest(name)", HISTORY) != 0
    assert not sed.evaluate("() => probe.nameless()")
    inside = sed.evaluate("() => document.documentElement.scrollHeight <= window.innerHeight")
    assert inside, "the view fits the window"


def test_a_slider_moves_spectrum_and_history_and_undo_takes_it_back(sed, changes):
    before = sed.evaluate("(name) => probe.digest(name)", SPECTRUM)
    slider = sed.get_by_role("slider", name=re.compile("diffuse"))
    slider.focus()
    changes(SPECTRUM, lambda: slider.press("PageUp"))
    expect(sed).to_have_url(re.compile("sed_tau2="), timeout=SLOW)
    kappa = sed.get_by_role("slider", name="\u03ba 1")
    kappa.focus()
    changes(HISTORY, lambda: kappa.press("PageUp"))
    sed.get_by_text("Star formation history", exact=True).last.click()
    sed.keyboard.press("Control+z")
    sed.keyboard.press("Control+z")
    sed.wait_for_function(
        "([name, before]) => Math.abs(probe.digest(name) - before) < 1e-4 * Math.abs(before)",
        arg=[SPECTRUM, before],
        timeout=SLOW,
    )


def test_switches_and_filters_change_the_spectrum(sed, changes):
    changes(SPECTRUM, lambda: sed.get_by_role("switch", name=re.compile("^Dust")).click())
    expect(sed.get_by_text(re.compile("without any dust"))).to_be_visible()
    changes(SPECTRUM, lambda: sed.get_by_role("switch", name=re.compile("^Gas")).click())
    expect(sed.get_by_role("slider", name=re.compile("log U"))).to_be_visible()
    changes(SPECTRUM, lambda: sed.get_by_role("button", name=re.compile("Surprise me")).click())
