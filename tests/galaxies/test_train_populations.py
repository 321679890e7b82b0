"""The recipes of the populations, with fits of a second."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.cards import read_card
from astroviz.galaxies import train_populations
from astroviz.galaxies.ladder import open_ladder
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.population import Population
from astroviz.galaxies.train_populations import RECIPES, WEIGHTS, problem, train


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_halves_of_the_real_galaxies_do_not_overlap():
    posed = problem(RECIPES["sdss"])
    assert not set(posed.learned.rows) & set(posed.held.rows)
    assert abs(len(posed.learned) - len(posed.held)) <= 1
    assert posed.truth is None


def test_the_truth_of_a_mock_belongs_to_the_galaxies_held_out():
    posed = problem(RECIPES["mock"], 1000)
    assert posed.truth is not None
    assert len(posed.truth) == len(posed.held) == 200
    from astroviz.galaxies.sps import synthesis

    with torch.no_grad():
        light = synthesis().magnitudes(torch.tensor(posed.truth), posed.held.bands).numpy()
    assert np.median(np.abs(light[:, 2] - posed.held.magnitudes[:, 2])) < 0.1


def test_a_small_fit_is_written_with_its_card_and_goes_on(tmp_path, monkeypatch):
    small = train_populations.Recipe(
        "mock", "mock", 19.65, 0.8, 1, train_populations.RECIPES["mock"].settings
    )
    monkeypatch.setitem(train_populations.RECIPES, "mock", small)
    place = train(budget=4, out=tmp_path, smoke=True, part="mock")
    card = read_card(place)
    assert not card.problem
    assert card.name == "galaxies/mock"
    assert not card.default
    assert {"KS redshift", "prior: KS redshift", "W1 log_mass"} <= set(card.metrics)
    population = Population.load(place)
    assert population.sample(50, 1, selected=True)["redshift"].shape == (50,)
    steps = population.report["members"][0]["steps"]
    again = Population.load(train(budget=6, out=tmp_path, smoke=True, resume=True, part="mock"))
    assert again.report["members"][0]["steps"] >= steps


def test_a_small_ladder_has_its_rungs_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(train_populations, "WEIGHTS", (0.0, 0.1))
    monkeypatch.setitem(
        train_populations.RECIPES,
        "ladder",
        train_populations.Recipe("mock", "mock", 19.65, 0.8, 2, RECIPES["mock"].settings),
    )
    place = train(budget=6, out=tmp_path, smoke=True, part="ladder")
    ladder = open_ladder(read_card(place))
    assert ladder.weights == (0.0, 0.1)
    assert len(ladder.population(1).members) == 1
    assert len(ladder.population(1).sample(10, 0)) == 10
    with pytest.raises(GalaxyError, match="no rung 2"):
        ladder.population(2)


def test_weights_grow_from_nothing():
    assert WEIGHTS[0] == 0.0
    assert list(WEIGHTS) == sorted(WEIGHTS)


def test_members_of_an_ensemble_may_differ_in_the_weight_of_the_entropy():
    from astroviz.galaxies.fit_settings import FitSettings

    settings = FitSettings(entropy=0.002, last_entropy=0.0004, spread=4.0)
    weights = [settings.of_member(k, 5).entropy for k in range(5)]
    assert weights == pytest.approx([0.0005, 0.001, 0.002, 0.004, 0.008])
    assert settings.of_member(4, 5).last_entropy == pytest.approx(0.0016)
    assert settings.of_member(0, 1) == settings
    assert FitSettings().of_member(2, 5) == FitSettings()
