from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.orientations.projection import (
    axis_ratio_of,
    check_axis_ratios,
    ellipse,
    project,
    responsivity,
    shadow,
)

N = 200


@pytest.fixture(scope="module")
def galaxies():
    rng = np.random.default_rng(1)
    b = rng.uniform(0.3, 1, N)
    return Rotation.random(N, random_state=2).as_matrix(), b, b * rng.uniform(0.3, 1, N)


def joachimi(rotation, axes, sight):
    """W^-1 = sum s s^T / w^2 - k k^T / alpha^2 of Joachimi et al. (2013), equations 7 to 10."""
    sky = [(sight + 1) % 3, (sight + 2) % 3]
    across, along = rotation[:, sky, :], rotation[:, sight, :]
    weight = 1 / axes**2
    alpha = np.einsum("nk,nk->n", along**2, weight)
    k = np.einsum("nk,nik,nk->ni", along, across, weight)
    inverse = np.einsum("nik,njk,nk->nij", across, across, weight)
    inverse -= k[:, :, None] * k[:, None, :] / alpha[:, None, None]
    return np.linalg.inv(inverse)


@pytest.mark.parametrize("sight", [0, 1, 2])
def test_the_shadow_is_that_of_joachimi(galaxies, sight):
    rotation, b, c = galaxies
    s11, s22, s12 = shadow(rotation, b, c, sight)
    w = joachimi(rotation, np.stack([np.ones(N), b, c], -1), sight)
    np.testing.assert_allclose(s11, w[:, 0, 0], rtol=1e-10)
    np.testing.assert_allclose(s22, w[:, 1, 1], rtol=1e-10)
    np.testing.assert_allclose(s12, w[:, 0, 1], atol=1e-12)


def test_the_outline_of_many_points_on_the_ellipsoid(galaxies):
    """The farthest of points on the surface, seen along an angle, is the support of the shadow."""
    rotation, b, c = (part[:5] for part in galaxies)
    rng = np.random.default_rng(3)
    sphere = rng.normal(size=(200_000, 3))
    sphere /= np.linalg.norm(sphere, axis=1, keepdims=True)
    for k in range(5):
        points = (sphere * [1.0, b[k], c[k]]) @ rotation[k].T
        s11, s22, s12 = shadow(rotation[k : k + 1], b[k : k + 1], c[k : k + 1])[:, 0]
        for angle in (0.0, 0.7, 2.0):
            x, y = np.cos(angle), np.sin(angle)
            support = np.sqrt(s11 * x * x + s22 * y * y + 2 * s12 * x * y)
            assert (points[:, 0] * x + points[:, 1] * y).max() == pytest.approx(support, rel=1e-3)


@pytest.mark.parametrize("definition", ["epsilon", "chi"])
def test_ellipticities_are_those_of_the_eigenvalues(galaxies, definition):
    rotation, b, c = galaxies
    e = project(rotation, b, c, definition)
    s11, s22, s12 = shadow(rotation, b, c)
    matrix = np.stack([np.stack([s11, s12], -1), np.stack([s12, s22], -1)], -1)
    values, vectors = np.linalg.eigh(matrix)
    q = np.sqrt(values[:, 0] / values[:, 1])
    size = (1 - q) / (1 + q) if definition == "epsilon" else (1 - q**2) / (1 + q**2)
    angle = np.arctan2(vectors[:, 1, 1], vectors[:, 0, 1])
    np.testing.assert_allclose(e[:, 0], size * np.cos(2 * angle), atol=1e-10)
    np.testing.assert_allclose(e[:, 1], size * np.sin(2 * angle), atol=1e-10)
    np.testing.assert_allclose(axis_ratio_of(e, definition), q, rtol=1e-7)


