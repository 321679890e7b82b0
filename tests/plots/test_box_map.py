"""A slab of galaxies: sticks by web type, brushes by row number."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.box_map import BoxMap

PLACES = np.array([[10.0, 20.0], [30.0, 40.0], [60.0, 5.0]])


@pytest.fixture
def plot():
    plot = BoxMap()
    plot.update(PLACES, np.array([[1.0, 0.0], [0.0, 0.5], [0.6, 0.0]]), np.array([2, 3, 2]),
                np.array([5, 8, 1]), 75.0)  # fmt: skip
    return plot


def test_sticks_are_centred_and_as_long_as_the_projected_axis(plot):
    filament = plot.sticks[2].data
    np.testing.assert_allclose((filament["x0"] + filament["x1"]) / 2, [10, 60])
    length = filament["x1"] - filament["x0"]
    assert length[1] / length[0] == pytest.approx(0.6, rel=1e-5)
    assert len(plot.sticks[0].data["x0"]) == 0


def test_brushes_speak_of_rows_of_the_table(plot):
    brushed = []
    plot.on_brush(lambda rows, mode: brushed.append((sorted(rows.tolist()), mode)))
    from types import SimpleNamespace

    box = {"type": "rect", "x0": 0, "x1": 35, "y0": 0, "y1": 50}
    plot._on_geometry(SimpleNamespace(final=True, geometry=box))
    assert brushed == [([5, 8], "replace")]
    plot.select([8])
    assert "3 galaxies, 1 selected" in plot.describe()


def test_galaxies_without_orientations_have_no_sticks(plot, parts_of):
    before = parts_of(plot.layout)
    plot.update(PLACES, np.zeros((0, 2)), np.array([2, 3, 2]), np.arange(3), 75.0)
    assert all(len(source.data["x0"]) == 0 for source in plot.sticks)
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
