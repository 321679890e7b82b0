"""The directional convolution against its formula, and what it must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations.encoder import (
    CLASSES,
    STENCIL,
    DirectionalConvolution,
    TidalConvolution,
    direction_classes,
    direction_sums,
    direction_tensors,
    direction_weights,
)
from astroviz.orientations.graph import radius_edges

N = 40


@pytest.fixture(scope="module")
def graph():
    positions = np.random.default_rng(1).random((N, 3)) * 4.0
    edges = radius_edges(positions, 1.5)
    return (torch.from_numpy(edges.senders), torch.from_numpy(edges.receivers),
            torch.from_numpy(edges.offsets))  # fmt: skip


def units(n=2000):
    way = torch.from_numpy(np.random.default_rng(2).normal(size=(n, 3)))
    return way / way.norm(dim=1, keepdim=True)


def test_the_stencil_has_26_unit_directions_in_seven_classes():
    assert STENCIL.shape == (26, 3)
    assert torch.allclose(STENCIL.norm(dim=1), torch.ones(26, dtype=torch.float64))
    assert torch.bincount(CLASSES).tolist() == [2, 2, 2, 4, 4, 4, 8]


def test_weights_are_the_softmax_of_the_cosine():
    way = units(5)
    q = direction_weights(way)
    expected = np.exp(way.numpy() @ STENCIL.numpy().T)
    assert np.allclose(q.numpy(), expected / expected.sum(1, keepdims=True))


def test_the_bins_hold_the_quadrupole_to_half_a_per_cent():
    way = units()
    exact = way[:, :, None] * way[:, None, :] - torch.eye(3) / 3
    found = direction_tensors(direction_weights(way))
    assert float((found - exact).square().mean().sqrt() / exact.square().mean().sqrt()) < 0.005


def test_signs_of_the_frame_change_neither_classes_nor_tensors():
    way = units(100)
    flip = torch.tensor([-1.0, -1.0, 1.0], dtype=torch.float64)
    q, flipped = direction_weights(way), direction_weights(way * flip)
    assert torch.allclose(direction_classes(q), direction_classes(flipped))
    assert torch.allclose(
        direction_tensors(q), flip[:, None] * direction_tensors(flipped) * flip, atol=1e-12
    )


def test_the_convolution_is_the_sum_of_its_formula(graph):
    senders, receivers, offsets = graph
    torch.manual_seed(0)
    layer = DirectionalConvolution(3, 5).double()
    h = torch.randn(N, 3, dtype=torch.float64)
    found = layer(h, direction_sums(N, senders, receivers, offsets, 0.6))
    r = offsets.norm(dim=1)
    w = torch.exp(-(r**2) / (2 * 0.6**2))
    near = torch.ones(N, dtype=torch.float64)
    for edge, i in enumerate(receivers):
        near[i] += w[edge]
    expected = h @ layer.own.weight.T + layer.own.bias
    for edge, (j, i) in enumerate(zip(senders, receivers, strict=True)):
        q = torch.softmax(STENCIL @ (offsets[edge] / r[edge]), 0)
        share = w[edge] / torch.sqrt(near[i] * near[j])
        for m in range(26):
            expected[i] = expected[i] + q[m] * share * (h[j] @ layer.weight[m])
    assert torch.allclose(found, expected, atol=1e-10)


def tidal(graph, h, turn=None, order=None):
    senders, receivers, offsets = graph
    torch.manual_seed(3)
    layer = TidalConvolution(8, 3, radius=1.5).double()
    way = offsets if turn is None else offsets @ turn.T
    q = direction_weights(way / way.norm(dim=1, keepdim=True))
    if order is not None:
        place = torch.argsort(order)
        senders, receivers = place[senders], place[receivers]
        h = h[order]
    return layer(
        h,
        senders,
        receivers,
        offsets.norm(dim=1),
        torch.zeros(len(q)),
        direction_classes(q),
        direction_tensors(q),
    )


def test_messages_do_not_depend_on_the_order_of_galaxies(graph):
    h = torch.randn(N, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    order = torch.randperm(N, generator=torch.Generator().manual_seed(2))
    features, tensors = tidal(graph, h)
    again, tensors_again = tidal(graph, h, order=order)
    assert torch.allclose(features[order], again, atol=1e-12)
    assert torch.allclose(tensors[order], tensors_again, atol=1e-12)


def test_messages_follow_the_turns_of_the_stencil(graph):
    h = torch.randn(N, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    _, tensors = tidal(graph, h)
    for turn in torch.from_numpy(Rotation.create_group("O").as_matrix()[:6]):
        _, turned = tidal(graph, h, turn)
        assert torch.allclose(turn @ tensors @ turn.T, turned, atol=1e-10)


def test_a_galaxy_without_neighbours_hears_nothing():
    layer = TidalConvolution(8, 3, radius=1.5)
    none = torch.empty(0, dtype=torch.long)
    features, tensors = layer(
        torch.randn(1, 8),
        none,
        none,
        torch.empty(0),
        torch.empty(0),
        torch.empty(0, 7),
        torch.empty(0, 3, 3),
    )
    assert features.isfinite().all()
    assert (tensors == 0).all()


def test_weights_of_the_neighbours_add_up_to_less_than_one(graph):
    senders, receivers, offsets = graph
    layer = TidalConvolution(8, 3, radius=1.5).double()
    h = torch.randn(N, 8, dtype=torch.float64)
    weights, total = layer.weights(
        h, senders, receivers, offsets.norm(dim=1), torch.zeros(len(senders))
    )
    summed = torch.zeros(N, 3, dtype=torch.float64).index_add_(0, receivers, weights)
    assert torch.allclose(summed, total)
    assert bool((total < 1).all())
    assert (weights > 0).all()
