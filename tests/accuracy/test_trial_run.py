"""A trial that grows: what is told on the way, what stops it, what cannot be run."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy import trial_run
from astroviz.accuracy.check_table import CHECKS
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.accuracy.trial_board import board_rows, p_words, verdict_table, verdict_words
from astroviz.accuracy.trial_run import Asked, own_work, trial_work

QUICK = ("sbc", "dispersion", "tarp")


class StopError(Exception):
    """Nobody waits any more."""


def parts(name, count, draws, seed, control, case):
    """Exact posteriors of normal means, half as wide for the case `narrow`."""
    random = np.random.default_rng(seed)
    width = 0.5 if case == "narrow" else 1.0
    for size in (25, count - 25):
        mean = random.normal(size=(size, 1, 2))
        control.check()
        control.progress(0.5)
        yield {
            "truths": mean[:, 0] + random.normal(size=(size, 2)),
            "draws": mean + width * random.normal(size=(size, draws, 2)),
            "names": ("x", "y"), "model": name, "groups": {"half": np.arange(size) % 2},
        }  # fmt: skip


def run(asked, source=parts, check=lambda: None):
    told, shares = [], []
    found = trial_work(asked, told.append, source)(shares.append, check)
    return found, told, shares


def test_what_is_told_grows_until_all_are_in():
    found, told, shares = run(Asked("toy", "", 120, 50, 1, QUICK))
    assert [one.trial.count for one in told] == [25, 120]
    assert [one.complete for one in told] == [False, True]
    assert found is told[-1]
    assert tuple(found.outcomes) == QUICK
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert found.report.passed
    assert (found.report.count, found.report.draws, found.report.model) == (120, 50, "toy")


def test_the_same_seed_finds_the_same():
    asked = Asked("toy", "", 60, 50, 3, QUICK)
    one, two = run(asked)[0], run(asked)[0]
    assert [o.p_value for o in one.report.outcomes] == [o.p_value for o in two.report.outcomes]


def test_a_wrong_posterior_is_rejected():
    found, _, _ = run(Asked("toy", "narrow", 200, 50, 0, QUICK))
    assert "dispersion" in found.report.rejected
    rows = {row["name"]: row for row in board_rows(found, QUICK, "sbc")}
    assert rows["dispersion"]["state"] == "failed"
    assert rows["sbc"]["chosen"]
    assert rows["mira"]["state"] == "idle"
    assert not rows["mira"]["on"]
    assert rows["likelihood_rank"]["state"] == "barred"
    assert "log likelihood" in rows["likelihood_rank"]["said"]
    words = verdict_words(found)
    assert words["state"] == "failed"
    assert "200 objects \u00d7 50 draws" in words["small"]
    table = verdict_table(found)
    assert list(table["rejected"]) == [name in found.report.rejected for name in QUICK]


def test_it_stops_between_parts_and_between_checks():
    calls = []

    def check():
        calls.append(1)
        if len(calls) > 4:
            raise StopError

    told = []
    with pytest.raises(StopError):
        trial_work(Asked("toy", "", 100, 50, 0, QUICK), told.append, parts)(lambda s: None, check)
    assert len(told) <= 1


def test_first_parts_that_cannot_be_judged_are_passed_over():
    def constant(*asked):
        for k, part in enumerate(parts(*asked)):
            if k == 0:
                part["draws"] = np.zeros_like(part["draws"])
                part["truths"] = np.zeros_like(part["truths"])
            yield part

    found, told, _ = run(Asked("toy", "", 120, 50, 0, QUICK), constant)
    assert found.trial.count == 120
    assert told[-1].complete


def test_a_check_that_breaks_does_not_break_the_others(monkeypatch):
    def broken(self, trial, seed=0):
        if self.name == "tarp":
            raise TrialError("these draws are all alike: give others")
        return original(self, trial, seed)

    original = type(CHECKS["tarp"]).run
    monkeypatch.setattr(type(CHECKS["tarp"]), "run", broken)
    found, _, _ = run(Asked("toy", "", 60, 50, 0, QUICK))
    assert tuple(found.outcomes) == ("sbc", "dispersion")
    assert found.refused == {"tarp": "These draws are all alike: give others."}
    row = next(row for row in board_rows(found, QUICK, "") if row["name"] == "tarp")
    assert (row["state"], row["said"]) == ("refused", found.refused["tarp"])


def test_heavy_checks_come_last_one_by_one(monkeypatch):
    names = (*QUICK, "c2st")
    assert CHECKS["c2st"].cost == "heavy"
    found, told, _ = run(Asked("toy", "", 60, 50, 0, names))
    assert [len(one.outcomes) for one in told] == [3, 3, 4]
    assert list(found.outcomes)[-1] == "c2st"


def test_draws_of_ones_own_are_judged_or_refused_in_a_sentence():
    random = np.random.default_rng(0)
    draws = random.normal(size=(80, 50, 2))
    own = Trial(truths=random.normal(size=(80, 2)), draws=draws, names=("x", "y"))
    asked = Asked("mine", "", 80, 50, 0, QUICK)
    found = own_work(asked, own, False, lambda found: None)(lambda share: None, lambda: None)
    assert found.complete
    spoilt = draws.copy()
    spoilt[3] = np.nan
    own = Trial(truths=own.truths, draws=spoilt, names=("x", "y"))
    with pytest.raises(TrialError, match="drop"):
        own_work(asked, own, False, lambda found: None)(lambda share: None, lambda: None)
    found = own_work(asked, own, True, lambda found: None)(lambda share: None, lambda: None)
    assert found.trial.count == 79
    assert any("1" in note for note in found.report.notes)


def test_no_check_that_fits_is_a_sentence():
    with pytest.raises(TrialError, match="none of the checks"):
        run(Asked("toy", "", 60, 50, 0, ("likelihood_rank",)))


def test_p_values_are_written_for_people():
    assert p_words(float("nan")) == "score"
    assert p_words(0.41234) == "p = 0.41"
    assert p_words(0.0123) == "p = 0.012"
    assert p_words(3e-17) == "p < 10\u207b\u00b9\u2076"
    assert p_words(0.0) == "p < 10\u207b\u2079\u2079"
    assert trial_run._SHARE < 1
