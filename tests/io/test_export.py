"""What is written can be read back by astropy and by us, with units and masks."""

from __future__ import annotations

import io

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, QTable, Table

from astroviz.io import ResultWriter, TableError, read_table, table_bytes, write_table

SUFFIXES = ["parquet", "fits", "csv", "ecsv", "vot"]
ASTROPY = {"parquet": "parquet", "fits": "fits", "csv": "ascii.csv", "ecsv": "ascii.ecsv",
           "vot": "votable"}  # fmt: skip


@pytest.fixture
def results():
    table = Table()
    table["identifier"] = ["a", "b,c", ""]
    table["a_v_q50"] = MaskedColumn([1.5, 2.5, 0.0], unit=u.mag, mask=[0, 0, 1])
    table["distance_q50"] = np.array([150.0, 151.0, 140.0], dtype=np.float32) * u.pc
    table["n"] = [1, 2, 3]
    table["status"] = ["ok", "ok: extrapolated", "bad input: g is 'x'"]
    table.meta["model"] = "stars"
    return table


@pytest.mark.filterwarnings("ignore:No table..len")  # astropy asks for its own key on texts
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_there_and_back(results, tmp_path, suffix):
    path = write_table(results, tmp_path / f"out.{suffix}")
    for found in (read_table(path), Table.read(path, format=ASTROPY[suffix])):
        assert found.colnames == results.colnames
        assert np.asarray(found["status"]).astype(str).tolist() == results["status"].tolist()
        values = np.ma.filled(np.ma.asarray(found["a_v_q50"]).astype(float), np.nan)
        np.testing.assert_allclose(values, [1.5, 2.5, np.nan])
        np.testing.assert_allclose(np.asarray(found["distance_q50"]), [150.0, 151.0, 140.0])
        if suffix != "csv":
            assert found["distance_q50"].unit == u.pc
            assert found["a_v_q50"].unit == u.mag
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", ["parquet", "fits", "csv", "ecsv", "votable"])
def test_bytes_for_a_download(results, kind):
    data = table_bytes(results, kind)
    assert read_table(data)["identifier"][1] == "b,c"
    with pytest.raises(TableError, match="no format 'xlsx'"):
        table_bytes(results, "xlsx")


def test_csv_header_is_plain(results, tmp_path):
    results.rename_column("n", "n, all")
    first = '"n, all"'
    path = write_table(results, tmp_path / "x.csv")
    header = path.read_text().splitlines()[0]
    assert header == f"identifier,a_v_q50,distance_q50,{first},status"
    assert table_bytes(results, "csv") == path.read_bytes()


def test_anything_with_to_table():
    class Draws:
        def to_table(self):
            return QTable({"a_v": [1.0, 2.0] * u.mag})

    for kind in ("parquet", "fits", "csv", "ecsv"):
        assert np.asarray(read_table(table_bytes(Draws(), kind))["a_v"]).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pieces_are_the_whole(results, tmp_path, suffix):
    path = tmp_path / f"pieces.{suffix}"
    with ResultWriter(path) as writer:
        for index in range(3):
            writer.write(results[index : index + 1])
            assert not path.exists()
        assert writer.rows == 3
    found = read_table(path)
    assert np.asarray(found["status"]).tolist() == results["status"].tolist()
    assert found["n"].tolist() == [1, 2, 3]


def test_parquet_is_written_in_row_groups_with_lists(tmp_path):
    path = tmp_path / "draws.parquet"
    draws = np.arange(12, dtype=np.float32).reshape(4, 3)
    with ResultWriter(path) as writer:
        for start in (0, 2):
            piece = Table(
                {"identifier": ["a", "b"], "a_v_draws": draws[start : start + 2] * u.mag}
            )
            writer.write(piece)
    assert pq.ParquetFile(path).num_row_groups == 2
    column = pq.read_table(path)["a_v_draws"].to_pylist()
    assert column == draws.tolist()
    found = read_table(path)
    assert np.stack(list(found["a_v_draws"])).tolist() == draws.tolist()
    assert found["a_v_draws"].unit == u.mag


def test_lists_in_fits_and_not_in_csv(tmp_path):
    table = Table({"a_v_draws": np.ones((2, 3), dtype=np.float32)})
    assert read_table(write_table(table, tmp_path / "x.fits"))["a_v_draws"].shape == (2, 3)
    with pytest.raises(TableError, match="CSV cannot hold the columns a_v_draws"):
        write_table(table, tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_a_failure_leaves_no_file(results, tmp_path):
    def fail():
        with ResultWriter(tmp_path / "x.parquet") as writer:
            writer.write(results)
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


def test_pieces_must_be_alike(results, tmp_path):
    def write():
        with ResultWriter(tmp_path / "x.parquet") as writer:
            writer.write(results)
            writer.write(results[["n"]])

    with pytest.raises(ValueError, match="all must be alike"):
        write()


def test_names_that_cannot_be_written(tmp_path):
    with pytest.raises(TableError, match=r"use one of \.parquet"):
        ResultWriter(tmp_path / "out.xlsx")
    with pytest.raises(TableError, match="there is no folder"):
        ResultWriter(tmp_path / "no" / "out.fits")


def test_selection_of_a_catalogue_keeps_its_types(catalogue, tmp_path):
    for suffix in ("parquet", "fits", "ecsv"):
        found = read_table(write_table(catalogue[[1, 3]], tmp_path / f"s.{suffix}"))
        assert found["source_id"].tolist() == catalogue["source_id"][[1, 3]].tolist()
        assert found["parallax"].unit == u.mas


def test_parquet_without_us(results):
    table = pq.read_table(io.BytesIO(table_bytes(results, "parquet")))
    assert table.column("a_v_q50").null_count == 1
    assert table.schema.field("a_v_q50").metadata[b"unit"] == b"mag"
