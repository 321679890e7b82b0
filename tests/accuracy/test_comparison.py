"""Two posteriors by MIRA: who is nearer, when it may be chance, and who is blind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from astroviz.accuracy.compare_scene import compare_scene
from astroviz.accuracy.compare_toy import toy_pair
from astroviz.accuracy.comparison import compare
from astroviz.accuracy.mira import mira
from astroviz.accuracy.trial import TrialError

RIGHT = (0.0, 1.0, 0.0)


def test_the_right_posterior_of_the_toy_is_exact():
    first, _ = toy_pair(3000, 60, RIGHT, RIGHT, seed=1)
    u = (first.draws < first.truths[:, None]).mean(1)
    assert u.mean(0) == pytest.approx([0.5, 0.5], abs=0.03)
    assert u.var(0) == pytest.approx([1 / 12, 1 / 12], rel=0.1)
    away = first.draws - first.draws.mean(1, keepdims=True)
    found = np.einsum("nli,nlj->ij", away, away) / (len(away) * (away.shape[1] - 1))
    noise, prior = np.array([[0.8, 0.5], [0.5, 0.8]]), 4.0 * np.eye(2)
    expected = np.linalg.inv(np.linalg.inv(noise) + np.linalg.inv(prior))
    assert found == pytest.approx(expected, abs=0.02)


def test_what_forgets_the_data_stays_calibrated():
    for forgotten in (0.5, 1.0):
        trial, _ = toy_pair(3000, 60, (0.0, 1.0, forgotten), RIGHT, seed=2)
        u = (trial.draws < trial.truths[:, None]).mean(1)
        assert u.var(0) == pytest.approx([1 / 12, 1 / 12], rel=0.1)


def test_scores_are_those_of_mira():
    pair = toy_pair(300, 40, RIGHT, (1.0, 1.0, 0.0))
    found = compare(*pair)
    assert found.first.score == mira(pair[0], "prior", 10, 0).score
    assert found.running[1, -1] == pytest.approx(found.second.score)
    apart = found.first.scores - found.second.scores
    assert found.difference == pytest.approx((apart.mean(), apart.std(ddof=1) / np.sqrt(300)))


def test_the_nearer_one_wins_whether_the_other_scores_below_or_above():
    for wrong in ((1.2, 1.0, 0.0), (0.0, 0.7, 0.0), (0.0, 1.6, 0.0)):
        pair = toy_pair(1000, 50, wrong, RIGHT, seed=3)
        assert compare(*pair).nearer == "second"
        assert compare(pair[1], pair[0]).nearer == "first"
    wide = compare(*toy_pair(1000, 50, (0.0, 1.6, 0.0), RIGHT, seed=3))
    assert wide.first.score > wide.expected


def test_two_right_ones_seldom_differ():
    found = [compare(*toy_pair(300, 40, RIGHT, RIGHT, seed=k)).nearer for k in range(20)]
    assert sum(bool(one) for one in found) <= 4


def test_references_of_the_prior_are_blind_to_the_prior():
    pair = toy_pair(1000, 50, RIGHT, (0.0, 1.0, 1.0), seed=4)
    assert compare(*pair, kind="prior").nearer == ""
    assert compare(*pair, kind="data").nearer == "first"


def test_the_scene_says_who_and_by_how_much():
    pair = toy_pair(500, 40, RIGHT, (1.0, 0.7, 0.0))
    scene = compare_scene(pair, ("A", "B"))
    assert scene.verdict().startswith("A is nearer")
    assert "a right posterior" in scene.numbers()
    one = scene.look(3)
    far = np.hypot(*(one.first - one.reference).T)
    assert one.inside[0] == (far < one.radii[0]).mean()
    assert one.holds[0] == (np.hypot(*(one.truth - one.reference)) <= one.radii[0])
    assert len(scene.table()) == 500


def test_other_objects_or_draws_cannot_be_compared():
    first, second = toy_pair(100, 40, RIGHT, RIGHT)
    other = toy_pair(100, 40, RIGHT, RIGHT, seed=9)[0]
    with pytest.raises(TrialError, match="not asked about the same objects"):
        compare(first, other)
    with pytest.raises(TrialError, match="same simulations"):
        compare(first, second.part(np.arange(50)))
    with pytest.raises(TrialError, match="other questions"):
        compare(first, dataclasses.replace(second, names=("x", "z")))
    fewer = dataclasses.replace(second, draws=second.draws[:, :20])
    with pytest.raises(TrialError, match="depends on their number"):
        compare(first, fewer)
