"""The sphere and the box on a page of Panel, under a mouse and under keys, in both backends."""

from __future__ import annotations

import io
import json
import socket
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytestmark = pytest.mark.ui


def orientations(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    means = Rotation.random(3, random_state=1)
    turns = Rotation.from_rotvec(rng.normal(0, 0.4, (n, 3)))
    return (means[rng.integers(0, 3, n)] * turns).as_matrix()


def make_sphere(**state):
    from astroviz.components.faces import OrientationSphere, sphere_state

    x, _, z = np.swapaxes(orientations(768)[:, :, 0:1], 1, 2)[:, 0].T
    density = np.exp(2 * (x + z))
    packed = sphere_state(
        rotations=orientations(), truth=orientations(3, 2), density=density / density.mean(),
        places=orientations(60, 3)[:, :, 0], directions=orientations(60, 4)[:, :, 1],
        caption="Two thousand orientations", **state,
    )  # fmt: skip
    width = {} if "sizing_mode" in state else {"width": 560}
    return OrientationSphere(**packed, **width, height=480)


def make_box(**state):
    from astroviz.components.faces import WebBox, web_box_state

    rng = np.random.default_rng(5)
    axes = orientations(20, 6) * np.array([5.0, 2.0, 1.0])
    place = rng.uniform(5, 45, (800, 3))
    packed = web_box_state(
        place, 50.0, mass=10 ** rng.uniform(11, 14, 800), category=np.arange(800) % 4,
        edges=rng.integers(0, 800, (300, 2)), glyph_position=place[:20], glyph_axes=axes,
        glyph_category=np.arange(20) % 4, caption="Eight hundred haloes", **state,
    )  # fmt: skip
    return WebBox(**packed, width=560, height=480)


PICTURES = {"sphere": make_sphere, "box": make_box}


def serve(pages):
    """A server in a thread, and its port."""
    import panel as pn

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = pn.serve(pages, port=port, threaded=True, show=False, verbose=False)

    def answers():
        try:
            urllib.request.urlopen(f"http://localhost:{port}/", timeout=2).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    until(answers)
    return server, port


@pytest.fixture(scope="module")
def served():
    """Address of a server of both pictures, and the last one of each that it made."""
    import panel as pn

    made = {}

    def page_of(name, make):
        def page():
            given = pn.state.session_args.get("state", [b"{}"])[0]
            made[name] = make(**json.loads(given))
            return made[name]

        return page

    server, port = serve({name: page_of(name, make) for name, make in PICTURES.items()})
    yield f"http://localhost:{port}", made
    server.stop()


@pytest.fixture
def show(page, served):
    """Open a picture in some state; its frame and its Python side."""
    address, made = served

    def show(name, **state):
        made.pop(name, None)
        page.goto(f"{address}/{name}?state={json.dumps(state)}")
        frame = page.locator(".az-stage")
        frame.wait_for()
        until(lambda: name in made and made[name].backend)
        page.wait_for_timeout(300)
        return frame, made[name]

    yield show
    page.goto("about:blank")  # or the tab would call for a server that is gone


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def pixels(frame):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(frame.screenshot())).convert("RGB")).astype(int)


def changed(frame, before, share=0.01):
    """Wait until at least this share of the picture differs."""

    def differs():
        now = pixels(frame)
        return now.shape == before.shape and (np.abs(now - before).max(-1) > 8).mean() > share

    until(differs)


def middle(frame):
    box = frame.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, frame, dx, dy, shift=False):
    x, y = middle(frame)
    if shift:
        page.keyboard.down("Shift")
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, 9):
        page.mouse.move(x + dx * k / 8, y + dy * k / 8)
    page.wait_for_timeout(100)  # held still: what is let go then does not go on
    page.mouse.up()
    if shift:
        page.keyboard.up("Shift")


BOTH = pytest.mark.parametrize("renderer", ["webgl2", "canvas"])


