"""Curves of a kernel: what is sent, which axes stand still, what is said."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.kernel import AngleDensity, TurnDensity, TurnScore

ANGLE = np.linspace(0, 180, 37)


def test_the_axes_of_density_and_score_stand_still():
    density, score = TurnDensity(), TurnScore()
    before = [(p.figure.x_range.end, p.figure.y_range.end) for p in (density, score)]
    for sigma in (0.1, 1.0):
        density.update(ANGLE, -((ANGLE / 60) ** 2) / sigma, 0.0)
        score.update(ANGLE, -np.deg2rad(ANGLE) / sigma**2, sigma)
        assert [(p.figure.x_range.end, p.figure.y_range.end) for p in (density, score)] == before
    assert np.allclose(score.source.data["y"], -np.deg2rad(ANGLE), atol=1e-5)
    assert np.allclose(score.source.data["raw"], -np.deg2rad(ANGLE), atol=1e-5)


def test_the_level_of_uniform_follows_the_measure():
    density = TurnDensity()
    density.update(ANGLE, np.zeros(37), -4.369)
    assert density.level.location == pytest.approx(-4.369)
    assert "-4.37" in density.describe()


def test_what_is_minus_infinity_is_drawn_below_the_axis():
    density = TurnDensity()
    density.update(ANGLE, np.where(ANGLE > 90, -np.inf, 1.0), 0.0)
    assert np.isfinite(density.source.data["y"]).all()
    assert density.source.data["y"][-1] < density.figure.y_range.start


def test_the_axis_of_the_angle_goes_in_steps():
    angle = AngleDensity()
    edges = np.linspace(0, 180, 19)
    for peak, end in ((0.011, 0.0125), (0.03, 0.05), (0.045, 0.05), (0.5, 0.8)):
        angle.update(ANGLE, np.full(37, peak), edges, np.full(18, peak), 180.0)
        assert angle.figure.y_range.end == end
    assert len(angle.bars.data["top"]) == 18
    assert "per degree" in angle.describe()


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="edges"):
        AngleDensity().update(ANGLE, ANGLE, np.zeros(5), np.zeros(5), 180.0)
    with pytest.raises(ValueError, match="fit"):
        TurnDensity().update(ANGLE, ANGLE[:3], 0.0)
    with pytest.raises(ValueError, match="fit"):
        TurnScore().update(ANGLE, ANGLE[:3], 1.0)


def test_dark_recolours_in_place():
    for chart in (TurnDensity(), TurnScore(), AngleDensity()):
        light = chart.figure.background_fill_color
        chart.set_dark(True)
        assert chart.figure.background_fill_color != light
