"""Distances of every geometry against scipy, against hand, and against a user's own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation

from astroviz.accuracy.geometry import Geometry, distance, geometry_of, spread
from astroviz.accuracy.trial import Trial, TrialError


def trial(truths, geometry="vector", **more):
    truths = np.asarray(truths)
    names = tuple(f"p{k}" for k in range(truths.shape[1]))
    return Trial(truths=truths, draws=truths[:, None], names=names, geometry=geometry, **more)


def test_a_parameter_does_not_outweigh_another_by_its_unit():
    points = np.random.default_rng(0).normal(size=(400, 3))
    scale = np.array([1.0, 1e-3, 1e6])
    plain = distance(trial(points))(points[:5], points[5:10])
    np.testing.assert_allclose(
        distance(trial(points * scale))(points[:5] * scale, points[5:10] * scale), plain
    )
    expected = np.sqrt((((points[:5] - points[5:10]) / spread(points)) ** 2).mean(1))
    np.testing.assert_allclose(plain, expected)


def test_the_prior_sets_the_scale_where_it_is_given():
    points = np.random.default_rng(0).normal(size=(4000, 2))
    found = geometry_of(trial(points, prior=10 * points))
    np.testing.assert_allclose(found.scale, 10 * spread(points))
    assert spread(points) == pytest.approx([1, 1], abs=0.05)


def test_a_constant_coordinate_and_an_empty_one_have_scale_one():
    points = np.stack([np.arange(9.0), np.full(9, 3.0), np.full(9, np.nan)], 1)
    found = spread(points)
    assert found[0] > 1
    assert found[1:].tolist() == [1, 1]


def test_rotations_are_apart_by_their_angle():
    one, two = (Rotation.random(200, random_state=k) for k in (1, 2))
    flat = [turn.as_matrix().reshape(-1, 9) for turn in (one, two)]
    space = trial(flat[0], "rotation")
    expected = (one.inv() * two).magnitude()
    np.testing.assert_allclose(distance(space)(*flat), expected, atol=1e-7)
    # the straight distance of the nine numbers orders as the angle does
    geometry = geometry_of(space)
    order = geometry.matrix(flat[0][:1], flat[1])[0].argsort()
    angle = distance(space)(flat[0][:1], flat[1])
    assert (np.diff(angle[order]) >= -1e-9).all()


def test_gaps_are_left_out_of_a_table():
    points = np.array([[0.0, 0, 0], [1.0, np.nan, 1], [np.nan, 2, np.nan], [np.nan] * 3])
    space = dataclasses.replace(trial(points, "table"), prior=np.random.default_rng(0)
                                .normal(size=(50, 3)))  # fmt: skip
    geometry = Geometry("table", np.ones(3), gaps=True)
    assert geometry.apart(points[0], points[1]) == pytest.approx(1.0)
    assert geometry.apart(points[0], points[2]) == pytest.approx(2.0)
    assert geometry.apart(points[1], points[2]) == pytest.approx(np.sqrt(2))  # nothing shared
    assert geometry_of(space).gaps
    assert not geometry_of(space).straight
    assert np.isfinite(geometry_of(space).matrix(points, points)).all()


def test_pixels_have_one_scale_and_a_table_without_gaps_is_straight():
    points = np.random.default_rng(3).normal(size=(30, 16)) * np.arange(1, 17)
    assert geometry_of(trial(points, "image")).scale == pytest.approx([points.std()])
    geometry = geometry_of(trial(points, "table"))
    assert geometry.straight
    flat = points / geometry.scale
    np.testing.assert_allclose(geometry.matrix(points, points[:7]), cdist(flat, flat[:7]))


def mismatches(first, second):
    """For categories: the part of the columns that differ."""
    return (first != second).mean(-1)


def test_a_distance_of_ones_own_of_categories():
    points = np.array([[0, 2, 1], [0, 2, 3], [5, 5, 5]], float)
    geometry = geometry_of(trial(points, distance=mismatches))
    np.testing.assert_allclose(
        geometry.matrix(points, points), [[0, 1 / 3, 1], [1 / 3, 0, 1], [1, 1, 0]]
    )


@pytest.mark.parametrize(
    ("own", "said"),
    [(lambda a, b: (a - b).sum(), "one number for each pair"),
     (lambda a, b: np.full(a.shape[:-1], np.nan), "gave NaN")],
)  # fmt: skip
def test_a_bad_distance_is_refused(own, said):
    points = np.zeros((4, 2))
    with pytest.raises(TrialError, match=said):
        geometry_of(trial(points, distance=own)).apart(points, points)
