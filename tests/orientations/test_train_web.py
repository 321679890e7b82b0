"""Training from end to end, small; and that what it writes can be opened."""

from __future__ import annotations

import pytest
import torch

from astroviz.core.registry import read_card
from astroviz.orientations import train_gan, train_web
from astroviz.orientations.gan_model import open_gan
from astroviz.orientations.web_fit import Recipe, fit, gap
from astroviz.orientations.web_lessons import lesson
from astroviz.orientations.web_model import open_web

SMALL = {"features": 12, "heads": 2, "layers": 1, "frames": 4, "context": 16, "width": 32,
         "blocks": 1}  # fmt: skip


@pytest.fixture(scope="module")
def one(small_box):
    return lesson(small_box, 8.0)


def test_a_run_learns_and_can_be_resumed(one, tmp_path):
    recipe = Recipe(budget=4.0, galaxies=48, draws=8, references=12, network=SMALL)
    said: list[str] = []
    run = fit(recipe, [one], tmp_path / "state.part", report=said.append)
    assert run.step > 3
    losses = [float(run.losses(one, torch.Generator().manual_seed(k))["turn"].detach())
              for k in range(3)]  # fmt: skip
    assert all(value > 0 for value in losses)
    again = fit(recipe, [one], tmp_path / "state.part", resume=True, report=said.append)
    assert again.step == run.step
    assert any("resumed" in line for line in said)
    for a, b in zip(run.average.parameters(), again.average.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_gap_of_a_uniform_law_is_the_information_of_the_truth(one):
    from astroviz.orientations.web_fit import Fit
    from astroviz.orientations.web_lessons import moments

    run = Fit(Recipe(network=SMALL), one, moments([one]))  # its score is zero everywhere
    found, error = gap(run.average, [one], number=200, steps=4)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randperm(len(one), generator=generator)[:200]
    truth = one.law.log_prob(one.law.sample(1, generator)[0])[rows]
    assert abs(found - float(truth.mean())) < 1e-4
    assert error > 0


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.mark.slow
def test_a_trial_writes_a_model_that_opens_and_answers(cache, small_box):
    place = train_web.train(10.0, out=cache, smoke=True)
    card = read_card(place)
    assert card.name == "orientations/web"
    model = open_web(card)
    assert len(model.posterior(small_box, 0).sample(20, seed=0)) == 20
    assert model.reference is not None
    assert model.ood_scores(small_box).shape == (len(small_box.galaxies),)
    assert set(card.metrics) >= {"gap_graph", "gap_alone"}


@pytest.mark.slow
def test_a_trial_of_the_baseline_writes_a_model_that_opens(cache, small_box):
    place = train_gan.train(6.0, out=cache, smoke=True)
    made = open_gan(read_card(place)).ellipticities(small_box)
    assert (made**2).sum(1).max() < 1
