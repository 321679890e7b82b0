"""Pictures: stretches and their ticks, places of pixels, layers, hands, small multiples."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.image import LAYERS, ImageGrid, ImagePlot, Layer, joined, link_cursors
from astroviz.plots.image_scaling import Scaling, find_limits, find_ticks, palette


@pytest.fixture
def picture():
    rows, columns = np.mgrid[0:20, 0:30]
    return np.exp(-((columns - 22) ** 2 + (rows - 4) ** 2) / 8.0)


@pytest.fixture
def plot(picture):
    plot = ImagePlot("lens", layers=("critical", "images", "circle"), label="flux (e/s)")
    plot.update(picture, 0.1)
    return plot


def test_asinh_is_sent_stretched_and_labelled_with_its_values():
    scaling = Scaling("asinh", (-1.0, 100.0))
    values = np.array([-1.0, 0.0, 3.0, 100.0])
    shown = scaling.apply(values)
    np.testing.assert_allclose(np.sinh(shown) * scaling.softening, values, rtol=1e-5, atol=1e-6)
    for place, text in find_ticks(scaling).items():
        assert float(text.replace("\u2212", "-")) == pytest.approx(
            np.sinh(place) * scaling.softening, rel=1e-3, abs=1e-6
        )
    assert scaling.ends() == (
        pytest.approx(float(shown[0])), pytest.approx(float(shown[-1]))
    )  # fmt: skip


@pytest.mark.parametrize("limits", [(0.0, 1.0), (-3.3, 17.0), (0.002, 0.0031), (-1e6, 1e7)])
@pytest.mark.parametrize("name", ["linear", "asinh"])
def test_ticks_are_few_and_inside(name, limits):
    scaling = Scaling(name, limits)
    places = np.array(list(find_ticks(scaling)))
    low, high = scaling.ends()
    assert 1 <= len(places) <= 8
    assert (places >= low - 1e-9 * abs(low)).all()
    assert (places <= high * (1 + 1e-9)).all()


def test_limits_ignore_a_few_extremes_and_what_is_missing():
    values = np.random.default_rng(0).normal(size=20_000)
    values[0], values[1] = 1e9, np.nan
    low, high = find_limits(values, "symmetric")
    assert low == -high
    assert 2 < high < 4
    assert find_limits(np.full(4, np.nan), "linear") == (0.0, 1.0)
    low, high = find_limits(np.full(4, 3.0), "linear")
    assert high > low


def test_palettes_have_256_colours_and_signed_ones_the_ground_in_their_middle():
    assert {len(palette(name)) for name in ("flux", "spread", "signed")} == {256}
    assert palette("signed", dark=True)[128].startswith("#1")
    assert palette("signed")[128].startswith("#f")
    with pytest.raises(KeyError, match="there are flux"):
        palette("rainbow")
    with pytest.raises(KeyError, match="there are linear"):
        Scaling("log", (0, 1))


def test_row_zero_is_at_the_bottom_and_places_are_arcsec(plot, picture):
    data = plot.source.data
    assert (data["x"][0], data["dw"][0]) == pytest.approx((-1.5, 3.0))
    assert (data["y"][0], data["dh"][0]) == pytest.approx((-1.0, 2.0))
    np.testing.assert_allclose(data["image"][0], picture, rtol=1e-6)
    assert "(0.75, -0.55)" in plot.describe()
    assert plot.figure.xaxis.axis_label == "x (arcsec)"


def test_the_window_stays_while_the_size_stays(plot, picture):
    plot.fit((-0.2, 0.2, -0.1, 0.1))
    plot.figure.x_range.update(start=-0.2, end=0.2)
    plot.update(picture * 2, 0.1, fit=False)
    assert plot.figure.x_range.end == 0.2
    plot.update(picture, 0.2)
    assert plot.figure.x_range.end == pytest.approx(3.0)


def test_layers_are_patched_in_place(plot, picture, parts_of):
    before = parts_of(plot.layout)
    square = np.array([[0, 0], [1, 0], [1, 1]])
    plot.set_layer("critical", [square, square + 2])
    plot.set_layer("images", [[0.5, 0.5]])
    plot.set_layer("circle", [[1.0, 2.0]], 0.5)
    plot.update(picture * 3, 0.1, title="again", limits=(0.0, 5.0))
    plot.set_label("surface brightness")
    assert parts_of(plot.layout) == before
    x = np.asarray(plot.layers["critical"].data["x"])
    assert len(x) == 7
    assert np.isnan(x[3])
    ring = np.stack([plot.layers["circle"].data[k] for k in "xy"], -1)
    np.testing.assert_allclose(np.hypot(*(ring - [1.0, 2.0]).T), 0.5, rtol=1e-5)
    plot.set_layer("critical")
    assert len(plot.layers["critical"].data["x"]) == 0
    with pytest.raises(KeyError, match="there are critical"):
        plot.set_layer("caustic")


def test_own_layers_take_roles_and_follow_the_ground():
    plot = ImagePlot("mine", layers={"rim": Layer("curves", "truth")}, scaling="symmetric")
    light = plot.marks["rim"].glyph.line_color
    middle = plot.scale.mapper.palette[128]
    plot.set_dark(True)
    assert plot.marks["rim"].glyph.line_color != light
    assert plot.scale.mapper.palette[128] != middle
    plot.show_layer("rim", False)
    assert not plot.marks["rim"].visible


def test_hands_are_told_in_arcsec(plot):
    told = []
    plot.on_hover(lambda x, y: told.append(("hover", x, y)))
    plot.on_drag(lambda x, y, phase: told.append((phase, x, y)))
    plot.on_leave(lambda: told.append("left"))
    plot.on_tap(lambda x, y: told.append(("tap", x, y)))
    callbacks = plot.figure._event_callbacks
    for name in ("mousemove", "panstart", "pan", "panend", "tap", "mouseleave"):
        for act in callbacks[name]:
            act(SimpleNamespace(x=1, y=-0.5))
        for act in callbacks[name]:
            if name != "mouseleave":
                act(SimpleNamespace(x=None, y=None))
    kinds = ("hover", "start", "move", "end", "tap")
    assert told == [*((kind, 1.0, -0.5) for kind in kinds), "left"]


def test_ranges_can_be_shared_and_cursors_linked(plot, picture):
    other = ImagePlot("residual", scaling="symmetric", share=plot)
    other.update(picture, 0.1)
    link_cursors(plot, other)
    assert other.figure.x_range is plot.figure.x_range
    crosses = [p.figure.toolbar.tools[-1].overlay for p in (plot, other)]
    assert crosses[0][0] is crosses[1][0]


def test_named_layers_are_of_known_kinds_and_nothing_joined_is_empty():
    kinds = {"curves", "points", "circles", "words", "glow"}
    assert {layer.kind for layer in LAYERS.values()} == kinds
    assert joined([]).shape == (0, 2)


def test_small_pictures_lie_in_rows_from_the_top(picture, parts_of):
    grid = ImageGrid("draws", bar=True)
    before = parts_of(grid.layout)
    grid.update(
        np.stack([picture * k for k in range(1, 6)]), [f"draw {k}" for k in range(5)], selected=4
    )
    assert parts_of(grid.layout) == before
    data = grid.source.data
    assert len(data["image"]) == 5
    assert data["x"][:3] == pytest.approx([0, 1.05, 2.1])
    assert data["y"][0] == data["y"][2] > data["y"][3]
    assert data["dh"][0] == pytest.approx(20 / 30)
    assert len(grid.frame.data["x"]) == 1
    picked = []
    grid.on_pick(picked.append)
    grid._on_tap(SimpleNamespace(x=data["x"][3] + 0.5, y=data["y"][3] + 0.1))
    grid._on_tap(SimpleNamespace(x=-1.0, y=0.0))
    assert picked == [3]
    assert grid.describe().startswith("5 pictures of 30 by 20 pixels")
    grid.update(np.zeros((0, 4, 4)))
    assert grid.describe() == "No pictures yet."


def test_words_and_glow_lie_over_the_picture(picture):
    plot = ImagePlot("glowing", layers=("names", "glow"))
    plot.update(picture, 0.1)
    plot.set_layer("names", [[0.0, 0.1], [1.0, 0.2]], words=["A", "B"])
    assert plot.layers["names"].data["text"] == ["A", "B"]
    plot.set_glow("glow", np.full((5, 5), 0.3), top=0.6)
    data = plot.layers["glow"].data
    assert data["image"][0].max() == pytest.approx(0.5)
    assert (data["x"][0], data["dw"][0]) == pytest.approx((-1.5, 3.0))
    assert plot.marks["glow"].glyph.color_mapper.palette[0].endswith("00"), (
        "clear where nothing is"
    )
    plot.set_glow("glow", None)
    assert plot.layers["glow"].data["image"] == []


def test_a_picture_takes_on_another_stretch_and_other_colours(plot, picture):
    plot.restyle("symmetric", "signed", "residual (sigma)")
    plot.update(picture - 0.5, 0.1)
    assert plot.limits[0] == -plot.limits[1]
    assert plot.scale.mapper.palette[128].startswith("#f")
    assert plot.scale.bar.title == "residual (sigma)"
    assert plot.figure.background_fill_color == plot.ink("paper")
