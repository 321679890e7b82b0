r"""Answers of the view of real lenses: the classic fit, and sources under the learned prior.

The source is drawn behind several lenses of the fit's posterior. Every chain goes through the same
lenses with random numbers of its own, so that all chains have one target, the source marginalised
over the lens, and their agreement is a test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from astroviz.lensing.fit_lens import LensFit, fit_lens
from astroviz.lensing.lens import LENS_NAMES, jacobian
from astroviz.lensing.lens_light import fit_light
from astroviz.lensing.prior import Prior
from astroviz.lensing.rays import Rays
from astroviz.lensing.real_case import RealCase
from astroviz.lensing.sampling import LIVE, SAMPLER_WORDS, Settings, sample
from astroviz.lensing.sky_noise import residual_power
from astroviz.lensing.source_frame import SourceFrame, frame_of, problem_of
from astroviz.lensing.work import Work

__all__ = ["LENSES", "RealAnswer", "RealFit", "answer_case", "curves_of", "fit_case", "shown_fit"]

LENSES = 5
"""Lens models that each chain goes through."""

Progress = Callable[[float], None]
Check = Callable[[], None]


@dataclass(frozen=True, eq=False)
class RealFit:
    r"""A fit with all that is drawn of it.

    Arguments:
        fit: The fit itself.
        values: Lens parameter to its value.
        errors: Lens parameter to its error.
        critical: Critical curves, each (k, 2), arcsec.
        caustic: Caustics, likewise.
        power: Of the residual and of the noise, see `sky_noise.residual_power`.
    """

    fit: LensFit
    values: dict[str, float]
    errors: dict[str, float]
    critical: list[np.ndarray]
    caustic: list[np.ndarray]
    power: dict[str, np.ndarray]

    @property
    def radius(self) -> float:
        """Einstein radius, arcsec."""
        return self.values["einstein_radius"]

    @property
    def radius_error(self) -> float:
        """Its error, arcsec."""
        return self.errors["einstein_radius"]


@dataclass(frozen=True, eq=False)
class RealAnswer:
    r"""Sources of a real lens.

    Arguments:
        samples: Draws, data units, shape :math:`(n, s, s)`.
        chains: Number of the chain of each, shape :math:`(n,)`.
        lens: The lens of each in the order of `LENS_NAMES`, shape :math:`(n, 8)`.
        source_scale: Arcsec per source pixel.
        centre: Centre of the sources, arcsec.
        models: Model of the image for each draw, shape :math:`(n, n_y, n_x)`.
        light: Mean of the part of the lens galaxy, shape :math:`(n_y, n_x)`.
        chi_square: Mean reduced :math:`\chi^2` of the draws with the noise map as given.
        white_chi_square: The same of whitened residuals.
        agreement: R-hat of every source pixel, shape :math:`(s, s)`.
        power: Of the residual of the mean model.
        prior: Name of the prior.
        sampler: How it was sampled, in words.
        seconds: Time that it took.
    """

    samples: np.ndarray
    chains: np.ndarray
    lens: np.ndarray
    source_scale: float
    centre: tuple[float, float]
    models: np.ndarray
    light: np.ndarray
    chi_square: float
    white_chi_square: float
    agreement: np.ndarray
    power: dict[str, np.ndarray]
    prior: str
    sampler: str
    seconds: float

    @property
    def mean(self) -> np.ndarray:
        """Mean source, shape (s, s)."""
        return np.asarray(self.samples.mean(0))

    @property
    def sd(self) -> np.ndarray:
        """Standard deviation of each pixel, lens included, shape (s, s)."""
        return np.asarray(self.samples.std(0, ddof=1))

    @property
    def count(self) -> int:
        """Number of chains."""
        return int(self.chains.max()) + 1

    @property
    def lenses(self) -> int:
        """Number of different lenses."""
        return len(np.unique(self.lens, axis=0))


def curves_of(lens: Any, half: float, pixels: int = 301) -> tuple[list[Any], list[Any]]:
    r"""Critical curves and caustics.

    Arguments:
        lens: In the order of `LENS_NAMES`.
        half: Half the width of the frame, arcsec.
        pixels: Side of the grid on which the determinant is looked at.

    Returns:
        Lists of (k, 2) arrays, arcsec.
    """
    from contourpy import contour_generator

    from astroviz.lensing.lens import deflection

    vector = torch.as_tensor(lens, dtype=torch.float64)
    axis = np.linspace(-half, half, pixels)
    x, y = (torch.from_numpy(one) for one in np.meshgrid(axis, axis))
    matrix = jacobian(x, y, vector)
    determinant = torch.linalg.det(matrix).numpy()
    critical = [np.asarray(line) for line in contour_generator(axis, axis, determinant).lines(0.0)]
    critical = [line for line in critical if len(line) > 8]
    caustic = []
    for line in critical:
        px, py = torch.from_numpy(line).unbind(-1)
        ax, ay = deflection(px, py, vector)
        caustic.append(torch.stack([px - ax, py - ay], -1).numpy())
    return critical, caustic


def fit_case(
    case: RealCase, budget: float, seed: int, progress: Progress, check: Check
) -> RealFit:
    r"""The classic fit.

    Arguments:
        case: Lens, mask, noise.
        budget: Seconds.
        seed: Seed.
        progress: Told the share that is done.
        check: Raises when the work is to stop.
    """
    found = fit_lens(
        case.observation, budget, seed, Work(progress, check), noise=case.noise
    )  # fmt: skip
    return shown_fit(found)


def shown_fit(fit: LensFit) -> RealFit:
    """A fit with its curves and the power of its residual."""
    values = {name: float(fit[name]) for name in LENS_NAMES}
    errors = {name: float(fit[f"{name}_error"]) for name in LENS_NAMES}
    critical, caustic = curves_of(fit.vector, fit.observation.half_width)
    power = residual_power(fit.residual, fit.noise)
    return RealFit(fit, values, errors, critical, caustic, power)


def answer_case(
    case: RealCase,
    fit: RealFit,
    prior: Prior,
    chains: int,
    seed: int,
    progress: Progress,
    check: Check,
    settings: Settings = LIVE,
    lenses: int = LENSES,
) -> RealAnswer:
    r"""Draw sources with a learned prior behind several lenses.

    Arguments:
        case: Lens, mask, noise.
        fit: The classic fit, which says which lenses are possible and where the source is.
        prior: Of sources.
        chains: Number of chains.
        seed: Seed of lenses and chains.
        progress: Told the share that is done.
        check: Raises when the work is to stop.
        settings: Of the sampler.
        lenses: Lens models that each chain goes through.
    """
    begin, watched = time.monotonic(), Work(progress, check)
    found = fit.fit
    frame = frame_of(found, prior.pixels, _mean_of(prior))
    chosen = found.draw(lenses, seed + 1)
    components = found.components
    if components is None and found.observation.light:
        components = fit_light(found.observation, found.noise).images(found.observation)
    behind = _Behind(found, frame, components)
    drawn = []
    for number, lens in enumerate(chosen):
        check()
        problem = behind.problem(lens)
        step = watched.part(number / lenses, (number + 1) / lenses)
        draws = sample(prior, problem, settings, chains, seed + 97 * number, step).double()
        drawn.append((draws.cpu().numpy(), *behind.models(problem, draws.cpu().numpy())))
        step.progress(1.0)
    return _gathered(case, found, frame, chosen.numpy(), drawn, prior, settings,
                     time.monotonic() - begin)  # fmt: skip


def _mean_of(prior: Prior) -> np.ndarray | None:
    """Mean image of a prior; None where it says nothing of the size of a galaxy."""
    mean = getattr(prior, "mean", None)
    if mean is None or not float(mean.clamp_min(0).sum()) > 0:
        return None
    return np.asarray(mean.cpu().numpy().reshape(prior.pixels, prior.pixels))


class _Behind:
    """The source behind lenses of one fit: problems, and models of the image."""

    def __init__(self, fit: LensFit, frame: SourceFrame, light: np.ndarray | None) -> None:
        self.fit, self.frame, self.light = fit, frame, light
        self.rays = Rays(fit.observation, fit.noise)
        if light is not None:
            self.columns = light[:, fit.observation.mask].T
            white = fit.noise.whiten(self.columns)
            size = np.linalg.norm(white, axis=0)
            self.inverse = np.linalg.pinv(white / size, rcond=1e-8) / size[:, None]

    def problem(self, lens: Any) -> Any:
        """The linear problem of the source behind one lens."""
        fit = self.fit
        return problem_of(fit.observation, fit.noise, lens, self.frame, self.light, rays=self.rays)

    def models(self, problem: Any, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Model of the used pixels and its part of the lens galaxy, each (n, m)."""
        arcs = draws @ problem.matrix.double().numpy().T
        if self.light is None:
            return arcs, np.zeros_like(arcs)
        left = self.fit.noise.whiten((self.rays.data - arcs).T)
        light = (self.columns @ (self.inverse @ left)).T
        return arcs + light, light


