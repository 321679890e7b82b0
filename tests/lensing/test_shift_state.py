"""The view of prior shift: the flag sees a wrong prior and no right one; rounds; storage."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.engine import Engine
from astroviz.core.request import Cancelled
from astroviz.lensing import shift_answers
from astroviz.lensing.explorer import LensingExplorer
from astroviz.lensing.gaussian_prior import GaussianPrior, exponential_prior
from astroviz.lensing.hierarchy import NETWORK, SETTINGS
from astroviz.lensing.shift_answers import OBSERVATIONS, SwapSampler, learn_more, swap_request
from astroviz.lensing.shift_scenes import Rounds, round_scene, rounds_table, swap_scene
from astroviz.lensing.shift_state import STORIES
from astroviz.lensing.stored import FOLDER, read_answer, write_answer
from astroviz.lensing.unet import Denoiser


@pytest.fixture
def quick(monkeypatch):
    """A prior of 12 pixels whose law is known, and smaller studies."""
    monkeypatch.setattr(shift_answers, "_EXPECTED", 80)
    monkeypatch.setattr(SwapSampler, "_kept", {})
    return exponential_prior(12)


def ask(request):
    with Engine(device="cpu") as engine:
        ticket = engine.submit(request)
        parts = [len(part) for part in ticket]
        return ticket.result(), parts


def test_a_wrong_prior_is_flagged_and_its_draws_fit_all_the_same(quick):
    draws, parts = ask(swap_request(quick, "gaussian", "spiral", 0.2, 0))
    scene = swap_scene(draws)
    assert parts[0] == 0
    assert parts[-1] == OBSERVATIONS
    assert scene.p < 0.01
    assert scene.measured > scene.limit
    assert "out of distribution" in scene.table
    assert draws["chi_square"].mean() == pytest.approx(1.0, abs=0.25)
    assert len(scene.posterior) == len(scene.scores) == 8
    assert scene.seen.shape == (16, 12, 12)
    assert scene.heights.sum() * np.diff(scene.edges)[0] == pytest.approx(1.0, abs=0.01)


def test_a_right_prior_is_not(quick, monkeypatch):
    def drawn(count, generator, pixels, kind):
        seed = int(torch.randint(10**6, (1,), generator=generator))
        return quick.sample(count, seed).float().view(count, pixels, pixels)

    monkeypatch.setattr(shift_answers, "galaxies", drawn)
    found = [swap_scene(ask(swap_request(quick, "gaussian", "all", 0.2, seed))[0]).p
             for seed in range(3)]  # fmt: skip
    assert max(found) > 0.05
    assert min(found) > 0.001


def test_a_part_of_an_answer_can_be_drawn(quick):
    with Engine(device="cpu") as engine:
        first = next(iter(engine.submit(swap_request(quick, "gaussian", "spiral", 0.3, 1))))
    scene = swap_scene(first)
    assert scene.measured is None
    assert not len(scene.posterior)
    assert len(scene.seen) == 16


def test_what_the_prior_expects_is_computed_once(quick, monkeypatch):
    calls = []
    sample = GaussianPrior.sample
    monkeypatch.setattr(
        GaussianPrior, "sample", lambda self, *a, **k: calls.append(1) or sample(self, *a, **k)
    )
    ask(swap_request(quick, "gaussian", "spiral", 0.4, 0))
    ask(swap_request(quick, "gaussian", "elliptical", 0.4, 0))
    assert len(calls) == 1


def test_a_stored_answer_takes_the_place_of_the_computed_one(quick):
    request = swap_request(quick, "gaussian", "spiral", 0.77, 12345)
    image = np.full((8, 4, 4), 0.5, np.float32)
    place = write_answer(request, {
        "values_exact": np.full((OBSERVATIONS, 3), 0.25, np.float32), "images": image,
        "sources": image, "places": np.arange(8), "permuted": np.linspace(0.8, 1.2, 99),
        "flag_exact": np.array([1.0, 0.5, 20.0, 40.0]),
    })  # fmt: skip
    try:
        assert place.parent == FOLDER
        draws, parts = ask(request)
        assert parts == [OBSERVATIONS]
        assert draws["score"][0] == np.float32(0.25)
        assert "is stored" in swap_scene(draws).table
    finally:
        place.unlink()
    assert read_answer(request) is None


def rounds_of(count=3, side=16):
    random = np.random.default_rng(0)
    images = [random.random((8, side, side)).astype(np.float32) for _ in range(2 * count + 2)]
    figures = [
        {"truth": 8.0 / (k + 1), "truth_error": 0.2, "own": 4.0 / (k + 1), "own_p": 0.005,
         "posterior": 3.0 / (k + 1), "residual": 1.0}
        for k in range(count)
    ]  # fmt: skip
    network = Denoiser({**NETWORK, "sigma_data": 0.3})
    return Rounds("digits", images[:count], images[count : 2 * count], images[-1], images[-2],
                  figures, network)  # fmt: skip


def test_the_scrubber_goes_through_the_rounds():
    rounds = rounds_of()
    scene = round_scene(rounds, 1)
    x, y, error = scene.curves["prior / truth"]
    assert list(x) == [0, 1, 2]
    assert y[0] > y[1] > y[2]
    assert error[0] == 0.2
    assert scene.seen.shape == (16, 16, 16)
    assert "go on" in scene.table
    assert len(rounds_table(rounds, "digits")) == 3
    explorer = LensingExplorer(view="shift", shift_mode="rounds")
    explorer.shift_keep(("digits", rounds))
    assert explorer.shift_number() == 2
    explorer.shift_round = 0
    assert explorer.shift_number() == 0
    assert explorer.shift_round_scene().prior is rounds.prior[0]


def test_one_more_round_is_learned_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(shift_answers, "_TAUGHT", 16)
    rounds, told, few = rounds_of(), [], SETTINGS.with_(steps=4, inner_steps=1)
    more = learn_more(rounds, 1, 0, told.append, lambda: None, 0.5, few)
    assert more.last == 3
    assert more.learned == 1
    assert more.prior[-1].shape == (8, 16, 16)
    assert set(more.figures[-1]) == set(rounds.figures[0])
    assert "learned on this page" in round_scene(more, 3).table
    assert max(told) == told[-1] == pytest.approx(1.0)
    assert more.network is not rounds.network

    def stop():
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        learn_more(rounds, 1, 0, told.append, stop, 0.5, few)


def test_what_is_missing_is_said(monkeypatch):
    explorer = LensingExplorer(view="shift")
    monkeypatch.setattr(explorer, "other_model", lambda name: (None, "It is not here."))
    assert "It is not here." in explorer.warnings()[0]
    with pytest.raises(ValueError, match="not here"):
        explorer.shift_request()
    explorer.shift_mode = "rounds"
    assert "It is not here." in explorer.warnings()[0]
    with pytest.raises(ValueError, match="no rounds"):
        explorer.shift_round_scene()
    with pytest.raises(ValueError, match="missing"):
        explorer.shift_learning()


def test_presets_and_links():
    explorer = LensingExplorer(view="shift")
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
        assert explorer.sentence()
        other = LensingExplorer(view="shift")
        other.from_query(explorer.to_query())
        assert other.state() == explorer.state()
    assert set(STORIES) == {"digits", "galaxies"}
