"""What a person pastes, and what a SAMP message may make us read."""

from __future__ import annotations

import pytest

from astroviz.dashboards.samp import SampError, content_of
from astroviz.dashboards.stars_table import pasted_columns
from astroviz.io import TableError


def test_values_with_errors_in_any_of_the_usual_spellings():
    found = pasted_columns("G = 14.2 ± 0.01, J=11.1 +/- 0.02\nKs = 10.0")
    assert found == {
        "G": [14.2],
        "G_error": [0.01],
        "J": [11.1],
        "J_error": [0.02],
        "Ks": [10.0],
    }


def test_a_header_and_rows_stay_a_table():
    text = "g,e_g,j\n14.2,0.01,11.1"
    assert pasted_columns(text) == text.encode()


def test_a_negative_value_and_an_exponent():
    assert pasted_columns("parallax = -1.5e-1 ± 2e-2") == {
        "parallax": [-0.15],
        "parallax_error": [0.02],
    }


@pytest.mark.parametrize("text", ["", "   ", "hello", "14.2 11.1"])
def test_what_cannot_be_read_is_answered_with_an_example(text):
    with pytest.raises(TableError, match=r"G = 14\.2"):
        pasted_columns(text)


def test_a_broken_number_is_named():
    with pytest.raises(TableError, match=r"G = '1\.2\.3' is not a number"):
        pasted_columns("G = 1.2.3")


def test_samp_reads_files_of_this_machine(tmp_path):
    path = tmp_path / "stars.csv"
    path.write_text("g,j\n14,11\n")
    assert content_of(path.as_uri()) == (b"g,j\n14,11\n", "stars.csv")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/x.vot", "https://127.0.0.1/x.vot", "ftp://localhost/x", "file://host/x"],
)
def test_samp_reads_nothing_from_elsewhere(url):
    with pytest.raises(SampError, match="not on this machine"):
        content_of(url)
