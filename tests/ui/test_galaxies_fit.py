"""Fits of populations in a browser: a film that is scrubbed, a catalogue of one's own."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from astroviz.galaxies.explorer import GalaxiesExplorer

pytestmark = pytest.mark.ui


def no_film():
    model = GalaxiesExplorer(view="fit").model
    return model is None or model.population.film is None


def csv(rows, **columns):
    """A file to upload."""
    random = np.random.default_rng(0)
    r = random.uniform(15.0, 17.5, rows)
    found = {
        "u": r + 2.4, "g": r + 0.8, "r": r, "i": r - 0.4, "z": r - 0.6,
        **{f"{band}_error": np.full(rows, 0.03) for band in "ugriz"}, **columns,
    }  # fmt: skip
    rows_of = zip(*found.values(), strict=True)
    lines = [",".join(found), *(",".join(f"{value:.4f}" for value in row) for row in rows_of)]
    return {"name": "mine.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}


@pytest.mark.skipif(no_film(), reason="no population with a film is shipped")
def test_the_film_of_the_shipped_fit_is_scrubbed(open_page, changes):
    page = open_page("/galaxies/fit")
    expect(page.get_by_text("Sliced distance over floor")).to_be_visible()
    slider = page.get_by_role("slider", name=re.compile("frame"))
    for name in ("fit-clouds", "fit-ks"):
        slider.focus()
        changes(name, lambda: page.keyboard.press("ArrowLeft"))
    expect(page).to_have_url(re.compile("fit_frame="))
    assert page.evaluate("probe.nameless()") == []


def test_a_fit_of_ones_own_shows_frames_and_is_cancelled(open_page):
    page = open_page("/galaxies/fit?fit_mode=mine")
    page.get_by_role("button", name=re.compile("Take the example")).click()
    expect(page.get_by_label("error of u").first).to_be_visible()
    page.get_by_role("button", name=re.compile("Fit a population")).click()
    expect(page.get_by_text(re.compile("Fitting the population"))).to_be_visible()
    page.wait_for_function("() => probe.digest('fit-clouds') !== 0", timeout=180_000)
    expect(page.get_by_text(re.compile("moves onto your galaxies"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Cancel")).click()
    expect(page.get_by_text(re.compile("Cancelled; all is as it was"))).to_be_visible(
        timeout=120_000
    )
    expect(page.get_by_text(re.compile("moves onto your galaxies"))).not_to_be_visible()
    assert page.evaluate("probe.nameless()") == []


def test_what_is_wrong_with_an_upload_is_a_sentence(open_page):
    page = open_page("/galaxies/fit?fit_mode=mine")
    files = page.locator("input[type=file]").first
    files.set_input_files([csv(10)])
    expect(page.get_by_text(re.compile("10 rows, not read yet"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Fit a population")).click()
    expect(page.get_by_text(re.compile("too few to fit"))).to_be_visible(timeout=120_000)
    files = page.locator("input[type=file]").first
    files.set_input_files([csv(150, z=np.full(150, np.nan))])
    expect(page.get_by_text(re.compile("150 rows, not read yet"))).to_be_visible()
    page.get_by_role("button", name=re.compile("Read it")).click()
    expect(page.get_by_text(re.compile("0 of them are observed in all of 5"))).to_be_visible(
        timeout=120_000
    )
