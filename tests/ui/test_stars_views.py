"""The views of questions, surveys and maps in a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def chip(page, label):
    """The chip of a parameter or observable, whatever place it is in."""
    return page.get_by_role("button", name=re.compile(rf"^{re.escape(label)}: "))


def place(page, label):
    """Where a chip stands."""
    return chip(page, label).get_attribute("aria-label").split(": ")[1].split(",")[0]


def settle(page, label, where):
    """Wait until a chip stands in a place."""
    page.get_by_role("button", name=re.compile(rf"^{re.escape(label)}: {where}")).wait_for()


def test_a_chip_is_dragged_and_the_answer_follows(open_page, changes):
    page = open_page("/stars/question")
    page.get_by_text("Effective sample size").wait_for()
    assert place(page, "A_V") == "wanted"
    given = page.get_by_role("region", name=re.compile("^Given"))
    changes("corner", lambda: chip(page, "A_V").drag_to(given))
    settle(page, "A_V", "given")
    page.get_by_text("a_v = 0.5").wait_for()
    page.wait_for_function("() => location.search.includes('given')")


def test_a_chip_moves_by_keys_and_undo_brings_it_back(open_page, changes):
    page = open_page("/stars/question")
    settle(page, "W1", "given")
    chip(page, "W1").focus()
    changes("corner", lambda: page.keyboard.press("w"))
    settle(page, "W1", "wanted")
    page.get_by_text(re.compile(r"Drawn: the first four of 5")).wait_for()
    page.get_by_role("button", name="Undo").first.click()
    settle(page, "W1", "given")


def test_a_given_value_is_dragged(open_page, changes):
    page = open_page('/stars/question?given={"a_v":0.5}&wanted=log_age,log_mass')
    chip(page, "A_V").click()
    slider = page.get_by_role("slider", name="A_V, given value")
    box = slider.bounding_box()

    def drag():
        page.mouse.move(box["x"] + 6, box["y"] + box["height"] / 2)
        page.mouse.down()
        for step in range(12):
            page.mouse.move(box["x"] + 6 + 3 * step, box["y"] + box["height"] / 2)
        page.mouse.up()

    changes("corner-log_mass-log_mass", drag)


def test_an_interval_is_set_and_an_empty_one_is_refused(open_page, changes):
    page = open_page("/stars/question")
    chip(page, "A_V").click()
    page.get_by_role("spinbutton", name="A_V, lower end").fill("0.2")
    changes("corner", lambda: page.keyboard.press("Enter"))
    page.get_by_text("of all draws meet the interval").wait_for()
    settle(page, "A_V", "wanted, 0.2 to")
    page.get_by_role("spinbutton", name="A_V, lower end").fill("30")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("interval of a_v is empty")).first.wait_for()
    page.get_by_role("button", name="No interval for A_V").click()
    page.wait_for_function("() => !location.search.includes('within')")


def test_what_cannot_be_given_stays_where_it_was(open_page):
    page = open_page("/stars/question")
    chip(page, "radius").focus()
    page.keyboard.press("g")
    page.get_by_text("'radius' cannot be given").first.wait_for()
    assert place(page, "radius") == "ignored"


def test_questions_to_start_from_and_masks(open_page, changes):
    page = open_page("/stars/question")
    page.get_by_text("Effective sample size").wait_for()
    page.get_by_role("combobox").filter(has_text="start from").click()
    changes("corner", lambda: page.get_by_text("predict WISE").click())
    settle(page, "W1", "wanted")
    page.get_by_text("prediction", exact=True).wait_for()
    changes("dependency", lambda: page.get_by_role("button", name="directed", exact=True).click())
    assert not page.evaluate("() => probe.nameless()")


def test_surveys_arrive_in_another_order(open_page, changes):
    page = open_page("/stars/surveys")
    page.wait_for_function("() => probe.digest('surveys-arriving') !== 0")
    later = page.get_by_role("button", name="Let Gaia arrive later")
    changes("surveys-arriving", lambda: later.click())
    page.get_by_text("2. Gaia").wait_for()
    page.get_by_text("would tell most about").wait_for()
    assert page.evaluate("() => probe.digest('information-gain')") != 0
    assert not page.evaluate("() => probe.nameless()")


def test_maps_show_the_stars_that_were_asked(open_page):
    page = open_page("/stars/maps")
    page.get_by_text(re.compile("100 of 409 stars answered")).first.wait_for()
    for name in ("probability-hr", "top-down"):
        page.wait_for_function("(name) => probe.digest(name) !== 0", arg=name)
    page.get_by_role("button", name="Mean A_V").click()
    page.get_by_text(re.compile("no dust map", re.I)).first.wait_for()
    assert not page.evaluate("() => probe.nameless()")


def test_the_order_of_surveys_is_in_the_address_and_comes_back(open_page):
    page = open_page("/stars/surveys")
    page.get_by_role("button", name="Let Gaia arrive later").click()
    expect(page.get_by_text("1. 2MASS")).to_be_visible()
    expect(page).to_have_url(re.compile("arrival=2MASS(%2C|,)Gaia"))
    address = page.url
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("1. Gaia")).to_be_visible()
    expect(page).not_to_have_url(re.compile("arrival="))
    again = open_page("/stars/surveys?" + address.partition("?")[2])
    expect(again.get_by_text("1. 2MASS")).to_be_visible()
    expect(again.get_by_text("2. Gaia")).to_be_visible()


def test_an_order_that_cannot_be_is_told(open_page):
    page = open_page("/stars/surveys?arrival=Gaia,Euclid")
    expect(page.get_by_text(re.compile("no survey 'Euclid'")).first).to_be_visible()
    expect(page.get_by_text("1. Gaia")).to_be_visible()


# Where the seventh point of the diagram is, and whether a star is lifted in it.
POINT = """
() => {
  const of = (data, key) => data instanceof Map ? data.get(key) : data?.[key]
  const all = probe.figures("probability-hr")[0].renderers.map((r) => r.data_source?.data)
  const points = all.find((data) => of(data, "row")?.length > 1)
  return probe.place("probability-hr", of(points, "x")[7], of(points, "y")[7])
}
"""
LIFTED = """
() => probe.figures("probability-hr")[0].renderers.map((r) => r.data_source?.data)
  .some((data) => (data instanceof Map ? data.get("xs") : data?.xs)?.length === 2)
