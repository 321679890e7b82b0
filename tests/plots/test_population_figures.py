"""Figures of populations: counts against numpy's, what is sent, announced and recoloured."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import SelectionGeometry, Tap

from astroviz.plots.binned import Binned, binned_marks, steady_ends
from astroviz.plots.density import Axis
from astroviz.plots.draw_matrix import DrawMatrix
from astroviz.plots.photo_z import PhotoZ
from astroviz.plots.relation import RelationMarks, RelationPlot

ENDS = ((-3.0, 3.0), (-2.0, 2.5), (0.0, 1.0))
AXES = (Axis("redshift", "redshift"), Axis("log_mass", "log M*", "dex(solMass)"), Axis("k", "k"))


@pytest.fixture(scope="module")
def draws():
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(size=(5000, 2)), random.random((5000, 1))], axis=1)
    values[7, 1] = np.nan
    return values.astype(np.float32)


@pytest.fixture
def matrix(draws):
    made = DrawMatrix("draws")
    made.set_axes(AXES, ENDS)
    binned = Binned(draws, ENDS)
    made.update(binned_marks(binned, None, {"near": draws[:, 0] < -1, "none": draws[:, 0] > 99}))
    return made


def test_counts_are_those_of_numpy(draws):
    binned = Binned(draws, ENDS, 16)
    weights = np.linspace(0, 2, len(draws))
    good = np.isfinite(draws).all(1)
    edges = [binned.edges(k).astype(np.float32) for k in (0, 1)]
    expected, *_ = np.histogram2d(
        draws[good, 1], draws[good, 0], [edges[1], edges[0]], weights=weights[good]
    )
    found = binned.pair(0, 1, weights)
    assert found.shape == (16, 16)
    assert np.abs(found - expected).sum() < 0.002 * weights.sum(), "float32 edges may differ"
    single, _ = np.histogram(draws[:, 2], binned.edges(2))
    assert np.abs(binned.one(2) - single).sum() <= 4
    with pytest.raises(ValueError, match="one pair for each"):
        Binned(draws, ENDS[:2])


def test_a_subset_keeps_its_shape_and_its_share(draws):
    marks = binned_marks(Binned(draws, ENDS), None, {"near": draws[:, 0] < -1})
    layer = marks.layers[0]
    assert layer.share == (draws[:, 0] < -1).sum()
    assert (layer.points[:, 0] < -1).all()
    assert 100 < len(layer.points) <= 500
    assert layer.heights[0, marks.heights.shape[1] // 2 :].max() == 0
    assert 0.25 <= layer.heights[2].max() <= 1
    assert marks.heights.max() == 1


def test_other_draws_of_the_same_law_lie_on_the_histogram(draws):
    binned = Binned(draws, ENDS, 12)
    half = (draws[::2], np.full(len(draws[::2]), 3.0))
    marks = binned_marks(binned, other=half, truth=half)
    assert np.array_equal(marks.other, marks.truth)
    assert np.abs(marks.other[0] - marks.heights[0]).max() < 0.1
    matrix = DrawMatrix("draws")
    matrix.set_axes(AXES, ENDS)
    matrix.update(marks)
    assert len(matrix.others[2].data["x"]) == 24
    assert len(matrix.truths[0].data["x"]) == 24
    assert matrix.legend.items[3].visible
    assert matrix.legend.items[4].visible


def test_weights_of_zero_draw_nothing(draws):
    marks = binned_marks(Binned(draws, ENDS), np.zeros(len(draws)), {"a": draws[:, 0] < 0})
    assert marks.number == 0
    assert not any(count.any() for count in marks.counts.values())
    assert not len(marks.layers[0].points)


def test_ends_hold_nearly_all_and_do_not_hang_on_one_value():
    values = np.append(np.linspace(0, 1, 10_001), [1e6, np.nan])
    low, high = steady_ends(values)
    assert -0.1 < low < 0.0 < 1.0 < high < 1.1
    assert steady_ends(np.full(5, np.nan)) == (0.0, 1.0)
    low, high = steady_ends(np.full(5, 2.0))
    assert low < 2.0 < high


def test_the_matrix_draws_pairs_histograms_and_subsets(matrix):
    assert set(matrix.images) == {(0, 1), (0, 2), (1, 2)}
    assert matrix.images[0, 1].data["image"][0].dtype == np.uint32
    assert matrix.bars[0].data["y"].max() == 1
    assert len(matrix.points[0].data["c0"]) > 100
    assert not len(matrix.points[1].data["c0"])
    visible = [item.visible for item in matrix.legend.items]
    assert visible == [True, True, False, False, False, True]
    assert "4,9" in matrix.describe() or "5,000" in matrix.describe()
    assert "near" in matrix.describe()


def test_a_patch_makes_no_model_anew(matrix, draws, parts_of):
    before = parts_of(matrix.layout)
    matrix.update(binned_marks(Binned(draws[:100], ENDS)))
    assert parts_of(matrix.layout) == before
    assert not matrix.legend.items[0].visible


def test_a_box_is_announced_with_its_columns(matrix):
    heard = []
    matrix.on_region(lambda pair, geometry: heard.append((pair, geometry)))
    box = {"type": "rect", "x0": 0, "x1": 1, "y0": 0, "y1": 1}
    plot = matrix.figures[0, 2]
    for final in (False, True):
        plot._trigger_event(SelectionGeometry(plot, geometry=box, final=final))
    assert heard == [((0, 2), box)]


def test_dark_recolours_densities_in_place(matrix):
    before = matrix.images[0, 1].data["image"][0].copy()
    matrix.set_dark(True)
    assert not np.array_equal(before, matrix.images[0, 1].data["image"][0])


def relation(**parts):
    return RelationMarks(("x", "y"), (0.0, 1.0), (0.0, 2.0), "Words.", **parts)


def test_a_relation_draws_what_it_has(parts_of):
    plot = RelationPlot("r")
    x = np.linspace(0, 1, 5)
    before = parts_of(plot.layout)
    plot.update(relation(
        counts=np.ones((4, 4)), line=(x, x), band=(x, x - 1, np.append(x[:4], np.nan)),
        literature=(("Somebody 2014", (x, x)),), subsets=(("mine", (x, 2 * x)),),
        hidden=((0.0, 0.25),),
    ))  # fmt: skip
    assert parts_of(plot.layout) == before
    named = {item.label.value: item.visible for item in plot.legend.items}
    assert named["Somebody 2014"]
    assert named["mine"]
    assert named["< 10 % complete"]
    assert not named["prior"]
    assert len(plot.band.data["x"]) == 4, "a band has no gaps"
    assert plot.hidden.data["top"][0] == 2.0
    plot.update(relation(line=(x, x)))
    named = {item.label.value: item.visible for item in plot.legend.items}
    assert not named["Somebody 2014"]
    assert not plot.image.data["image"]
    assert plot.describe() == "Words."


def test_photo_z_tells_outliers_and_is_picked():
    plot = PhotoZ()
    truth = np.array([0.1, 0.2, 0.3, np.nan])
    found = np.array([0.1, 0.5, 0.31, 0.2])
    plot.update(truth, found, truth + 0.05, np.array([4, 5, 6, 7]), 0.1, "Words.")
    assert plot.sources["outlier"].data["row"].tolist() == [5]
    assert plot.sources["population"].data["row"].tolist() == [4, 6]
    heard = []
    plot.on_pick(heard.append)
    plot._on_tap(Tap(plot.figure, x=0.2, y=0.5))
    plot._on_tap(Tap(plot.figure, x=0.5, y=0.05))
    assert heard == [5], "and nothing far from all galaxies"
    plot.point_at(6, 0.28, 0.33)
    assert plot.here.data["low"][0] == pytest.approx(0.28)
    plot.point_at(99)
    assert not len(plot.here.data["x"])
