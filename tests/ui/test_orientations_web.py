"""The views *Web* and *Catalogue* of orientations in a browser, as a person uses them."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from playwright.sync_api import expect

from astroviz.io import read_table

pytestmark = pytest.mark.ui

SLOW = 180_000  # ms: a catalogue is painted while one waits

# What a sphere or a box holds, by its caption: a number that changes with any of its bytes.
HELD = """
([caption, name]) => {
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const data = models.map((m) => m.attributes?.data)
    .find((d) => String(d?.attributes?.caption ?? "").startsWith(caption))
  const value = data?.attributes?.[name]
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value ?? [])
  return bytes.reduce((sum, b, k) => (sum * 31 + b + k) % 1000000007, bytes.length)
}
"""
MODEL, TRUTH = "The model", "The exact law"


def held(page, caption, name="density"):
    return page.evaluate(HELD, [caption, name])


def changed(page, caption, before, name="density"):
    """Wait until a sphere holds something else."""
    condition = f"([caption, name, before]) => ({HELD})([caption, name]) !== before"
    page.wait_for_function(condition, arg=[caption, name, before], timeout=SLOW)


def spot(page, name, x, y):
    return page.evaluate("([name, x, y]) => probe.place(name, x, y)", [name, float(x), float(y)])


def drag(page, start, end):
    page.mouse.move(start["x"], start["y"])
    page.mouse.down()
    page.mouse.move((start["x"] + end["x"]) / 2, (start["y"] + end["y"]) / 2, steps=4)
    page.mouse.move(end["x"], end["y"], steps=4)
    page.mouse.up()


def test_web_opens_with_a_galaxy_and_both_answers(open_page):
    page = open_page("/orientations/web", ready=".az-stage canvas")
    expect(page.get_by_text("given the tide around it")).to_be_visible()
    expect(page.get_by_text(re.compile("a central in a filament.*drag the tidal"))).to_be_visible()
    assert page.locator(".az-stage").count() == 3, "a box and two spheres"
    expect(page.get_by_text("no messages").first).to_be_visible(timeout=SLOW)
    for name in ("environment", "axis-density", "tilt-density"):
        assert page.evaluate("(name) => probe.digest(name)", name) != 0
    assert held(page, MODEL) != held(page, TRUTH)
    assert not page.evaluate("() => probe.nameless()")


def test_a_click_on_a_galaxy_changes_the_spheres(open_page):
    page = open_page("/orientations/web", ready=".az-stage canvas")
    law, answer = held(page, TRUTH), held(page, MODEL)
    box = page.locator(".az-stage").first
    box.focus()
    box.press("Enter")  # the galaxy nearest to the middle
    changed(page, TRUTH, law)
    changed(page, MODEL, answer)
    expect(page).to_have_url(re.compile(r"galaxy=\d+"), timeout=SLOW)
    page.keyboard.press("Control+z")
    page.wait_for_function(
        f"([c, n, b]) => ({HELD})([c, n]) === b", arg=[TRUTH, "density", law], timeout=SLOW
    )


def test_the_density_follows_a_drag_on_the_ellipsoid(open_page, changes):
    page = open_page("/orientations/web", ready=".az-stage canvas")
    law, answer = held(page, TRUTH), held(page, MODEL)
    start, end = spot(page, "environment", 0.6, 0.7), spot(page, "environment", -0.5, 0.8)
    changes("environment", lambda: drag(page, start, end))
    changed(page, TRUTH, law)
    changed(page, MODEL, answer)
    page.get_by_text("Let go").click()
    page.wait_for_function(
        f"([c, n, b]) => ({HELD})([c, n]) === b", arg=[TRUTH, "density", law], timeout=SLOW
    )


def test_sliders_do_it_by_keys(open_page):
    page = open_page("/orientations/web", ready=".az-stage canvas")
    law = held(page, TRUTH)
    page.get_by_role("button", name="Numbers").click()
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("End")
    changed(page, TRUTH, law)


def test_glyphs_follow_the_smoothing_along_a_filament(open_page, changes):
    page = open_page("/orientations/web?web_panel=filament")
    page.wait_for_function("() => probe.digest('filament') !== 0")
    slider = page.get_by_role("slider").first
    slider.focus()
    changes("filament", lambda: slider.press("End"))
    expect(page.get_by_text(re.compile("smoothing of the tide"))).to_be_visible()


def test_catalogue_opens_measured_and_a_brush_changes_the_curves(open_page, changes):
    page = open_page("/orientations/catalogue")
    expect(page.get_by_text(re.compile("Brush the map and watch"))).to_be_visible()
    for name in ("box-map", "alignment-ed", "alignment-wg+"):
        assert page.evaluate("(name) => probe.digest(name)", name) != 0
    assert not page.evaluate("() => probe.nameless()")
    start, end = spot(page, "box-map", 5, 5), spot(page, "box-map", 40, 60)
    changes("alignment-ed", lambda: drag(page, start, end))
    expect(page.get_by_text(re.compile(r"[1-9][\d,]* selected"))).to_be_visible()
    changes("alignment-ed", lambda: page.get_by_role("button", name="Select all").click())


def test_painting_changes_the_curves(open_page, changes):
    page = open_page("/orientations/catalogue")
    before = page.evaluate("() => probe.digest('alignment-ed')")
    page.get_by_role("button", name="Paint with the model").click()
    page.wait_for_function(
        "(before) => probe.digest('alignment-ed') !== before", arg=before, timeout=SLOW
    )
    expect(page.get_by_text(re.compile("painted by the model"))).to_be_visible(timeout=SLOW)


@pytest.mark.parametrize("kind", ["FITS", "Parquet", "HDF5"])
def test_downloads_are_whole_files(open_page, kind):
    page = open_page("/orientations/catalogue?painter=law")
    with page.expect_download(timeout=SLOW) as info:
        page.get_by_role("button", name=kind).or_(
            page.get_by_role("link", name=kind)
        ).first.click()
    path = Path(info.value.path())
    if kind == "HDF5":
        with h5py.File(path) as file:
            axis = np.stack([file[f"galaxies/major_{k}"][:] for k in "xyz"], -1)
    else:
        table = read_table(path.read_bytes())
        axis = np.stack([np.asarray(table[f"major_{k}"]) for k in "xyz"], -1)
    assert len(axis) > 500
    np.testing.assert_allclose(np.linalg.norm(axis, axis=-1), 1.0, atol=1e-5)


def test_other_questions_have_their_panels_and_dark_is_dark(open_page):
    page = open_page("/orientations/catalogue")
    page.get_by_role("button", name=re.compile("Why.it.matters")).click()
    page.wait_for_function("() => probe.figures('dark-energy').length > 0")
    page.get_by_role("button", name="Shift", exact=True).click()
    expect(page.get_by_text(re.compile("ood score")).first).to_be_visible(timeout=SLOW)
