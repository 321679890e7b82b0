"""The view of poses: pictures, truths, answers."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from astroviz.core.draws import Draws
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.pose_answers import answer_of, seen_by_camera, shown, shown_axis
from astroviz.orientations.pose_pictures import PictureError
from astroviz.orientations.pose_state import PICTURES, SHAPES
from astroviz.orientations.rotation_columns import COLUMNS, UNITS, columns_of
from astroviz.orientations.rotations import random_rotations


@pytest.fixture
def explorer():
    return OrientationsExplorer(view="pose")


def draws_around(rotation, group, sigma, n=600, shape="cube"):
    """Draws of a law whose spread is known, as a model would give them."""
    law = SymmetricMixture(
        torch.tensor(rotation)[None], torch.tensor([sigma]), torch.ones(1), group
    )
    drawn = law.sample(n, torch.Generator().manual_seed(0))
    chances = np.array([float(name == shape) for name in SHAPES])
    extras = {
        "rotations": drawn.numpy(),
        "shape_probabilities": chances,
        "ood_score": np.array(0.4),
    }
    return Draws(columns_of(drawn), COLUMNS, UNITS, 0, extras)


def test_a_picture_repeats_with_its_seed_and_changes_with_its_pose():
    one, again, other = shown("cube", 3), shown("cube", 3), shown("cube", 4)
    assert np.array_equal(one.picture, again.picture)
    assert not np.array_equal(one.picture, other.picture)
    turned = shown("cube", 3, np.eye(3))
    assert np.allclose(turned.rotation, np.eye(3))
    assert not np.array_equal(one.picture, turned.picture)
    assert one.picture.shape == (32, 32)
    assert one.picture.max() <= 1


@pytest.mark.parametrize(
    ("shape", "count"),
    [("tetrahedron", 12), ("cube", 24), ("icosahedron", 60), ("cone", 1), ("cylinder", 2)],
)
def test_true_poses_are_all_that_look_the_same(shape, count):
    seen = shown(shape, 1)
    assert len(seen.truth) == count
    assert shown_axis(shape) == (2 if shape in ("cone", "cylinder") else 0)
    for rotation in seen.truth[:: max(count // 4, 1)]:
        assert np.abs(shown(shape, 1, rotation).picture - seen.picture).mean() < 0.02


def test_an_answer_measures_the_spread_and_finds_the_modes():
    sigma = 0.08
    seen = shown("cube", 2)
    answer = answer_of(draws_around(seen.rotation, "O", sigma), seen)
    # the mean angle of a narrow kernel is that of a Maxwell law
    assert answer.spread == pytest.approx(np.rad2deg(sigma) * np.sqrt(8 / np.pi), rel=0.06)
    assert answer.modes == (24, 24)
    assert answer.shape == "cube"
    assert answer.redrawn.shape == (8, 32, 32)
    assert np.abs(answer.redrawn - seen.picture).mean() < 0.1
    one_mode = answer_of(draws_around(seen.rotation, "C1", sigma), seen)
    assert one_mode.modes == (1, 24)
    assert one_mode.density.max() > answer.density.max()


def test_the_front_of_the_sphere_is_the_side_that_the_camera_sees():
    towards = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])  # x axis along z
    assert np.allclose(seen_by_camera(towards[None])[0, :, 0], [1, 0, 0])
    rotation = random_rotations(5, torch.Generator().manual_seed(1)).numpy()
    turned = seen_by_camera(rotation)
    assert np.allclose(np.linalg.det(turned), 1.0, atol=1e-5)
    assert np.allclose(turned[:, 1], rotation[:, 0])  # right is right
    assert np.allclose(turned[:, 2], rotation[:, 1])  # up is up


def test_without_a_truth_nothing_is_claimed_about_it():
    seen = shown("cube", 2)
    unknown = type(seen)(seen.picture, "", None, "mine.png")
    answer = answer_of(draws_around(seen.rotation, "O", 0.1), unknown)
    assert np.isnan(answer.spread)
    assert answer.modes == (0, 0)
    assert len(answer.truth) == 0


def test_the_strip_holds_the_picture_of_the_state(explorer):
    assert len(explorer.pose_strip()) == PICTURES
    explorer.picture = 4321
    assert np.array_equal(explorer.pose_strip()[-1].picture, explorer.pose_shown().picture)
    explorer.source = "turn"
    before = explorer.pose_shown().picture
    explorer.turn = [0.0, 80.0, 0.0]
    assert not np.array_equal(before, explorer.pose_shown().picture)
    assert OrientationsExplorer(**explorer.state()).pose_shown().label == "cube 1"


def test_an_uploaded_picture_is_asked_about_and_nonsense_is_refused(explorer):
    content = io.BytesIO()
    pixels = np.rint(255 * shown("cone", 5).picture).astype(np.uint8)
    Image.fromarray(pixels).resize((128, 128)).save(content, "PNG")
    explorer.pose_upload(content.getvalue(), "mine.png")
    assert explorer.source == "upload"
    assert explorer.pose_shown().rotation is None
    assert "mine.png" in explorer.pose_sentence()
    with pytest.raises(PictureError):
        explorer.pose_upload(b"no picture at all", "bad.png")
    assert explorer.pose_shown().label == "mine.png", "the picture of before stays"
    with pytest.raises(ValueError, match="not known"):
        explorer.pose_likelihood_request()


def test_turns_that_are_no_angles_are_refused(explorer):
    assert explorer.from_query("turn=[1,2]")
    assert explorer.from_query("turn=[1,2,3]&source=turn") == ()
    assert explorer.turn == [1, 2, 3]
