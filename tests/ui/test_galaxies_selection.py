"""The selection builder in a browser: limits, the wedge under a hand, surveys, rain."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

SLOW = 180_000
PLANE, RAIN, REDSHIFT = "colour-plane", "galaxy-rain", "selection-redshift"


@pytest.fixture
def selection(open_page):
    page = open_page("/galaxies/selection?selection_draws=20000&selection_source=prior")
    page.wait_for_function(f"() => probe.digest('{REDSHIFT}') !== 0", timeout=SLOW)
    return page


def spot(page, name, x, y):
    return page.evaluate("([name, x, y]) => probe.place(name, x, y)", [name, float(x), float(y)])


def test_it_opens_with_an_answer_within_the_window(selection):
    expect(selection.get_by_text(re.compile("keeps of the same galaxies"))).to_be_visible()
    expect(selection.get_by_text(re.compile("of 20,000 draws"))).to_be_visible(timeout=SLOW)
    assert not selection.evaluate("() => probe.nameless()")
    inside = selection.evaluate(
        "() => document.documentElement.scrollHeight <= window.innerHeight"
    )
    assert inside, "the view fits the window"


def test_a_limit_and_another_survey_change_the_redshifts(selection, changes):
    slider = selection.get_by_role("slider", name=re.compile("Fainter lost"))
    slider.focus()
    changes(REDSHIFT, lambda: slider.press("PageDown"))
    expect(selection).to_have_url(re.compile("selection_limit="), timeout=SLOW)
    selection.get_by_role("combobox", name=re.compile("^Survey")).click()
    changes(PLANE, lambda: selection.get_by_role("menuitem", name=re.compile("^HSC")).click())
    expect(selection).to_have_url(re.compile("selection_survey=hsc_wide"), timeout=SLOW)


def test_the_wedge_is_dragged_with_the_pointer(selection, changes):
    changes(
        REDSHIFT,
        lambda: selection.get_by_role("switch", name=re.compile("Wedge of colours")).click(),
    )
    start, end = spot(selection, PLANE, 0.6, 0.25), spot(selection, PLANE, 0.95, 0.35)

    def drag():
        selection.mouse.move(start["x"], start["y"])
        selection.mouse.down()
        selection.mouse.move((start["x"] + end["x"]) / 2, (start["y"] + end["y"]) / 2, steps=4)
        selection.mouse.move(end["x"], end["y"], steps=4)
        selection.mouse.up()

    changes(REDSHIFT, drag)
    expect(selection).to_have_url(re.compile(r"wedge_x=0\.[89]|wedge_x=1"), timeout=SLOW)


def test_galaxies_rain_until_they_are_held(selection, changes):
    changes(RAIN, lambda: None)
    selection.get_by_role("button", name=re.compile("^Pause")).click()
    expect(selection.get_by_role("button", name=re.compile("^Play"))).to_be_visible()
    selection.wait_for_function(
        """async (name) => {
          const one = probe.digest(name)
          await new Promise((done) => setTimeout(done, 600))
          return one === probe.digest(name)
        }""",
        arg=RAIN,
        timeout=SLOW,
    )
    changes(RAIN, lambda: selection.get_by_role("button", name=re.compile("^Play")).click())
