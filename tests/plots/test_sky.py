from __future__ import annotations

import healpy
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from astroviz.plots.projection import Projection, graticule_step, nside_for, sky_counts
from astroviz.plots.sky import SkyMap, graticule


@pytest.fixture(scope="module")
def sky():
    rng = np.random.default_rng(0)
    return rng.uniform(0, 360, 500), np.degrees(np.arcsin(rng.uniform(-1, 1, 500)))


def mollweide(longitude, latitude):
    """The textbook formula, longitude growing to the left, solved by bisection."""
    longitude, latitude = np.radians((longitude + 180) % 360 - 180), np.radians(latitude)
    low, high = np.full_like(latitude, -np.pi / 2), np.full_like(latitude, np.pi / 2)
    for _ in range(60):
        middle = (low + high) / 2
        below = 2 * middle + np.sin(2 * middle) < np.pi * np.sin(latitude)
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return -2 * longitude / np.pi * np.cos(low), np.sin(low)


def test_the_mollweide_map_is_the_textbook_one(sky):
    x, y = Projection().forward(*sky)
    expected = mollweide(*sky)
    # healpy solves the transcendental equation by a table: a quarter of a pixel off at most
    np.testing.assert_allclose(x, expected[0], atol=2e-3)
    np.testing.assert_allclose(y, expected[1], atol=2e-3)
    own = healpy.projector.MollweideProj(rot=(0, 0, 0)).ang2xy(*sky, lonlat=True)
    np.testing.assert_allclose([x, y], own, atol=1e-12)
    assert ((x / 2) ** 2 + y**2 <= 1 + 1e-9).all()


def test_galactic_coordinates_are_those_of_astropy(sky):
    longitude, latitude = Projection("galactic").to_frame(*sky)
    expected = SkyCoord(sky[0] * u.deg, sky[1] * u.deg).galactic
    separation = SkyCoord(longitude * u.deg, latitude * u.deg, frame="galactic").separation(
        expected
    )
    # healpy precesses from J2000 FK5, astropy from ICRS: some 20 milliarcseconds apart
    assert separation.max() < 0.2 * u.arcsec


def test_the_tangent_plane_is_that_of_astropy():
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [285.5, -37.0]
    wcs.wcs.cdelt, wcs.wcs.crpix = [1.0, 1.0], [0.0, 0.0]
    ra, dec = np.array([284.0, 285.5, 287.0]), np.array([-36.0, -37.0, -38.5])
    x, y = Projection(view="region", centre=(285.5, -37.0)).forward(ra, dec)
    expected = np.radians(wcs.wcs_world2pix(np.stack([ra, dec], -1), 0) + 1)
    np.testing.assert_allclose(np.abs(x), np.abs(expected[:, 0]), atol=1e-9)
    np.testing.assert_allclose(y, expected[:, 1], atol=1e-9)
    assert x[0] < x[1] < x[2] or x[2] < x[1] < x[0]
    assert x[2] < 0  # east is left


@pytest.mark.parametrize("view", ["sky", "region"])
@pytest.mark.parametrize("frame", ["equatorial", "galactic"])
def test_there_and_back(sky, frame, view):
    projection = Projection(frame, view, (40.0, 20.0))
    longitude, latitude = projection.to_frame(*sky)
    x, y = projection.place(longitude, latitude)
    seen = np.isfinite(x)
    assert seen.all() == (view == "sky")
    back = projection.inverse(x[seen], y[seen])
    turned = (back[0] - longitude[seen] + 180) % 360 - 180
    np.testing.assert_allclose(turned * np.cos(np.radians(latitude[seen])), 0, atol=0.05)
    np.testing.assert_allclose(back[1], latitude[seen], atol=0.05)


def test_outside_the_map_there_is_no_position():
    longitude, latitude = Projection().inverse(np.array([1.9, 0.0]), np.array([0.9, 0.0]))
    assert np.isnan(longitude[0])
    assert (longitude[1] % 360, latitude[1]) == pytest.approx((0, 0))


