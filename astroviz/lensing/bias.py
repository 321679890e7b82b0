r"""When a simple source moves the lens: one observation fitted under four kinds of source.

A galaxy more complex than its model leaves residuals that the lens can partly take up, and as the
signal to noise grows the Einstein radius moves by more than its error. The same data are fitted
with a Sersic profile, with a disc with spiral arms and a bulge, with pixels under a
Gaussian-process prior (marginalised analytically), and with a learned prior.

All fits start at the true lens under the same wide normal prior about it: what is asked is where
the likelihood leads, not whether a search finds it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.joint import JointSettings, joint_chains, start_of
from astroviz.lensing.joint_posterior import gaussian_of
from astroviz.lensing.lens import check_lens, to_free
from astroviz.lensing.lens_search import Clock, FreePrior, climb
from astroviz.lensing.observation import Observation, open_observation
from astroviz.lensing.operator import LensOperator
from astroviz.lensing.parametric_fit import fit_parametric
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import SemiLinear
from astroviz.lensing.sersic import SersicSource, SpiralSource, moments
from astroviz.lensing.sky_noise import white_noise
from astroviz.lensing.source_grid import SourceGrid
from astroviz.lensing.work import Work

if TYPE_CHECKING:
    from astroviz.lensing.prior import Prior

__all__ = ["SOURCE_KINDS", "BiasData", "SourceFit", "bias_fits", "observe"]

SOURCE_KINDS = {
    "sersic": "Sersic profile",
    "spiral": "Disc, spiral arms and bulge",
    "pixelated": "Pixels, Gaussian process",
    "score": "Learned prior",
}

_WIDTH = (0.3, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1)  # of the lens' prior, free coordinates
_PIXELS = (24, 32)  # of the pixelated source along a side, below and above a signal to noise
_SHARP = 60.0
_PEAK = 2.0  # of a typical galaxy in the units of a learned prior
_SHOWN = 64  # pixels along a side of a fitted source with a formula


@dataclass(frozen=True, eq=False)
class BiasData:
    r"""What the four fits see, and the truth behind it.

    Arguments:
        operator: Pixels, PSF and the source's grid, with the true lens' further deflection if it
            has one; the fits know of none.
        lens: The true lens, (8,).
        source: The true source, (s, s).
        image: The data, (ny, nx).
        noise: Standard deviation of a pixel.
    """

    operator: LensOperator
    lens: Tensor
    source: Tensor
    image: np.ndarray
    noise: float

    @property
    def free(self) -> Tensor:
        """The true lens in free coordinates, float64, slope included."""
        return to_free(self.lens.double())

    @property
    def plain(self) -> LensOperator:
        """The operator that the fits use."""
        return LensOperator(self.operator.setup)

    def rays(self) -> Rays:
        """Rays and white noise of the whole image."""
        setup = self.operator.setup
        seen: Observation = open_observation(
            self.image, np.full(self.image.shape, self.noise), setup.psf, setup.pixel_scale, False
        )
        return Rays(seen, white_noise(seen), setup.upsample)

    def grid(self, pixels: int) -> SourceGrid:
        """The source's field in other pixels."""
        setup = self.operator.setup
        scale = 2 * setup.half_source / pixels
        return SourceGrid(pixels, scale, setup.source_x, setup.source_y)


def observe(
    operator: LensOperator, lens: Any, source: Tensor | np.ndarray, snr: float, seed: int = 0
) -> BiasData:
    r"""Simulate the observation.

    Arguments:
        operator: From source to image.
        lens: By name or in the order of `LENS_NAMES`.
        source: Shape :math:`(s, s)`, any unit.
        snr: Brightest pixel of the image over the noise of a pixel.
        seed: Of the noise.
    """
    if not snr > 0:
        raise ValueError(f"the signal to noise is {snr:g}; it must be positive")
    vector = check_lens(lens, operator.setup.half_field).double()
    pixels = torch.as_tensor(np.asarray(source), dtype=torch.float64)
    with torch.no_grad():
        clean = operator(vector, pixels).numpy()
    if not clean.max() > 0:
        raise ValueError("no light of the source reaches the image; move the source or the lens")
    noise = float(clean.max()) / snr
    white = np.random.default_rng(seed).standard_normal(clean.shape)
    return BiasData(operator, vector, pixels, clean + noise * white, noise)


@dataclass(frozen=True, eq=False)
class SourceFit:
    r"""What one kind of source makes of the data.

    Arguments:
        kind: One of `SOURCE_KINDS`.
        einstein_radius: Maximum of the likelihood (of the evidence, for pixels; mean of the
            draws, for a learned prior), arcsec.
        error: Its standard deviation, all else marginalised, arcsec.
        truth: The true Einstein radius, arcsec.
        free: The lens in free coordinates, (8,).
        model: Image, (ny, nx).
        source: Its picture over the true source's field, (p, p).
        reduced_chi_square: Of the image, over the number of its pixels.
        seconds: What it cost.
    """

    kind: str
    einstein_radius: float
    error: float
    truth: float
    free: np.ndarray
    model: np.ndarray
    source: np.ndarray
    reduced_chi_square: float
    seconds: float

    @property
    def bias(self) -> float:
        """Of the Einstein radius, in its own standard deviations."""
        return (self.einstein_radius - self.truth) / self.error


