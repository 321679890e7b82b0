r"""Stages of a lens fit: see the arcs, try Einstein radii, climb on finer and finer grids."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from astroviz.lensing.lens_light import LensLight, fit_light, reshaped, shape_images
from astroviz.lensing.lens_search import Clock, FreePrior, Summit, climb
from astroviz.lensing.observation import Observation
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import SemiLinear
from astroviz.lensing.sky_noise import SkyNoise, white_noise
from astroviz.lensing.source_grid import SourceGrid

__all__ = ["Arcs", "Stage", "adapted_grid", "build", "look", "search"]

_LIKELIEST = 3
_MIDDLE = 24  # source pixels along a side before the last stage
_CORE = 0.45  # arcsec within which residuals are those of the galaxy's own centre


@dataclass(frozen=True, eq=False)
class Arcs:
    r"""What is seen before any lens is fitted.

    Arguments:
        observation: The pixels that the fit will use.
        noise: Their noise.
        light: The lens galaxy; None where its light is not in the image.
        x: Positions of bright pixels of the arcs, arcsec.
        y: The same along y.
        flux: Their brightness.
        radius: Guess of the Einstein radius: where the arcs are brightest, arcsec.
        amplitude: Typical surface brightness of the source, data units.
    """

    observation: Observation
    noise: SkyNoise
    light: LensLight | None
    x: np.ndarray
    y: np.ndarray
    flux: np.ndarray
    radius: float
    amplitude: float

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the lens galaxy, or the arcs' own centre, arcsec."""
        if self.light is not None:
            return self.light.x0, self.light.y0
        return 0.0, 0.0

    def prior(self) -> FreePrior:
        """What is believed of the lens before the arcs are read: near the light, near round."""
        x0, y0 = self.centre
        e = (0.0, 0.0) if self.light is None else tuple(0.7 * v for v in self.light.ellipticity)
        near = 0.04 if self.light is not None else 0.15
        mean = np.array([np.log(self.radius), *e, x0, y0, 0.0, 0.0, 1.0])
        return FreePrior(mean, np.array([0.15, 0.08, 0.08, near, near, 0.05, 0.05, 0.1]))


@dataclass(frozen=True, eq=False)
class Stage:
    """A summit, the evidence that it is a summit of, and the lens galaxy that this knows."""

    summit: Summit
    model: SemiLinear
    arcs: Arcs


def look(observation: Observation, noise: SkyNoise, half_width: float = 3.2) -> Arcs:
    """Separate the lens galaxy from the arcs, and measure where these are."""
    frame = observation.cut(half_width) if observation.light else observation
    placed = SkyNoise(frame.noise, frame.mask, noise.factor, noise.correlation)
    light = fit_light(frame, placed) if observation.light else None
    rest = frame.image.copy()
    if light is not None:
        rest = rest - light.image(frame) - light.brightness[-1]
    x, y = frame.grid()
    x0, y0 = (light.x0, light.y0) if light is not None else (0.0, 0.0)
    r = np.hypot(x - x0, y - y0)
    core = _CORE if light is not None else 0.0
    inside = frame.mask & (r > core) & (r < 0.95 * frame.half_width)
    smooth = ndimage.gaussian_filter(np.where(frame.mask, rest, 0.0), 1.0)
    sigma = noise.factor * np.median(frame.noise[inside])
    bright = inside & (smooth > max(3 * sigma, 0.15 * float(np.quantile(smooth[inside], 0.99))))
    if bright.sum() < 5:
        bright = inside & (smooth >= np.quantile(smooth[inside], 0.97))
    radius = _einstein_guess(x - x0, y - y0, np.where(bright, smooth, 0.0))
    order = np.argsort(r[bright])
    flux = np.cumsum(np.maximum(smooth[bright], 0.0)[order])
    outer = float(r[bright][order][np.searchsorted(flux, 0.98 * flux[-1])])
    reach = float(np.clip(max(1.5 * radius, outer + 0.3), 1.0, 2.7))
    used = frame.within(reach) if reach < 0.97 * frame.half_width else frame
    return Arcs(
        used, SkyNoise(used.noise, used.mask, noise.factor, noise.correlation), light,
        x[bright], y[bright], np.maximum(smooth[bright], 0.0), radius,
        float(max(np.quantile(rest[bright], 0.8), sigma)),
    )  # fmt: skip


