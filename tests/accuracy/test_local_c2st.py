"""The local classifier: exact under exchanges, and it knows where."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import kstest

from astroviz.accuracy.defects import defect
from astroviz.accuracy.local_c2st import local_c2st, run
from astroviz.accuracy.trial import Trial, TrialError


def test_p_is_uniform_for_a_right_posterior_of_all_and_of_one():
    found = [local_c2st(defect("biased", 0.0, count=60, draws=8, seed=k), k, 49)
             for k in range(60)]  # fmt: skip
    values = np.array([one.p_value for one in found])
    assert kstest(values, "uniform").pvalue > 1e-4
    assert np.mean(values <= 0.1) < 0.27
    first = np.array([one.p_values[0] for one in found])
    assert kstest(first, "uniform").pvalue > 1e-4


def wrong_where_blue(n=800, seed=0):
    """Exact posteriors of a mean, but narrow where the first datum is large."""
    random = np.random.default_rng(seed)
    truths = random.normal(size=(n, 2))
    data = truths + random.normal(size=(n, 2))
    away = np.sqrt(0.5) * random.normal(size=(n, 30, 2))
    bad = data[:, 0] > 1.0
    away[bad] *= 0.3
    groups = {"colour": np.where(bad, "blue", "red")}
    return Trial(truths=truths, draws=0.5 * data[:, None] + away, names=("x", "y"),
                 observations=data, groups=groups), bad  # fmt: skip


def test_it_says_where():
    some, _ = wrong_where_blue()
    found = local_c2st(some, permutations=199)
    assert found.p_value <= 0.02
    far = some.observations[:, 0] > 1.3
    away = some.observations[:, 0] < 0.5
    assert np.median(found.scores[far]) > 3 * np.median(found.scores[away])
    assert (found.p_values[far] < 0.05).mean() > 0.7
    groups = run(some).by
    assert groups["colour: blue"] <= 0.005


def test_it_leans_away_from_where_draws_are_too_many():
    some, bad = wrong_where_blue()
    found = local_c2st(some, permutations=19)
    assert found.lean[bad].mean() < found.lean[~bad].mean() < 0.1


@pytest.mark.parametrize(("name", "size"), [("biased", 0.6), ("narrow", 0.5), ("prior", 1.0)])
def test_it_sees_what_is_wrong_everywhere(name, size):
    found = run(defect(name, size, count=500, draws=16))
    assert found.p_value <= 0.01
    assert found.value > 1 + 3 * found.error
    assert found.curves["scores"].shape == (500,)
    assert len(found.curves["null"]) == 399


def test_images_of_many_pixels_are_taken_by_their_main_components():
    random = np.random.default_rng(3)
    truths = random.normal(size=(200, 400)).astype(np.float32)
    data = truths[:, :40] + 1
    some = Trial(
        truths=truths, draws=random.normal(size=(200, 10, 400)).astype(np.float32) + 0.5,
        names=tuple(map(str, range(400))), geometry="image", observations=data,
    )  # fmt: skip
    assert local_c2st(some, permutations=99).p_value <= 0.02


def test_what_it_cannot_judge_is_said():
    some = defect("biased", 0.0, count=50, draws=5)
    with pytest.raises(TrialError, match="give `observations`"):
        local_c2st(dataclasses.replace(some, observations=None))
    with pytest.raises(TrialError, match="without gaps"):
        local_c2st(dataclasses.replace(some, geometry="table"))
