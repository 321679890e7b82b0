from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from astroviz.orientations.correlations import KINDS, contributions, correlate
from astroviz.orientations.jackknife import both_inside, jackknife, leave_one_out, sub_cubes
from astroviz.orientations.pairs import pairs_in_projection, pairs_in_space
from astroviz.orientations.projection import project

SIZE, PI_MAX = 30.0, 8.0
EDGES = np.array([1.0, 3.0, 6.0, 9.0])
N = 300


@pytest.fixture(scope="module")
def box():
    rng = np.random.default_rng(0)
    position = rng.uniform(0, SIZE, (N, 3))
    rotation = Rotation.random(N, random_state=1).as_matrix()
    e = project(rotation, np.full(N, 0.7), np.full(N, 0.5))
    pairs = {
        False: pairs_in_space(position, SIZE, EDGES),
        True: pairs_in_projection(position, SIZE, EDGES, PI_MAX),
    }
    marks = {"ed": rotation[:, :, 0], "ee": rotation[:, :, 0], "wg+": e, "w++": e, "wgg": None}
    return position, pairs, marks


@pytest.mark.parametrize("kind", ["ed", "wg+"])
@pytest.mark.parametrize("selected", [False, True])
def test_against_measuring_anew_without_the_shapes_of_each_cube(box, kind, selected):
    position, pairs, marks = box
    region = sub_cubes(position, SIZE, 2)
    rng = np.random.default_rng(2)
    shapes, density = (rng.random(N) < (0.5 if selected else 2) for _ in range(2))
    one = pairs[KINDS[kind].projected]
    parts = contributions(kind, one, marks[kind], shapes, density)
    samples = leave_one_out(parts, region, 8)
    brute = [
        correlate(kind, one, marks[kind], shapes & (region != k), density).value for k in range(8)
    ]
    np.testing.assert_allclose(samples, brute, rtol=1e-9, atol=1e-12)
    expected = 7 * np.cov(np.array(brute).T, bias=True)
    found = jackknife(parts, region, 8)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(found.error, np.sqrt(np.diag(expected)))
    np.testing.assert_array_equal(
        found.value, correlate(kind, one, marks[kind], shapes, density).value
    )
    assert found.regions == 8


def by_loop(position, marks, kind, region, k, part):
    """Marks and weights of all ordered pairs without region k, pair by pair."""
    total, count = np.zeros(3), np.zeros(3)
    for i in range(len(position)):
        offset = position - position[i]
        offset -= SIZE * np.round(offset / SIZE)
        if kind == "ee":
            r = np.linalg.norm(offset, axis=1)
            mark = (marks @ marks[i]) ** 2
        else:
            r = np.where(np.abs(offset[:, 2]) <= PI_MAX, np.hypot(offset[:, 0], offset[:, 1]), 99)
            mark = np.ones(len(position))
        inside = (region[i] == k).astype(float) + (region == k)
        keep = np.array([1, 1 - part, 0])[inside.astype(int)]
        bins = np.digitize(r, EDGES, right=True) - 1
        good = (np.arange(len(position)) != i) & (bins >= 0) & (bins < 3)
        np.add.at(total, bins[good], (keep * mark)[good])
        np.add.at(count, bins[good], keep[good])
    return total, count


@pytest.mark.parametrize("kind", ["ee", "wgg"])
def test_pairs_across_a_border_against_a_loop(box, kind):
    position, pairs, marks = box
    region, part = sub_cubes(position, SIZE, 2), 8 / (2 + np.sqrt(2) * 7)
    one = pairs[KINDS[kind].projected]
    samples = leave_one_out(contributions(kind, one, marks[kind]), region, 8)
    for k in (0, 5):
        total, count = by_loop(position, marks[kind], kind, region, k, part)
        if kind == "ee":
            expected = total / count - 1 / 3
        else:
            inside = both_inside(one, 8)
            density = np.array([np.sum(region != k) / (7 / 8), np.sum(region == k) * 8])
            outside = (1 - 2 / 8 + inside / 8) * density[0] ** 2
            across = (1 - part) * 2 / 8 * (1 - inside) * density[0] * density[1]
            ring = np.pi * np.diff(EDGES**2) * 2 * PI_MAX
            random = (outside + across) / SIZE**3 * ring
            expected = 2 * PI_MAX * (total / random - 1)
        np.testing.assert_allclose(samples[k], expected, rtol=1e-9)


def test_the_chance_to_stay_in_a_cube_is_exact():
    """Many unclustered points."""
    position = np.random.default_rng(3).uniform(0, SIZE, (4000, 3))
    pairs = pairs_in_projection(position, SIZE, EDGES, PI_MAX)
    for per_side in (2, 3):
        region = sub_cubes(position, SIZE, per_side)
        same = (region[pairs.first] == region[pairs.second]).astype(float)
        measured = pairs.sum(same) / pairs.sum(np.ones(len(pairs)))
        np.testing.assert_allclose(both_inside(pairs, per_side**3), measured, atol=0.01)


def test_projected_samples_scatter_about_the_whole():
    """Unclustered points: no sample of wgg is biased by the hole."""
    position = np.random.default_rng(4).uniform(0, SIZE, (3000, 3))
    pairs = pairs_in_projection(position, SIZE, EDGES, PI_MAX)
    samples = leave_one_out(contributions("wgg", pairs), sub_cubes(position, SIZE, 3), 27)
    np.testing.assert_allclose(samples.mean(0), correlate("wgg", pairs).value, atol=0.03)


@pytest.mark.parametrize("kind", ["ed", "ee", "wg+", "w++", "wgg"])
def test_the_error_is_the_scatter_of_independent_boxes(kind):
    rng = np.random.default_rng(5)
    values, errors = [], []
    for seed in range(60):
        position = rng.uniform(0, SIZE, (N, 3))
        rotation = Rotation.random(N, random_state=100 + seed).as_matrix()
        if KINDS[kind].projected:
            pairs = pairs_in_projection(position, SIZE, EDGES, PI_MAX)
            e = project(rotation, np.full(N, 0.7), np.full(N, 0.5))
            marks = None if kind == "wgg" else e
        else:
            pairs, marks = pairs_in_space(position, SIZE, EDGES), rotation[:, :, 0]
        found = jackknife(contributions(kind, pairs, marks), sub_cubes(position, SIZE, 3), 27)
        values.append(found.value)
        errors.append(found.error)
    ratio = np.sqrt(np.mean(np.square(errors), 0)) / np.std(values, 0)
    # boxes of equal numbers scatter less in wgg than parts of one box, whose numbers differ
    assert np.all((ratio > 0.7) & (ratio < (2.0 if kind == "wgg" else 1.4)))


def test_cubes_fill_the_box_and_hold_their_borders():
    corners = np.array([[0.0, 0, 0], [29.999, 29.999, 29.999], [SIZE, 15, 0]])
    assert sub_cubes(corners, SIZE, 3).tolist() == [0, 26, 3]
    count = np.bincount(sub_cubes(np.random.default_rng(0).uniform(0, SIZE, (27000, 3)), SIZE))
    assert len(count) == 27
    assert np.all(np.abs(count - 1000) < 200)


def test_wrong_input_is_named(box):
    position, pairs, marks = box
    with pytest.raises(ValueError, match="2 cubes or more"):
        sub_cubes(position, SIZE, 1)
    with pytest.raises(ValueError, match="one a galaxy"):
        jackknife(contributions("ed", pairs[False], marks["ed"]), np.zeros(4, int), 27)
    with pytest.raises(ValueError, match="projection only"):
        both_inside(pairs[False], 27)
