"""The population in a browser: the slice, a box that names a subset, an expression, relations."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from astroviz.galaxies.explorer import GalaxiesExplorer

pytestmark = [
    pytest.mark.ui,
    pytest.mark.skipif(GalaxiesExplorer().model is None, reason="no population is shipped"),
]

QUERY = "population_draws=12000"


@pytest.fixture
def population(open_page):
    """The page with its draws."""

    def opened(query=QUERY):
        page = open_page(f"/galaxies/population?{query}")
        expect(page.get_by_text("draws in the slice")).to_be_visible(timeout=120_000)
        page.wait_for_function("() => probe.digest('population-0-1') !== 0")
        return page

    return opened


def test_the_slice_moves_matrix_and_relations(population, changes):
    page = population()
    low = page.get_by_role("slider").first
    for name in ("population-0-1", "population-upper", "population-lower"):
        low.focus()
        changes(name, lambda: page.keyboard.press("ArrowRight"))
    expect(page).to_have_url(re.compile("population_slice="))
    assert page.evaluate("probe.nameless()") == []


def test_a_box_becomes_a_subset_and_is_removed(population, changes):
    page = population()
    figure = "population-0-1"
    ends = page.evaluate(
        "(n) => { const f = probe.figures(n)[0]; return ["
        "f.x_range.start, f.x_range.end, f.y_range.start, f.y_range.end] }",
        figure,
    )
    x0, x1, y0, y1 = ends
    corners = [(x0 + 0.1 * (x1 - x0), y0 + 0.5 * (y1 - y0)),
               (x0 + 0.5 * (x1 - x0), y0 + 0.95 * (y1 - y0))]  # fmt: skip
    start, end = (
        page.evaluate("([n, x, y]) => probe.place(n, x, y)", [figure, *one]) for one in corners
    )

    def draw():
        page.mouse.move(start["x"], start["y"])
        page.mouse.down()
        page.mouse.move(end["x"], end["y"], steps=8)
        page.mouse.up()

    changes("population-1-2", draw)
    expect(page.get_by_role("button", name="Remove region")).to_be_visible()
    expect(page).to_have_url(re.compile("region"))
    page.get_by_role("button", name="Remove region").click()
    expect(page.get_by_role("button", name="Remove region")).not_to_be_visible()


def test_an_expression_is_named_or_refused(population):
    page = population()
    expression = page.get_by_role("textbox", name=re.compile("^expression"))
    add = page.get_by_role("button", name="Name the subset")
    expression.fill("log_mass > 11")
    page.get_by_role("textbox", name=re.compile("^name")).fill("massive")
    add.click()
    expect(page.get_by_role("button", name="Remove massive")).to_be_visible()
    expression.fill("log_mas > 11")
    add.click()
    expect(page.get_by_text(re.compile("did you mean log_mass"))).to_be_visible()


def test_what_the_survey_sees_and_other_relations(population, changes):
    page = population()
    seen = page.get_by_role("button", name="In the survey")
    changes("population-0-1", lambda: seen.click())
    expect(page.get_by_text("worth (effective)")).to_be_visible()
    page = population(f"{QUERY}&population_upper=uvj&population_lower=cosmic_sfr")
    axes = "(n) => probe.figures(n)[0].below[0].axis_label"
    assert "V \u2212 J" in page.evaluate(axes, "population-upper")
    assert page.evaluate(axes, "population-lower") == "redshift"
