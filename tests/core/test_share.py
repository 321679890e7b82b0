"""The state of a view in a link."""

from __future__ import annotations

import pytest

from astroviz.core.share import LONGEST, from_query, to_query


def test_a_state_comes_back_from_its_link():
    state = {"sigma": 0.35, "group": "D2", "folded": True, "nothing": [], "names": ["a", "b"]}
    query = to_query(state, lists=["names"])
    assert from_query(query, lists=["names"]) == state
    assert from_query("?" + query, lists=["names"]) == state


def test_what_is_none_is_left_out_and_what_is_no_json_is_text():
    assert to_query({"row": None, "source": "12"}) == "source=12"
    assert from_query("source=12&group=D2&sigma=0.5", texts=["source"]) == {
        "source": "12",
        "group": "D2",
        "sigma": 0.5,
    }


@pytest.mark.parametrize("kept", ["short", "long"])
def test_bulky_values_are_dropped_only_when_the_link_would_break(kept):
    value = "1" * (LONGEST + 1 if kept == "long" else 10)
    query = to_query({"seed": 1, "selection": value}, bulky=["selection"])
    assert ("selection" in query) == (kept == "short")
    assert "seed=1" in query
