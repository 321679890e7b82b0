"""Densities of axis and tilt: curves by name, a range that stands still in a drag."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.axis_tilt import AxisTilt

COS, TILT = np.linspace(0, 1, 11), np.linspace(-90, 90, 19)


@pytest.fixture
def plot():
    plot = AxisTilt()
    plot.update(COS, {"model": 2 * COS, "truth": 3 * COS**2}, TILT,
                {"model": np.ones(19), "truth": np.ones(19)})  # fmt: skip
    return plot


def test_curves_are_drawn_by_name_and_uniform_is_one(plot):
    np.testing.assert_allclose(plot.axis["truth"].data["y"], 3 * COS**2, rtol=1e-6)
    np.testing.assert_allclose(plot.tilt["uniform"].data["y"], 1.0)
    assert len(plot.axis["no messages"].data["x"]) == 0
    assert plot.left.y_range.end == pytest.approx(1.12 * 3)
    assert plot.right.y_range.end == plot.left.y_range.end


def test_the_range_stands_still_when_told(plot):
    top = plot.left.y_range.end
    plot.update(COS, {"model": 9 * COS}, TILT, {"model": np.ones(19)}, fit=False)
    assert plot.left.y_range.end == top
    assert len(plot.axis["truth"].data["x"]) == 0, "what is not given is not drawn"


def test_it_is_told_in_words(plot, parts_of):
    before = parts_of(plot.layout)
    assert "truth: axis density up to 3.00" in plot.describe()
    plot.update(COS, {}, TILT, {})
    assert "nothing asked yet" in plot.describe()
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
