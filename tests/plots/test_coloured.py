"""Colours of single stars: limits, what is not known, selections that leave them be."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.coloured import ColouredMap, ColourScale, diverging, sequential
from astroviz.plots.frame import new_figure
from astroviz.plots.theme import Ink, colour


class Plain(ColouredMap):
    """Stars in two colours."""

    def __init__(self):
        super().__init__()
        self.figure = new_figure("plain", self.ink)
        self.layout = self.figure
        self._draw_rows(self.figure)

    def update(self, x, y, domain):
        self.domain = np.asarray(domain)
        self._set_rows(x, y, None)
        self.redraw()

    def describe(self):
        return self.note

    def _colours(self):
        return ["#00ff00" if real else "#ff0000" for real in self.domain]


def luminance(text):
    channels = np.array([int(text[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("dark", [False, True])
def test_much_stands_out_and_zero_is_quiet(dark):
    ground = luminance(colour("paper", dark))
    light = np.array([abs(luminance(c) - ground) for c in sequential(dark)])
    assert (np.diff(light) > -1e-3).all()
    both = np.array([abs(luminance(c) - ground) for c in diverging(dark)])
    assert len(both) % 2 == 1
    assert np.argmin(both) == pytest.approx(len(both) // 2, abs=1)
    assert both[0] == pytest.approx(both[-1], rel=0.35)


def test_limits_are_the_middle_of_the_values_and_unknown_is_grey():
    ink = Ink()
    scale = ColourScale(new_figure("scale", ink), ink)
    values = np.append(np.arange(101.0), [np.nan, 1e6])
    assert scale.fit(values, "log age (yr)")
    known = np.append(np.arange(101.0), 1e6)
    assert (scale.mapper.low, scale.mapper.high) == pytest.approx(
        tuple(np.percentile(known, (2, 98)))
    )
    assert (scale.bar.visible, scale.bar.title) == (True, "log age (yr)")
    found = scale.colours([-5.0, np.nan, 1e9])
    assert found == [scale.palette[0], colour("prior"), scale.palette[-1]]
    assert not scale.fit(np.array([np.nan]), "nothing")
    assert not scale.bar.visible


def test_a_centred_scale_has_zero_in_the_middle():
    ink = Ink()
    scale = ColourScale(new_figure("scale", ink), ink, centred=True)
    scale.fit(np.linspace(-1, 3, 400), "bias")
    assert scale.mapper.low == -scale.mapper.high
    assert scale.colours([0.0]) == [diverging()[100]]
    ink.dark = True
    assert scale.mapper.palette == diverging(dark=True)


@pytest.mark.parametrize("value", [0.0, 7.5])
def test_equal_values_have_limits(value):
    ink = Ink()
    for centred in (False, True):
        scale = ColourScale(new_figure("scale", ink), ink, centred)
        scale.fit(np.full(5, value), "")
        assert scale.mapper.low < scale.mapper.high
        assert len(set(scale.colours(np.full(5, value)))) == 1


def test_a_selection_rings_and_fades_but_leaves_colour_and_shape():
    plot = Plain()
    plot.update([0.1, np.nan, 0.5, 0.9], [0.1, 0.2, 0.3, 0.4], [0, 1, 1, 0])
    data = dict(plot.points.data)
    assert data["row"].tolist() == [0, 2, 3]
    assert data["fill"] == ["#ff0000", "#00ff00", "#ff0000"]
    assert data["marker"] == ["circle", "diamond", "circle"]
    assert np.asarray(data["fill_alpha"])[[0, 2]].tolist() == [0, 0]
    plot.select([2, 1], current=3)
    after = plot.points.data
    for name in ("fill", "marker", "x"):
        assert list(after[name]) == list(data[name])
    assert after["alpha"][0] < after["alpha"][1] == after["alpha"][2]
    assert len(plot.chosen.data["x"]) == len(plot.here.data["x"]) == 1
    plot.select([])
    assert np.ptp(plot.points.data["alpha"]) == 0


def test_many_chosen_are_not_hidden_by_their_rings():
    plot = Plain()
    plot.update(*np.random.default_rng(0).random((2, 100)), np.zeros(100, dtype=int))
    plot.select(range(100))
    faint = plot._ring.line_alpha
    plot.select(range(10))
    assert faint < 0.3 < plot._ring.line_alpha
