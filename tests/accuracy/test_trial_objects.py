"""The objects of a cell: their order, and the posterior of one as vector, rotation or picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.accuracy.trial import Trial
from astroviz.accuracy.trial_objects import object_scene, objects_table, worst_first


def vectors():
    random = np.random.default_rng(0)
    return Trial(
        truths=random.normal(size=(30, 5)), draws=random.normal(size=(30, 40, 5)),
        names=("log_age", "a_v", "x", "y", "z"), units=("log10 yr", "mag", "", "", ""),
        groups={"pattern": np.array(["all", "none"] * 15)}, places={"G": np.linspace(8, 16, 30)},
        place_units={"G": "mag"}, ids=tuple(f"star {k}" for k in range(30)),
    )  # fmt: skip


def test_the_worst_come_first_and_only_of_the_cell():
    members = np.array([True, False, True, True])
    assert worst_first(members, np.array([1.0, 9.0, np.nan, 3.0])).tolist() == [3, 0, 2]
    assert worst_first(np.zeros(4, bool), np.ones(4)).size == 0


def test_a_vector_has_a_corner_with_its_truth():
    trial = vectors()
    scene = object_scene(trial, 7, ["z", "a_v", "nothing"])
    assert (scene.name, scene.kind) == ("star 7", "corner")
    assert [axis.name for axis in scene.axes] == ["z", "a_v"]
    assert [axis.label for axis in scene.axes] == ["z", "a_v"]
    assert np.array_equal(scene.draws, trial.draws[7][:, [4, 1]])
    assert scene.ranks[0] == pytest.approx((trial.draws[7, :, 4] < trial.truths[7, 4]).mean())
    assert ("pattern", "none") in scene.facts
    assert all(a.lower < scene.draws[:, k].min() for k, a in enumerate(scene.axes))
    usual = object_scene(trial, 0)
    assert [axis.label for axis in usual.axes] == ["log age", "a_v", "x"]
    assert object_scene(trial, 999).row == 29


def test_rotations_are_turns_away_from_the_truth():
    truth = Rotation.from_euler("xyz", [[10, 20, 30], [0, 0, 90]], degrees=True)
    turn = Rotation.from_rotvec([[0, 0, 12.0], [5.0, 0, 0]], degrees=True)
    draws = np.stack([(truth * one).as_matrix().reshape(2, 9) for one in turn], 1)
    trial = Trial(
        truths=truth.as_matrix().reshape(2, 9), draws=draws, geometry="rotation",
        names=tuple(f"r{k}" for k in range(9)),
    )  # fmt: skip
    scene = object_scene(trial, 0)
    assert scene.axes[2].unit == "deg"
    assert np.allclose(scene.draws, [[0, 0, 12], [5, 0, 0]], atol=1e-6)
    assert np.array_equal(scene.truth, np.zeros(3))


def test_pictures_are_pictures():
    random = np.random.default_rng(0)
    draws = random.normal(size=(3, 20, 64))
    trial = Trial(truths=draws[:, 0], draws=draws[:, 1:], geometry="image",
                  names=tuple(f"p{k}" for k in range(64)))  # fmt: skip
    scene = object_scene(trial, 1)
    assert scene.kind == "images"
    assert scene.draws.shape == (4, 8, 8)
    assert np.allclose(scene.draws[2], draws[1, 1:].mean(0).reshape(8, 8))
    assert len(scene.labels) == 4


def test_a_table_has_units_and_the_order_of_its_rows():
    trial = vectors()
    table = objects_table(trial, np.array([4, 2]), np.zeros((30, 5)))
    assert list(table["object"]) == ["star 4", "star 2"]
    assert str(table["a_v_mean"].unit) == "mag"
    assert table["a_v_true"][1].value == pytest.approx(trial.truths[2, 1])
    assert list(table["G"]) == [trial.places["G"][4], trial.places["G"][2]]
