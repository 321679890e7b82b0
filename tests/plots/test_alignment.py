from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.orientations.curves import KINDS, Correlation, Truth
from astroviz.plots.alignment import STATISTICS, AlignmentPanel, CorrelationPlot

EDGES = np.geomspace(0.3, 20, 9)


def curve(kind="ed", value=0.05, truth=True, error=0.01, **changes):
    parts = {
        "kind": kind, "edges": EDGES, "value": np.full(8, value), "pairs": np.full(8, 90),
        "galaxies": 100, "covariance": np.eye(8) * error**2, "regions": 27,
    }  # fmt: skip
    if STATISTICS[kind][2]:
        parts |= {"pi_max": 15.0, "definition": "epsilon"}
    if truth:
        parts["truth"] = Truth(np.full(8, 0.05), np.eye(8) * 0.01**2)
    return Correlation(**(parts | changes))


def test_labels_and_units_are_those_of_the_measurements():
    assert list(STATISTICS) == list(KINDS)
    for kind, (label, unit, projected) in STATISTICS.items():
        assert (label, unit, projected) == (
            KINDS[kind].label,
            KINDS[kind].unit,
            KINDS[kind].projected,
        )


def test_axes_name_units_and_conventions():
    plot = CorrelationPlot("wg+")
    plot.update({"model": curve("wg+")})
    assert plot.figure.yaxis[0].axis_label == "w_g+(r_p) (Mpc/h)"
    assert plot.figure.xaxis[0].axis_label == "r_p (Mpc/h)"
    for part in ("\u03c0_max = 15 Mpc/h", "above 0: radial", "(1 \u2212 q)/(1 + q)", "real space"):
        assert part in plot.figure.title.text
    assert max(len(line) for line in plot.figure.title.text.splitlines()) < 60
    assert CorrelationPlot("ed").figure.xaxis[0].axis_label == "r (Mpc/h)"
    scaled = CorrelationPlot("wg+", scaled=True)
    assert scaled.figure.yaxis[0].axis_label == "r_p \u00d7 w_g+(r_p) ((Mpc/h)\u00b2)"


def test_an_update_patches_columns_and_makes_no_model(parts_of):
    plot = CorrelationPlot("ed", ("model", "GAN"))
    before = parts_of(plot.layout)
    assert "nothing measured" in plot.describe()
    plot.update({"model": curve(), "GAN": curve(value=0.2, truth=False)}, {"GAN": "p = 0.00"})
    assert parts_of(plot.layout) == before
    model = plot.points["model"].data
    np.testing.assert_allclose(model["value"], 0.05, rtol=1e-6)
    np.testing.assert_allclose(model["high"], 0.06, rtol=1e-5)
    np.testing.assert_allclose(plot.band.data["upper"], 0.05 + 1.96 * 0.01, rtol=1e-5)
    # beside each other, around the middle of the bin
    middle = np.sqrt(model["r"] * plot.points["GAN"].data["r"])
    np.testing.assert_allclose(middle, np.sqrt(EDGES[1:] * EDGES[:-1]), rtol=1e-5)
    assert "8 of 8 in the 95 % band" in plot.describe()
    assert "GAN (p = 0.00): 8 bins, 0 of 8" in plot.describe()
    assert plot.words.text == "GAN: p = 0.00"
    assert plot.figure.y_range.end > 0.2
    plot.update({"model": curve(truth=False)})
    assert len(plot.band.data["r"]) == 0
    assert len(plot.points["GAN"].data["r"]) == 0


def test_empty_bins_and_missing_errors_are_drawn_as_what_they_are():
    value = np.full(8, 0.05)
    value[0] = np.nan
    plot = CorrelationPlot("ed")
    plot.update({"model": curve(value=value, covariance=None)})
    assert len(plot.points["model"].data["r"]) == 7
    assert np.isnan(plot.points["model"].data["low"]).all()
    assert np.isfinite([plot.figure.y_range.start, plot.figure.y_range.end]).all()


def test_one_huge_error_does_not_flatten_the_rest():
    covariance = np.diag([25.0, *[1e-4] * 7])
    plot = CorrelationPlot("ed")
    plot.update({"model": curve(covariance=covariance)})
    assert plot.figure.y_range.end < 0.5


def test_scaled_values_are_times_their_separation():
    plot = CorrelationPlot("ed", scaled=True)
    plot.update({"model": curve()})
    r = np.sqrt(EDGES[1:] * EDGES[:-1])
    np.testing.assert_allclose(plot.points["model"].data["value"], 0.05 * r, rtol=1e-5)
    np.testing.assert_allclose(plot.band.data["high"], 0.06 * r, rtol=1e-5)


def test_a_panel_shares_its_legend_and_its_ground(parts_of):
    panel = AlignmentPanel(("ed", "ee", "wg+"), ("model", "GAN"))
    before = parts_of(panel.layout)
    curves = {kind: curve(kind) for kind in ("ed", "ee", "wg+")}
    panel.update({"model": curves, "GAN": {"ed": curve("ed", 0.1)}}, {"model": {"ed": "p = 0.50"}})
    assert parts_of(panel.layout) == before
    assert panel.describe().count("against separation") == 3
    assert "p = 0.50" in panel.describe()
    assert panel.layout.html_attributes["aria-label"] == panel.describe()
    panel.set_dark(True)
    grounds = {plot.figure.background_fill_color for plot in panel.plots.values()}
    assert grounds == {"#171c23"}
    assert parts_of(panel.layout) == before


def test_wrong_input_is_named():
    with pytest.raises(ValueError, match="no statistic is called 'xi'"):
        CorrelationPlot("xi")
    with pytest.raises(ValueError, match="1 to 3 series"):
        CorrelationPlot("ed", ("a", "b", "c", "d"))
    with pytest.raises(ValueError, match="no series is called 'VAE'"):
        CorrelationPlot("ed").update({"VAE": curve()})


def test_anything_with_the_attributes_is_drawn():
    bare = SimpleNamespace(
        r=np.array([1.0, 2.0]), value=np.array([0.1, 0.2]), error=None, truth=None, conventions="x"
    )
    plot = CorrelationPlot("ed")
    plot.update({"model": bare})
    assert len(plot.points["model"].data["r"]) == 2
    assert plot.figure.title.text == "x"