@BOTH
@pytest.mark.parametrize("name", ["sphere", "box"])
def test_it_is_drawn_and_says_by_what(show, name, renderer):
    frame, face = show(name, renderer=renderer)
    assert face.backend == renderer
    assert frame.get_attribute("data-backend") == face.backend
    colours = np.unique(pixels(frame).reshape(-1, 3), axis=0)
    assert len(colours) > 300, "a picture, not a blank"
    assert frame.get_attribute("role") == "application"
    assert frame.get_attribute("aria-label") == face.caption


def test_without_a_wish_the_quicker_is_taken(page, show):
    """A name of software means the plain canvas; a graphics card means WebGL2."""
    frame, face = show("sphere")
    name = page.evaluate("""() => {
      const gl = document.createElement("canvas").getContext("webgl2")
      const told = gl?.getExtension("WEBGL_debug_renderer_info")
      return told ? gl.getParameter(told.UNMASKED_RENDERER_WEBGL) : "none"
    }""")
    slow = "SwiftShader" in name or "llvmpipe" in name or name == "none"
    assert face.backend == ("canvas" if slow else "webgl2"), name
    before = pixels(frame)
    face.renderer = "webgl2"
    until(lambda: face.backend == "webgl2")
    page.wait_for_timeout(300)
    assert (np.abs(pixels(frame) - before).max(-1) > 60).mean() < 0.05, "the same picture"


@BOTH
@pytest.mark.parametrize("name", ["sphere", "box"])
def test_a_drag_and_the_arrow_keys_turn_it(page, show, name, renderer):
    frame, face = show(name, renderer=renderer)
    before = pixels(frame)
    drag(page, frame, 90, 20)
    changed(frame, before)
    turned = until(lambda: list(face.rotation))
    assert np.linalg.norm(turned) == pytest.approx(1, abs=1e-4)
    before = pixels(frame)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    changed(frame, before)
    until(lambda: list(face.rotation) != turned)


@BOTH
def test_python_turns_and_zooms_it(page, show, renderer):
    frame, face = show("sphere", renderer=renderer)
    before = pixels(frame)
    face.param.update(rotation=[0.0, 0.0, 1.0, 0.0], zoom=2.0)
    changed(frame, before, 0.05)
    assert face.zoom == 2.0


def test_the_wheel_and_keys_zoom_and_come_home(page, show):
    frame, face = show("sphere")
    page.mouse.move(*middle(frame))
    page.mouse.move(middle(frame)[0] + 5, middle(frame)[1])
    page.mouse.wheel(0, -240)
    until(lambda: face.zoom > 1.1)
    frame.focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    until(lambda: face.zoom > 1.5)
    page.keyboard.press("0")
    until(lambda: face.zoom == 1.0)


@BOTH
def test_the_map_is_a_key_and_a_button_away(page, show, renderer):
    frame, face = show("sphere", renderer=renderer)
    before = pixels(frame)
    frame.focus()
    page.keyboard.press("m")
    until(lambda: face.projection == "mollweide")
    changed(frame, before, 0.1)
    page.get_by_role("button", name="Sphere or Mollweide map").click()
    until(lambda: face.projection == "sphere")
    face.projection = "mollweide"
    changed(frame, before, 0.1)


@BOTH
def test_a_click_picks_a_point_and_python_hears_it(page, show, renderer):
    frame, face = show("sphere", renderer=renderer)
    longitude, latitude = np.frombuffer(face.points, "<f4").reshape(-1, 4)[7, :2]
    turn = Rotation.from_euler("zy", [-longitude, latitude])
    face.rotation = turn.as_quat().tolist()
    page.wait_for_timeout(400)
    page.mouse.click(*middle(frame))
    until(lambda: face.picked >= 0)
    place = np.frombuffer(face.points, "<f4").reshape(-1, 4)[face.picked]
    assert np.hypot(*(place[:2] - [longitude, latitude])) < 0.05
    frame.focus()
    page.keyboard.press("Escape")
    until(lambda: face.picked == -1)


def test_hovering_reads_out_where_one_is(page, show):
    frame, _ = show("sphere")
    page.mouse.move(*middle(frame))
    page.mouse.move(middle(frame)[0] + 3, middle(frame)[1] + 3)
    tip = page.locator(".az-tip")
    tip.wait_for()
    text = tip.inner_text()
    assert "longitude" in text
    assert "latitude" in text
    assert "uniform" in text


