from __future__ import annotations

import json
from importlib import import_module

import numpy as np
import pytest

from astroviz.accuracy.checks import CHECKS, default_suite, obstacles, report_of, run_checks
from astroviz.accuracy.defects import defect
from astroviz.accuracy.outcome import Outcome, Report
from astroviz.accuracy.trial import GEOMETRIES, Trial, TrialError

BASE = ["sbc", "dispersion", "correlation", "tarp", "mira"]


@pytest.fixture(scope="module")
def exact():
    return defect("narrow", 0.0, 250, 40, 3, seed=4)


def bare(trial: Trial) -> Trial:
    return Trial(truths=trial.truths, draws=trial.draws, names=trial.names)


def test_every_check_says_what_it_asks_detects_and_misses():
    for name, check in CHECKS.items():
        assert name == check.name
        assert check.question.endswith("?")
        for text in (check.title, check.detects, check.misses, check.source):
            assert text
        module, function = check.where.split(":")
        assert callable(getattr(import_module(f"astroviz.accuracy.{module}"), function))
        assert check.cost in ("light", "heavy")
        assert set(check.geometries) <= set(GEOMETRIES)
        assert set(check.needs) <= set(Trial.__dataclass_fields__)


def test_the_suite_grows_with_what_is_known(exact):
    assert default_suite(bare(exact)) == BASE
    suite = default_suite(exact)
    assert {"coverage", "tarp_data", "likelihood_rank", "contraction", "regimes", "predictive",
            "reduced_chi_square"} < set(suite)  # fmt: skip
    barred = obstacles(bare(exact))
    assert "observations" in barred["contraction"]
    assert not barred["coverage"]  # central intervals take the place of densities


def test_an_exact_posterior_passes_and_each_outcome_is_complete(exact):
    done = []
    report = run_checks(exact, progress=done.append, seed=1)
    assert report.passed
    assert done == sorted(done)
    assert done[-1] == pytest.approx(1.0)
    assert "may still be wrong" in report.verdict()
    for outcome in report.outcomes:
        assert 0 <= outcome.p_value <= 1
        assert outcome.error > 0
        assert outcome.sentence.endswith(".")
        assert outcome.seconds > 0
        assert outcome.objects is None or outcome.objects.shape == (exact.count,)
        assert all(0 <= p <= 1 for p in outcome.by.values())
        assert len(outcome.by) <= 64
    assert report["sbc"].check == "sbc"
    with pytest.raises(KeyError, match="was not run"):
        report["local_c2st"]


def test_a_report_is_the_same_again_and_can_be_written_down(exact):
    first, second = (run_checks(exact, ["sbc", "mira"], seed=3).to_dict() for _ in range(2))
    text = json.dumps(first, allow_nan=False)
    for report in (first, second):
        for outcome in report["outcomes"]:
            outcome.pop("seconds")
    assert first == second
    assert json.loads(text)["verdict"] == first["verdict"]


@pytest.mark.parametrize(
    ("trap", "size", "caught", "blind"),
    [
        ("narrow", 0.3, {"sbc", "dispersion", "coverage"}, {"contraction"}),
        ("biased", 0.5, {"sbc", "dispersion"}, set()),
        ("correlation", 1.0, {"correlation"}, {"sbc", "dispersion"}),
        ("prior", 1.0, {"likelihood_rank", "contraction", "tarp_data"},
         {"sbc", "dispersion", "tarp", "mira", "correlation"}),
        ("regime", 1.0, {"regimes", "contraction"}, {"sbc", "dispersion", "tarp"}),
        ("hpd", 0.9, {"correlation"}, {"coverage"}),
    ],
)  # fmt: skip
def test_what_a_check_says_it_sees_it_sees_and_what_it_misses_it_misses(trap, size, caught, blind):
    trial = defect(trap, size, 500, 50, 3, seed=2)
    report = run_checks(trial, sorted(caught | blind))
    assert caught <= set(report.rejected)
    assert not blind & set(report.rejected)
    assert report.verdict().startswith("Wrong: ")


def test_all_widths_ten_percent_too_small_are_found_in_ten_dimensions():
    for seed in (11, 12):
        trial = bare(defect("narrow", 0.1, 1000, 100, 10, seed))
        report = run_checks(trial, ["sbc", "dispersion"])
        assert "dispersion" in report.rejected
        assert report["dispersion"].value == pytest.approx(0.9, abs=0.03)
        assert report["dispersion"].p_value < 1e-4


def test_one_draw_each_compares_populations_only(exact):
    trial = Trial(truths=exact.truths, draws=exact.draws[:, :1], names=exact.names)
    assert default_suite(trial) == []
    assert "at least 2 draws" in obstacles(trial)["sbc"]
    assert not obstacles(trial)["pqmass"]
    with pytest.raises(TrialError, match="One draw for each object"):
        run_checks(trial)


def test_what_cannot_be_run_is_said(exact):
    with pytest.raises(TrialError, match="no check 'sbd'"):
        run_checks(exact, ["sbd"])
    with pytest.raises(TrialError, match=r"cannot be run\. It needs the log likelihood"):
        run_checks(bare(exact), ["likelihood_rank"])

    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        run_checks(exact, check=stop)


def test_a_check_that_finds_too_few_objects_does_not_cost_the_others(exact):
    few = exact.part(np.arange(25))  # a dozen of each regime
    report = run_checks(few, ["sbc", "regimes", "tarp"])
    assert [one.check for one in report.outcomes] == ["sbc", "tarp"]
    assert any("Ranks by regime was not run: no group has 20 objects" in n for n in report.notes)
    with pytest.raises(TrialError, match="no group has 20 objects"):
        run_checks(few, ["regimes"])


def test_scores_without_p_value_take_no_part_in_the_verdict(exact):
    score = Outcome("sbc", 1.0, 0.0, 1.0, float("nan"))
    report = report_of(exact, [score])
    assert report.rejected == ()
    assert report.verdict().startswith("Nothing was tested")
    assert report.to_dict()["outcomes"][0]["p_value"] is None
    alone = Report((Outcome("sbc", 0, 0, 1, 0.4),), (), 0.05, count=2, draws=3)
    assert alone.verdict().startswith("Not rejected by 1 check")
    assert np.isfinite(alone["sbc"].p_value)
