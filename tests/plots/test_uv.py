"""Coverage of the plane of spatial frequencies."""

from __future__ import annotations

import numpy as np

from astroviz.plots.uv import UvPlot


def test_every_baseline_is_seen_from_both_ends():
    plot = UvPlot("uv")
    u, v = np.array([3.0, -1.0]), np.array([0.5, 2.0])
    plot.update(u, v)
    np.testing.assert_allclose(plot.mirror.data["u"], -u)
    np.testing.assert_allclose(plot.mirror.data["v"], -v)
    assert plot.figure.x_range.end >= 3
    assert plot.figure.x_range.start == -plot.figure.x_range.end
    assert "from 2.24 to 3.04" in plot.describe()


def test_no_baselines_are_no_error():
    plot = UvPlot("uv")
    plot.update(np.zeros(0), np.zeros(0))
    assert "no baselines" in plot.describe()
    plot.set_dark(True)
