"""The state of the lessons: what is drawn, presets, links, costs."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.galaxies.costs import PUBLISHED, Rate, cost_scene, cost_table, in_words, measure_rate
from astroviz.galaxies.explorer import GalaxiesExplorer
from astroviz.galaxies.lessons_stacking import stacking_scene
from astroviz.galaxies.lessons_toy import MEASURES, toy_scene
from astroviz.galaxies.parameters import GalaxyError


@pytest.fixture
def explorer():
    population = SimpleNamespace(
        sample=lambda n, seed: time.sleep(n * 1e-6), report={"seconds": 600.0}
    )
    return GalaxiesExplorer(SimpleNamespace(population=population, card=None), view="lessons")


def test_point_masses_apart_stop_one_descent_and_blow_up_another():
    scene = toy_scene(2.0, 0.0, 0.02, "one")
    assert "does not move" in scene.table
    assert "leaves the bench" in scene.table
    sinkhorn, flat = scene.paths["Sinkhorn"], scene.paths["Jensen-Shannon"]
    assert abs(sinkhorn[-1]) < 0.1
    np.testing.assert_allclose(flat, 2.0, atol=0.02)


def test_the_marked_values_lie_on_the_curves():
    scene = toy_scene(1.5, 0.2, 0.3, "two", seed=4)
    for name in MEASURES:
        at = np.interp(1.5, scene.places, scene.curves[name])
        assert scene.here[name] == pytest.approx(at, rel=0.02, abs=0.01)
    assert len(scene.to_table()) == len(scene.places)


def test_a_large_blur_carries_every_point_everywhere():
    fine, coarse = toy_scene(1.0, 0.2, 0.02, "one"), toy_scene(1.0, 0.2, 2.0, "one")
    assert len(fine.lines) < len(coarse.lines) == len(coarse.model) * len(coarse.data)
    assert fine.partners < 4 < coarse.partners


def test_stacking_is_too_wide_and_the_population_is_not():
    scene = stacking_scene(1000, 0.3, "normal", 2)
    widths = {name: one.width for name, one in scene.answers.items()}
    assert widths["stack"] > 1.2 * scene.true_width
    assert widths["multiply"] < 0.2 * scene.true_width
    assert widths["population"] == pytest.approx(scene.true_width, rel=0.12)
    assert "stacked" in scene.table
    assert len(scene.to_table().colnames) == 6


def test_a_catalogue_of_fits_takes_longer_than_history():
    classic = PUBLISHED[0]
    assert classic.seconds(1e8) == pytest.approx(20 * 3600 * 1e8)
    assert in_words(classic.seconds(1e8)) == "228,154 years"
    ways = cost_table(1e8, 600.0, Rate(100_000, 2.0))
    assert [way.role for way in ways] == ["prior", "prior", "posterior", "posterior"]
    assert ways[2].seconds(1e8) == 600.0
    assert ways[3].seconds(1e8) == pytest.approx(600.0 + 2000.0)
    scene = cost_scene(ways, 1e8)
    assert np.isnan(scene.hours["here"][0])
    assert scene.hours["published"][0] == pytest.approx(2e9)
    assert scene.clock[3]["rate"] == pytest.approx(1e8 / 2600.0)
    with pytest.raises(GalaxyError, match="at least one galaxy"):
        cost_table(0.0, None, None)


def test_what_is_measured_is_what_was_drawn():
    drawn = []
    rate = measure_rate(lambda n: drawn.append(n) or time.sleep(0.01), least=0.03)
    assert rate.draws == sum(drawn[1:])  # the first is not counted
    assert rate.seconds >= 0.03


def test_this_machine_is_measured(explorer):
    explorer.lesson = "cost"
    assert len(explorer.cost_ways()) == 3
    explorer.cost_keep(explorer.cost_measuring()(lambda share: None, lambda: None))
    assert len(explorer.cost_ways()) == 4
    assert explorer.rate.each > 5e-7
    table = explorer.cost_table()
    assert str(table["processor_time"].unit) == "s"
    assert "228,154 years" in explorer.sentence()


def test_without_a_model_the_others_costs_are_shown(explorer):
    explorer.source = "mine"
    explorer.lesson = "cost"
    assert len(explorer.cost_ways()) == len(PUBLISHED)
    assert "own cost is not shown" in explorer.warnings()[0]
    with pytest.raises(GalaxyError, match="no catalogue was fitted"):
        explorer.cost_measuring()


def test_presets_links_and_surprises(explorer):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        assert explorer.sentence()
        other = GalaxiesExplorer(explorer.model, view="lessons")
        assert other.from_query(explorer.to_query()) == ()
        assert other.state() == explorer.state()
        explorer.surprise(3)
