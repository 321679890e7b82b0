"""The mapping as a file that people edit."""

from __future__ import annotations

import pytest

from astroviz.io import ColumnChoice, ColumnMapping, State, TableError


def test_there_and_back():
    mapping = ColumnMapping(
        {
            "g": ColumnChoice("phot_g_mean_mag", "snr_g", error_is="signal to noise"),
            "w1": ColumnChoice('odd "name"', unit="mJy", missing=(-1.0,), flag="qph",
                               flag_is="quality", flag_position=0, blank_error="limit"),
        },
        identifier="source_id", ra="ra", ruwe="RUWE", limits="none",
        flags={"cosmic ray": State.UNUSABLE, "faint": State.LIMIT},
    )  # fmt: skip
    again = ColumnMapping.from_toml(mapping.to_toml())
    assert again == mapping


def test_explain_names_the_columns():
    mapping = ColumnMapping({"g": ColumnChoice("Gmag", "e_Gmag", missing=(-1.0,))}, ra="RAdeg")
    text = " ".join(mapping.explain())
    for word in ("g is read from 'Gmag'", "'e_Gmag'", "-1 meaning no value", "'RAdeg'"):
        assert word in text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[quantities.g\nvalue=1", "not valid TOML"),
        ("colour = 'x'", "unknown entry 'colour'"),
        ("[quantities.g]\nerror = 'x'", "names no column"),
        ("[quantities.g]\nvalue = 'x'\nvalu = 'y'", "unknown entry 'valu'"),
        ("[quantities.g]\nvalue = 'x'\nerror_is = 'variance'", "must be one of error, signal"),
        ("[quantities.g]\nvalue = 'x'\nmissing = ['a']", "must be numbers"),
        ("quantities = 3", "must hold one table"),
        ("[quantities]\ng = 'Gmag'", "must be a table"),
        ("ra = 3", "must be a text"),
        ("limits = 'some'", "must be one of survey, none"),
        ("[flags]\nx = 'broken'", "must be one of observed"),
    ],
)
def test_what_does_not_fit_is_a_sentence(text, what):
    with pytest.raises(TableError, match=what):
        ColumnMapping.from_toml(text)


def test_columns_and_quantities_that_are_not_there():
    mapping = ColumnMapping({"g": ColumnChoice("Gmga")})
    with pytest.raises(TableError, match=r"'Gmga' .* nearest are 'Gmag'"):
        mapping.check(["Gmag", "Jmag"], ["g", "j"])
    with pytest.raises(TableError, match=r"'v' that is not known; there are g, j"):
        ColumnMapping({"v": ColumnChoice("Vmag")}).check(["Vmag"], ["g", "j"])
