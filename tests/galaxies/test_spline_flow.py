"""The flow against zuko's spline, automatic derivatives and an integral."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from zuko.transforms import MonotonicRQSTransform

from astroviz.galaxies.spline_flow import SplineFlow, rational_quadratic


def bent(seed=0, **sizes):
    flow = SplineFlow(seed=seed, **sizes)
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for weight in flow.parameters():
            weight += (
                0.3 * torch.randn(weight.shape, generator=generator) / weight.shape[-1] ** 0.5
            )
    return flow


def test_it_begins_as_the_identity():
    flow = SplineFlow(seed=3)
    u = torch.randn(200, 11, generator=torch.Generator().manual_seed(0))
    x, log_det = flow(u)
    assert torch.allclose(x, u, atol=1e-5)
    assert torch.allclose(log_det, torch.zeros(200), atol=1e-4)


def test_it_comes_back():
    flow = bent()
    u = 2 * torch.randn(500, 11, generator=torch.Generator().manual_seed(0))
    x, there = flow(u)
    again, back = flow.inverse(x)
    assert (x - u).abs().mean() > 0.05
    assert (again - u).abs().max() < 1e-3
    assert (there + back).abs().max() < 1e-3


def test_the_log_determinant_is_that_of_the_jacobian():
    flow = bent(dimensions=4, layers=3)
    u = torch.tensor([0.3, -1.2, 0.8, 2.0])
    jacobian = torch.autograd.functional.jacobian(lambda v: flow(v[None])[0][0], u)
    assert float(flow(u[None])[1]) == pytest.approx(float(torch.linalg.slogdet(jacobian)[1]),
                                                    abs=1e-4)  # fmt: skip


def test_the_density_integrates_to_one():
    flow = bent(dimensions=2, layers=4, hidden=16)
    line = torch.linspace(-7, 7, 401)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    with torch.no_grad():
        total = flow.log_prob(grid).exp().sum() * float(line[1] - line[0]) ** 2
    assert float(total) == pytest.approx(1.0, abs=0.01)


def test_the_spline_is_that_of_zuko():
    generator = torch.Generator().manual_seed(4)
    raw = torch.randn(23, 60, generator=generator)
    value = 4 * torch.rand(60, generator=generator) - 2
    # zuko takes logarithms of slopes and its own least sizes: give it our knots
    least, bins, bound = 1e-3, 8, 5.0
    shares = [least + (1 - least * bins) * torch.softmax(raw[k : k + 8], 0) for k in (0, 8)]
    slopes = least + (1 - least) * torch.nn.functional.softplus(raw[16:]) / np.log(2)
    theirs = MonotonicRQSTransform(
        torch.zeros(60, 8), torch.zeros(60, 8), torch.zeros(60, 7), bound=bound
    )
    edges = [torch.cat([torch.full((1, 60), -bound), -bound + 2 * bound * share.cumsum(0)])
             for share in shares]  # fmt: skip
    theirs.horizontal, theirs.vertical = edges[0].T, edges[1].T
    ones = torch.ones(1, 60)
    theirs.derivatives = torch.cat([ones, slopes, ones]).T
    moved, log_slope = rational_quadratic(value, raw, bound)
    expected, expected_slope = theirs.call_and_ladj(value)
    assert torch.allclose(moved, expected, atol=1e-4)
    assert torch.allclose(log_slope, expected_slope, atol=1e-3)


def test_beyond_the_bound_nothing_moves():
    flow = bent()
    u = torch.full((1, 11), 6.0)
    assert torch.equal(flow(u)[0], u)


def test_the_divergence_is_that_of_normal_distributions():
    # x = 0.5 u: KL of N(0, 1/4) from N(0, 1) is ln 2 - 3/8 in each dimension
    u = torch.randn(200_000, 3, generator=torch.Generator().manual_seed(1))
    log_det = torch.full((200_000,), 3 * float(np.log(0.5)))
    found = SplineFlow(dimensions=3).divergence(u, 0.5 * u, log_det)
    assert float(found) == pytest.approx(3 * (np.log(2) - 0.375), abs=0.02)


def test_a_config_builds_it_again():
    flow = bent(dimensions=5, layers=2)
    again = SplineFlow(**flow.config)
    again.load_state_dict(flow.state_dict())
    u = torch.randn(10, 5)
    assert torch.equal(flow(u)[0], again(u)[0])


def test_one_dimension_is_refused():
    with pytest.raises(ValueError, match="two dimensions"):
        SplineFlow(dimensions=1)
