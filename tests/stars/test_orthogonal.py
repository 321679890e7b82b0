from __future__ import annotations

import pytest
import torch
from torch import nn

from astroviz.stars.orthogonal import Orthogonal, orthogonalise, split_parameters


def test_singular_values_come_near_one():
    matrices = torch.randn(3, 12, 12, generator=torch.Generator().manual_seed(0))
    found = torch.linalg.svdvals(orthogonalise(matrices))
    assert found.max() < 1.3
    assert found.median() > 0.6
    # the directions stay
    left, _, right = torch.linalg.svd(matrices)
    turned = left.mT @ orthogonalise(matrices) @ right.mT
    assert torch.allclose(turned, torch.diag_embed(turned.diagonal(dim1=1, dim2=2)), atol=1e-4)


def test_only_square_matrices_of_the_commonest_size_are_chosen():
    network = nn.Sequential(nn.Linear(3, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 1))
    network.append(nn.Linear(1, 1))
    hidden, rest = split_parameters(network)
    assert [tuple(p.shape) for p in hidden] == [(8, 8), (8, 8)]
    assert len(hidden) + len(rest) == len(list(network.parameters()))


def test_a_step_is_as_large_as_one_of_adam():
    matrix = nn.Parameter(torch.randn(32, 32, generator=torch.Generator().manual_seed(1)))
    before = matrix.detach().clone()
    optimiser = Orthogonal([matrix], lr=0.01)
    (matrix**2).sum().backward()
    optimiser.step()
    moved = (matrix.detach() - before).pow(2).mean().sqrt()
    assert moved.item() == pytest.approx(0.01 * 0.2, rel=0.35)


def test_it_finds_a_matrix():
    generator = torch.Generator().manual_seed(2)
    goal = torch.randn(6, 6, generator=generator)
    matrix, silent = nn.Parameter(torch.zeros(6, 6)), nn.Parameter(torch.ones(6, 6))
    optimiser = Orthogonal([matrix, silent], lr=0.3)
    for step in range(300):
        optimiser.param_groups[0]["lr"] = 0.3 * (1 - step / 300)
        optimiser.zero_grad()
        ((matrix - goal) ** 2).sum().backward()
        optimiser.step()
    assert (matrix - goal).abs().max() < 0.05
    assert torch.equal(silent, torch.ones(6, 6))
