"""`astroviz mock` and `astroviz adapt`, from the command line to files and back."""

from __future__ import annotations

import json

import numpy as np
import pytest

import astroviz
from astroviz.cli import main
from astroviz.io.observations import State
from astroviz.stars.catalogue import open_catalogue


@pytest.fixture(scope="module")
def mock_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("mock") / "b.parquet"
    assert main(["mock", "B", "--stars", "60", "--seed", "3", "--out", str(path)]) == 0
    return path


def test_a_mock_catalogue_is_read_back_as_it_was_made(mock_file):
    from astroviz.stars.mock_galaxy import mock_catalogue

    made = mock_catalogue("B", 60, 3).observations
    read = open_catalogue(mock_file).observations
    assert list(read.identifiers) == list(made.identifiers)
    seen = made.states == State.OBSERVED
    assert np.array_equal(read.states == State.OBSERVED, seen)
    assert np.allclose(read.values[seen], made.values[seen])
    assert np.array_equal(read.spectra[0].present, made.spectra[0].present)


def test_truths_are_in_the_file_and_are_no_input(mock_file):
    table = astroviz.read_table(mock_file)
    age = np.asarray(table["true_log_age"], dtype=float)
    assert age.min() >= 6.0
    assert age.max() <= 7.8
    assert len(open_catalogue(mock_file).literature) == 0


@pytest.mark.parametrize("suffix", [".fits", ".ecsv", ".csv"])
def test_other_formats_hold_the_same_stars(tmp_path, suffix):
    path = tmp_path / f"b{suffix}"
    assert main(["mock", "A", "--stars", "25", "--out", str(path)]) == 0
    assert len(astroviz.read_table(path)) == 25


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mock", "Q", "--out", "q.fits"], "there are A, B, C"),
        (["mock", "B", "--stars", "5", "--out", "q.pickle"], "no table of kind"),
        (["mock", "B", "--stars", "0", "--out", "q.fits"], "1 or more"),
        (["mock", "B", "--mix", "old", "--out", "q.fits"], "no population"),
    ],
)
def test_a_wrong_word_is_a_sentence(words, said, capsys):
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_table_is_adapted_to_and_the_model_answers(mock_file, tmp_path, capsys, monkeypatch):
    labels = tmp_path / "labels.csv"
    table = astroviz.read_table(mock_file)
    rows = [f"{n},{t},{a}" for n, t, a in zip(table["identifier"],
            table["true_effective_temperature"], table["true_a_v"], strict=True)]  # fmt: skip
    labels.write_text("identifier,Teff,A_V\n" + "\n".join(rows) + "\n")
    place = tmp_path / "models" / "stars" / "mine"
    words = ["adapt", str(mock_file), "--labels", str(labels), "--steps", "40", "--json",
             "--out", str(place)]  # fmt: skip
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["better"] in (True, False)
    assert "RMSE of a_v" in said["after"]
    monkeypatch.setenv("ASTROVIZ_MODELS", str(tmp_path / "models"))
    model = astroviz.load("stars/mine", device="cpu")
    found = astroviz.infer(mock_file, model, samples=20)
    assert len(found) == 60
    assert np.isfinite(found["ood_score"]).all()
    assert not model.can_refine


def test_too_short_a_table_is_refused(tmp_path, capsys):
    path = tmp_path / "short.csv"
    path.write_text("id,g,j,h\nx,14,12,11\n")
    assert main(["adapt", str(path)]) == 2
    assert "at least 20" in capsys.readouterr().err


def test_the_experiment_itself_answers_no_table(mock_file, tmp_path, capsys):
    out = str(tmp_path / "x.csv")
    assert main(["infer", str(mock_file), "--model", "stars/adaptation", "--out", out]) == 2
    assert "astroviz adapt" in capsys.readouterr().err
