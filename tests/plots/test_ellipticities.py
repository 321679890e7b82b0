"""Histograms of projected ellipticities: densities by name."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.ellipticities import EllipticityPlot


def test_each_name_has_a_density_and_a_mean(parts_of):
    plot = EllipticityPlot()
    before = parts_of(plot.layout)
    random = np.random.default_rng(0)
    plot.update({"box": random.uniform(0, 0.5, 4000), "GAN": np.full(100, 0.51)})
    x, y = plot.sources[0].data["x"], plot.sources[0].data["y"]
    assert np.sum(y[::2]) * (x[1] - x[0]) == pytest.approx(1.0, abs=1e-4)
    assert np.max(plot.sources[1].data["y"]) == pytest.approx(40.0)
    assert "box: mean 0.2" in plot.describe()
    assert "GAN: mean 0.510" in plot.describe()
    plot.set_dark(True)
    plot.update({})
    assert "nothing measured" in plot.describe()
    assert parts_of(plot.layout) == before


def test_there_is_room_for_three():
    with pytest.raises(ValueError, match="room for 3"):
        EllipticityPlot().update({str(k): np.zeros(3) for k in range(4)})
