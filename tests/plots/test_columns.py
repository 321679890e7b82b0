"""What is written into sources travels: little, once, within the message."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bokeh.core.serialization import Deserializer, Serializer
from bokeh.models import ColumnDataSource

from astroviz.plots.columns import Inline, as_column, put


@pytest.fixture
def source():
    return ColumnDataSource({"x": as_column([1, 2, np.nan]), "name": ["a", "b", "c"]})


@pytest.fixture
def written(source):
    """Each time that the source was written."""
    times = []
    source.on_change("data", lambda attr, old, new: times.append(1))
    return times


def test_a_small_column_travels_within_its_message():
    column = as_column([0.1, np.nan, -3e8])
    assert isinstance(column, Inline)
    message = Serializer().serialize({"x": column})
    assert not message.buffers
    again = Deserializer().deserialize(json.loads(json.dumps(message.content)))["x"]
    assert again.dtype == np.float32
    np.testing.assert_array_equal(again, column)


def test_a_large_column_travels_as_it_is():
    message = Serializer().serialize({"x": as_column(np.zeros(100_000))})
    assert len(message.buffers) == 1


def test_what_is_held_already_is_not_written_again(source, written):
    put(source, {"x": as_column([1, 2, np.nan]), "name": ["a", "b", "c"]})
    assert written == []


@pytest.mark.parametrize(
    "data",
    [
        {"x": as_column([1, 2, 3]), "name": ["a", "b", "c"]},
        {"x": as_column([1, 2, np.nan]), "name": ["a", "b", "d"]},
        {"x": as_column([1, 2]), "name": ["a", "b"]},
        {"x": as_column([1, 2, np.nan])},
    ],
)
def test_what_is_new_is_written(source, written, data):
    put(source, data)
    assert written == [1]
    assert source.data.keys() == data.keys()


def test_nested_columns_are_compared_to_the_bottom():
    def rings(last):
        return [[[as_column([0, 1, 2])], [as_column([5, last])]], []]

    source = ColumnDataSource({"xs": rings(6)})
    held = source.data["xs"]
    put(source, {"xs": rings(6)})
    assert source.data["xs"] is held
    put(source, {"xs": rings(7)})
    assert source.data["xs"] is not held
