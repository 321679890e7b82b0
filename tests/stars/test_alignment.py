"""Distances between clouds against exact references, and what they must not depend on."""

from __future__ import annotations

import numpy as np
import ot
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group
from scipy.stats import wasserstein_distance as w1

from astroviz.stars.alignment import (
    context_scale,
    domain_auc,
    domain_odds,
    gromov_coupling,
    mmd,
    pair_distance,
    sinkhorn,
    sliced_wasserstein,
    transport_plan,
)

seeds = st.integers(0, 2**31 - 1)
few = settings(max_examples=15, deadline=None, derandomize=True)


def cloud(n: int, dimensions: int = 3, seed: int = 0, shift: float = 0.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, dimensions, generator=generator, dtype=torch.float64) * 0.6 + shift


def exact(x: torch.Tensor, y: torch.Tensor) -> float:
    """Optimal transport with cost half the squared distance, as a linear programme."""
    cost = ot.dist(x.numpy(), y.numpy()) / 2
    return float(ot.emd2(ot.unif(len(x)), ot.unif(len(y)), cost))


def sliced(x: torch.Tensor, y: torch.Tensor) -> float:
    return float(sliced_wasserstein(x, y, torch.Generator().manual_seed(0)))


DISTANCES = {"sinkhorn": lambda x, y: float(sinkhorn(x, y)), "mmd": lambda x, y: float(mmd(x, y))}


@pytest.mark.parametrize("shift", [0.0, 0.5, 2.0])
def test_sinkhorn_with_little_blur_is_exact_transport(shift):
    x, y = cloud(40), cloud(55, seed=1, shift=shift)
    found, expected = float(sinkhorn(x, y, blur=0.02)), exact(x, y)
    # few iterations, as training wants them, stop 0.03 short, in clouds of spread one
    assert expected - 0.03 < found < expected


def test_sinkhorn_of_shifted_clouds_is_half_the_squared_shift():
    x = cloud(80)
    shift = torch.tensor([0.3, -0.4, 1.2], dtype=torch.float64)
    for blur in (0.05, 0.3, 1.0):  # debiased: for any blur
        assert float(sinkhorn(x, x + shift, blur)) == pytest.approx(0.5 * 1.69, rel=0.01)


@pytest.mark.parametrize("distance", DISTANCES)
def test_a_cloud_is_at_no_distance_from_itself_and_some_from_others(distance):
    x, y = cloud(60), cloud(60, seed=1, shift=1.0)
    assert DISTANCES[distance](x, x) == pytest.approx(0, abs=1e-6)
    assert DISTANCES[distance](x, x.flip(0)) == pytest.approx(0, abs=1e-5)
    assert DISTANCES[distance](x, y) > 0.05


@pytest.mark.parametrize("loss", [sinkhorn, mmd])
def test_gradients_go_to_both_sides_and_bring_the_clouds_together(loss):
    x, y = cloud(50).requires_grad_(), cloud(40, seed=1, shift=1.0).requires_grad_()
    before = loss(x, y)
    dx, dy = torch.autograd.grad(before, (x, y))
    assert (dx.abs().sum(1) > 0).all()
    assert (dy.abs().sum(1) > 0).all()
    assert dx.sum(0).numpy() == pytest.approx(-dy.sum(0).numpy(), rel=0.05), "action, reaction"
    assert (dx.sum(0) < 0).all(), "x climbs towards y"
    with torch.no_grad():
        assert loss(x - 5 * dx, y - 5 * dy) < 0.95 * before


@pytest.mark.parametrize("loss", [sinkhorn, mmd])
def test_a_weight_is_a_number_of_copies(loss):
    x, y = cloud(12), cloud(20, seed=1, shift=0.5)
    copies = torch.tensor([1, 3] * 6)
    expected = loss(x.repeat_interleave(copies, 0), y)
    found = loss(x, y, weights=copies.double() * 7.0)
    if loss is mmd:  # whose width is the median distance of the points that are given
        assert float(found) == pytest.approx(float(expected), rel=0.1)
    else:
        assert float(found) == pytest.approx(float(expected), rel=1e-3)
    assert float(found) != pytest.approx(float(loss(x, y)), rel=1e-2)


def test_weights_of_nothing_leave_stars_out():
    x, y, more = cloud(30), cloud(30, seed=1), cloud(10, seed=2)
    weights = torch.cat([torch.ones(30), torch.full((10,), 1e-12)]).double()
    found = float(sinkhorn(torch.cat([x, more]), y, weights=weights))
    assert found == pytest.approx(float(sinkhorn(x, y)), rel=0.01)


