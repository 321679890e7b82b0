"""Which models can be put on trial, in what parts, and what is said where there is none."""

from __future__ import annotations

import pytest

from astroviz.core.registry import list_models
from astroviz.core.trials import (
    FIRST_PART,
    NoTrialError,
    cases,
    part_sizes,
    trial_parts,
    tryable,
)


@pytest.mark.parametrize("count", [1, 24, 25, 26, 300, 5000])
def test_parts_hold_every_object_once_and_begin_small(count):
    sizes = part_sizes(count)
    assert sum(sizes) == count
    assert sizes[0] == min(count, FIRST_PART)
    assert max(sizes) <= 200
    assert min(sizes) >= 1


def test_every_shipped_model_has_cases_or_a_sentence():
    found = {one.name: one for one in tryable()}
    assert set(found) == {card.name for card in list_models()}
    for one in found.values():
        assert bool(one.cases) != bool(one.refusal), one.name
        assert all(words for words in one.cases.values())
    without = {name for name, one in found.items() if one.refusal}
    assert without == {
        "stars/regression", "stars/tables", "stars/spectrographs", "galaxies/emulator",
        "galaxies/tables",
    }  # fmt: skip
    assert "regression" in found["stars/regression"].refusal


def test_a_name_that_is_not_there_lists_those_that_are():
    assert next(iter(cases("stars/young"))) == "young"
    with pytest.raises(NoTrialError, match=r"'young'.*'disk'"):
        next(trial_parts("stars/young", 5, case="old"))
    with pytest.raises(NoTrialError, match="no posterior"):
        cases("stars/regression")


@pytest.mark.parametrize(("count", "draws"), [(0, 10), (5, 1)])
def test_a_trial_of_nothing_is_refused(count, draws):
    with pytest.raises(NoTrialError, match=f"not {count} and {draws}"):
        next(trial_parts("stars/npe", count, draws))
