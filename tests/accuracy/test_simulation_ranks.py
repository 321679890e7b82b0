from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from astroviz.accuracy.simulation_ranks import run, trial_ranks, uniform_outcome, worst_first
from astroviz.accuracy.trial import Trial


def trial_of(truths, draws, **more):
    names = tuple(f"x{k}" for k in range(truths.shape[1]))
    return Trial(truths=truths, draws=draws, names=names, **more)


def test_p_values_by_parameter_are_those_of_scipy(problem):
    trial = trial_of(*problem(300, 3, 40, seed=1))
    u, found = trial_ranks(trial, 7), run(trial, 7)
    for k, name in enumerate(trial.names):
        assert found.by[name] == pytest.approx(kstest(u[:, k], "uniform").pvalue, rel=1e-6)
    assert found.curves["ranks"].shape == (300, 3)
    # the curve is the empirical distribution less the level
    z, at = found.curves["levels"], 49
    assert found.curves["difference"][1, at] == pytest.approx((u[:, 1] <= z[at]).mean() - z[at])


def test_columns_that_are_copies_are_no_more_alarming_than_one():
    u = np.random.default_rng(3).random((300, 1))
    one = uniform_outcome(u, ["a"], seed=1)[0]
    many = uniform_outcome(np.repeat(u, 20, 1), [str(k) for k in range(20)], seed=1)[0]
    assert many == pytest.approx(one, abs=0.05)


def test_the_p_value_is_uniform_for_parameters_that_go_together(problem):
    found = [run(trial_of(*problem(150, 4, 30, seed=k)), k).p_value for k in range(60)]
    assert np.mean(np.array(found) <= 0.05) <= 0.15
    assert kstest(found, "uniform").pvalue > 1e-4


def test_one_wrong_parameter_of_many_is_named(problem):
    found = run(trial_of(*problem(600, 5, 40, seed=2, shift=0.6, only=3)), 0)
    assert found.p_value < 1e-3
    assert min(found.by, key=found.by.get) == "x3"
    assert "x3" in found.sentence


def test_gaps_of_a_table_are_judged_with_the_rest():
    random = np.random.default_rng(0)
    truths, draws = random.normal(size=(400, 2)), random.normal(size=(400, 50, 2))
    truths[random.random((400, 2)) < 0.3] = np.nan
    gappy = draws.copy()
    gappy[random.random(draws.shape) < 0.3] = np.nan
    assert run(trial_of(truths, gappy, geometry="table"), 0).p_value > 0.01
    assert run(trial_of(truths, draws, geometry="table"), 0).p_value < 1e-3  # no gap was foretold


def test_values_that_are_missing_take_no_part():
    random = np.random.default_rng(5)
    u = random.random((400, 2))
    u[:150, 1] = np.nan
    p, by = uniform_outcome(u, ["a", "b"], pool=False, moments=True)
    assert by["b"] == pytest.approx(kstest(u[150:, 1], "uniform").pvalue, rel=1e-6)
    assert p > 0.01
    u[150:, 1] **= 1.5
    assert uniform_outcome(u, ["a", "b"], pool=False, moments=True)[0] < 0.01


def test_of_thousands_only_the_worst_are_named():
    by = {str(k): k / 100 for k in range(100, 0, -1)}
    kept = worst_first(by, 3)
    assert kept == ["3", "2", "1"]
    assert worst_first({"a": 1.0}, 3) == ["a"]
