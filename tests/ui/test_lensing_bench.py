"""The bench of lensing in a browser, as a person uses it."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

pytestmark = pytest.mark.ui

SLOW = 180_000  # ms: fits run while one waits
IMAGE, SOURCE = "bench-image", "bench-source"


@pytest.fixture
def bench(open_page):
    page = open_page("/lensing/bench")
    page.wait_for_function(f"() => probe.digest('{IMAGE}') !== 0", timeout=SLOW)
    return page


def spot(page, name, x, y):
    return page.evaluate("([name, x, y]) => probe.place(name, x, y)", [name, float(x), float(y)])


def drag(page, start, end):
    page.mouse.move(start["x"], start["y"])
    page.mouse.down()
    page.mouse.move((start["x"] + end["x"]) / 2, (start["y"] + end["y"]) / 2, steps=4)
    page.mouse.move(end["x"], end["y"], steps=4)
    page.mouse.up()


def test_it_opens_with_an_answer_and_names_for_everything(bench):
    expect(bench.get_by_text(re.compile("bends the light of the galaxy"))).to_be_visible()
    assert bench.evaluate("(name) => probe.digest(name)", SOURCE) != 0
    expect(bench.get_by_text("Velocity dispersion")).to_be_visible()
    assert not bench.evaluate("() => probe.nameless()")
    inside = bench.evaluate("() => document.documentElement.scrollHeight <= window.innerHeight")
    assert inside, "the view fits the window"


def test_a_slider_by_keys_changes_the_picture_and_undo_takes_it_back(bench, changes):
    slider = bench.get_by_role("slider", name=re.compile("^Einstein")).first
    slider.focus()
    before = bench.evaluate("(name) => probe.digest(name)", IMAGE)
    changes(IMAGE, lambda: slider.press("PageUp"))
    expect(bench).to_have_url(re.compile("einstein_radius="), timeout=SLOW)
    bench.get_by_text("Image plane").click()
    bench.keyboard.press("Control+z")
    bench.wait_for_function(
        "([name, before]) => Math.abs(probe.digest(name) - before) < 1e-6 * Math.abs(before)",
        arg=[IMAGE, before],
        timeout=SLOW,
    )


def test_a_number_that_cannot_be_is_said(bench, changes):
    field = bench.get_by_role("spinbutton", name=re.compile("^Einstein"))
    field.fill("0")
    changes(IMAGE, lambda: field.press("Enter"))
    expect(bench.get_by_text(re.compile("cannot be 0"))).to_be_visible()
    expect(field).to_have_value(re.compile("^0.1"))


def test_the_lens_is_dragged_on_the_picture(bench, changes):
    start, end = spot(bench, IMAGE, 0.0, 0.0), spot(bench, IMAGE, 0.6, -0.4)
    changes(IMAGE, lambda: drag(bench, start, end))
    expect(bench).to_have_url(re.compile(r"x0=0\.[4-7]"), timeout=SLOW)


def test_the_source_is_dragged_in_its_plane(bench, changes):
    start, end = spot(bench, SOURCE, 0.0, 0.0), spot(bench, SOURCE, 0.3, 0.3)
    changes(IMAGE, lambda: drag(bench, start, end))
    expect(bench).to_have_url(re.compile("source_x="), timeout=SLOW)


def test_cursors_cross_between_the_planes(bench, changes):
    there = spot(bench, IMAGE, 1.0, 0.7)
    changes(SOURCE, lambda: bench.mouse.move(there["x"], there["y"], steps=3))
    here = spot(bench, SOURCE, 0.02, 0.02)
    changes(IMAGE, lambda: bench.mouse.move(here["x"], here["y"], steps=3))


def test_presets_and_surprises_change_the_picture(bench, changes):
    changes(IMAGE, lambda: bench.get_by_role("button", name=re.compile("Surprise me")).click())
    bench.get_by_role("combobox", name="Example").click()
    changes(IMAGE, lambda: bench.get_by_role("menuitem", name="A quad").click())
    expect(bench).to_have_url(re.compile("axis_ratio=0.6"), timeout=SLOW)


def test_a_picture_is_uploaded_and_a_wrong_file_is_told(open_page, changes):
    page = open_page("/lensing/bench?bench_source=file")
    expect(page.get_by_text(re.compile("No file yet")).first).to_be_visible()
    lit = np.zeros((60, 60), np.uint8)
    lit[20:30, 15:45] = 220
    sink = io.BytesIO()
    Image.fromarray(lit).save(sink, "PNG")
    files = page.locator("input[type=file]").first
    changes(IMAGE, lambda: files.set_input_files(
        {"name": "bar.png", "mimeType": "image/png", "buffer": sink.getvalue()}
    ))  # fmt: skip
    files.set_input_files({"name": "notes.png", "mimeType": "image/png", "buffer": b"hello"})
    expect(page.get_by_text(re.compile("no image that can be read"))).to_be_visible()


def test_a_source_is_painted_with_the_pointer(open_page, changes):
    page = open_page("/lensing/bench?bench_source=paint")
    page.wait_for_function(f"() => probe.digest('{IMAGE}') !== 0", timeout=SLOW)
    start, end = spot(page, SOURCE, -0.3, 0.3), spot(page, SOURCE, 0.1, 0.4)
    changes(IMAGE, lambda: drag(page, start, end))


def test_modes_show_their_own_panels(bench, changes):
    bench.get_by_role("button", name="Mass sheet").click()
    bench.wait_for_function("() => probe.digest('bench-sheet') !== 0", timeout=SLOW)
    slider = bench.get_by_role("slider", name=re.compile("of sheet"))
    slider.focus()
    changes(SOURCE, lambda: slider.press("Home"))
    bench.get_by_role("button", name="Delays").click()
    bench.wait_for_function("() => probe.digest('bench-delays') !== 0", timeout=SLOW)
    bench.get_by_role("button", name="Information").click()
    bench.wait_for_function("() => probe.digest('bench-known') !== 0", timeout=SLOW)
    here = spot(bench, "bench-known", 0.3, 0.2)
    changes(IMAGE, lambda: bench.mouse.move(here["x"], here["y"], steps=3))


def test_fits_run_and_can_be_cancelled(open_page):
    page = open_page("/lensing/bench?bench_mode=bias&bench_scale=0.12&bench_snr=30")
    page.get_by_role("button", name=re.compile("^Fit")).first.click()
    page.wait_for_function("() => probe.digest('bench-bias-fits') !== 0", timeout=SLOW)
    expect(page.get_by_text(re.compile("pixels, S/N 30"))).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name=re.compile("^Scan")).click()
    page.get_by_role("button", name=re.compile("Cancel")).first.click(timeout=SLOW)
    expect(page.get_by_text(re.compile("Cancelled"))).to_be_visible(timeout=SLOW)
