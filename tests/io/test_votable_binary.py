"""BINARY2 blocks against astropy's own decoding."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import votable
from astropy.table import Column, MaskedColumn, Table

from astroviz.io import TableError, read_table
from astroviz.io.votable_binary import read_binary2


def packed(table, change=None):
    document = votable.from_table(table)
    if change:
        change(document.get_first_table())
    sink = io.BytesIO()
    document.to_xml(sink, tabledata_format="binary2")
    return sink.getvalue()


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    count = 37
    table = Table()
    table["designation"] = [f"Gaia DR3 {10 ** (i % 9)}" for i in range(count)]
    table["source_id"] = np.arange(count) + 6728162648254144128
    table["g"] = MaskedColumn(rng.normal(12, 2, count), mask=rng.random(count) < 0.3, unit="mag")
    table["flag"] = rng.random(count) < 0.5
    for name, kind in (("f4", np.float32), ("i2", np.int16), ("i4", np.int32), ("u1", np.uint8)):
        table[name] = MaskedColumn(
            rng.integers(0, 100, count).astype(kind), mask=rng.random(count) < 0.3
        )
    table["note"] = MaskedColumn([("é" * (i % 4)) for i in range(count)], mask=[0] * count)
    table["plx"] = Column(rng.normal(6.6, 1, count), unit="mas", description="parallax")
    return table


def variable(element):
    for name in ("designation", "note"):
        field = element.get_field_by_id(name)
        field.arraysize = "*"


def agree(found, wanted):
    assert found.colnames == wanted.colnames
    for name in wanted.colnames:
        have, want = np.ma.asarray(found[name]), np.ma.asarray(wanted[name])
        hidden = np.ma.getmaskarray(want)
        if want.dtype.kind in "OUS":
            assert have.astype(str).tolist() == want.astype(str).tolist()
        else:
            assert have.dtype.kind == want.dtype.kind
            assert np.array_equal(np.ma.getmaskarray(have), hidden), name
            assert np.array_equal(have.data[~hidden], want.data[~hidden])
        assert found[name].unit == wanted[name].unit
        assert found[name].description == wanted[name].description


@pytest.mark.parametrize("change", [None, variable], ids=["fixed", "variable"])
@pytest.mark.parametrize("rows", [1, 37])
def test_as_astropy(table, change, rows):
    data = packed(table[:rows], change)
    found = read_binary2(data)
    assert found is not None
    agree(found, Table.read(io.BytesIO(data), format="votable"))
    agree(read_table(data), found)


@pytest.mark.parametrize("change", [None, variable], ids=["fixed", "variable"])
def test_first_rows(table, change):
    data = packed(table, change)
    agree(read_binary2(data, 5), Table.read(io.BytesIO(data), format="votable")[:5])


def test_no_rows(table):
    data = packed(table[:0])
    agree(read_table(data), Table.read(io.BytesIO(data), format="votable"))


def test_long_texts(table):
    table["note"] = ["x" * 3000, *(["é"] * 36)]
    data = packed(table, variable)
    agree(read_binary2(data), Table.read(io.BytesIO(data), format="votable"))


def test_arrays_are_left_to_astropy(table):
    table["pair"] = np.ones((len(table), 2))
    data = packed(table)
    assert read_binary2(data) is None
    assert read_table(data)["pair"].shape == (len(table), 2)


def test_cut_block_is_a_sentence_or_shorter(table):
    data = packed(table)
    begin, end = data.index(b"<STREAM"), data.index(b"</STREAM>")
    cut = data[: (begin + end) // 2 // 4 * 4] + data[end:]
    try:
        found = read_table(cut)
    except TableError:
        return
    assert len(found) < len(table)
