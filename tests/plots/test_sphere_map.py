"""The static map of orientations: places, density, what is kept and what is patched."""

from __future__ import annotations

import healpy
import numpy as np
import pytest
from healpy.projector import MollweideProj

from astroviz.plots.sphere import SphereMap, mollweide, mollweide_grid


def angles(n=300, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([rng.uniform(-np.pi, np.pi, n), np.arcsin(rng.uniform(-1, 1, n)),
                     rng.uniform(-np.pi, np.pi, n)], -1)  # fmt: skip


def test_places_are_healpys_seen_from_outside():
    longitude, latitude, _ = angles().T
    keep = np.abs(latitude) < 1.2  # nearer to the poles healpy stops early
    ours = np.stack(mollweide(longitude, latitude))[:, keep]
    theirs = MollweideProj(flipconv="geo").ang2xy(
        np.degrees(longitude[keep]), np.degrees(latitude[keep]), lonlat=True
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_the_poles_are_points_and_the_map_can_be_turned():
    x, y = mollweide(np.array([2.0, -1.0]), np.array([np.pi / 2, -np.pi / 2]))
    np.testing.assert_allclose(x, 0, atol=1e-4)
    np.testing.assert_allclose(y, [1, -1], atol=1e-9)
    assert mollweide(np.array([1.0]), np.array([0.0]), middle=1.0)[0] == pytest.approx(0)


def test_the_grid_is_the_inverse():
    longitude, latitude = mollweide_grid(80, 40)
    inside = np.isfinite(longitude)
    assert inside.mean() == pytest.approx(np.pi / 4, abs=0.01)
    x, y = mollweide(longitude[inside], latitude[inside])
    gx, gy = np.meshgrid((np.arange(80) + 0.5) / 20 - 2, (np.arange(40) + 0.5) / 20 - 1)
    np.testing.assert_allclose(x, gx[inside], atol=1e-6)
    np.testing.assert_allclose(y, gy[inside], atol=1e-6)


def test_points_keep_their_tilt_in_degrees_and_their_weight():
    chart = SphereMap(period=180.0)
    given = angles(50)
    chart.update(given, weights=np.arange(50.0))
    data = chart.points.data
    np.testing.assert_allclose(data["tilt"], np.degrees(given[:, 2]) % 180, atol=1e-3)
    assert data["size"][0] == 0
    assert (np.diff(data["size"]) >= 0).all()
    assert chart.tilts.high == 180


def test_a_density_is_interpolated_as_healpy_does_and_only_its_picture_is_patched():
    chart = SphereMap()
    x, _, z = healpy.pix2vec(8, np.arange(768))
    chart.update(density=1 + 0.4 * x + 0.3 * z)
    source, image = chart.density, chart.density.data["image"][0]
    assert np.isnan(image[0, 0])
    longitude, latitude = mollweide_grid()
    inside = np.isfinite(longitude)
    truth = healpy.get_interp_val(
        1 + 0.4 * x + 0.3 * z, np.pi / 2 - latitude[inside], longitude[inside]
    )
    np.testing.assert_allclose(image[inside], truth, rtol=1e-5)
    assert chart.ramp.high == pytest.approx((1 + 0.4 * x + 0.3 * z).max())
    chart.update(density=np.ones(768))
    assert chart.density is source
    np.testing.assert_allclose(chart.density.data["image"][0][inside], 1, rtol=1e-5)
    chart.update(density=np.empty(0))
    assert not chart.bar.visible


def test_an_arrow_over_the_edge_is_left_out():
    chart = SphereMap()
    starts = np.array([[0.0, 0.0], [3.1, 0.2]])
    ends = np.array([[0.2, 0.1], [3.2, 0.2]])
    chart.update(arrows=(starts, ends))
    assert len(chart.arrows.data["x0"]) == 1


def test_what_is_shown_is_said():
    chart = SphereMap()
    assert "nothing" in chart.describe()
    chart.update(angles(12), truth=angles(2), density=np.full(192, 1.0))
    said = chart.layout.html_attributes["aria-label"]
    assert "12 orientations, 2 true" in said
    assert "seen from outside" in said


def test_the_ground_may_be_dark():
    chart = SphereMap()
    light = list(chart.ramp.palette)
    chart.set_dark(True)
    assert chart.ramp.palette != light


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"angles": np.zeros((3, 3)), "weights": np.ones(2)}, "3 points but weights"),
        ({"density": np.ones(13)}, r"12 nside\^2"),
    ],
)
def test_what_does_not_fit_is_refused(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        SphereMap().update(**given)
