"""Boxes and paintings from the command line."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from astropy.table import QTable

from astroviz.cli import main


@pytest.fixture(scope="module")
def haloes(tmp_path_factory):
    out = tmp_path_factory.mktemp("box") / "haloes.fits"
    assert main(["box", "--size", "40", "--grid", "32", "--haloes", "--out", str(out)]) == 0
    return out


def test_a_box_is_written_with_its_units(haloes, tmp_path, capsys):
    table = QTable.read(haloes)
    assert len(table) > 10
    assert table["x"].unit is not None
    out = tmp_path / "galaxies.hdf5"
    assert main(["box", "--size", "40", "--grid", "32", "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(out)
    with h5py.File(out) as file:
        assert file["galaxies/x"].attrs["unit"]
        assert np.ptp(file["galaxies/x"][:]) < 40.0


def test_a_table_of_haloes_is_painted(haloes, tmp_path, capsys):
    out = tmp_path / "painted.parquet"
    assert main(["paint", str(haloes), "--out", str(out), "--seed", "3"]) == 0
    assert "orientations/web, seed 3" in capsys.readouterr().err
    from astroviz.io import read_table

    painted = read_table(out)
    assert len(painted) == len(QTable.read(haloes))
    axes = [np.stack([np.asarray(painted[f"{name}_{c}"], float) for c in "xyz"], -1)
            for name in ("major", "intermediate", "minor")]  # fmt: skip
    frames = np.stack(axes, -1)
    assert np.allclose(np.swapaxes(frames, 1, 2) @ frames, np.eye(3), atol=1e-5)
    assert np.allclose(np.linalg.det(frames), 1.0, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["paint", "nowhere.fits", "--out", "a.csv"], "there is no table nowhere.fits"),
        (["box", "--out", "a.xyz"], "take one of .parquet"),
        (["box", "--out", "no/such/folder/a.csv"], "there is no folder"),
    ],
)
def test_what_is_wrong_is_said_before_any_work(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_only_a_model_that_paints_can_paint(haloes, tmp_path, capsys):
    out = str(tmp_path / "a.csv")
    assert main(["paint", str(haloes), "--out", out, "--model", "orientations/pose"]) == 2
    assert "paints no boxes" in capsys.readouterr().err


def test_rows_are_not_asked_one_by_one(haloes, tmp_path, capsys):
    out = str(tmp_path / "a.csv")
    assert main(["infer", str(haloes), "--model", "orientations", "--out", out]) == 2
    assert "astroviz paint" in capsys.readouterr().err
