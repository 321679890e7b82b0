"""Distances against POT, scipy and geomloss."""

from __future__ import annotations

import geomloss
import numpy as np
import ot
import pytest
import torch
from scipy.stats import ks_2samp, wasserstein_distance

from astroviz.galaxies.distance import (
    directions,
    sinkhorn,
    sliced,
    sliced_floor,
    sort_rows,
)
from astroviz.galaxies.marginals import ks, quantiles, transport_distance
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.sliced_target import SlicedTarget, groups_of


def clouds(n=300, m=200, f=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(n, f, generator=generator),
            0.7 * torch.randn(m, f, generator=generator) + 0.3, generator)  # fmt: skip


@pytest.mark.parametrize("power", [1.0, 2.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_sliced_is_that_of_pot(power, weighted):
    a, b, generator = clouds()
    weights = torch.rand(len(a), generator=generator) if weighted else None
    along = directions(40, 3, torch.Generator().manual_seed(1)).numpy().T
    each = [
        ot.wasserstein_1d(
            (a.numpy() @ w).astype(float), (b.numpy() @ w).astype(float),
            None if weights is None else (weights / weights.sum()).numpy().astype(float), p=power,
        )
        for w in along.T
    ]  # fmt: skip
    found = sliced(a, b, 40, power, weights, torch.Generator().manual_seed(1))
    assert float(found) == pytest.approx(np.mean(each) ** (1 / power), rel=1e-3)


def test_gradients_of_points_and_weights_are_those_of_differences():
    a, b, generator = clouds(30, 20)
    a, b = a.double().requires_grad_(), b.double()
    weights = (0.2 + torch.rand(30, generator=generator).double()).requires_grad_()

    def value(points, chances):
        return sliced(points, b, 16, 2.0, chances, torch.Generator().manual_seed(2))

    assert torch.autograd.gradcheck(value, (a, weights), eps=1e-6, atol=1e-5)


def test_sorting_keeps_gradients():
    values = torch.tensor([[3.0, 1.0, 2.0]], requires_grad=True)
    found, order = sort_rows(values)
    (found * torch.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert order.tolist() == [[1, 2, 0]]
    assert values.grad.tolist() == [[100.0, 1.0, 10.0]]


def test_sinkhorn_is_that_of_geomloss_and_small_blur_is_transport():
    a, b, generator = clouds(80, 80)
    weights = torch.rand(80, generator=generator)
    expected = geomloss.SamplesLoss("sinkhorn", p=2, blur=0.1, scaling=0.8,
                                    backend="tensorized")  # fmt: skip
    even = torch.full((80,), 1 / 80)
    theirs = expected(weights / weights.sum(), a, even, b)
    assert float(sinkhorn(a, b, 0.1, 2, 0.8, weights)) == pytest.approx(float(theirs), rel=1e-5)
    exact = ot.emd2([], [], ot.dist(a.numpy().astype(float), b.numpy().astype(float), "euclidean"))
    assert float(sinkhorn(a, b, 0.002, 1, 0.9)) == pytest.approx(exact, rel=0.03)


def test_a_floor_shrinks_with_the_sample():
    cloud, _, _ = clouds(4000, 2)
    floors = [sliced_floor(cloud, n, 64) for n in (100, 1600)]
    assert floors[1] < 0.5 * floors[0]


def test_clouds_that_do_not_fit_are_refused():
    with pytest.raises(GalaxyError, match="same features"):
        sliced(torch.zeros(3, 2), torch.zeros(3, 4))


def test_the_target_is_the_sliced_distance_to_all_data():
    data, _, generator = clouds(6000, 1, 4)
    target = SlicedTarget(data, torch.Generator().manual_seed(0), pool=64, levels=2048)
    model = 1.3 * torch.randn(2048, 4, generator=generator) + 0.5
    mine = target.distance(model, 64, 2.0, torch.Generator().manual_seed(1))
    theirs = sliced(model, data, 800, 2.0, None, torch.Generator().manual_seed(3))
    assert float(mine) == pytest.approx(float(theirs), rel=0.1)


def test_weights_of_the_target_are_as_leaving_draws_out():
    data, _, generator = clouds(3000, 1, 3)
    target = SlicedTarget(data, torch.Generator().manual_seed(0), pool=32, levels=1024)
    model = torch.randn(3000, 3, generator=generator) + 0.2
    keep = model[:, 0] > 0
    weighted = target.distance(model, 32, 2.0, torch.Generator().manual_seed(1), keep.float())
    left = target.distance(model[keep], 32, 2.0, torch.Generator().manual_seed(1))
    assert float(weighted) == pytest.approx(float(left), rel=0.01)


def test_without_bias_nothing_is_gained_by_draws_that_all_count():
    """Weights that have nothing to do with the draws leave a perfect model perfect."""
    data, _, generator = clouds(8000, 1, 3)
    target = SlicedTarget(data, torch.Generator().manual_seed(0), pool=64, levels=2048)
    slopes = {}
    for debias in (False, True):
        found = []
        for _ in range(24):
            model, luck = (
                torch.randn(600, 3, generator=generator),
                torch.randn(600, generator=generator),
            )
            sharp = torch.tensor(1.0, requires_grad=True)
            value = target.distance(
                model, 32, 2.0, generator, torch.exp(sharp * luck), debias=debias
            )
            found.append(float(torch.autograd.grad(value, sharp)[0]))
        slopes[debias] = np.mean(found)
    assert slopes[False] > 0.03  # fewer draws count: further away, by chance alone
    assert abs(slopes[True]) < 0.4 * slopes[False]


def test_named_directions_have_their_share():
    data, _, generator = clouds(2000, 1, 4)
    named = torch.eye(4)[:2]
    target = SlicedTarget(
        data, torch.Generator().manual_seed(0), pool=64, levels=1024, named=named
    )
    model = torch.randn(512, 4, generator=generator)
    model[:, 1] += 2.0

    def distance(share):
        return float(
            target.distance(model, 16, 1.0, torch.Generator().manual_seed(1), named=share)
        )

    ordered = np.sort(data[:, 1].numpy())
    levels = np.quantile(ordered, (np.arange(512) + 0.5) / 512)
    first, second = (
        np.abs(np.sort(model[:, k].numpy()) - np.quantile(data[:, k].numpy(),
               (np.arange(512) + 0.5) / 512)).mean() for k in (0, 1)
    )  # fmt: skip
    assert distance(1 - 1e-9) == pytest.approx((first + second) / 2, rel=0.05)
    assert distance(0.5) < distance(0.999)
    assert len(levels) == 512


def test_features_that_few_galaxies_have_make_a_group_of_their_own():
    data, _, _ = clouds(1000, 1, 3)
    data[100:, 2] = torch.nan
    found = groups_of(data)
    assert [columns for columns, _ in found] == [[0, 1], [0, 1, 2]]
    assert [int(rows.sum()) for _, rows in found] == [1000, 100]
    target = SlicedTarget(data, torch.Generator().manual_seed(0), pool=16, levels=256)
    value = target.distance(torch.randn(256, 3), 16, 1.0, torch.Generator().manual_seed(1))
    assert torch.isfinite(value)


def test_marginals_are_those_of_scipy():
    random = np.random.default_rng(0)
    a, b = random.normal(size=300), random.normal(0.3, 1.2, 200)
    w = random.random(300)
    assert ks(a, b) == pytest.approx(ks_2samp(a, b).statistic)
    assert transport_distance(a, b, w) == pytest.approx(wasserstein_distance(a, b, w))
    assert ks([1.0, 1.0, 2.0], [1.0, 1.0, 2.0]) == 0.0
    assert quantiles(a, [0.5])[0] == pytest.approx(np.median(a), abs=0.02)
    with pytest.raises(ValueError, match="finite"):
        ks([np.nan], [1.0])
