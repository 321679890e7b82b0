"""The model of the known densities: trained from end to end, drawn from, checked."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.accuracy.report import verdicts
from astroviz.core.engine import Engine
from astroviz.core.registry import find_model, load
from astroviz.orientations import train_densities
from astroviz.orientations.densities import DENSITIES, SHEETS, density
from astroviz.orientations.densities_checks import mode_counts
from astroviz.orientations.rotations import angle_between


@pytest.fixture(scope="module")
def shipped():
    return load("orientations/densities", "cpu")


def test_the_recipe_runs_from_end_to_end(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = train_densities.train(budget=9.0, device="cpu", out=tmp_path, smoke=True)
    assert place == tmp_path / "orientations" / "densities"
    model = load("orientations/densities", "cpu")
    assert model.card.path == place
    assert model.names == tuple(train_densities.RECIPES)
    assert model.rotations("cube", 5, steps=2).shape == (5, 3, 3)
    assert model.rotations("stripes", 5, steps=2, network="anchor").shape == (5, 3, 3)


def test_the_shares_are_a_whole():
    parts = [recipe.share for recipe in train_densities.RECIPES.values()]
    assert sum(parts) == pytest.approx(1.0)
    assert set(train_densities.RECIPES) == set(DENSITIES)


def test_draws_have_columns_and_are_seeded(shipped):
    draws = shipped.sample("checkerboard", 300, seed=3)
    assert draws.names == ("longitude", "latitude", "tilt", "q_x", "q_y", "q_z", "q_w")
    assert draws.extras["rotations"].shape == (300, 3, 3)
    assert (draws["q_w"] >= 0).all()
    again = shipped.sample("checkerboard", 300, seed=3)
    assert np.array_equal(draws.values, again.values)
    assert not np.array_equal(draws.values, shipped.sample("checkerboard", 300, seed=4).values)


def test_the_engine_streams_the_same_draws(shipped):
    with Engine(device="cpu") as engine:
        ticket = engine.submit(shipped.request("gauss4", 600, seed=1, steps=5))
        chunks = list(ticket)
        result = ticket.result()
    assert len(chunks) >= 2
    alone = shipped.sample("gauss4", 600, seed=1, steps=5)
    assert np.allclose(result.values, alone.values, atol=1e-4)


def test_draws_lie_where_the_density_is(shipped):
    drawn = shipped.rotations("gauss4", 500, seed=0)
    true = density("gauss4").sample(4000, torch.Generator().manual_seed(0))
    near = angle_between(drawn[:, None], true[None]).min(1).values
    assert float(near.quantile(0.9)) < 0.15
    assert mode_counts("gauss4", drawn).min() > 60


def test_the_flow_of_the_network_gives_a_likelihood(shipped):
    law = density("tetrahedron")
    rotation = law.sample(40, torch.Generator().manual_seed(1))
    found = shipped.log_prob("tetrahedron", rotation.numpy(), steps=12)
    assert abs(float(found.mean() - law.log_prob(rotation).mean())) < 0.5
    with pytest.raises(ValueError, match="left-handed"):
        shipped.log_prob("tetrahedron", -rotation.numpy())


def test_what_is_not_there_is_named(shipped):
    with pytest.raises(KeyError, match="no network 'ours' of the density 'spiral'"):
        shipped.score("spiral")
    with pytest.raises(KeyError, match="no network 'anchor' of the density 'mixture16'"):
        shipped.request("mixture16", 10, network="anchor")


def test_the_card_says_what_was_measured():
    card = find_model("orientations/densities")
    assert card.licence.startswith("BSD-3-Clause")
    assert card.training_time
    assert all(name in card.config["anchors"] for name in SHEETS)
    for name in set(DENSITIES) - set(SHEETS):
        assert card.metrics[f"{name}: log-likelihood gap, nat"] < 1


@pytest.mark.slow
def test_checks_make_verdicts(shipped):
    found = verdicts(shipped.checks(seed=0, quick=True), quick=True)
    names = {verdict["name"] for verdict in found}
    assert "cube: every mode found" in names
    assert "mixture16: log-likelihood gap: mean" in names
    assert all(np.isfinite(verdict["value"]) for verdict in found)
