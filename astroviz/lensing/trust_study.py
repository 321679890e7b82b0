r"""Many observations of a prior that is known exactly: is a sampler's posterior the true one?

Sources are drawn from the Gaussian process, observed through one lens, and sampled; for each the
exact posterior is known. Three things are asked, of which a residual sees none:

- the variance ratio, sampled over exact, summed over pixels and observations;
- the error of the mean, over the floor :math:`\sqrt{\sum\sigma^2 / S}` of :math:`S` draws;
- expected coverage with random points (TARP): references are draws of the prior, and what the
  page judges is the part of the draws nearer to the reference than the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control
from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.sample_presets import TRUTH
from astroviz.lensing.sample_priors import gaussian_process
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import Settings, preset
from astroviz.lensing.trust_answers import trust_scene

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["Share", "Study", "judge", "observe", "sampled", "study_work", "table_of"]

_TOGETHER = 16  # observations whose chains run in one batch
_TRUTHS, _REFERENCES = 1, 2  # streams of random numbers


@dataclass(frozen=True, eq=False)
class Study:
    r"""What a sampler did over many observations.

    Arguments:
        sampler: Its name.
        variance_ratio: Sampled over exact variance.
        ratio_error: Standard error of it over observations.
        mean_error: Error of the mean over its Monte-Carlo floor.
        chi_square: Mean reduced chi square of the draws.
        truths: True sources, shape :math:`(T, d)`.
        draws: Draws, shape :math:`(T, S, d)`.
        references: Draws of the prior, shape :math:`(T, d)`.
        pixels: Side of the source.
        evaluations: Calls of the denoiser for each draw.
    """

    sampler: str
    variance_ratio: float
    ratio_error: float
    mean_error: float
    chi_square: float
    truths: np.ndarray
    draws: np.ndarray
    references: np.ndarray
    pixels: int
    evaluations: int


class Share:
    r"""What a sampler hears of longer work: its progress is one part of several equal ones.

    Arguments:
        progress: Told the progress of the whole.
        check: Raises where the work is to stop.
        part: Number of this part.
        parts: How many there are.
    """

    max_draws: int | None = None

    def __init__(
        self, progress: Callable[[float], None], check: Callable[[], None], part: int, parts: int
    ) -> None:
        self.check, self._told, self._part, self._parts = check, progress, part, parts

    def progress(self, fraction: float) -> None:
        """This part is so far."""
        self._told((self._part + fraction) / self._parts)


def study_work(
    samplers: Sequence[str],
    pixels: int,
    noise: float,
    reference: bool,
    truths: int,
    draws: int,
    seed: int,
) -> Callable[[Callable[[float], None], Callable[[], None]], dict[str, Study]]:
    r"""The study as a piece of work that reports progress and can be stopped.

    Arguments:
        samplers: Which are judged.
        pixels: Side of the source.
        noise: Of a pixel of the image, prior units.
        reference: Whether samplers run as long as they are to be believed.
        truths: Number of observations :math:`T`.
        draws: Draws for each :math:`S`.
        seed: Seed of everything.

    Returns:
        Called with `progress(share)` and `check()`, gives a study for each sampler.
    """

    def work(
        progress: Callable[[float], None], check: Callable[[], None]
    ) -> dict[str, Study]:  # fmt: skip
        prior = gaussian_process(pixels)
        sources = prior.sample(truths, _stream(seed, _TRUTHS))
        problems = observe(prior, sources, noise, seed, check)
        found = {}
        for k, name in enumerate(samplers):
            settings = preset(name, reference)
            share = Share(progress, check, k, len(samplers))
            chains, calls = sampled(prior, problems, settings, draws, seed, share)
            aside = prior.sample(truths, _stream(seed, _REFERENCES))
            found[name] = judge(name, prior, problems, sources, chains, aside, calls)
        return found

    return work


def _stream(seed: int, use: int) -> int:
    return int(np.random.default_rng([seed, use]).integers(2**31))


def observe(
    prior: GaussianPrior, sources: Tensor, noise: float, seed: int, check: Callable[[], None]
) -> list[LinearProblem]:
    r"""Observations of sources through one lens, which share their eigen-system.

    Arguments:
        prior: Gives the size.
        sources: Shape :math:`(T, d)`.
        noise: Of a pixel of the image.
        seed: Seed of the noise.
        check: Raises where the work is to stop.
    """
    scene = trust_scene(prior.pixels, noise, seed)
    first = scene.problem(TRUTH, prior.pixels)
    check()
    generator = torch.Generator().manual_seed(seed)
    clean = first.predict(sources).reshape(len(sources), -1)
    seen = clean + noise * torch.randn(clean.shape, generator=generator)
    return [first.with_data(data) for data in seen]


def sampled(
    prior: GaussianPrior,
    problems: Sequence[LinearProblem],
    settings: Settings,
    draws: int,
    seed: int,
    share: Control,
) -> tuple[Tensor, int]:
    r"""Draws of observations that share their operator, many chains in one batch.

    Arguments:
        prior: The prior.
        problems: :math:`T` observations.
        settings: The sampler.
        draws: Draws for each, :math:`S`.
        seed: Seed of the chains.
        share: Told between steps.

    Returns:
        Draws, shape :math:`(T, S, d)`, and calls of the denoiser for each.
    """
    parts, calls = [], 0
    groups = [problems[k : k + _TOGETHER] for k in range(0, len(problems), _TOGETHER)]
    if settings.method in ("smc", "variational", "exact"):
        groups = [[problem] for problem in problems]  # these share nothing between observations
    for k, group in enumerate(groups):
        together = group[0] if len(group) == 1 else stack(group)
        for frame in draw(prior, together, settings, draws * len(group), seed + k):
            share.check()
            share.progress((k + frame.step / max(frame.steps, 1)) / len(groups))
        parts.append(frame.samples.reshape(len(group), draws, -1))
        calls = frame.evaluations
    return torch.cat(parts), calls


def judge(
    sampler: str,
    prior: GaussianPrior,
    problems: Sequence[LinearProblem],
    sources: Tensor,
    chains: Tensor,
    references: Tensor,
    evaluations: int = 0,
) -> Study:
    r"""Compare draws with exact posteriors.

    Arguments:
        sampler: Name of the sampler.
        prior: The prior.
        problems: :math:`T` observations that share their operator.
        sources: Truths, shape :math:`(T, d)`.
        chains: Draws, shape :math:`(T, S, d)`.
        references: Draws of the prior, shape :math:`(T, d)`.
        evaluations: Calls of the denoiser for each draw.
    """
    first = prior.posterior(problems[0])
    gain = first.covariance
    start = first.mean - gain @ problems[0].backprojection
    back = torch.stack([problem.backprojection for problem in problems])
    exact = start + back @ gain
    total = float(first.variance.sum())
    wide = chains.double()
    ratios = wide.var(1).sum(-1) / total
    floor = (total / wide.shape[1]) ** 0.5
    errors = torch.linalg.vector_norm(wide.mean(1) - exact, dim=-1) / floor
    chi = [
        float(problem.reduced_chi_square(part).mean())
        for problem, part in zip(problems, wide, strict=True)
    ]
    count = len(problems)
    return Study(
        sampler, float(ratios.mean()),
        float(ratios.std() / count**0.5) if count > 1 else float("nan"),
        float(errors.square().mean().sqrt()), float(np.mean(chi)), sources.numpy(),
        chains.float().numpy(), references.numpy(), prior.pixels, evaluations,
    )  # fmt: skip


def table_of(studies: Mapping[str, Study]) -> QTable:
    r"""A row for each sampler.

    Arguments:
        studies: As `study_work` gives them.
    """
    from astropy.table import QTable

    rows: dict[str, Any] = {
        "sampler": list(studies),
        "source_pixels": [one.pixels for one in studies.values()],
        "observations": [len(one.truths) for one in studies.values()],
        "draws": [one.draws.shape[1] for one in studies.values()],
        "variance_ratio": [one.variance_ratio for one in studies.values()],
        "variance_ratio_error": [one.ratio_error for one in studies.values()],
        "mean_error_over_floor": [one.mean_error for one in studies.values()],
        "reduced_chi_square": [one.chi_square for one in studies.values()],
        "evaluations": [one.evaluations for one in studies.values()],
    }
    return QTable(rows)
