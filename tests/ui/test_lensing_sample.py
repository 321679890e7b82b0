"""Sampling a source in a browser: previews, sliders, samplers, masks, files, cancelling."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from astropy.io import fits
from playwright.sync_api import expect

from astroviz.lensing.explorer import LensingExplorer

pytestmark = pytest.mark.ui

FAST = "sample_prior=gaussian16&sample_source=gaussian+process&sample_sampler=cla&sample_count=4"
DONE = re.compile(r"step (\d+) of \1\b")


def slider(page, name):
    """A slider by the beginning of its name."""
    return page.get_by_role("slider", name=re.compile(f"^{re.escape(name)}"))


def press(page, locator, key):
    """Press a key on a slider, which lies where the pointer need not go."""
    locator.focus()
    page.keyboard.press(key)


def title(page, name):
    """Text above a figure."""
    return page.evaluate("(name) => probe.figures(name)[0].title?.text ?? ''", name)


@pytest.fixture
def sample(open_page):
    def open_sample(query=FAST):
        page = open_page(f"/lensing/sample?{query}")
        expect(page.get_by_text(DONE)).to_be_visible()
        return page

    return open_sample


def test_the_page_opens_with_draws_and_says_what_they_are(sample):
    page = sample()
    expect(page.get_by_text("4 sources that could have made a simulated lens")).to_be_visible()
    expect(page.get_by_text(re.compile("CLA convolves the likelihood"))).to_be_visible()
    assert page.evaluate("() => probe.digest('sample-draws')") != 0
    assert not page.evaluate("() => probe.nameless()")


def test_a_slider_moves_source_and_residual(sample, changes):
    page = sample()
    radius = slider(page, "\u03b8_E")
    changes("sample-residual", lambda: press(page, radius, "ArrowRight"))
    changes("sample-mean", lambda: press(page, radius, "ArrowRight"))
    page.wait_for_url(re.compile(r"sample_einstein_radius=1\.0"))
    expect(page.get_by_text("not the one that made this image").first).to_be_visible()
    changes("sample-mean", lambda: page.get_by_text("true lens", exact=True).click())
    page.wait_for_function("() => !location.search.includes('einstein_radius')")


def test_a_dragged_slider_ends_where_it_was_let_go(sample):
    page = sample()
    # the slider's own box is that of its thumb
    box = slider(page, "axis ratio").evaluate(
        "(e) => e.closest('.MuiSlider-root').getBoundingClientRect().toJSON()"
    )
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.68, middle)
    page.mouse.down()
    for k in range(12):
        page.mouse.move(box["x"] + box["width"] * (0.68 + 0.4 * k / 11), middle)
    page.mouse.up()
    page.wait_for_url(re.compile(r"sample_axis_ratio=1(\.0)?(&|$)"))
    expect(page.get_by_text(DONE)).to_be_visible()


def test_sampler_and_prior_are_switched_on_the_same_observation(sample, changes):
    page = sample()
    before = page.evaluate("() => probe.digest('sample-data')")
    page.get_by_role("combobox").filter(has_text="CLA").click()
    changes("sample-chi", lambda: page.get_by_role("menuitem", name="exact (GP)").click())
    expect(page.get_by_text(re.compile("nothing to get wrong"))).to_be_visible()
    page.wait_for_url(re.compile("sample_sampler=exact"))
    assert page.evaluate("() => probe.digest('sample-data')") == pytest.approx(before)


def test_a_long_run_shows_previews_and_can_be_cancelled(open_page, changes):
    query = FAST.replace("cla", "split_gibbs").replace("gaussian16", "gaussian")
    seed = time.time_ns() % 1_000_000  # an answer that is known already would come at once
    more = f"sample_quality=reference&sample_count=32&seed={seed}"
    page = open_page(f"/lensing/sample?{query}&{more}")
    expect(page.get_by_text(re.compile(r"step \d+ of 1?\d\d"))).to_be_visible()
    changes("sample-draws", lambda: None)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert not DONE.search(page.get_by_text(re.compile(r"step \d+ of")).inner_text())
    press(page, slider(page, "slope"), "ArrowRight")
    changes("sample-draws", lambda: None)


def test_a_mask_is_drawn_and_taken_back(sample, changes):
    page = sample()
    page.get_by_role("button", name="box", exact=True).click()
    corners = [
        page.evaluate("([x, y]) => probe.place('sample-data', x, y)", [x, y])
        for x, y in ((-1.2, -1.2), (-0.2, 0.6))
    ]

    def drag():
        page.mouse.move(corners[0]["x"], corners[0]["y"])
        page.mouse.down()
        page.mouse.move(corners[1]["x"], corners[1]["y"], steps=8)
        page.mouse.up()

    changes("sample-residual", drag)
    page.wait_for_url(re.compile("sample_mask="))
    undo = page.get_by_role("button", name="Undo (Ctrl Z)")
    changes("sample-residual", undo.click)
    page.wait_for_function("() => !location.search.includes('sample_mask')")


def test_files_of_ones_own_are_sampled_and_bad_ones_refused(sample, tmp_path):
    page = sample()
    seen = LensingExplorer(
        sample_source="elliptical", sample_prior="gaussian16"
    ).sample_scene().observation  # fmt: skip
    paths = {}
    for name in ("image", "noise", "psf"):
        paths[name] = tmp_path / f"{name}.fits"
        fits.PrimaryHDU(np.float32(getattr(seen, name))).writeto(paths[name])
    bad = tmp_path / "psf_even.fits"
    fits.PrimaryHDU(np.ones((6, 6), np.float32)).writeto(bad)
    page.get_by_role("combobox").filter(has_text="simulated").click()
    page.get_by_role("menuitem", name="my own files").click()
    field = page.locator("input[type=file]").first
    field.set_input_files([str(paths["image"])])
    page.get_by_role("alert").filter(has_text="no noise map").wait_for()
    field.set_input_files([str(paths["image"]), str(paths["noise"]), str(bad)])
    page.get_by_role("alert").filter(has_text="even side").wait_for()
    field.set_input_files([str(path) for path in paths.values()])
    expect(page.get_by_text(re.compile("could have made my own files"))).to_be_visible()
    page.wait_for_function("() => probe.figures('sample-truth')[0].title.text === 'exact mean'",
                           timeout=120_000)  # fmt: skip
    expect(page.get_by_text(DONE)).to_be_visible()


def test_a_broken_link_is_answered_with_a_sentence(open_page):
    page = open_page(f"/lensing/sample?{FAST}&sample_noise=loud&sample_sky=mars")
    page.get_by_role("alert").first.wait_for()
    expect(page.get_by_text(DONE)).to_be_visible()


def test_dark_reaches_the_figures(sample):
    page = sample()
    ground = "() => probe.figures('sample-chi')[0].background_fill_color"
    before = page.evaluate(ground)
    page.get_by_role("button", name="theme").first.click()
    page.wait_for_function(f"(before) => ({ground})() !== before", arg=before)
