from __future__ import annotations

import json

import numpy as np
import pytest

from astroviz.accuracy.calibration import data_regimes
from astroviz.accuracy.report import FALSE_ALARMS, verdicts

NAMES = [f"p{k}" for k in range(6)]


def blocks_of(truths, draws):
    """What a room's `checks` returns: patterns by chance, regimes by draws set aside."""
    n = len(truths)
    groups = {
        "pattern": np.array(["all", "no WISE", "Gaia only"])[np.arange(n) % 3],
        "regime": data_regimes(draws[:, :10, 0], [0.0], ["low", "high"]),
    }
    ranked = {"kind": "ranks", "parameters": NAMES, "truths": truths, "draws": draws[:, 10:]}
    return [
        {**ranked, "groups": groups},
        {"kind": "tarp", "truths": truths, "draws": draws},
        {"kind": "values", "name": "c2st", "values": [0.505, 0.49], "errors": [0.011, 0.011],
         "statistic": "median", "goal": 0.55, "sense": "at most"},
    ]  # fmt: skip


def failed(report):
    return {check["name"] for check in report if not check["passed"]}


@pytest.mark.parametrize("quick", [False, True])
def test_a_right_model_fails_at_most_one_run_in_a_hundred(problem, quick):
    runs = 250
    alarms = [
        failed(verdicts(blocks_of(*problem(900, 6, 40, seed=seed)), quick=quick, seed=seed))
        for seed in range(runs)
    ]
    # more than seven alarms in 250 runs have a chance below 1 % if the rate is 1 %
    assert FALSE_ALARMS == 0.01
    assert sum(bool(names) for names in alarms) <= 7, [names for names in alarms if names]


@pytest.mark.parametrize(
    ("wrong", "found_by"),
    [
        ({"narrow": 0.8}, {"width", "coverage_90_cells"}),
        ({"narrow": 1.25}, {"width", "coverage_90_cells"}),
        ({"shift": 0.2}, {"bias", "sbc_cells"}),
        ({"shift": -0.2}, {"bias"}),
        ({"narrow": 0.8, "only": 4}, {"width"}),
        ({"shift": 0.25, "only": 2}, {"bias"}),
    ],
)
@pytest.mark.parametrize("quick", [False, True])
def test_a_wrong_model_fails(problem, wrong, found_by, quick):
    for seed in range(3):
        report = verdicts(blocks_of(*problem(2400, 6, 110, seed=seed, **wrong)), quick=quick)
        assert found_by & failed(report)


def test_the_report_is_plain_json_with_finite_numbers(problem):
    report = verdicts(blocks_of(*problem(600, 6, 40, seed=1)), quick=True)
    assert [check["name"] for check in report] == [
        "sbc_cells", "coverage_90_cells", "bias", "width", "tarp", "c2st: median",
    ]  # fmt: skip
    again = json.loads(json.dumps(report, allow_nan=False))
    assert again == report
    assert all(set(check) == {"name", "value", "bound", "passed"} for check in report)
    assert all(isinstance(check["passed"], bool) for check in report)
    assert verdicts(blocks_of(*problem(600, 6, 40, seed=1)), quick=True) == report


def values(**changes):
    block = {"kind": "values", "values": [0.5, 0.7], "errors": [0.01, 0.01], "statistic": "max",
             "goal": 0.6, "sense": "at most"}  # fmt: skip
    return {**block, **changes}


def test_values_flags_and_transforms_are_judged():
    assert not verdicts([values()])[0]["passed"]
    assert verdicts([values(goal=0.69)])[0]["passed"]
    assert verdicts([values(statistic="min", goal=0.51, sense="at least")])[0]["passed"]
    assert not verdicts([{"kind": "flag", "name": "stored draws", "ok": False}])[0]["passed"]
    rng = np.random.default_rng(0)
    measured, predicted = rng.standard_normal(500), rng.standard_normal((500, 100))
    block = {"kind": "pit", "measured": measured, "predictions": predicted, "name": "W1"}
    assert verdicts([block])[0]["name"] == "W1: pit"
    assert verdicts([block])[0]["passed"]
    assert not verdicts([{**block, "measured": measured + 1}])[0]["passed"]


def test_mistakes_of_a_room_are_said():
    with pytest.raises(ValueError, match="no check of kind 'rank'"):
        verdicts([{"kind": "rank"}])
    with pytest.raises(ValueError, match="needs a statistic"):
        verdicts([values(statistic="mode")])
    with pytest.raises(ValueError, match="not finite"):
        verdicts([values(values=[np.nan, 1.0])])
