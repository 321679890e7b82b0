"""The page of an adaptation in a browser, as a person uses it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

SLOW = 180_000  # ms: an adaptation runs while one waits

# The columns of the stars of a figure.
STARS = """
(name) => {
  const of = (data, key) => data instanceof Map ? data.get(key) : data?.[key]
  const all = probe.figures(name)[0].renderers.map((r) => r.data_source?.data)
  const points = all.find((data) => of(data, "row")?.length > 1 && of(data, "marker"))
  const columns = ["x", "y", "row", "alpha"].map((key) => Array.from(of(points, key)))
  return Object.fromEntries(columns.map((column, k) => [["x", "y", "row", "alpha"][k], column]))
}
"""


def stars(page, name="latent"):
    """Places, numbers and opacity of the stars that a figure draws."""
    return {key: np.array(column) for key, column in page.evaluate(STARS, name).items()}


def spot(page, name, x, y):
    """Where a data point of a figure is on the screen."""
    return page.evaluate("([name, x, y]) => probe.place(name, x, y)", [name, float(x), float(y)])


def slider(page):
    """The scrubber."""
    return page.get_by_role("slider", name="Training step")


def button(page, label):
    """The first button of a name."""
    return page.get_by_role("button", name=label).first


def lassoed(page, name):
    """Box the stars of a figure that lie below the median of x; which they are."""
    found = stars(page, name)
    inside = found["x"] < np.median(found["x"])
    low = spot(page, name, found["x"].min(), found["y"].min())
    high = spot(page, name, np.median(found["x"]), found["y"].max())
    page.mouse.move(low["x"] - 4, low["y"] + 4)
    page.mouse.down()
    page.mouse.move((low["x"] + high["x"]) / 2, (low["y"] + high["y"]) / 2, steps=4)
    page.mouse.move(high["x"], high["y"] - 4, steps=4)
    page.mouse.up()
    return set(found["row"][inside].tolist())


def test_it_opens_with_an_example_and_its_answer(open_page):
    page = open_page("/adaptation")
    expect(page).to_have_url(re.compile("/adaptation/latent"))
    expect(page.get_by_text("does aligning it with real stars")).to_be_visible()
    expect(page.get_by_text("Drag the scrubber")).to_be_visible()
    expect(page.get_by_text(re.compile("simulators that play nature"))).to_be_visible()
    for name in ("latent", "recovery-left", "recovery-right"):
        assert page.evaluate("(name) => probe.digest(name)", name) != 0
    assert not page.evaluate("() => probe.nameless()")


def test_scrubbing_moves_the_points_and_comes_back(open_page, changes):
    page = open_page("/adaptation/latent")
    last = stars(page)
    ranges = "() => probe.figures('latent').map((f) => [f.x_range.start, f.y_range.end])"
    fixed = page.evaluate(ranges)
    changes("latent", lambda: slider(page).press("Home"))
    page.get_by_text(re.compile(r"^step 0 of \d+")).wait_for()
    first = stars(page)
    assert np.array_equal(first["row"], last["row"])
    assert not np.allclose(first["x"], last["x"])
    assert page.evaluate(ranges) == fixed, "axes stand still"
    page.wait_for_url(re.compile("frame=0"))
    changes("latent", lambda: slider(page).press("End"))
    page.wait_for_function("() => !location.search.includes('frame')")
    assert np.allclose(stars(page)["x"], last["x"])


def test_a_dragged_scrubber_lays_nothing_out_and_ends_where_it_was_let_go(open_page):
    page = open_page("/adaptation/latent")
    page.evaluate(
        """() => {
          probe.layouts = 0
          const views = Bokeh.require("models/layouts/layout_dom").LayoutDOMView.prototype
          const compute = views.compute_layout
          views.compute_layout = function () { probe.layouts += 1; return compute.call(this) }
        }"""
    )
    box = slider(page).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, middle)
    page.mouse.down()
    for k in range(30):
        page.mouse.move(box["x"] + (box["width"] - 8) * (1 - k / 29), middle)
    page.mouse.up()
    page.get_by_text(re.compile(r"^step 0 of \d+")).wait_for()
    page.wait_for_url(re.compile("frame=0"))
    expect(page.get_by_text(re.compile("At step 0, "))).to_be_visible()
    assert page.evaluate("() => probe.layouts") == 0


def test_the_film_plays_to_its_end(open_page, changes):
    page = open_page("/adaptation/latent")
    changes("latent", lambda: button(page, "Play the training").click())
    button(page, "Play the training").wait_for()
    expect(slider(page)).to_have_attribute(
        "aria-valuetext", re.compile(r"^step (\d+) of \1$"), timeout=SLOW
    )


def test_a_switch_and_the_number_of_pairs_change_the_picture_and_undo_brings_it_back(
    open_page, changes
):
    page = open_page("/adaptation/latent")
    pairs = page.get_by_role("slider", name=re.compile("^Pairs"))
    changes("recovery-right", lambda: pairs.press("Home"))
    page.wait_for_url(re.compile("pairs=0"))
    changes("recovery-right", lambda: button(page, "Undo").click())
    page.wait_for_function("() => !location.search.includes('pairs')")
    expect(pairs).to_have_attribute("aria-valuetext", re.compile("500"))
    changes("recovery-right", lambda: page.get_by_role("switch", name=re.compile("^OT")).click())
    page.wait_for_url(re.compile("transport=(F|f)alse"))


def test_what_is_not_shipped_is_said_and_the_nearest_can_be_taken(open_page, changes):
    page = open_page("/adaptation/latent")
    page.get_by_role("switch", name=re.compile("^MMD")).click()
    button(page, re.compile("No checkpoint of these switches")).wait_for()
    expect(button(page, "Train it live")).to_be_visible()
    changes("recovery-right", lambda: button(page, "Take the nearest shipped").click())
    expect(page.get_by_role("switch", name=re.compile("^MMD"))).not_to_be_checked()


def test_a_brush_in_one_plot_selects_in_the_other_and_a_click_picks_a_star(open_page):
    page = open_page("/adaptation/latent")
    wanted = lassoed(page, "latent")
    page.get_by_text(re.compile(rf"^{len(wanted)} stars selected")).wait_for()
    other = stars(page, "recovery-right")
    bright = set(other["row"][other["alpha"] > other["alpha"].min() + 0.3].tolist())
    real = {row for row in other["row"].tolist() if row >= len(other["row"]) // 2}
    assert bright & real == wanted & real
    row = int(max(wanted))
    place = np.flatnonzero(other["row"] == row)[0]
    where = spot(page, "recovery-right", other["x"][place], other["y"][place])
    page.mouse.click(where["x"], where["y"])
    page.wait_for_url(re.compile(r"picked=\d+"))
    page.get_by_text(re.compile(r"Star \d+ is picked")).wait_for()


def test_the_picked_star_is_asked_of_both_networks(open_page, changes):
    page = open_page("/adaptation/star")
    page.get_by_text("out of distribution", exact=True).wait_for()
    for name in ("corner-log_age-log_age", "spectrum"):
        assert page.evaluate("(name) => probe.digest(name)", name) != 0
    changes("corner", lambda: button(page, "Next star (n)").click())
    page.wait_for_url(re.compile(r"picked=\d+"))
    assert not page.evaluate("() => probe.nameless()")


def test_evidence_shows_arms_and_populations(open_page):
    page = open_page("/adaptation/evidence")
    for name in ("coverage-comparison", "film-distances", "bias-sky", "baselines"):
        assert page.evaluate("(name) => probe.digest(name)", name) != 0
    box = page.evaluate(
        """() => {
          const f = probe.figures("film-distances")[0]
          return probe.place("film-distances", f.x_range.start, f.y_range.start)
        }"""
    )
    page.mouse.click(box["x"] + 3, box["y"] - 20)
    page.wait_for_url(re.compile("frame=0"))
    page.get_by_role("button", name="Populations", exact=True).last.click()
    page.wait_for_function("() => probe.figures('prior-shift-log_age').length === 1")
    page.get_by_text(re.compile("of them would have to change age or mass")).wait_for()
    assert not page.evaluate("() => probe.nameless()")


def test_the_address_restores_the_view(open_page):
    page = open_page("/adaptation/latent?pairs=50&frame=1&parameter=a_v&selection=[1,2,3]")
    page.get_by_text(re.compile("^3 stars selected")).wait_for()
    expect(page.get_by_text(re.compile(r"90 % intervals of A_V"))).to_be_visible()
    expect(slider(page)).to_have_value("1")


def test_a_broken_address_is_answered_with_a_sentence(open_page):
    page = open_page("/adaptation/latent?pairs=banana&nonsense=1&picked=100000")
    page.get_by_role("alert").first.wait_for()
    expect(page.get_by_text("Drag the scrubber")).to_be_visible()


@pytest.fixture
def small_table(tmp_path):
    """Forty stars with magnitudes and labels, as CSV."""
    random = np.random.default_rng(3)
    names = ("phot_g_mean_mag", "phot_bp_mean_mag", "phot_rp_mean_mag", "Jmag", "Hmag", "Kmag")
    lines = ["name,parallax,parallax_error," + ",".join(names) + ",Teff,Av"]
    for k in range(40):
        shift = random.normal(0, 0.8)
        magnitudes = np.array([14.5, 15.7, 13.4, 11.6, 10.9, 10.6]) + shift
        magnitudes += random.normal(0, 0.05, 6)
        values = ",".join(f"{value:.3f}" for value in magnitudes)
        teff, a_v = random.normal(3900, 200), abs(random.normal(0.8, 0.3))
        lines.append(f"s{k},{random.normal(7, 0.3):.3f},0.03,{values},{teff:.0f},{a_v:.2f}")
    path = tmp_path / "mine.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def begin(page, path):
    """Upload a table, take few steps, start."""
    page.locator("input[type=file]").first.set_input_files(str(path))
    page.get_by_text("mine.csv").first.wait_for()
    page.get_by_role("slider", name=re.compile("^Steps")).press("Home")
    button(page, "Adapt a copy").click()
    page.get_by_role("button", name="Cancel").wait_for()


def test_live_adaptation_on_an_uploaded_table_ends_with_a_verdict(open_page, small_table):
    page = open_page("/adaptation/catalogue")
    begin(page, small_table)
    page.get_by_text(re.compile(r"Better\.|Not better\.")).wait_for(timeout=SLOW)
    expect(page.get_by_text("90 % coverage of effective temperature").first).to_be_visible()
    button(page, "Latent space").click()
    page.wait_for_function("() => probe.figures('recovery-right').length === 1")
    expect(page.get_by_text("Real stars are those of your table.")).to_be_visible()


def test_cancel_half_way_leaves_the_shipped_model_untouched(open_page, small_table):
    page = open_page("/adaptation/latent")
    shipped = stars(page)
    button(page, "My catalogue").click()
    begin(page, small_table)
    page.get_by_text(re.compile("Adapting a copy, frame at step [1-9]")).wait_for(timeout=SLOW)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("The shipped network is as it was").wait_for()
    button(page, "Latent space").click()
    page.wait_for_function("() => probe.figures('recovery-right').length === 1")
    again = stars(page)
    assert np.array_equal(again["row"], shipped["row"])
    assert np.allclose(again["x"], shipped["x"])


def test_a_table_that_cannot_be_adapted_to_is_answered_with_a_sentence(open_page, tmp_path):
    short = tmp_path / "mine.csv"
    short.write_text("name,Gmag,Jmag\na,14,11\nb,15,12\n")
    page = open_page("/adaptation/catalogue")
    page.locator("input[type=file]").first.set_input_files(str(short))
    page.get_by_text("mine.csv").first.wait_for()
    button(page, "Adapt a copy").click()
    page.get_by_role("alert").filter(has_text=re.compile("20")).wait_for()
    expect(button(page, "Adapt a copy")).to_be_enabled()


def test_dark_reaches_every_view(open_page):
    page = open_page("/adaptation/latent")
    ground = "() => probe.figures('latent')[0].background_fill_color"
    light = page.evaluate(ground)
    button(page, "theme").click()
    page.wait_for_function(f"(light) => ({ground})() !== light", arg=light)
