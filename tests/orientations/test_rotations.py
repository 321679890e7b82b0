"""Rotations against scipy, at the places where such maps break, and with wrong input."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations import rotations


@pytest.fixture
def drawn():
    return rotations.random_rotations(500, torch.Generator().manual_seed(3))


def test_exp_and_log_agree_with_scipy(drawn):
    vector = Rotation.from_matrix(drawn.numpy()).as_rotvec()
    assert np.allclose(rotations.log(drawn).numpy(), vector, atol=2e-5)
    again = rotations.exp(torch.from_numpy(vector))
    assert np.allclose(again.numpy(), Rotation.from_rotvec(vector).as_matrix(), atol=1e-12)


@pytest.mark.parametrize("angle", [0.0, 1e-8, 1e-4, 1e-2, 1.0, 3.0, math.pi - 1e-7, math.pi])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1), (1, -2, 0.5)])
def test_the_round_trip_holds_at_any_angle(angle, axis):
    unit = torch.nn.functional.normalize(torch.tensor(axis, dtype=torch.float64), dim=0)
    turned = rotations.exp(angle * unit)
    expected = Rotation.from_rotvec((angle * unit).numpy()).as_matrix()
    assert np.allclose(turned.numpy(), expected, atol=1e-14)
    vector = rotations.log(turned)
    assert abs(float(vector.norm()) - angle) < 1e-7
    assert np.allclose(rotations.exp(vector).numpy(), turned.numpy(), atol=2e-7)
    eye = torch.eye(3, dtype=torch.float64)
    assert abs(float(rotations.angle_between(turned, eye)) - angle) < 1e-7


def test_half_a_turn_that_broke_another_library_is_read():
    # the matrix of pytorch3d's report 413: its trace is -1 and two axes tie
    matrix = torch.tensor([[-1.0, 0, 0], [0, 0, 1], [0, 1, 0]])
    vector = rotations.log(matrix)
    assert torch.isfinite(vector).all()
    assert float(vector.norm()) == pytest.approx(math.pi, abs=1e-6)
    assert torch.allclose(rotations.exp(vector), matrix, atol=1e-6)


def test_angles_are_geodesic_distances(drawn):
    first, second = drawn[:250], drawn[250:]
    between = Rotation.from_matrix(first.numpy()).inv() * Rotation.from_matrix(second.numpy())
    assert np.allclose(
        rotations.angle_between(first, second).numpy(), between.magnitude(), atol=2e-6
    )


def test_uniform_rotations_have_the_moments_of_the_haar_measure():
    drawn = rotations.random_rotations(40_000, torch.Generator().manual_seed(0))
    assert abs(float(drawn.mean(0).abs().max())) < 0.02
    # the trace is uniform when its square has mean one
    trace = drawn.diagonal(dim1=1, dim2=2).sum(1)
    assert float(trace.square().mean()) == pytest.approx(1.0, abs=0.04)
    assert torch.allclose(torch.linalg.det(drawn), torch.ones(40_000), atol=1e-5)


def test_quaternions_agree_with_scipy_and_have_one_sign(drawn):
    quaternion = rotations.to_quaternion(drawn)
    assert bool((quaternion[:, 3] >= 0).all())
    expected = Rotation.from_matrix(drawn.numpy()).as_quat(canonical=True)
    assert np.allclose(quaternion.numpy(), expected, atol=1e-5)
    assert torch.allclose(rotations.from_quaternion(3 * quaternion), drawn, atol=1e-5)
    assert rotations.from_quaternion([0, 0, 0, 2]).equal(torch.eye(3))


@pytest.mark.parametrize("value", [[0.0, 0.0, 0.0, 0.0], [0.0, math.nan, 0.0, 1.0]])
def test_a_quaternion_without_direction_is_refused(value):
    with pytest.raises(ValueError, match="length must not be zero"):
        rotations.from_quaternion([[0.0, 0.0, 0.0, 1.0], value])
    with pytest.raises(ValueError, match=r"shape \(n, 4\)"):
        rotations.from_quaternion([1.0, 0.0, 0.0])


def test_axis_coordinates_go_there_and_back(drawn):
    longitude, latitude, tilt = rotations.axis_coordinates(drawn)
    axis = drawn[:, :, 0]
    assert torch.allclose(latitude.sin(), axis[:, 2], atol=1e-5)
    assert torch.allclose(latitude.cos() * longitude.cos(), axis[:, 0], atol=1e-5)
    assert torch.allclose(
        rotations.from_axis_coordinates(longitude, latitude, tilt), drawn, atol=1e-5
    )
    # at the pole the longitude is free but the rotation must come back
    pole = rotations.exp(torch.tensor([0.0, -math.pi / 2, 0.0], dtype=torch.float64))
    assert torch.allclose(
        rotations.from_axis_coordinates(*rotations.axis_coordinates(pole)), pole, atol=1e-6
    )


def test_a_turn_about_the_axis_is_the_tilt():
    place = rotations.from_axis_coordinates(*torch.tensor([[0.4], [-0.3], [0.0]]))
    turned = place @ rotations.exp(torch.tensor([0.7, 0.0, 0.0]))
    found = [float(value[0]) for value in rotations.axis_coordinates(turned)]
    assert found == pytest.approx([0.4, -0.3, 0.7], abs=1e-6)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.eye(4), r"shape \(n, 3, 3\), not \(4, 4\)"),
        (np.full((2, 3, 3), np.nan), "matrix 0 holds NaN"),
        (np.stack([np.eye(3), 1.1 * np.eye(3)]), "matrix 1 is not orthogonal: .* 0.21"),
        (np.stack([np.eye(3), np.diag([1.0, 1.0, -1.0])]), "matrix 1 is left-handed"),
        ("axes", "must be numbers"),
    ],
)
def test_matrices_that_are_no_rotations_are_refused_with_the_reason(array, said):
    with pytest.raises(ValueError, match=said):
        rotations.check_rotations(array, "the axes of the table")


def test_rounded_matrices_are_made_orthogonal(drawn):
    rounded = drawn.numpy().round(4)
    found = rotations.check_rotations(rounded.tolist())
    assert found.dtype == torch.float32
    assert torch.allclose(found @ found.transpose(1, 2), torch.eye(3), atol=1e-6)
    assert torch.allclose(found, drawn, atol=2e-4)
    assert rotations.check_rotations(np.zeros((0, 3, 3))).shape == (0, 3, 3)
