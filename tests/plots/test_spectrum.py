from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.sed import spectrum_marks
from astroviz.plots.spectrum import Spectrum
from astroviz.plots.theme import colour, survey_colour


@pytest.fixture
def zero(bands):
    return 1e-5 / np.array([band.wavelength for band in bands]) ** 3


def test_heights_are_logarithms_and_error_bars_their_ends(sed_parts):
    marks = spectrum_marks(sed_parts)
    np.testing.assert_allclose(marks.y, np.log10(sed_parts["flux"]))
    np.testing.assert_allclose(marks.high[:4] - marks.low[:4], 2 * np.log10(1.1))
    assert (np.diff(marks.bands, axis=0) > 0).all()


def test_residuals_count_both_uncertainties(sed_parts):
    sed_parts["flux"] = sed_parts["flux"].copy()
    sed_parts["flux"][0] *= 1.1 ** np.sqrt(2)
    marks = spectrum_marks(sed_parts)
    # one sigma of each, in quadrature: sqrt(2) log10(1.1)
    assert marks.residual[0] == pytest.approx(1.0)
    assert marks.residual[1] == pytest.approx(0.0, abs=1e-12)


def test_a_limit_has_a_residual_only_where_the_prediction_is_brighter(sed_parts):
    flux = sed_parts["flux"].copy()
    flux[4] *= 10
    assert np.isnan(spectrum_marks({**sed_parts, "flux": flux}).residual[4])
    flux[4] /= 100
    assert spectrum_marks({**sed_parts, "flux": flux}).residual[4] < -5


def test_values_that_are_not_used_have_no_residual(sed_parts):
    assert np.isnan(spectrum_marks(sed_parts).residual[5])


def test_magnitudes_give_back_the_magnitudes(sed_parts, zero):
    magnitude = np.linspace(8, 12, 6)
    flux = zero * 10 ** (-0.4 * magnitude)
    parts = {**sed_parts, "flux": flux, "flux_lower": flux / 1.1, "flux_upper": flux * 1.1}
    marks = spectrum_marks(parts, zero, magnitudes=True)
    np.testing.assert_allclose(marks.y, magnitude)
    assert (marks.low[:4] > marks.high[:4]).all()  # fainter is larger


def test_a_star_of_constant_colour_zero_is_a_level_line_in_magnitudes(sed_parts, zero):
    grid = sed_parts["curve_wavelength"]
    parts = {**sed_parts, "dusty": 1e-5 / grid**3}
    marks = spectrum_marks(parts, zero, magnitudes=True)
    inside = (grid > 0.6) & (grid < 22)
    np.testing.assert_allclose(marks.curves["dusty"][inside], 0, atol=1e-6)
    np.testing.assert_allclose(marks.curves["dusty"][grid > 22.09], 0, atol=1e-6)


def test_only_what_was_seen_can_be_drawn(bands, sed_parts):
    plot = Spectrum(bands)
    few = {key: sed_parts[key] for key in ("wavelength", "flux", "state")}
    plot.update(few)
    assert np.isnan(plot.predicted.data["q50"]).all()
    assert [item.visible for item in plot.legend.items] == [False] * 4


def test_marks_differ_by_survey_and_by_state(bands, sed_parts):
    plot = Spectrum(bands)
    plot.update(sed_parts)
    data = plot.source.data
    assert data["marker"] == [
        "circle",
        "square",
        "square",
        "diamond",
        "inverted_triangle",
        "hex_dot",
    ]
    assert data["fill"][0] == survey_colour("Gaia")
    assert data["fill"][5] == colour("paper")
    assert data["edge"][5] == colour("faint")
    assert data["state"][4:] == ["limit", "unusable"]
    assert data["value"][0] == "8.000 \u00b1 0.100 Vega mag"
    assert data["value"][4].startswith("fainter than")
    plot.set_dark(True)
    assert plot.source.data["fill"][0] == survey_colour("Gaia", dark=True)


def test_an_update_patches_and_makes_no_model(bands, sed_parts, zero, parts_of):
    plot = Spectrum(bands, zero)
    plot.update(sed_parts)
    before = parts_of(plot.layout)
    plot.update({**sed_parts, "flux": 3 * sed_parts["flux"]}, fit=False)
    plot.show_magnitudes(True)
    plot.show_magnitudes(False)
    assert parts_of(plot.layout) == before
    assert plot.source.data["y"].dtype == np.float32


def test_ranges_hold_still_during_a_drag(bands, sed_parts):
    plot = Spectrum(bands)
    plot.update(sed_parts)
    ends = plot.figure.y_range.start, plot.figure.y_range.end
    plot.update({**sed_parts, "flux": 100 * sed_parts["flux"]}, fit=False)
    assert (plot.figure.y_range.start, plot.figure.y_range.end) == ends
    plot.fit()
    assert plot.figure.y_range.end > ends[1]


def test_magnitudes_turn_the_axis_over_and_name_their_system(bands, sed_parts, zero):
    plot = Spectrum(bands, zero)
    plot.update(sed_parts)
    assert "erg" in plot.figure.yaxis[0].axis_label
    plot.show_magnitudes(True)
    assert plot.figure.yaxis[0].axis_label == "magnitude (Vega mag)"
    assert plot.figure.y_range.start > plot.figure.y_range.end
    with pytest.raises(ValueError, match="zero_flux"):
        Spectrum(bands).show_magnitudes(True)


def test_a_tap_tells_the_quantity_and_a_choice_from_outside_does_not(bands, sed_parts):
    plot, picked = Spectrum(bands), []
    plot.update(sed_parts)
    plot.on_pick(picked.append)
    plot.select("ks")
    assert picked == []
    assert np.flatnonzero(np.isfinite(plot.source.data["halo"])).tolist() == [2]
    plot.source.selected.indices = [3]
    assert picked == ["w1"]
    plot.select(None)
    assert not np.isfinite(plot.source.data["halo"]).any()


def test_far_residuals_stay_on_the_strip_and_say_so(bands, sed_parts):
    sed_parts["flux"] = sed_parts["flux"] * np.array([100, 1, 0.01, 1, 1, 1])
    plot = Spectrum(bands)
    plot.update(sed_parts)
    assert plot.source.data["shown"][[0, 2]].tolist() == [5, -5]
    assert plot.source.data["residual"][0] > 5
    assert plot.source.data["residual_marker"][:3] == ["triangle", "square", "inverted_triangle"]
    assert "Largest residual: G" in plot.describe() or "Largest residual: Ks" in plot.describe()


def test_a_star_without_any_band_is_drawn_empty(bands, sed_parts):
    plot = Spectrum(bands)
    nothing = np.full(6, np.nan)
    plot.update({"wavelength": sed_parts["wavelength"], "flux": nothing, "state": np.ones(6)})
    assert not np.isfinite(plot.source.data["y"]).any()
    assert "6 not covered" in plot.describe()
