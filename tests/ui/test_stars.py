"""The stars page in a browser, as a person uses it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

K_STAR = "Young K star, no disk"


def switch(page, survey):
    """The switch of a survey."""
    return page.get_by_role("checkbox", name=f"Use {survey}")


def settles(page, survey, on):
    """Wait until a survey is on or off: a picture may change before the switch does."""
    expect(switch(page, survey)).to_be_checked(checked=on, timeout=60_000)


def press(page, label):
    """Press one of the buttons with an icon."""
    page.get_by_role("button", name=label).first.click()


def test_it_opens_with_an_example_and_its_answer(open_page):
    page = open_page("/stars")
    assert page.get_by_text("How old, how massive, how reddened").is_visible()
    assert page.get_by_text("Switch Gaia off").is_visible(), "one gesture to try"
    assert page.get_by_text("P(young)").is_visible()
    assert page.evaluate("() => probe.digest('corner-log_age-log_age')") != 0
    assert page.evaluate("() => probe.digest('spectrum')") != 0


def test_a_survey_switched_off_changes_the_posterior_and_undo_brings_it_back(open_page, changes):
    page = open_page("/stars/star")
    changes("corner", lambda: switch(page, "Gaia").click())
    settles(page, "Gaia", False)
    changes("corner", lambda: press(page, "Undo"))
    settles(page, "Gaia", True)
    changes("corner", lambda: press(page, "Redo"))
    settles(page, "Gaia", False)


def test_a_dragged_slider_changes_the_posterior(open_page, changes):
    page = open_page("/stars/star")
    slider = page.get_by_role("slider", name="G (mag)", exact=True)
    box = slider.bounding_box()

    def drag():
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        for step in range(1, 15):
            page.mouse.move(box["x"] + box["width"] / 2 + 1.5 * step, box["y"] + box["height"] / 2)
        page.mouse.up()

    changes("corner-log_mass-log_mass", drag)
    assert page.get_by_role("button", name="Reset G").is_visible()


FIND = """
() => {
  const find = (node, what) => {
    for (const child of node.children ?? []) {
      if (child.matches(what)) { return child }
      const found = find(child, what) ?? (child.shadowRoot && find(child.shadowRoot, what))
      if (found) { return found }
    }
    return null
  }
  const slider = find(document.body, "input[type=range][aria-label='G (mag)']")
  probe.field = find(document.body, "input[type=number][aria-label='G, mag']")
  probe.move = (share) => {
    slider.value = Number(slider.min) + share * (slider.max - slider.min)
    slider.dispatchEvent(new Event("input", {bubbles: true}))
  }
}
"""


def settled(page):
    """What the corner plot shows once nothing has changed for two seconds."""
    page.evaluate(
        """async () => {
          let [before, quiet] = [0, 0]
          while (quiet < 8) {
            await new Promise((resolve) => setTimeout(resolve, 250))
            const now = probe.digest("corner")
            quiet = now === before ? quiet + 1 : 0
            before = now
          }
        }"""
    )
    return page.evaluate("() => [probe.digest('corner'), probe.field.value]")


def test_the_last_value_of_a_drag_is_the_one_that_is_answered(open_page):
    page = open_page("/stars/star")
    page.evaluate(FIND)
    page.evaluate("() => probe.move(0.6)")
    wanted = settled(page)
    page.evaluate("() => probe.move(0.45)")
    assert settled(page) != wanted
    # Events as a key that is held down gives them; their echoes come back in between.
    page.evaluate(
        """async () => {
          for (let k = 0; k <= 40; k++) {
            probe.move(0.4 + 0.2 * k / 40)
            await new Promise((resolve) => setTimeout(resolve, 15))
          }
        }"""
    )
    digest, value = settled(page)
    assert value == wanted[1]
    assert digest == pytest.approx(wanted[0], rel=1e-5)


def test_a_move_lays_nothing_out_anew_even_when_it_brings_a_warning(open_page, changes):
    page = open_page("/stars/star")
    page.evaluate(FIND)
    settled(page)
    page.evaluate(
        """() => {
          probe.layouts = 0
          const views = Bokeh.require("models/layouts/layout_dom").LayoutDOMView.prototype
          const compute = views.compute_layout
          views.compute_layout = function () { probe.layouts += 1; return compute.call(this) }
        }"""
    )
    changes("corner", lambda: page.evaluate("() => probe.move(0.1)"))
    page.get_by_role("button", name=re.compile("unlike the stars")).wait_for()
    settled(page)
    assert page.evaluate("() => probe.layouts") == 0
    assert page.evaluate('() => Bokeh.require("core/dom").InlineStyleSheet.prototype.quick')


def test_arrow_keys_move_a_slider_and_its_error(open_page, changes):
    page = open_page("/stars/star")
    changes("corner", lambda: page.get_by_role("slider", name="J (mag)").press("ArrowRight"))
    page.get_by_role("radio", name="errors").check()
    slider = page.get_by_role("slider", name="Error of J (mag)")
    changes("corner", lambda: slider.press("End"))


def test_a_state_can_be_changed(open_page, changes):
    page = open_page("/stars/star")
    state = page.get_by_role("combobox", name="State of G", exact=True)
    changes("corner", lambda: state.select_option("not_covered"))


def test_a_preset_and_a_surprise_change_the_star(open_page, changes):
    page = open_page("/stars/star")
    page.get_by_role("combobox", name="Example").click()
    changes("spectrum", lambda: page.get_by_role("menuitem", name="Gaia only").click())
    page.get_by_text("Gaia only (example, row 7)").wait_for()
    changes("spectrum", lambda: page.get_by_role("button", name="Surprise me").click())
    page.get_by_text(re.compile(r"surprise \d+")).first.wait_for()


def test_redraw_draws_anew_and_says_the_seed(open_page, changes):
    page = open_page("/stars/star")
    changes("corner", lambda: page.get_by_role("button", name="Re-draw").click())
    page.wait_for_url(re.compile("seed=1"))


def test_the_address_restores_the_view(open_page, page):
    page = open_page("/stars/star")
    switch(page, "WISE").click()
    page.wait_for_url(re.compile("surveys="))
    address = page.url.split("/", 3)[3]
    page = open_page("/" + address)
    settles(page, "WISE", False)
    settles(page, "Gaia", True)


def test_a_broken_address_is_answered_with_a_sentence(open_page):
    page = open_page("/stars/star?row=banana&nonsense=1")
    page.get_by_role("alert").first.wait_for()
    assert page.get_by_text("P(young)").is_visible()


def test_a_broken_file_leaves_a_sentence_and_the_page_alive(open_page, changes, tmp_path):
    broken = tmp_path / "stars.fits"
    broken.write_bytes(b"SIMPLE  =  T" + bytes(range(256)) * 20)
    page = open_page("/stars/star")
    press(page, "Open a table")
    page.locator("input[type=file]").first.set_input_files(str(broken))
    alert = page.get_by_role("alert").filter(has_text="stars.fits")
    alert.wait_for()
    assert "example stays open" in alert.inner_text()
    page.keyboard.press("Escape")
    changes("corner", lambda: switch(page, "2MASS").click())


def test_a_good_file_opens_with_its_columns_shown(open_page, tmp_path):
    good = tmp_path / "mine.csv"
    good.write_text(
        "name,phot_g_mean_mag,Jmag,e_Jmag,Ksmag,e_Ksmag\n"
        "A,14.2,11.1,0.02,10.0,0.02\nB,15.0,11.9,0.02,10.9,0.02\n"
    )
    page = open_page("/stars/star")
    press(page, "Open a table")
    page.locator("input[type=file]").first.set_input_files(str(good))
    page.get_by_role("alert").filter(has_text="mine.csv: 2 stars").wait_for()
    assert page.get_by_role("cell", name="phot_g_mean_mag").is_visible()


def test_pasted_values_open_as_a_star(open_page):
    page = open_page("/stars/star")
    press(page, "Open a table")
    field = page.get_by_role("textbox", name="Paste values")
    field.fill("G = 14.2 ± 0.01, J = 11.1 ± 0.02, Ks = 10.0 ± 0.02")
    page.get_by_role("button", name="Read", exact=True).click()
    page.get_by_role("alert").filter(has_text="pasted values: 1 star").wait_for()


def test_dark_mode_paints_the_figures_too(open_page):
    page = open_page("/stars/star")
    fill = "() => probe.figures('corner-log_age-log_age')[0].background_fill_color"
    light = page.evaluate(fill)
    page.get_by_role("button", name=re.compile("theme|dark", re.I)).first.click()
    page.wait_for_function(f"(light) => ({fill})() !== light", arg=light)


def test_the_theme_is_kept_for_the_next_visit(open_page):
    page = open_page("/stars/star")
    ground = "() => probe.figures('corner-log_age-log_age')[0].background_fill_color"
    light = page.evaluate(ground)
    page.get_by_role("button", name=re.compile("theme|dark", re.I)).first.click()
    page.wait_for_function(f"(light) => ({ground})() !== light", arg=light)
    page.wait_for_function("() => document.cookie.includes('astroviz_theme=dark')")
    page = open_page("/stars/star")
    assert page.evaluate(ground) != light


def test_every_drawer_opens_and_escape_closes_it(open_page):
    page = open_page("/stars/star")
    for label, words in {
        "Prior editor": "reweighted",
        "Selections": "are selected",
        "TOPCAT and Aladin (SAMP)": "Connect on this machine",
        "Export": "Draws of this star",
        "Show code": "recreates",
        "Model card": "Where not to believe it",
        "Help": "Words and marks",
    }.items():
        press(page, label)
        page.get_by_text(words).first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("Words and marks").wait_for(state="hidden")


def test_the_drawer_says_what_the_chosen_steps_were_measured_to_be_worth(open_page, stars_model):
    from astroviz.stars.steps import chosen_figure

    page = open_page("/stars/star")
    press(page, "Prior editor")
    said = page.get_by_role("status").filter(has_text="per 2,000 draws")
    quick = chosen_figure(stars_model, None)[2]
    expect(said).to_contain_text("Few-step sampler, 2 evaluations")
    expect(said).to_contain_text(f"C2ST {quick.c2st:.3f}")
    expect(said).to_contain_text(f"{quick.milliseconds:.0f} ms per 2,000 draws")
    page.wait_for_function("() => probe.digest('steps') !== 0")
    before = page.evaluate("() => probe.digest('steps')")
    page.get_by_role("combobox", name="Sampler").click()
    page.get_by_text("4 steps, 8 evaluations", exact=True).click()
    slow = chosen_figure(stars_model, 4)[2]
    expect(said).to_contain_text(f"Flow, 8 evaluations: C2ST {slow.c2st:.3f}")
    page.wait_for_function("(before) => probe.digest('steps') !== before", arg=before)
    page.get_by_role("combobox", name="Sampler").click()
    page.get_by_text("64 steps, 128 evaluations", exact=True).click()
    expect(page.get_by_text("Flow, 128 evaluations: not measured")).to_be_visible()


def test_steps_that_are_not_offered_come_from_a_link(open_page):
    page = open_page("/stars/star?steps=20&n_draws=700")
    press(page, "Prior editor")
    expect(page.get_by_role("combobox", name="Sampler")).to_contain_text("20 steps")
    expect(page.get_by_role("combobox", name="Number of draws")).to_contain_text("700")


def test_draws_can_be_downloaded(open_page, tmp_path):
    page = open_page("/stars/star")
    press(page, "Export")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    lines = open(download.value.path()).read().splitlines()
    assert "log_age" in lines[0]
    assert len(lines) == 2001


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_figures_can_be_downloaded(open_page, kind):
    page = open_page("/stars/star")
    press(page, "Export")
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    content = open(download.value.path(), "rb").read()
    assert content.startswith(b"\x89PNG" if kind == "PNG" else b"<svg")


def test_every_control_has_a_name_for_a_screen_reader(open_page):
    page = open_page("/stars/star")
    assert page.evaluate("() => probe.nameless()") == []


def test_a_clicked_star_of_the_catalogue_opens(open_page):
    page = open_page("/stars/catalogue")
    assert page.get_by_text("in every survey").is_visible()
    page.wait_for_timeout(1000)  # the last layout may still move the panel
    place = page.evaluate(
        """() => {
          const figure = probe.figures("colour-magnitude")[0]
          const sources = figure.renderers.map((r) => r.data_source)
          const source = sources.find((s) => s.get_length() > 50)
          const data = source.data
          const get = (name) => data instanceof Map ? data.get(name) : data[name]
          for (let k = 30; k < source.get_length(); k++) {
            const place = probe.place("colour-magnitude", get("x")[k], get("y")[k])
            if (place.x > 900 && place.x < 1300 && place.y > 250 && place.y < 650) { return place }
          }
        }"""
    )
    page.mouse.click(place["x"], place["y"])
    page.get_by_text("Posterior", exact=True).wait_for()
    assert page.get_by_text(K_STAR + " (example, row 0)").count() == 0
    page.wait_for_url(re.compile("/stars/star"))


def test_surveys_switched_in_the_catalogue_change_what_is_kept(open_page):
    page = open_page("/stars/catalogue")
    words = page.get_by_text("in every survey")
    before = words.inner_text()
    page.get_by_role("button", name="Spectroscopy").click()
    page.wait_for_function("(before) => !document.body.innerText.includes(before)", arg=before)


def test_asking_for_a_selection_shows_progress_and_ends_with_a_sentence(open_page):
    page = open_page("/stars/catalogue?selection=1-6")
    page.get_by_role("button", name=re.compile("^Ask for")).click()
    page.get_by_role("alert").filter(has_text="stars answered").wait_for(timeout=60_000)
