from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPClassifier

from astroviz.accuracy.c2st import c2st, c2st_error


def test_equal_distributions_cannot_be_told_apart():
    rng = np.random.default_rng(0)
    value = c2st(rng.standard_normal((300, 3)), rng.standard_normal((300, 3)))
    assert abs(value - 0.5) < 4 * c2st_error(300, 300)


def test_a_shift_in_one_parameter_is_seen_in_proportion():
    rng = np.random.default_rng(1)
    first = rng.standard_normal((400, 2))
    # the best classifier of two normals a distance D apart is right with Phi(D / 2)
    for distance, best in ((1.0, 0.691), (3.0, 0.933)):
        second = rng.standard_normal((400, 2)) + np.array([distance, 0.0])
        value = c2st(first, second)
        assert best - 0.09 < value < best + 0.03


def test_it_is_the_published_definition():
    rng = np.random.default_rng(2)
    first = 5 + 3 * rng.standard_normal((200, 2))
    second = 5 + 3 * rng.standard_normal((200, 2)) ** 2
    mean, spread = first.mean(0), first.std(0, ddof=1)
    data = np.concatenate([(first - mean) / spread, (second - mean) / spread])
    target = np.repeat([0.0, 1.0], 200)
    classifier = MLPClassifier(
        activation="relu",
        hidden_layer_sizes=(20, 20),
        max_iter=10000,
        solver="adam",
        random_state=1,
    )
    split = KFold(n_splits=5, shuffle=True, random_state=1)
    expected = cross_val_score(classifier, data.astype(np.float32), target, cv=split).mean()
    assert c2st(first, second) == pytest.approx(expected, abs=0.01)


def test_it_is_repeatable():
    rng = np.random.default_rng(3)
    first, second = rng.standard_normal((60, 9)), rng.standard_normal((60, 9))
    assert c2st(first, second) == c2st(first, second)


def test_what_cannot_be_compared_is_said():
    with pytest.raises(ValueError, match="cannot be compared"):
        c2st(np.zeros((10, 2)), np.zeros((10, 3)))
    with pytest.raises(ValueError, match="constant or not finite"):
        c2st(np.ones((10, 2)), np.zeros((10, 2)))
