r"""Files of one's own on their way to posterior samples: read, lens light fitted, a first lens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from astroviz.lensing.fit_lens import fit_lens
from astroviz.lensing.lens_light import fit_light
from astroviz.lensing.observation import Observation
from astroviz.lensing.real_case import files_of, sort_uploads
from astroviz.lensing.sky_noise import SkyNoise, measure_noise

__all__ = ["Opened", "first_lens", "read_files"]


@dataclass(frozen=True, eq=False)
class Opened:
    r"""An observation that can be sampled.

    Arguments:
        observation: Its frame, without the light of the lens galaxy.
        lens: A first lens, in the order of `LENS_NAMES`.
    """

    observation: Observation
    lens: tuple[float, ...]


def read_files(
    names: Sequence[str], contents: Sequence[bytes], pixel_scale: float = 0.05, light: bool = True
) -> Observation:
    r"""An observation from files, whose names say what each is.

    Arguments:
        names: Names of the files.
        contents: Their bytes, in the same order.
        pixel_scale: Arcsec per pixel, for images without a WCS.
        light: Whether the lens galaxy's own light is in the image.
    """
    parts = {part: contents[number] for part, number in sort_uploads(names).items()}
    return files_of(parts, pixel_scale, light=light, name=str(names[0]) if names else "")


class _Control:
    """What a fit hears of a page."""

    max_draws: int | None = None

    def __init__(self, progress: Callable[[float], None], check: Callable[[], None]) -> None:
        self.progress, self.check = progress, check


def first_lens(
    full: Observation, radius: float, budget: float = 10.0
) -> Callable[[Callable[[float], None], Callable[[], None]], Opened]:
    r"""Find a lens to start from and take the lens galaxy's light away, as a piece of work.

    Arguments:
        full: The whole frame.
        radius: Pixels farther from the centre are not used, arcsec.
        budget: Seconds of the fit of the lens.

    Returns:
        Called with `progress(share)` and `check()`, gives what can be sampled.
    """

    def work(progress: Callable[[float], None], check: Callable[[], None]) -> Opened:
        measured = measure_noise(full)
        inner = full.within(radius)
        noise = SkyNoise(inner.noise, inner.mask, measured.factor, measured.correlation)
        check()
        fit = fit_lens(inner, budget, control=_Control(progress, check), noise=noise)
        lens = tuple(float(value) for value in fit.vector)
        return Opened(_without_light(full, measured, fit.light, inner.mask), lens)

    return work


def _without_light(
    full: Observation, noise: SkyNoise, light: np.ndarray, inside: np.ndarray
) -> Observation:
    """The frame without the lens galaxy: as the lens was fitted inside, by itself outside."""
    if not full.light:
        return full
    alone = fit_light(full, noise)
    model = np.tensordot(alone.brightness, alone.images(full), axes=1)
    if light.shape == full.shape:
        model = np.where(inside, light, model)
    image = np.where(full.mask, full.image - model, 0.0)
    words = "The lens galaxy's own light was fitted with Gaussians and subtracted beforehand."
    return dataclasses.replace(
        full, image=image, light=False, warnings=(*full.warnings, words)
    )  # fmt: skip
