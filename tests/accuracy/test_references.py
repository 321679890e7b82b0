"""References must not know the truth of their own object, and some must know its data."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from astroviz.accuracy.data_guesses import features, fitted, guesses, neighbours, reduced
from astroviz.accuracy.references import KINDS, references
from astroviz.accuracy.trial import Trial, TrialError


def trial(n=300, d=3, seed=0, **more):
    random = np.random.default_rng(seed)
    truths = random.normal(size=(n, d))
    data = truths + 0.3 * random.normal(size=(n, d))
    fields = {"observations": data, **more}
    return Trial(
        truths=truths, draws=truths[:, None] + np.zeros((1, 5, 1)),
        names=tuple(f"p{k}" for k in range(d)), **fields,
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_seeds_and_parts(kind):
    some = trial()
    found = references(some, kind, runs=4, seed=3)
    every = found.take(slice(None))
    assert every.shape == (300, 4, 3)
    np.testing.assert_array_equal(every[20:30], found.take(slice(20, 30)))
    np.testing.assert_array_equal(every, references(some, kind, 4, 3).take(slice(None)))
    assert not np.array_equal(every, references(some, kind, 4, 4).take(slice(None)))


@pytest.mark.parametrize("kind", ["prior", "data"])
def test_the_own_truth_does_not_touch_them(kind):
    some = trial()
    truths = some.truths.copy()
    truths[7] += 50.0
    before = references(some, kind, 3, 1).take(slice(None))
    after = references(dataclasses.replace(some, truths=truths), kind, 3, 1).take(slice(None))
    np.testing.assert_array_equal(before[7], after[7])
    assert not np.array_equal(before, after)  # but those of others may be that truth


def test_those_of_the_data_are_near_and_those_of_the_prior_are_not():
    some = trial(n=800)
    away = {
        kind: np.abs(references(some, kind, 1, 0).take(slice(None))[:, 0] - some.truths).mean()
        for kind in KINDS
    }
    assert away["data"] < 0.5 * away["prior"] < away["cube"]


def test_draws_of_a_prior_are_taken_where_there_are_any():
    prior = 100 + np.random.default_rng(0).normal(size=(50, 3))
    found = references(trial(prior=prior), "prior", 2).take(slice(None))
    assert (found > 90).all()


def test_rotations_get_the_truth_of_an_object_with_much_the_same_data():
    from scipy.spatial.transform import Rotation

    turns = Rotation.random(200, random_state=0)
    flat = turns.as_matrix().reshape(-1, 9)
    data = (turns * Rotation.from_rotvec(np.full((200, 3), 0.02))).as_matrix().reshape(-1, 9)
    some = Trial(truths=flat, draws=flat[:, None], names=tuple("abcdefghi"),
                 geometry="rotation", observations=data)  # fmt: skip
    found = references(some, "data", 5).take(slice(None))
    matrices = found.reshape(-1, 3, 3)
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), np.eye(3)[None].repeat(
        1000, 0), atol=1e-12)  # fmt: skip
    near = np.abs(found - flat[:, None]).mean()
    far = np.abs(references(some, "prior", 5).take(slice(None)) - flat[:, None]).mean()
    assert near < 0.6 * far
    assert (np.abs(found - flat[:, None]).max(-1) > 0).all()  # never the own


def test_guesses_are_made_by_the_other_half():
    some = trial(n=400)
    found, left, half = guesses(some.truths, some.observations, np.random.default_rng(0))
    assert 199 <= half.sum() <= 201
    assert np.corrcoef(found[:, 0], some.truths[:, 0])[0, 1] > 0.9
    assert left.std() == pytest.approx(0.29, abs=0.05)  # 0.3 / sqrt(1.09)


def test_a_fit_follows_a_bend():
    random = np.random.default_rng(2)
    data = random.normal(size=(500, 2))
    points = (data[:, :1] ** 2) + 0.1 * random.normal(size=(500, 1))
    found = fitted(points, data, random)
    assert (points - found).std() < 0.15 < points.std()


def test_gaps_become_columns():
    seen = np.array([[1.0, np.nan, 5], [2.0, 1.0, 5], [3.0, np.nan, 5], [4.0, 3.0, 5]])
    found = features(seen)
    assert np.isfinite(found).all()
    assert found.shape == (4, 4)
    np.testing.assert_allclose(found[:, 3], [0.5, -0.5, 0.5, -0.5])
    assert reduced(np.random.default_rng(0).normal(size=(40, 90)), 8).shape == (40, 8)
    near = neighbours(np.arange(20.0)[:, None], 2)
    assert set(near[10]) == {9, 11}


def test_what_cannot_be_is_said():
    with pytest.raises(TrialError, match="give `observations`"):
        references(trial(observations=None), "data")
    with pytest.raises(TrialError, match="choose one of prior, data, cube"):
        references(trial(), "box")
    with pytest.raises(TrialError, match="has no meaning"):
        references(trial(geometry="table"), "cube")
    with pytest.raises(TrialError, match="4 or more"):
        references(trial(n=3), "prior")
