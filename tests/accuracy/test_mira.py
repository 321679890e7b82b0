"""MIRA against its formula, its law, and its package written plainly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import kstest

from astroviz.accuracy.defects import defect
from astroviz.accuracy.mira import (
    expected_score,
    mira,
    mira_of_ranks,
    run,
    run_data,
    scores_of_ranks,
)
from astroviz.accuracy.random_points import ball_ranks
from astroviz.accuracy.references import references


def formula(truth, draws, centre, picked):
    """The score of one ball, as the method was proposed."""
    away = np.linalg.norm(draws - centre, axis=-1)
    radius = away[picked]
    others = len(draws) - 1
    inside = (np.delete(away, picked) < radius).sum()
    if np.linalg.norm(truth - centre) <= radius:
        return (inside + 1) / (others + 2)
    return (others - inside + 1) / (others + 2)


def plain(truths, draws, centres, random):
    """A run over all objects at once: the formula of the package, less its constant factor."""
    away = np.linalg.norm(centres[:, None] - draws, axis=-1)
    picked = random.integers(draws.shape[1], size=len(draws))
    radius = away[np.arange(len(draws)), picked]
    inside = (away < radius[:, None]).sum(1)
    k = np.linalg.norm(centres - truths, axis=-1) <= radius
    others = draws.shape[1] - 1
    return np.where(k, inside + 1, others - inside + 1) / (others + 2)


def test_the_mean_over_all_balls_is_that_of_the_formula():
    random = np.random.default_rng(0)
    for _ in range(30):
        truth, centre, draws = (random.normal(size=s) for s in ((2,), (2,), (13, 2)))
        every = np.mean([formula(truth, draws, centre, j) for j in range(13)])
        near = np.linalg.norm(draws - centre, axis=1) < np.linalg.norm(truth - centre)
        assert scores_of_ranks(near.sum(), 13) == pytest.approx(every, abs=1e-12)


def test_mean_and_variance_of_uniform_ranks_are_those_of_theory():
    draws = 50
    ranks = np.arange(draws + 1)
    score = scores_of_ranks(ranks, draws)
    others = draws - 1
    assert score.mean() == pytest.approx((2 * others + 3) / (3 * (others + 2)), abs=1e-12)
    assert expected_score(draws) == pytest.approx(score.mean(), abs=1e-12)
    assert score.var() == pytest.approx(1 / 180, rel=0.05)
    found = mira_of_ranks(np.random.default_rng(0).integers(0, draws + 1, (40000, 1)), draws)
    assert found.drawn.var() == pytest.approx(1 / 18, rel=0.05)
    assert found.drawn_score == pytest.approx(found.expected, abs=5 * found.drawn_error)
    assert found.drawn_error > 3 * found.error


@pytest.mark.parametrize("name", ["narrow", "wide"])
def test_it_agrees_with_the_formula_on_the_same_input(name):
    some = defect(name, 0.3, count=1500, draws=40)
    ours = mira(some, "prior", runs=10, seed=1)
    random = np.random.default_rng(3)
    scale = np.asarray(some.truths).std(0)
    theirs = np.mean(
        [plain(some.truths / scale, some.draws / scale,
               references(some, "prior", 1, k).take(slice(None))[:, 0] / scale, random)
         for k in range(10)], 0,
    )  # fmt: skip
    error = np.hypot(ours.error, theirs.std() / np.sqrt(len(theirs)))
    assert ours.score == pytest.approx(theirs.mean(), abs=4 * error)
    assert abs(ours.score - ours.expected) > 5 * ours.error


def test_p_is_uniform_for_a_right_posterior():
    values = [mira(defect("biased", 0.0, count=150, draws=30, seed=k), runs=4, seed=k).p_value
              for k in range(120)]  # fmt: skip
    assert kstest(values, "uniform").pvalue > 1e-4
    assert np.mean(np.array(values) < 0.1) < 0.22


def test_a_wide_posterior_may_score_above_the_right_one():
    wide = mira(defect("wide", 1.0, count=800, draws=60))
    assert wide.score > wide.expected + 5 * wide.error


def test_only_guesses_from_the_data_see_that_the_prior_was_given():
    prior = defect("prior", 1.0, count=500, draws=60)
    assert run(prior).p_value > 1e-3
    assert run_data(prior).p_value < 1e-6
    assert run_data(defect("prior", 0.0, count=500, draws=60)).p_value > 1e-3


def test_an_outcome_converges_and_names_groups():
    found = run(defect("regime", 0.9, count=600, draws=60), seed=2)
    assert found.check == "mira"
    assert found.value == pytest.approx(found.curves["running"][-1])
    assert found.error == pytest.approx(found.curves["running_error"][-1], rel=0.01)
    assert found.objects.shape == (600,)
    assert found.objects.mean() == pytest.approx(found.expected - found.value)
    assert min(found.by.values()) < 1e-3  # right on average, wrong by regime
    assert f"{found.expected:.4f}" in found.sentence


def test_the_same_seed_gives_the_same_score_and_one_object_wrong_is_found():
    some = defect("biased", 0.0, count=60, draws=40)
    assert mira(some, seed=4).score == mira(some, seed=4).score
    draws = some.draws.copy()
    draws[5] += 30.0
    moved = dataclasses.replace(some, draws=draws)
    before, after = mira(some, seed=4).scores, mira(moved, seed=4).scores
    np.testing.assert_array_equal(np.delete(before, 5), np.delete(after, 5))
    ranks = ball_ranks(moved, references(moved, "prior", 20, 0))[5]
    assert set(ranks) <= {0, 40}


def test_draws_that_say_nothing_have_no_error_and_are_refused():
    found = mira_of_ranks(np.zeros((50, 3), int), 20)
    assert found.score == 0.5
    assert found.p_value == 0
