"""The arithmetic of the browser's side against healpy, scipy and our own tables."""

from __future__ import annotations

from pathlib import Path

import healpy
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.components import sources
from astroviz.components.sources import PARTS, elements

pytestmark = pytest.mark.ui
FOLDER = Path(sources.__file__).parent

OFFERED = [
    "pixelOf", "pixelMiddle", "interpolation", "SmoothCube", "cubeValue", "mollweide",
    "fromMollweide",
    "quaternionProduct", "matrixOf", "turnedBy", "headingOf", "lookingAt", "wrapped", "CYCLIC",
    "RAMP", "QUIET", "insideOf", "viewOf", "screenOf", "skyUnder", "turnAbout",
    "shadowOf", "sortByDepth", "readBox",
]  # fmt: skip


@pytest.fixture(scope="module")
def js(browser):
    """A blank page that knows our functions."""
    parts = dict.fromkeys([*PARTS["sphere"], *PARTS["web_box"]])
    read = [(FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in parts]
    text = "\n".join([elements(), *read])
    page = browser.new_page()
    page.goto("about:blank")
    page.evaluate(
        """async (text) => {
          const address = URL.createObjectURL(new Blob([text], {type: "text/javascript"}))
          window.ours = await import(address)
        }""",
        f"{text}\nexport {{ {', '.join(OFFERED)} }}",
    )
    yield page
    page.close()


def places(n=400, seed=0):
    """Longitudes and latitudes all over, near the poles and on seams too."""
    rng = np.random.default_rng(seed)
    longitude = rng.uniform(-np.pi, 3 * np.pi, n)
    latitude = np.arcsin(rng.uniform(-1, 1, n))
    edges = [(0.0, np.arcsin(2 / 3)), (np.pi, -np.arcsin(2 / 3) + 1e-9), (0.0, 0.0)]
    poles = [(0.3, np.pi / 2 - 1e-4), (5.0, -np.pi / 2 + 1e-4), (1.0, 1.5), (4.0, -1.53)]
    extra = np.array(edges + poles)
    return np.concatenate([np.stack([longitude, latitude], -1), extra])


@pytest.mark.parametrize("nside", [1, 2, 3, 8, 16, 32])
def test_pixels_are_healpys(js, nside):
    sky = places(seed=nside)
    ours = js.evaluate(
        "([n, sky]) => sky.map((p) => ours.pixelOf(n, ...p))", [nside, sky.tolist()]
    )
    theirs = healpy.ang2pix(nside, np.pi / 2 - sky[:, 1], sky[:, 0])
    assert (np.array(ours) == theirs).mean() > 0.995  # on an edge rounding decides
    pixels = np.arange(healpy.nside2npix(nside))
    middles = js.evaluate("([n, all]) => all.map((p) => ours.pixelMiddle(n, p))",
                          [nside, pixels.tolist()])  # fmt: skip
    colatitude, longitude = healpy.pix2ang(nside, pixels)
    np.testing.assert_allclose(np.array(middles)[:, 1], np.pi / 2 - colatitude, atol=1e-9)
    np.testing.assert_allclose(np.array(middles)[:, 0], longitude, atol=1e-9)


@pytest.mark.parametrize("nside", [1, 2, 8, 32])
def test_a_map_is_drawn_as_smoothly_as_healpy_would(js, nside):
    sky = places(seed=10 + nside)
    found = js.evaluate("([n, sky]) => sky.map((p) => ours.interpolation(n, ...p))",
                        [nside, sky.tolist()])  # fmt: skip
    values = np.random.default_rng(nside).random(healpy.nside2npix(nside))
    ours = [np.dot(values[f["pixels"]], f["weights"]) for f in found]
    theirs = healpy.get_interp_val(values, np.pi / 2 - sky[:, 1], sky[:, 0] % (2 * np.pi))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert all(abs(sum(f["weights"]) - 1) < 1e-9 and min(f["weights"]) > -1e-9 for f in found)


@pytest.mark.parametrize("nside", [2, 16, 32])
def test_the_cube_for_drawing_holds_the_map(js, nside):
    rng = np.random.default_rng(nside)
    x, y, z = healpy.pix2vec(nside, np.arange(healpy.nside2npix(nside)))
    values = 1 + 0.5 * x - 0.3 * y * z
    ways = rng.normal(size=(600, 3))
    ways = np.concatenate([ways, np.eye(3), -np.eye(3), [[1, 1, 1], [1, -1, 0], [-1, 0, 1]]])
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    found = js.evaluate(
        """([n, map, ways]) => {
          const smooth = new ours.SmoothCube(n)
          const grid = {side: smooth.side, faces: smooth.fill(Float32Array.from(map))}
          return ways.map((way) => ours.cubeValue(grid, ...way))
        }""",
        [nside, values.tolist(), ways.tolist()],
    )
    truth = healpy.get_interp_val(
        values, np.arccos(ways[:, 2]), np.arctan2(ways[:, 1], ways[:, 0])
    )
    assert np.abs(np.array(found) - truth).max() < 0.25 / nside


def test_mollweide_is_healpys_and_has_an_inverse(js):
    from healpy.projector import MollweideProj

    sky = places(seed=4)
    ours = np.array(js.evaluate("(sky) => sky.map((p) => ours.mollweide(...p))", sky.tolist()))
    x, y = MollweideProj(flipconv="geo").ang2xy(
        np.degrees(sky[:, 0]), np.degrees(sky[:, 1]), lonlat=True
    )
    # healpy stops its iteration early near the poles; there the definition itself is the judge
    low = np.abs(sky[:, 1]) < 1.2
    np.testing.assert_allclose(ours[low], np.stack([x, y], -1)[low], atol=1e-4)
    angle = np.arcsin(ours[:, 1])
    np.testing.assert_allclose(2 * angle + np.sin(2 * angle), np.pi * np.sin(sky[:, 1]), atol=1e-7)
    offset = (sky[:, 0] + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(ours[:, 0], 2 / np.pi * offset * np.cos(angle), atol=1e-6)
    back = np.array(js.evaluate("(xy) => xy.map((p) => ours.fromMollweide(...p))", ours.tolist()))
    inner = np.abs(sky[:, 1]) < 1.5
    turned = np.exp(1j * back[inner, 0])
    np.testing.assert_allclose(turned, np.exp(1j * sky[inner, 0]), atol=1e-5)
    np.testing.assert_allclose(back[inner, 1], sky[inner, 1], atol=1e-6)
    assert js.evaluate("() => ours.fromMollweide(1.9, 0.9)") is None


def test_quaternions_turn_as_scipys(js):
    turns = Rotation.random(40, random_state=5)
    a, b = turns[:20], turns[20:]
    product = js.evaluate("([a, b]) => a.map((q, k) => ours.quaternionProduct(q, b[k]))",
                          [a.as_quat().tolist(), b.as_quat().tolist()])  # fmt: skip
    np.testing.assert_allclose(
        Rotation.from_quat(product).as_matrix(), (a * b).as_matrix(), atol=1e-12
    )
    matrices = js.evaluate("(q) => q.map((one) => ours.matrixOf(one))", turns.as_quat().tolist())
    np.testing.assert_allclose(np.reshape(matrices, (40, 3, 3)), turns.as_matrix(), atol=1e-12)


def test_looking_at_a_place_brings_it_to_the_middle_with_north_above(js):
    for longitude, latitude in [(0.3, 0.2), (-2.0, 1.2), (3.0, -1.4)]:
        q = js.evaluate("(p) => ours.lookingAt(...p)", [longitude, latitude])
        place = healpy.ang2vec(np.pi / 2 - latitude, longitude)
        np.testing.assert_allclose(Rotation.from_quat(q).apply(place), [1, 0, 0], atol=1e-12)
        assert abs(Rotation.from_quat(q).apply([0, 0, 1])[1]) < 1e-12
        heading = js.evaluate("(q) => ours.headingOf(q)", q)
        assert np.exp(1j * heading) == pytest.approx(np.exp(1j * longitude))


def test_a_hand_turns_about_the_pole_and_stops_over_it(js):
    q = js.evaluate("() => ours.turnedBy(ours.lookingAt(0, 0), 0.5, 0)")
    assert js.evaluate("(q) => ours.headingOf(q)", q) == pytest.approx(-0.5)
    for way in (-0.4, 0.4):
        q = js.evaluate(
            """(way) => {
              let q = ours.lookingAt(0, 0)
              for (let k = 0; k < 20; k += 1) { q = ours.turnedBy(q, 0, way) }
              return q
            }""",
            way,
        )
        north = Rotation.from_quat(q).apply([0, 0, 1])
        assert north[2] >= 0
        assert abs(north[0]) > 0.9, "the pole was reached"


@pytest.mark.parametrize("flat", [False, True])
def test_what_is_drawn_at_a_pixel_is_found_under_it(js, flat):
    sky = places(80, seed=6)[:80]
    found = js.evaluate(
        """([sky, flat]) => {
          const rotation = ours.lookingAt(0.7, 0.3)
          const frame = {wide: 500, high: 400, ratio: 2}
          const view = ours.viewOf({rotation, zoom: 1.3, pan: 0, flat, ...frame})
          return sky.map((p) => {
            const [x, y, depth] = ours.screenOf(view, ...p)
            return depth > 0.05 ? ours.skyUnder(view, x, y) : null
          })
        }""",
        [sky.tolist(), flat],
    )
    seen = [k for k, place in enumerate(found) if place is not None]
    assert len(seen) >= (70 if flat else 25)
    for k in seen:
        expected = healpy.ang2vec(np.pi / 2 - sky[k, 1], sky[k, 0])
        got = healpy.ang2vec(np.pi / 2 - found[k][1], found[k][0])
        assert expected @ got > 1 - 1e-6


def test_a_lasso_holds_what_is_inside(js):
    from matplotlib.path import Path as Outline

    rng = np.random.default_rng(7)
    path, dots = rng.random((9, 2)), rng.random((300, 2))
    ours = js.evaluate("([path, dots]) => dots.map((d) => ours.insideOf(path, ...d))",
                       [path.tolist(), dots.tolist()])  # fmt: skip
    even_odd = np.zeros(300, bool)
    for k in range(9):  # scanning by hand: matplotlib's rule is non-zero winding
        (ax, ay), (bx, by) = path[k], path[k - 1]
        crosses = (ay > dots[:, 1]) != (by > dots[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (bx - ax) * (dots[:, 1] - ay) / (by - ay) + ax
        even_odd ^= crosses & (dots[:, 0] < at)
    assert ours == even_odd.tolist()
    triangle = [[0.1, 0.1], [0.9, 0.2], [0.4, 0.8]]
    inside = js.evaluate("([path, dots]) => dots.map((d) => ours.insideOf(path, ...d))",
                         [triangle, dots.tolist()])  # fmt: skip
    assert inside == Outline(triangle).contains_points(dots).tolist()


def test_an_ellipsoid_casts_the_ellipse_of_its_projection(js):
    rng = np.random.default_rng(8)
    turn = Rotation.random(random_state=9)
    axes = Rotation.random(random_state=10).as_matrix() * np.array([3.0, 2.0, 0.5])
    row = [0.0, 0.0, 0.0, *axes.T.ravel(), 1.0, 1.0, 1.0, 1.0]
    found = js.evaluate("([m, row]) => ours.shadowOf(m, row)",
                        [turn.as_matrix().ravel().tolist(), row])  # fmt: skip
    ball = rng.normal(size=(40_000, 3))
    ball /= np.linalg.norm(ball, axis=1)[:, None]
    seen = turn.apply(ball @ axes.T)[:, 1:]
    along = np.array([np.cos(found["angle"]), np.sin(found["angle"])])
    across = np.array([-along[1], along[0]])
    assert np.abs(seen @ along).max() == pytest.approx(found["wide"], rel=1e-2)
    assert np.abs(seen @ across).max() == pytest.approx(found["high"], rel=1e-2)


def test_points_are_sorted_from_the_back(js):
    place = np.random.default_rng(11).uniform(0, 10, (500, 3))
    numbers = np.column_stack([place, np.ones((500, 2))]).ravel()
    q = Rotation.random(random_state=12)
    order = js.evaluate(
        """([numbers, q]) => {
          const read = ours.readBox(Float32Array.from(numbers), 10)
          return Array.from(ours.sortByDepth({matrix: ours.matrixOf(q)}, read))
        }""",
        [numbers.tolist(), q.as_quat().tolist()],
    )
    depth = q.apply(place / 5 - 1)[:, 0]
    assert sorted(order) == list(range(500))
    assert np.diff(depth[order]).min() > -4.4 / 1024 - 1e-6


def test_both_sides_make_the_same_colours(js):
    from astroviz.plots.orientation_colours import cyclic, density_ramp

    def bytes_of(colours):
        return np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours])

    tables = js.evaluate(
        """() => [ours.CYCLIC, ours.RAMP.light, ours.RAMP.dark, ours.QUIET.light, ours.QUIET.dark]
          .map((table) => [...table])"""
    )
    ramps = [density_ramp(dark, quiet) for quiet in (False, True) for dark in (False, True)]
    for table, ours in zip(tables, [cyclic(), *ramps], strict=True):
        assert np.abs(np.reshape(table, (256, 3)) - bytes_of(ours)).max() <= 1