def _gathered(
    case: RealCase, fit: LensFit, frame: SourceFrame, lens: np.ndarray,
    drawn: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], prior: Prior,
    settings: Settings, took: float,
) -> RealAnswer:  # fmt: skip
    """All draws with what is measured on them; those of one chain follow each other."""
    lenses, chains = len(drawn), len(drawn[0][0])
    order = np.arange(lenses * chains).reshape(lenses, chains).T.ravel()
    draws, models, light = (np.concatenate([one[k] for one in drawn])[order] for k in range(3))
    side = frame.grid.pixels
    samples = frame.amplitude * draws.reshape(-1, side, side)
    seen, data = fit.observation, fit.observation.image[fit.observation.mask]
    residuals = data - models
    whitened = fit.noise.whiten(residuals.T)
    images = np.zeros((len(models), *seen.shape), np.float32)
    images[:, seen.mask] = models
    galaxy = np.zeros(seen.shape)
    galaxy[seen.mask] = light.mean(0)
    left = np.zeros(seen.shape)
    left[seen.mask] = residuals.mean(0) / seen.noise[seen.mask]
    return RealAnswer(
        samples, np.repeat(np.arange(chains), lenses), np.tile(lens, (chains, 1)),
        frame.grid.scale, (frame.grid.x, frame.grid.y), images, galaxy,
        float(np.square(residuals / seen.noise[seen.mask]).mean()),
        float(np.square(whitened).mean()),
        _r_hat(samples.reshape(chains, lenses, side, side)), residual_power(left, fit.noise),
        prior.name, SAMPLER_WORDS.get(settings.method, settings.method), took,
    )  # fmt: skip


def _r_hat(samples: np.ndarray) -> np.ndarray:
    r"""Gelman and Rubin's :math:`\hat R` of every pixel; samples (chains, draws, s, s)."""
    draws = samples.shape[1]
    within = samples.var(1, ddof=1).mean(0)
    between = samples.mean(1).var(0, ddof=1)
    found = np.sqrt((draws - 1) / draws + between / np.maximum(within, 1e-30))
    # where the prior says "sky" to all chains nothing is left that could disagree
    return np.asarray(np.where(within > 1e-6 * within.max(), found, 1.0))
