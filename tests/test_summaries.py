"""Rows of results from draws."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.draws import Draws
from astroviz.io.observations import Observations, Quantity, State
from astroviz.summaries import column_names, columns_of_rows, row_seed, status

QUANTITIES = (
    Quantity("parallax", "parallax", "mas", "Gaia", "parallax"),
    Quantity("g", "G", "mag", "Gaia"),
    Quantity("w4", "W4", "mag", "WISE"),
)


def observations(states, problems=None):
    states = np.array(states, dtype=np.int8)
    values = np.where(states == State.NOT_COVERED, np.nan, 10.0)
    return Observations(
        QUANTITIES,
        values,
        values * 0.01,
        states,
        np.arange(len(states)).astype(str),
        np.full((len(states), 2), np.nan),
        problems or {},
    )


def draws(seed=0, shift=0.0):
    values = np.random.default_rng(seed).normal(shift, 1, (1000, 2)).astype(np.float32)
    extras = {"p_young": np.array(0.75), "ood_score": np.array(0.1)}
    return Draws(values=values, names=("a", "b"), units=("", ""), seed=seed, extras=extras)


def test_columns_come_in_the_promised_order_with_right_values():
    answers = [draws(0), draws(1, shift=5.0)]
    columns = columns_of_rows(answers, ["ok", "no data"], ["a", "b"], ["x", "y"])
    assert list(columns) == column_names(["a", "b"], identifier=True)
    np.testing.assert_allclose(columns["a_q50"][1], np.median(answers[1]["a"]), rtol=1e-5)
    np.testing.assert_allclose(columns["b_mean"], [d["b"].mean() for d in answers], atol=1e-5)
    np.testing.assert_allclose(columns["b_std"], [d["b"].std() for d in answers], rtol=1e-4)
    spans = [columns[f"a_{name}"] for name in ("q025", "q16", "q50", "q84", "q975")]
    assert (np.diff(np.stack(spans), axis=0) > 0).all()
    np.testing.assert_allclose(columns["p_young"], 0.75)
    assert np.isnan(columns["p_disk"]).all()
    assert list(columns["status"]) == ["ok", "no data"]


def test_draws_without_the_parameter_do_not_count():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(999, 2)).astype(np.float32)
    values[rng.uniform(size=999) < 0.4, 0] = np.nan
    values[:, 1] = np.nan
    answer = Draws(values=values, names=("a", "b"), units=("", ""))
    columns = columns_of_rows([answer], ["ok"], ["a", "b"])
    some = values[np.isfinite(values[:, 0]), 0].astype(float)
    for name, level in (("q025", 0.025), ("q16", 0.16), ("q50", 0.5), ("q975", 0.975)):
        np.testing.assert_allclose(columns[f"a_{name}"], np.quantile(some, level), rtol=1e-5)
    np.testing.assert_allclose(columns["a_mean"], some.mean(), rtol=1e-5)
    np.testing.assert_allclose(columns["a_std"], some.std(), rtol=1e-5)
    assert np.isnan(columns["b_q50"]).all()
    assert np.isnan(columns["b_mean"]).all()


def test_samples_are_kept_on_request():
    columns = columns_of_rows([draws()], ["ok"], ["a", "b"], keep_samples=True)
    assert columns["a"].shape == (1, 1000)
    assert list(columns)[-2:] == ["a", "b"]


def test_a_table_of_no_rows_has_all_columns():
    columns = columns_of_rows([], [], ["a", "b"], [], keep_samples=True)
    assert list(columns) == column_names(["a", "b"], identifier=True, keep_samples=True)
    assert all(len(values) == 0 for values in columns.values())


SEEN, GAP = State.OBSERVED, State.NOT_COVERED


@pytest.mark.parametrize(
    ("states", "extrapolated", "expected"),
    [
        ([SEEN, SEEN, GAP], False, "ok"),
        ([SEEN, SEEN, GAP], True, "ok: extrapolated"),
        ([GAP, GAP, State.LIMIT], False, "ok"),
        ([GAP, GAP, GAP], False, "no data"),
        ([GAP, State.UNUSABLE, State.IGNORED], True, "no data"),
        ([SEEN, GAP, GAP], False, "no data"),  # a parallax says where, not what
    ],
)
def test_status_of_a_row(states, extrapolated, expected):
    assert status(observations([states]), 0, extrapolated) == expected


def test_bad_input_comes_first_and_says_why():
    table = observations([[GAP, GAP, GAP], [SEEN, SEEN, SEEN]], {0: "g is 'bright', no number"})
    assert status(table, 0, True) == "bad input: g is 'bright', no number"
    assert status(table, 1, False) == "ok"


def test_the_seed_of_a_row_depends_on_its_content_only():
    table = observations([[SEEN, SEEN, GAP], [SEEN, SEEN, SEEN], [SEEN, SEEN, GAP]])
    assert row_seed(table, 0, 7) == row_seed(table, 2, 7)
    assert row_seed(table, 0, 7) != row_seed(table, 1, 7)
    assert row_seed(table, 0, 7) != row_seed(table, 0, 8)
    assert 0 <= row_seed(table, 0, 7) < 2**63


def test_a_model_says_its_own_scores():
    draws = Draws(np.ones((4, 1)), ("a",), ("",), extras={"ood_score": np.array(0.5)})
    found = columns_of_rows([draws], ["ok"], ["a"], scores=("ood_score",))
    assert list(found) == column_names(["a"], scores=("ood_score",))
    assert "p_young" not in found
    assert found["ood_score"][0] == 0.5
