r"""What the view *Sample* looks at: an observation of known truth, or a file of the user's.

A `Scene` is an observation, its noise, and the frame of the source plane in which a source is
looked for. For an assumed lens it gives a linear problem, whose eigen-system is kept while only
data or sampler change.
"""

from __future__ import annotations

import dataclasses
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.lens import check_lens
from astroviz.lensing.linear import LinearProblem
from astroviz.lensing.mask_strokes import masked
from astroviz.lensing.observation import Observation
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.procedural import galaxies
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.sky_noise import SkyNoise, measure_noise, white_noise

__all__ = ["SOURCES", "Frame", "Scene", "Simulation", "frame_of", "opened", "simulate"]

SOURCES = ("galaxy", "elliptical", "spiral", "gaussian process")
"""Laws that the source of a simulation is drawn from."""

_DRIZZLED = np.array([[0.06, 0.16, 0.06], [0.16, 1.0, 0.16], [0.06, 0.16, 0.06]])
_PEAK = 2.0  # of a source in prior units, see `procedural`
_BRIGHT = 1.5  # times the noise, the mean of nine pixels: such places tell where the source is
_REACH = 5.2  # root mean square reaches of the light, the side of a frame
_KEPT = 4  # linear problems


@dataclass(frozen=True)
class Frame:
    r"""The square of the source plane in which a source is looked for, arcsec.

    Arguments:
        x: Of its centre.
        y: Likewise.
        width: Its side.
    """

    x: float = 0.0
    y: float = 0.0
    width: float = 1.28


@dataclass(frozen=True)
class Simulation:
    r"""What a simulated observation is made of.

    Arguments:
        lens: The true lens, in the order of `LENS_NAMES`.
        source: One of `SOURCES`.
        frame: Where the source lies.
        noise: Standard deviation of a pixel, in prior units (a source peaks at about 2).
        blur: Full width at half maximum of the PSF, arcsec; 0 for none.
        drizzled: Whether neighbouring pixels share noise while the noise map is 1.5 times too
            wide, as in drizzled images of Hubble.
        seed: Of source and noise.
        pixels: Side of the image.
        pixel_scale: Arcsec per pixel.
    """

    lens: tuple[float, ...]
    source: str = "galaxy"
    frame: Frame = Frame()
    noise: float = 0.1
    blur: float = 0.1
    drizzled: bool = False
    seed: int = 0
    pixels: int = 64
    pixel_scale: float = 0.05


@dataclass(frozen=True, eq=False)
class Scene:
    r"""An observation and where its source is looked for.

    Arguments:
        observation: Image, noise map, PSF, pixels that are used.
        noise: Noise model of those pixels.
        frame: Of the source plane.
        amplitude: Data units of one prior unit.
        floor: Reduced :math:`\chi^2` of pure noise under this noise model.
        source: The true source in prior units, shape :math:`(s, s)`; None where nobody knows it.
        warnings: Sentences about what was given.
    """

    observation: Observation
    noise: SkyNoise
    frame: Frame
    amplitude: float = 1.0
    floor: float = 1.0
    source: np.ndarray | None = None
    warnings: tuple[str, ...] = ()
    _problems: OrderedDict[Any, LinearProblem] = field(default_factory=OrderedDict, repr=False)
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def setup(self, source_pixels: int) -> Setup:
        """Pixels of image and source for the operator."""
        frame = self.frame
        return Setup(
            self.observation.shape, self.observation.pixel_scale, source_pixels,
            frame.width / source_pixels, self.observation.psf, source_x=frame.x, source_y=frame.y,
        )  # fmt: skip

    def framed(self, lens: Sequence[float]) -> Scene:
        """Look at the part of the source plane that light comes from under another lens."""
        frame = frame_of(self.observation, self.noise, lens)
        return dataclasses.replace(
            self, frame=frame, _problems=OrderedDict(), _lock=threading.Lock()
        )

    def masked_by(self, strokes: Sequence[Any]) -> Scene:
        """Without the pixels that strokes mask; a sentence where too few are left."""
        if not strokes:
            return self
        x, y = self.observation.grid()
        kept = self.observation.with_mask(~masked(strokes, x, y))
        noise = SkyNoise(kept.noise, kept.mask, self.noise.factor, self.noise.correlation)
        return dataclasses.replace(
            self, observation=kept, noise=noise, _problems=OrderedDict(), _lock=threading.Lock()
        )

    def problem(self, lens: Sequence[float] | Tensor, source_pixels: int) -> LinearProblem:
        r"""The used pixels as a linear function of the source, kept for the next question.

        Arguments:
            lens: In the order of `LENS_NAMES`; a sentence where it cannot be.
            source_pixels: Side of the source.
        """
        vector = check_lens(lens, self.observation.half_width).double()
        key = (tuple(vector.tolist()), source_pixels)
        with self._lock:
            if key in self._problems:
                self._problems.move_to_end(key)
                return self._problems[key]
        made = self._make(vector, source_pixels)
        with self._lock:
            self._problems[key] = made
            while len(self._problems) > _KEPT:
                self._problems.popitem(last=False)
        return made

    def _make(self, lens: Tensor, source_pixels: int) -> LinearProblem:
        used = torch.from_numpy(self.observation.mask.ravel())
        matrix = LensOperator(self.setup(source_pixels)).matrix(lens.float())[used]
        data = self.observation.image[self.observation.mask]
        return LinearProblem(matrix * self.amplitude, data, self._whitening())

    def _whitening(self) -> Any:
        if not self.noise.correlated:
            return self.noise.sigma
        return _Whitening(self.noise)

    def scatter(self, used: np.ndarray) -> np.ndarray:
        """Values of the used pixels as an image, NaN elsewhere."""
        image = np.full(self.observation.shape, np.nan)
        image[self.observation.mask] = used
        return image