def _einstein_guess(x: np.ndarray, y: np.ndarray, flux: np.ndarray, sectors: int = 24) -> float:
    r"""Half the mean distance between opposite arcs, which is :math:`\theta_E` for a round lens.

    Light on one side only counts half: it says where its side is, not where the other one is.
    """
    place = ((np.arctan2(y, x) / (2 * np.pi) % 1.0) * sectors).astype(int) % sectors
    weight = np.bincount(place.ravel(), flux.ravel(), minlength=sectors)
    radius = np.bincount(place.ravel(), (flux * np.hypot(x, y)).ravel(), minlength=sectors)
    mean = radius / np.maximum(weight, 1e-300)
    across = np.roll(weight, sectors // 2)
    both = (mean + np.roll(mean, sectors // 2)) / 2
    seen = np.minimum(weight, across) > 0.02 * weight.max()
    alone = (weight > 0.02 * weight.max()) & ~seen
    # the square root keeps one bright knot from speaking for all
    strength = np.sqrt(np.where(seen, np.minimum(weight, across), 0.0))
    lonely = 0.25 * np.sqrt(np.where(alone, weight, 0.0))
    total = strength.sum() + lonely.sum()
    return float(max(0.2, ((strength * both) + lonely * mean).sum() / max(total, 1e-300)))


def adapted_grid(
    arcs: Arcs, free: np.ndarray, rays: Rays, pixels: int, share: float = 0.97
) -> SourceGrid:
    """A grid that covers a share of what the bright arcs trace back to under a lens."""
    tracer = Rays.__new__(Rays)
    tracer.__dict__.update(rays.__dict__)
    tracer.x, tracer.y = arcs.x, arcs.y
    bx, by = tracer.trace(free)
    order = np.argsort(bx), np.argsort(by)
    middle = [float(b[o][np.searchsorted(np.cumsum(arcs.flux[o]), 0.5 * arcs.flux.sum())])
              for b, o in zip((bx, by), order, strict=True)]  # fmt: skip
    away = np.maximum(np.abs(bx - middle[0]), np.abs(by - middle[1]))
    line = np.argsort(away)
    total = np.cumsum(arcs.flux[line])
    half = float(away[line][min(np.searchsorted(total, share * total[-1]), len(line) - 1)])
    width = float(np.clip(2.3 * half + 0.2, 0.5, 2.0 * arcs.radius + 0.6))
    return SourceGrid(pixels, width / pixels, middle[0], middle[1])


def build(
    arcs: Arcs, rays: Rays, free: np.ndarray, pixels: int, like: SemiLinear | None = None,
    columns: tuple[np.ndarray, np.ndarray] | None = None, share: float = 0.97,
) -> SemiLinear:  # fmt: skip
    """Evidence on a grid adapted to a lens, with the source's prior of an earlier one."""
    grid = adapted_grid(arcs, free, rays, pixels, share)
    amplitude = arcs.amplitude if like is None else like.amplitude
    length = max(0.15 * grid.width, 0.12) if like is None else like.length
    if arcs.light is None:
        return SemiLinear(rays, grid, amplitude, length)
    found = columns or white_columns(arcs, rays)
    assert found is not None
    white, width = found
    return SemiLinear(rays, grid, amplitude, length, light=white, light_width=width)


def white_columns(
    arcs: Arcs, rays: Rays, shapes: bool = True
) -> tuple[np.ndarray, np.ndarray] | None:
    """Whitened components of the lens galaxy and their widths; None where there is no galaxy."""
    if arcs.light is None:
        return None
    images, width = light_columns(arcs, rays.observation, shapes)
    return rays.whiten_images(images), width


def light_columns(
    arcs: Arcs, observation: Observation, shapes: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    r"""Linear components of the lens galaxy and the widths of their priors.

    Arguments:
        arcs: With a lens galaxy.
        observation: The frame to draw them in.
        shapes: Let isophotes turn and flatten too.

    Returns:
        Images :math:`(p, n_y, n_x)` and widths :math:`(p,)`.
    """
    assert arcs.light is not None
    height = np.maximum(arcs.light.brightness, 0.0)
    width = np.full(len(height), max(arcs.amplitude, 0.3 * float(height.max())))
    width[-1] = 0.1 * arcs.amplitude
    images = arcs.light.images(observation)
    if not shapes:
        return images, width
    added, added_width = shape_images(arcs.light, observation)
    return np.concatenate([images, added]), np.concatenate([width, added_width])


def relit(stage: Stage) -> Arcs:
    """The arcs with the lens galaxy as the stage has it."""
    arcs = stage.arcs
    if arcs.light is None:
        return arcs
    scale = arcs.observation.pixel_scale
    linear = stage.summit.evidence.solution.light
    return dataclasses.replace(arcs, light=reshaped(arcs.light, scale, linear))


def thinned(arcs: Arcs, fewest: int = 1200) -> tuple[Observation, SkyNoise]:
    """Every second row and column where there are pixels enough, without the galaxy's core.

    What a wrong model of the core leaves would speak for a small lens, whose source can explain
    anything near the centre.
    """
    observation = arcs.observation
    kept = np.ones(observation.shape, dtype=bool)
    if observation.used > 2.5 * fewest:
        kept = np.zeros(observation.shape, dtype=bool)
        kept[::2, ::2] = True
    if arcs.light is not None:
        x, y = observation.grid()
        kept &= np.hypot(x - arcs.light.x0, y - arcs.light.y0) > min(_CORE, 0.5 * arcs.radius)
    if (kept & observation.mask).sum() > 50:
        observation = observation.with_mask(kept)
    return observation, white_noise(observation, arcs.noise.factor)


def search(
    arcs: Arcs, prior: FreePrior, clock: Clock, until: float, starts: int, pixels: int = 22
) -> list[Stage]:
    """Summits of coarse climbs from several Einstein radii, best first.

    All start with softened noise; starts that meet are one; the better half climbs on.
    """
    observation, noise = thinned(arcs)
    rays = Rays(observation, noise)
    held, columns = prior.holding(k7=1.0), white_columns(arcs, rays, shapes=False)
    begun = clock.spent
    ends = begun + (until - begun) * np.array([0.2, 0.4, 0.65, 0.9, 1.0])
    here = _softly(arcs, rays, held, columns, clock, ends, starts, pixels)
    found: list[Stage] = []
    for free in here[: _LIKELIEST if not clock.check(ends[2]) else None]:
        model = build(arcs, rays, free, pixels, columns=columns, share=0.94).tuned(free)
        late = 0.8 if len(found) < _LIKELIEST else ends[2]
        found.append(Stage(climb(model, free, held, 6, clock, until=late), model, arcs))
    for end, most in ((ends[3], 3), (ends[4], 2)):
        ranked = sorted(found, key=_rank)
        better = [_again(stage, rays, held, columns, clock, end) for stage in ranked[:most]]
        found = [*better, *ranked[most:]]
    return sorted(found, key=_rank)


def _softly(
    arcs: Arcs, rays: Rays, prior: FreePrior, columns: tuple[np.ndarray, np.ndarray] | None,
    clock: Clock, ends: np.ndarray, starts: int, pixels: int,
) -> list[np.ndarray]:  # fmt: skip
    """Where climbs with softened noise end, in two levels; the likeliest first."""
    here = []
    for factor in sorted(np.geomspace(0.72, 1.4, starts), key=lambda f: abs(np.log(f))):
        here.append(prior.mean + np.log(factor) * np.eye(len(prior.mean))[0])
    strongest = np.clip(arcs.amplitude / np.median(rays.noise.sigma) / 4, 2.0, 12.0)
    for softening, end in ((strongest, ends[0]), (strongest**0.5, ends[1])):
        soft, dimmed = rays.softened(softening), None
        if columns is not None:
            dimmed = (columns[0] / softening, columns[1])
        summits: list[Summit] = []
        for number, free in enumerate(here):
            # however slow the machine, the likeliest starts are climbed
            late = 0.8 if number < _LIKELIEST else float(end)
            if clock.check(late):
                model = build(arcs, soft, free, pixels, columns=dimmed)
                summits.append(climb(model, free, prior, 7, clock, until=late))
        here = [one.free for one in _different(summits)] or here
    return here


def _rank(stage: Stage) -> float:
    """Minus log posterior, with a prior that lenses magnify; the smallest is the best.

    A source as wide as the ring itself is what the image looks like without a lens; at the coarse
    stage, with its imperfect light and PSF, such a source can win by a few units of evidence.
    """
    wide = stage.model.grid.width / (2 * stage.arcs.radius)
    return -stage.summit.log_posterior + 60.0 * max(0.0, wide - 0.7)


def _again(
    stage: Stage, rays: Rays, prior: FreePrior, columns: tuple[np.ndarray, np.ndarray] | None,
    clock: Clock, until: float,
) -> Stage:  # fmt: skip
    """Climb on with a grid and a source prior that fit the lens as it is by now."""
    if not clock.check(until):
        return stage
    free, pixels = stage.summit.free, stage.model.grid.pixels
    model = build(stage.arcs, rays, free, pixels, stage.model, columns, 0.94).tuned(free)
    return Stage(climb(model, free, prior, 8, clock, until=until), model, stage.arcs)


def _different(summits: list[Summit]) -> list[Summit]:
    """Summits that are not the same place, best first."""
    found: list[Summit] = []
    for one in sorted(summits, key=lambda summit: -summit.log_posterior):
        if all(np.abs(one.free - other.free).max() > 0.03 for other in found):
            found.append(one)
    return found


def refine(
    stage: Stage, prior: FreePrior, clock: Clock, until: float, pixels: int, upsample: int = 1,
    exact: bool = True,
) -> Stage:  # fmt: skip
    """Climb on all pixels with the full noise and a finer source."""
    arcs, free = relit(stage), stage.summit.free
    rays = Rays(arcs.observation, arcs.noise, upsample)
    model = build(arcs, rays, free, min(pixels, _MIDDLE), stage.model).tuned(free)
    last = Stage(climb(model, free, prior, 8, clock, until=until), model, arcs)
    if clock.check(until):
        arcs, free = relit(last), last.summit.free
        model = build(arcs, rays, free, pixels, model).tuned(free)
        last = Stage(climb(model, free, prior, 8, clock, until=until), model, arcs)
    if exact and clock.check(0.9 * until):
        summit = climb(model, last.summit.free, prior, 4, clock, until=until, exact=True)
        last = Stage(summit, model, arcs)
    return last


def moved_grid(model: SemiLinear, dx: float, dy: float) -> SemiLinear:
    """The same with the source's grid moved by parts of its pixels."""
    grid = model.grid
    place = dataclasses.replace(grid, x=grid.x + dx * grid.scale, y=grid.y + dy * grid.scale)
    return model.on_grid(place)