@BOTH
@pytest.mark.parametrize("name", ["sphere", "box"])
def test_a_lasso_selects_and_python_hears_it(page, show, name, renderer):
    frame, face = show(name, renderer=renderer)
    x, y = middle(frame)
    page.keyboard.down("Shift")
    page.mouse.move(x - 80, y - 80)
    page.mouse.down()
    for dx, dy in [(80, -80), (80, 80), (-80, 80), (-80, -78)]:
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    chosen = until(lambda: list(face.selection))
    count = 2000 if name == "sphere" else 800
    assert 5 < len(chosen) < count
    assert len(set(chosen)) == len(chosen)
    assert 0 <= min(chosen) <= max(chosen) < count
    assert list(face.rotation) == [], "a lasso does not turn"


def test_points_behind_the_sphere_are_not_selected(page, show):
    frame, face = show("sphere", rotation=[0.0, 0.0, 0.0, 1.0])
    x, y = middle(frame)
    page.keyboard.down("Shift")
    page.mouse.move(x - 250, y - 230)
    page.mouse.down()
    for dx, dy in [(250, -230), (250, 230), (-250, 230), (-250, -225)]:
        page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    chosen = until(lambda: list(face.selection))
    longitude, latitude = np.frombuffer(face.points, "<f4").reshape(-1, 4)[:, :2].T
    front = np.flatnonzero(np.cos(latitude) * np.cos(longitude) > 0)
    assert sorted(chosen) == front.tolist()


def test_a_turn_is_measured_when_asked(page, show):
    _, face = show("sphere")
    face.measure = True
    until(lambda: face.frames_per_second > 0)
    assert not face.measure


def test_dark_ground_and_a_frame_that_grows(page, show):
    frame, face = show("sphere", dark=True, sizing_mode="stretch_width")
    assert pixels(frame)[5, 5].max() < 60
    face.dark = False
    until(lambda: pixels(frame)[8, 200].min() > 240)
    page.set_viewport_size({"width": 420, "height": 600})
    until(lambda: frame.bounding_box()["width"] < 430)
    until(lambda: page.locator(".az-over").evaluate("(canvas) => canvas.width") < 430)
    assert len(np.unique(pixels(frame).reshape(-1, 3), axis=0)) > 300


def test_help_is_shown_and_the_picture_saved(page, show):
    frame, _ = show("sphere")
    frame.focus()
    page.keyboard.press("?")
    page.get_by_text("zoom").first.wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".az-help").is_hidden()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save as PNG").click()
    from PIL import Image

    saved = Image.open(waiting.value.path())
    assert saved.format == "PNG"
    assert len(np.unique(np.asarray(saved.convert("RGB")).reshape(-1, 3), axis=0)) > 300


def test_a_click_picks_a_halo_and_a_type_is_hidden_by_its_legend(page, show):
    frame, face = show("box")
    face.focus = np.frombuffer(face.points, "<f4").reshape(-1, 5)[100, :3].tolist()
    face.zoom = 4.0
    page.wait_for_timeout(400)
    x, y = middle(frame)
    page.mouse.click(x, y - 24)  # where the middle of the box is drawn
    until(lambda: face.picked >= 0)
    before = pixels(frame)
    page.get_by_role("button", name="filament").click()
    until(lambda: list(face.hidden) == [2])
    changed(frame, before, 0.0005)
    page.get_by_role("button", name="filament").click()
    until(lambda: list(face.hidden) == [])


def test_pictures_of_a_group_turn_together(page, served):
    """Model beside truth: no way over the server is needed."""
    import panel as pn

    pair = [make_sphere(group="pair"), make_sphere(group="pair")]
    server, port = serve({"pair": lambda: pn.Row(*pair)})
    try:
        page.goto(f"http://localhost:{port}/pair")
        frames = page.locator(".az-stage")
        frames.nth(1).wait_for()
        page.wait_for_timeout(500)
        before = pixels(frames.nth(1))
        drag(page, frames.nth(0), 80, 0)
        changed(frames.nth(1), before)
        page.goto("about:blank")  # or the tab would call for a server that is gone
    finally:
        server.stop()
