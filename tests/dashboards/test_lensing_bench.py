"""The bench without a browser: pictures follow hands and sliders, modes, sentences, tables."""

from __future__ import annotations

import asyncio
import io
import json

import numpy as np
import pytest
from PIL import Image

from astroviz.core.engine import Engine
from astroviz.dashboards.lensing import LensingPage
from astroviz.dashboards.newest import Newest
from astroviz.dashboards.slider_board import Slide, SliderBoard
from astroviz.lensing.bench_bias import BiasPoint
from astroviz.lensing.bench_state import BenchState
from astroviz.lensing.bias import SourceFit


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    tab = LensingPage(None, engine, "bench")
    tab.explorer.model = None
    tab.explorer.bench_scale = 0.09
    yield tab
    tab.shell.close()


@pytest.fixture
def bench(tab):
    return tab.built["bench"]


def shown(plot):
    return np.asarray(plot.image)


def layer(plot, name):
    data = plot.layers[name].data
    return np.stack([np.asarray(data["x"]), np.asarray(data["y"])], -1)


def test_it_opens_with_its_pictures_curves_and_numbers(bench):
    assert shown(bench.planes.image).shape == (51, 51)
    assert len(layer(bench.planes.image, "critical")) > 50
    assert len(layer(bench.planes.source, "caustic")) > 50
    assert len(layer(bench.planes.image, "grips")) == 2
    assert "km/s" in bench.numbers.object
    assert "Drag the lens" in bench.notice.sentence
    assert bench.notice.warnings == []


def test_a_slider_moves_the_image_and_its_number_is_kept_in_bounds(tab, bench):
    before, curve = shown(bench.planes.image), layer(bench.planes.image, "critical")
    board = bench.controls.board
    board._handle_msg({"values": {"einstein_radius": 1.5, "position_angle": 45.0}, "number": 4})
    assert tab.explorer.einstein_radius == 1.5
    assert tab.explorer.position_angle == pytest.approx(np.pi / 4, abs=1e-5)
    assert board.heard == 4
    assert np.abs(shown(bench.planes.image) - before).max() > 0.05
    assert len(curve) != len(layer(bench.planes.image, "critical")) or np.abs(
        curve - layer(bench.planes.image, "critical")
    ).max() > 0.1  # fmt: skip
    assert json.loads(board.values)["einstein_radius"] == 1.5
    board._handle_msg({"values": {"einstein_radius": 99.0}, "number": 5})
    assert tab.explorer.einstein_radius == 3.0
    board._handle_msg({"refused": "einstein_radius", "value": 99})
    board._handle_msg("nonsense")
    tab.shell._undo()
    assert tab.explorer.einstein_radius != 3.0


def test_the_lens_and_the_source_follow_a_drag(tab, bench):
    before = shown(bench.planes.image)
    bench.planes._drag_lens(0.0, 0.0, "start")
    bench.planes._drag_lens(0.3, -0.2, "move")
    bench.planes._drag_lens(0.3, -0.2, "end")
    assert (tab.explorer.x0, tab.explorer.y0) == (0.3, -0.2)
    moved = shown(bench.planes.image)
    assert np.abs(moved - before).max() > 0.05
    bench.planes._drag_source(0.0, 0.0, "start")
    bench.planes._drag_source(0.2, 0.1, "move")
    bench.planes._drag_source(0.2, 0.1, "end")
    bench.planes._drag_source(0.9, 0.9, "move")  # the hand has let go
    assert tab.explorer.source_x == pytest.approx(0.28)
    assert np.abs(shown(bench.planes.image) - moved).max() > 0.05
    np.testing.assert_allclose(layer(bench.planes.source, "source"), [[0.28, 0.15]], atol=1e-6)


def test_cursors_know_the_other_plane(bench):
    planes = bench.planes
    planes._hover("image", 1.0, -0.8)
    place = layer(planes.source, "cursor")[0]
    assert tuple(place) == pytest.approx(bench.picture.rays.source_of(1.0, -0.8), abs=1e-5)
    images = layer(planes.image, "images")
    assert np.hypot(*(images - [1.0, -0.8]).T).min() < 1e-3, "the ray's own place is an image"
    planes._hover("source", 0.02, 0.02)
    assert len(layer(planes.image, "images")) == 4
    assert "4 images" in planes.source.figure.title.text
    planes._leave()
    assert len(layer(planes.image, "images")) == len(layer(planes.source, "cursor")) == 0


