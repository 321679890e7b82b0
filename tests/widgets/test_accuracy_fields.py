"""Landscape, Compare and Shift in a notebook, without a browser."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

import astroviz
from astroviz.accuracy.trial import Trial
from astroviz.widgets.accuracy_compare import CompareWidget
from astroviz.widgets.accuracy_landscape import LandscapeWidget

PNG = b"\x89PNG"


def mine(shift=0.0, count=150):
    random = np.random.default_rng(0)
    data = random.normal(size=(count, 2))
    points = data[:, None] + random.normal(size=(count, 40, 2))
    return Trial(truths=points[:, 0], draws=points[:, 1:] + shift, names=("a", "b"),
                 observations=data, prior=random.normal(size=(300, 2)) * np.sqrt(2))  # fmt: skip


def test_a_map_is_read_set_and_observed():
    view = astroviz.explore("accuracy", view="landscape")
    assert isinstance(view, LandscapeWidget)
    assert view.explorer.state() == {"view": "landscape"}
    heard = []
    view.observe(heard.append, "scene")
    view.explorer.landscape_source = "A"
    assert len(heard) == 1
    assert view.scene.land.failing == 0
    assert len(view.valley) == 40
    assert view.picture().startswith(PNG)
    view.pick(5)
    assert view.explorer.landscape_row == view.scene.land.rows[5]
    view._axes["landscape_x"].value = "ra"
    assert view.explorer.landscape_x == "ra"
    assert "landscape_x='ra'" in view.explorer.code()
    view.explorer.undo()
    assert view.scene.x.startswith("BP")


def test_draws_of_mine_are_mapped_and_held_against_their_prior():
    view = astroviz.explore("accuracy", mine(), view="landscape")
    assert view.scene.trial.count == 150
    view.explorer.landscape_near = 20
    view.teach()
    view.wait()
    assert view.explorer.landscape_tint == "classifier"
    assert "L-C2ST" in view.scene.tint_words
    other = astroviz.explore("accuracy", mine(2.0), view="shift")
    assert other.found.population.p_value < 0.01
    assert "not one population" in other.verdict.value


def test_two_claims_are_compared():
    view = astroviz.explore("accuracy", view="compare", compare_shift_b=0.0, compare_width_b=1.0)
    assert isinstance(view, CompareWidget)
    assert view.scene.found.nearer == ""
    view.explorer.compare_width_b = 0.6
    assert view.scene.found.nearer == "first"
    assert "A is nearer" in view.numbers.value
    assert view.picture().startswith(PNG)
    view.compare(mine(2.0), mine())
    assert view.explorer.compare_source == "mine"
    assert view.scene.found.nearer == "second"
    assert view.toy.layout.display == "none"
    view.step(3)
    assert view.explorer.compare_row == 3


def test_a_shift_names_its_columns():
    view = astroviz.explore("accuracy", view="shift", seed=1)
    assert view.found.classifier is None
    view.teach()
    view.wait()
    told = view.found.classifier
    assert told.p_value < 1e-6
    assert view._axes["shift_x"].value == view.found.case.names[int(told.importance.argmax())]
    assert view.picture().startswith(PNG)
    random = np.random.default_rng(0)
    tables = [Table({"u": random.normal(move, 1, 100)}) for move in (0.0, 3.0)]
    view.compare(*tables)
    assert view.found.case.names == ("u",)
    assert view.found.objects.flagged > 0.3


@pytest.mark.parametrize("name", ["landscape", "shift", "compare"])
def test_what_is_not_there_is_said(name):
    state = {"compare": {"compare_source": "mine"}, "landscape": {"landscape_source": "tried"},
             "shift": {"shift_source": "mine"}}[name]  # fmt: skip
    view = astroviz.explore("accuracy", view=name, tried="stars/npe", **state)
    assert view.picture() is None
    assert view._status.value.count("<div") == 1
