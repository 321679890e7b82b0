"""An ellipsoid on the screen: its rim, its axes, and the turn under a hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.plots.ellipsoid import (
    DEFAULT_VIEW,
    outline,
    project,
    quaternion_facing,
    turn_of_drag,
    view_of,
)


def test_the_default_view_is_a_rotation():
    np.testing.assert_allclose(DEFAULT_VIEW @ DEFAULT_VIEW.T, np.eye(3), atol=1e-7)
    assert np.linalg.det(DEFAULT_VIEW) == pytest.approx(1.0)


def test_the_rim_holds_every_point_of_the_surface_and_touches_it():
    frame = Rotation.random(random_state=3).as_matrix()
    lengths = np.array([1.0, 0.6, 0.3])
    random = np.random.default_rng(0).normal(size=(200_000, 3))
    surface = random / np.linalg.norm(random, axis=-1, keepdims=True) * lengths @ frame.T
    flat = project(surface, DEFAULT_VIEW)[:, :2]
    found = outline(frame, lengths, DEFAULT_VIEW)
    x, y = found.rim
    for angle in np.linspace(0, np.pi, 7):
        along = np.array([np.cos(angle), np.sin(angle)])
        farthest = np.max(x * along[0] + y * along[1])
        assert np.max(flat @ along) == pytest.approx(farthest, rel=3e-3)


def test_ends_of_axes_are_where_the_axes_are():
    found = outline(np.eye(3), np.array([1.0, 0.5, 0.25]), np.eye(3))
    np.testing.assert_allclose(found.ends[0, 0], [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(found.ends[2, 1], [0, 0, -0.25], atol=1e-12)


def test_a_drag_carries_the_point_under_the_hand():
    view = DEFAULT_VIEW
    start, end = np.array([0.2, 0.1]), np.array([-0.3, 0.4])
    turn = Rotation.from_rotvec(turn_of_drag(tuple(start), tuple(end), view)).as_matrix()
    held = view.T @ np.append(start, np.sqrt(1 - start @ start))
    np.testing.assert_allclose(project(turn @ held, view)[:2], end, atol=1e-9)


def test_outside_of_the_ball_the_turn_is_about_the_line_of_sight():
    turn = turn_of_drag((2.0, 0.0), (0.0, 3.0), np.eye(3))
    np.testing.assert_allclose(turn, [0, 0, np.pi / 2], atol=1e-12)
    np.testing.assert_allclose(turn_of_drag((0.1, 0.1), (0.1, 0.1), np.eye(3)), 0)


def test_the_view_of_a_turned_sphere_is_its_rotation():
    turn = Rotation.random(random_state=5)
    towards, right, up = turn.as_matrix()
    np.testing.assert_allclose(view_of(turn.as_quat()), [right, up, towards], atol=1e-12)
    np.testing.assert_allclose(view_of([0, 0, 0, 0]), DEFAULT_VIEW)
    start = Rotation.from_euler("y", 0.32) * Rotation.from_euler("z", -0.45)
    np.testing.assert_allclose(view_of(start.as_quat()), DEFAULT_VIEW, atol=1e-12)


def test_a_direction_is_brought_near_the_middle():
    for direction in Rotation.random(20, random_state=1).as_matrix()[:, 0]:
        straight = view_of(quaternion_facing(direction, (0.0, 0.0))) @ direction
        assert straight[2] > 0.93, "as far as the pole is not in the way"
        aside = view_of(quaternion_facing(direction)) @ direction
        assert aside[2] > 0.75
    level = view_of(quaternion_facing([0.6, 0.8, 0.0], (0.0, 0.0)))
    np.testing.assert_allclose(level @ [0.6, 0.8, 0.0], [0, 0, 1], atol=1e-5)
