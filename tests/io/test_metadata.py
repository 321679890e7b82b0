"""What a table says of itself survives every format that can hold it."""

from __future__ import annotations

import io
import json

import astropy.units as u
import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits, votable
from astropy.table import Table

from astroviz.io import ResultWriter, read_table, table_bytes
from astroviz.io.metadata import fits_cards, plain

META = {
    "model": "stars/young",
    "model_sha256": "0123456789abcdef" * 4,
    "samples": np.int64(500),
    "seed": 3,
    "prior_odds": 0.1,
    "assume_young": False,
    "prior": "flat in log age; a sentence that is longer than one line of any header can be",
    "edited": {"log_age": {"kind": "uniform", "lower": 6.0}},
    "class_probabilities": np.array([0.5, 0.25]),
}


@pytest.fixture
def table():
    made = Table({"a_v": [1.0, 2.0] * u.mag, "status": ["ok", "no data"]})
    made.meta |= {**META, "source_format": "text", "odd": object(), "unknown": np.nan}
    return made


def test_only_plain_entries_are_kept(table):
    found = plain(table.meta)
    assert found == json.loads(json.dumps(found))
    assert found["samples"] == 500
    assert found["class_probabilities"] == [0.5, 0.25]
    assert found["unknown"] is None
    assert not {"odd", "source_format"} & set(found)


@pytest.mark.filterwarnings("ignore:No table..len")  # astropy asks for its own key on texts
def test_parquet_says_it_to_astropy_and_to_everybody_else(table):
    data = table_bytes(table, "parquet")
    schema = pq.read_schema(io.BytesIO(data))
    assert json.loads(schema.metadata[b"astroviz"]) == plain(table.meta)
    for found in (read_table(data), Table.read(io.BytesIO(data), format="parquet")):
        assert {name: found.meta[name] for name in META} == plain(META)


def test_ecsv_holds_it_as_it_is(table):
    data = table_bytes(table, "ecsv")
    for found in (read_table(data), Table.read(data.decode(), format="ascii.ecsv")):
        assert {name: found.meta[name] for name in META} == plain(META)


def test_fits_holds_it_in_its_header(table):
    header = fits.open(io.BytesIO(table_bytes(table, "fits")))[1].header
    for name in ("model", "samples", "seed", "prior_odds", "assume_young", "prior"):
        assert header[name] == META[name]
    assert header["MODELSHA"] == META["model_sha256"]
    assert json.loads(header["class_probabilities"]) == [0.5, 0.25]
    assert json.loads(header["edited"]) == META["edited"]


def test_fits_headers_are_ascii_without_line_ends():
    assert fits_cards({"note": "A\u2009±\nB"}) == {"note": "A?? B"}


def test_votable_holds_it_as_params(table):
    data = table_bytes(table, "votable")
    found = votable.parse(io.BytesIO(data)).get_first_table()
    kinds = {param.name: param.datatype for param in found.params}
    assert kinds["seed"] == "long"
    assert kinds["prior_odds"] == "double"
    assert kinds["assume_young"] == "boolean"
    back = read_table(data).meta
    for name in ("model", "model_sha256", "samples", "seed", "prior_odds", "prior"):
        assert back[name] == META[name]
    assert back["assume_young"] is False
    assert json.loads(back["edited"]) == META["edited"]


@pytest.mark.parametrize("suffix", ["parquet", "ecsv", "fits", "vot"])
def test_pieces_say_it_once(table, tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    with ResultWriter(path) as writer:
        for row in range(2):
            writer.write(table[row : row + 1])
    meta = {name.lower(): value for name, value in read_table(path).meta.items()}
    assert meta["model"] == "stars/young"
    assert meta["seed"] == 3


def test_texts_of_any_length_in_fits_keep_it_too(table):
    table["status"] = np.array(["ok", "bad input"], dtype=object)
    assert fits.open(io.BytesIO(table_bytes(table, "fits")))[1].header["seed"] == 3
