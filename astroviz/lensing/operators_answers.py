r"""Questions of the view *Operators*: one sampler, one instrument, and the matrix of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.draws import Draws
from astroviz.core.request import Control, Request
from astroviz.lensing.gaussian_prior import GaussianPrior
from astroviz.lensing.problems import Problem, problem, tracks
from astroviz.lensing.sample_priors import gaussian_process, prior_named, prior_pixels
from astroviz.lensing.settings import preset
from astroviz.lensing.trust_study import Share, Study, judge, sampled
from astroviz.lensing.watched_sampling import Question, Target, WatchedSampler

__all__ = ["OperatorPictures", "matrix_work", "operators_request"]

_SCALE = 0.05  # arcsec, pixel of the source of every instrument but the lens, see `problems`
_NYQUIST = 0.45  # cycles per pixel of the longest baseline


@dataclass(frozen=True)
class OperatorPictures:
    r"""What there is to draw; None for what has not come yet.

    Arguments:
        name: Name of the problem.
        truth: The true source, shape :math:`(s, s)`, prior units.
        data: As an image, where they are one; None for visibilities.
        dirty: :math:`A^\top N^{-1} y` over its largest value, shape :math:`(s, s)`.
        reach: Square root of the information of the data on each source pixel: one over the
            deviation with which they would fix it alone, shape :math:`(s, s)`.
        baselines: Cycles per arcsec, shape :math:`(K, 2)`; None where there are none.
        axes: What the axes of the data are.
        images: What the draws look like so far, shape :math:`(n, s, s)`.
        mean: Their mean.
        sd: Their standard deviation.
        residual: Data minus model over the noise, shape of the data.
        exact: Mean and standard deviation where they are known.
        chi_square: Mean reduced chi square of the draws.
        step: Steps done, and how many there are.
    """

    name: str
    truth: np.ndarray
    data: np.ndarray | None
    dirty: np.ndarray
    reach: np.ndarray
    baselines: np.ndarray | None
    axes: tuple[str, str]
    images: np.ndarray | None
    mean: np.ndarray | None
    sd: np.ndarray | None
    residual: np.ndarray | None
    exact: tuple[np.ndarray, np.ndarray] | None
    chi_square: float
    step: tuple[int, int]

    @property
    def error(self) -> np.ndarray:
        """The mean minus the truth over the standard deviation; 0 where nothing is uncertain."""
        assert self.mean is not None
        assert self.sd is not None
        sure = self.sd <= 1e-3 * max(float(self.sd.max()), 1e-12)
        return np.where(sure, 0.0, (self.mean - self.truth) / np.where(sure, 1.0, self.sd))

    @property
    def variance_ratio(self) -> float | None:
        """Sampled over exact variance, summed over pixels; None where it is not known."""
        if self.exact is None or self.sd is None:
            return None
        return float((self.sd**2).sum() / (np.asarray(self.exact[1]) ** 2).sum())

    @classmethod
    def of(cls, draws: Draws) -> OperatorPictures | None:
        """What an answer to `operators_request` holds; None before the data are there."""
        kept = draws.extras
        if "truth" not in kept:
            return None
        name, *axes = (str(word) for word in kept["words"])
        found = {key: kept.get(key) for key in ("images", "mean", "sd", "residual")}
        chi, step = kept.get("chi_squares"), kept.get("step", np.array([0, 1]))
        exact = (kept["exact_mean"], kept["exact_sd"]) if "exact_mean" in kept else None
        return cls(
            name, kept["truth"], kept.get("data"), kept["dirty"], kept["reach"],
            kept.get("baselines"), (axes[0], axes[1]), **found, exact=exact,
            chi_square=float("nan") if chi is None else float(np.mean(chi)),
            step=(int(step[0]), int(step[1])),
        )  # fmt: skip


def operators_request(state: Any) -> Request:
    r"""Draws of the chosen sampler for the chosen problem.

    Arguments:
        state: An `OperatorsState`.
    """
    name, prior, seed = state.operators_problem, state.operators_prior, state.seed
    pixels, device = prior_pixels(prior), state.operators_device
    sampler = WatchedSampler("lensing", lambda _: _question(name, prior, device, seed))
    options = {
        "view": "operators", "problem": name, "prior": prior, "pixels": pixels, "sky": seed,
        "settings": preset(state.operators_sampler, state.operators_quality == "reference"),
    }  # fmt: skip
    return Request(sampler, {}, n=state.operators_count, seed=seed, options=options)


def _question(name: str, prior_name: str, device: Any, seed: int) -> Question:
    prior, _ = prior_named(prior_name, device)
    made = problem(name, prior, seed)
    shown = _shown(made, prior.pixels, seed)

    def target(control: Control) -> Target:
        control.check()
        known = isinstance(prior, GaussianPrior)
        return Target(prior, made.linear, prior.posterior(made.linear) if known else None)

    return Question(target, shown)


def _shown(made: Problem, pixels: int, seed: int) -> dict[str, np.ndarray]:
    linear, square = made.linear, (pixels, pixels)
    dirty = linear.backprojection.numpy().reshape(square)
    gram = (linear.eigenvectors**2 * linear.eigenvalues).sum(1)
    shown = {
        "truth": made.truth.double().numpy().reshape(square),
        "dirty": dirty / max(float(np.abs(dirty).max()), 1e-12),
        "reach": gram.sqrt().numpy().reshape(square),
        "words": np.array([made.name, *made.axes]),
    }
    if made.name == "visibilities":
        places = tracks(np.random.default_rng([seed, 1]))
        shown["baselines"] = places * _NYQUIST / _SCALE
    else:
        shown["data"] = linear.data.numpy().reshape(linear.shape_out)
    return shown


def matrix_work(
    samplers: Sequence[str],
    problems: Sequence[str],
    pixels: int,
    truths: int,
    draws: int,
    seed: int,
) -> Callable[[Callable[[float], None], Callable[[], None]], dict[tuple[str, str], Study]]:
    r"""Judge samplers on instruments, against exact posteriors of a Gaussian process.

    Arguments:
        samplers: Which are judged.
        problems: On which problems.
        pixels: Side of the source.
        truths: Observations of each cell.
        draws: Draws for each observation.
        seed: Seed of everything.

    Returns:
        Called with `progress(share)` and `check()`, gives (sampler, problem) to its study.
    """  # fmt: skip

    def work(
        progress: Callable[[float], None], check: Callable[[], None]
    ) -> dict[tuple[str, str], Study]:
        prior, found = gaussian_process(pixels), {}
        cells = [(sampler, name) for name in problems for sampler in samplers]
        skies = {name: _skies(name, prior, truths, seed) for name in problems}
        aside = prior.sample(truths, seed + 104_729)
        for k, (sampler, name) in enumerate(cells):
            check()
            share = Share(progress, check, k, len(cells))
            sources, linears = skies[name]
            chains, calls = sampled(prior, linears, preset(sampler), draws, seed, share)
            found[sampler, name] = judge(sampler, prior, linears, sources, chains, aside, calls)
        return found

    return work


def _skies(name: str, prior: GaussianPrior, truths: int, seed: int) -> tuple[Tensor, list[Any]]:
    """Sources and their observations through one operator."""
    first = problem(name, prior, seed)
    sources = prior.sample(truths, seed + 15_485)
    generator = torch.Generator().manual_seed(seed + 32_452)
    clean = first.linear.predict(sources).reshape(truths, -1)
    seen = clean + first.noise * torch.randn(clean.shape, generator=generator)
    return sources, [first.linear.with_data(data) for data in seen]
