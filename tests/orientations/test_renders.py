"""Pictures of solids: outlines against exact projections, symmetries pixel by pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from astroviz.orientations.groups import group
from astroviz.orientations.renders import (
    FIELD,
    Camera,
    random_camera,
    render,
    render_many,
    silhouette_area,
)
from astroviz.orientations.rotations import angle_between, random_rotations
from astroviz.orientations.solids import (
    SHAPES,
    axis_of,
    equivalents,
    nearest_angle,
    nearest_equivalent,
    solid,
    symmetries,
)

FLAT = ("tetrahedron", "cube", "icosahedron")


@pytest.fixture
def poses():
    return torch.from_numpy(Rotation.random(12, random_state=3).as_matrix()).float()


def corners(name):
    """Corners of a flat solid, by intersecting its half-spaces with scipy."""
    from scipy.spatial import HalfspaceIntersection

    body = solid(name)
    faces = np.c_[body.normals.numpy(), np.full(len(body.normals), -body.offset)]
    found = HalfspaceIntersection(faces.astype(float), np.zeros(3)).intersections
    return np.unique(found.round(5), axis=0)


@pytest.mark.parametrize(
    ("name", "number"), [("tetrahedron", 4), ("cube", 8), ("icosahedron", 12)]
)
def test_a_solid_has_its_corners_on_the_unit_sphere(name, number):
    found = corners(name)
    assert len(found) == number
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_a_symmetry_leaves_every_pixel(name, poses):
    plain = render(name, poses)
    same = equivalents(name, poses, turns=7)
    for k in range(same.shape[1]):
        assert (render(name, same[:, k]) - plain).abs().max() < 2e-2
        assert (render(name, same[:, k]) - plain).abs().mean() < 1e-4


@pytest.mark.parametrize("name", SHAPES)
def test_another_rotation_changes_the_picture(name, poses):
    turned = poses @ torch.from_numpy(Rotation.from_rotvec([0.3, 0.2, 0]).as_matrix()).float()
    assert ((render(name, turned) - render(name, poses)).abs().amax((1, 2)) > 0.05).all()


@pytest.mark.parametrize("name", FLAT)
def test_the_outline_of_a_flat_solid_is_its_projection(name, poses):
    points = np.einsum("nij,cj->nci", poses.numpy(), corners(name))[..., :2]
    exact = [ConvexHull(one).volume for one in points]
    assert np.allclose(silhouette_area(name, poses, finer=8).numpy(), exact, rtol=6e-3)


def test_the_outline_of_a_cube_follows_the_rule_of_its_faces(poses):
    side = 2 / math.sqrt(3)
    exact = side**2 * poses[:, 2].abs().sum(-1)
    assert torch.allclose(silhouette_area("cube", poses, finer=8), exact, rtol=6e-3)


def test_the_outline_of_a_cylinder_is_a_rectangle_with_half_ellipses(poses):
    cosine = axis_of(poses)[:, 2].abs()
    exact = math.pi * 0.25 * cosine + 1.0 * 1.6 * (1 - cosine**2).sqrt()
    assert torch.allclose(silhouette_area("cylinder", poses, finer=8), exact, rtol=8e-3)


def test_the_outline_of_a_cone_is_the_hull_of_its_base_and_apex(poses):
    angle = np.linspace(0, 2 * np.pi, 720)
    rim = np.stack([0.8 * np.cos(angle), 0.8 * np.sin(angle), np.full(720, -0.6)], -1)
    points = np.concatenate([rim, [[0, 0, 1.0]]])
    exact = [ConvexHull((points @ one.T)[:, :2]).volume for one in poses.numpy()]
    assert np.allclose(silhouette_area("cone", poses, finer=8).numpy(), exact, rtol=8e-3)


def test_a_face_that_looks_into_the_light_is_brightest():
    light = Camera.usual(1).light[0].numpy()
    turn = Rotation.align_vectors(light[None], [[0, 0, 1]])[0].as_matrix()
    shown = render("cylinder", torch.from_numpy(turn).float()[None])
    assert float(shown.max()) == pytest.approx(1.0, abs=1e-3)
    assert float(shown[0, 0, 0]) == 0


def test_up_is_up_and_right_is_right():
    # the apex of a cone that points to +y, then to +x
    up = torch.from_numpy(Rotation.from_euler("x", -90, degrees=True).as_matrix()).float()
    shown = render("cone", up[None])[0]
    assert axis_of(up)[1] == pytest.approx(1)
    assert (shown[2:6] > 0).sum() < (shown[18:22] > 0).sum()
    right = torch.from_numpy(Rotation.from_euler("y", 90, degrees=True).as_matrix()).float()
    shown = render("cone", right[None])[0]
    assert (shown[:, 26:30] > 0).sum() < (shown[:, 10:14] > 0).sum()


def test_lights_and_noise_are_seeded():
    poses = random_rotations(10, torch.Generator().manual_seed(1))
    kinds = torch.arange(10) % 5
    shown = [render_many(kinds, poses, torch.Generator().manual_seed(2)) for _ in range(2)]
    other = render_many(kinds, poses, torch.Generator().manual_seed(3))
    assert torch.equal(*shown)
    assert not torch.equal(shown[0], other)
    assert 0 <= float(other.min()) <= float(other.max()) <= 1
    light = random_camera(500, torch.Generator().manual_seed(4)).light
    off = torch.acos((light * Camera.usual(500).light).sum(-1).clamp(-1, 1))
    assert 0.05 < float(off.mean()) < 0.2


def test_noise_has_the_stated_spread():
    poses = torch.eye(3).expand(200, 3, 3)
    clean = render("cube", poses[:1])
    noisy = render("cube", poses, Camera.usual(200), torch.Generator().manual_seed(0))
    inside = (clean[0] > 0.2) & (clean[0] < 0.8)
    assert float((noisy - clean)[:, inside].std()) == pytest.approx(0.02, rel=0.05)


def test_an_unknown_solid_is_named():
    with pytest.raises(ValueError, match="'teapot'; there is tetrahedron, cube"):
        render("teapot", torch.eye(3)[None])


@pytest.mark.parametrize(("name", "letter"), list(zip(FLAT, "TOI", strict=True)))
def test_the_symmetries_are_those_of_the_group(name, letter):
    assert torch.allclose(symmetries(name), group(letter))
    turned = np.einsum("gij,cj->gci", symmetries(name).numpy(), corners(name))
    gap = np.abs(turned[:, :, None] - corners(name)).max(-1).min(-1)
    assert gap.max() < 1e-4


@pytest.mark.parametrize("name", SHAPES)
def test_the_nearest_angle_is_the_smallest_over_all_equivalents(name, poses):
    others = random_rotations(12, torch.Generator().manual_seed(5))
    every = angle_between(others[:, None], equivalents(name, poses, turns=2000)).amin(1)
    assert torch.allclose(nearest_angle(name, others, poses), every, atol=3e-3)
    same = equivalents(name, poses)[:, -1]
    assert nearest_angle(name, same, poses).max() < 2e-3


@pytest.mark.parametrize("name", FLAT)
def test_the_nearest_equivalent_is_at_the_nearest_angle(name, poses):
    others = random_rotations(12, torch.Generator().manual_seed(6))
    moved = nearest_equivalent(name, others, poses)
    assert torch.allclose(
        angle_between(moved, poses), nearest_angle(name, others, poses), atol=2e-3
    )
    assert nearest_angle(name, moved, others).max() < 2e-3


def test_the_field_holds_the_sphere():
    assert FIELD > 1
    for name in SHAPES:
        poses = random_rotations(50, torch.Generator().manual_seed(7))
        shown = render(name, poses)
        edge = torch.cat([shown[:, 0], shown[:, -1], shown[:, :, 0], shown[:, :, -1]])
        assert float(edge.max()) == 0
