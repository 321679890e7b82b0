"""The many ways in which people write text tables."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.io import TableError, read_table


def test_tabs_with_dashes_and_codes():
    table = read_table(b"name\tplx\tTeff\nSz 65\t6.5\t4060\nJ1543\t--\t-99\n")
    assert table["plx"].mask.tolist() == [False, True]
    assert table["Teff"].tolist() == [4060, -99]
    assert table["name"].tolist() == ["Sz 65", "J1543"]


def test_columns_between_spaces_and_a_commented_header():
    for text in (
        b"ra  dec   Gmag\n1.0 2.0  12.5\n1.5 2.5  --\n",
        b"# ra dec Gmag\n1 2 12.5\n1 2 --\n",
    ):
        table = read_table(text)
        assert table.colnames == ["ra", "dec", "Gmag"]
        assert table["Gmag"][0] == 12.5
        assert bool(table["Gmag"].mask[1])


def test_semicolons_and_decimal_commas():
    table = read_table(b"name;Gmag;Jmag\na;12,5;10,25\nb;13,5;\n")
    assert table["Gmag"].tolist() == [12.5, 13.5]
    assert table["Jmag"][0] == 10.25


def test_comments_before_the_header_are_skipped():
    table = read_table(b"# from somewhere\n#\nra,dec\n1,2\n")
    assert table["ra"].tolist() == [1]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding):
    table = read_table("name,Gmag\nLóp,12.5\n".encode(encoding))
    assert table["name"][0] == "Lóp"
    assert table["Gmag"][0] == 12.5


def test_windows_line_ends_quotes_and_line_breaks_in_cells():
    table = read_table(b'name,note,Gmag\r\n"a,b","two\r\nlines",1.5\r\nc,,2.5\r\n')
    assert table["name"].tolist() == ["a,b", "c"]
    assert table["Gmag"].tolist() == [1.5, 2.5]
    assert "two" in table["note"][0]


def test_big_identifiers_keep_every_digit():
    table = read_table(b"source_id,Gmag\n6728162648254144128,1.5\n,2\n")
    assert table["source_id"][0] == 6728162648254144128


def test_false_is_a_flag_word_and_dates_stay_texts():
    table = read_table(b"f_W3mag,variable,name\nfalse,True,2021-01-01\nfalse,False,2021-01-02\n")
    assert table["f_W3mag"].tolist() == ["false", "false"]
    assert table["variable"].tolist() == [True, False]
    assert table["name"].tolist() == ["2021-01-01", "2021-01-02"]


def test_repeated_and_empty_column_names():
    table = read_table(b"ra,ra,,\n1,2,3,4\n")
    assert table.colnames == ["ra", "ra_2", "col3", "col4"]
    assert "'ra'" in table.meta["reading_notes"][0]


def test_no_header():
    with pytest.raises(TableError, match=r"no line of column names.*'1\.5,2\.5'"):
        read_table(b"1.5,2.5\n3.5,4.5\n", name="x.csv")


def test_only_comments():
    with pytest.raises(TableError, match="only comments"):
        read_table(b"# nothing\n# here\n")


@pytest.mark.parametrize("delimiter", [",", "\t", " "])
def test_ragged_line_is_named(delimiter):
    lines = ["ra dec Gmag", *(["1 2 3"] * 5), "1 2", "1 2 3"]
    text = "\n".join(line.replace(" ", delimiter) for line in lines)
    with pytest.raises(TableError, match=r"line 7 has 2 cells and the header names 3 columns"):
        read_table(text.encode())


def test_text_in_a_number_column_reads_as_text():
    table = read_table(b"Gmag\n12.5\nfaint\n")
    assert np.asarray(table["Gmag"]).tolist() == ["12.5", "faint"]
