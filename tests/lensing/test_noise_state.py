"""The view of noise: both likelihoods on one measurement, coverage, what is stored and said."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from astroviz.core.engine import Engine
from astroviz.core.request import Alone
from astroviz.lensing import noise_coverage
from astroviz.lensing.chirp import CHIRP_NAMES
from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.noise import LearnedNoise, WhiteNoise
from astroviz.lensing.noise_answers import draws_under, noise_request, sky_noise, trial_of
from astroviz.lensing.noise_network import NoiseNetwork
from astroviz.lensing.noise_scenes import SHOWN, axes_of, scene_of, table_of
from astroviz.lensing.slic_lens import SLIC_NAMES


@pytest.fixture(scope="module")
def law():
    """A network that was not taught: white noise of its scale, near enough."""
    return LearnedNoise(NoiseNetwork(2, 8, (1,), 1.0), 0.2, "stand-in")


@pytest.fixture(scope="module")
def answer(law):
    with Engine(device="cpu") as engine:
        return engine.submit(noise_request(law, "lens", "stand-in", 1.0, 80, 0)).result()


def test_a_measurement_is_its_model_and_noise():
    trial = trial_of("lens", "stand-in", 2.0, 3)
    assert trial.names == SLIC_NAMES
    left = (trial.data - trial.clean) / 2.0
    assert 0.4 < float(left.std()) < 3.0
    assert torch.allclose(trial.model(trial.truth[None])[0], trial.clean)
    assert torch.equal(trial_of("lens", "stand-in", 2.0, 3).data, trial.data)
    assert not torch.equal(trial_of("lens", "stand-in", 2.0, 4).data, trial.data)
    chirp = trial_of("chirp", "", 1.0, 0)
    assert chirp.names == CHIRP_NAMES
    assert chirp.data.shape == (384,)


def test_white_noise_gives_the_posterior_that_least_squares_gives():
    trial = trial_of("lens", "stand-in", 1.0, 5)
    white = torch.randn(28, 28, generator=torch.Generator().manual_seed(2))
    data = trial.clean + white
    quiet = type(trial)(
        trial.model, trial.truth, trial.clean, data, 1.0, trial.bounds, trial.names, trial.units,
        trial.examples,
    )  # fmt: skip
    draws = draws_under([quiet], WhiteNoise(1.0), 480, 0, Alone())[0]
    jacobian = torch.autograd.functional.jacobian(
        lambda eta: trial.model(eta[None])[0].flatten(), trial.truth
    )
    fisher = jacobian.T.double() @ jacobian.double()
    expected = torch.linalg.inv(fisher).diagonal().sqrt()
    ratio = draws.double().std(0) / expected
    assert ((ratio > 0.6) & (ratio < 1.6)).all(), ratio
    step = torch.linalg.solve(fisher, jacobian.T.double() @ white.flatten().double())
    away = (draws.double().mean(0) - trial.truth.double() - step).abs() / expected
    assert (away < 1.0).all(), away


def test_an_answer_holds_both_likelihoods_and_three_kinds_of_noise(answer):
    scene = scene_of(answer, "lens")
    assert scene.learned.shape == scene.gaussian.shape == (80, 4)
    assert scene.patches.shape == (18, 28, 28)
    assert sum(bool(word) for word in scene.labels) == 3
    assert set(scene.truth) == set(SHOWN["lens"])
    assert [name for name, *_ in axes_of("lens")] == list(SHOWN["lens"])
    assert any("learned" in name for name, _ in scene.facts)
    table = table_of(answer, {"view": "x"})
    assert len(table) == 160
    assert set(table["likelihood"]) == {"learned", "gaussian"}


def test_parts_come_before_the_whole(law):
    seen = []
    with Engine(device="cpu") as engine:
        ticket = engine.submit(noise_request(law, "lens", "stand-in", 1.0, 16, 1))
        for part in ticket:
            seen.append((len(part), "gaussian" in part.extras))
    assert seen == [(0, False), (0, True), (16, True)]


def test_without_a_model_the_gaussian_one_is_shown(monkeypatch):
    explorer = LensingExplorer(view="noise", noise_mode="chirp", noise_draws=100)
    monkeypatch.setattr(explorer, "other_model", lambda name: (None, "It is not here."))
    assert "It is not here." in explorer.warnings()[0]
    with Engine(device="cpu") as engine:
        scene = explorer.noise_scene(engine.submit(explorer.noise_request()).result())
    assert not len(scene.learned)
    assert len(scene.gaussian) == 100
    assert scene.gaussian_band[0].shape == (384,)
    inside = (scene.model > scene.gaussian_band[0] - 1) & (
        scene.model < scene.gaussian_band[1] + 1
    )
    assert inside.mean() > 0.8
    with pytest.raises(ValueError, match="not here"):
        explorer.noise_measuring()


def test_blank_sky_that_is_not_here_is_said(monkeypatch):
    monkeypatch.delenv("ASTROVIZ_SHARED_DATA", raising=False)
    with pytest.raises(ValueError, match="stand-in"):
        sky_noise("hst", 2, 28, 0)


@pytest.mark.realdata
def test_blank_sky_of_hubble_has_the_scatter_that_is_known(monkeypatch, real_data):
    monkeypatch.setenv("ASTROVIZ_SHARED_DATA", str(real_data))
    noise = sky_noise("hst", 60, 28, 0)
    assert noise.shape == (60, 28, 28)
    assert 0.58 < float(noise.std()) < 0.75


def test_coverage_of_right_ranks_lies_in_its_band():
    random = np.random.default_rng(0)
    found = {"gaussian": random.uniform(0.35, 0.65, 200), "learned": random.uniform(size=200)}
    curves = noise_coverage.coverage_of(found, "lens", "stored")
    low, high = curves["band"]
    inside = (curves["learned"] >= low - 1e-9) & (curves["learned"] <= high + 1e-9)
    assert inside.mean() > 0.9
    assert (curves["gaussian"] > high).mean() > 0.5, "intervals that are too wide hold too much"
    assert "200 simulations, stored" in curves["title"]


def test_stored_coverage_is_read_beside_the_weights(tmp_path, monkeypatch):
    (tmp_path / noise_coverage.FILE).write_text(
        json.dumps(
            {"stand-in": {"gaussian": [0.1, 0.5], "learned": [0.4, 0.6], "map": [0.2, 0.3]}}
        )
    )
    monkeypatch.setattr(
        noise_coverage, "find_model", lambda name: type("Card", (), {"path": tmp_path})()
    )
    found = noise_coverage.stored_coverage("stand-in")
    assert {"gaussian", "learned", "map", "levels"} <= set(found)
    assert noise_coverage.stored_coverage("hst") == {}


def test_coverage_is_measured_on_the_spot_and_can_be_stopped(law):
    told = []
    found = noise_coverage.measure(law, "lens", "stand-in", 2, 0, told.append, lambda: None)
    assert told == [1.0]
    assert 0 <= found["learned"].min() <= found["learned"].max() <= 1
    assert "measured here" in found["title"]

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        noise_coverage.measure(law, "lens", "stand-in", 4, 0, told.append, stop)


def test_presets_and_links():
    explorer = LensingExplorer(view="noise")
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        other = LensingExplorer(view="noise")
        other.from_query(explorer.to_query())
        assert other.state() == explorer.state()
    explorer.surprise(3)
    assert explorer.seed == 3
