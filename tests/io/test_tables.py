"""Every format there and back against astropy, recognition by content, and broken files."""

from __future__ import annotations

import gzip
import io
import threading
import time
from concurrent.futures import CancelledError

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import QTable, Table

from astroviz.io import TableError, read_in_thread, read_table

FORMATS = {
    "c.fits": {"format": "fits"},
    "c.vot": {"format": "votable"},
    "b.vot": {"format": "votable", "tabledata_format": "binary2"},
    "c.parquet": {"format": "parquet"},
    "v.parquet": {"format": "parquet.votable", "metadata": {}},
    "c.ecsv": {"format": "ascii.ecsv"},
    "c.csv": {"format": "ascii.csv"},
    "c.tsv": {"format": "ascii.tab"},
    "c.tbl": {"format": "ascii.ipac"},
}
WITH_UNITS = {"c.fits", "c.vot", "b.vot", "c.parquet", "v.parquet", "c.ecsv", "c.tbl"}


@pytest.fixture
def saved(catalogue, tmp_path):
    def save(name):
        path = tmp_path / name
        settings = dict(FORMATS[name])
        if name == "v.parquet":
            about = {"ucd": "", "utype": "", "description": ""}
            settings["metadata"] = {
                name: {"unit": str(catalogue[name].unit or ""), **about}
                for name in catalogue.colnames
            }
        catalogue.write(path, **settings)
        return path

    return save


def same(found, wanted, column):
    have, want = np.ma.asarray(found[column]), np.ma.asarray(wanted[column])
    hidden = np.ma.getmaskarray(want)
    if want.dtype.kind == "f":
        have = np.ma.filled(have.astype(float), np.nan)
        assert np.all(np.isnan(have[hidden]))
        np.testing.assert_allclose(have[~hidden], want.data[~hidden], rtol=1e-6)
    elif want.dtype.kind in "iu":
        assert np.array_equal(np.ma.getmaskarray(have), hidden)
        assert np.array_equal(have.data[~hidden].astype(np.int64), want.data[~hidden])
    else:
        texts = np.ma.filled(have.astype(str), "")
        assert texts[~hidden].tolist() == want.data[~hidden].tolist()
        assert set(texts[hidden].tolist()) <= {""}


@pytest.mark.parametrize("name", FORMATS)
def test_round_trip(saved, catalogue, name):
    table = read_table(saved(name))
    assert table.colnames == catalogue.colnames
    for column in catalogue.colnames:
        same(table, catalogue, column)
    if name in WITH_UNITS:
        assert table["parallax"].unit == u.mas
        assert table["W1mag"].unit == u.mag
        assert table["ra"].unit == u.deg
        assert table["source_id"].unit is None


@pytest.mark.parametrize("name", FORMATS)
def test_content_decides_not_the_name(saved, catalogue, name, tmp_path):
    data = saved(name).read_bytes()
    lying = tmp_path / "upload.dat"
    lying.write_bytes(data)
    assert len(read_table(lying)) == 6
    assert len(read_table(data, name="upload.dat")) == 6
    assert len(read_table(gzip.compress(data))) == 6
    assert len(read_table(io.BytesIO(data))) == 6


@pytest.mark.parametrize("name", FORMATS)
def test_first_rows(saved, catalogue, name):
    table = read_table(saved(name), max_rows=2)
    assert len(table) == 2
    same(table, catalogue[:2], "parallax")


def test_a_name_that_lies_is_said(saved, tmp_path):
    lying = tmp_path / "table.fits"
    lying.write_bytes(saved("c.csv").read_bytes())
    table = read_table(lying)
    assert "named .fits but holds a text table" in table.meta["reading_notes"][0]


def test_machine_readable_table():
    text = (
        "Title: A census\nAuthors: N. N.\nTable: Members\n" + "=" * 80 + "\n"
        "Byte-by-byte Description of file: x_mrt.txt\n" + "-" * 80 + "\n"
        "   Bytes Format Units    Label      Explanations\n" + "-" * 80 + "\n"
        "   1-  4 A4     ---      Name       Name\n"
        "   6- 11 F6.3   mag      Gmag       ? G magnitude\n"
        "  13- 17 F5.3   mag    e_Gmag       ? Error in Gmag\n" + "-" * 80 + "\n"
        "AA   12.345 0.010\nBB               \n"
    )
    table = read_table(text.encode())
    assert table.meta["source_format"] == "mrt"
    assert table["Gmag"].unit == u.mag
    assert table["Gmag"][0] == 12.345
    assert table["Gmag"].mask.tolist() == [False, True]


