r"""Posterior sampling that can be watched: what the chains look like while they run.

The engine streams previews (chunks without draws); each holds the chains, their mean and standard
deviation, the model of the data with its residual, and what every step so far was worth.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Chunk, Control, Request
from astroviz.lensing.gaussian_prior import GaussianPosterior
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import Frame, Settings

__all__ = ["TRACE", "Question", "Target", "WatchedSampler"]

TRACE = ("sigma", "chi_square", "prior_score", "likelihood_score")
"""Columns of the trace, one row for each step."""

_EVERY_S = 0.15  # of wall-clock between previews
_EXACT = 8  # draws of the exact posterior that are shown
_numbers = itertools.count()


@dataclass(frozen=True, eq=False)
class Target:
    r"""What is sampled.

    Arguments:
        prior: Law of the sources, see `lensing.prior`.
        problem: Data and operator.
        exact: The posterior where it is known in closed form.
    """

    prior: Any
    problem: LinearProblem
    exact: GaussianPosterior | None = None


@dataclass(frozen=True, eq=False)
class Question:
    r"""What is asked, before anything dear is computed.

    Arguments:
        target: Makes what is sampled; called after the first preview is out.
        shown: Pictures that belong to the answer as they are: data, mask, truth.
        picture: Turns values of the used data into a picture; they are reshaped to the shape of
            the data by default.
    """

    target: Callable[[Control], Target]
    shown: Mapping[str, np.ndarray] = field(default_factory=dict)
    picture: Callable[[np.ndarray], np.ndarray] | None = None


class WatchedSampler:
    r"""Answers a request by sampling what `prepare` makes of it, in the engine's thread.

    Requests carry their `Settings` under the option `settings` and the number of source pixels
    along a side under `pixels`.

    Arguments:
        name: Of the sampler, for the engine.
        prepare: Sets up the question of a request.
    """

    def __init__(self, name: str, prepare: Callable[[Request], Question]) -> None:
        self.name, self.prepare = name, prepare

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """One column for each source pixel, `pixel_<row>_<column>`, in prior units."""
        side = int(request.options["pixels"])  # type: ignore[call-overload]
        names = tuple(f"pixel_{row}_{column}" for row in range(side) for column in range(side))
        return names, ("",) * len(names)

    def batch_key(self, request: Request) -> Hashable:
        """No two requests run together: each has its own operator."""
        return next(_numbers)

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Previews while the chains run, then the draws."""
        (request,) = requests
        question = self.prepare(request)
        side = int(request.options["pixels"])  # type: ignore[call-overload]
        yield [Chunk(np.empty((0, side**2), np.float32), constants=dict(question.shown))]
        control.check()
        target = question.target(control)
        watch, settings = _Watch(question, target, side), request.options["settings"]
        assert isinstance(settings, Settings)
        shown_at = 0.0
        for frame in draw(
            target.prior, target.problem, settings, request.n, request.seed, control
        ):
            watch.note(frame)
            control.check()
            control.progress(frame.step / max(frame.steps, 1))
            if frame.finished:
                yield [watch.answer(frame)]
                return
            if time.monotonic() - shown_at >= _EVERY_S:
                shown_at = time.monotonic()
                yield [watch.preview(frame)]


class _Watch:
    """Turns frames into what a page draws."""

    def __init__(self, question: Question, target: Target, side: int) -> None:
        self.question, self.target, self.side = question, target, side
        self.problem = target.problem
        if target.exact is not None:
            drawn = target.exact.draws(_EXACT, seed=0)
            self.exact_draws = drawn.numpy().reshape(-1, side, side)
        self.trace: list[tuple[float, ...]] = []

    def note(self, frame: Frame) -> None:
        """Remember what a step was worth."""
        chi = float(self.problem.reduced_chi_square(frame.estimate).mean())
        self.trace.append((frame.sigma, chi, *frame.guidance))

    def preview(self, frame: Frame) -> Chunk:
        """The chains at work: `estimate` is drawn, since `samples` hold noise still."""
        return self._chunk(self._pictures(frame, frame.estimate))

    def answer(self, frame: Frame) -> Chunk:
        """The draws."""
        values = frame.samples.detach().float().cpu().numpy()
        return Chunk(values, constants=self._all(self._pictures(frame, frame.samples)))

    def _chunk(self, pictures: Mapping[str, np.ndarray]) -> Chunk:
        return Chunk(np.empty((0, self.side**2), np.float32), constants=self._all(pictures))

    def _all(self, pictures: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        exact = {}
        if self.target.exact is not None:
            law = self.target.exact
            exact = {
                "exact_mean": self._square(law.mean),
                "exact_sd": self._square(law.variance.sqrt()),
                "exact_draws": self.exact_draws,
            }
        return {**self.question.shown, **exact, **pictures}

    def _pictures(self, frame: Frame, drawn: Tensor) -> dict[str, np.ndarray]:
        images = drawn.detach().double().cpu()
        noisy = frame.samples.detach().float().cpu().numpy()
        mean = images.mean(0)
        spread = images.std(0) if len(images) > 1 else torch.zeros_like(mean)
        return {
            "images": images.float().numpy().reshape(-1, self.side, self.side),
            "chains": noisy.reshape(-1, self.side, self.side),
            "mean": self._square(mean),
            "sd": self._square(spread),
            "model": self._picture(self.problem.predict(mean[None])[0]),
            "residual": self._picture(self.problem.residual(mean[None])[0]),
            "chi_squares": _plain(self.problem.reduced_chi_square(images)),
            "trace": np.array(self.trace, dtype=np.float64).reshape(-1, len(TRACE)),
            "step": np.array([frame.step, frame.steps]),
            "evaluations": np.array([frame.evaluations]),
        }

    def _picture(self, values: Tensor) -> np.ndarray:
        flat = _plain(values)
        if self.question.picture is not None:
            return self.question.picture(flat.ravel())
        return flat.reshape(self.problem.shape_out)

    def _square(self, flat: Tensor) -> np.ndarray:
        return _plain(flat).reshape(self.side, self.side)


def _plain(values: Tensor) -> np.ndarray:
    found: np.ndarray = values.detach().cpu().double().numpy()
    return found
