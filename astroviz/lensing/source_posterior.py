r"""What is believed of a source: the posterior that one asks for draws, here or of the engine."""

from __future__ import annotations

import itertools
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws, join
from astroviz.core.request import Alone, Chunk, Control, Priority, Request
from astroviz.lensing.linear import LinearProblem, StackedProblem
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import LIVE, Frame, SamplingError, Settings

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["SourcePosterior"]

_EVERY_S = 0.15  # between previews
_numbers = itertools.count()


class SourcePosterior:
    r"""Posterior of a source given data of one operator, or of several lenses in turn.

    It is its own sampler for `Engine.submit`: while the chains run, the engine hands out previews
    (answers without rows) whose extras are `samples` and `estimate`, both (n, s, s), `sigma`,
    `guidance` (norms of the scores of prior and likelihood), `step` (done, of how many) and
    `evaluations`.

    Arguments:
        prior: The prior.
        problem: Data and operator; with a stack of :math:`k` lenses the draws take turns, which
            marginalises over them.
        settings: How it is sampled.
        name: Of the model.

    Example:
        >>> from astroviz.lensing.gaussian_prior import exponential_prior
        >>> from astroviz.lensing.problems import problem
        >>> prior = exponential_prior(8)
        >>> posterior = SourcePosterior(prior, problem("denoising", prior, seed=1).linear)
        >>> posterior.sample(4, seed=0).extras["images"].shape
        (4, 8, 8)
    """

    def __init__(
        self,
        prior: Prior,
        problem: LinearProblem | StackedProblem,
        settings: Settings = LIVE,
        name: str | None = None,
    ) -> None:
        if prior.dim != problem.dim:
            raise SamplingError(
                f"the prior draws {prior.dim} pixels but the problem has {problem.dim}: "
                "take a source grid of the prior's size"
            )
        self.prior, self.problem, self.settings = prior, problem, settings
        self.name = name or prior.name
        self.problems = (
            problem.problems if isinstance(problem, StackedProblem) else (problem,)
        )  # fmt: skip

    def __repr__(self) -> str:
        several = f", {len(self.problems)} lenses" if len(self.problems) > 1 else ""
        return f"SourcePosterior({self.name}, {self.settings.method}{several})"

    def request(self, n: int, seed: int = 0, priority: Priority = "interactive") -> Request:
        r"""The question, for `Engine.submit`.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            priority: `interactive` or `batch`.
        """
        inputs = {"problem": np.frombuffer(bytes.fromhex(self.problem.key), np.uint8)}
        options: dict[str, Hashable] = {"settings": self.settings}
        return Request(self, inputs, n, seed, options, priority)

    def sample(self, n: int, seed: int = 0, control: Control | None = None) -> Draws:
        r"""Draws, on the spot.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            control: Told between calls of the denoiser.

        Returns:
            Columns `pixel_<row>_<column>` in prior units; extras `images` (n, s, s), `mean` and
            `sd` (s, s), `chi_square` (n,), reduced, `lens` (n,), the place of the lens of each
            draw, and `evaluations`.
        """
        request = self.request(n, seed)
        device = self.prior.device
        chunks: list[Chunk] = []
        for answer in self.draw([request], device, control or Alone()):
            chunks += [chunk for chunk in answer if chunk is not None and len(chunk.values)]
        return join(chunks, *self.columns(request), seed)

    # -- for the engine -------------------------------------------------------------------------

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """One column for each source pixel, prior units."""
        rows, columns = self.problems[0].shape_in
        names = tuple(f"pixel_{r}_{c}" for r in range(rows) for c in range(columns))
        return names, ("",) * len(names)

    def batch_key(self, request: Request) -> Hashable:
        """Each request runs alone: its chains are a batch already."""
        return next(_numbers)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Previews while the chains run, then the draws."""
        (request,) = requests
        shown_at = float("-inf")
        order = self._order(request.n)
        for frame in draw(
            self.prior, self.problem, self.settings, len(order), request.seed, control
        ):
            control.check()
            if frame.finished:
                yield [self._answer(frame, order[: request.n])]
            elif time.monotonic() - shown_at >= _EVERY_S:
                shown_at = time.monotonic()
                yield [self._preview(frame, order[: request.n])]

    def _order(self, n: int) -> Tensor:
        """Chains are run lens by lens; draws take the lenses in turn."""
        count = len(self.problems)
        each = -(-n // count)
        return torch.arange(count * each).reshape(count, each).T.reshape(-1)

    def _square(self, rows: Tensor) -> np.ndarray:
        images = rows.detach().float().cpu().reshape(-1, *self.problems[0].shape_in)
        return np.asarray(images.numpy())

    def _preview(self, frame: Frame, order: Tensor) -> Chunk:
        constants = {
            "samples": self._square(frame.samples[order]),
            "estimate": self._square(frame.estimate[order]),
            "sigma": np.array(frame.sigma),
            "guidance": np.array(frame.guidance),
            "step": np.array([frame.step, frame.steps]),
            "evaluations": np.array(frame.evaluations),
        }
        return Chunk(np.empty((0, self.prior.dim), np.float32), constants=constants)

    def _answer(self, frame: Frame, order: Tensor) -> Chunk:
        draws = frame.samples[order].float().cpu()
        lens = order // -(-len(frame.samples) // len(self.problems))
        chi = torch.stack(
            [
                self.problems[int(k)].reduced_chi_square(row[None])[0]
                for k, row in zip(lens, draws, strict=True)
            ]
        )
        images = self._square(draws)
        spread = images.std(0, ddof=1) if len(images) > 1 else np.zeros_like(images[0])
        constants = {
            "mean": images.mean(0), "sd": spread, "evaluations": np.array(frame.evaluations),
            **{name: np.array(value) for name, value in frame.diagnostics},
        }  # fmt: skip
        per_draw = {"images": images, "chi_square": chi.numpy(), "lens": lens.numpy()}
        return Chunk(draws.numpy(), per_draw, constants)
