"""The page of orientations in a browser: kernel lab, diffusion film, poses."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from astroviz.orientations.explorer import OrientationsExplorer

pytestmark = pytest.mark.ui

# A number that changes when anything that a sphere draws changes.
SPHERES = """
() => Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  .filter((m) => m.type.endsWith("AnyWidgetComponent") && m.class_name === "OrientationSphere")
  .map((m) => ["points", "density", "vectors", "rings"].map((name) => {
    const bytes = new Uint8Array(m.data[name] ?? 0)
    let sum = bytes.length
    for (let k = 0; k < bytes.length; k += 7) { sum = (31 * sum + bytes[k]) % 1000003 }
    return sum
  }).join(" "))
"""


def spheres(page):
    """What the spheres draw, each as a text that differs when it does."""
    return page.evaluate(SPHERES)


def moved(page, act, which=0):
    """Do something, then wait until a sphere draws something else."""
    before = spheres(page)[which]
    act()
    page.wait_for_function(
        f"([before, k]) => ({SPHERES})()[k] !== before", arg=[before, which], timeout=120_000
    )


def slider(page, name):
    """A slider by its name."""
    return page.get_by_role("slider", name=name)


def ready(page):
    """Wait until a sphere has been drawn upon."""
    page.wait_for_function(f"() => ({SPHERES})().some((s) => !s.startsWith('0 0'))")


def press(page, locator, key):
    """Press a key on a slider, which lies where the pointer need not go."""
    locator.focus()
    page.keyboard.press(key)


@pytest.fixture(scope="module")
def has_pose():
    return OrientationsExplorer().other_model("pose")[0] is not None


def test_the_page_leads_to_its_first_view(open_page):
    page = open_page("/orientations")
    expect(page).to_have_url(re.compile("/orientations/film"))
    expect(page.get_by_text("How does noise on SO(3) become a density")).to_be_visible()


def test_the_scale_moves_every_panel_of_the_kernel_lab(open_page, changes):
    page = open_page("/orientations/kernel")
    ready(page)
    expect(page.get_by_text(re.compile("Drag the scale"))).to_be_visible()
    expect(page.get_by_text("\u03c3 = 0.5 rad", exact=True)).to_be_visible()
    expect(page.get_by_text("Leach\u2019s \u03b5 = \u03c3/\u221a2 = 0.354")).to_be_visible()
    scale = slider(page, "Scale of the kernel")
    for name in ("kernel-density", "kernel-angle"):
        changes(name, lambda: press(page, scale, "ArrowLeft"))
    moved(page, lambda: press(page, scale, "ArrowLeft"))
    page.wait_for_url(re.compile(r"sigma=0\.4\d"))
    expect(scale).to_have_attribute("aria-valuetext", re.compile("sigma 0.4.*epsilon 0.3"))
    expect(page.get_by_text("FrameDiff")).to_be_visible()
    assert not page.evaluate("() => probe.nameless()")


def test_a_dragged_scale_ends_where_it_was_let_go(open_page):
    page = open_page("/orientations/kernel")
    ready(page)
    box = slider(page, "Scale of the kernel").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for k in range(15):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.5 * k / 14), middle)
    page.mouse.up()
    page.wait_for_url(re.compile(r"sigma=3(\.0)?(&|$)"), timeout=60_000)
    expect(page.get_by_text(re.compile("IG-SO\\(3\\) at \u03c3 = 3 rad"))).to_be_visible()


def test_symmetry_measure_and_undo(open_page, changes):
    page = open_page("/orientations/kernel?sigma=0.3&group=O")
    ready(page)
    expect(page.get_by_text(re.compile("symmetrised by O"))).to_be_visible()
    undo = page.get_by_role("button", name="Undo (Ctrl Z)")
    changes("kernel-density", lambda: press(page, slider(page, "Scale of the kernel"), "Home"))
    changes("kernel-density", lambda: undo.click())
    page.wait_for_function("() => location.search.includes('sigma=0.3')")
    moved(page, lambda: page.get_by_role("switch", name=re.compile("^Score field")).click())


def test_the_film_is_scrubbed_and_played_both_ways(open_page, changes):
    page = open_page("/orientations/film?density=tetrahedron&network=exact&film_draws=300")
    ready(page)
    time = slider(page, "Time of the film")
    expect(time).to_be_enabled()
    changes("film-longitude", lambda: press(page, time, "Home"))
    page.wait_for_url(re.compile("frame=0"))
    expect(page.get_by_text("\u03c3 = 3 rad", exact=True)).to_be_visible()
    play = page.get_by_role("button", name="Play the film")
    moved(page, lambda: play.click())
    expect(page.get_by_text("the density itself")).to_be_visible()
    page.wait_for_function("() => !location.search.includes('frame')", timeout=60_000)
    play.wait_for()
    moved(page, lambda: play.click(), which=1)
    page.wait_for_url(re.compile("frame=0"))
    expect(page.get_by_text("\u03c3 = 3 rad", exact=True)).to_be_visible()
    assert not page.evaluate("() => probe.nameless()")


def test_the_flow_comes_back_to_where_it_began(open_page):
    page = open_page("/orientations/film?density=tetrahedron&network=exact&film_draws=200")
    ready(page)
    moved(page, lambda: page.get_by_role("button", name="density \u2192 noise").click())
    expect(page.get_by_text("there and back, median error")).to_be_visible()
    page.wait_for_url(re.compile("direction=encode"))


def test_without_a_score_the_true_law_is_shown_with_a_sentence(open_page):
    page = open_page("/orientations/film?density=stripes&network=exact&film_draws=200")
    ready(page)
    expect(page.get_by_text(re.compile("only the solids have one")).first).to_be_visible()
    left, right = spheres(page)
    assert left.startswith("0 0")
    assert not right.startswith("0 0")


def test_a_picture_is_picked_and_its_poses_follow(open_page, has_pose):
    page = open_page("/orientations/pose?pose_draws=200")
    ready(page)
    strip = page.get_by_role("radiogroup", name="Pictures of the solid")
    expect(strip.get_by_role("radio", checked=True)).to_have_attribute("aria-label", "cube 1")
    moved(page, lambda: strip.get_by_role("radio", name="cube 3").click())
    page.wait_for_url(re.compile("picture=2"))
    if has_pose:
        expect(page.get_by_text("spread about the true poses")).to_be_visible()
        redrawn = page.get_by_role("list", name="Draws of the pose, rendered again")
        expect(redrawn.get_by_role("listitem")).to_have_count(8)
    assert not page.evaluate("() => probe.nameless()")


def test_a_picture_of_ones_own_is_read_and_nonsense_is_refused(open_page, has_pose, tmp_path):
    page = open_page("/orientations/pose?pose_draws=200")
    ready(page)
    page.get_by_role("button", name="upload", exact=True).click()
    bad, good = tmp_path / "bad.png", tmp_path / "mine.png"
    bad.write_bytes(b"this is no picture")
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    square = (np.abs(x) < 0.5) & (np.abs(y) < 0.5)
    content = io.BytesIO()
    Image.fromarray(np.where(square, 220, 0).astype(np.uint8)).save(content, "PNG")
    good.write_bytes(content.getvalue())
    page.locator("input[type=file]").first.set_input_files(str(bad))
    page.get_by_role("alert").filter(has_text=re.compile("PNG or JPEG")).wait_for()
    act = page.locator("input[type=file]").first
    act.set_input_files(str(good))
    expect(page.get_by_text(re.compile("the solid in mine.png"))).to_be_visible()


@pytest.mark.parametrize("view", ["kernel", "film", "pose"])
def test_dark_reaches_figures_and_spheres(open_page, view):
    page = open_page(f"/orientations/{view}")
    ready(page)
    darks = """() => Bokeh.documents.flatMap((d) => [...d._all_models.values()])
      .filter((m) => m.class_name === "OrientationSphere").map((m) => m.data.dark)"""
    assert not any(page.evaluate(darks))
    page.get_by_role("button", name="theme").first.click()
    page.wait_for_function(f"() => ({darks})().every((dark) => dark)")


def test_a_broken_address_is_answered_with_a_sentence(open_page):
    page = open_page("/orientations/kernel?sigma=banana&nonsense=1")
    page.get_by_role("alert").first.wait_for()
    expect(page.get_by_text(re.compile("Drag the scale"))).to_be_visible()


def test_drawers_show_code_card_and_tables(open_page):
    page = open_page("/orientations/kernel?sigma=0.25")
    ready(page)
    page.get_by_role("button", name="Show code").first.click()
    expect(page.get_by_text(re.compile("view='kernel', sigma=0.25"))).to_be_visible()
    page.get_by_role("button", name="Export").first.click()
    expect(page.get_by_text("Curves along a turn")).to_be_visible()
    page.get_by_role("button", name="Model card").first.click()
    expect(page.get_by_text(re.compile("Nothing is learned here"))).to_be_visible()
