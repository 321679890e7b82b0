"""Figures of galaxies: what is drawn, what stands still, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from astroviz.plots.colour_plane import ColourPlane
from astroviz.plots.galaxy_history import GalaxyHistory
from astroviz.plots.galaxy_rain import GalaxyRain
from astroviz.plots.galaxy_spectrum import GalaxySpectrum, band_colours

WAVELENGTH = np.geomspace(3000.0, 11000.0, 50)


def ends(axis):
    return axis.start, axis.end


def test_a_spectrum_holds_its_frame_while_it_fits():
    chart = GalaxySpectrum()
    line = np.linspace(20.0, 17.5, 50)
    chart.update(WAVELENGTH, line, line - 0.4)
    held = ends(chart.figure.y_range)
    assert held[0] > held[1], "bright is up"
    assert held[1] < 17.1, "the spectrum without dust fits"
    chart.update(WAVELENGTH, line + 0.2, line - 0.3)
    assert ends(chart.figure.y_range) == held
    chart.update(WAVELENGTH, line + 5.0, None)
    assert ends(chart.figure.y_range) != held
    assert len(chart.sources["bare"].data["x"]) == 0
    np.testing.assert_allclose(chart.sources["seen"].data["x"], WAVELENGTH / 1e4, rtol=1e-6)


def test_a_spectrum_as_flux_stands_on_zero_above_its_filters():
    chart = GalaxySpectrum(dark=True)
    chart.update(WAVELENGTH, np.full(50, 3.3), None, "flux", "rest")
    assert chart.figure.yaxis[0].axis_label.startswith("F")
    assert chart.figure.xaxis[0].axis_label.startswith("rest")
    start, end = ends(chart.figure.y_range)
    assert start < 0 < 3.3 < end
    assert -start / (end - start) == pytest.approx(0.3)
    with pytest.raises(KeyError, match="there are magnitude, flux"):
        chart.update(WAVELENGTH, WAVELENGTH, None, "photons")


def test_filters_and_points_have_the_colours_of_their_bands():
    chart = GalaxySpectrum()
    curve = (np.array([4000.0, 4700.0, 5500.0]), np.array([0.1, 0.5, 0.1]))
    chart.show_bands({"sdss_g": curve})
    assert chart.filters.data["colour"] == band_colours([np.average(curve[0], weights=curve[1])])
    assert np.max(chart.filters.data["ys"][0]) == pytest.approx(1.0)
    chart.show_points("tables", ["sdss_g"], [4700.0], [17.0])
    assert chart.points["tables"].data["band"] == ["sdss_g"]
    with pytest.raises(ValueError, match="2 bands, 1 wavelengths"):
        chart.show_points("tables", ["a", "b"], [4700.0], [17.0])
    blue, red = band_colours([1600.0, 22000.0])
    assert blue != red


def test_a_history_shows_its_burst_and_ends_with_the_universe():
    chart = GalaxyHistory()
    times = np.linspace(0, 12.3, 60)
    chart.update(times, np.full(60, 4.0), times / 12.3, 12.3, (2.0, 0.1))
    assert ends(chart.figure.x_range)[0] == 12.5
    assert ends(chart.figure.y_range) == (0.0, 5.0)
    assert list(chart.burst.data["x"]) == [2.0]
    assert "burst 2.00 Gyr" in chart.describe()
    chart.update(times, np.full(60, 4.4), times / 12.3, 12.3, None)
    assert ends(chart.figure.y_range) == (0.0, 5.0), "the axis stands still"
    assert len(chart.burst.data["x"]) == 0
    with pytest.raises(ValueError, match="60 times, 59 rates"):
        chart.update(times, np.zeros(59), times, 12.3, None)


def test_a_plane_shows_all_and_selected_on_one_grid():
    plane = ColourPlane()
    counts = np.arange(16.0).reshape(4, 4)
    plane.update(counts, 0.25 * counts, (-0.5, 2.0, -0.2, 1.0), ("g - r (mag)", "r - i (mag)"))
    assert ends(plane.figure.x_range) == (-0.5, 2.0)
    assert np.max(plane.everyone.data["image"][0]) == pytest.approx(1.0)
    assert "25.0 %" in plane.describe()
    with pytest.raises(ValueError, match="count both on one grid"):
        plane.update(counts, counts[:2], (0, 1, 0, 1), ("", ""))
    plane.show_wedge(np.array([[0, 0], [1, 0], [1, 1.0]]), [[0, 0], [1, 0], [1, 1]])
    assert len(plane.handles.data["x"]) == 3
    plane.show_wedge(None)
    assert len(plane.wedge.data["x"]) == len(plane.handles.data["x"]) == 0
    before = list(plane._ramps[1][0].palette)
    plane.set_dark(True)
    assert plane._ramps[1][0].palette != before


def test_rain_holds_what_falls_and_where_it_lands():
    plane = ColourPlane()
    rain = GalaxyRain(plane.figure)
    true = np.array([[0.2, 0.1], [0.9, 0.4], [1.2, 0.5]])
    kept = np.array([True, False, True])
    rain.update(np.array([0.1, 0.2, 0.9]), true, true + 0.05, kept, seed=3)
    np.testing.assert_allclose(rain.low.data["x"], true[:, 0] + 0.05, rtol=1e-6)
    np.testing.assert_array_equal(np.asarray(rain.low.data["lit"]) > 0, kept)
    delays = np.sort(rain.drops.data["delay"])
    np.testing.assert_allclose(delays, [1 / 6, 0.5, 5 / 6], rtol=1e-6)
    assert "2 land" in rain.describe()
    assert not rain.playing
    rain.play(True)
    assert rain.playing
    rain.show(False)
    assert not rain.figure.visible
    with pytest.raises(ValueError, match="one of each per galaxy"):
        rain.update(np.zeros(2), true, true, kept)