def test_looks_change_the_picture_in_place(tab, bench):
    plot = bench.planes.image
    data = shown(plot)
    tab.explorer.bench_look = "clean"
    assert np.abs(shown(plot) - data).max() > 0
    tab.explorer.bench_look = "magnification"
    assert plot.scale.colours == "spread"
    assert "magnification" in plot.scale.bar.title
    tab.shell.dark = not tab.shell.dark
    assert plot.ink.dark == tab.shell.dark


def test_a_painted_source_is_the_hand_of_the_user(tab, bench):
    tab.explorer.bench_source = "paint"
    assert bench.planes.tool.visible
    assert bench.planes.tool.value == "paint"
    bench.planes.wipe.clicks += 1
    assert tab.explorer.strokes == []
    assert "Nothing is painted yet" in " ".join(bench.notice.warnings)
    where = tab.explorer.source_x + 0.2, tab.explorer.source_y
    bench.planes._drag_source(*where, "start")
    bench.planes._drag_source(where[0] + 0.2, where[1], "move")
    assert len(tab.explorer.strokes) == 2
    assert bench.notice.warnings == []
    assert bench.planes.source.image[:, 24:].sum() > bench.planes.source.image[:, :24].sum()
    bench.planes._drag_source(0, 0, "end")
    bench.planes.tool.value = "move"
    bench.planes._drag_source(0.0, 0.0, "start")
    bench.planes._drag_source(0.1, 0.0, "move")
    assert len(tab.explorer.strokes) == 2


def test_files_are_brought_or_refused_in_words(tab, bench):
    said = []
    tab.shell.say = lambda sentence, kind="info": said.append((sentence, kind))
    png = io.BytesIO()
    picture = np.zeros((40, 40), np.uint8)
    picture[10:20, 15:30] = 200
    Image.fromarray(picture).save(png, "PNG")
    bench.controls.file.param.update(filename="galaxy.png", value=png.getvalue())
    assert tab.explorer.bench_source == "file"
    assert bench.controls.file.visible
    assert bench.planes.source.image.shape == (48, 48)
    before = shown(bench.planes.image)
    bench.controls.file.param.update(filename="notes.txt", value=b"hello")
    assert said[-1] == (
        "Notes.txt is no image that can be read: bring a FITS, PNG or JPEG file.", "error"
    )  # fmt: skip
    np.testing.assert_array_equal(shown(bench.planes.image), before)


def test_what_cannot_be_leaves_the_last_picture_and_a_sentence(tab, bench):
    before = shown(bench.planes.image)
    tab.explorer.param.update(x0=1.8, bench_field=2.5)
    assert any("the frame ends at 1.25" in one for one in bench.notice.warnings)
    np.testing.assert_array_equal(shown(bench.planes.image), before)
    tab.explorer.x0 = 0.0
    assert not any("the frame ends" in one for one in bench.notice.warnings)


def test_a_link_restores_the_bench(tab, engine):
    tab.explorer.param.update(einstein_radius=1.44, bench_mode="sheet", bench_sheet=0.9)
    other = LensingPage(None, engine, "bench", tab.explorer.to_query())
    assert other.explorer.state() == tab.explorer.state()
    assert other.built["bench"].panel is other.built["bench"].panels["sheet"]
    other.shell.close()


def test_the_sheet_leaves_the_image_and_scales_the_source(tab, bench):
    tab.explorer.bench_mode = "sheet"
    image, extent = shown(bench.planes.image), bench.planes.source.extent
    assert list(bench.beside) == list(bench.panel.content)
    tab.explorer.bench_sheet = 0.8
    np.testing.assert_array_equal(shown(bench.planes.image), image)
    ratio = np.ptp(bench.planes.source.extent[:2]) / np.ptp(extent[:2])
    assert ratio == pytest.approx(0.8)
    assert "87.5" in bench.numbers.object, "H0 that a model without the sheet finds"
    tab.explorer.bench_mode = "planes"
    assert np.ptp(bench.planes.source.extent[:2]) == pytest.approx(np.ptp(extent[:2]))