def bias_fits(
    data: BiasData,
    kinds: tuple[str, ...] = ("sersic", "spiral", "pixelated"),
    prior: Prior | None = None,
    seed: int = 0,
    settings: JointSettings | None = None,
    control: Control | None = None,
) -> Iterator[SourceFit]:
    r"""Fit the data under each kind of source; yields each fit as it is done.

    Arguments:
        data: From `observe`.
        kinds: Of `SOURCE_KINDS`; the first three take seconds together.
        prior: The learned prior, for `score`.
        seed: Of its chains.
        settings: Of its chains; by default few and short ones.
        control: Told between steps; may cancel.
    """
    unknown = [kind for kind in kinds if kind not in SOURCE_KINDS]
    if unknown:
        raise ValueError(f"there is no source {unknown[0]!r}; there are {', '.join(SOURCE_KINDS)}")
    if "score" in kinds and prior is None:
        raise ValueError("a learned prior is needed for 'score'; give prior=")
    whole = Work.of(control or Alone())
    for place, kind in enumerate(kinds):
        part = whole.part(place / len(kinds), (place + 1) / len(kinds))
        start = time.perf_counter()
        if kind == "pixelated":
            found = _pixelated(data, part)
        elif kind == "score":
            found = _learned(data, prior, seed, settings, part)
        else:
            found = _formula(data, kind, part)
        part.progress(1.0)
        yield _summary(data, kind, *found, time.perf_counter() - start)


Found = tuple[np.ndarray, float, np.ndarray, np.ndarray]  # free, log radius' error, model, source


def _summary(
    data: BiasData, kind: str, free: np.ndarray, spread: float, model: np.ndarray,
    source: np.ndarray, seconds: float,
) -> SourceFit:  # fmt: skip
    radius = float(np.exp(free[0]))
    square = float(np.square((data.image - model) / data.noise).mean())
    return SourceFit(kind, radius, radius * spread, float(data.lens[0]), free, model, source,
                     square, seconds)  # fmt: skip


def _formula(data: BiasData, kind: str, control: Control) -> Found:
    setup = data.operator.setup
    x, y, size = moments(data.source, setup.source_scale)
    family: Callable[..., Any] = SersicSource if kind == "sersic" else SpiralSource
    source = family(x + setup.source_x, y + setup.source_y, size)
    found = fit_parametric(data.plain, torch.from_numpy(data.image), data.noise, source, data.free,
                           torch.tensor(_WIDTH), control=control)  # fmt: skip
    px, py = (torch.from_numpy(one) for one in data.grid(_SHOWN).positions())
    picture = found.picture(source, px, py).reshape(_SHOWN, _SHOWN).numpy()
    spread = float(found.covariance[0, 0].sqrt())
    return found.free.numpy(), spread, found.model.numpy(), picture


def _prior_of(data: BiasData) -> FreePrior:
    free = data.free.numpy()
    return FreePrior(free, np.array([*_WIDTH, 1.0])).holding(k7=float(free[7]))


def _pixelated(data: BiasData, control: Control) -> Found:
    pixels = _PIXELS[float(data.image.max()) > _SHARP * data.noise]
    grid, prior = data.grid(pixels), _prior_of(data)
    level = max(float(data.source.square().mean().sqrt()), 1e-12)
    model = SemiLinear(data.rays(), grid, level, 4 * grid.scale)
    free, clock = prior.mean, Clock(1e6, control)
    for turn in range(2):
        factors = (0.25, 0.5, 1.0, 2.0, 4.0)
        lengths = tuple(model.length * factor for factor in (0.4, 0.7, 1.0, 1.5, 2.5))
        model = model.tuned(free, lengths, factors)
        control.progress(0.3 + 0.3 * turn)
        summit = climb(model, free, prior, 8, clock, tolerance=0.01)
        free = summit.free
    solution = summit.evidence.solution
    shape = data.image.shape
    return (free, float(np.sqrt(summit.covariance(prior)[0, 0])),
            model.rays.colour(solution.predicted).reshape(shape),
            solution.source.reshape(pixels, pixels))  # fmt: skip


def _learned(
    data: BiasData, prior: Any, seed: int, settings: JointSettings | None, control: Control
) -> Found:
    """Chains of lens and source; they start from the semi-linear posterior."""
    grid, belief = data.grid(prior.pixels), _prior_of(data)
    amplitude = float(data.source.max()) / _PEAK
    mean, covariance = gaussian_of(prior)
    model = SemiLinear(data.rays(), grid, amplitude, 1.0, mean=amplitude * mean,
                       covariance=covariance)  # fmt: skip
    summit = climb(model, belief.mean, belief, 6, Clock(1e6, control))
    start = start_of(model, belief, summit.free)
    settings = settings or JointSettings(sweeps=40)
    cold = [frame for frame in joint_chains(prior, start, 4, seed, settings, control)
            if frame.cold]  # fmt: skip
    draws = np.concatenate([frame.free for frame in cold])
    free, spread = draws.mean(0), float(draws[:, 0].std(ddof=1))
    source = amplitude * torch.cat([frame.sources for frame in cold]).double().mean(0).numpy()
    image = model.rays.colour(model.response(free) @ source).reshape(data.image.shape)
    return free, spread, image, source.reshape(prior.pixels, -1)