def test_quantities_of_astropy(tmp_path):
    path = tmp_path / "q.parquet"
    QTable({"parallax": [6.5, 7.0] * u.mas, "j_m": [10.0, 11.0] * u.mag}).write(path)
    assert read_table(path)["parallax"].unit == u.mas


def test_parquet_of_pandas_with_nulls_lists_and_dates(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {"w1mpro": [1.5, None], "id": ["a", None], "n": pandas.array([1, None], dtype="Int64"),
         "when": pandas.to_datetime(["2020-01-01", "2021-01-01"]), "list": [[1.0], [1.0, 2.0]],
         "kind": pandas.Categorical(["x", "y"])}, index=[7, 8],
    )  # fmt: skip
    frame.to_parquet(tmp_path / "p.parquet")
    table = read_table(tmp_path / "p.parquet")
    assert table.colnames == list(frame.columns)
    assert table["w1mpro"].mask.tolist() == [False, True]
    assert table["n"].mask.tolist() == [False, True]
    assert table["kind"].tolist() == ["x", "y"]
    assert table["list"][1].tolist() == [1.0, 2.0]


def test_ten_thousand_columns(tmp_path):
    names = [f"column_{i}" for i in range(9999)] + ["phot_g_mean_mag"]
    data = (",".join(names) + "\n" + ",".join(["1.5"] * 10_000) + "\n").encode()
    start = time.perf_counter()
    table = read_table(data)
    assert len(table.colnames) == 10_000
    assert table["phot_g_mean_mag"][0] == 1.5
    assert time.perf_counter() - start < 30


# --- broken and foreign files: a sentence each ---------------------------------------------------


def sentence(source, **settings):
    with pytest.raises(TableError) as caught:
        read_table(source, **settings)
    text = str(caught.value)
    assert text.endswith(".")
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("content", [b"", b"  \n\n "])
def test_empty_file(tmp_path, content):
    path = tmp_path / "empty.csv"
    path.write_bytes(content)
    assert "empty.csv is empty" in sentence(path)


def test_no_file_and_a_folder(tmp_path):
    assert "there is no file" in sentence(tmp_path / "nothing.fits")
    assert "is a folder" in sentence(tmp_path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"%PDF-1.4 ...", "PDF"),
        (b"PK\x03\x04....", "Excel"),
        (b"\x89HDF\r\n", "HDF5"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "web page"),
        (b"<?xml version='1.0'?><rss></rss>", "XML but not a VOTable"),
        (b'{"a": 1}', "JSON"),
        (b"\x00\x01\x02\x03" * 50, "binary data"),
        (b"\x80\x04\x95\x00", "pickle"),
    ],
)
def test_not_what_its_name_says(tmp_path, content, what):
    path = tmp_path / "catalogue.fits"
    path.write_bytes(content)
    text = sentence(path)
    assert "is not the FITS that its name says" in text
    assert what in text


