from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from astroviz.plots.density import MASSES, joint, marginal, thin, weighted_quantiles
from astroviz.plots.raster import inside_polygon


@pytest.fixture(scope="module")
def normal():
    z = np.random.default_rng(1).normal(size=(20000, 2))
    return np.stack([z[:, 0], 0.8 * z[:, 0] + 0.6 * z[:, 1]], -1)


def held(region, level_row, x, y):
    """Which points lie in the polygons of one level, holes left out."""
    xs, ys = region.polygons()
    inside = np.zeros(len(x), dtype=bool)
    for ring_x, ring_y in zip(xs[level_row], ys[level_row], strict=True):
        for part_x, part_y in zip(ring_x, ring_y, strict=True):
            inside ^= inside_polygon(x, y, np.stack([part_x, part_y], -1).astype(float))
    return inside


def test_a_marginal_is_the_density_of_its_draws(normal):
    found = marginal(normal[:, 0])
    assert found.density.sum() * found.edges[1] == pytest.approx(1, abs=2e-3)
    np.testing.assert_allclose(found.density, norm.pdf(found.grid), atol=0.02)
    np.testing.assert_allclose(found.quantiles, norm.ppf([0.16, 0.5, 0.84]), atol=0.03)


def test_density_does_not_leak_through_a_hard_bound():
    draws = np.random.default_rng(2).exponential(size=50000)
    found = marginal(draws, bounds=(0, 20))
    assert found.grid[0] > 0
    assert found.density[0] == pytest.approx(1, abs=0.12)
    # without the bound, half of what is at the edge would be lost beyond it
    assert marginal(draws).density.max() < found.density.max()


def test_regions_hold_their_part_of_the_draws(normal):
    region = joint(marginal(normal[:, 0]), marginal(normal[:, 1]))
    for row, mass in enumerate(sorted(MASSES, reverse=True)):
        inside = held(region, row, normal[:, 0], normal[:, 1])
        assert inside.mean() == pytest.approx(mass, abs=0.015)


def test_regions_of_a_normal_distribution_are_its_ellipses(normal):
    region = joint(marginal(normal[:, 0]), marginal(normal[:, 1]))
    radius = np.sqrt(np.einsum("ni,ij,nj->n", normal, np.linalg.inv([[1, 0.8], [0.8, 1]]), normal))
    for row, sigma in ((0, 2.0), (1, 1.0)):
        inside = held(region, row, normal[:, 0], normal[:, 1])
        assert (inside == (radius < sigma)).mean() > 0.96


def test_two_clumps_make_two_polygons():
    draws = np.random.default_rng(3).normal(size=(4000, 2)) * 0.1
    draws[:1500] += 3
    xs, _ = joint(marginal(draws[:, 0]), marginal(draws[:, 1])).polygons()
    assert len(xs[0]) == 2


def test_a_ring_keeps_its_hole():
    rng = np.random.default_rng(4)
    angle, radius = rng.uniform(0, 2 * np.pi, 20000), rng.normal(5, 0.3, 20000)
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    region = joint(marginal(x), marginal(y))
    xs, _ = region.polygons()
    assert max(len(rings) for rings in xs[0]) == 2
    assert not held(region, 0, np.zeros(1), np.zeros(1))[0]


def test_weights_do_what_drawing_more_often_does(normal):
    weights = (normal[:, 0] > 0).astype(float)
    kept = normal[normal[:, 0] > 0]
    weighted, plain = marginal(normal[:, 0], weights), marginal(kept[:, 0])
    np.testing.assert_allclose(weighted.quantiles, plain.quantiles)
    np.testing.assert_allclose(weighted.density, plain.density)
    one = joint(weighted, marginal(normal[:, 1], weights), weights)
    other = joint(plain, marginal(kept[:, 1]))
    np.testing.assert_allclose(one.density, other.density, atol=1e-12)


def test_draws_without_a_value_are_left_out_pair_by_pair(normal):
    x, y = normal[:, 0].copy(), normal[:, 1].copy()
    x[::3] = np.nan
    kept = np.isfinite(x)
    both, alone = joint(marginal(x), marginal(y)), joint(marginal(x[kept]), marginal(y[kept]))
    assert both.density.sum() == pytest.approx(1, abs=5e-3)
    # the grid of y still holds all of its draws, so the two agree but for its ends
    assert (both.density @ both.x).sum() == pytest.approx(
        (alone.density @ alone.x).sum(), abs=1e-3
    )
    assert joint(marginal(np.full(50, np.nan)), marginal(y[:50])) is None


@pytest.mark.parametrize(
    "draws", [np.full(100, 3.0), np.array([1.0]), np.empty(0), np.full(9, np.nan), np.zeros(50)]
)
def test_odd_draws_do_not_break_it(draws):
    found = marginal(draws, bounds=(0, 10))
    assert np.isfinite(found.density).all()
    assert np.isfinite(found.grid).all()
    assert (np.diff(found.grid) > 0).all()


def test_equal_weights_are_plain_quantiles():
    values = np.random.default_rng(0).normal(size=2001)
    found = weighted_quantiles(values, np.ones(2001), (0.16, 0.5, 0.84))
    np.testing.assert_allclose(found, np.quantile(values, (0.16, 0.5, 0.84)), atol=2e-3)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_repeating_every_value_changes_no_quantile_beyond_the_values(values, times):
    values = np.asarray(values)
    found = weighted_quantiles(values, np.full(len(values), float(times)), (0.1, 0.5, 0.9))
    assert (np.diff(found) >= 0).all()
    assert values.min() <= found[0] <= found[2] <= values.max()


def test_thinning_follows_the_weights():
    weights = np.zeros(1000)
    weights[[3, 7]] = 1, 3
    found = thin(weights, 1000, 400)
    assert np.bincount(found)[[3, 7]].tolist() == [100, 300]
    assert len(thin(None, 1000, 400)) == 400
    assert len(thin(None, 10, 400)) == 10
