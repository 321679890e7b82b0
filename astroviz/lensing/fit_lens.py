r"""From an observation to a lens with errors: `fit_lens`.

Look at the arcs, climb the evidence from several Einstein radii with a coarse source, refine the
best on all pixels with correlated noise, and give errors that hold: the curvature is checked
against the evidence itself along every axis, widened by the misfit that is left, and by what the
answer moves when the source's pixels move.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from astroviz.core.durations import seconds
from astroviz.core.request import Control
from astroviz.lensing.fit_errors import honest_covariance
from astroviz.lensing.fit_stages import Arcs, Stage, light_columns, look, refine, search
from astroviz.lensing.lens import LENS_NAMES, from_free
from astroviz.lensing.lens_search import Clock, FreePrior
from astroviz.lensing.observation import Observation
from astroviz.lensing.sky_noise import SkyNoise, measure_noise, white_noise

__all__ = ["LensFit", "finished", "fit_lens"]

_SAMPLES = 256


@dataclass(frozen=True, eq=False)
class LensFit(Mapping[str, float]):
    r"""A fitted lens: a mapping of plain numbers, each with `<name>_error` beside it.

    Arguments:
        observation: What was fitted, cut to the pixels that were used.
        noise: Noise of these pixels.
        free: The lens in free coordinates, shape :math:`(8,)`.
        covariance: Covariance of the free coordinates, shape :math:`(8, 8)`.
        log_evidence: Natural logarithm of the evidence.
        source: Mean of the source, shape :math:`(s, s)`, data units.
        source_deviation: Its standard deviation at this lens.
        source_scale: Arcsec per source pixel.
        source_centre: Centre of the source's grid, arcsec.
        model: Model of the image, shape :math:`(n_y, n_x)`; 0 where nothing was fitted.
        light: The part of the lens galaxy and the sky.
        chi_square: Reduced :math:`\chi^2` with the noise map as given: mean of squared residuals
            over the map.
        chi_square_white: The same of whitened residuals; 1 is noise.
        chi_square_floor: Reduced :math:`\chi^2` of blank sky with the map as given.
        effective: Number of parameters that the data fix.
        settled: Whether the climb arrived within the budget.
        seconds: Time that it took.
        prior: Prior of the free coordinates that the fit used.
        components: Linear components of the lens galaxy and the sky, shape
            :math:`(p, n_y, n_x)`; None where its light is not in the image.
        warnings: What one should know before believing it.
        tried: Einstein radius and log posterior of every start.
    """

    observation: Observation
    noise: SkyNoise
    free: np.ndarray
    covariance: np.ndarray
    log_evidence: float
    source: np.ndarray
    source_deviation: np.ndarray
    source_scale: float
    source_centre: tuple[float, float]
    model: np.ndarray
    light: np.ndarray
    chi_square: float
    chi_square_white: float
    chi_square_floor: float
    effective: float
    settled: bool
    seconds: float
    prior: FreePrior
    components: np.ndarray | None = None
    warnings: tuple[str, ...] = ()
    tried: tuple[tuple[float, float], ...] = ()
    samples: Tensor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "samples", self.draw(_SAMPLES, 0))

    @property
    def vector(self) -> Tensor:
        """The lens in the order of `LENS_NAMES`, shape (8,)."""
        return from_free(torch.from_numpy(self.free))

    @property
    def residual(self) -> np.ndarray:
        """Data minus model over the noise map, 0 where nothing was fitted, shape (n_y, n_x)."""
        o = self.observation
        return np.where(o.mask, (o.image - self.model) / o.noise, 0.0)

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Lenses from the fit's posterior, normal in free coordinates, shape (n, 8)."""
        white = np.random.default_rng(seed).standard_normal((n, 8))
        values, vectors = np.linalg.eigh(self.covariance)
        free = self.free + white * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
        return from_free(torch.from_numpy(free))

    def _values(self) -> dict[str, float]:
        lens, spread = self.vector, self.samples - self.vector
        turn = LENS_NAMES.index("position_angle")  # an angle of an axis wraps at 180 degrees
        spread[:, turn] = (spread[:, turn] + np.pi / 2) % np.pi - np.pi / 2
        errors = spread.square().mean(0).sqrt()
        found: dict[str, float] = {}
        for name, value, error in zip(LENS_NAMES, lens, errors, strict=True):
            found[name], found[f"{name}_error"] = float(value), float(error)
        return found

    def __getitem__(self, name: str) -> float:
        values = self._values()
        if name not in values:
            raise KeyError(f"no {name!r} in the fit; there is {', '.join(values)}")
        return values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values())

    def __len__(self) -> int:
        return 2 * len(LENS_NAMES)


