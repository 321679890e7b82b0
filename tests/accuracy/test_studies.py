from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import binom

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.studies import (
    SUITE,
    Case,
    alarm_band,
    judged,
    power_of,
    run_cases,
    stored_null,
    stored_power,
)

QUICK = ("sbc", "dispersion", "correlation", "tarp", "mira", "contraction")


def test_exact_posteriors_raise_no_more_alarms_than_chance():
    cases = [Case("narrow", 0.0, 80, 20, 2, seed, QUICK) for seed in range(24)]
    found = [judged(case) for case in cases]
    for check in QUICK:
        alarms = sum(one[check] <= 0.05 for one in found)
        assert binom.sf(alarms - 1, 24, 0.05) > 1e-4, check
    expected = (2 * 19 + 3) / (3 * (19 + 2))
    scores = np.array([one["mira value"] for one in found])
    assert abs(scores.mean() - expected) < 4 * scores.std(ddof=1) / math.sqrt(24)


def test_a_record_is_taken_up_where_it_ended(tmp_path):
    cases = [Case("narrow", s, 60, 10, 2, 0, ("sbc",)) for s in (0.0, 0.3, 0.6)]
    done = []

    def work(case):
        done.append(case.size)
        return {"sbc": case.size}

    record = tmp_path / "made" / "cases.jsonl"
    run_cases(cases[:2], record, work=work)
    assert run_cases(cases, record, seconds=-1, work=work).keys() == {c.key for c in cases[:2]}
    found = run_cases(cases, record, work=work)
    assert done == [0.0, 0.3, 0.6]
    assert found[cases[2].key] == {"sbc": 0.6}
    assert len(record.read_text(encoding="utf-8").splitlines()) == 3


def test_rates_count_rejections_and_know_what_did_not_fit(tmp_path):
    cases = [Case("narrow", s, 60, 10, 2, seed) for s in (0.1, 0.3) for seed in range(4)]
    p = {0.1: [0.01, 0.2, 0.3, 0.9], 0.3: [0.0, 0.0, 0.04, 0.5]}
    found = {c.key: {"sbc": p[c.size][c.seed], SUITE: 0.0} for c in cases}
    study = power_of(found, cases)
    assert study.checks == ("sbc", SUITE)
    assert study.rates["narrow"].tolist() == [[0.25, 1.0], [0.75, 1.0]]
    assert study.repeats["narrow"].tolist() == [[4, 4], [4, 4]]
    study.save(tmp_path)
    about = json.loads((tmp_path / "power.json").read_text(encoding="utf-8"))
    assert about["defects"] == ["narrow"]
    assert (tmp_path / "power.npz").stat().st_size < 10_000


def test_the_band_widens_with_the_number_of_checks():
    assert alarm_band(200) == (0.02, 0.08)
    low, high = alarm_band(200, tests=16)
    assert low < 0.02 < 0.08 < high
    assert binom.cdf(round(low * 200) - 1, 200, 0.05) < 0.025 / 16


def test_the_suite_is_rejected_where_holm_rejects():
    wrong = judged(Case("narrow", 0.4, 100, 20, 2, 1))
    assert wrong[SUITE] == 0.0
    assert "mira value" in wrong
    assert set(wrong) - {SUITE, "mira value"} <= set(CHECKS)


def test_the_shipped_null_study_is_inside_its_band():
    null = stored_null()
    assert {"sbc", "dispersion", "tarp", "mira"} <= set(null["checks"])
    for name, row in null["checks"].items():
        assert row["rate"] == pytest.approx(row["alarms"] / row["repeats"])
        low, high = row["band"]
        assert low <= row["rate"] <= high, name
    assert null["checks"]["sbc"]["repeats"] >= 200
    assert null["suite"]["alarms"] <= binom.isf(0.01, null["suite"]["repeats"], 0.05)
    assert null["pqmass"]["ks_p"] > 0.01
    mira = null["mira"]
    assert abs(mira["mean"] - mira["expected"]) < 4 * mira["error"]


def test_the_shipped_power_study_rises_with_the_defect():
    study = stored_power()
    assert set(study.rates) == set(DEFECTS)
    assert study.checks[-1] == SUITE
    for trap, rates in study.rates.items():
        assert rates.shape == (len(study.sizes[trap]), len(study.checks))
        assert (np.diff(study.sizes[trap]) > 0).all()
        suite = rates[:, -1]
        assert suite[-1] >= suite[0] - 0.3
    wide = study.rates["narrow"][:, study.checks.index("dispersion")]
    assert wide[-1] > 0.9
    blind = study.rates["prior"][-1, study.checks.index("tarp")]
    assert blind < 0.4  # references that do not know the data do not see the prior
