"""From columns to values, errors, states, problems and notes: nothing dropped, all said."""

from __future__ import annotations

import time

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn, QTable, Table
from hypothesis import given
from hypothesis import strategies as st

from astroviz.io import (
    ColumnMapping,
    State,
    TableError,
    from_mapping,
    guess_mapping,
    observations_table,
    read_table,
    table_bytes,
    to_observations,
)
from astroviz.io.depths import DEFAULT_ERRORS, DEFAULT_LIMITS, GAP_CODES
from astroviz.stars.surveys import QUANTITIES

NAN = float("nan")


def test_a_plain_table(catalogue, read_columns, cell):
    seen = read_columns(catalogue)
    assert len(seen) == 6
    assert seen.names == tuple(q.name for q in QUANTITIES)
    values, errors, states = cell(seen, "g")
    assert states.tolist() == [0, 0, 1, 0, 0, 0]
    assert np.isnan(values[2])
    assert np.isnan(errors[2])
    assert errors[0] == DEFAULT_ERRORS["g"]
    values, errors, states = cell(seen, "parallax")
    np.testing.assert_allclose(errors, catalogue["parallax_error"])
    assert cell(seen, "w1")[2].tolist() == [1, 0, 0, State.UNUSABLE, 0, 0]
    assert cell(seen, "j")[2].tolist() == [State.NOT_COVERED] * 6
    assert seen.identifiers[0] == "6728162648254144128"
    np.testing.assert_allclose(seen.coordinates[:, 0], catalogue["ra"])
    assert not seen.problems
    assert any("g: 5 rows have no error; 0.01 mag is assumed" in note for note in seen.notes)


@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(5, 20).map(lambda x: round(x, 3)),
                  st.sampled_from([*GAP_CODES, NAN])),
        min_size=1, max_size=30,
    )
)  # fmt: skip
def test_gap_codes_are_not_covered_and_rows_stay(cells):
    column = [code if gap else value for gap, value, code in cells]
    table = Table({"Gmag": column, "e_Gmag": [0.01] * len(cells)})
    seen = to_observations(table, guess_mapping(table, QUANTITIES), QUANTITIES)
    hidden = np.array([gap for gap, _, _ in cells])
    index = seen.index("g")
    assert len(seen) == len(cells)
    assert np.array_equal(seen.states[:, index] == State.NOT_COVERED, hidden)
    assert np.array_equal(np.isnan(seen.values[:, index]), hidden)
    assert np.array_equal(np.isnan(seen.errors[:, index]), hidden)
    assert not seen.problems


@given(st.lists(st.sampled_from(["12.5", "x", "", "inf", "-99", ">15", "1e9", "nan"]), min_size=1))
def test_no_text_is_lost_or_crashes(texts):
    table = Table({"Gmag": texts})
    seen = to_observations(table, guess_mapping(table, QUANTITIES), QUANTITIES)
    states = seen.states[:, seen.index("g")].tolist()
    wanted = {"12.5": 0, "x": 3, "": 1, "inf": 3, "-99": 1, ">15": 2, "1e9": 3, "nan": 1}
    assert states == [wanted[text] for text in texts]
    assert sorted(seen.problems) == [i for i, text in enumerate(texts) if wanted[text] == 3]


def test_minus_one_only_when_asked(read_columns, cell):
    columns = {"Gmag": [-1.0, 12.0], "e_Gmag": [0.01, 0.01]}
    assert cell(read_columns(columns), "g")[2].tolist() == [0, 0]

    def ask(mapping):
        mapping.choices["g"].missing = (-1.0,)

    assert cell(read_columns(columns, ask), "g")[2].tolist() == [1, 0]


def test_99_is_a_parallax_and_9999_a_temperature(read_columns, cell):
    seen = read_columns(
        {"plx": [99.0, -99.0, 999.0], "e_plx": [0.1] * 3, "teff": [9999.0, -9999.0, 999.0]}
    )
    assert cell(seen, "parallax")[2].tolist() == [0, 1, 1]
    assert cell(seen, "spec_teff")[2].tolist() == [0, 1, 1]


# --- bad cells: set aside, named with what, value and remedy -------------------------------------

