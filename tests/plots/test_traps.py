"""The figures of the trap gallery: pictures, the table of who notices, power, false alarms."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.caught_table import CaughtTable
from astroviz.plots.false_alarms import FalseAlarms
from astroviz.plots.power_curves import PowerCurves
from astroviz.plots.trap_gallery import TrapGallery

AXIS = np.linspace(-2, 2, 61)


def bump(x, y, width):
    density = np.exp(-0.5 * ((AXIS[None] - x) ** 2 + (AXIS[:, None] - y) ** 2) / width**2)
    return density, (0.5, 0.1)


def picture(width=0.3):
    true, levels = bump(0.0, 0.5, 0.3)
    claimed, others = bump(0.0, 0.5, width)
    return SimpleNamespace(axis=AXIS, true=true, claimed=claimed, true_levels=levels,
                           claimed_levels=others, truth=np.array([0.0, 0.5]))  # fmt: skip


def test_pictures_stand_in_rows_of_three_with_the_truth_in_them():
    gallery = TrapGallery("g", 2.0)
    gallery.update(list("abcd"), ["-"] * 4, [picture()] * 4, 1)
    x, y = (np.asarray(gallery.truth.data[k]) for k in "xy")
    assert x == pytest.approx([0.5, 1.5, 2.5, 0.5])
    assert y[3] < y[0] == y[1]
    assert len(gallery.true.data["xs"]) == 8
    assert len(gallery.claimed.data["xs"]) == 8
    first = np.asarray(gallery.claimed.data["xs"][1])
    # the contour at a tenth of the peak, in units of a cell
    assert first.max() - 0.5 == pytest.approx(0.94 / 4 * 0.3 * np.sqrt(2 * np.log(10)), rel=0.02)
    assert gallery.describe().endswith("Chosen: b.")


def test_a_wider_claim_is_drawn_wider_and_nothing_leaves_its_cell():
    gallery = TrapGallery("g", 2.0)
    gallery.update(["a"], ["-"], [picture(5.0)])
    assert not gallery.claimed.data["xs"]  # both levels lie outside of the picture
    gallery.update(["a"], ["-"], [picture(0.9)])
    ends = np.concatenate([np.asarray(line) for line in gallery.claimed.data["xs"]])
    assert ends.min() >= 0.02
    assert ends.max() <= 0.98


def test_a_click_chooses_a_picture():
    gallery, heard = TrapGallery("g", 2.0), []
    gallery.update(list("abcd"), ["-"] * 4, [picture()] * 4)
    gallery.on_pick(heard.append)
    gallery._on_tap(SimpleNamespace(x=1.5, y=-0.7))
    gallery._on_tap(SimpleNamespace(x=0.5, y=-2.0))
    gallery._on_tap(SimpleNamespace(x=2.5, y=-2.0))  # there is none
    gallery._on_tap(SimpleNamespace(x=None, y=0.0))
    assert heard == [1, 3]


def test_cells_are_filled_where_a_check_rejects():
    table, heard = CaughtTable("t"), []
    table.update(["SBC", "TARP"], ["Biased"], [["caught"], ["missed"]], [["<.001"], [".4"]],
                 [["Far."], ["Near."]], (0, 0))  # fmt: skip
    fills = table.source.data["fill"]
    assert fills[0] != fills[1]
    assert list(table.source.data["alpha"]) == pytest.approx([1.0, 0.12])
    assert table.describe() == "Biased: noticed by SBC; passed TARP."
    assert len(table.lines.data["x"]) == 2
    table.on_pick(lambda row, column: heard.append((row, column)))
    table._on_tap(SimpleNamespace(x=0.2, y=-1.1))
    table._on_tap(SimpleNamespace(x=3.0, y=-1.1))
    assert heard == [(1, 0)]
    light = list(fills)
    table.set_dark(True)
    assert table.source.data["fill"] != light


def test_what_waits_keeps_a_trace():
    table = CaughtTable("t")
    wait = [["wait"], ["wait"]]
    table.update(["a", "b"], ["x"], [["caught"], ["missed"]], [["1"], ["2"]], wait)
    caught = table.source.data["fill"][0]
    for _ in range(2):
        table.update(["a", "b"], ["x"], wait, [[""], [""]], wait)
        assert table.source.data["fill"][0] == caught
        assert table.source.data["alpha"][0] == pytest.approx(0.4)
    table.update(["a"], ["x"], [["wait"]], [[""]], [[""]])
    assert table.source.data["fill"][0] != caught


def test_power_curves_begin_at_the_level():
    chart = PowerCurves("p")
    rates = {"SBC": [0.1, 0.9], "TARP": [0.1, 0.3], "odd": [np.nan, np.nan], "all": [0.2, 1.0]}
    chart.update([0.1, 0.2], rates, "SBC", "all", 0.05)
    assert list(chart.chosen.data["y"]) == pytest.approx([0.05, 0.1, 0.9])
    assert list(chart.whole.data["x"]) == pytest.approx([0.0, 0.1, 0.2])
    assert chart.others.data["name"] == ["TARP"]
    chart.update([0.1, 0.2], rates, "odd", "all", 0.05)
    assert len(chart.chosen.data["x"]) == 0


def test_false_alarms_lie_beside_their_band():
    chart = FalseAlarms("a")
    chart.update(["SBC", "TARP"], [0.05, 0.2], [200, 200], 0.05, (0.02, 0.09))
    assert (chart.band.left, chart.band.right) == (0.02, 0.09)
    assert chart.figure.x_range.end > 0.2
    error = float(chart.source.data["high"][1] - chart.source.data["x"][1])
    assert error == pytest.approx(np.sqrt(0.2 * 0.8 / 200))
    assert "TARP 20 %" in chart.describe()
