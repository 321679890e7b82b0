r"""Random numbers of chains: each has its own stream.

A chain's numbers depend on the seed and on its place only, so that the first of eight chains is
the first of sixteen, and chains may run in one batch or in several.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["Chains"]


class Chains:
    r"""Streams of normal and uniform numbers on the CPU, one for each chain.

    Arguments:
        seed: Seed of all.
        places: Which chains: a number of them, or their places.
        like: A tensor of the precision and the device of the numbers.
    """

    def __init__(self, seed: int, places: int | Sequence[int], like: Tensor) -> None:
        chosen = range(places) if isinstance(places, int) else places
        self.seed, self.like = seed, like
        self.dtype, self.device = like.dtype, like.device
        self._streams = [_stream(seed, place) for place in chosen]

    def __len__(self) -> int:
        return len(self._streams)

    def normal(self, size: int) -> Tensor:
        """Standard normal numbers, shape (n, size)."""
        rows = torch.empty(len(self._streams), size, dtype=self.dtype)
        for row, stream in zip(rows, self._streams, strict=True):
            row.normal_(generator=stream)
        return rows.to(self.device)

    def others(self, count: int) -> Chains:
        """Further streams of the same seed, for what draws share: particles, fits."""
        return Chains(self.seed, range(_SHARED, _SHARED + count), self.like)

    def uniform(self) -> Tensor:
        """One uniform number for each chain, float64 on the CPU, shape (n,)."""
        return torch.stack(
            [torch.rand((), generator=one, dtype=torch.float64) for one in self._streams]
        )


_SHARED = 1 << 24  # places of shared streams: no request has so many draws


def _stream(seed: int, place: int) -> torch.Generator:
    # neighbouring seeds of the Mersenne twister are mixed by numpy's SeedSequence
    mixed = np.random.SeedSequence([seed & 0xFFFFFFFFFFFFFFFF, place]).generate_state(2, np.uint32)
    return torch.Generator().manual_seed(int(mixed[0]) << 31 ^ int(mixed[1]))