def test_signs_and_simple_views():
    b, c = np.array([0.5]), np.array([0.25])
    along_x = np.eye(3)[None]
    assert project(along_x, b, c)[0] == pytest.approx([1 / 3, 0])
    along_y = Rotation.from_euler("z", 90, degrees=True).as_matrix()[None]
    assert project(along_y, b, c)[0] == pytest.approx([-1 / 3, 0])
    diagonal = Rotation.from_euler("z", 45, degrees=True).as_matrix()[None]
    assert project(diagonal, b, c)[0] == pytest.approx([0, 1 / 3])
    # along the major axis one sees the other two, q = 1/2; the first axis of that sky is y
    assert project(along_x, b, c, line_of_sight=0)[0] == pytest.approx([1 / 3, 0])
    # along y the sky is (z, x): the minor axis lies along the first
    assert project(along_x, b, c, line_of_sight=1)[0] == pytest.approx([-0.6, 0])


def test_turning_the_sky_turns_ellipticities_twice_and_flips_of_axes_do_nothing(galaxies):
    rotation, b, c = galaxies
    e = project(rotation, b, c) @ [1, 1j]
    turned = Rotation.from_euler("z", 0.4).as_matrix() @ rotation
    np.testing.assert_allclose(project(turned, b, c) @ [1, 1j], e * np.exp(0.8j), atol=1e-12)
    flipped = rotation @ np.diag([-1.0, 1.0, -1.0])
    np.testing.assert_allclose(project(flipped, b, c) @ [1, 1j], e, atol=1e-12)


def test_a_ball_is_round_and_epsilon_is_not_chi():
    ball = np.ones(1)
    assert np.abs(project(np.eye(3)[None], ball, ball)).max() == 0
    rotation = np.eye(3)[None]
    chi = project(rotation, np.array([0.5]), np.array([0.5]), "chi")[0, 0]
    assert chi == pytest.approx(0.6)


def test_a_sheared_population_answers_by_its_responsivity():
    """The mean of sheared ellipses over the responsivity is the shear."""
    rng = np.random.default_rng(4)
    angle = np.pi * (np.arange(4000) + 0.5) / 4000
    q = rng.uniform(0.4, 1, 4000)
    x, y = np.cos(angle), np.sin(angle)
    g = 0.005
    squeeze = np.diag([1 + g, 1 - g])
    long, short = np.stack([x, y], -1), np.stack([-y, x], -1)
    matrix = long[:, :, None] * long[:, None, :]
    matrix = matrix + (q**2)[:, None, None] * short[:, :, None] * short[:, None, :]
    matrix = squeeze @ matrix @ squeeze
    for definition in ("epsilon", "chi"):
        parts = np.stack([matrix[:, 0, 0], matrix[:, 1, 1], matrix[:, 0, 1]])
        e = ellipse(parts, definition)
        unsheared = np.einsum("nij->ijn", np.linalg.inv(squeeze) @ matrix @ np.linalg.inv(squeeze))
        before = ellipse(np.stack([unsheared[0, 0], unsheared[1, 1], unsheared[0, 1]]), definition)
        answer = (e - before).mean(0)[0] / responsivity(e, definition)
        assert answer == pytest.approx(g, rel=0.03)


@pytest.mark.parametrize(
    ("b", "c"), [(0.5, 0.6), (1.2, 0.5), (0.5, 0.0), (0.5, np.nan), (0.5, -0.1)]
)
def test_impossible_axis_ratios_are_named(b, c):
    with pytest.raises(ValueError, match=r"0 < c/a <= b/a <= 1; 1 do not"):
        check_axis_ratios(np.array([0.7, b]), np.array([0.5, c]))


def test_unknown_definitions_and_shapes_are_named():
    with pytest.raises(ValueError, match="'epsilon' for"):
        project(np.eye(3)[None], np.ones(1), np.ones(1), "distortion")
    with pytest.raises(ValueError, match=r"\(\*, 3, 3\)"):
        shadow(np.eye(2)[None], np.ones(1), np.ones(1))
    with pytest.raises(ValueError, match="differ in shape"):
        check_axis_ratios(np.ones(2), np.ones(3))
