"""Prior learning: observations, rounds, the stop rule, the stored model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.registry import find_model, read_card
from astroviz.lensing import train_hierarchy
from astroviz.lensing.hierarchy import Teaching, first_prior, learn, settled
from astroviz.lensing.rounds_model import EXAMPLES, open_rounds
from astroviz.lensing.sampling import Settings
from astroviz.lensing.stories import PIXELS, STORIES, observe, truth_of

QUICK = Settings(method="split_gibbs", steps=10, inner_steps=2)


@pytest.fixture(scope="module")
def seen():
    story = STORIES["digits"]
    return observe(truth_of(story.seen, 67, seed=1), story.noise, seed=2)


def test_observations_are_blurred_masked_and_noisy(seen):
    assert len(seen) == 64  # eight masks, eight each
    masked = torch.isnan(seen.data)
    assert float(masked.float().mean()) == pytest.approx(0.25, abs=0.01)
    assert len({tuple(row.tolist()) for row in masked}) == 8
    assert seen.reduced_chi_square(seen.sources) == pytest.approx(1.0, abs=0.05)
    assert seen.reduced_chi_square(torch.zeros_like(seen.sources)) > 3
    with pytest.raises(ValueError, match="5 sources are fewer"):
        observe(seen.sources[:5], 0.1, seed=0)


def test_truth_is_of_its_law():
    first = truth_of(STORIES["digits"].seen, 3, seed=1)
    assert first.shape == (3, PIXELS**2)
    assert torch.equal(first, truth_of(STORIES["digits"].seen, 3, seed=1))
    with pytest.raises(ValueError, match="not known"):
        truth_of({"data": "rain", "pixels": 16}, 3, seed=1)


def test_a_round_brings_the_prior_nearer_to_its_own_posterior(seen):
    story = STORIES["digits"]
    network = first_prior(story, Teaching(5.0, first_steps=80), lambda text: None)
    said: list[str] = []
    rounds = list(
        learn(
            story, network, seen, 1, Teaching(3.0, 5.0, again_steps=80), QUICK, report=said.append
        )
    )
    assert [one.number for one in rounds] == [0, 1]
    assert rounds[0].posterior_draws.shape == seen.sources.shape
    assert rounds[1].network is not network
    assert all(np.isfinite(list(one.figures.values())).all() for one in rounds)
    # the data are fitted better than by draws that have not seen them
    assert rounds[0].figures["residual"] < seen.reduced_chi_square(rounds[0].prior_draws)
    moved = [float((one.prior_draws.mean(0) - rounds[0].posterior_draws.mean(0)).norm())
             for one in rounds]  # fmt: skip
    assert moved[1] < moved[0]
    assert any(line.startswith("round 1: truth") for line in said)


def figures(own, p):
    return {"own": own, "own_p": p, "truth_error": 0.2}


def test_the_rounds_stop_when_nothing_is_left_to_learn():
    assert not settled([])
    assert not settled([figures(5.0, 0.005)])
    assert not settled([figures(5.0, 0.005), figures(3.0, 0.005)])
    assert settled([figures(5.0, 0.005), figures(4.9, 0.005)])
    assert settled([figures(1.1, 0.2)])


def test_the_shipped_rounds_come_nearer_to_the_truth():
    model = open_rounds(find_model("lensing/rounds"))
    for name, rounds in (("digits", 4), ("galaxies", 2)):
        story = model.story(name)
        truth = story.figure("truth")
        assert len(truth) > rounds
        assert (np.diff(truth) < 0).all()
        assert truth[-1] < 0.4 * truth[0]
        drawn = story.rounds[-1].prior.sample(3, seed=1, steps=3)
        assert torch.isfinite(drawn).all()


@pytest.mark.slow
def test_a_trial_of_the_recipe_writes_rounds_that_open_and_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    place = train_hierarchy.train(out=tmp_path, smoke=True)
    model = open_rounds(read_card(place))
    assert set(model.stories) == set(STORIES)
    story = model.story("galaxies")
    assert story.data.shape == story.sources.shape == (EXAMPLES, PIXELS, PIXELS)
    assert np.isnan(story.data).mean() == pytest.approx(0.25, abs=0.02)
    assert len(story.figure("truth")) == len(story.rounds) == 2
    assert story.rounds[1].posterior_draws.shape == (EXAMPLES, PIXELS, PIXELS)
    drawn = story.rounds[1].prior.sample(2, seed=1, steps=4)
    assert torch.isfinite(drawn).all()
    with pytest.raises(KeyError, match="no story 'stars'; there is digits, galaxies"):
        model.story("stars")
    train_hierarchy.train(out=tmp_path, smoke=True, resume=True)
    assert "resumed after 2 rounds" in capsys.readouterr().err
