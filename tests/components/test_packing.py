"""Packing orientations for the sphere: what is sent is what was meant, or a sentence."""

from __future__ import annotations

import healpy
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.components.packing import axis_angles, pack, sphere_state


def unpacked(data, columns):
    return np.frombuffer(data, "<f4").reshape(-1, columns)


def test_angles_say_where_the_axis_points_and_how_it_is_rolled():
    rotations = Rotation.random(200, random_state=1).as_matrix()
    longitude, latitude, tilt = axis_angles(rotations).T
    # R = Rz(longitude) Ry(-latitude) Rx(tilt) takes x to the axis and rolls about it
    again = Rotation.from_euler("ZYX", np.stack([longitude, -latitude, tilt], -1)).as_matrix()
    np.testing.assert_allclose(again, rotations, atol=1e-12)


def test_any_axis_can_be_drawn():
    rotations = Rotation.random(50, random_state=2).as_matrix()
    longitude, latitude, _ = axis_angles(rotations, axis=2).T
    place = np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude),
                      np.sin(latitude)], -1)  # fmt: skip
    np.testing.assert_allclose(place, rotations[..., 2], atol=1e-12)


def test_a_state_holds_only_what_was_given():
    rotations = Rotation.random(7, random_state=3).as_matrix()
    found = sphere_state(rotations=rotations, weights=np.arange(7.0), truth=rotations[0])
    assert set(found) == {"points", "rings"}
    points = unpacked(found["points"], 4)
    np.testing.assert_allclose(points[:, :3], axis_angles(rotations), atol=1e-6)
    np.testing.assert_array_equal(points[:, 3], np.arange(7))
    assert unpacked(found["rings"], 3).shape == (1, 3)


def test_a_density_brings_its_resolution():
    values = np.random.default_rng(0).random(healpy.nside2npix(8))
    found = sphere_state(density=values)
    assert found["nside"] == 8
    np.testing.assert_allclose(unpacked(found["density"], 1)[:, 0], values, rtol=1e-6)


def test_arrows_start_on_the_sphere():
    places = np.array([[2.0, 0.0, 0.0], [0.0, 0.0, -0.5]])
    found = sphere_state(places=places, directions=np.ones((2, 3)))
    np.testing.assert_array_equal(
        unpacked(found["vectors"], 6), [[1, 0, 0, 1, 1, 1], [0, 0, -1, 1, 1, 1]]
    )


def test_axes_may_be_vectors_or_angles():
    vectors = sphere_state(axes=np.array([[0.0, 3.0, 0.0]]))
    angles = sphere_state(axes={"longitude": np.pi / 2, "latitude": 0.0, "tilt": 0.0})
    assert vectors == angles


def test_nothing_is_drawn_of_nothing():
    assert sphere_state(rotations=np.empty((0, 3, 3)))["points"] == b""
    assert sphere_state(density=[]) == {"density": b"", "nside": 0}


WRONG = [
    ({"rotations": np.ones((2, 3, 3))}, "orthogonal; number 0"),
    ({"rotations": np.full((2, 3, 3), np.nan)}, "orthogonal"),
    ({"rotations": np.eye(4)}, r"shape \(4, 4\)"),
    ({"rotations": np.eye(3)[None], "axes": np.eye(3)}, "not both"),
    ({"rotations": np.eye(3)[None], "weights": [1.0, 2.0]}, "1 points but weights"),
    ({"rotations": np.eye(3)[None], "weights": [-1.0]}, "smallest is -1"),
    ({"rotations": np.eye(3)[None], "weights": [np.inf]}, "must be finite; row 0"),
    ({"axes": np.zeros((1, 3))}, "must have a length; row 0"),
    ({"axes": np.zeros((2, 2))}, r"not \(n, 3\)"),
    ({"density": np.ones(13)}, r"12 nside\^2 pixels"),
    ({"density": -np.ones(12)}, "not negative"),
    ({"places": np.eye(3)}, "both places and directions"),
    ({"places": np.eye(3), "directions": np.eye(3)[:2]}, "3 places but directions"),
]


@pytest.mark.parametrize(("given", "sentence"), WRONG)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        sphere_state(**given)


def test_rows_of_a_wrong_shape_are_refused():
    with pytest.raises(ValueError, match=r"points have shape \(3,\), not \(n, 4\)"):
        pack([1.0, 2.0, 3.0], 4, "points")
