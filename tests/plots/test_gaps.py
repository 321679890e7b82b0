from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroviz.plots.gaps import GapMap, gap_marks, gap_order, mixed_colours, pattern_codes
from astroviz.plots.surveys import SurveyBars
from astroviz.plots.theme import STATES, state_colour

LABELS = ["parallax", "G", "J", "W1"]


@pytest.fixture
def states():
    """Ten rows: six of one pattern, three of another, one of a third."""
    table = np.array([[0, 0, 0, 0]] * 6 + [[1, 1, 0, 0]] * 3 + [[0, 0, 2, 4]], dtype=np.int8)
    return table[np.random.default_rng(0).permutation(10)]


def packed(colour):
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return 255 << 24 | blue << 16 | green << 8 | red


def test_the_commonest_pattern_comes_first_and_rows_keep_their_order(states):
    order = gap_order(states)
    codes = pattern_codes(states)[order]
    assert len(set(codes[:6])) == len(set(codes[6:9])) == 1
    assert (np.diff(order[:6]) > 0).all()
    assert sorted(order) == list(range(10))


def test_other_orders(states):
    assert gap_order(states, "row").tolist() == list(range(10))
    seen = (states[gap_order(states, "quantities")] == 0).sum(1)
    assert (np.diff(seen) <= 0).all()
    with pytest.raises(ValueError, match="frequency, quantities, row"):
        gap_order(states, "colour")


@given(
    hnp.arrays(
        np.int8, st.tuples(st.integers(1, 300), st.integers(1, 6)), elements=st.integers(0, 4)
    ),
    st.integers(1, 50),
)
@settings(max_examples=60, deadline=None)
def test_no_star_is_lost_in_merging(states, lines):
    marks = gap_marks(states, lines=lines)
    assert marks.counts.sum() == states.size
    assert len(marks.starts) - 1 <= lines
    rows = np.concatenate([marks.rows(k) for k in range(len(marks.starts) - 1)])
    assert sorted(rows) == list(range(len(states)))
    for line in range(len(marks.starts) - 1):
        for code in range(len(STATES)):
            expected = (states[marks.rows(line)] == code).sum(0)
            np.testing.assert_array_equal(marks.counts[line, :, code], expected)


def test_the_note_says_what_a_line_is(states):
    assert gap_marks(states).note == "10 stars, one line each"
    assert gap_marks(states, lines=4).note == "10 stars; each line stands for 3 rows"
    assert gap_marks(states[:0]).note == "no stars"


def test_pure_cells_have_the_colour_of_their_state_and_mixed_ones_lie_between():
    counts = np.zeros((1, 3, 5), dtype=int)
    counts[0, 0, 0], counts[0, 1, 2] = 4, 4
    counts[0, 2, [0, 2]] = 2
    image = mixed_colours(counts)[0]
    assert image[0] == packed(state_colour(0))
    assert image[1] == packed(state_colour(2))
    channels = [[int(v) >> s & 255 for s in (0, 8, 16)] for v in image]
    for one, other, mixed in zip(*channels, strict=True):
        assert min(one, other) <= mixed <= max(one, other)


def test_the_picture_starts_at_the_top(states):
    plot = GapMap(LABELS, ["Gaia", "Gaia", "2MASS", "WISE"])
    plot.update(states, order=gap_order(states, "row"))
    image = plot.source.data["image"][0]
    assert image.shape == (10, 4)
    for row in range(10):
        wanted = [packed(state_colour(code)) for code in states[row]]
        assert image[9 - row].tolist() == wanted


def test_a_tap_finds_the_rows_and_the_quantity(states):
    plot = GapMap(LABELS, max_lines=5)
    plot.update(states, order=gap_order(states, "row"))
    rows, column = plot.locate(2.5, 4.5)
    assert (rows.tolist(), column) == ([0, 1], 2)
    assert plot.locate(0.1, 0.1)[0].tolist() == [8, 9]
    assert plot.locate(-0.2, 1) is None
    assert plot.locate(1, 6) is None


def test_selection_and_current_row_mark_their_lines(states):
    plot = GapMap(LABELS, max_lines=5)
    plot.update(states, order=gap_order(states, "row"))
    plot.select([0, 1, 9, 400], current=3)
    assert plot.chosen.data["y"].tolist() == [4.5, 0.5]
    assert plot.here.data["y"].tolist() == [3.5]
    plot.select([])
    assert len(plot.chosen.data["y"]) == len(plot.here.data["y"]) == 0


def test_an_update_patches_and_makes_no_model(states, parts_of):
    plot = GapMap(LABELS)
    plot.update(states)
    before = parts_of(plot.layout)
    assert plot.update(np.repeat(states, 100, axis=0)) == plot.note
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    assert plot.figure.yaxis[0].axis_label == "1,000 stars; each line stands for 3 rows"
    assert plot.source.data["image"][0].dtype == np.uint32


def test_states_of_other_quantities_are_refused(states):
    with pytest.raises(ValueError, match=r"\(10, 3\) do not fit 4 quantities"):
        GapMap(LABELS).update(states[:, :3])


def test_words_for_screen_readers(states):
    plot = GapMap(LABELS)
    plot.update(states)
    assert "parallax 70 %" in plot.describe()
    assert plot.figure.html_attributes["aria-label"] == plot.describe()


def test_a_million_rows_are_counted_in_full():
    states = np.random.default_rng(0).integers(0, 5, (1_000_000, 3)).astype(np.int8)
    plot = GapMap(LABELS[:3])
    assert "each line stands for 2,500 rows" in plot.update(states)
    assert plot.marks.counts.sum() == 3_000_000


def test_survey_bars_show_what_asking_for_all_costs(parts_of):
    bars = SurveyBars(["Gaia", "2MASS", "WISE"])
    before = parts_of(bars.layout)
    bars.update({"Gaia": 120, "WISE": 80}, intersection=60, union=140, total=197)
    data = bars.source.data
    assert data["name"][-2:] == ["any of them", "all of them"]
    assert data["count"].tolist() == [120, 0, 80, 140, 60]
    assert data["text"][1] == "off"
    assert data["text"][-1] == "60 (30 %)"
    assert parts_of(bars.layout) == before
    assert "all of them 60" in bars.describe()
