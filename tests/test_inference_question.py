"""`astroviz infer --want ... --given ... --ignore ...`: any conditional of a whole table."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.cli import main
from astroviz.inference import infer
from astroviz.io.tables import read_table

TABLE = """name,g,bp,rp,parallax,parallax_error
a,14.1,15.3,12.9,7.0,0.03
b,16.0,,14.5,6.8,0.1
c,,,,,
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "stars.csv"
    path.write_text(TABLE)
    return path


def test_a_survey_is_predicted_for_every_row(table, tmp_path, capsys):
    out = tmp_path / "out.parquet"
    options = ["--want", "w1,log_age", "--given", "a_v=0.4", "--samples", "200"]
    assert main(["infer", str(table), "--out", str(out), *options]) == 0
    found = read_table(out)
    assert len(found) == 3
    assert list(found["identifier"]) == ["a", "b", "c"]
    assert {"w1_q50", "w1_q16", "log_age_q50", "status"} <= set(found.colnames)
    assert not any(name.startswith("a_v") for name in found.colnames)
    assert 9.5 < found["w1_q50"][0] < 11.5
    assert found["w1_std"][2] > found["w1_std"][1] > 0.1, "the less is known the wider"


def test_what_is_ignored_makes_no_difference(table):
    question = {"wanted": ("log_mass",), "ignored": ("bp", "rp")}
    found = infer(table, samples=100, question=question)
    other = read_table(table)
    other["bp"][0] = 12.0
    again = infer(other, samples=100, question=question)
    # the seed of a row goes with what was observed, so only the sense can be compared
    assert abs(found["log_mass_q50"][0] - again["log_mass_q50"][0]) < 0.1
    usual = infer(other, samples=100, question={"wanted": ("log_mass",)})
    assert abs(found["log_mass_q50"][0] - usual["log_mass_q50"][0]) > 0.1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--given", "a_v"], "--given takes a name and a number, such as a_v=0.5, not 'a_v'"),
        (["--given", "a_v=99"], "a_v = 99 lies outside its prior"),
        (["--want", "mass"], "nothing is called 'mass'"),
        (["--ignore", "log_age"], "'log_age' is not an observable"),
        (["--want", "log_age", "--model", "stars/npe"], "answers no questions of this kind"),
    ],
)
def test_questions_that_cannot_be_asked_are_sentences(table, tmp_path, capsys, options, sentence):
    assert main(["infer", str(table), "--out", str(tmp_path / "out.csv"), *options]) == 2
    assert sentence in capsys.readouterr().err


def test_given_parameters_narrow_the_others(table):
    free = infer(table, samples=400)
    held = infer(table, samples=400, question={"given": {"a_v": 0.3, "distance": 142.0}})
    assert held["log_mass_std"][1] < free["log_mass_std"][1]
    assert np.isfinite(held["log_age_q50"]).all()
