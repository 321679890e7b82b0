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
        (["--within", "a_v 1"], '--within takes a name and two numbers, such as "a_v 1 2"'),
        (["--within", "a_v one two"], "two numbers, such as \"a_v 1 2\", not 'a_v one two'"),
        (["--within", "mass 1 2"], "'mass' cannot be held in an interval; use log_age"),
        (["--within", "g 1 2"], "'g' cannot be held in an interval"),
        (["--within", "a_v 2 1"], "its lower end 2 is not below its upper end 1"),
        (["--within", "a_v 1 1"], "its lower end 1 is not below its upper end 1"),
        (["--within", "a_v nan 1"], "the interval of a_v is empty"),
        (["--within", "a_v 30 40"], "of a_v lies outside its prior, which runs from 0 to 20 mag"),
        (
            ["--within", "a_v 0 1", "--within", "a_v 2 3"],
            "the intervals 0 to 1 and 2 to 3 of a_v do not overlap",
        ),
        (
            ["--within", "a_v 0 1", "--given", "a_v=0.5"],
            "a_v is given as 0.5 and held between 0 and 1 at a time",
        ),
        (["--within", "a_v 1 2", "--model", "stars/npe"], "--ignore and --within out"),
    ],
)
def test_questions_that_cannot_be_asked_are_sentences(table, tmp_path, capsys, options, sentence):
    out = tmp_path / "out.csv"
    assert main(["infer", str(table), "--out", str(out), *options]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert len(said.strip().splitlines()) == 1
    assert not out.exists()


def test_given_parameters_narrow_the_others(table):
    free = infer(table, samples=400)
    held = infer(table, samples=400, question={"given": {"a_v": 0.3, "distance": 142.0}})
    assert held["log_mass_std"][1] < free["log_mass_std"][1]
    assert np.isfinite(held["log_age_q50"]).all()


def test_an_interval_cuts_every_row_and_says_what_it_left(table, tmp_path):
    out = tmp_path / "out.ecsv"
    options = ["--want", "log_age,a_v", "--within", "a_v 0 2", "--within", "a_v 0.3 9"]
    options += ["--samples", "300", "--keep-samples"]
    assert main(["infer", str(table), "--out", str(out), *options]) == 0
    found = read_table(out)
    assert list(found["status"]) == ["ok", "ok", "no data"]
    a_v = np.array([np.asarray(row) for row in found["a_v"]])
    assert a_v.min() >= 0.3
    assert a_v.max() <= 2.0
    sizes = np.asarray(found["effective_size"])
    assert (sizes == 300).all(), "independent draws of all that were asked"
    names = found.colnames
    assert names.index("effective_size") == names.index("status") - 1


def test_a_row_that_does_not_reach_the_interval_is_refused_alone(table, tmp_path, capsys):
    out = tmp_path / "out.parquet"
    options = ["--want", "log_age", "--within", "a_v 15 16", "--samples", "300"]
    assert main(["infer", str(table), "--out", str(out), *options]) == 0
    found = read_table(out)
    assert found["status"][0].startswith("refused: only ")
    assert "draws have 15 < a_v < 16, too few to show: widen" in found["status"][0]
    assert found["effective_size"][0] < 100
    assert np.isnan(found["log_age_q50"][0])
    assert found["status"][2] == "no data", "the prior reaches there"
    assert found["effective_size"][2] >= 100
    assert np.isfinite(found["log_age_q50"][2])
    assert "3 rows: 1 no data, 2 refused" in capsys.readouterr().err


def test_a_refusal_does_not_hide_a_bad_cell(table):
    bad = read_table(table)
    bad["parallax_error"][0] = -1.0
    question = {"wanted": ("log_age",), "within": {"a_v": (15, 16)}}
    status = infer(bad, samples=200, question=question)["status"][0]
    assert status.startswith("bad input: ")
    assert "; refused: only " in status


def test_without_an_interval_there_is_no_column_of_its_size(table):
    found = infer(table, samples=100, question={"wanted": ("log_age",)})
    assert "effective_size" not in found.colnames


def test_an_interval_is_the_page_s_interval(table, stars_model):
    from astroviz.stars.anything import ask
    from astroviz.stars.question import Question
    from astroviz.summaries import row_seed

    within = {"a_v": (0.5, 2.0)}
    question = {"wanted": ("log_age",), "within": within}
    found = infer(table, model=stars_model, samples=400, question=question, keep_samples=True)
    star = stars_model.posterior({"g": 14.1, "bp": 15.3, "rp": 12.9,
                                  "parallax": 7.0, "parallax_error": 0.03})  # fmt: skip
    seed = row_seed(star.observations, 0, 0)
    same = ask(star, Question(("log_age",), within=within), 400, seed=seed)
    assert np.median(same["log_age"]) == pytest.approx(float(found["log_age_q50"][0]), abs=0.05)
    assert float(same.extras["effective_size"]) == found["effective_size"][0]
