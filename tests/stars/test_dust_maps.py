"""Dust between us and the stars: integrals of one field, and the maps of others."""

from __future__ import annotations

import healpy
import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator

from astroviz.stars.dust_maps import (
    A_V_PER_UNIT,
    REACH,
    CoarseDust,
    FineDust,
    QueriedDust,
    _density,
    stand_in_dust,
)

HALF = (400.0, REACH, REACH)  # z, y, x in pc


@pytest.fixture(scope="module")
def density() -> np.ndarray:
    return _density(0).numpy()


@pytest.fixture(scope="module")
def coarse() -> CoarseDust:
    return CoarseDust()


def places(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes, latitudes and distances all over the sky."""
    random = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(random.uniform(-1, 1, n)))
    return random.uniform(0, 360, n), latitude, random.uniform(60, 1200, n)


def test_extinction_is_the_integral_of_the_density(density):
    longitude, latitude, distance = places(40)
    axes = [np.linspace(-h, h, n) for h, n in zip(HALF, density.shape, strict=True)]
    field = RegularGridInterpolator(axes, density, bounds_error=False, fill_value=0.0)
    along, above = np.radians(longitude), np.radians(latitude)
    zyx = [np.sin(above), np.sin(along) * np.cos(above), np.cos(along) * np.cos(above)]
    path = np.linspace(0, 1, 3001)[:, None] * distance
    light = field(np.stack(zyx, -1) * path[..., None])
    expected = np.trapezoid(light, path, axis=0)
    found = FineDust().a_v(longitude, latitude, distance)
    assert np.ptp(expected) > 0.5, "there is some dust to speak of"
    assert found == pytest.approx(expected, rel=0.06, abs=0.003)


def test_the_field_is_lognormal_around_a_cavity_in_a_layer(density):
    z = np.linspace(-HALF[0], HALF[0], density.shape[0])
    y, x = (np.linspace(-h, h, n) for h, n in zip(HALF[1:], density.shape[1:], strict=True))
    radius = np.sqrt(y[:, None] ** 2 + x**2)
    far = radius > 300
    log = np.log(density[:, far]) + np.abs(z)[:, None] / 130.0
    assert log.std() == pytest.approx(1.5, rel=0.03)
    assert log.mean() == pytest.approx(np.log(1e-3) - 1.5**2 / 2, abs=0.1)
    middle = density.shape[0] // 2
    assert density[middle, radius < 20].mean() < 0.02 * density[middle, far].mean()


def test_the_field_has_the_power_spectrum_it_claims(density):
    z = np.abs(np.linspace(-HALF[0], HALF[0], density.shape[0]))[:, None, None] / 130.0
    log = torch.from_numpy(np.log(np.maximum(density, 1e-12)) + z)[:, :, 260:]  # past the cavity
    n, sizes = log.shape, [2 * h / m for h, m in zip(HALF, density.shape, strict=True)]
    power = torch.fft.fftn(log - log.mean()).abs().square()
    # along y, where the box is whole, and on its axis, so that cut edges do not leak
    k = torch.fft.fftfreq(n[1], sizes[1])
    low, high = ((k > 1 / b) & (k < 1 / a) for a, b in ((120, 200), (25, 40)))
    part = [power[:6, band][..., :6].mean() for band in (low, high)]
    centre = [k[band].log().mean() for band in (low, high)]
    slope = float((part[1].log() - part[0].log()) / (centre[1] - centre[0]))
    assert slope == pytest.approx(-3.6, abs=0.7)


def test_a_coarse_pixel_is_the_mean_of_the_fine_sightlines_in_it(coarse):
    pixels = np.random.default_rng(1).choice(12 * 32**2, 12, replace=False)
    means, centres, found = [], [], []
    for pixel in pixels:
        children = pixel * 256 + np.arange(256)  # nside 512, nested
        sight = healpy.pix2ang(512, children, nest=True, lonlat=True)
        centre = healpy.pix2ang(32, np.array([pixel]), nest=True, lonlat=True)
        for modulus in (6.0, 8.0, 10.0):  # on the steps of the map
            distance = 10 ** (modulus / 5 + 1)
            means.append(FineDust().a_v(*sight, np.full(256, distance)).mean())
            centres.append(FineDust().a_v(*centre, np.array([distance]))[0])
            found.append(coarse.a_v(*centre, np.array([distance]))[0])
    off = np.abs(np.array(found) / means - 1)
    assert np.median(off) < 0.02
    assert off.max() < 0.1
    assert np.median(off) < 0.7 * np.median(np.abs(np.array(centres) / means - 1))


def test_a_coarse_map_does_not_see_within_a_pixel_and_is_linear_between_steps(coarse):
    longitude, latitude = healpy.pix2ang(256, 64 * 700 + np.arange(64), nest=True, lonlat=True)
    same = coarse.a_v(longitude, latitude, np.full(64, 400.0))
    assert np.ptp(same) == 0
    assert np.ptp(FineDust().a_v(longitude, latitude, np.full(64, 400.0))) > 0
    modulus = np.array([8.0, 8.125, 8.25])
    first, middle, last = coarse.a_v(*np.full((2, 3), 10.0), 10 ** (modulus / 5 + 1))
    assert middle == pytest.approx((first + last) / 2, rel=1e-6)


def test_dust_only_adds_up_with_distance(coarse):
    longitude, latitude, _ = places(50, 2)
    distance = np.geomspace(5, 1190, 60)
    # a sightline of 160 steps misses or meets a thin cloud by up to 3 %
    for dust, slack in ((coarse, 0.0), (FineDust(), 0.03)):
        found = np.stack([dust.a_v(longitude, latitude, np.full(50, d)) for d in distance])
        assert (np.diff(found, axis=0) >= -slack * found[-1] - 1e-7).all()
        assert (found[-1] > 20 * found[0] - 1e-9).all()
        assert (found >= 0).all()


def test_a_seed_is_a_field_and_both_maps_are_of_it(coarse):
    place = places(200, 3)
    fine = FineDust().a_v(*place)
    assert np.array_equal(fine, FineDust(0).a_v(*place))
    assert np.corrcoef(np.log(fine), np.log(coarse.a_v(*place)))[0, 1] > 0.95
    other = FineDust(1).a_v(*place)
    assert np.abs(np.log(other / fine)).mean() > 0.3


def test_no_stars_have_no_dust():
    assert FineDust().a_v(*np.empty((3, 0))).shape == (0,)


def test_stand_ins_have_names():
    assert isinstance(stand_in_dust("fine"), FineDust)
    assert stand_in_dust("coarse", 3) == CoarseDust(3)
    assert "Edenhofer" in stand_in_dust("fine").label
    with pytest.raises(ValueError, match="no dust map 'thick'; there are fine and coarse"):
        stand_in_dust("thick")


def test_a_real_map_is_asked_where_the_stars_are_and_scaled():
    asked = []

    def query(where):
        asked.append(where)
        return where.distance.kpc - 0.5

    dust = QueriedDust(query, A_V_PER_UNIT["bayestar2019"], "Bayestar2019")
    found = dust.a_v(np.array([10.0, 350.0]), np.array([-5.0, 60.0]), np.array([800.0, 300.0]))
    assert found == pytest.approx([0.3 * 2.742, 0.0]), "a map that falls below zero is cut there"
    (where,) = asked
    assert where.galactic.l.deg == pytest.approx([10.0, 350.0])
    assert where.galactic.b.deg == pytest.approx([-5.0, 60.0])


def test_points_that_a_real_map_does_not_know_are_counted():
    dust = QueriedDust(lambda where: [0.1, np.nan, np.inf], 1.0, "Edenhofer2024")
    sentence = "Edenhofer2024 has no value for 2 of 3 points; keep to the part of the sky"
    with pytest.raises(ValueError, match=sentence):
        dust.a_v(*np.full((3, 3), 50.0))
