from __future__ import annotations

import numpy as np
import pytest

from astroviz.orientations.forecast import forecast, shear_correlation
from astroviz.plots.forecast import DarkEnergy, IntrinsicShear


def ring(radius):
    angle = np.linspace(0, 2 * np.pi, 40)
    return np.array([[-1.0], [0.0]]) + radius * np.stack([np.cos(angle), np.sin(angle)])


def test_the_arrow_leads_to_where_the_shifted_region_is(parts_of):
    plot = DarkEnergy()
    before = parts_of(plot.layout)
    assert "nothing worked out" in plot.describe()
    plot.update(ring(0.1), ring(0.2), [-1, 0], [0.3, -0.5], 2.5, "A = 1")
    assert parts_of(plot.layout) == before
    assert (plot.arrow.x_end, plot.arrow.y_end) == pytest.approx((-0.7, -0.5))
    assert plot.arrow.visible
    moved = plot.regions["shifted_outer"].data
    np.testing.assert_allclose(moved["x"], ring(0.2)[0] + 0.3, rtol=1e-5)
    assert plot.figure.x_range.start < -1.2 < -0.5 < plot.figure.x_range.end
    assert plot.figure.y_range.start < -0.7 < 0.2 < plot.figure.y_range.end
    assert "w0 by +0.30 and wa by \u22120.50, 2.5 standard" in plot.describe()
    assert plot.figure.title.text.startswith("toy Fisher forecast")
    assert plot.note.text == ""
    plot.update(ring(0.1), ring(0.2), [-1, 0], [3, -5], 9.0)
    assert "first order" in plot.note.text


def test_without_alignments_there_is_no_arrow():
    plot = DarkEnergy()
    found = forecast(0.0)
    plot.update(
        found.ellipse(0.68),
        found.ellipse(0.95),
        found.fiducial[2:],
        found.shift[2:],
        found.tension,
    )
    assert not plot.arrow.visible
    plot.set_dark(True)
    assert plot.note.text_color == "#9aa7b5"


def test_the_parts_of_a_shear_correlation(parts_of):
    plot = IntrinsicShear()
    before = parts_of(plot.layout)
    assert "nothing worked out" in plot.describe()
    found = shear_correlation(1.0, (0, 3), theta=np.geomspace(3, 200, 9))
    plot.update(found.theta, found.gg, found.gi, found.ii, "bins 1 and 4")
    assert parts_of(plot.layout) == before
    np.testing.assert_allclose(plot.source.data["gi"], -found.gi, rtol=1e-5)
    part = (found.gi[4] + found.ii[4]) / found.gg[4]
    assert f"{part:+.0%}".replace("-", "\u2212") in plot.describe()
    assert plot.figure.title.text.startswith("toy model; bins 1 and 4")
    assert plot.figure.y_range.end > found.gg.max() > plot.figure.y_range.start
    assert "dimensionless" in plot.figure.yaxis[0].axis_label
    assert "arcmin" in plot.figure.xaxis[0].axis_label


def test_nothing_has_no_logarithm():
    plot = IntrinsicShear()
    plot.update([1, 2, 3], [1e-5, 1e-5, 1e-5], [0, 0, 0], [0, 0, 0])
    assert np.isnan(plot.source.data["gi"]).all()
    assert "+0%" in plot.describe()