"""


def test_a_picked_star_is_in_the_address_and_comes_back(open_page):
    page = open_page("/stars/maps")
    expect(page.get_by_text(re.compile("100 of 409 stars answered")).first).to_be_visible()
    open_button = page.get_by_role("button", name="Open the star")
    expect(open_button).to_be_disabled()
    spot = page.evaluate(POINT)
    page.mouse.click(spot["x"], spot["y"])
    expect(open_button).to_be_enabled()
    expect(page).to_have_url(re.compile(r"picked=\d+"))
    picked = re.search(r"picked=(\d+)", page.url)[1]
    page.wait_for_function(LIFTED)
    again = open_page(f"/stars/maps?picked={picked}")
    again.wait_for_function(LIFTED)
    expect(open_button).to_be_enabled()
    open_button.click()
    expect(again).to_have_url(re.compile(rf"/stars/star\?.*row={picked}"))


def test_a_picked_star_that_was_not_among_the_first_is_asked_too(open_page):
    page = open_page("/stars/maps?picked=6")
    expect(page.get_by_text(re.compile("101 of 409 stars answered")).first).to_be_visible()
    page.wait_for_function(LIFTED)


def test_a_spectrum_is_switched_off_and_the_answer_widens(open_page, changes):
    page = open_page("/stars/star?row=8")
    switch = page.get_by_role("checkbox", name="Use Gaia XP")
    expect(switch).to_be_checked()
    changes("corner-a_v-a_v", lambda: switch.dispatch_event("click"))
    page.wait_for_function("() => location.search.includes('surveys')")
    expect(switch).not_to_be_checked()


def test_spectra_arrive_like_surveys(open_page, changes):
    page = open_page("/stars/surveys?row=8")
    page.get_by_text("5. Gaia XP").wait_for()
    page.wait_for_function("() => probe.digest('surveys-arriving') !== 0")
    earlier = page.get_by_role("button", name="Let Gaia XP arrive earlier")
    changes("surveys-arriving", lambda: earlier.click())
    page.get_by_text("4. Gaia XP").wait_for()
