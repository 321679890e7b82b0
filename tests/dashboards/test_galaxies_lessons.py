"""The lessons on galaxies without a browser: their figures follow the state."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.document import Document

from astroviz.core.engine import Engine
from astroviz.dashboards.galaxies import GalaxiesPage
from astroviz.io import table_bytes


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


@pytest.fixture
def tab(engine):
    model = SimpleNamespace(
        card=None, population=SimpleNamespace(report={"seconds": 600.0}, sample=lambda n, seed: n)
    )
    tab = GalaxiesPage(model, engine, "lessons")
    yield tab
    tab.shell.close()


@pytest.fixture
def view(tab):
    return tab.built["lessons"]


def test_the_bench_opens_with_its_lines_and_curves(tab, view):
    panel = view.panel
    assert len(panel.plan.lines.data["x0"]) > 40
    assert len(panel.curves.sources["Sinkhorn"].data["x"]) == 31
    assert "Jensen-Shannon" in view.numbers.object
    assert panel.plan.describe().startswith("40 points")
    document = Document()
    document.add_root(tab.shell.page.get_root(document))
    document.validate()


def test_the_blur_changes_the_plan_and_not_the_exact_distance(tab, view):
    panel = view.panel
    before = len(panel.plan.lines.data["x0"]), panel.scene.here["Wasserstein"]
    tab.explorer.toy_blur = 2.0
    assert len(panel.plan.lines.data["x0"]) > before[0]
    assert panel.scene.here["Wasserstein"] == pytest.approx(before[1])
    (table,) = view.tables().values()
    assert len(table_bytes(table(), "csv")) > 300


def test_stacking_shows_four_populations(tab, view):
    view.lesson.value = "stacking"
    panel = view.panel
    assert tab.explorer.lesson == "stacking"
    assert list(view.stage) == [panel.layout]
    stacked = panel.populations.sources["stacked"].data["y"]
    tab.explorer.stack_error = 0.8
    assert np.max(panel.populations.sources["stacked"].data["y"]) < np.max(stacked)
    assert panel.bars.names == ("multiplied", "stacked", "hierarchical", "population")
    assert "hierarchical" in view.numbers.object


def test_the_clock_has_a_row_more_once_this_machine_is_measured(tab, view):
    tab.explorer.lesson = "cost"
    panel = view.panel
    assert panel.clock.ways.count('"name"') == 3
    panel.measure()
    assert panel.clock.ways.count('"name"') == 4
    before = panel.clock.ways
    tab.explorer.cost_galaxies = 6.0
    assert panel.clock.ways != before
    assert "arXiv:1812.05608" in view.numbers.object


def test_dark_reaches_the_figures(tab, view):
    panel = view.panel
    light = panel.plan.figure.background_fill_color
    tab.shell.dark = True
    assert panel.plan.figure.background_fill_color != light
