"""Masks drawn by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.path import Path

from astroviz.lensing.mask_strokes import MaskError, masked, outline, stroke

X, Y = np.meshgrid(np.linspace(-2, 2, 81), np.linspace(-2, 2, 81))


def test_a_box_masks_what_it_holds_whichever_corner_came_first():
    one = stroke("box", True, [0.5, -1.0], [0.25, -0.75])
    inside = (X >= -1) & (X <= 0.5) & (Y >= -0.75) & (Y <= 0.25)
    np.testing.assert_array_equal(masked([one], X, Y), inside)


def test_a_lasso_agrees_with_matplotlib():
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = 1.1 + 0.4 * np.cos(5 * turn)
    x, y = np.round(radius * np.cos(turn), 2), np.round(radius * np.sin(turn), 2)
    found = masked([stroke("lasso", True, x, y)], X + 0.003, Y + 0.003)
    expected = Path(np.stack([x, y], -1)).contains_points(
        np.stack([X.ravel() + 0.003, Y.ravel() + 0.003], -1)
    )
    assert (found.ravel() != expected).mean() < 2e-3


def test_a_brush_masks_a_capsule():
    found = masked([stroke("brush", True, [-1, 1], [0, 0], radius=0.3)], X, Y)
    gap = np.hypot(np.maximum(np.abs(X) - 1, 0), Y)
    np.testing.assert_array_equal(found, gap <= 0.3)
    dot = masked([stroke("brush", True, [0.5], [0.5], radius=0.2)], X, Y)
    np.testing.assert_array_equal(dot, np.hypot(X - 0.5, Y - 0.5) <= 0.2)


def test_later_strokes_go_over_earlier_ones():
    first, second = stroke("box", True, [-1, 1], [-1, 1]), stroke("box", False, [-9, 9], [-9, 9])
    assert not masked([first, second], X, Y).any()
    assert masked([second, first], X, Y).any()


def test_a_stroke_goes_through_json_and_stays_short():
    path = np.linspace(-1, 1, 5000)
    one = stroke("brush", True, path, np.sin(path), radius=0.1)
    again = json.loads(json.dumps(one))
    assert len(again[2]) <= 321
    np.testing.assert_array_equal(masked([again], X, Y), masked([one], X, Y))


@pytest.mark.parametrize(
    "wrong", [["oval", 1, [0, 0, 1, 1]], ["box", 1, [0, 0]], ["lasso", 1, ["a", 2]], "box", 7]
)
def test_nonsense_is_refused_with_a_sentence(wrong):
    with pytest.raises(MaskError, match=r"mask"):
        masked([wrong], X, Y)


def test_an_empty_stroke_is_refused():
    with pytest.raises(MaskError, match="draw it again"):
        stroke("lasso", True, [], [])


def test_the_outline_of_a_mask_runs_around_it():
    mask = np.zeros((5, 8), dtype=bool)
    mask[1:3, 2:6] = True
    runs = outline(mask, 0.5)
    assert len(runs) == 4
    assert sum(np.abs(np.diff(run, axis=0)).sum() for run in runs) == pytest.approx(2 * (2 + 1))
    corners = np.unique(np.concatenate(runs), axis=0)
    np.testing.assert_allclose(corners, [[-1, -0.75], [-1, 0.25], [1, -0.75], [1, 0.25]])
    assert len(outline(np.ones((4, 4), dtype=bool), 1.0)) == 4
    assert outline(np.zeros((4, 4), dtype=bool), 1.0) == []
