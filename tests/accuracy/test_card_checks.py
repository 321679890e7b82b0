"""What a card says of its checks."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.card_checks import MARK, from_report, from_verdicts, with_checks
from astroviz.accuracy.checks import run_checks
from astroviz.accuracy.trial import Trial
from astroviz.core.cards import Card, read_card, write_card


def report(shift):
    random = np.random.default_rng(1)
    mean = random.normal(size=(300, 1, 2))
    draws = mean + random.normal(size=(300, 60, 2))
    trial = Trial(truths=draws[:, 0] + shift, draws=draws[:, 1:], names=("x", "y"), model="s/m")
    return run_checks(trial, ["sbc", "dispersion"], level=0.01)


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "s" / "m"
    folder.mkdir(parents=True)
    return Card(name="s/m", system="s", limits="Only here.", metrics={"rmse": 0.1}, path=folder)


def test_a_failure_is_named_in_the_limits_and_counted(card):
    found = with_checks(card, from_report(report(0.5), "usual", "stars of all kinds", 7))
    write_card(card.path, found)
    kept = read_card(card.path)
    assert kept.metrics["checks passed"] == 0
    assert kept.metrics["checks failed"] == 2
    assert kept.metrics["rmse"] == 0.1
    assert kept.limits[0] == "Only here."
    assert kept.limits[1].startswith(MARK)
    assert "stars of all kinds" in kept.limits[1]
    assert "Bias and width" in kept.limits[1]
    assert kept.extra["checks"]["failed"] == ["sbc", "dispersion"]
    assert kept.extra["checks"]["simulations"] == 300


def test_a_later_success_takes_the_sentence_back(card):
    failed = with_checks(card, from_report(report(0.5), "usual", "stars", 7))
    again = with_checks(failed, from_report(report(0.0), "usual", "stars", 7))
    assert again.limits == ["Only here."]
    assert again.metrics["checks failed"] == 0
    # and one that never failed keeps its single text
    assert with_checks(card, from_report(report(0.0), "u", "stars", 7)).limits == "Only here."


def test_figures_of_a_model_without_posterior(card):
    verdicts = [{"name": "worst error", "value": 0.2, "bound": 0.1, "passed": False},
                {"name": "mean error", "value": 0.01, "bound": 0.1, "passed": True}]  # fmt: skip
    found = with_checks(card, from_verdicts(verdicts, 0))
    assert found.metrics["checks passed"] == 1
    assert found.extra["checks"]["verdict"] == "1 of 2 figures keep their goals."
    assert found.limits[-1] == f"{MARK}misses its goal in worst error."
