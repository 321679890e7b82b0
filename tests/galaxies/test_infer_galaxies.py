"""`astroviz infer --model galaxies` with the model that is shipped, on real galaxies."""

from __future__ import annotations

import numpy as np
import pytest

import astroviz
from astroviz.cli import main
from astroviz.galaxies.pool import Pool
from astroviz.galaxies.sdss import demo_table
from astroviz.inference import infer, infer_file
from astroviz.io.tables import read_table

ROWS = 24


@pytest.fixture(scope="module")
def model():
    """The shipped population with a pool small enough for a test."""
    found = astroviz.load("galaxies", device="cpu")
    found.pool = Pool.of_population(found.population, 10_000, seed=0)
    return found


@pytest.fixture(scope="module")
def table():
    """Some of the real galaxies, with a row that nobody can read."""
    found = demo_table()[:ROWS]
    found["g"][5] = np.inf
    found["r"][7] = 99.0
    return found


@pytest.fixture(scope="module")
def answered(model, table):
    return infer(table, model, samples=200)


def test_every_row_is_answered_in_its_order(answered):
    assert len(answered) == ROWS
    assert str(answered["status"][5]).startswith("bad input: sdss_g (g) is inf")
    fine = np.array([str(one).startswith("ok") for one in answered["status"]])
    assert fine.sum() == ROWS - 1
    assert np.isfinite(answered["log_mass_q50"]).all()
    for name in ("redshift", "log_mass"):
        assert np.all(answered[f"{name}_q16"] <= answered[f"{name}_q84"])


def test_redshifts_are_near_those_of_the_spectra(answered, table):
    truth = np.asarray(table["redshift"], float)
    off = (np.asarray(answered["redshift_q50"], float) - truth) / (1 + truth)
    assert np.median(np.abs(off)) < 0.04
    assert np.mean(np.abs(off) < 0.15) > 0.9


def test_masses_survive_less_than_was_formed(answered):
    lost = np.asarray(answered["log_mass_formed_q50"] - answered["log_mass_q50"], float)
    assert np.all((lost > 0.05) & (lost < 0.5))


def test_the_command_writes_the_table(model, table, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("astroviz.inference.load", lambda name, device: model)
    table[:4].write(tmp_path / "in.parquet")
    said = ["infer", str(tmp_path / "in.parquet"), "--model", "galaxies", "--samples", "50",
            "--out", str(tmp_path / "out.fits")]  # fmt: skip
    assert main(said) == 0
    assert "4 rows" in capsys.readouterr().err
    written = read_table(tmp_path / "out.fits")
    assert len(written) == 4
    assert {"log_sfr_q50", "effective_size", "ood_score", "status"} <= set(written.colnames)


def test_a_galaxy_at_its_redshift_keeps_it(model, table):
    row = {name: table[name][0] for name in table.colnames}
    draws = model.posterior(row, use_redshift=True).sample(100, refine=False)
    assert np.allclose(draws["redshift"], float(table["redshift"][0]), atol=1e-5)
    assert draws.to_table()["log_mass"].unit is not None


def test_what_makes_light_answers_no_tables(tmp_path, table):
    table[:2].write(tmp_path / "in.csv")
    with pytest.raises(ValueError, match="knows no population"):
        infer_file(tmp_path / "in.csv", tmp_path / "out.csv", model="galaxies/emulator")
