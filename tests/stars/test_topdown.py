"""The map from above: places against astropy's own, weights that add up."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from astroviz.stars.topdown import galactic, positions, top_down


@pytest.fixture(scope="module")
def sky():
    rng = np.random.default_rng(0)
    return rng.uniform(0, 360, 40), np.degrees(np.arcsin(rng.uniform(-1, 1, 40)))


def test_places_are_those_of_astropy(sky):
    distance = np.random.default_rng(1).uniform(50, 900, 40)
    found = positions(*galactic(*sky), distance)
    place = SkyCoord(*(a * u.deg for a in sky), distance=distance * u.pc).galactic.cartesian
    for ours, theirs in zip(found, (place.x, place.y, place.z), strict=True):
        np.testing.assert_allclose(ours, theirs.to_value(u.pc), atol=1e-6)


def test_the_galactic_centre_lies_at_positive_x():
    x, y, z = positions(*galactic(np.array([266.405]), np.array([-28.936])), np.array([100.0]))
    assert x == pytest.approx(100, abs=0.01)
    assert (abs(y), abs(z)) < (0.1, 0.1)


def test_a_star_at_a_known_place_lands_in_its_cell():
    lon, lat, d = np.array([60.0]), np.array([30.0]), np.full((1, 16), 200.0)
    found = top_down(lon, lat, d, np.array([0.7]), np.full((1, 16), 2.5), half_width=200)
    row, column = np.unravel_index(found.stars.argmax(), found.stars.shape)
    place = -200 + (np.array([column, row]) + 0.5) * found.cell
    x, y = 200 * np.cos(np.pi / 6) * np.array([0.5, np.sqrt(0.75)])
    assert place == pytest.approx((x, y), abs=found.cell)
    assert found.mean[row, column] == pytest.approx(2.5)
    assert found.stars.sum() == pytest.approx(0.7)


def test_stars_add_up_to_their_weights(sky):
    rng = np.random.default_rng(2)
    distance = 10 ** rng.normal(2.3, 0.3, (40, 64))
    weights = rng.uniform(size=40)
    lon, lat = galactic(*sky)
    for half_width in (None, 150.0):
        found = top_down(lon, lat, distance, weights, half_width=half_width)
        assert found.stars.sum() + found.outside == pytest.approx(weights.sum(), rel=1e-9)
    assert found.outside > 0.1
    assert np.isnan(found.mean).all(), "no property, no mean"


def test_a_star_is_smeared_along_its_line_of_sight():
    far = np.linspace(50, 150, 64)[None]
    found = top_down(np.array([0.0]), np.array([0.0]), far, np.ones(1), half_width=200)
    along = found.stars.sum(0)
    x = -200 + (np.arange(len(along)) + 0.5) * found.cell
    inside = along[(x > 55) & (x < 145)]
    assert inside.std() / inside.mean() < 0.15, "evenly, not dot by dot"
    assert along[(x < 40) | (x > 160)].sum() < 1e-3


def test_the_mean_is_weighted_by_who_is_young():
    lon, lat, d = np.zeros(2), np.zeros(2), np.full((2, 8), 60.0)
    a_v = np.array([[1.0] * 8, [5.0] * 8])
    found = top_down(lon, lat, d, np.array([0.75, 0.25]), a_v)
    assert np.nanmax(found.mean) == pytest.approx(2.0)


def test_stars_without_a_place_are_left_out():
    ra, dec = np.array([10.0, np.nan]), np.array([20.0, 5.0])
    lon, lat = galactic(ra, dec)
    assert np.isfinite(lon).tolist() == [True, False]
    found = top_down(lon, lat, np.full((2, 4), 90.0), np.ones(2))
    assert found.stars.sum() + found.outside == pytest.approx(1)


def test_no_stars_make_an_empty_map():
    nothing = np.empty(0)
    found = top_down(*galactic(nothing, nothing), np.empty((0, 64)), nothing)
    assert found.stars.sum() == found.outside == 0
    assert found.half_width > 100
