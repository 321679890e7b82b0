r"""The sampler of any conditional: draws of parameters and observables together.

Parameters are drawn from the flow (or its few-step sampler) given what is told, observables by
the simulator given the parameters of each draw and what is told (`outlook`),

.. math:: p(\theta, x_w \mid x_g) = p(\theta \mid x_g)\; p(x_w \mid \theta, x_g) .

An interval is met by rejection, which is exact. Where fewer draws than were asked lie inside, the
ones that do are repeated and their number is told; below 100 the answer is refused.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.core.request import FIRST_CHUNK, Alone, Chunk, Control, Priority, Request
from astroviz.io.observations import State
from astroviz.stars.outlook import outlook
from astroviz.stars.question import COLUMNS, Question, TooFewDraws
from astroviz.stars.refine import DEFAULT_SWEEPS, refine_request
from astroviz.stars.reweight import MINIMUM_EFFECTIVE_SIZE
from astroviz.stars.surveys import QUANTITIES, index_of

if TYPE_CHECKING:
    from astroviz.stars.model import StarsModel
    from astroviz.stars.posterior import Posterior

__all__ = ["MOST_TRIES", "Conditional", "ask", "conditional_request"]

MOST_TRIES = 65_536
"""Draws that are tried at most to meet an interval."""

_NAMES = list(COLUMNS)


@dataclass(frozen=True, eq=False)
class Conditional:
    r"""What the engine calls for one question.

    Arguments:
        model: The model.
        question: What is given, wanted and ignored.
    """

    model: StarsModel
    question: Question

    @property
    def name(self) -> str:
        """The model's name and the question: equal ones have equal answers."""
        return f"{self.model.name}: {self.question!r}"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of what is wanted."""
        return self.question.wanted, self.question.units

    def batch_key(self, request: Request) -> Hashable:
        """Every question runs alone."""
        return id(request)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer one question, a small part first."""
        for request in requests:
            for chunk in self._answer(request, control):
                yield [chunk if other is request else None for other in requests]

    def _answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        inside = self._inside(request, control)
        found, tried = next(inside)
        count = len(found)
        sizes = [min(FIRST_CHUNK, request.n), max(request.n - FIRST_CHUNK, 0)]
        begin = 0
        for size in (size for size in sizes if size):
            while len(found) < begin + size and tried < _most(request):
                found, tried = next(inside)
                count = len(found)
            if len(found) < begin + size:
                found = self._repeated(found, tried, request)
            part = found[begin : begin + size]
            begin += size
            extras = {
                "effective_size": np.array(min(count, request.n), dtype=np.float32),
                "accepted": np.array(count / tried, dtype=np.float32),
            }
            yield Chunk(self._with_observables(request, part, begin), {}, extras)

    def _inside(self, request: Request, control: Control) -> Iterator[tuple[np.ndarray, int]]:
        """All draws so far that meet the intervals, and how many were tried."""
        kept: list[np.ndarray] = []
        # A crowd that is moved to the exact posterior is better made at once.
        exact = "refine" in request.options
        tried, size = 0, max(request.n, FIRST_CHUNK) if exact else FIRST_CHUNK
        # Without an interval every draw is kept and no more are made than were asked.
        limit = _most(request) if self.question.within else request.n
        while True:
            size = min(size, max(limit - tried, FIRST_CHUNK))
            values = self._parameters(request, size, request.seed + 7919 * tried, control)
            good = np.ones(len(values), dtype=bool)
            for name, (low, high) in self.question.within.items():
                column = values[:, _NAMES.index(name)]
                good &= (column >= low) & (column <= high)  # NaN, an excess without disk, is out
            kept.append(values[good])
            tried += size
            size = min(4 * size, 8192)
            yield np.concatenate(kept), tried

    def _repeated(self, found: np.ndarray, tried: int, request: Request) -> np.ndarray:
        if len(found) < MINIMUM_EFFECTIVE_SIZE:
            within = ", ".join(
                f"{low:g} < {name} < {high:g}"
                for name, (low, high) in self.question.within.items()
            )
            raise TooFewDraws(
                f"only {len(found)} of {tried:,} draws have {within}, too few to show: widen the "
                "interval, or give a value instead",
                len(found),
            )
        more = np.random.default_rng(request.seed).integers(len(found), size=request.n)
        return np.concatenate([found, found[more]])[: max(request.n, len(found))]

    def _parameters(self, request: Request, n: int, seed: int, control: Control) -> np.ndarray:
        """Parameters and derived quantities given what is told, shape (n, 13)."""
        sampler = self.model.samplers[-1]
        options = {"sampler": sampler, "steps": self.model.steps_of(sampler)}
        inner = Request(self.model, request.inputs, n, seed, options)
        z, disk, _ = self.model.scores(inner, n, control)
        if sweeps := int(str(request.options.get("refine", 0))):
            z, disk = refine_request(inner, z, disk, self.model.physics, sweeps, control)
        return self.model._columns_of(z, disk, repair=True)

    def _with_observables(self, request: Request, values: np.ndarray, begin: int) -> np.ndarray:
        """The wanted columns of draws, observables predicted from each draw's parameters."""
        question = self.question
        found = {name: values[:, _NAMES.index(name)] for name in question.columns}
        if question.observables:
            sky = self._simulated(request, values, request.seed + begin)
            found |= dict(zip(question.observables, sky.T, strict=True))
        return np.stack([found[name] for name in question.wanted], 1).astype(np.float32)

    def _simulated(self, request: Request, values: np.ndarray, seed: int) -> np.ndarray:
        """Wanted observables of draws, by the simulator."""
        generator = torch.Generator().manual_seed(seed % 2**63)
        found = outlook(values, request.inputs, self.model.physics, generator)
        return found[:, self._columns].numpy()

    @property
    def _columns(self) -> list[int]:
        return [index_of(name) for name in self.question.observables]