def test_counts_are_those_of_healpy_and_sum_to_all(sky):
    counts = sky_counts(*sky, nside=8)
    assert counts.sum() == 500
    pixel = healpy.ang2pix(8, np.radians(90 - sky[1]), np.radians(sky[0]))
    np.testing.assert_array_equal(np.flatnonzero(counts), np.unique(pixel))


def test_resolution_follows_the_picture():
    assert nside_for(58.6) == 4
    assert nside_for(1.0) == 32
    assert nside_for(1e-9) == 1024
    assert (graticule_step(180), graticule_step(4.0), graticule_step(0.03)) == (30.0, 1.0, 0.01)


def test_the_graticule_lies_on_its_lines():
    projection = Projection()
    found = graticule(projection, (-2.05, 2.05), (-1.05, 1.05))
    assert {"30\u00b0", "\u221260\u00b0", "330\u00b0"} <= set(found["text"])
    _, latitude = projection.inverse(found["xs"][0], found["ys"][0])
    assert np.nanstd(latitude) < 0.05
    small = graticule(
        Projection(view="region", centre=(285.0, -37.0)), (-0.05, 0.05), (-0.05, 0.05)
    )
    assert "\u221237\u00b0" in small["text"]
    assert "284\u00b0" in small["text"]


def test_stars_keep_their_row_numbers_and_unknown_positions_are_left_out():
    plot = SkyMap()
    plot.update([10, np.nan, 30], [0, 5, 60], rows=[7, 8, 9])
    assert plot.points.data["row"].tolist() == [7, 9]
    expected = Projection().forward(np.array([10.0, 30.0]), np.array([0.0, 60.0]))
    np.testing.assert_allclose(plot.points.data["x"], expected[0], atol=1e-6)
    plot.select([9, 8], current=7)
    assert len(plot.chosen.data["x"]) == len(plot.here.data["x"]) == 1


@pytest.mark.parametrize("view", ["sky", "region"])
@pytest.mark.parametrize("count", [0, 1])
def test_one_star_or_none(view, count):
    plot = SkyMap("galactic", view)
    plot.update(np.full(count, 285.5), np.full(count, -37.0))
    assert len(plot.points.data["x"]) == count
    assert plot.note == ("1 star" if count else "0 stars")
    plot.set_frame("equatorial")
    assert np.isfinite(plot.figure.x_range.start)


def test_frames_and_views_patch_the_same_models(sky, parts_of):
    plot = SkyMap()
    plot.update(*sky)
    before = parts_of(plot.layout)
    plot.set_frame("galactic")
    plot.set_view("region")
    plot.set_dark(True)
    assert parts_of(plot.layout) == before
    assert "galactic" in plot.describe()
    assert plot.figure.title.text == "galactic (l, b)"
    with pytest.raises(ValueError, match="equatorial, galactic"):
        plot.set_frame("ecliptic")


def test_a_region_across_longitude_zero_is_centred_on_its_stars():
    plot = SkyMap(view="region")
    plot.update([359.0, 0.0, 1.0], [10.0, 11.0, 12.0])
    assert plot.projection.centre[0] % 360 == pytest.approx(0, abs=0.5)
    assert np.abs(plot.x).max() < 0.05
    assert plot.window.data["half_width"][0] < 0.05


def test_many_stars_become_a_density_that_holds_them_all():
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, 30000), np.degrees(np.arcsin(rng.uniform(-1, 1, 30000)))
    plot = SkyMap()
    assert plot.update(ra, dec) == "density of 30,000 stars"
    assert len(plot.points.data["x"]) == 0
    picture = plot.density.data["count"][0]
    nside = nside_for(2 * 81.0 * (plot.figure.x_range.end - plot.figure.x_range.start) / 240)
    assert set(np.unique(picture)) <= {0, *np.unique(sky_counts(ra, dec, nside))}
    inside = picture > 0
    assert 0.3 < inside.mean() < 0.8  # an ellipse in a box of another shape
    plot.update(ra[:100], dec[:100])
    assert plot.density.data["image"] == []
    assert len(plot.points.data["x"]) == 100
