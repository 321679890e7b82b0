r"""What travels between a question and the engine: plain frozen dataclasses."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import torch

__all__ = [
    "FIRST_CHUNK",
    "Alone",
    "Cancelled",
    "Chunk",
    "Control",
    "Priority",
    "Request",
    "Sampler",
]

FIRST_CHUNK = 256
"""About how many draws a sampler yields first, so that something can be shown at once."""

Priority = Literal["interactive", "batch"]


class Cancelled(Exception):
    """The work was given up: its ticket was cancelled or a newer request took its place."""


@dataclass(frozen=True)
class Chunk:
    r"""A part of an answer, or a preview of it.

    A chunk without draws but with `constants` is a preview: what the whole answer looks like so
    far. Whoever listens sees it; it takes no part in the answer.

    Arguments:
        values: Draws, shape :math:`(k, d)`, float32.
        extras: Further arrays of the answer. With a leading axis of length :math:`k` they are
            concatenated over chunks (`per_draw`), otherwise the last one is kept (`constants`).
    """

    values: np.ndarray
    per_draw: Mapping[str, np.ndarray] = field(default_factory=dict)
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def preview(self) -> bool:
        """Whether it only shows how far the answer has come."""
        return not len(self.values) and bool(self.constants)


class Control(Protocol):
    """What a running sampler hears from the engine.

    `max_draws` is the number of draws to compute at one time: None until memory ran out, smaller
    with every further attempt. The draws must not depend on it.
    """

    @property
    def max_draws(self) -> int | None:
        """At most this many draws at one time; None for as many as the sampler likes."""

    def check(self) -> None:
        """Raise `Cancelled` if nobody waits for this batch any more; call between solver steps.

        Work of priority `batch` may be interrupted here by `interactive` requests, which are
        answered before the call returns, in the same thread and perhaps by the same sampler.
        """

    def progress(self, fraction: float) -> None:
        """Report the part of the work done, 0 to 1."""


class Alone:
    """A `Control` for draws on the spot: nobody else waits and nobody cancels."""

    max_draws: int | None = None

    def check(self) -> None:
        """Go on."""

    def progress(self, fraction: float) -> None:
        """Nobody listens."""


class Sampler(Protocol):
    """Anything that answers requests with draws. Rooms implement it; the engine runs it."""

    @property
    def name(self) -> str:
        """The model's name, as in `astroviz.load(name)`."""

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of the draws that answer the request."""

    def batch_key(self, request: Request) -> Hashable:
        """Requests of the same key may be answered in one batch."""

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer the requests together: each item yields one chunk (or None) for each request.

        The draws of a request depend on its own content and seed only, never on its neighbours:
        random numbers come from a generator on the CPU, seeded for each request.
        """


@dataclass(frozen=True)
class Request:
    r"""One question to a model.

    Arguments:
        sampler: The model that answers.
        inputs: Named arrays that make up the observation.
        n: Number of draws wanted.
        seed: Seed of the draws.
        options: Hashable settings (number of solver steps, what is wanted, ...).
        priority: `interactive` requests run before `batch` ones.
    """

    sampler: Sampler
    inputs: Mapping[str, np.ndarray]
    n: int
    seed: int = 0
    options: Mapping[str, Hashable] = field(default_factory=dict)
    priority: Priority = "interactive"

    def content_key(self) -> str:
        """Hash of everything that decides the answer; equal questions have equal keys."""
        digest = hashlib.sha256()
        head: Any = (self.sampler.name, self.n, self.seed, sorted(self.options.items()))
        digest.update(repr(head).encode())
        for name in sorted(self.inputs):
            array = np.ascontiguousarray(self.inputs[name])
            digest.update(f"{name}{array.dtype}{array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()