class _Whitening:
    """Correlated noise as `LinearProblem` takes it."""

    def __init__(self, noise: SkyNoise) -> None:
        self.noise = noise
        self.pixels = int(noise.mask.sum())
        self.scale = float(np.median(noise.sigma))

    def __call__(self, values: Tensor) -> Tensor:
        white = self.noise.whiten(values.double().numpy())
        return torch.from_numpy(np.ascontiguousarray(white))


def simulate(what: Simulation, source_pixels: int = 32) -> Scene:
    r"""Observe a source of known truth through a known lens.

    Arguments:
        what: Lens, source, noise.
        source_pixels: Side of the true source.

    Example:
        >>> scene = simulate(Simulation((1.0, 0.8, 0.3, 0.0, 0.0, 0.0, 0.0, 1.0)), 16)
        >>> scene.observation.shape, scene.source.shape
        ((64, 64), (16, 16))
    """
    shape = (what.pixels, what.pixels)
    lens = check_lens(what.lens, 0.5 * what.pixels * what.pixel_scale)
    source = _draw_source(what, source_pixels)
    psf = gaussian_psf(what.blur / what.pixel_scale, 13) if what.blur > 0 else None
    empty = Observation(
        np.zeros(shape), np.full(shape, what.noise), psf, np.ones(shape, bool),
        what.pixel_scale, name="simulated", light=False,
    )  # fmt: skip
    factor, correlation = (0.66, _DRIZZLED) if what.drizzled else (1.0, np.ones((1, 1)))
    noise = SkyNoise(empty.noise, empty.mask, factor, correlation)
    scene = Scene(empty, noise, what.frame, source=source.numpy())
    clean = LensOperator(scene.setup(source_pixels))(lens, source).double().numpy()
    random = np.random.default_rng([what.seed, 2])
    image = clean + noise.colour(random.standard_normal(clean.size)).reshape(shape)
    truth = {"lens": lens.numpy(), "source": source.numpy(), "image": clean}
    seen = dataclasses.replace(empty, image=image, truth=truth)
    return dataclasses.replace(scene, observation=seen)


def _draw_source(what: Simulation, pixels: int) -> Tensor:
    if what.source not in SOURCES:
        raise ValueError(f"no source {what.source!r}; there are {', '.join(SOURCES)}")
    if what.source == "gaussian process":
        return exponential_prior(pixels).sample(1, what.seed)[0].reshape(pixels, pixels)
    kind: Any = "all" if what.source == "galaxy" else what.source
    return galaxies(1, torch.Generator().manual_seed(what.seed), pixels, kind)[0]


def opened(
    full: Observation,
    lens: Sequence[float],
    radius: float,
    covariance: str = "correlated",
    frame: Frame | None = None,
    amplitude: float | None = None,
) -> Scene:
    r"""A scene of an observation that somebody brought.

    Arguments:
        full: The whole frame.
        lens: A first guess, in the order of `LENS_NAMES`.
        radius: Pixels farther from the centre are not used, arcsec.
        covariance: `correlated` or `rescaled` (both measured on blank sky), or `given`.
        frame: Of the source plane; found from the bright pixels by default.
        amplitude: Data units of one prior unit; by default a source of usual brightness fits.
    """
    inner = full.within(radius).cut(radius + full.pixel_scale)
    if covariance == "given":
        noise = white_noise(inner)
    else:
        found = measure_noise(full, correlated=covariance == "correlated")
        noise = SkyNoise(inner.noise, inner.mask, found.factor, found.correlation)
    measured = measure_noise(full, correlated=False).factor if covariance == "given" else 1.0
    values = inner.image[inner.mask]
    bright = float(np.quantile(values, 0.995)) if values.size else 1.0
    scale = amplitude or max(bright, float(np.median(noise.sigma))) / _PEAK
    return Scene(
        inner, noise, frame or frame_of(inner, noise, lens), scale, measured**2,
        warnings=tuple(inner.warnings),
    )  # fmt: skip


def frame_of(observation: Observation, noise: SkyNoise, lens: Sequence[float]) -> Frame:
    r"""Where light comes from in the source plane, under a lens.

    Arguments:
        observation: The observation.
        noise: Its noise: where the mean of nine pixels is above 1.5 times as much there is light.
        lens: In the order of `LENS_NAMES`.

    Returns:
        2.6 times the root mean square reach of the traced light on either side of its centre,
        and not less than 0.8 Einstein radii.
    """
    vector = check_lens(lens, observation.half_width)
    tracer = LensOperator(Setup(observation.shape, observation.pixel_scale, 8, 0.1))
    x, y = (part.double().numpy() for part in tracer.trace(vector))
    ratio = np.zeros(observation.shape)
    ratio[observation.mask] = observation.image[observation.mask] / noise.sigma
    ratio = ndimage.uniform_filter(ratio, 3)
    weight = np.where(ratio > _BRIGHT, np.minimum(ratio, 10 * _BRIGHT), 0.0)
    smallest = 0.8 * float(vector[0])
    if weight.sum() <= 0:
        return Frame(0.0, 0.0, smallest)
    centre = tuple(float(np.average(part, weights=weight)) for part in (x, y))
    spread = np.sqrt(
        np.average((x - centre[0]) ** 2 + (y - centre[1]) ** 2, weights=weight) / 2
    )  # fmt: skip
    width = round(max(_REACH * float(spread), smallest), 3)
    return Frame(round(centre[0], 3), round(centre[1], 3), width)
