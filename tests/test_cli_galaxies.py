"""A population from the command line: from a table to flows, draws and a report."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.table import Table

from astroviz.cli import main
from astroviz.galaxies.parameters import PARAMETERS
from astroviz.galaxies.population import Population
from astroviz.io.tables import read_table


@pytest.fixture(scope="module")
def table(root, tmp_path_factory):
    rows = Table.read(root / "astroviz" / "galaxies" / "stored" / "sdss.parquet")
    path = tmp_path_factory.mktemp("sdss") / "some.fits"
    rows[:600].write(path)
    return path


def words(table, out, *more):
    return ["population", str(table), "--out", str(out), *more]


def test_a_table_becomes_a_population(table, tmp_path, capsys):
    out, draws = tmp_path / "found", tmp_path / "draws.fits"
    more = ["--limit", "r < 17.77", "--steps", "6", "--members", "1", "--json"]
    more += ["--draws", str(draws), "--samples", "50"]
    assert main(words(table, out, *more)) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report["features"]) >= {"r", "g-r", "redshift"}
    assert report["members"][0]["steps"] == 6
    found = read_table(draws)
    assert len(found) == 50
    assert {*PARAMETERS, "log_mass", "log_sfr"} <= set(found.colnames)
    population = Population.load(out)
    assert population.selection.terms[0].limit == 17.77
    np.testing.assert_allclose(
        found["redshift"], population.sample(50, 0)["redshift"], atol=0.02
    )  # weights are stored in half precision


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--limit", "r about 17"], "is no limit"),
        (["--limit", "q < 17"], "no band 'q'"),
        (["--columns", "nowhere.toml"], "cannot be read"),
        (["--draws", "draws.png"], "png"),
        (["--budget", "soon"], "soon"),
        (["--filters", "magic"], "magic"),
        (["--photometry", "magic"], "magic"),
    ],
)
def test_bad_words_are_one_sentence(table, tmp_path, capsys, more, said):
    assert main(words(table, tmp_path / "out", *more)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_table_that_is_not_there_is_named(tmp_path, capsys):
    assert main(words(tmp_path / "none.fits", tmp_path)) == 2
    assert "none.fits" in capsys.readouterr().err
