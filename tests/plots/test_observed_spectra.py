"""Observed spectra over the SED panel, without drawing."""

from __future__ import annotations

import numpy as np
from bokeh.plotting import figure

from astroviz.plots.observed_spectra import ObservedSpectra, spectrum_line
from astroviz.plots.theme import Ink

SPECTRUM = {
    "label": "Gaia XP",
    "wavelength": np.array([0.4, 0.6, 0.8]),
    "flux": np.array([1e-11, -1e-12, 1e-10]),
    "error": np.array([1e-12, 1e-12, 1e-11]),
}


def test_heights_are_logarithms_and_what_is_not_seen_breaks_the_line():
    line = spectrum_line(SPECTRUM)
    np.testing.assert_allclose(line["y"], [-11, np.nan, -10])
    np.testing.assert_allclose(line["high"][2], np.log10(1.1e-10))
    np.testing.assert_allclose(line["low"][0], np.log10(0.9e-11))


def test_a_kind_that_is_not_there_is_taken_away():
    drawn = ObservedSpectra(figure(), Ink(), ["Gaia XP", "LAMOST-like"])
    drawn.update([SPECTRUM])
    assert len(drawn.sources["Gaia XP"].data["x"]) == 3
    assert len(drawn.sources["LAMOST-like"].data["x"]) == 0
    assert list(drawn.names.data["text"]) == ["Gaia XP"]
    drawn.update([])
    assert len(drawn.sources["Gaia XP"].data["x"]) == 0
    assert not list(drawn.names.data["text"])


def test_names_do_not_stand_on_each_other():
    drawn = ObservedSpectra(figure(), Ink(), ["Gaia XP", "LAMOST-like"])
    drawn.update([SPECTRUM, {**SPECTRUM, "label": "LAMOST-like"}])
    below = np.asarray(drawn.names.data["below"])
    assert below[1] - below[0] >= 12