def test_information_glows_where_the_pointer_is(tab, bench):
    tab.explorer.bench_mode = "information"
    glow = np.array(bench.planes.image.layers["glow"].data["image"][0])
    assert glow.max() == pytest.approx(1.0)
    bench.panel._hover(tab.explorer.source_x + 0.3, tab.explorer.source_y + 0.2)
    other = np.array(bench.planes.image.layers["glow"].data["image"][0])
    assert np.abs(other - glow).max() > 0.2
    assert "%" in bench.panel.map.figure.title.text
    tab.explorer.bench_mode = "planes"
    assert bench.planes.image.layers["glow"].data["image"] == []


def test_delays_name_the_images_and_leave_nothing_behind(tab, bench):
    tab.explorer.param.update(bench_mode="delays", source_x=0.02, source_y=0.02)
    assert len(bench.planes.image.layers["names"].data["text"]) == 4
    assert len(layer(bench.planes.image, "saddles")) > 50
    before = bench.planes.image.layers["names"].data["text"]
    tab.explorer.hubble_constant = 50.0
    assert bench.planes.image.layers["names"].data["text"] != before
    assert "saddle" in bench.numbers.object
    assert "Images of the quasar" in bench.tables()
    tab.explorer.bench_mode = "planes"
    assert bench.planes.image.layers["names"].data["text"] == []


def fake_fit(kind, radius, truth=1.2):
    picture = np.ones((24, 24))
    return SourceFit(kind, radius, 0.004, truth, np.zeros(8), picture, picture, 1.4, 0.1)


def test_fits_are_drawn_as_they_come_and_forgotten_with_their_lens(tab, bench, monkeypatch):
    from astroviz.lensing import bench_bias

    def quick(self, progress=None, check=None, found=lambda _: None):
        points = [BiasPoint(snr, fake_fit(kind, 1.23), np.ones((8, 8)))
                  for snr in self.snrs for kind in self.kinds]  # fmt: skip
        for point in points:
            progress(0.5)
            found(point)
        return points

    monkeypatch.setattr(bench_bias.BiasQuestion, "run", quick)
    tab.explorer.bench_mode = "bias"
    panel = bench.panel
    assert panel.chart.describe() == "No fits yet."
    panel.run(scan=True)
    assert len(panel.points) == 12
    data = panel.chart.sources["Sersic profile"].data
    np.testing.assert_allclose(np.asarray(data["y"]), 2.5, atol=1e-4)
    assert len(panel.grid.images) == 4, "the truth and three fits"
    assert "beyond 3" in bench.notice.sentence
    assert "7.5" in bench.numbers.object
    panel.show_what.value = "residual"
    assert panel.grid.images.shape == (3, 8, 8)
    assert len(bench.tables()["Fits"]()) == 12
    tab.explorer.bench_snr = 12.0
    assert panel.points, "another signal to noise belongs to the same lens"
    tab.explorer.einstein_radius = 1.3
    assert panel.points == []
    panel.score.value = True
    said = []
    tab.shell.say = lambda sentence, kind="info": said.append(sentence)
    monkeypatch.undo()
    panel.run(scan=False)
    assert "no learned prior" in said[-1]


def test_everything_can_be_saved(bench):
    found = {name: make() for name, make in bench.tables().items()}
    assert len(found["Pixels of the image"]) == 51**2
    assert "Lens and its numbers" in found


def test_the_newest_question_wins():
    shown, refused = [], []

    async def run():
        newest = Newest(None, shown.append, refused.append)
        gate = asyncio.Event()

        def slow():
            import time

            time.sleep(0.2)
            return "first"

        newest.ask(lambda: slow)
        await asyncio.sleep(0.05)
        for k in range(5):
            newest.ask(lambda k=k: lambda: k)
        while not newest.idle:
            await asyncio.sleep(0.02)
        newest.ask(lambda: lambda: [][1])
        while not newest.idle:
            await asyncio.sleep(0.02)
        newest.close()
        newest.ask(lambda: lambda: "late")
        gate.set()

    asyncio.run(run())
    assert shown == ["first", 4]
    assert refused == ["List index out of range"]


def test_a_board_follows_the_state_and_takes_whole_numbers_whole():
    state = BenchState()
    board = SliderBoard(
        state, {"All": (Slide("source_number", "n", "", 1), Slide("bench_snr", "s"))}
    )
    board._take({"source_number": 3.4, "stranger": 1})
    assert state.source_number == 3
    state.bench_snr = 55.0
    assert json.loads(board.values)["bench_snr"] == 55.0
    rows = json.loads(board.groups)[0]["rows"]
    assert rows[0]["help"] == state.param.source_number.doc