def fit_lens(
    observation: Observation,
    budget: str | float = "20s",
    seed: int = 0,
    control: Control | None = None,
    *,
    noise: SkyNoise | None = None,
    prior: FreePrior | None = None,
    pixels: int = 0,
    upsample: int = 1,
) -> LensFit:
    r"""Fit an elliptical power law with shear, the source a Gaussian process.

    Arguments:
        observation: The observation.
        budget: Wall-clock time; a longer one buys a finer source and checked errors.
        seed: Seed of the draws that go with the fit; the fit itself is deterministic.
        control: Hears of progress and may cancel.
        noise: Noise of the observation's mask; measured from blank sky otherwise.
        prior: Prior of the lens in free coordinates; from the lens galaxy's light otherwise.
        pixels: Source pixels along a side of the last stage; by the budget if 0.
        upsample: Rays along each side of an image pixel in the last stage.

    Example:
        >>> import astroviz
        >>> fit = astroviz.load("lensing").fit_lens(observation)  # doctest: +SKIP
        >>> fit["einstein_radius"], fit["einstein_radius_error"]  # doctest: +SKIP
    """
    clock = Clock(seconds(budget), control)
    sky = noise if noise is not None else _noise_of(observation)
    arcs = look(observation, sky)
    believed = prior or arcs.prior()
    starts = 7 if clock.budget >= 15 else 3
    stages = search(arcs, believed, clock, 0.45, starts)
    last = _last(stages, believed, clock, pixels, upsample)
    covariance = honest_covariance(last, believed, clock)
    return finished(stages, last, covariance, believed, clock)


def _noise_of(observation: Observation) -> SkyNoise:
    if observation.truth.get("correlated") is False:
        return white_noise(observation)
    return measure_noise(observation)


def _last(
    stages: list[Stage], prior: FreePrior, clock: Clock, pixels: int, upsample: int
) -> Stage:
    """The best summit of the search, refined on all pixels.

    It is chosen where the galaxy's core is left out: with the core, a lens that is too small can
    win by explaining what a wrong model of the galaxy leaves there.
    """
    side = pixels or (24 if clock.budget < 15 else 28 if clock.budget < 40 else 36)
    return refine(stages[0], prior, clock, 0.85, side, upsample)


def finished(
    stages: list[Stage], last: Stage, covariance: np.ndarray, prior: FreePrior, clock: Clock
) -> LensFit:
    """The result of a fit from its last stage, all that was tried, and the covariance."""
    arcs, rays = last.arcs, last.model.rays
    observation = arcs.observation
    solution, grid = last.summit.evidence.solution, last.model.grid
    white = rays.white_data - solution.predicted
    residual = rays.colour(white)
    model, light = np.zeros(observation.shape), np.zeros(observation.shape)
    model[observation.mask] = rays.data - residual
    components = None if arcs.light is None else light_columns(arcs, observation)[0]
    if components is not None:
        light = np.tensordot(solution.light, components, axes=1)
    chi_square = float(np.square(residual / observation.noise[observation.mask]).mean())
    chi_white = float(white @ white) / rays.used
    tried = tuple((float(np.exp(one.summit.free[0])), one.summit.log_posterior) for one in stages)
    return LensFit(
        observation, arcs.noise, last.summit.free, covariance, last.summit.evidence.value,
        solution.source.reshape(grid.pixels, -1),
        solution.source_deviation().reshape(grid.pixels, -1), grid.scale, (grid.x, grid.y),
        model, light, chi_square, chi_white, arcs.noise.factor**2, solution.effective,
        bool(last.summit.settled), clock.spent * clock.budget, prior, components,
        _warnings(arcs, last, chi_white), tried,
    )  # fmt: skip


def _warnings(arcs: Arcs, last: Stage, chi_white: float) -> tuple[str, ...]:
    found = list(arcs.observation.warnings)
    if not last.summit.settled:
        found.append("The fit did not settle within its budget: give it more time.")
    if chi_white > 1.5:
        found.append(
            f"Residuals are {chi_white:.1f} times the noise: the model is too simple, and errors "
            "were widened for it."
        )
    if arcs.amplitude < 2.5 * float(np.median(arcs.noise.sigma)):
        found.append("No arc stands out of the noise: what was fitted may be nothing.")
    radius = float(np.exp(last.summit.free[0]))
    if not 0.6 < radius / arcs.radius < 1.6:
        found.append(
            f"The Einstein radius {radius:.2f} arcsec is far from where the arcs are brightest "
            f"({arcs.radius:.2f} arcsec): look at the residual before believing it."
        )
    return tuple(found)
