"""Tables in pieces: all rows, in order, with units, whatever the format."""

from __future__ import annotations

import gzip

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import Column, Table, vstack

from astroviz.io import TableError, stream_rows
from astroviz.io.arrow import to_arrow


@pytest.fixture
def long_table():
    rng = np.random.default_rng(0)
    table = Table({"id": np.arange(1000), "name": [f"star {i}" for i in range(1000)]})
    table["parallax"] = Column(rng.normal(6.6, 0.1, 1000), unit=u.mas)
    return table


@pytest.fixture(params=["fits", "parquet", "csv", "ecsv", "vot"])
def path(request, long_table, tmp_path):
    path = tmp_path / f"long.{request.param}"
    if request.param == "parquet":
        pq.write_table(to_arrow(long_table), path, row_group_size=170)
    else:
        kinds = {"fits": "fits", "csv": "ascii.csv", "ecsv": "ascii.ecsv", "vot": "votable"}
        long_table.write(path, format=kinds[request.param])
    return path


@pytest.mark.parametrize("batch", [1, 300, 5000])
def test_all_rows_in_order(path, long_table, batch):
    if batch == 1:
        long_table = long_table[:5]
    pieces, expected = [], 0
    for piece, start, total in stream_rows(path, batch):
        assert start == expected
        assert total == 1000
        assert len(piece) <= batch
        expected += len(piece)
        pieces.append(piece)
        if batch == 1 and expected == 5:
            break
    whole = vstack(pieces, metadata_conflicts="silent")
    assert whole["id"].tolist() == long_table["id"].tolist()
    assert np.asarray(whole["name"]).astype(str).tolist() == long_table["name"].tolist()
    np.testing.assert_allclose(whole["parallax"], long_table["parallax"])
    if path.suffix != ".csv":
        assert whole["parallax"].unit == u.mas


def test_some_columns(path):
    piece, _, _ = next(stream_rows(path, 10, columns=["parallax"]))
    assert piece.colnames == ["parallax"]
    with pytest.raises(TableError, match="no column 'plx'; it has id, name, parallax"):
        next(stream_rows(path, 10, columns=["plx"]))


def test_packed_and_uploaded(path):
    data = gzip.compress(path.read_bytes())
    packed = path.with_name(path.name + ".gz")
    packed.write_bytes(data)
    for source in (packed, data, path.read_bytes()):
        assert sum(len(piece) for piece, _, _ in stream_rows(source, 400)) == 1000


def test_no_rows_still_give_the_columns(tmp_path, long_table):
    for name, kind in (("e.fits", "fits"), ("e.parquet", "parquet"), ("e.csv", "ascii.csv")):
        long_table[:0].write(tmp_path / name, format=kind)
        pieces = list(stream_rows(tmp_path / name))
        assert len(pieces) == 1
        assert pieces[0][0].colnames == long_table.colnames
        assert pieces[0][1:] == (0, 0)


def test_long_text_streams(tmp_path, long_table, monkeypatch):
    path = tmp_path / "long.csv"
    long_table.write(path, format="ascii.csv")
    monkeypatch.setattr("astroviz.io.catalogues.MAX_TEXT", 1000)
    pieces = list(stream_rows(path, 300))
    assert [len(piece) for piece, _, _ in pieces] == [300, 300, 300, 100]
    assert [start for _, start, _ in pieces] == [0, 300, 600, 900]
    assert all(total is None for _, _, total in pieces)
    assert pieces[3][0]["name"][99] == "star 999"


def test_broken_and_empty_files_are_sentences(tmp_path, long_table):
    for name, kind in (("b.fits", "fits"), ("b.parquet", "parquet")):
        long_table.write(tmp_path / name, format=kind)
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(TableError, match=name):
            list(stream_rows(tmp_path / name, 10))
    (tmp_path / "x.csv").write_bytes(b"")
    with pytest.raises(TableError, match="is empty"):
        next(stream_rows(tmp_path / "x.csv"))
    with pytest.raises(ValueError, match="at least 1"):
        next(stream_rows(tmp_path / "x.csv", 0))
