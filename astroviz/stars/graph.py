r"""What the graph of a simulator says: covariances without links, and cliques.

References:
    | Covariance selection (Dempster 1972); Hastie, Tibshirani & Friedman 2009, algorithm 17.1
    | Finding all cliques of an undirected graph (Bron & Kerbosch 1973)
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["maximal_cliques", "select_covariance", "symmetric_roots"]


def select_covariance(sample: Tensor, links: Tensor, sweeps: int = 50) -> Tensor:
    r"""The likeliest covariance whose inverse vanishes where variables are not linked.

    Arguments:
        sample: Sample covariance, shape :math:`(D, D)`.
        links: Undirected links, shape :math:`(D, D)`, bool.
        sweeps: Passes over the variables.
    """
    found = sample.clone()
    size = len(sample)
    for _ in range(sweeps):
        before = found.clone()
        for j in range(size):
            rest = torch.arange(size) != j
            near = rest & links[j]
            row = torch.zeros_like(found[j])
            if near.any():
                slope = torch.linalg.solve(found[near][:, near], sample[near, j])
                row = found[:, near] @ slope
            found[j, rest] = found[rest, j] = row[rest]
        if (found - before).abs().max() < 1e-9 * sample.abs().max():
            break
    return found


def symmetric_roots(covariance: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
    r"""Symmetric square roots of blocks of covariances, and their inverses.

    Of all linear maps to uncorrelated variables the symmetric one moves each variable least, and
    it keeps blocks apart that are not correlated.

    Arguments:
        covariance: Shape :math:`(M, D, D)`.
        chosen: Which variables form the block, shape :math:`(M, D)`, bool.

    Returns:
        Two of shape :math:`(M, D, D)`, the identity outside of the blocks.
    """
    inside = chosen[:, :, None] & chosen[:, None, :]
    identity = torch.eye(chosen.shape[-1], dtype=covariance.dtype)
    values, vectors = torch.linalg.eigh(torch.where(inside, covariance, identity))
    values = values.clamp(min=1e-8)[:, None]
    inverse = (vectors * values**-0.5) @ vectors.mT
    return (vectors * values**0.5) @ vectors.mT, inverse


def maximal_cliques(links: Tensor) -> list[tuple[int, ...]]:
    """Largest sets of variables that are all linked to each other, for a graph of a few dozen."""
    near = {k: set(row.nonzero()[:, 0].tolist()) - {k} for k, row in enumerate(links)}
    found: list[tuple[int, ...]] = []

    def grow(inside: set[int], maybe: set[int], done: set[int]) -> None:
        if not maybe and not done:
            found.append(tuple(sorted(inside)))
        for k in sorted(maybe):
            grow(inside | {k}, maybe & near[k], done & near[k])
            maybe, done = maybe - {k}, done | {k}

    grow(set(), set(near), set())
    return sorted(found)
