"""Figures of lensing that a page and a notebook share."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots import lensing_figures

FIGURES = [name for name in lensing_figures.__all__ if name.endswith("_figure")]


@pytest.mark.parametrize("make", FIGURES)
def test_a_figure_takes_its_own_curves_and_no_others(make):
    chart = getattr(lensing_figures, make)("figure", dark=True)
    assert len(chart.curves) >= 3
    x = np.linspace(0.1, 1.0, 5)
    lines = {name: (x, x) for name, curve in chart.curves.items() if _look(curve) == "line"}
    assert lines
    chart.update(lines, "Straight lines.")
    assert "Straight lines." in chart.describe()
    with pytest.raises(KeyError, match="no curve named"):
        chart.update({"nobody": (x, x)}, "")


def _look(curve):
    return getattr(curve, "look", "line")


def test_coverage_is_drawn_or_said_to_be_missing():
    chart = lensing_figures.coverage_figure("coverage")
    lensing_figures.draw_coverage(chart, {})
    assert "not been measured" in chart.describe()
    levels = np.linspace(0, 1, 5)
    found = {"levels": levels, "band": (levels, levels), "learned": levels, "words": "Right.",
             "title": "64 simulations"}  # fmt: skip
    lensing_figures.draw_coverage(chart, found)
    assert "Right." in chart.describe()
