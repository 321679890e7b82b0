"""Glyphs along a filament: roses of the right size, places, picks."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.plots.filament import FilamentPlot, rose

ANGLES = np.linspace(0, 2 * np.pi, 73)
ROWS, ALONG = np.array([4, 9, 2]), np.array([0.0, 5.0, 12.0])


@pytest.fixture
def plot():
    plot = FilamentPlot()
    density = 1 + np.cos(2 * ANGLES) * np.array([[0.0], [0.5], [0.9]])
    plot.update(ROWS, ALONG, np.array([0.0, 1.0, -1.0]), ANGLES, density, density,
                np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]), "smoothed", 9)  # fmt: skip
    return plot


def test_no_knowledge_is_a_circle():
    x, y = rose(ANGLES, np.full((1, 73), 7.0), 2.0)
    np.testing.assert_allclose(np.hypot(x, y), 1.0)


def test_a_peak_reaches_out_but_not_too_far():
    x, y = rose(ANGLES, np.exp(60 * np.cos(ANGLES))[None], 1.0)
    assert np.hypot(x, y).max() == pytest.approx(2.5)


def test_glyphs_sit_at_their_galaxies(plot):
    for k, (xs, ys) in enumerate(zip(plot.glyphs.data["xs"], plot.glyphs.data["ys"], strict=True)):
        assert (xs.min() + xs.max()) / 2 == pytest.approx(ALONG[k], abs=1e-4)
        assert ys.min() < plot.across[k] < ys.max()
    assert plot.here.data["x"].tolist() == [5.0]
    assert plot.figure.title.text == "smoothed"


def test_a_tap_picks_the_galaxy(plot):
    picked = []
    plot.on_pick(picked.append)
    plot._on_tap(SimpleNamespace(x=11.5, y=-0.8))
    plot._on_tap(SimpleNamespace(x=8.6, y=9.0))
    assert picked == [2]


def test_without_a_model_the_truth_stands_alone(plot):
    plot.update(ROWS, ALONG, np.zeros(3), ANGLES, np.zeros((0, 73)), np.ones((3, 73)),
                np.zeros((3, 2)))  # fmt: skip
    assert plot.glyphs.data["xs"] == []
    assert len(plot.truth.data["xs"]) == 3


def test_it_is_patched_and_told_in_words(plot, parts_of):
    before = parts_of(plot.layout)
    plot.set_haloes(np.zeros(2), np.ones(2), np.full(2, 5.0))
    assert "3 galaxies along 12.0 Mpc/h" in plot.describe()
    empty = np.zeros((0, 73))
    plot.update(ROWS[:0], ALONG[:0], ALONG[:0], ANGLES, empty, empty, np.zeros((0, 2)))
    assert "No filament" in plot.describe()
    assert parts_of(plot.layout) == before
