"""Draws: names, units, tables and data sets."""

from __future__ import annotations

import numpy as np
import pytest
from astropy import units as u

from astroviz.core.draws import Draws, join
from astroviz.core.request import Chunk

NAMES = ("log_age", "a_v", "r_v")
UNITS = ("log10 yr", "mag", "")


@pytest.fixture
def draws():
    values = np.random.default_rng(5).normal(size=(40, 3))
    extras = {"p_young": np.float32(0.25), "class_probabilities": np.arange(4) / 6}
    return Draws(values, NAMES, UNITS, seed=7, extras={**extras, "weight": np.arange(40.0)})


def test_a_column_by_name(draws):
    assert draws.values.dtype == np.float32
    assert len(draws) == 40
    np.testing.assert_array_equal(draws["a_v"], draws.values[:, 1])
    np.testing.assert_array_equal(draws[["r_v", "log_age"]], draws.values[:, [2, 0]])
    assert draws.unit("log_age") == "log10 yr"
    assert "a_v" in draws
    assert "age" not in draws


def test_an_unknown_name_raises_and_lists_the_names(draws):
    with pytest.raises(KeyError, match=r"'age'.*log_age, a_v, r_v"):
        draws["age"]


def test_iterating_is_refused_because_it_could_mean_two_things(draws):
    with pytest.raises(TypeError):
        iter(draws)


@pytest.mark.parametrize(
    ("values", "names", "units", "said"),
    [
        (np.zeros(3), NAMES, UNITS, r"\(n, 3\)"),
        (np.zeros((4, 2)), NAMES, UNITS, r"\(4, 2\)"),
        (np.zeros((4, 3)), NAMES, ("mag",), "1 units for 3"),
        (np.zeros((4, 2)), ("a", "a"), ("", ""), "differ"),
    ],
)
def test_draws_that_do_not_fit_their_names_are_refused(values, names, units, said):
    with pytest.raises(ValueError, match=said):
        Draws(values, names, units)


def test_table_has_units_and_the_rest(draws):
    table = draws.to_table()
    assert table.colnames == [*NAMES, "weight"]
    assert table["a_v"].unit == u.mag
    assert table["a_v"].dtype == np.float32
    assert table["r_v"].unit == u.dimensionless_unscaled
    np.testing.assert_allclose(
        table["log_age"].physical.to_value(u.yr), 10 ** draws["log_age"], rtol=1e-5
    )
    assert table.meta["seed"] == 7
    assert table.meta["p_young"] == 0.25
    assert table.meta["class_probabilities"] == pytest.approx([0, 1 / 6, 1 / 3, 1 / 2])


def test_table_survives_a_file(draws, tmp_path):
    table = draws.to_table()
    table.write(tmp_path / "draws.ecsv")
    again = type(table).read(tmp_path / "draws.ecsv")
    assert again["log_age"].unit == u.dex(u.yr)
    np.testing.assert_allclose(again["a_v"].value, draws["a_v"], rtol=1e-6)
    assert again.meta["seed"] == 7


def test_dataset_has_one_chain(draws):
    dataset = draws.to_xarray()
    assert dict(dataset.sizes) == {"chain": 1, "draw": 40}
    np.testing.assert_array_equal(dataset["a_v"].values[0], draws["a_v"])
    assert dataset["a_v"].attrs["units"] == "mag"
    assert dataset.attrs["seed"] == 7
    assert dataset.attrs["p_young"] == 0.25
    assert dataset["weight"].dims == ("chain", "draw")


def test_joined_chunks_keep_their_order_and_extras():
    first = Chunk(np.zeros((2, 1), np.float32), {"w": np.array([1, 2])}, {"p": np.array(0.1)})
    second = Chunk(np.ones((1, 1), np.float32), {"w": np.array([3])}, {"p": np.array(0.2)})
    draws = join([first, second], ("a",), ("",), seed=3)
    assert draws["a"].tolist() == [0, 0, 1]
    assert draws.extras["w"].tolist() == [1, 2, 3]
    assert draws.extras["p"] == 0.2
    assert draws.seed == 3


def test_no_chunks_are_no_draws():
    assert join([], ("a", "b"), ("", ""), 0).values.shape == (0, 2)


def test_shared_draws_cannot_be_written_into(draws):
    shared = draws.frozen()
    with pytest.raises(ValueError, match="read-only"):
        shared.values[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        shared.extras["weight"][0] = 1.0
    draws.values[0, 0] = 1.0
    assert draws.nbytes() >= 40 * 3 * 4 + 40 * 8
