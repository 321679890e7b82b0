"""Tables in, tables out: one row for each row, in order, whatever is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pandas
import pyarrow.parquet as pq
import pytest

import astroviz
from astroviz import inference
from astroviz.cli import main
from astroviz.core.request import Chunk, Request
from astroviz.io.observations import Quantity
from astroviz.summaries import column_names

QUANTITIES = (
    Quantity("parallax", "parallax", "mas", "Gaia", "parallax"),
    Quantity("g", "G", "mag", "Gaia", wavelength=0.58),
    Quantity("w1", "W1", "mag", "WISE", wavelength=3.35),
)


class Posterior:
    """Normal about G, wide if there is none; knows the seed it was given."""

    name = "toy"

    def __init__(self, observations, index):
        self.observations, self.index = observations, index

    def request(self, n, seed=0, priority="interactive"):
        g = self.observations.values[self.index, 1]
        return Request(self, {"g": np.array([g])}, n=n, seed=seed, priority=priority)

    def columns(self, request):
        return ("first", "second"), ("mag", "log10 yr")

    def batch_key(self, request):
        return (self.name, request.n)

    def draw(self, requests, device, control):
        chunks = []
        for request in requests:
            control.check()
            rng = np.random.default_rng(request.seed)
            g = float(request.inputs["g"][0])
            known = np.isfinite(g)
            values = rng.normal(g if known else 0, 0.1 if known else 9.0, (request.n, 2))
            constants = {
                "p_young": np.array(0.5),
                "ood_score": np.array(abs(g) / 20 if known else 0),
            }
            chunks.append(Chunk(values.astype(np.float32), constants=constants))
        yield chunks
        control.progress(1.0)


CARD = SimpleNamespace(sha256="0" * 64, prior="a toy's prior")


@dataclass
class Toy:
    name: str = "toy"
    quantities: tuple = QUANTITIES
    parameters: tuple = (SimpleNamespace(name="first", unit="mag"),)
    derived: tuple = (SimpleNamespace(name="second", unit="log10 yr"),)
    card: SimpleNamespace = field(default_factory=lambda: CARD)

    def posterior(self, observations, index=0):
        return Posterior(observations, index)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(inference, "load", lambda name, device="auto": Toy())
    return Toy()


@pytest.fixture
def census(tmp_path):
    path = tmp_path / "census.csv"
    path.write_text(
        "source_id,Gmag,e_Gmag,W1mag,e_W1mag,parallax,parallax_error\n"
        "10,12.0,0.01,9.0,0.02,7,0.1\n"
        "11,,,,,7,0.1\n"
        "12,bright,0.01,9.5,0.02,7,0.1\n"
        "13,25.0,0.01,-99,,,\n"
        "14,14.0,0.01,inf,0.02,7,-0.1\n"
    )
    return path


PARAMETERS = ["first", "second"]


def run(*words):
    return main([str(word) for word in ("infer", *words)])


def test_every_row_is_answered_in_order(toy, census, tmp_path, capsys):
    out = tmp_path / "x.parquet"
    assert run(census, "--out", out, "--samples", 200) == 0
    table = pq.read_table(out).to_pandas()
    assert list(table.columns) == column_names(PARAMETERS, identifier=True)
    assert list(table["identifier"]) == ["10", "11", "12", "13", "14"]
    assert table["status"].notna().all()
    statuses = [text.split(":")[0] for text in table["status"]]
    assert statuses == ["ok", "no data", "bad input", "ok", "bad input"]
    assert table["status"][3] == "ok: extrapolated"
    assert "bright" in table["status"][2]
    assert abs(table["first_q50"][0] - 12) < 0.1
    assert table["first_std"][1] > 5  # no data: the prior
    assert np.isfinite(table.filter(regex="_q50$").to_numpy()).all()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "5 rows" in captured.err


def test_answers_do_not_depend_on_the_order_of_rows(toy, census):
    table = astroviz.read_table(census)
    forward = astroviz.infer(table, model=toy, samples=50)
    backward = astroviz.infer(table[::-1], model=toy, samples=50)[::-1]
    np.testing.assert_array_equal(forward["first_q16"], backward["first_q16"])
    other = astroviz.infer(table, model=toy, samples=50, seed=1)
    assert not np.array_equal(forward["first_q16"], other["first_q16"])


def test_python_and_command_line_agree(toy, census, tmp_path):
    run(census, "--out", tmp_path / "x.parquet", "--samples", 50, "--seed", 3)
    written = pq.read_table(tmp_path / "x.parquet").to_pandas()
    table = astroviz.infer(census, samples=50, seed=3)
    np.testing.assert_array_equal(written["second_mean"], table["second_mean"])
    assert table["first_q50"].unit == "mag"
    assert str(table["second_q50"].unit) == "dex(yr)"
    assert table["second_std"].unit == "dex"
    assert table.meta["model"] == "toy"
    assert table.meta["seed"] == 3


def test_pandas_tables_are_tables(toy):
    found = astroviz.infer(pandas.DataFrame({"g": [10.0, 11.0]}), model=toy, samples=20)
    assert len(found) == 2
    assert "identifier" not in found.colnames


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "fits", "vot", "parquet"])
def test_every_format_of_the_output(toy, census, tmp_path, suffix):
    out = tmp_path / f"x.{suffix}"
    assert run(census, "--out", out, "--samples", 20, "--seed", 7) == 0
    back = astroviz.read_table(out)
    assert back.colnames == column_names(PARAMETERS, identifier=True)
    assert [str(text).split(":")[0] for text in back["status"]][:2] == ["ok", "no data"]
    meta = {name.lower(): value for name, value in back.meta.items()}
    if suffix != "csv":  # which has no place for it
        assert meta["astroviz"] == astroviz.__version__
        assert meta["model"] == "toy"
        assert "0" * 64 in (meta.get("model_sha256"), meta.get("modelsha"))
        assert (meta["samples"], meta["seed"]) == (20, 7)
        assert meta["prior"] == "a toy's prior"
        assert meta["prior_odds"] == 1.0


def test_samples_are_kept_as_lists(toy, census, tmp_path):
    out = tmp_path / "x.parquet"
    assert run(census, "--out", out, "--samples", 30, "--keep-samples") == 0
    table = pq.read_table(out).to_pandas()
    assert all(len(draws) == 30 for draws in table["first"])
    np.testing.assert_allclose(np.mean(table["first"][0]), table["first_mean"][0], rtol=1e-5)


@pytest.mark.parametrize("kept", [False, True])
def test_a_table_of_no_rows_gives_a_table_of_no_rows(toy, tmp_path, kept):
    source, out = tmp_path / "empty.csv", tmp_path / "x.parquet"
    source.write_text("source_id,Gmag,e_Gmag\n")
    words = ["--keep-samples"] if kept else []
    assert run(source, "--out", out, *words) == 0
    table = pq.read_table(out)
    assert table.num_rows == 0
    assert table.column_names == column_names(PARAMETERS, identifier=True, keep_samples=kept)


def test_many_rows_are_written_in_groups(toy, tmp_path, monkeypatch):
    monkeypatch.setattr(inference, "_GROUP", 16)
    monkeypatch.setattr(inference, "_AHEAD", 8)
    source, out = tmp_path / "many.parquet", tmp_path / "x.parquet"
    pandas.DataFrame({"g": np.linspace(5, 15, 100)}).to_parquet(source)
    assert run(source, "--out", out, "--samples", 20) == 0
    table = pq.read_table(out).to_pandas()
    np.testing.assert_allclose(table["first_q50"], np.linspace(5, 15, 100), atol=0.2)


def test_columns_by_name(toy, tmp_path):
    source, names, out = tmp_path / "a.csv", tmp_path / "map.toml", tmp_path / "x.parquet"
    source.write_text("brightness,err\n12,0.1\n13,0.1\n")
    names.write_text('g = "brightness"\ng_error = "err"\n')
    assert run(source, "--out", out, "--columns", names, "--samples", 20) == 0
    np.testing.assert_allclose(pq.read_table(out)["first_q50"], [12, 13], atol=0.2)


def test_columns_by_a_full_mapping(toy, tmp_path):
    source, names, out = tmp_path / "a.csv", tmp_path / "map.toml", tmp_path / "x.parquet"
    source.write_text("who,brightness\nme,12\nyou,13\n")
    names.write_text('identifier = "who"\n[quantities.g]\nvalue = "brightness"\n')
    assert run(source, "--out", out, "--columns", names, "--samples", 20) == 0
    assert pq.read_table(out)["identifier"].to_pylist() == ["me", "you"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"colour,shape\nred,round\n", "no column"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "PNG"),
        (b"SIMPLE  =                    T" + b"x" * 500, ""),
    ],
)
def test_a_table_that_cannot_be_read_is_status_2_and_a_sentence(
    toy, tmp_path, capsys, content, sentence
):
    source = tmp_path / "a.fits"
    source.write_bytes(content)
    assert run(source, "--out", tmp_path / "x.parquet") == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "x.parquet").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--samples", "0"], "samples"),
        (["--columns", "/nowhere/map.toml"], "map.toml"),
        (["--out", "/nowhere/x.parquet"], "/nowhere"),
        (["--out", "x.docx"], ".docx"),
    ],
)
def test_wrong_options_are_sentences(toy, census, tmp_path, capsys, words, sentence):
    assert run(census, "--out", tmp_path / "x.parquet", *words) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert len(captured.err.strip().splitlines()) == 1


def test_a_model_without_a_likelihood_cannot_refine(toy, census, tmp_path, capsys):
    assert run(census, "--out", tmp_path / "x.csv", "--refine") == 2
    assert "toy has no likelihood to refine its draws with" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


def test_refined_answers_say_so(tmp_path):
    table = {"g": [14.1, 12.0], "g_error": [0.01, 0.01], "parallax": [6.5, np.nan],
             "parallax_error": [0.05, np.nan]}  # fmt: skip
    plain, refined = (
        astroviz.infer(pandas.DataFrame(table), samples=60, device="cpu", refine=refine)
        for refine in (False, True)
    )
    assert refined.meta["refined"] is True
    assert plain.meta["refined"] is False
    assert not np.array_equal(plain["log_age_q50"], refined["log_age_q50"])
    assert list(refined["status"]) == ["ok", "ok"]


def test_a_broken_mapping_is_a_sentence(toy, census, tmp_path, capsys):
    names = tmp_path / "map.toml"
    names.write_text("g = [broken")
    assert run(census, "--out", tmp_path / "x.parquet", "--columns", names) == 2
    assert "TOML" in capsys.readouterr().err
    names.write_text('g = "nowhere"')
    assert run(census, "--out", tmp_path / "x.parquet", "--columns", names) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_device_that_is_not_there_is_a_sentence(toy, census, tmp_path, capsys):
    assert run(census, "--out", tmp_path / "x.parquet", "--device", "cuda:77") == 2
    assert "cuda:77" in capsys.readouterr().err


def test_an_unknown_model_says_what_there_is(census, tmp_path, capsys):
    assert run(census, "--out", tmp_path / "x.parquet", "--model", "planets") == 2
    assert "stars" in capsys.readouterr().err


@pytest.mark.realdata
@pytest.mark.slow
def test_the_census_of_corona_australis(real_data, tmp_path):
    out = tmp_path / "x.parquet"
    assert run(real_data / "stars" / "cra_census_a.txt", "--out", out, "--samples", 100) == 0
    table = pq.read_table(out).to_pandas()
    assert len(table) == 197
    assert table["status"].notna().all()
    assert (table["status"].str.startswith("ok")).mean() > 0.9
    summaries = table.filter(regex="_(q50|mean|std)$")
    # A star none of whose draws has a disk has no excess to summarise.
    excess = summaries.columns.str.startswith("excess_")
    assert np.isfinite(summaries.loc[:, ~excess].to_numpy()).all()
    disks = table["p_disk"] > 0.2
    assert np.isfinite(summaries.loc[disks, excess].to_numpy()).all()