def test_mass_beyond_the_reach_is_left():
    x = cloud(50)
    y = torch.cat([cloud(45, seed=1), cloud(5, seed=2, shift=30.0)])
    balanced, near = float(sinkhorn(x, y)), float(sinkhorn(x, y, reach=1.0))
    assert balanced > 50
    assert near < 2.0
    moved = x.clone().requires_grad_()
    (pull,) = torch.autograd.grad(sinkhorn(moved, y, reach=1.0), moved)
    assert float(pull.norm(dim=1).max()) < 0.1, "the far group pulls nobody"


@pytest.mark.parametrize(("blur", "reach"), [(0.0, None), (-1.0, None), (0.1, 0.0), (0.1, -2.0)])
def test_lengths_are_positive(blur, reach):
    with pytest.raises(ValueError, match="must be positive lengths"):
        sinkhorn(cloud(4), cloud(4), blur, reach)


def test_a_cloud_that_is_not_a_number_has_no_distance():
    broken = cloud(10)
    broken[3, 1] = torch.nan
    assert sinkhorn(broken, cloud(10)).isnan()
    assert sinkhorn(cloud(10), broken).isnan()


def test_mmd_against_a_double_loop():
    x, y = cloud(9).numpy(), cloud(13, seed=1, shift=0.4).numpy()
    both = np.concatenate([x, y])
    distances = [((a - b) ** 2).sum() for a in both for b in both]
    middle = float(torch.tensor(distances).median())

    def kernel(a, b):
        squared = ((a - b) ** 2).sum()
        return np.mean([np.exp(-squared / (2 * w * w * middle)) for w in (0.25, 0.5, 1, 2, 4)])

    def mean(one, other):
        return np.mean([kernel(a, b) for a in one for b in other])

    expected = mean(x, x) + mean(y, y) - 2 * mean(x, y)
    found = float(mmd(torch.from_numpy(x), torch.from_numpy(y)))
    assert found == pytest.approx(expected, rel=1e-6)


def test_sliced_distance_in_one_dimension_is_that_of_sorted_samples():
    x, y = cloud(400, 1), cloud(400, 1, seed=1, shift=1.0) * 1.7
    expected = float((x.sort(0).values - y.sort(0).values).square().mean().sqrt())
    assert sliced(x, y) == pytest.approx(expected, rel=0.02)
    shifted = sliced(x, x + 0.8)
    assert shifted == pytest.approx(w1(x[:, 0], x[:, 0] + 0.8), rel=1e-6)


def test_sliced_distance_takes_samples_of_any_sizes_and_sees_a_shift():
    x, y = cloud(500, 6), cloud(230, 6, seed=1)
    null = sliced(x, y)
    assert null < 0.15
    # a shift along one of six axes, seen from all sides
    moved = y + torch.tensor([3.0, 0, 0, 0, 0, 0])
    angle = torch.randn(20000, 6, generator=torch.Generator().manual_seed(1))
    expected = 3.0 * (angle[:, 0] / angle.norm(dim=1)).abs().mean()
    assert sliced(x, moved) == pytest.approx(float(expected), rel=0.2)


def test_distances_within_pairs():
    x, y = cloud(10), cloud(10, seed=1)
    expected = np.mean([np.linalg.norm(a - b) ** 2 for a, b in zip(x, y, strict=True)])
    assert float(pair_distance(x, y)) == pytest.approx(expected)
    assert float(pair_distance(x, 5 * x, "cosine")) == pytest.approx(0, abs=1e-9)
    assert float(pair_distance(x, -x, "cosine")) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="no pair loss 'l1'; there are mse, cosine"):
        pair_distance(x, y, "l1")


def test_the_classifier_is_at_chance_or_certain():
    same = [domain_auc(cloud(400, seed=k), cloud(400, seed=50 + k)) for k in range(5)]
    assert np.mean(same) == pytest.approx(0.5, abs=0.04)
    assert domain_auc(cloud(100), cloud(150, seed=1, shift=4.0)) > 0.999
    wide = cloud(300, seed=2) * 3
    assert domain_auc(cloud(300), wide) > 0.85, "squares tell a wide cloud from a narrow one"
    odds = domain_odds(cloud(100), cloud(150, seed=1, shift=4.0))
    assert odds.shape == (250,)
    assert odds[:100].max() < odds[100:].min()


