"""Curves and bands: what is sent, named and refused; the ladder of one number."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.curves import Curve, Curves
from astroviz.plots.ladder import Ladder

X = np.linspace(0, 1, 5)


@pytest.fixture
def chart():
    return Curves(
        "test", "x", "y",
        [
            Curve("band", "prior", "band"), Curve("line", "truth"),
            Curve("points", "posterior", "points"), Curve("bars", "excess", "bars"),
        ],
    )  # fmt: skip


def test_each_look_gets_its_columns(chart):
    chart.update(
        {
            "band": (X, X - 1, X + 1), "line": (X, 2 * X), "points": (X, X, np.full(5, 0.25)),
            "bars": (np.linspace(0, 1, 6), np.ones(5)),
        },
        "Words.", (0, 1), (-1, 2),
    )  # fmt: skip
    data = {label: source.data for label, source in chart.sources.items()}
    assert np.allclose(data["band"]["low"], X - 1)
    assert np.allclose(data["band"]["high"], X + 1)
    assert np.allclose(data["line"]["y"], 2 * X)
    assert np.allclose(data["points"]["low"], X - 0.25)
    assert np.allclose(data["bars"]["high"], np.linspace(0.2, 1, 5))
    assert (chart.figure.y_range.start, chart.figure.y_range.end) == (-1, 2)
    assert chart.describe() == "Words."
    assert chart.figure.html_attributes["aria-label"] == "Words."


def test_what_is_not_named_is_not_drawn_and_not_in_the_legend(chart):
    chart.update({"line": (X, X)}, "A line.")
    visible = {item.label.value: item.visible for item in chart.legend.items}
    assert visible == {"band": False, "line": True, "points": False, "bars": False}
    chart.update({"band": (X, X, X)}, "A band.")
    assert not len(chart.sources["line"].data["x"])


def test_a_patch_makes_no_model_anew(chart, parts_of):
    before = parts_of(chart.layout)
    chart.update({"line": (X, X), "points": (X, X)}, "Again.")
    assert parts_of(chart.layout) == before


def test_what_does_not_fit_is_refused(chart):
    with pytest.raises(KeyError, match="nonsense"):
        chart.update({"nonsense": (X, X)}, "")
    with pytest.raises(ValueError, match="do not fit"):
        chart.update({"line": (X, X[:3])}, "")
    with pytest.raises(ValueError, match="edges"):
        chart.update({"bars": (X, X)}, "")


def test_dark_recolours_in_place(chart):
    light = chart.figure.background_fill_color
    chart.set_dark(True)
    assert chart.figure.background_fill_color != light


def test_the_ladder_shows_every_hand_with_its_error():
    ladder = Ladder("radius", "Einstein radius (arcsec)")
    ladder.update([
        ("classic", "ours", 1.47, 0.01), ("Bolton+ 2008", "theirs", 1.52, np.nan),
        ("put in", "true", 1.46, 0.0),
    ])  # fmt: skip
    ours, theirs = ladder.sources["ours"].data, ladder.sources["theirs"].data
    assert ours["low"][0] == pytest.approx(1.46)
    assert theirs["low"][0] == theirs["high"][0] == pytest.approx(1.52)
    assert ladder.figure.y_range.factors == ["put in", "Bolton+ 2008", "classic"]
    assert ladder.figure.x_range.start < 1.46 < 1.52 < ladder.figure.x_range.end
    assert "1.470 \u00b1 0.010" in ladder.describe()
    with pytest.raises(ValueError, match="differ"):
        ladder.update([("a", "ours", 1.0, 0.0), ("a", "theirs", 2.0, 0.0)])
