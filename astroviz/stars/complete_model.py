r"""Models of complete photometry behind the doors of the model with gaps, and what they refuse.

A star that lacks one of the eleven observables cannot be asked about; each of these models says so
in the same words.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.cards import Card
from astroviz.core.draws import Draws, join
from astroviz.core.request import Alone, Chunk, Control, Priority, Request
from astroviz.io.convert import from_mapping
from astroviz.io.observations import Observations, State
from astroviz.stars.catalogue import open_catalogue
from astroviz.stars.complete import INNER, USED
from astroviz.stars.parameters import PARAMETERS, to_theta
from astroviz.stars.sampler import chunk_sizes
from astroviz.stars.surveys import QUANTITIES

__all__ = ["CompleteModel", "CompletePosterior", "DrawingModel", "complete_rows"]


def complete_rows(observations: Observations) -> np.ndarray:
    r"""Rows of the stars that have all eleven observables with their errors, int."""
    return np.flatnonzero(~_lacking(observations).any(1))


def _lacking(observations: Observations) -> np.ndarray:
    """Which of the eleven each star lacks, shape (N, 11), bool."""
    values, errors = observations.values[:, USED], observations.errors[:, USED]
    measured = np.isfinite(values) & np.isfinite(errors) & (errors > 0)
    lacking: np.ndarray = ~measured | (observations.states[:, USED] != State.OBSERVED)
    return lacking


@dataclass(frozen=True, eq=False)
class CompleteModel:
    r"""A model of complete photometry behind the same doors as the model with gaps.

    Arguments:
        network: The network.
        card: Its card.
        device: Where the network is.
    """

    network: Any
    card: Card
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    parameters = PARAMETERS[:INNER]
    derived = ()
    quantities = QUANTITIES

    @property
    def name(self) -> str:
        """Name in `astroviz.load`."""
        return self.card.name

    def observe(self, row: Any) -> Observations:
        """Stars from a mapping of names to numbers, a table, or `Observations`."""
        if isinstance(row, Mapping):
            return from_mapping(row, self.quantities)
        return open_catalogue(row).observations

    def posterior(self, row: Any, index: int = 0) -> CompletePosterior:
        """The posterior of one star."""
        raise NotImplementedError

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Material for `astroviz check`."""
        raise NotImplementedError

    def refusal(self, observations: Observations, index: int = 0) -> str:
        """Why a star cannot be asked about; empty where it can."""
        lacking = _lacking(observations)[index]
        names = [q.name for q, gone in zip(QUANTITIES[USED], lacking, strict=True) if gone]
        if not names:
            return ""
        are = "is" if len(names) == 1 else "are"
        return (
            f"{self.name} needs complete photometry, and {', '.join(names)} {are} not observed; "
            "use the model 'stars', which works with gaps"
        )

    def tensors(self, observations: Observations, rows: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Values and errors of complete stars; a star with gaps is refused with a sentence."""
        for row in rows:
            if refusal := self.refusal(observations, row):
                raise ValueError(refusal)
        parts = (observations.values[rows], observations.errors[rows])
        values, errors = (torch.from_numpy(part).float().to(self.device) for part in parts)
        return values, errors


@dataclass(frozen=True, eq=False)
class DrawingModel(CompleteModel):
    """A model of complete photometry that has a posterior."""

    def posterior(self, row: Any, index: int = 0) -> CompletePosterior:
        """The posterior of one star, which must be complete."""
        return CompletePosterior(self, self.observe(row), index)

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Truths and draws of complete stars for `accuracy.report.verdicts`."""
        from astroviz.stars.road import held_out, posterior_scores  # which need this module

        seen, truth = held_out(400 if quick else 2000, seed)
        draws = posterior_scores(self, seen, 63, seed).numpy()
        names = [parameter.name for parameter in self.parameters]
        block = {"truths": truth.numpy(), "draws": draws}
        return [{"kind": "ranks", "parameters": names, **block}, {"kind": "tarp", **block}]

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return tuple(p.name for p in self.parameters), tuple(p.unit for p in self.parameters)

    def batch_key(self, request: Request) -> Hashable:
        """Requests for the same number of draws run together."""
        return (self.name, id(self), request.n)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer requests together; the noise of each comes from its own seed."""
        generators = [torch.Generator().manual_seed(r.seed % 2**63) for r in requests]
        values, errors = (
            torch.stack([torch.from_numpy(r.inputs[name]).float() for r in requests])
            for name in ("values", "errors")
        )
        for size in chunk_sizes(requests[0].n):
            noise = torch.stack([torch.randn(size, INNER, generator=g) for g in generators])
            parts = []
            for piece in noise.split(control.max_draws or size, 1):
                control.check()
                with torch.no_grad():
                    inputs = (part.to(self.device) for part in (values, errors, piece))
                    parts.append(self.network.transport(*inputs).cpu())
            z = torch.cat(parts, 1)
            padded = torch.cat([z, z.new_zeros(*z.shape[:2], len(PARAMETERS) - INNER)], -1)
            yield [Chunk(theta.numpy()) for theta in to_theta(padded)[..., :INNER]]


@dataclass(frozen=True, eq=False)
class CompletePosterior:
    """What a model of complete photometry believes of one star."""

    model: DrawingModel
    observations: Observations
    index: int = 0

    def request(self, n: int, seed: int = 0, priority: Priority = "interactive") -> Request:
        """The question; a star with gaps is refused with a sentence."""
        if refusal := self.model.refusal(self.observations, self.index):
            raise ValueError(refusal)
        inputs = {"values": self.observations.values[self.index],
                  "errors": self.observations.errors[self.index]}  # fmt: skip
        return Request(self.model, inputs, n, seed, priority=priority)

    def sample(self, n: int, seed: int = 0) -> Draws:
        """Draws of the six parameters."""
        request = self.request(n, seed)
        chunks = [chunk for answer in self.model.draw([request], self.model.device, Alone())
                  for chunk in answer if chunk is not None]  # fmt: skip
        names, units = self.model.columns(None)
        return join(chunks, names, units, seed)