def _most(request: Request) -> int:
    """Draws that are tried at most; exact ones cost a hundred times more."""
    return MOST_TRIES // 8 if "refine" in request.options else MOST_TRIES


def conditional_request(
    posterior: Posterior,
    question: Question,
    n: int,
    seed: int = 0,
    priority: Priority = "interactive",
    refine: bool = False,
) -> Request:
    r"""The question, for `Engine.submit`.

    Arguments:
        posterior: The star; what of it was observed is given, but for what is wanted or ignored.
        question: What is given, wanted and ignored.
        n: Number of draws.
        seed: Seed of the draws.
        priority: `interactive` or `batch`.
        refine: Move the parameters to their exact posterior, which takes seconds.
    """
    inputs = posterior.given(**question.given).inputs()
    states = inputs["states"].copy()
    states[list(question.hidden)] = int(State.IGNORED)
    sampler = Conditional(posterior.model, question)
    options = {"refine": DEFAULT_SWEEPS} if refine else {}
    return Request(sampler, {**inputs, "states": states}, n, seed, options, priority)


def ask(
    posterior: Posterior, question: Question, n: int = 2000, seed: int = 0, refine: bool = False
) -> Draws:
    r"""Answer any conditional on the spot.

    Arguments:
        posterior: The star; what of it was observed is given, but for what is wanted or ignored.
        question: What is given, wanted and ignored.
        n: Number of draws.
        seed: Seed of the draws.
        refine: Move the parameters to their exact posterior, which takes seconds.

    Returns:
        A column for each thing wanted; extras `effective_size`, and with an interval `accepted`,
        the part of the draws inside it.

    Raises:
        ValueError: If fewer than 100 draws lie inside the intervals.

    Example:
        >>> star = stars.posterior({"g": 14.1, "bp": 15.3, "rp": 12.9})  # doctest: +SKIP
        >>> question = Question(("log_age", "w1"), within={"a_v": (1, 2)})  # doctest: +SKIP
        >>> ask(star, question, 500)["log_age"].mean()  # doctest: +SKIP
    """
    request = conditional_request(posterior, question, n, seed, refine=refine)
    chunks = list(request.sampler.draw([request], posterior.model.device, Alone()))
    parts = [chunk for row in chunks for chunk in row if chunk is not None]
    names, units = request.sampler.columns(request)
    values = np.concatenate([part.values for part in parts])
    return Draws(values, names, units, seed, dict(parts[-1].constants))


def told(states: np.ndarray, question: Question) -> list[str]:
    """Names of the observables that the model is told, for the page."""
    known = np.isin(states, (int(State.OBSERVED), int(State.LIMIT)))
    known[list(question.hidden)] = False
    return [q.name for q, k in zip(QUANTITIES, known, strict=True) if k]
