"""The real lens in a browser: the way through its steps, files, work that is given up."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from astropy.io import fits
from playwright.sync_api import expect

from astroviz.lensing.real_example import example

pytestmark = pytest.mark.ui


def fits_file(name, array):
    held = io.BytesIO()
    fits.PrimaryHDU(np.asarray(array, dtype=np.float32)).writeto(held)
    return {"name": name, "mimeType": "application/fits", "buffer": held.getvalue()}


def step(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_it_opens_with_an_answer_and_leads_through_its_steps(open_page):
    page = open_page("/lensing/real")
    expect(
        page.get_by_text(re.compile("20 possible sources behind 5 lens models"))
    ).to_be_visible()
    expect(page.get_by_text("when shipped")).to_be_visible()
    for name, words in (
        ("1 Files", "What was read|201 \u00d7 201 pixels"), ("2 Noise", "blank sky, std"),
        ("3 Fit", "log evidence"), ("5 Check", "pixels with R-hat"),
    ):  # fmt: skip
        step(page, name)
        expect(page.get_by_text(re.compile(words)).first).to_be_visible()
    expect(page).to_have_url(re.compile("real_step=check"))
    assert page.evaluate("probe.nameless()") == []


def test_a_draw_that_is_pressed_shows_its_own_residual(open_page, changes):
    page = open_page("/lensing/real")
    changes("real-draw", lambda: step(page, "Model"))
    step(page, "Residual")
    page.wait_for_function("() => Math.abs(probe.digest('real-draw-left')) > 0")
    before = page.evaluate("probe.digest('real-draw-left')")
    place = page.evaluate("probe.place('real-draws', 2.6, -0.7)")
    page.mouse.click(place["x"], place["y"])
    page.wait_for_function(
        "(before) => probe.digest('real-draw-left') !== before", arg=before, timeout=60_000
    )


def test_the_noise_map_as_it_is_empties_the_fit_and_undo_brings_it_back(open_page, changes):
    page = open_page("/lensing/real?real_step=noise")
    step(page, "as given")
    expect(page.get_by_text(re.compile("too large and hides misfits")).first).to_be_visible()
    step(page, "3 Fit")
    expect(page.get_by_text(re.compile("Not fitted yet"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Undo")).click()
    page.get_by_role("button", name=re.compile("Undo")).click()
    step(page, "3 Fit")
    expect(page.get_by_role("cell", name=re.compile(r"1\.47\d \u00b1"))).to_be_visible()


def test_files_of_a_user_are_opened_and_bad_ones_are_told(open_page):
    page = open_page("/lensing/real?real_step=files")
    seen = example()
    step(page, "My files")
    files = page.locator("input[type=file]").first
    files.set_input_files([fits_file("image.fits", seen.image)])
    expect(page.get_by_text(re.compile("no noise map"))).to_be_visible()
    files = page.locator("input[type=file]").first
    files.set_input_files([
        fits_file("m_image.fits", seen.image), fits_file("m_noise.fits", seen.noise),
        fits_file("m_psf.fits", seen.psf),
    ])  # fmt: skip
    expect(page.get_by_text(re.compile("m_image: 8,485 pixels are used"))).to_be_visible()
    expect(page.get_by_text(re.compile("Without both redshifts")).first).to_be_visible()
    page.get_by_label("z of the lens").fill("0.3")
    page.get_by_label("z of the lens").press("Enter")
    expect(page.get_by_text("0.300")).to_be_visible()


def test_a_fit_says_how_far_it_is_and_can_be_given_up(open_page):
    page = open_page("/lensing/real?real_step=fit&real_radius=2.4&real_budget=180")
    expect(page.get_by_text(re.compile("Not fitted yet"))).to_be_visible()
    page.get_by_role("button", name="Fit the lens").click()
    expect(page.get_by_text(re.compile("Fitting the lens"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Cancel")).click()
    expect(page.get_by_text(re.compile("Cancelled; all is as it was"))).to_be_visible(
        timeout=120_000
    )
    expect(page.get_by_text(re.compile("Not fitted yet"))).to_be_visible()
