from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.gains import GainBars
from astroviz.plots.theme import survey_colour

SURVEYS, PARAMETERS = ["2MASS", "WISE", "Spectroscopy"], ["log age", "A_V"]
BITS = np.array([[0.3, 0.2], [-0.02, 0.1], [0.9, 0.5]])


@pytest.fixture
def bars():
    bars = GainBars()
    bars.update(SURVEYS, PARAMETERS, BITS, np.full((3, 2), 0.05))
    return bars


def test_a_bar_for_each_parameter_and_survey(bars):
    data = bars.source.data
    assert data["factor"][:3] == [("log age", survey) for survey in SURVEYS]
    assert data["bits"] == pytest.approx(BITS.T.ravel())
    assert data["high"] - data["low"] == pytest.approx(np.full(6, 0.1))
    assert data["text"][1] == "\u22120.02 \u00b1 0.05"
    assert bars.figure.y_range.factors[-1] == ("log age", "2MASS"), "first at the top"
    assert bars.figure.x_range.start < -0.07 + 1e-9
    assert bars.figure.x_range.end > 1.2, "texts have room"
    assert "log age: 2MASS 0.3, WISE -0.0, Spectroscopy 0.9" in bars.describe()


def test_what_is_not_known_yet_has_no_bar(bars, parts_of):
    before = parts_of(bars.layout)
    bits = BITS.copy()
    bits[2] = np.nan
    bars.update(SURVEYS, PARAMETERS, bits, np.full((3, 2), 0.05))
    assert bars.source.data["text"][2] == "\u2026"
    assert np.isnan(bars.source.data["low"][2])
    assert parts_of(bars.layout) == before


def test_colours_are_of_the_surveys_on_both_grounds(bars):
    assert bars.source.data["fill"][0] == survey_colour("2MASS")
    bars.set_dark(True)
    assert bars.source.data["fill"][0] == survey_colour("2MASS", True)


def test_nothing_draws_nothing():
    bars = GainBars()
    bars.update([], [], np.empty((0, 0)), np.empty((0, 0)))
    assert bars.source.data["factor"] == []
    assert "not worked out" in bars.describe()
    with pytest.raises(ValueError, match="do not fit 1 surveys and 2 parameters"):
        bars.update(["WISE"], PARAMETERS, BITS, BITS)
