r"""Samplers that answer each request alone, in parts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import torch

from astroviz.core.request import Chunk, Control, Request

__all__ = ["OneByOne"]


class OneByOne:
    """What such samplers share; a subclass gives the parts of an answer."""

    def batch_key(self, request: Request) -> Hashable:
        """Each question is answered alone."""
        return id(request)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer one after the other."""
        for k, request in enumerate(requests):
            for chunk in self.answer(request, control):
                yield [chunk if k == j else None for j in range(len(requests))]

    def answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        """Parts of an answer."""
        raise NotImplementedError
