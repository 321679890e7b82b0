r"""Every sampler on every instrument: what works on one problem need not on the next.

A cell holds several sources of one prior, observed by one instrument and sampled by one sampler:

| figure | right is | needs |
| --- | --- | --- |
| `variance_ratio` | 1, sampled over exact variance | a Gaussian prior |
| `mean_error` | 1, error of the mean in Monte-Carlo floors | a Gaussian prior |
| `error_over_spread` | 1, squared error of the truth over its expectation | any prior |
| `error` | small, rms error of the mean over the rms of the prior | any prior |
| `chi_square` | about 1, reduced, of the draws | any prior |

The matrix of the Gaussian process of 16 x 16 pixels ships with the package.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.problems import PROBLEMS, problem
from astroviz.lensing.sampling import draw
from astroviz.lensing.settings import SAMPLERS, Settings, preset

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = [
    "MATRIX_FILE",
    "MATRIX_SAMPLERS",
    "Sampled",
    "cell",
    "figures_of",
    "matrix",
    "sampled",
    "stored_matrix",
]

MATRIX_FILE = "sampler_matrix.json"
MATRIX_SAMPLERS = tuple(name for name in SAMPLERS if name != "exact")
"""Columns of the matrix; its rows are `problems.PROBLEMS`."""

_ALONE = ("smc", "variational")


@dataclass(frozen=True, eq=False)
class Sampled:
    r"""One sampler on one instrument.

    Arguments:
        problems: Observations, which share their operator.
        truths: Shape :math:`(T, d)`, float64.
        draws: Shape :math:`(T, S, d)`, float64.
        evaluations: Calls of the denoiser for each draw.
    """

    problems: Sequence[LinearProblem]
    truths: Tensor
    draws: Tensor
    evaluations: int


def sampled(
    prior: Prior,
    name: str,
    settings: Settings,
    truths: int = 16,
    draws: int = 16,
    seed: int = 0,
    control: Control | None = None,
) -> Sampled:
    r"""Observe and sample; arguments as those of `cell`."""
    problems, sources = _observed(prior, name, truths, seed)
    groups = [[one] for one in problems] if settings.method in _ALONE else [problems]
    parts, calls = [], 0
    for k, group in enumerate(groups):
        together = group[0] if len(group) == 1 else stack(group)
        frames = draw(prior, together, settings, draws * len(group), seed + k, control or Alone())
        (last,) = deque(frames, maxlen=1)
        parts.append(last.samples.detach().cpu().double().reshape(len(group), draws, -1))
        calls = last.evaluations
    return Sampled(problems, sources, torch.cat(parts), calls)


def cell(
    prior: Prior,
    name: str,
    settings: Settings,
    truths: int = 16,
    draws: int = 16,
    seed: int = 0,
    control: Control | None = None,
) -> dict[str, float]:
    r"""Figures of one sampler on one instrument.

    Arguments:
        prior: The prior.
        name: One of `problems.PROBLEMS`.
        settings: The sampler.
        truths: Number of sources.
        draws: Draws for each, two or more.
        seed: Seed of everything.
        control: Told between steps.

    Returns:
        As `figures_of`.
    """
    return figures_of(prior, sampled(prior, name, settings, truths, draws, seed, control))


def figures_of(prior: Prior, found: Sampled) -> dict[str, float]:
    """The figures of the module's table that the prior allows, and `evaluations` of a draw."""
    figures = _against_truth(prior, found.problems, found.truths, found.draws)
    if isinstance(prior, GaussianPrior):
        figures |= _against_exact(prior, found.problems, found.draws)
    rounded = {key: round(value, 4) for key, value in figures.items()}
    return {**rounded, "evaluations": found.evaluations}


def _observed(
    prior: Prior, name: str, truths: int, seed: int
) -> tuple[list[LinearProblem], Tensor]:
    """One instrument, many sources; the operator and its eigen-system are shared."""
    first = problem(name, prior, seed)
    drawn = prior.draw_truth(truths, seed + 1)
    sources = (prior.sample(truths, seed + 1) if drawn is None else drawn).cpu().double()
    generator = torch.Generator().manual_seed(seed + 104729)
    clean = sources @ first.linear.matrix.double().T
    data = clean + first.noise * torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    return [first.linear.with_data(row) for row in data], sources


def _against_truth(
    prior: Prior, problems: Sequence[LinearProblem], sources: Tensor, found: Tensor
) -> dict[str, float]:
    off = (found.mean(1) - sources).square().sum()
    # the mean of S draws is off by the spread itself and a part 1/S of it
    expected = found.var(1).sum() * (1 + 1 / found.shape[1])
    chi = torch.stack(
        [one.reduced_chi_square(part).mean() for one, part in zip(problems, found, strict=True)]
    )
    return {
        "error_over_spread": float(off / expected),
        "error": math.sqrt(float(off) / sources.numel()) / prior.sigma_data,
        "chi_square": float(chi.mean()),
    }


def _against_exact(
    prior: GaussianPrior, problems: Sequence[LinearProblem], found: Tensor
) -> dict[str, float]:
    first = prior.posterior(problems[0])
    gain = first.covariance
    start = first.mean - gain @ problems[0].backprojection
    exact = start + torch.stack([one.backprojection for one in problems]) @ gain
    total = float(first.variance.sum())
    floor = total / found.shape[1]
    ratios = found.var(1).sum(-1) / total
    return {
        "variance_ratio": float(ratios.mean()),
        "ratio_error": float(ratios.std() / len(ratios) ** 0.5),
        "mean_error": math.sqrt(float((found.mean(1) - exact).square().sum(-1).mean()) / floor),
    }


def matrix(
    prior: Prior,
    samplers: Sequence[str] = MATRIX_SAMPLERS,
    problems: Sequence[str] = tuple(PROBLEMS),
    truths: int = 16,
    draws: int = 16,
    seed: int = 0,
    control: Control | None = None,
) -> Iterator[tuple[str, str, dict[str, float]]]:
    r"""Cells as they are measured: problem, sampler, figures.

    Arguments:
        prior: The prior.
        samplers: Columns, run as `settings.preset` gives them.
        problems: Rows.
        truths: Sources in each cell.
        draws: Draws of each source.
        seed: Seed of everything.
        control: Told between steps.
    """
    control = control or Alone()
    for k, name in enumerate(problems):
        for j, sampler in enumerate(samplers):
            control.check()
            yield name, sampler, cell(prior, name, preset(sampler), truths, draws, seed, control)
            control.progress((k * len(samplers) + j + 1) / (len(problems) * len(samplers)))


@lru_cache(maxsize=1)
def stored_matrix() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    r"""The shipped matrix: problem to sampler to figures; empty where none was measured.

    Beside those of `figures_of` there are `tarp_distance` and `tarp_inside`, a test of coverage.
    """
    place = resources.files("astroviz.lensing").joinpath(MATRIX_FILE)
    if not place.is_file():
        return {}
    found: dict[str, dict[str, dict[str, float]]] = json.loads(place.read_text(encoding="utf-8"))
    return found
