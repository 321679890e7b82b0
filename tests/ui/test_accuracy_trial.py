"""A trial in a browser: the example, a click from verdict to object, a fresh trial, own draws."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.ui


def upload(name="mine.npz", truths=120, spread=1.0):
    random = np.random.default_rng(0)
    mean = random.normal(size=(120, 1, 2))
    out = io.BytesIO()
    np.savez(
        out, draws=mean + spread * random.normal(size=(120, 60, 2)),
        truths=(mean[:, 0] + random.normal(size=(120, 2)))[:truths],
    )  # fmt: skip
    return {"name": name, "mimeType": "application/octet-stream", "buffer": out.getvalue()}


def test_from_a_verdict_to_an_object(open_page, changes):
    page = open_page("/accuracy/trial")
    expect(page.get_by_text(re.compile(r"of \d+ checks? reject")).first).to_be_visible()
    assert page.evaluate("probe.nameless()") == []
    page.get_by_role("button", name=re.compile(r"^TARP: ")).click()
    expect(page.get_by_text("Blind to:").first).to_be_visible()
    expect(page).to_have_url(re.compile("trial_check="))
    place = page.evaluate("probe.place('trial-cells', 1, -2)")
    changes("corner", lambda: page.mouse.click(place["x"], place["y"]))
    expect(page).to_have_url(re.compile("trial_cell="))
    changes("corner", lambda: page.get_by_role("button", name="Next object").click())
    page.get_by_role("button", name="Ranks", exact=True).click()
    page.wait_for_function("() => probe.figures('rank_histogram').length > 0")


def test_a_fresh_trial_converges(open_page):
    page = open_page("/accuracy/trial?trial_count=60&trial_draws=50&trial_checks=[%22sbc%22]")
    expect(page.get_by_text("Not tried yet", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("Try it")).first.click()
    expect(page.get_by_text(re.compile("60 objects \u00d7 50 draws"))).to_be_visible(
        timeout=180_000
    )
    assert page.evaluate("probe.nameless()") == []


def test_a_trial_is_given_up_and_keeps_what_is_there(open_page):
    page = open_page("/accuracy/trial?trial_count=20000&trial_draws=50&trial_checks=[%22sbc%22]")
    page.get_by_role("button", name=re.compile("Try it")).first.click()
    expect(page.get_by_text(re.compile("of 20,000 objects so far")).first).to_be_visible(
        timeout=180_000
    )
    page.get_by_role("button", name=re.compile("Cancel")).click()
    expect(page.get_by_text(re.compile("what was found until now stays"))).to_be_visible(
        timeout=120_000
    )
    expect(page.get_by_text(re.compile("Stopped after")).first).to_be_visible()


def test_draws_of_ones_own(open_page):
    page = open_page("/accuracy/trial?tried=mine")
    files = page.locator("input[type=file]").first
    files.set_input_files([upload("short.npz", truths=70)])
    expect(page.get_by_text(re.compile("120"))).to_be_visible()
    files = page.locator("input[type=file]").first
    files.set_input_files([upload("narrow.npz", spread=0.5)])
    expect(page.get_by_text(re.compile("120 objects \u00d7 60 draws"))).to_be_visible(
        timeout=120_000
    )
    expect(page.get_by_text(re.compile(r"of \d+ checks? reject")).first).to_be_visible()
    with page.expect_download() as heard:
        page.get_by_role("button", name=re.compile("Report")).first.click()
    assert heard.value.suggested_filename == "astroviz_trial.html"