@pytest.mark.parametrize("name", ["c.fits", "c.parquet", "c.vot", "c.ecsv"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_cut_short(saved, tmp_path, name, share):
    data = saved(name).read_bytes()
    data = data.rstrip(b"\0 ") if name.endswith("fits") else data  # padding may be missed
    path = tmp_path / f"cut.{name}"
    path.write_bytes(data[: int(share * len(data))])
    if name == "c.ecsv":  # only a text table can be cut between two rows and be whole
        outcome = table_or_sentence(path)
        assert path.name in outcome if isinstance(outcome, str) else len(outcome) < 6
    else:
        assert path.name in sentence(path)


def table_or_sentence(source):
    try:
        return read_table(source)
    except TableError as error:
        return str(error)


@pytest.mark.parametrize("name", list(FORMATS))
def test_any_damage_is_a_sentence_or_a_table(saved, name):
    data = bytearray(saved(name).read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(25):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 12):
            broken[place] = rng.integers(0, 256)
        outcome = table_or_sentence(bytes(broken))
        assert isinstance(outcome, Table) or outcome


def test_fits_without_a_table(tmp_path):
    path = tmp_path / "image.fits"
    fits.PrimaryHDU(np.zeros((4, 4))).writeto(path)
    assert "FITS file without a table" in sentence(path)


def test_second_extension_with_rows_is_found(catalogue, tmp_path):
    path = tmp_path / "two.fits"
    first = fits.table_to_hdu(catalogue[:0])
    fits.HDUList([fits.PrimaryHDU(), first, fits.table_to_hdu(catalogue)]).writeto(path)
    assert len(read_table(path)) == 6


def test_votable_of_a_failed_query():
    text = (
        b'<?xml version="1.0"?><VOTABLE version="1.4"><RESOURCE type="results">'
        b'<INFO name="QUERY_STATUS" value="ERROR">no such table</INFO></RESOURCE></VOTABLE>'
    )
    assert "VOTable without a table" in sentence(text)


def test_damaged_gzip(saved, tmp_path):
    data = gzip.compress(saved("c.csv").read_bytes())
    assert "gzipped and damaged" in sentence(data[: len(data) // 2])


def test_two_gigabytes_of_text_is_refused_quickly(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:  # sparse: takes no room on the disk
        stream.write(b"ra,dec,phot_g_mean_mag\n" + b"1,2,3\n" * 20_000)
        stream.truncate(2_000_000_000)
    start = time.perf_counter()
    text = sentence(path)
    assert time.perf_counter() - start < 30  # reading it would take minutes
    assert "too big: 2 GB" in text
    assert "Parquet" in text


def test_first_rows_of_two_gigabytes(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.write(b"ra,dec,phot_g_mean_mag\n" + b"1,2,3\n" * 20_000)
        stream.truncate(2_000_000_000)
    assert len(read_table(path, max_rows=100)) == 100


def test_memory_of_a_fits_table_is_limited(saved, monkeypatch):
    from astroviz.io import readers

    path = saved("c.fits")
    monkeypatch.setattr(readers, "MAX_MEMORY", 100)
    assert "too big to open at once" in sentence(path)
    assert len(read_table(path, max_rows=1)) == 1


# --- progress, threads, cancelling ---------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_progress_goes_from_nothing_to_all(saved, name):
    shares = []
    read_table(saved(name), progress=shares.append)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert all(0 <= share <= 1 for share in shares)


def test_long_table_reports_on_the_way():
    rows = "".join(f"{i},{i / 7:.6f},{i / 9:.6f}\n" for i in range(400_000))
    data = ("i,ra,dec\n" + rows).encode()
    shares = []
    read_table(data, progress=shares.append)
    assert len([share for share in shares if 0 < share < 1]) >= 2


def test_read_in_thread(saved):
    seen = []
    reading = read_in_thread(saved("c.fits"), seen.append)
    assert len(reading.result(timeout=30)) == 6
    assert seen[-1] == 1.0
    with pytest.raises(TableError, match="is empty"):
        read_in_thread(b"").result(timeout=30)


def test_cancel_stops_the_thread(saved):
    entered, go_on = threading.Event(), threading.Event()
    calls = []

    def slow(share):
        calls.append(share)
        entered.set()
        go_on.wait(10)

    reading = read_in_thread(saved("c.csv"), slow)
    assert entered.wait(10)
    assert reading.cancel()
    with pytest.raises(CancelledError):
        reading.result(timeout=1)
    go_on.set()
    worker = [t for t in threading.enumerate() if t.name == "astroviz-read-table"]
    for thread in worker:
        thread.join(10)
    assert len(calls) == 1
    assert reading.cancelled()


def test_no_row_is_not_an_error(tmp_path):
    table = read_table(b"ra,dec,phot_g_mean_mag\n")
    assert len(table) == 0
    assert table.colnames == ["ra", "dec", "phot_g_mean_mag"]
    assert len(Table(table)) == 0
