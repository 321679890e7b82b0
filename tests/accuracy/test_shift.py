"""Shifts of populations: null laws, known shifts, gaps, bad tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.metrics import roc_auc_score

from astroviz.accuracy.classifier_shift import area_under_curve, classifier_shift
from astroviz.accuracy.shift import FLAG, filled, object_shift, population_shift
from astroviz.accuracy.trial import TrialError


def two(seed, move=0.0, columns=4, count=200):
    random = np.random.default_rng(seed)
    known, asked = random.normal(size=(2, count, columns))
    asked[:, 0] += move
    return known, asked


def test_p_of_one_law_is_uniform_and_finds_a_shift():
    found = [
        population_shift(*two(k, count=60), permutations=99, tessellations=5).p_value
        for k in range(50)
    ]
    assert kstest(found, "uniform").pvalue > 1e-3
    assert population_shift(*two(0, 1.0)).p_value < FLAG


def test_objects_of_the_known_law_are_flagged_as_often_as_stated():
    known, asked = two(3, count=4000)
    found = object_shift(known, asked)
    assert kstest(found.p_values, "uniform").pvalue > 1e-3
    assert 0.003 < found.flagged < 0.02
    far = object_shift(known, asked + 8.0)
    assert far.flagged == 1.0
    assert far.p_values.max() == pytest.approx(1 / (1 + len(far.known)))
    assert (far.ood_scores > 1).all()


def test_a_column_of_gaps_is_a_shift():
    known, asked = two(1)
    assert population_shift(known, asked).p_value > FLAG
    asked[::2, 2] = np.nan
    assert population_shift(known, asked).p_value < FLAG
    first, second = filled(known, asked)
    assert first.shape[1] == second.shape[1] == 5
    assert second[:, -1].mean() == 0.5


def test_units_do_not_matter():
    known, asked = two(2, 0.4)
    scale = np.array([1e6, 1e-6, 1.0, 40.0])
    before, after = population_shift(known, asked), population_shift(known * scale, asked * scale)
    assert after.p_value == before.p_value
    assert np.allclose(after.chi_square, before.chi_square)


def test_area_is_that_of_sklearn():
    random = np.random.default_rng(0)
    known, asked = random.normal(size=50), random.normal(0.5, 1, 70)
    target = np.repeat([0, 1], [50, 70])
    expected = roc_auc_score(target, np.concatenate([known, asked]))
    assert area_under_curve(known, asked)[0] == pytest.approx(expected)


def test_the_classifier_names_the_column_and_is_not_fooled_by_chance():
    known, asked = two(5, 1.0)
    found = classifier_shift(known, asked)
    # the best that any classifier can do for a shift by one standard deviation
    assert found.area == pytest.approx(0.76, abs=0.07)
    assert found.p_value < 1e-6
    assert found.importance.argmax() == 0
    others = found.importance[1:] / found.importance_error[1:]
    assert (np.abs(others) < 6).all()
    assert found.asked.mean() > found.known.mean()
    tails = [classifier_shift(*two(k, count=60), importance=False).p_value for k in range(8)]
    assert min(tails) > 1e-3
    assert np.median(tails) > 0.2


def test_what_cannot_be_compared_says_why():
    known, asked = two(0)
    with pytest.raises(TrialError, match="same columns"):
        population_shift(known, asked[:, :2])
    with pytest.raises(TrialError, match="too few"):
        object_shift(known[:5], asked)
    with pytest.raises(TrialError, match="cannot teach"):
        classifier_shift(known[:10], asked)
