from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, norm

from astroviz.accuracy.family import holm, largest_score, width_scores


def test_holm_shares_the_level_out_step_by_step():
    p = {"a": 0.0124, "b": 0.0166, "c": 0.024, "d": 0.9, "none": float("nan")}
    assert holm(p, 0.05) == ["a", "b", "c"]  # 0.05 / 4, / 3, / 2
    assert holm({**p, "b": 0.017}, 0.05) == ["a"]  # the steps end where one fails
    assert holm({"only": float("nan")}) == []
    assert holm({"one": 0.049}) == ["one"]


def test_the_largest_of_equal_columns_counts_once_and_of_independent_ones_as_many():
    random = np.random.default_rng(0)
    one = random.normal(size=(400, 1))
    many = random.normal(size=(400, 30))
    scores = np.zeros(30)
    scores[3] = norm.isf(0.01 / 2)
    assert largest_score(scores, np.repeat(one, 30, 1)) == pytest.approx(0.01, abs=0.01)
    assert largest_score(scores, many) == pytest.approx(1 - 0.99**30, abs=0.06)
    blocks = [many[:, :7], many[:, 7:]]
    assert largest_score(scores, blocks) == largest_score(scores, many)


def test_beyond_the_repeats_bonferroni_bounds_it():
    columns = np.random.default_rng(0).normal(size=(200, 5))
    assert largest_score(np.array([8.0, 0, 0, 0, 0]), columns) == pytest.approx(
        5 * 2 * norm.sf(8.0)
    )


def test_scores_of_sums_of_squares_are_those_of_scipy_and_end_nowhere():
    total, dof = np.array([0.5, 3.0, 60.0]), 5.0
    assert np.allclose(width_scores(total, dof), norm.isf(chi2.sf(total, dof)), atol=1e-9)
    assert np.isfinite(width_scores(np.array([0.0, 1e9]), 5.0)).all()
