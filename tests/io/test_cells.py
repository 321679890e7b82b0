"""Numbers, gaps and texts of single columns, also by properties."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.table import Column, MaskedColumn
from hypothesis import given
from hypothesis import strategies as st

from astroviz.io.cells import read_numbers, read_texts, unit_of
from astroviz.io.depths import GAP_CODES

# Magnitudes as catalogues print them, none of which is a code.
real = st.floats(-5, 35, allow_nan=False).map(lambda x: round(x, 3))
gap = st.sampled_from([np.nan, *GAP_CODES])
blank = st.sampled_from(["", " ", "--", "nan", "NaN", "NULL", "None", "n/a", "-", "..."])


@given(st.lists(st.tuples(st.booleans(), real, gap), min_size=1, max_size=40))
@pytest.mark.parametrize("dtype", [np.float64, np.float32, ">f8"])
def test_codes_are_gaps_and_numbers_stay(dtype, cells):
    hidden = np.array([is_gap for is_gap, _, _ in cells])
    values = np.array([g if is_gap else r for is_gap, r, g in cells], dtype=dtype)
    numbers = read_numbers(Column(values), GAP_CODES)
    assert np.array_equal(np.isnan(numbers.values), hidden)
    assert np.array_equal(numbers.values[~hidden], values[~hidden].astype(float))
    assert not numbers.bad


@given(st.lists(st.tuples(st.booleans(), real, blank), min_size=1, max_size=40))
def test_texts_give_the_same_numbers(cells):
    hidden = np.array([is_gap for is_gap, _, _ in cells])
    texts = [text if is_gap else f" {value} " for is_gap, value, text in cells]
    numbers = read_numbers(Column(texts))
    assert np.array_equal(np.isnan(numbers.values), hidden)
    assert numbers.values[~hidden].tolist() == [value for is_gap, value, _ in cells if not is_gap]


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_mask_hides_whatever_is_below(mask):
    numbers = read_numbers(MaskedColumn(np.full(len(mask), 12.5), mask=mask))
    assert np.array_equal(np.isnan(numbers.values), mask)
    texts = read_numbers(MaskedColumn(["x"] * len(mask), mask=mask))
    assert sorted(texts.bad) == [i for i, hidden in enumerate(mask) if not hidden]


def test_text_infinity_and_limits():
    numbers = read_numbers(Column(["12.5", "bright", ">15.2", "inf", "\N{MINUS SIGN}1.5"]))
    assert numbers.bad == {1: "bright"}
    assert numbers.beyond.tolist() == [False, False, True, False, False]
    assert numbers.values[2] == 15.2
    assert np.isinf(numbers.values[3])
    assert numbers.values[4] == -1.5


def test_bytes_objects_and_many_numbers_per_cell():
    assert read_numbers(Column(np.array([b"1.5", b""]))).values[0] == 1.5
    assert read_numbers(Column(np.array([1.5, None, "x"], dtype=object))).bad == {2: "x"}
    assert "numbers in one cell" in read_numbers(Column(np.ones((2, 3)))).bad[1]


def test_texts_and_units():
    assert read_texts(MaskedColumn([1, 2], mask=[0, 1])).tolist() == ["1", ""]
    assert read_texts(Column(["--", " a "])).tolist() == ["", "a"]
    assert unit_of(Column([1.0], unit="mJy")) == u.mJy
    assert unit_of(Column([1.0])) is None
    assert unit_of(Column([1.0], unit=u.Unit("furlongs", parse_strict="silent"))) is None
