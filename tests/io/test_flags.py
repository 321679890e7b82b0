"""Flag words, quality letters and written states."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.io.flags import NO_FLAG, WORDS, quality_states, state_codes, word_states
from astroviz.io.observations import State

CASES = {
    "": NO_FLAG, "out": State.NOT_COVERED, "nodet": State.LIMIT, "sat": State.UNUSABLE,
    "bl": State.UNUSABLE, "bin": State.UNUSABLE, "err": State.UNUSABLE, "ext": State.UNUSABLE,
    "unres": State.UNUSABLE, "false": State.UNUSABLE, "off": State.UNUSABLE,
    "diff": State.UNUSABLE, "nodet/unres": State.UNUSABLE, "false/nodet": State.UNUSABLE,
    "nodet/ext": State.UNUSABLE, "false/off": State.UNUSABLE, "NODET": State.LIMIT,
    "out, sat": State.UNUSABLE, "out/nodet": State.LIMIT, ">": State.LIMIT, "A": NO_FLAG,
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), CASES.items())
def test_words_of_the_census(text, wanted):
    codes, unknown = word_states(np.array([text]))
    assert codes.tolist() == [wanted]
    assert not unknown


def test_unknown_words_are_told_and_can_be_taught():
    codes, unknown = word_states(np.array(["cosmic", "sat/cosmic"]))
    assert codes.tolist() == [NO_FLAG, State.UNUSABLE]
    assert unknown == {"cosmic"}
    codes, unknown = word_states(np.array(["Cosmic", "bl"]), {"cosmic": State.LIMIT})
    assert codes.tolist() == [State.LIMIT, State.UNUSABLE]
    assert not unknown


def test_quality_letters():
    texts = np.array(["AAUX", "ABCZ", "", "A"])
    codes, unknown = quality_states(texts, 2)
    assert codes.tolist() == [State.LIMIT, NO_FLAG, NO_FLAG, NO_FLAG]
    codes, unknown = quality_states(texts, 3)
    assert codes.tolist() == [State.UNUSABLE, State.UNUSABLE, NO_FLAG, NO_FLAG]
    assert not unknown
    assert quality_states(np.array(["Q"]), 0)[1] == {"Q"}


def test_written_states():
    texts = np.array(["limit", "Not Covered", "2", "observed", "", "4.0", "State.UNUSABLE", "?"])
    codes, unknown = state_codes(texts)
    assert codes.tolist() == [2, 1, 2, 0, NO_FLAG, 4, 3, NO_FLAG]
    assert unknown == {"?"}


def test_every_word_is_lower_case():
    assert all(word == word.lower() for word in WORDS)
