"""The trap gallery without a page: who notices what, and what is told of it."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.explorer import AccuracyExplorer
from astroviz.accuracy.traps_picture import MASSES, trap_picture
from astroviz.accuracy.traps_power import half_size
from astroviz.accuracy.traps_run import FOUND, HEAVY, LIGHT, Found, Question, caught, fits
from astroviz.accuracy.traps_words import BRIEF, HEADS, LESSONS, SHORT, written_p


@pytest.fixture
def explorer():
    return AccuracyExplorer(view="traps")


def who_notices(trap, size, checks, count=300, seed=0):
    question = Question(trap, size, count, seed)
    found = {name: FOUND.run(question, name) for name in checks if fits(trap)[name]}
    return set(caught(found)), set(found)


def test_references_that_do_not_know_the_data_are_blind_to_the_prior():
    blind = {"sbc", "dispersion", "coverage", "tarp", "mira"}
    seeing = {"tarp_data", "mira_data", "likelihood_rank", "contraction"}
    noticed, ran = who_notices("prior", 0.9, blind | seeing)
    assert ran == blind | seeing
    assert noticed == seeing


def test_each_trap_is_noticed_by_some_and_passed_by_others():
    pairs = {
        "biased": ("sbc", "contraction"), "narrow": ("dispersion", "contraction"),
        "wide": ("coverage", "contraction"), "correlation": ("correlation", "sbc"),
        "prior": ("likelihood_rank", "tarp"), "hpd": ("correlation", "coverage"),
        "regime": ("regimes", "sbc"), "permuted": ("coverage", "sbc"),
        "lost": ("coverage", "likelihood_rank"),
    }  # fmt: skip
    assert list(pairs) == list(DEFECTS)
    for trap, (sees, misses) in pairs.items():
        noticed, _ = who_notices(trap, 0.9, (sees, misses))
        assert noticed == {sees}, trap


def test_nothing_is_noticed_where_nothing_is_wrong():
    for trap in ("narrow", "prior", "hpd", "regime", "permuted"):
        question = Question(trap, 0.0, 300, 0)
        names = ("sbc", "coverage", "tarp", "likelihood_rank")
        found = {name: FOUND.run(question, name) for name in names}
        assert not caught(found, 0.004)


def test_work_is_done_in_pieces_and_the_chosen_check_comes_first(explorer):
    explorer.param.update(traps_trap="wide", traps_check="tarp", traps_size=0.37, seed=5)
    missing = explorer.traps_missing()
    assert missing[0] == (Question("wide", 0.37, 300, 5), "tarp")
    assert len(missing) == len(set(missing)) == sum(fits(t)[n] for t in DEFECTS for n in LIGHT)
    left = explorer.traps_asking()()
    assert left < len(missing)
    assert explorer.traps_outcome().check == "tarp"
    assert len(explorer.traps_missing()) == left
    matrix = explorer.traps_matrix()
    row, column = matrix.checks.index("tarp"), matrix.traps.index("wide")
    assert matrix.states[row][column] in ("caught", "missed")
    assert matrix.texts[row][column]
    assert {state for row in matrix.states for state in row} >= {"wait", "ask", "no"}


def test_outcomes_are_kept_and_the_oldest_forgotten():
    found = Found(kept=2)
    questions = [Question("narrow", 0.1, 100, k) for k in range(3)]
    first = found.run(questions[0], "sbc")
    assert found.run(questions[0], "sbc") is first
    for question in questions[1:]:
        found.run(question, "sbc")
    assert not found.has(questions[0], "sbc")
    assert list(found.peek(questions[2])) == ["sbc"]


def test_words_follow_the_state(explorer):
    explorer.param.update(traps_trap="narrow", traps_check="sbc", traps_size=0.25)
    FOUND.run(explorer.traps_question(), "sbc")
    assert "all widths 25 % too small" in explorer.sentence()
    said = explorer.traps_numbers()
    assert "Noticed by" in said
    assert LESSONS["narrow"][:20] in said
    assert "Misses:" in said
    assert explorer.warnings() == ()
    explorer.traps_size = 0.0
    assert "false alarm" in explorer.warnings()[0]
    explorer.traps_check = HEAVY[0]
    assert "costly" in explorer.traps_numbers()


def test_presets_and_surprises_are_states_of_the_view(explorer):
    for preset in explorer.presets():
        explorer.take_preset(preset.name)
        assert explorer.preset() == preset.name
    explorer.surprise(7)
    assert explorer.state()["traps_trap"] in DEFECTS
    again = AccuracyExplorer(view="traps")
    assert again.from_query(explorer.to_query()) == ()
    assert again.state() == explorer.state()


def test_the_table_has_a_row_for_each_known_outcome(explorer):
    explorer.param.update(traps_size=0.61, traps_count=100, seed=9)
    assert len(explorer.traps_table()) == 0
    FOUND.run(explorer.traps_question("biased"), "sbc")
    (row,) = explorer.traps_table()
    assert (row["trap"], row["check"], bool(row["caught"])) == ("biased", "sbc", True)


@pytest.mark.parametrize("name", DEFECTS)
def test_pictures_bound_the_masses_that_they_say(name):
    one = trap_picture(name, 0.4)
    for density, levels in ((one.true, one.true_levels), (one.claimed, one.claimed_levels)):
        for mass, level in zip(MASSES, levels, strict=True):
            inside = density[density >= level].sum() / density.sum()
            assert inside == pytest.approx(mass, abs=0.02)
    assert one.axis[0] < one.truth.min()
    assert one.truth.max() < one.axis[-1]


def test_a_claim_that_is_too_sure_is_drawn_smaller():
    one = trap_picture("narrow", 0.3)
    area = (one.claimed >= one.claimed_levels[1]).sum() / (one.true >= one.true_levels[1]).sum()
    assert area == pytest.approx(0.7**2, rel=0.1)


def test_the_size_noticed_half_of_the_time_is_between_the_sizes():
    sizes = np.array([0.1, 0.2, 0.4])
    assert half_size(sizes, np.array([0.2, 0.4, 0.8])) == pytest.approx(0.25)
    assert np.isnan(half_size(sizes, np.array([0.1, 0.2, 0.3])))
    assert np.isinf(half_size(sizes, np.full(3, np.nan)))


def test_everything_has_its_words():
    assert set(LESSONS) == set(BRIEF) == set(HEADS) == set(DEFECTS)
    assert set(SHORT) == set(LIGHT) | set(HEAVY)
    assert [written_p({"p_value": p}) for p in (1e-9, 0.004, 0.3, np.nan)] == [
        "<.001", ".004", "0.30", "",
    ]  # fmt: skip
    for words in BRIEF.values():
        assert 3 < len(words(0.5)) < 24
