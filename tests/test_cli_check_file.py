"""`astroviz check FILE`: draws of one's own on the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from astroviz.accuracy.outcome import Outcome, Report
from astroviz.cli import main
from astroviz.commands.check_file import is_file, lines_of


@pytest.fixture
def files(tmp_path):
    """Draws that are 30 % too narrow, with truths and without."""
    random = np.random.default_rng(0)
    mean = random.normal(size=(300, 1, 2))
    draws = mean + 0.7 * random.normal(size=(300, 60, 2))
    truths = mean[:, 0] + random.normal(size=(300, 2))
    np.savez(tmp_path / "mine.npz", draws=draws, truths=truths, names=["age", "mass"])
    np.savez(tmp_path / "draws.npz", draws=draws, names=["age", "mass"])
    np.save(tmp_path / "truths.npy", truths)
    draws[4, 2, 0] = np.nan
    np.savez(tmp_path / "gap.npz", draws=draws, truths=truths)
    return tmp_path


def test_a_file_gets_verdicts_and_a_page(files, capsys):
    name, page = str(files / "mine.npz"), files / "page.html"
    words = ["check", name, "--seed", "2", "--checks", "sbc,dispersion", "--report", str(page)]
    assert main(words) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert err == ""
    assert (found["model"], found["seed"]) == (name, 2)
    assert found["verdict"].startswith("Wrong: 2 of 2 checks")
    assert [check["name"] for check in found["checks"]] == ["sbc", "dispersion"]
    for check in found["checks"]:
        assert set(check) == {"name", "value", "bound", "passed"}
        assert check["passed"] is (check["value"] > check["bound"])
    html = page.read_text(encoding="utf-8")
    assert "--checks sbc,dispersion --seed 2 --report" in html
    assert json.loads(page.with_suffix(".json").read_text())["passed"] is False


def test_truths_may_be_in_a_second_file(files, capsys):
    words = ["check", str(files / "draws.npz"), "--truths", str(files / "truths.npy")]
    assert main([*words, "--checks", "dispersion"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"][0]["passed"] is False


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.npz"], "there is no file"),
        (["draws.npz"], "draws alone cannot be judged"),
        (["mine.npz", "--checks", "sbc,magic"], "there is no check 'magic'"),
        (["mine.npz", "--checks", "likelihood_rank"], "log likelihood"),
        (["mine.npz", "--checks", "dispersion", "--report", "page.pdf"], "page.html"),
        (["gap.npz"], "drop"),
        (["mine.npz", "--simulations", "50"], "--simulations is for models"),
    ],
)
def test_faults_are_one_sentence_and_status_2(files, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(files)
    assert main(["check", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


def test_draws_that_are_not_finite_are_left_out_when_asked(files, capsys):
    assert main(["check", str(files / "gap.npz"), "--drop", "--checks", "dispersion"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any("left out" in note.lower() for note in found["notes"])


def test_verdicts_are_those_of_holm():
    outcomes = tuple(
        Outcome(name, 0.0, 0.0, 1.0, p)
        for name, p in {"a": 0.03, "b": 0.01, "c": 0.6, "score": float("nan")}.items()
    )
    lines = lines_of(Report(outcomes, ("b",), 0.05))
    assert [line["name"] for line in lines] == ["a", "b", "c"]
    assert [line["value"] for line in lines] == pytest.approx([0.06, 0.03, 0.6])
    assert [line["passed"] for line in lines] == [True, False, True]


def test_a_model_is_no_file():
    assert not is_file("stars/young")
    assert is_file("MINE.NPZ")
