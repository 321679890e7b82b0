"""Whose population the page of galaxies shows."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from astroviz.galaxies.explorer import GalaxiesExplorer
from astroviz.galaxies.parameters import GalaxyError


@pytest.fixture
def explorer():
    model = SimpleNamespace(population="shipped", card="its card")
    made = GalaxiesExplorer(model, view="sed")
    made.other_model = lambda name: (None, f"The model {name} is not here.")
    return made


def test_the_model_of_the_page_is_shown_first(explorer):
    assert explorer.population() == "shipped"
    assert explorer.card() == ("its card", "")


def test_a_fit_of_the_users_takes_its_place(explorer):
    heard = []
    explorer.param.watch(heard.append, "source")
    explorer.keep_fit("mine")
    assert explorer.population() == explorer.mine == explorer.shown().population == "mine"
    assert explorer.selection_population == "mine"
    explorer.keep_fit("again")
    assert explorer.population() == "again"
    assert len(heard) == 2
    assert explorer.card()[0] is None
    explorer.source = "model"
    assert explorer.population() == "shipped"


def test_what_is_missing_is_said(explorer):
    explorer.source = "mine"
    with pytest.raises(GalaxyError, match="no catalogue was fitted"):
        explorer.population()
    assert explorer.shown() is None
    explorer.source = "mock"
    with pytest.raises(GalaxyError, match="mock is not here"):
        explorer.population()
    assert "mock is not here" in explorer.card()[1]
