"""The energy score against its formula, and two models on the same objects."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.defects import claim, defect, trial_of_claim
from astroviz.accuracy.energy_score import energy_scores, sharper
from astroviz.accuracy.geometry import spread
from astroviz.accuracy.problems import stage
from astroviz.accuracy.trial import Trial, TrialError


def two(first, second, count=500, draws=40, seed=0):
    on = stage("linear", count, draws, 2, seed)
    return [trial_of_claim(on, claim(name, size, on), name) for name, size in (first, second)]


def test_on_a_line_it_is_that_of_its_formula():
    random = np.random.default_rng(0)
    truths, draws = random.normal(size=(20, 1)), random.normal(size=(20, 13, 1))
    prior = random.normal(size=(500, 1))
    some = Trial(truths=truths, draws=draws, names=("x",), prior=prior)
    x, unit = draws[..., 0], spread(prior)[0]
    pairs = np.abs(x[:, :, None] - x[:, None]).sum((1, 2)) / (13 * 12)
    expected = (np.abs(x - truths).mean(1) - 0.5 * pairs) / unit
    np.testing.assert_allclose(energy_scores(some), expected)  # an odd number: every pair is met


def test_its_mean_for_a_normal_law_is_known():
    random = np.random.default_rng(1)
    some = Trial(truths=np.zeros((4000, 1)), draws=random.normal(size=(4000, 40, 1)),
                 names=("x",), distance=lambda a, b: np.abs(a - b)[..., 0])  # fmt: skip
    exact = np.sqrt(2 / np.pi) - 1 / np.sqrt(np.pi)
    assert energy_scores(some).mean() == pytest.approx(exact, rel=0.03)


@pytest.mark.parametrize("worse", [("prior", 1.0), ("narrow", 0.7), ("biased", 1.0)])
def test_the_right_posterior_lies_closer(worse):
    found = sharper(*two(("biased", 0.0), worse))
    assert found.first < found.second
    assert found.difference[0] > 3 * found.difference[1]
    assert found.p_value < 0.01
    back = sharper(*two(worse, ("biased", 0.0)))
    np.testing.assert_allclose(back.lead, -found.lead)


def test_a_model_beside_itself():
    some = defect("biased", 0.0, count=40, draws=9)
    assert sharper(some, some).p_value == 1


def test_other_objects_are_refused():
    first = defect("biased", 0.0, count=50, draws=9, seed=0)
    with pytest.raises(TrialError, match="50 of 50 truths differ"):
        sharper(first, defect("biased", 0.0, count=50, draws=9, seed=1))
    with pytest.raises(TrialError, match="not the same objects"):
        sharper(first, first.part(np.arange(20)))
