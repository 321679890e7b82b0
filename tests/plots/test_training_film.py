"""A training as curves: relative to their first values, a cursor, and frames to drag to."""

from __future__ import annotations

import numpy as np
import pytest
from bokeh.events import Pan, Tap

from astroviz.plots.theme import colour
from astroviz.plots.training_film import TrainingFilm, relative

STEPS = np.array([0.0, 100.0, 300.0, 1000.0])
CURVES = {
    "OT cost": np.array([4.0, 2.0, 1.0, 0.4]),
    "MMD": np.array([0.2, 0.1, -0.001, 0.002]),
    "AUC": np.array([0.97, 0.9, 0.7, 0.52]),
}


@pytest.fixture
def plot():
    plot = TrainingFilm()
    plot.update(STEPS, CURVES)
    return plot


def test_a_curve_begins_at_one_and_has_no_logarithm_where_it_is_not_positive():
    found = relative([np.nan, 0.2, -0.1, 0.05])
    np.testing.assert_allclose(found, [np.nan, 1, np.nan, 0.25])
    assert np.isnan(relative(np.zeros(3))).all()


def test_distances_are_above_and_the_classifier_below(plot):
    np.testing.assert_allclose(plot.sources[0].data["y"], CURVES["OT cost"] / 4, rtol=1e-6)
    np.testing.assert_allclose(plot.sources[1].data["y"], [1, 0.5, np.nan, 0.01], rtol=1e-5)
    np.testing.assert_allclose(plot.auc.data["y"], CURVES["AUC"], rtol=1e-6)
    assert [item.visible for item in plot._entries] == [True, True, False, False, False]
    assert plot.figure.x_range is plot.below.x_range
    assert plot.figure.y_range.start < 0.01 < 1 < plot.figure.y_range.end
    assert plot.below.y_range.start < 0.5 < 1 <= plot.below.y_range.end


def test_the_cursor_reads_the_nearest_frame(plot):
    plot.set_cursor(280)
    assert {span.location for span in plot._spans} == {280}
    assert plot.figure.title.text.startswith("step 300: OT cost \u00d70.25")
    assert "AUC 0.70" in plot.describe()
    np.testing.assert_allclose(plot.dots.data["y"], [0.25, np.nan], rtol=1e-6)
    np.testing.assert_allclose(plot.auc_dot.data["y"], [0.7], rtol=1e-6)
    plot.set_cursor(None)
    assert not any(span.visible for span in plot._spans)
    assert len(plot.dots.data["x"]) == 0


def test_taps_and_drags_choose_frames_once_each(plot):
    found = []
    plot.on_scrub(found.append)
    plot.figure._trigger_event(Tap(plot.figure, x=90.0, y=1.0))
    plot.figure._trigger_event(Pan(plot.figure, x=120.0, y=1.0))
    plot.below._trigger_event(Pan(plot.below, x=900.0, y=0.6))
    plot.below._trigger_event(Pan(plot.below, x=5000.0, y=0.6))
    assert found == [1, 3]
    assert plot.cursor == 1000


def test_updates_patch_the_same_models(plot, parts_of):
    before = parts_of(plot.layout)
    plot.set_cursor(300)
    plot.update(STEPS[:3] / 2, {name: curve[:3] for name, curve in CURVES.items()})
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    assert plot.cursor == 300
    assert plot.layout.styles["background-color"] == colour("paper", True)
    assert plot.figure.x_range.end >= 150


def test_ticks_are_few_over_many_decades(plot):
    assert len(plot.figure.yaxis[0].ticker.ticks) == 10
    plot.update(STEPS, {"OT cost": CURVES["OT cost"]})
    assert 0.5 in plot.figure.yaxis[0].ticker.ticks
    assert len(plot.auc.data["x"]) == 0


def test_what_does_not_fit_is_refused_and_nothing_is_said_of_nothing(plot):
    with pytest.raises(ValueError, match="'MMD' has shape \\(2,\\)"):
        plot.update(STEPS, {"MMD": np.ones(2)})
    with pytest.raises(ValueError, match="room for 5"):
        plot.update(STEPS, {f"{k}": np.ones(4) for k in range(6)})
    empty = TrainingFilm()
    empty.update([], {})
    assert "nothing trained" in empty.describe()