def test_the_scale_makes_the_spread_one():
    x = cloud(5000, 32) * 3
    scaled = x * context_scale(x)
    assert float(scaled.var(0).sum()) == pytest.approx(1.0, rel=1e-6)
    assert np.isfinite(context_scale(torch.zeros(10, 4)))


def test_marginals_of_a_plan():
    x, y = cloud(30).numpy(), cloud(45, seed=1, shift=0.3).numpy()
    plan = transport_plan(x, y, blur=0.3)
    assert plan.sum(1) == pytest.approx(1 / 30, rel=1e-3)
    assert plan.sum(0) == pytest.approx(1 / 45, rel=1e-3)
    sharp = transport_plan(x[:20], x[:20] + 5.0, blur=0.1)
    assert np.array_equal(sharp.argmax(1), np.arange(20)), "everybody moves alike"


@pytest.mark.parametrize("blur", [0.1, 0.4])
def test_an_unbalanced_plan_minimises_its_own_cost(blur):
    x, y = cloud(30).numpy(), cloud(45, seed=1, shift=0.3).numpy()
    y[:5] += 8.0
    plan = transport_plan(x, y, blur=blur, reach=1.0)
    assert plan[:, :5].sum() < 1e-6, "out of reach"
    assert 0.5 < plan.sum() < 1.0
    cost = ot.dist(x, y) / 2
    mass, product = (np.full(n, 1 / n) for n in plan.shape), 1 / plan.size

    def divergence(p, q):
        return (p * np.log(np.maximum(p, 1e-300) / q) - p + q).sum()

    here, there = mass

    def total(p):
        ends = divergence(p.sum(1), here) + divergence(p.sum(0), there)
        return (p * cost).sum() + blur**2 * divergence(p, product) + ends

    random = np.random.default_rng(0)
    for size in (1e-3, 0.03, 0.3):
        for _ in range(5):
            assert total(plan * np.exp(size * random.standard_normal(plan.shape))) > total(plan)
        assert total(plan * (1 + size)) > total(plan)
        assert total(plan * (1 - size)) > total(plan)


def test_gromov_wasserstein_sees_shapes_not_places():
    random = np.random.default_rng(0)
    x = random.standard_normal((40, 3)) * [1.0, 2.0, 4.0]
    turn = ortho_group.rvs(3, random_state=1)
    order = random.permutation(40)
    moved = (x @ turn.T + 7.0)[order]
    plan = gromov_coupling(x, moved)
    assert plan.sum() == pytest.approx(1.0)
    assert (plan.argmax(1)[order] == np.arange(40)).mean() > 0.9
    assert gromov_coupling(x, x[order]) == pytest.approx(plan, abs=1e-4)
    with pytest.raises(ValueError, match="of 301 and 5 points takes too long; give at most 300"):
        gromov_coupling(np.zeros((301, 2)), np.zeros((5, 2)))


@given(seed=seeds)
@few
def test_no_distance_depends_on_order_place_or_orientation(seed):
    random = np.random.default_rng(seed)
    x, y = cloud(24, seed=seed % 1000), cloud(31, seed=1 + seed % 1000, shift=0.7)
    turn = torch.from_numpy(ortho_group.rvs(3, random_state=random))
    there = torch.from_numpy(random.uniform(-5, 5, 3))
    order = torch.from_numpy(random.permutation(24))
    for name, distance in DISTANCES.items():
        found = distance(x, y)
        assert distance(x[order], y) == pytest.approx(found, rel=1e-4)
        assert distance(x + there, y + there) == pytest.approx(found, rel=1e-4)
        # the steps of Sinkhorn's blur start from a box along the axes
        turned = 0.02 if name == "sinkhorn" else 1e-6
        assert distance(x @ turn.T, y @ turn.T) == pytest.approx(found, rel=turned)
        assert distance(y, x) == pytest.approx(found, rel=1e-4), "symmetric"
        assert found >= -1e-9
    assert sliced(x[order] + there, y + there) == pytest.approx(sliced(x, y), rel=1e-6)


@given(factor=st.floats(0.1, 10.0), seed=seeds)
@few
def test_mmd_has_no_units_and_sinkhorn_has_those_of_the_cost(factor, seed):
    x, y = cloud(20, seed=seed % 997), cloud(20, seed=1 + seed % 997, shift=1.0)
    assert float(mmd(factor * x, factor * y)) == pytest.approx(float(mmd(x, y)), rel=1e-6)
    found = sinkhorn(factor * x, factor * y, blur=0.2 * factor)
    assert float(found) == pytest.approx(factor**2 * float(sinkhorn(x, y, blur=0.2)), rel=0.01)
