"""Prior shift and noise in a browser: a swap with its flag, a chirp, rounds on a scrubber."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from astroviz.lensing.explorer import LensingExplorer

pytestmark = pytest.mark.ui


def missing(name):
    return LensingExplorer().other_model(name)[0] is None


@pytest.mark.skipif(missing("ellipticals"), reason="no prior of ellipticals is shipped")
def test_the_wrong_prior_is_flagged(open_page):
    page = open_page("/lensing/shift")
    expect(page.get_by_text("out of distribution")).to_be_visible(timeout=240_000)
    expect(page.get_by_text(re.compile("PQMass can"))).to_be_visible()
    page.wait_for_function("() => probe.digest('shift-flag') !== 0")
    assert page.evaluate("probe.nameless()") == []


def test_a_chirp_is_drawn_again_with_other_noise(open_page, changes):
    page = open_page("/lensing/noise?noise_mode=chirp&noise_draws=100")
    expect(page.get_by_text("chirp mass put in")).to_be_visible(timeout=120_000)
    again = page.get_by_role("button", name=re.compile("Re-draw"))
    changes("noise-series", lambda: again.click())
    expect(page).to_have_url(re.compile("seed=1"))
    assert page.evaluate("probe.nameless()") == []


@pytest.mark.skipif(missing("rounds"), reason="no rounds are shipped")
def test_rounds_are_scrubbed(open_page, changes):
    page = open_page("/lensing/shift?shift_mode=rounds")
    expect(page.get_by_text(re.compile("stop rule says"))).to_be_visible()
    slider = page.get_by_role("slider", name=re.compile("round"))
    for name in ("rounds-prior", "rounds-fall"):
        slider.focus()
        changes(name, lambda: page.keyboard.press("ArrowLeft"))
    expect(page).to_have_url(re.compile("shift_round="))
