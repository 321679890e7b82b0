r"""Questions of the view of prior shift: posteriors under a prior that may be wrong, and learning.

All observations are simulated: sources of one kind, seen through two lenses in white noise, and
believed to be of another kind. The flag compares their posterior draws with those of observations
whose sources were drawn from the prior itself, so that an approximate sampler errs on both sides
alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.one_by_one import OneByOne
from astroviz.core.request import Chunk, Control, Request
from astroviz.lensing.hierarchy import SETTINGS, Round, Teaching, look, taught
from astroviz.lensing.lens import check_lens
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.prior import Prior
from astroviz.lensing.procedural import galaxies
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.sampling import Settings, draw
from astroviz.lensing.shift import QUICK, ObjectShift, population_shift, simulated, summaries
from astroviz.lensing.shift_scenes import Rounds
from astroviz.lensing.stored import read_answer
from astroviz.lensing.stories import STORIES, observe, truth_of
from astroviz.lensing.work import Work

__all__ = ["COLUMNS", "OBSERVATIONS", "SwapSampler", "learn_more", "swap_request"]

OBSERVATIONS = 48
COLUMNS = ("chi_square", "p_value", "score")

_LENSES = (
    (1.0, 0.75, 0.5, 0.0, 0.0, 0.03, -0.02, 1.0),
    (0.9, 0.6, -0.7, 0.05, 0.0, 0.0, 0.04, 1.0),
)
_PIXELS, _SCALE, _WIDTH = 40, 0.09, 1.5  # of the images; arcsec; side of a source, arcsec
_SHOWN = 8
_EXPECTED = 96  # simulated observations of sources of the prior
_EVERY = 4  # sweeps between previews
_TEST = 40_000
_TAUGHT = 256  # observations of a round that is learned on the page


def _problems(pixels: int, noise: float) -> list[LinearProblem]:
    """One for each lens, without data."""
    setup = Setup(_PIXELS, _SCALE, pixels, _WIDTH / pixels, gaussian_psf(1.4, 9))
    operator = LensOperator(setup)
    nothing = torch.zeros(_PIXELS**2)
    return [
        LinearProblem(operator.matrix(check_lens(lens).float()), nothing, noise, None, setup.shape)
        for lens in _LENSES
    ]


def _observed(
    problems: Sequence[LinearProblem], sources: Tensor, seed: int
) -> list[LinearProblem]:
    """Sources seen through the lenses in turn, those of one lens together."""
    each = -(-len(sources) // len(problems))
    spread = [problem for problem in problems for _ in range(each)][: len(sources)]
    return simulated(spread, sources, seed)


class SwapSampler(OneByOne):
    r"""One posterior draw for each of many observations, and the flag.

    Arguments:
        prior: What is believed.
        kind: What is there: `elliptical`, `spiral` or `all`.
        noise: Standard deviation of a pixel's noise, prior units.
    """

    _kept: Mapping[Any, Any] = {}

    def __init__(self, prior: Prior, kind: str, noise: float) -> None:
        self.prior, self.kind, self.noise = prior, kind, noise
        self.name = f"lensing/shift/{prior.name}"

    def columns(self, request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """One row for each observation."""
        return COLUMNS, ("", "", "")

    def answer(self, request: Request, control: Control) -> Iterator[Chunk]:
        """Parts of an answer."""
        kept = read_answer(request)
        if kept is not None:
            values = kept.pop("values_exact").astype(np.float32)
            yield Chunk(values, constants={**kept, "stored": np.array([True])})
            return
        pixels, count = self.prior.pixels, request.n
        generator = torch.Generator().manual_seed(_TEST + request.seed)
        sources = galaxies(count, generator, pixels, self.kind).flatten(1)  # type: ignore[arg-type]
        problems = _observed(_problems(pixels, self.noise), sources, request.seed)
        shown: dict[str, np.ndarray] = _pictures(problems, sources, count)
        yield Chunk(np.zeros((0, 3), np.float32), constants=shown)
        draws = torch.empty(0)
        for frame in draw(self.prior, stack(problems), QUICK, count, request.seed, control):
            control.progress(0.35 * frame.step / frame.steps)
            draws = frame.samples
            if frame.step % _EVERY == 0 and not frame.finished:
                part = {**shown, "posterior": _some(frame.estimate, pixels, count)}
                yield Chunk(np.zeros((0, 3), np.float32), constants=part)
        believed, expected, reference = self._expectation(Work.of(control))
        shown["posterior"] = _some(draws, pixels, count)
        shown["prior"] = _square(believed[:12], pixels)
        yield self._flagged(request, problems, draws, expected, reference, shown)

    def _flagged(
        self, request: Request, problems: list[LinearProblem], draws: Tensor, expected: Tensor,
        reference: np.ndarray, shown: dict[str, np.ndarray],
    ) -> Chunk:  # fmt: skip
        """The finished answer."""
        found = population_shift(draws, expected, seed=request.seed)
        objects = ObjectShift.calibrated(reference)
        rows = summaries(self.prior, problems, draws[:, None], request.seed)
        values = np.stack(
            [np.exp(rows[:, 0]), objects.p_values(rows), objects.ood_score(rows)], -1
        ).astype(np.float32)
        flag = np.array([found.reduced, found.p_value, found.dof, len(objects.scores)])
        constants = {**shown, "flag_exact": flag, "permuted": found.permuted / found.dof,
                     "stored": np.array([False])}  # fmt: skip
        return Chunk(values, constants=constants)

    def _expectation(self, work: Work) -> tuple[Tensor, Tensor, np.ndarray]:
        """Draws of the prior, posterior draws of observations of them, their summaries; kept."""
        key = (self.prior.name, _weights(self.prior), self.noise)
        if key not in SwapSampler._kept:
            believed = self.prior.sample(_EXPECTED, 1, 18, work.part(0.35, 0.6))
            problems = _observed(_problems(self.prior.pixels, self.noise), believed, 2)
            draws = torch.empty(0)
            for frame in draw(self.prior, stack(problems), QUICK, _EXPECTED, 3, work):
                work.progress(0.6 + 0.35 * frame.step / frame.steps)
                draws = frame.samples
            rows = summaries(self.prior, problems, draws[:, None], 4)
            recent = dict(list(SwapSampler._kept.items())[-5:])
            SwapSampler._kept = {**recent, key: (believed, draws, rows)}
        found: tuple[Tensor, Tensor, np.ndarray] = SwapSampler._kept[key]
        return found


def _square(rows: Tensor, pixels: int) -> np.ndarray:
    return np.asarray(rows.detach().cpu().float().view(-1, pixels, pixels).numpy())


def _places(count: int) -> list[int]:
    """Observations that are shown: as many of each lens."""
    each = -(-count // len(_LENSES))
    return [k for start in range(0, count, each) for k in range(start, start + _SHOWN // 2)]


def _some(rows: Tensor, pixels: int, count: int) -> np.ndarray:
    return _square(rows[_places(count)], pixels)


def _pictures(problems: list[LinearProblem], sources: Tensor, count: int) -> dict[str, np.ndarray]:
    pixels = int(sources.shape[1] ** 0.5)
    data = torch.stack([problems[k].data for k in _places(count)])
    return {"images": _square(data, _PIXELS), "sources": _some(sources, pixels, count),
            "places": np.array(_places(count))}  # fmt: skip


def _weights(prior: Prior) -> str:
    """Hash of the weights behind a prior; empty where there are none."""
    return str(getattr(getattr(prior, "card", None), "sha256", ""))


def swap_request(prior: Prior, name: str, kind: str, noise: float, seed: int) -> Request:
    r"""Posterior draws of many observations under a prior, and whether they fit it.

    Arguments:
        prior: What is believed.
        name: What it is called.
        kind: What is there.
        noise: Standard deviation of a pixel's noise, prior units.
        seed: Seed of everything.
    """
    options: dict[str, Hashable] = {"prior": name, "kind": kind, "noise": round(noise, 4),
                                    "weights": _weights(prior)}  # fmt: skip
    return Request(SwapSampler(prior, kind, noise), {}, OBSERVATIONS, seed, options)


def learn_more(
    rounds: Rounds,
    more: int,
    seed: int,
    progress: Callable[[float], None],
    check: Callable[[], None],
    seconds: float = 25.0,
    settings: Settings = SETTINGS,
) -> Rounds:
    r"""Go on with a story: teach the next prior on posterior draws under the last, and look at it.

    Arguments:
        rounds: The story so far.
        more: Rounds to learn.
        seed: Seed of fresh observations and of the draws.
        progress: Told the share that is done.
        check: Raises when the work is to stop.
        seconds: Time to teach each prior.
        settings: How posteriors are sampled.
    """
    story = STORIES[rounds.name]
    seen = observe(truth_of(story.seen, _TAUGHT, 7_000 + seed), story.noise, 7_000 + seed)
    teaching = Teaching(again=seconds, seed=seed)
    whole = Work(progress, check)
    for number in range(more):
        part = whole.part(number / more, (number + 1) / more)
        first, second = part.part(0.0, 0.35), part.part(0.6, 1.0)
        last = look(story, rounds.network, seen, rounds.last, seed, settings, first)
        network = taught(last, teaching, lambda _: check())
        part.progress(0.6)
        new = look(story, network, seen, rounds.last + 1, seed, settings, second)
        rounds = _with_round(rounds, new)
    return rounds


def _with_round(rounds: Rounds, new: Round) -> Rounds:
    side = rounds.prior[0].shape[-1]
    kept = len(rounds.prior[0])
    return dataclasses.replace(
        rounds, network=new.network, prior=[*rounds.prior, _square(new.prior_draws[:kept], side)],
        posterior=[*rounds.posterior, _square(new.posterior_draws[:kept], side)],
        figures=[*rounds.figures, new.figures], learned=rounds.learned + 1,
    )  # fmt: skip
