from __future__ import annotations

import numpy as np
import pytest
import torch

import astroviz
from astroviz.stars.batches import batches
from astroviz.stars.network import StarsNetwork
from astroviz.stars.physics import Physics
from astroviz.stars.train import Recipe, Training, train, train_network


@pytest.mark.slow
def test_a_trial_run_ships_models_that_open(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = train(budget=60, device="cpu", out=tmp_path, smoke=True)
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path))
    shipped = {path.name for path in (place / "young").iterdir()}
    assert shipped == {"weights.safetensors", "card.toml"}, "no state of the training"
    assert (place / "young" / "weights.safetensors").exists()
    young, baseline = (astroviz.load(f"stars/{n}", device="cpu") for n in ("young", "npe"))
    assert young.card.path == place / "young"
    assert "simulated" in young.card.data.lower()
    stars = young.simulate(60, seed=1, pattern="all", class_weights=(1.0, 0.0, 0.0, 0.0))
    rows = stars.observations
    whole = int((stars.states[:, :11] == 0).all(1).nonzero()[0, 0])
    draws = baseline.posterior(rows, whole).sample(100, seed=2)
    assert draws.names == young.posterior(rows, whole).sample(10).names[:6]
    assert np.isfinite(draws.values).all()
    gappy = int((stars.states[:, :11] != 0).any(1).nonzero()[0, 0])
    with pytest.raises(ValueError, match="complete photometry"):
        baseline.posterior(rows, gappy).sample(10)
    regression, fmpe = (astroviz.load(f"stars/{n}", device="cpu") for n in ("regression", "fmpe"))
    assert set(regression.point(rows, whole)) == set(draws.names)
    assert fmpe.posterior(rows, whole).sample(100, seed=2).names == draws.names
    for model in (regression, baseline, fmpe):
        assert model.card.path.parent == place
        assert model.card.metrics["rmse_log_age"] > 0
        assert 0 < model.card.metrics["stars_answered"] < 0.5


def test_training_stops_at_its_budget_and_goes_on(tmp_path):
    path = tmp_path / "run.part"
    recipe = Recipe(budget=0.5, batch=16, copies=2)
    lines: list[str] = []
    first = train_network(recipe, path, report=lines.append)
    longer = Recipe(budget=first.elapsed + 0.5, batch=16, copies=2)
    second = train_network(longer, path, resume=True, report=lines.append)
    assert second.step > first.step
    assert any("resumed at step" in line for line in lines)


def test_loss_falls():
    run = Training(Recipe(batch=128, copies=2, rate=2e-3), torch.device("cpu"))
    stream = batches(128, Physics(), torch.Generator().manual_seed(0))
    losses = [run.advance(next(stream)) for _ in range(60)]
    early = np.mean([loss["normal"] for loss in losses[:5]])
    assert np.mean([loss["normal"] for loss in losses[-10:]]) < early - 0.03


def test_averaged_weights_follow():
    run = Training(Recipe(batch=16, copies=1), torch.device("cpu"))
    stream = batches(16, Physics(), torch.Generator().manual_seed(0))
    before = run.average.encoder.embed.detach().clone()
    for _ in range(3):
        run.advance(next(stream))
    assert not torch.equal(run.average.encoder.embed, before)
    assert isinstance(run.average, StarsNetwork)


def test_batches_give_and_want_at_random():
    stream = batches(64, Physics(), torch.Generator().manual_seed(3), any_conditional=1.0)
    batch = next(stream)
    assert batch.given.any()
    assert batch.observables is not None
    wanted = batch.observables[1]
    assert wanted.any()
    assert not (wanted & batch.tokens.present[:, :20]).any()
    assert not batch.given[batch.classes >= 2].any()