NUMBER = "is 'faint', which is not a number"
BAD = {
    "text": ({"Gmag": ["12.0", "faint"], "e_Gmag": [0.01, 0.01]}, NUMBER),
    "infinity": ({"Gmag": [12.0, np.inf], "e_Gmag": [0.01, 0.01]}, "is inf, which is not finite"),
    "minus infinity": ({"Gmag": [12.0, -np.inf]}, "is -inf, which is not finite"),
    "negative error": ({"Gmag": [12.0, 12.0], "e_Gmag": [0.01, -0.5]}, "is -0.5, which is nega"),
    "infinite error": ({"Gmag": [12.0, 12.0], "e_Gmag": [0.01, np.inf]}, "is inf, which is not"),
    "text in the error": ({"Gmag": [12.0, 12.0], "e_Gmag": ["0.01", "small"]}, "'small', which"),
    "flux as magnitude": ({"Gmag": [12.0, 5321.0], "e_Gmag": [0.01, 0.01]}, "is 5321 mag, out"),
    "negative flux": ({"Gmag": Column([1.0, -1.0], unit="mJy")}, "is -1, not a positive number"),
    "no luminosity": ({"Gmag": [12.0, 12.0], "Lstar": [1.0, 0.0]}, "is 0, not a positive numb"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_cell_is_named_and_set_aside(read_columns, case):
    columns, sentence = BAD[case]
    seen = read_columns(columns)
    assert len(seen) == 2
    assert list(seen.problems) == [1]
    assert sentence in seen.problems[1]
    assert "empty" in seen.problems[1] or "check" in seen.problems[1]
    name = "spec_lum" if "Lstar" in columns else "g"
    assert seen.states[:, seen.index(name)].tolist() == [State.OBSERVED, State.UNUSABLE]


def test_two_bad_cells_of_a_row_are_both_named(read_columns):
    seen = read_columns({"Gmag": ["x", "12"], "Jmag": ["y", "11"]})
    assert "'x'" in seen.problems[0]
    assert "'y'" in seen.problems[0]


def test_zero_errors_are_roundings(read_columns, cell):
    seen = read_columns({"Gmag": [6.0, 12.0], "e_Gmag": [0.0, 0.01]})
    assert cell(seen, "g")[1].tolist() == [DEFAULT_ERRORS["g"], 0.01]
    assert not seen.problems
    assert any("no error" in note for note in seen.notes)


def test_parallax_without_error_takes_gaias_usual_one(read_columns, cell):
    seen = read_columns({"plx": [6.5, 6.5, 6.5], "Gmag": [12.0, 20.0, NAN]})
    errors = cell(seen, "parallax")[1]
    assert errors[0] == pytest.approx(0.027, abs=0.002)
    assert errors[1] == pytest.approx(0.5)
    assert errors[2] == pytest.approx(0.1)
    assert any("parallax: 3 rows have no error" in note for note in seen.notes)


def test_ruwe_inflates_parallax_errors(read_columns, cell):
    seen = read_columns({"plx": [6.5] * 4, "e_plx": [0.1] * 4, "RUWE": [0.9, 2.5, NAN, -99.0]})
    np.testing.assert_allclose(cell(seen, "parallax")[1], [0.1, 0.25, 0.1, 0.1])
    assert any("1 rows are multiplied by RUWE" in note for note in seen.notes)


def test_a_wrong_unit_leaves_the_quantity_out(read_columns, cell):
    seen = read_columns({"Gmag": Column([12.0], unit="km/s"), "Jmag": [11.0]})
    assert cell(seen, "g")[2].tolist() == [State.NOT_COVERED]
    assert cell(seen, "j")[2].tolist() == [State.OBSERVED]
    assert any("g is left out: g is in km / s" in note for note in seen.notes)


def test_a_missing_unit_is_said_and_janskys_suspected(read_columns):
    seen = read_columns({"W1mag": [5000.0, 4000.0, 3000.0]})
    assert any("'W1mag' has no unit: it is read in mag (Vega)" in note for note in seen.notes)
    assert any("the unit is probably not mag" in note for note in seen.notes)
    assert sorted(seen.problems) == [0, 1, 2]


def test_an_unknown_unit_is_said(read_columns):
    column = Column([12.0])
    column.unit = u.Unit("magnitudo", parse_strict="silent")
    seen = read_columns({"Gmag": column})
    assert any("'magnitudo' that is not known" in note for note in seen.notes)


def test_unit_of_the_mapping_wins_and_must_be_one(read_columns, cell):
    def millijansky(mapping):
        mapping.choices["w1"].unit = "mJy"

    seen = read_columns({"w1": [309.54], "w1_error": [3.0]}, millijansky)
    assert cell(seen, "w1")[0][0] == pytest.approx(7.5)

    def nonsense(mapping):
        mapping.choices["w1"].unit = "furlongs"

    seen = read_columns({"w1": [309.54]}, nonsense)
    assert any("'furlongs'" in note for note in seen.notes)


def test_ab_magnitudes_become_vega(read_columns, cell):
    seen = read_columns({"Jmag": Column([10.0], unit=u.ABmag)})
    assert cell(seen, "j")[0][0] == pytest.approx(10.0 - 0.894, abs=0.01)


# --- states --------------------------------------------------------------------------------------


def test_blank_error_of_wise_is_a_limit_but_not_of_gaia(read_columns, cell):
    seen = read_columns(
        {"w4mpro": [8.5, 7.0], "w4sigmpro": [NAN, 0.1], "Gmag": [12.0, 12.0], "e_Gmag": [NAN, 0.1]}
    )
    values, errors, states = cell(seen, "w4")
    assert states.tolist() == [State.LIMIT, State.OBSERVED]
    assert values.tolist() == [8.5, 7.0]
    assert np.isnan(errors[0])
    assert cell(seen, "g")[2].tolist() == [State.OBSERVED] * 2
    own = read_columns({"w4": [8.5, 7.0], "w4_error": [NAN, 0.1]})
    assert cell(own, "w4")[2].tolist() == [State.OBSERVED] * 2


def test_not_detected_without_a_magnitude(read_columns, cell):
    columns = {"W4mag": [NAN, 8.2, NAN, 7.0], "e_W4mag": [NAN, NAN, NAN, 0.1],
               "f_W4mag": ["nodet", "nodet", "nodet/unres", ""]}  # fmt: skip
    seen = read_columns(columns)
    values, _, states = cell(seen, "w4")
    assert states.tolist() == [2, 2, 3, 0]
    assert values[:2].tolist() == [DEFAULT_LIMITS["w4"], 8.2]
    assert any("w4: 1 rows are flagged as not detected" in note for note in seen.notes)

    def none(mapping):
        mapping.limits = "none"

    assert cell(read_columns(columns, none), "w4")[2].tolist() == [1, 2, 3, 0]


def test_out_with_a_number_is_still_out(read_columns, cell):
    seen = read_columns({"3.6mag": [9.0], "e_3.6mag": [0.1], "f_3.6mag": ["out"]})
    assert cell(seen, "i1")[2].tolist() == [State.NOT_COVERED]
    assert np.isnan(cell(seen, "i1")[0][0])


def test_unknown_flag_word_is_said(read_columns, cell):
    seen = read_columns({"W1mag": [9.0], "e_W1mag": [0.1], "f_W1mag": ["moon"]})
    assert cell(seen, "w1")[2].tolist() == [State.OBSERVED]
    assert any("'moon'" in note for note in seen.notes)


def test_quality_letters(read_columns, cell):
    seen = read_columns({"w1mpro": [9.0], "w1sigmpro": [0.1], "w4mpro": [8.0],
                         "w4sigmpro": [0.3], "ph_qual": ["AAAU"]})  # fmt: skip
    assert cell(seen, "w1")[2].tolist() == [State.OBSERVED]
    assert cell(seen, "w4")[2].tolist() == [State.LIMIT]


def test_star_without_any_band_stays(read_columns):
    seen = read_columns({"Gmag": [NAN, 12.0], "Jmag": [NAN, 11.0]})
    assert len(seen) == 2
    assert not seen.used[0].any()
    assert seen.used[1].sum() == 2


def test_no_rows(quantities):
    table = read_table(b"phot_g_mean_mag,parallax\n")
    seen = to_observations(table, guess_mapping(table, quantities), quantities)
    assert seen.values.shape == (0, len(quantities))


def test_quantity_tables_and_positions(quantities):
    table = QTable({"Gmag": [12.0] * u.mag, "ra": [4.0] * u.hourangle, "dec": [-37.0] * u.deg})
    seen = to_observations(table, guess_mapping(table, quantities), quantities)
    np.testing.assert_allclose(seen.coordinates, [[60.0, -37.0]])
    texts = Table(
        {"Gmag": [12.0] * 3, "RA": ["15:39:27.753", "", "x"], "Dec": ["-34:46:17.577"] * 3}
    )
    seen = to_observations(texts, guess_mapping(texts, quantities), quantities)
    np.testing.assert_allclose(seen.coordinates[0], [234.8656375, -34.7715492])
    assert np.isnan(seen.coordinates[1:]).all()
    assert any("1 positions in 'RA'" in note for note in seen.notes)


def test_identifiers(quantities):
    table = Table(
        {"Gaia": MaskedColumn([6728162648254144128, 1], mask=[0, 1]), "Gmag": [1.0, 2.0]}
    )
    seen = to_observations(table, guess_mapping(table, quantities), quantities)
    assert seen.identifiers.tolist() == ["6728162648254144128", "row 2"]
    bare = Table({"Gmag": [1.0, 2.0]})
    assert to_observations(bare, guess_mapping(bare, quantities), quantities).identifiers[1] == "2"


def test_mapping_must_fit_the_table(quantities):
    mapping = ColumnMapping.from_toml("[quantities.g]\nvalue = 'Gmga'")
    with pytest.raises(TableError, match="nearest are 'Gmag'"):
        to_observations(Table({"Gmag": [1.0]}), mapping, quantities)


def test_a_million_cells_take_little_time(quantities):
    rng = np.random.default_rng(0)
    table = Table(
        {name: rng.uniform(1, 20, 200_000) for name in ("Gmag", "e_Gmag", "W1mag", "plx")}
    )
    start = time.perf_counter()
    seen = to_observations(table, guess_mapping(table, quantities), quantities)
    assert len(seen) == 200_000
    assert time.perf_counter() - start < 30


def test_observations_as_a_table_and_back(catalogue, read_columns, quantities):
    seen = read_columns(catalogue).ignoring(["parallax"])
    table = read_table(table_bytes(observations_table(seen), "ecsv"))
    again = to_observations(table, guess_mapping(table, quantities), quantities)
    np.testing.assert_allclose(again.values, seen.values)
    np.testing.assert_allclose(again.errors, seen.errors)
    np.testing.assert_array_equal(again.states, seen.states)
    assert again.identifiers.tolist() == seen.identifiers.tolist()
    np.testing.assert_allclose(again.coordinates, seen.coordinates)


# --- one star by hand ----------------------------------------------------------------------------


def test_from_mapping(quantities, cell):
    seen = from_mapping(
        {"g": 12.1, "g_error": 0.02, "w4": 8.0, "w4_state": "limit", "plx": 6.6 * u.mas,
         "j": None, "h_state": State.UNUSABLE, "h": 11.0, "2MASS": "182", "nonsense": [1]},
        quantities,
    )  # fmt: skip
    assert len(seen) == 1
    assert [array[0] for array in cell(seen, "g")] == [12.1, 0.02, State.OBSERVED]
    assert cell(seen, "w4")[2][0] == State.LIMIT
    assert cell(seen, "h")[2][0] == State.UNUSABLE
    assert cell(seen, "j")[2][0] == State.NOT_COVERED
    assert cell(seen, "parallax")[0][0] == 6.6
    assert seen.identifiers.tolist() == ["182"]


def test_from_mapping_agrees_with_the_table(catalogue, quantities, read_columns):
    table = read_columns(catalogue)
    for index in range(len(catalogue)):
        row = {name: catalogue[name][index] for name in catalogue.colnames}
        single = from_mapping(row, quantities)
        np.testing.assert_allclose(single.values[0], table.values[index])
        np.testing.assert_allclose(single.errors[0], table.errors[index])
        assert np.array_equal(single.states[0], table.states[index])


def test_from_mapping_with_nothing(quantities):
    assert not from_mapping({}, quantities).used.any()
    with pytest.raises(TableError, match="Names that would work"):
        from_mapping({"colour": 1.0}, quantities)
    with pytest.raises(TableError, match="one number was expected"):
        from_mapping({"g": [1.0, 2.0]}, quantities)


def test_from_mapping_with_a_bad_value(quantities):
    assert "'x'" in from_mapping({"g": "x"}, quantities).problems[0]
    assert "inf" in from_mapping({"g": np.inf}, quantities).problems[0]
    assert "negative" in from_mapping({"g": 1.0, "g_error": -1.0}, quantities).problems[0]
