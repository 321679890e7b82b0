"""Blocks of a room's checks as trials."""

from __future__ import annotations

import numpy as np

from astroviz.accuracy.checks import run_checks
from astroviz.accuracy.from_blocks import trials_of_blocks


def test_blocks_with_draws_become_trials_and_figures_do_not():
    random = np.random.default_rng(3)
    mean = random.normal(size=(120, 1, 2))
    draws = mean + random.normal(size=(120, 64, 2))
    blocks = [
        {"kind": "ranks", "parameters": ["a", "b"], "truths": draws[:, 0], "draws": draws[:, 1:],
         "groups": {"pattern": np.repeat(["x", "y"], 60)}},
        {"kind": "tarp", "name": "joint", "truths": draws[:, 0], "draws": draws[:, 1:]},
        {"kind": "pit", "name": "W1", "measured": draws[:, 0, 0], "predictions": draws[:, 1:, 0]},
        {"kind": "values", "name": "RMSE", "values": [1.0], "errors": [0.1],
         "statistic": "mean", "goal": 2.0, "sense": "at most"},
        {"kind": "flag", "name": "fine", "ok": True},
    ]  # fmt: skip
    found = trials_of_blocks(blocks, "some/model", 3)
    assert list(found) == ["ranks", "joint", "W1"]
    assert found["ranks"].names == ("a", "b")
    assert found["joint"].names == ("direction 1", "direction 2")
    assert found["W1"].draws.shape == (120, 63, 1)
    for trial in found.values():
        assert run_checks(trial, ["sbc"], level=1e-4).passed


def test_a_wrong_block_is_caught_through_the_same_door():
    random = np.random.default_rng(4)
    draws = random.normal(size=(200, 50))
    (trial,) = trials_of_blocks(
        [{"kind": "pit", "measured": random.normal(size=200) + 1.0, "predictions": draws}]
    ).values()
    assert run_checks(trial, ["sbc"]).rejected == ("sbc",)


def test_two_blocks_of_one_name_are_both_kept():
    block = {"kind": "pit", "measured": np.zeros(3), "predictions": np.ones((3, 4))}
    assert list(trials_of_blocks([block, block])) == ["pit", "pit (more)"]
