"""The picture of the dependency mask, without drawing it."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.dependency import DependencyPlot, mask_cells

NAMES = ("a", "b", "star")
MASK = np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]], dtype=bool)


def test_cells_are_the_pairs_of_the_mask():
    cells = mask_cells(MASK, NAMES, [True, False, True])
    pairs = list(zip(cells["listener"], cells["speaker"], strict=True))
    assert pairs == [("a", "a"), ("a", "star"), ("b", "a"), ("b", "b"), ("star", "a"),
                     ("star", "b"), ("star", "star")]  # fmt: skip
    live = dict(zip(pairs, cells["live"], strict=True))
    assert live["a", "a"]
    assert live["star", "a"]
    assert not live["b", "a"], "b says and hears nothing in this question"
    assert not live["star", "b"]


def test_the_figure_tells_what_it_shows():
    plot = DependencyPlot(NAMES)
    plot.update(MASK, [True, False, True])
    assert len(plot.live.data["row"]) + len(plot.idle.data["row"]) == 7
    assert "7 pairs" in plot.describe()
    assert "2 of the 3 tokens" in plot.describe()
    before = list(plot.live.data["column"])
    plot.update(np.eye(3, dtype=bool), [True, False, True])
    assert list(plot.live.data["column"]) != before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((MASK, NAMES[:2], [True, True]), "does not fit 2 names"),
        ((MASK, ("a", "a", "b"), [True] * 3), "two tokens have the same name"),
    ],
)
def test_what_does_not_fit_is_said(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        mask_cells(*arguments)
