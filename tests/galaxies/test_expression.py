"""Expressions of columns against numpy, and what must never get through."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.core.draws import Draws
from astroviz.galaxies.expression import LONGEST, Expression, evaluate, subset
from astroviz.galaxies.parameters import GalaxyError

RNG = np.random.default_rng(0)
T = {name: RNG.normal(size=200) for name in ("log_mass", "u_v", "v_j", "redshift")}
M, U, V, Z = T["log_mass"], T["u_v"], T["v_j"], T["redshift"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log_mass > 0.2", M > 0.2),
        ("u_v - v_j > 0.1 and log_mass < 1", (U - V > 0.1) & (M < 1)),
        ("(u_v > 0) & (v_j > 0) | ~(redshift > 0)", (U > 0) & (V > 0) | ~(Z > 0)),
        ("not u_v > 0 or 0 < log_mass <= 1", ~(U > 0) | ((M > 0) & (M <= 1))),
        ("abs(u_v) ** 2 + hypot(v_j, redshift) >= pi / 3", U**2 + np.hypot(V, Z) >= np.pi / 3),
        ("where(u_v > 0, log_mass, -v_j) < 0.3", np.where(U > 0, M, -V) < 0.3),
        ("min(u_v, v_j) == u_v", np.minimum(U, V) == U),
        ("True and u_v > 0", U > 0),
    ],
)
def test_a_subset_is_what_numpy_says(text, expected):
    assert np.array_equal(subset(text, T), expected)


def test_numbers_are_columns_too():
    assert np.allclose(evaluate("log10(10 ** log_mass) + 2 * u_v % 3", T), M + np.mod(2 * U, 3))
    assert evaluate("1 + 1", T).tolist() == 2.0
    assert Expression("u_v - v_j > 0.88 * (v_j + u_v)").names == ("u_v", "v_j")


def test_draws_and_mappings_of_lists_serve():
    draws = Draws(np.array([[1.0, 2.0], [3.0, 1.0]]), ("u_v", "v_j"), ("mag", "mag"))
    assert subset("u_v > v_j", draws).tolist() == [False, True]
    assert subset("a > 1", {"a": [1, 2]}).tolist() == [False, True]


def test_what_has_no_answer_is_in_no_subset():
    found = evaluate("log10(u_v)", T)
    assert np.array_equal(np.isnan(found), U < 0)
    assert not subset("log10(u_v) > -99 or log10(u_v) < -99", T)[U < 0].any()
    assert subset("1 / 0 * u_v > 1", T).dtype == bool


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "(lambda: 1)()",
        "u_v.__class__",
        "u_v[0] > 1",
        "[x for x in u_v]",
        "open('x')",
        "exec('1')",
        "log10.__globals__",
        "'a' == 'a'",
        "u_v if u_v > 1 else 2",
        "(u_v := 3) > 1",
        "f'{u_v}'",
        "log10(x=1)",
        "log10(*u_v)",
        "u_v in v_j",
        "u_v @ v_j",
        "1j * u_v > 0",
    ],
)
def test_nothing_of_python_gets_through(text):
    with pytest.raises(GalaxyError):
        subset(text, T)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("log_mass >", "cannot be read at character"),
        ("log_mass = 10", "compare with =="),
        ("log_mas > 10", "did you mean log_mass"),
        ("age > 10", "there is no column 'age'; there is log_mass"),
        ("log_mass + 1", "no yes or no"),
        ("log_mass & u_v > 1", "brackets"),
        ("median(log_mass) > 1", "no function median; there is abs"),
        ("log10(u_v, 2) > 1", "log10 takes 1 values, not 2"),
        ("3 > 2", "names no column"),
        ("u_v > " + "0" * LONGEST, "characters"),
        ("-" * 60 + "u_v > 0", "nested too deeply"),
    ],
)
def test_a_mistake_is_told_with_the_place(text, words):
    with pytest.raises(GalaxyError, match=words.replace("(", r"\(")):
        subset(text, T)


def test_a_power_of_powers_ends_at_once():
    assert np.isinf(evaluate("9 ** 9 ** 9 ** 9 + u_v", T)).all()


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(GalaxyError, match="different lengths"):
        subset("a > b", {"a": np.ones(3), "b": np.ones(4)})
