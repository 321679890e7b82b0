"""Pairs of a truth and a draw: exchanges are exact because nothing else tells them apart."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from astroviz.accuracy.defects import defect
from astroviz.accuracy.pairs import exchange_p, one_draw_each, pairs_of, signs
from astroviz.accuracy.trial import Trial, TrialError


def test_the_table_does_not_know_which_is_which():
    some = defect("biased", 0.0, count=120, draws=15)
    pairs = pairs_of(some, seed=3)
    turned = dataclasses.replace(pairs, truths=pairs.draws, draws=pairs.truths)
    for one, two in zip(pairs.table(), turned.table()[::-1], strict=True):
        np.testing.assert_allclose(one, two, atol=1e-12)
    # and the middle that the data tell is the same if they are exchanged from the beginning
    draws = np.repeat(some.draws[:, :1], 15, 1)
    first = pairs_of(dataclasses.replace(some, draws=draws), 3)
    second = pairs_of(
        dataclasses.replace(
            some, truths=draws[:, 0], draws=np.repeat(some.truths[:, None], 15, 1)
        ), 3,
    )  # fmt: skip
    np.testing.assert_allclose(first.middle, second.middle, atol=1e-9)


def test_data_stand_beside_unless_they_are_not_wanted():
    some = defect("biased", 0.0, count=80, draws=9)
    truths, draws = pairs_of(some).table()
    data = some.observations.shape[1]
    assert truths.shape == (80, some.size + data)
    np.testing.assert_array_equal(truths[:, -data:], draws[:, -data:])
    assert pairs_of(some, data=False).table()[0].shape == (80, some.size)
    points = np.concatenate([truths, draws])[:, : some.size]
    assert (points**2).sum(1).mean() == pytest.approx(1)


def test_distances_are_those_of_the_table():
    pairs = pairs_of(defect("biased", 0.0, count=60, draws=9))
    flat = np.concatenate(pairs.table())
    np.testing.assert_allclose(pairs.apart(), cdist(flat, flat), atol=2e-3)


def test_a_distance_of_ones_own_takes_the_data_beside():
    random = np.random.default_rng(0)
    points = random.integers(0, 3, size=(50, 8, 4)).astype(float)
    some = Trial(
        truths=points[:, 0], draws=points[:, 1:], names=tuple("abcd"),
        distance=lambda a, b: (a != b).mean(-1),
    )  # fmt: skip
    alone = pairs_of(some).apart()
    both = np.concatenate([some.truths, pairs_of(some).draws])
    hamming = cdist(both, both, "hamming")
    np.testing.assert_allclose(alone**2 / (alone**2).mean(), hamming**2 / (hamming**2).mean(),
                               atol=1e-5)  # fmt: skip
    beside = dataclasses.replace(some, observations=random.normal(size=(50, 2)))
    away = pairs_of(beside).apart()
    assert (away >= alone - 1e-5).all()
    assert np.diag(away[:50, 50:]) == pytest.approx(np.diag(alone[:50, 50:]), abs=1e-4)


def test_objects_are_left_out_where_there_are_too_many():
    pairs = pairs_of(defect("biased", 0.0, count=80, draws=9), most=30)
    assert pairs.count == 30 == len(np.unique(pairs.rows))


def test_one_draw_is_taken_by_its_weight():
    draws = np.tile(np.arange(4.0), (4000, 1))[..., None]
    weights = np.tile([0.0, 1.0, 0.0, 3.0], (4000, 1))
    some = Trial(truths=np.zeros((4000, 1)), draws=draws, weights=weights, names=("x",))
    found = one_draw_each(some, np.random.default_rng(0))[:, 0]
    assert set(found) == {1.0, 3.0}
    assert (found == 3).mean() == pytest.approx(0.75, abs=0.03)


def test_signs_and_p():
    found = signs(40, 300, seed=1)
    assert set(np.unique(found)) == {-1.0, 1.0}
    assert abs(found.mean()) < 0.05
    assert exchange_p(2.0, np.array([1.0, 2.0, 3.0])) == pytest.approx(0.75)
    assert exchange_p(9.0, np.zeros(99)) == pytest.approx(0.01)


def test_points_that_are_no_numbers_have_no_table():
    words = np.array([["a"], ["b"], ["c"], ["d"]])
    some = Trial(truths=words, draws=words[:, None], names=("x",),
                 distance=lambda a, b: (a != b).mean(-1))  # fmt: skip
    assert pairs_of(some).apart().shape == (8, 8)
    with pytest.raises(TrialError, match="no numbers"):
        pairs_of(some).table()
