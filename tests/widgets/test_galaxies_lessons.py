"""The lessons on galaxies in a notebook, without a browser."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import astroviz

PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def view():
    population = SimpleNamespace(report={"seconds": 600.0}, sample=lambda n, seed: n)
    model = SimpleNamespace(population=population, card=None, name="galaxies")
    return astroviz.explore("galaxies", model=model, view="lessons")


def test_the_plan_follows_the_blur(view):
    heard = []
    view.observe(heard.append, "scene")
    before = len(view.scene.lines)
    view.explorer.toy_blur = 2.0
    assert len(heard) == 1
    assert len(view.scene.lines) > before
    assert len(view.plan.lines.data["x0"]) == len(view.scene.lines)
    assert view.picture().startswith(PNG)
    view.explorer.undo()
    assert len(view.scene.lines) == before


def test_the_other_lessons_are_drawn_when_they_are_opened(view):
    view.explorer.lesson = "stacking"
    assert np.max(view.populations.sources["stacked"].data["y"]) > 0
    assert "hierarchical" in view.numbers.value
    assert view.picture().startswith(PNG)
    view.explorer.lesson = "cost"
    assert len(view.costs.names) == 3
    view.measure()
    view.wait()
    assert len(view.costs.names) == 4
    assert view.picture().startswith(PNG)
    view.explorer.lesson = "distance"
    assert view.scene.here["Wasserstein"] > 0


def test_the_state_is_that_of_a_cell(view):
    view.explorer.toy_shape = "two"
    assert "toy_shape='two'" in view.explorer.code()
    assert "transport" in view._title.value
