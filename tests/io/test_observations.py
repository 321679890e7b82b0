"""The table of observations: rows, switches, cells, sums."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.io import Observations, State, from_mapping


@pytest.fixture
def seen(catalogue, read_columns):
    table = catalogue.copy()
    table["parallax_error"][4] = -1
    return read_columns(table)


def test_row_and_select(seen):
    assert len(seen.row(4)) == 1
    assert list(seen.row(4).problems) == [0]
    assert seen.row(-1).identifiers[0] == seen.identifiers[5]
    chosen = seen.select([5, 4, 4])
    assert sorted(chosen.problems) == [1, 2]
    np.testing.assert_array_equal(chosen.values, seen.values[[5, 4, 4]])
    mask = np.arange(6) > 3
    assert seen.select(mask).identifiers.tolist() == seen.identifiers[mask].tolist()
    assert len(seen.select([])) == 0
    with pytest.raises(IndexError, match="the table has 6 rows"):
        seen.row(6)


def test_ignoring_switches_off_only_what_is_there(seen):
    off = seen.ignoring(["g", "w1"])
    assert off.states[0, off.index("g")] == State.IGNORED
    assert off.states[2, off.index("g")] == State.NOT_COVERED
    assert off.states[3, off.index("w1")] == State.UNUSABLE
    assert off.used[0].sum() == seen.used[0].sum() - 1
    assert seen.states[0, seen.index("g")] == State.OBSERVED
    with pytest.raises(KeyError, match="no quantity named 'v'"):
        seen.ignoring(["v"])


def test_with_value(seen):
    changed = seen.with_value("j", 10.5, 0.02, row=1)
    index = seen.index("j")
    assert changed.values[1, index] == 10.5
    assert changed.states[1, index] == State.OBSERVED
    assert np.isnan(seen.values[1, index])
    limit = changed.with_value("j", state=State.LIMIT, row=1)
    assert limit.values[1, index] == 10.5
    assert np.isnan(limit.errors[1, index])


def test_concatenate(seen, quantities):
    both = Observations.concatenate([seen, seen.row(4), from_mapping({"g": 12.0}, quantities)])
    assert len(both) == 8
    assert sorted(both.problems) == [4, 6]
    assert len(set(both.notes)) == len(both.notes)
    with pytest.raises(ValueError, match="at least one"):
        Observations.concatenate([])
    with pytest.raises(ValueError, match="different quantities"):
        Observations.concatenate([seen, from_mapping({"g": 1.0}, quantities[:3])])
