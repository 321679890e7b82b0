"""The tidal tensor where it is known: plane waves, traces, turned and moved fields."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.orientations.tidal import TidalField, eigen_frames, web_type

SIZE, CELLS = 40.0, 32


def contrast(n):
    """A density wave with the wave vector `n` in units of the fundamental."""
    line = torch.arange(CELLS) * (2 * torch.pi / CELLS)
    x, y, z = torch.meshgrid(line, line, line, indexing="ij")
    return torch.cos(n[0] * x + n[1] * y + n[2] * z)


@pytest.mark.parametrize("n", [(1, 0, 0), (1, 2, 0), (1, -1, 2)])
def test_a_plane_wave_has_the_tensor_that_it_must_have(n):
    scales = (1.0, 3.0)
    field = TidalField.of_contrast(contrast(n), SIZE, scales)
    nodes = np.random.default_rng(0).integers(0, CELLS, (60, 3))
    where = nodes * SIZE / CELLS
    k = np.array(n) * 2 * np.pi / SIZE
    unit = k / np.linalg.norm(k)
    wave = np.cos(where @ k)
    for s, scale in enumerate(scales):
        smoothed = wave * np.exp(-0.5 * (k @ k) * scale**2)
        expected = smoothed[:, None, None] * np.outer(unit, unit)
        assert field.tensor(where)[:, s] == pytest.approx(expected, abs=2e-5)


def test_the_axis_of_a_wave_is_the_axis_of_collapse():
    field = TidalField.of_contrast(contrast((2, 1, 0)), SIZE, (1.0,))
    values, frames = field.at(np.array([[0.0, 0.0, 5.0]]))  # on a crest
    assert values[0, 0, 2] > 0.5
    assert abs(frames[0, 0, :, 2] @ np.array([2, 1, 0]) / np.sqrt(5)) == pytest.approx(1, abs=1e-4)


def test_between_the_nodes_it_is_read_linearly():
    field = TidalField.of_contrast(contrast((1, 0, 0)), SIZE, (1.0,))
    cell = SIZE / CELLS
    left, middle, right = field.tensor(np.array([[0, 0, 0], [0.25 * cell, 0, 0], [cell, 0, 0]]))
    assert middle == pytest.approx(0.75 * left + 0.25 * right, abs=1e-6)


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(4).random((500, 3)) * SIZE


def test_the_trace_is_the_smoothed_density_contrast(points):
    # point masses: compare with the sum of periodic Gaussians around each of them
    scale = 4.0
    field = TidalField(torch.from_numpy(points), SIZE, (scale,))
    where = np.random.default_rng(5).integers(0, field.cells, (40, 3)) * SIZE / field.cells
    apart = where[:, None] - points[None]
    density = np.zeros(40)
    for image in np.ndindex(3, 3, 3):
        square = ((apart + SIZE * (np.array(image) - 1)) ** 2).sum(-1)
        density += np.exp(-0.5 * square / scale**2).sum(1)
    density *= SIZE**3 / len(points) / (2 * np.pi * scale**2) ** 1.5
    trace = np.trace(field.tensor(where)[:, 0], axis1=1, axis2=2)
    assert trace == pytest.approx(density - 1, abs=5e-3)


def test_frames_are_right_handed_rotations_in_ascending_order(points):
    values, frames = TidalField(torch.from_numpy(points), SIZE).at(points[:50])
    assert values.shape == (50, 3, 3)
    assert (np.diff(values) >= 0).all()
    assert np.linalg.det(frames) == pytest.approx(1.0)
    assert frames.swapaxes(-1, -2) @ frames == pytest.approx(
        np.broadcast_to(np.eye(3), frames.shape), abs=1e-12
    )
    rebuilt = frames @ (values[..., None] * frames.swapaxes(-1, -2))
    field = TidalField(torch.from_numpy(points), SIZE)
    assert rebuilt == pytest.approx(field.tensor(points[:50]), abs=1e-5)


def test_weights_are_masses(points):
    twice = TidalField(torch.from_numpy(np.concatenate([points, points[:100]])), SIZE, (3.0,))
    weight = torch.ones(500)
    weight[:100] = 2.0
    heavy = TidalField(torch.from_numpy(points), SIZE, (3.0,), weight)
    assert heavy.tensor(points[:20]) == pytest.approx(twice.tensor(points[:20]), abs=1e-5)


def test_the_field_turns_and_moves_with_the_matter(points):
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    cell = SIZE / TidalField(torch.from_numpy(points), SIZE).cells
    moved = np.mod(points @ turn.T + np.array([3, 0, 7]) * cell, SIZE)
    before = TidalField(torch.from_numpy(points), SIZE).tensor(points[:30])
    after = TidalField(torch.from_numpy(moved), SIZE).tensor(moved[:30])
    assert after == pytest.approx(turn @ before @ turn.T, abs=2e-4)


def test_the_finer_mesh_says_the_same(points):
    coarse, fine = (TidalField(torch.from_numpy(points), SIZE, (2.0,), cells=cells)
                    for cells in (54, 108))  # fmt: skip
    apart = coarse.tensor(points[:50]) - fine.tensor(points[:50])
    assert np.abs(apart).max() < 0.06 * np.abs(fine.tensor(points[:50])).max()


def test_web_types_count_the_collapsing_axes():
    values = np.array([[-1, -1, 0.1], [-1, 0.1, 0.3], [0, 0.3, 1], [0.3, 0.4, 0.5]])
    assert web_type(values).tolist() == [0, 1, 2, 3]
    assert web_type(values, threshold=0.05).tolist() == [1, 2, 2, 3]


def test_eigenvectors_come_with_the_handedness_of_a_rotation():
    values, frames = eigen_frames(np.diag([3.0, 1.0, 2.0]))
    assert values == pytest.approx([1, 2, 3])
    assert np.abs(frames) == pytest.approx(np.eye(3)[:, [1, 2, 0]])
    assert np.linalg.det(frames) == pytest.approx(1)


def test_the_work_can_be_stopped(points):
    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    with pytest.raises(Stopped):
        TidalField(torch.from_numpy(points), SIZE, check=stop).at(points[:2])
