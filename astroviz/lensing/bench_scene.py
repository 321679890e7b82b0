r"""From the settings of the bench to its pictures: source, image, noise, curves.

A `Bench` is a frozen copy of the settings, which another thread can work on while a hand moves
them on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from astroviz.lensing.bench_masses import further
from astroviz.lensing.bench_rays import Rays, Trace
from astroviz.lensing.lens import LensError, check_lens, deflection, jacobian
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.psf import gaussian_psf

__all__ = ["Bench", "Picture"]

MOST_PIXELS = 200
_PSF_PIXELS = 25


@dataclass(frozen=True, eq=False)
class Picture:
    r"""What there is to see of a bench.

    Arguments:
        image: With noise, shape :math:`(n, n)`, in units of the source's brightest pixel.
        clean: Without.
        noise: Standard deviation of a pixel.
        pixel_scale: Arcsec per pixel of the image.
        stamp: The source, shape :math:`(s, s)`.
        source_scale: Arcsec per pixel of the source.
        source_centre: Middle of the source's stamp, arcsec.
        critical: Critical curves, each :math:`(k, 2)`, arcsec.
        caustics: The same in the source plane.
        cut: Where an image vanishes in a singular centre, :math:`(k, 2)`.
        rays: Traces single places.
        magnification: Light of the whole image over that of the source; NaN where the image
            does not hold all of it.
    """

    image: np.ndarray
    clean: np.ndarray
    noise: float
    pixel_scale: float
    stamp: np.ndarray
    source_scale: float
    source_centre: tuple[float, float]
    critical: list[np.ndarray]
    caustics: list[np.ndarray]
    cut: np.ndarray
    rays: Rays
    magnification: float

    def look(self, name: str) -> np.ndarray:
        r"""What the image plane shows, :math:`(n, n)`: one of `bench_state.LOOKS`.

        The magnification is :math:`\log_{10}|\mu|`, between 0.01 and 1000.
        """
        if name != "magnification":
            return self.image if name == "data" else self.clean
        half = 0.5 * self.pixel_scale * (len(self.image) - 1)
        x, y = np.meshgrid(*2 * (np.linspace(-half, half, len(self.image)),))
        inverse = np.abs(self.rays.determinant(x, y))
        return -np.log10(np.clip(inverse, 1e-3, 1e2))

    @property
    def source_reach(self) -> float:
        """How far from the middle of the source plane there is something to see, arcsec."""
        half = 0.5 * self.source_scale * len(self.stamp)
        curves = [np.abs(curve).max() for curve in self.caustics if len(curve)]
        return float(max(half + max(map(abs, self.source_centre)), *curves, 0.2))


@dataclass(frozen=True, eq=False)
class Bench:
    r"""The settings that make the pictures.

    Arguments:
        lens: In the order of `LENS_NAMES`.
        mass: What stands beside the power law, and how strong it is.
        stamp: Gives the source; may take a second where it is drawn anew.
        source_centre: Its middle, arcsec.
        source_size: Side of its stamp, arcsec.
        field: Side of the image, arcsec.
        pixel_scale: Arcsec per pixel that is wished for.
        blur: Full width at half maximum of the PSF, arcsec.
        snr: Signal to noise of the brightest pixel.
        seed: Of the noise.
        redshifts: Of lens and source; they matter to a halo and to a second plane.
    """

    lens: tuple[float, ...]
    mass: tuple[str, float]
    stamp: Callable[[], np.ndarray]
    source_centre: tuple[float, float]
    source_size: float
    field: float
    pixel_scale: float
    blur: float
    snr: float
    seed: int
    redshifts: tuple[float, float] = (0.285, 0.575)

    @classmethod
    def of(cls, state: Any) -> Bench:
        """The settings of a `BenchState`, as they are now."""
        return cls(
            state.lens(), (state.bench_mass, state.bench_extra), state.stamp_maker(),
            (state.source_x, state.source_y), state.source_size, state.bench_field,
            state.bench_scale, state.bench_blur, state.bench_snr, state.seed,
            (state.lens_redshift, state.source_redshift),
        )  # fmt: skip

    @property
    def pixels(self) -> int:
        """Pixels of the image along a side."""
        return int(min(max(round(self.field / self.pixel_scale), 16), MOST_PIXELS))

    def setup(self, stamp: np.ndarray) -> Setup:
        """Pixels of image and source for the operator."""
        side = len(stamp)
        return _setup(
            self.pixels, self.field / self.pixels, side, self.source_size / side,
            self.blur, *self.source_centre,
        )  # fmt: skip

    def operator(self, stamp: np.ndarray) -> LensOperator:
        """From source to image, with what stands beside the power law."""
        operator = _operator(self.setup(stamp))
        extra = self._extra()
        return operator if extra is None else operator.trace_extra(extra)

    def trace(self) -> Trace:
        """Rays of the whole lens, in double precision."""
        lens = torch.tensor(self.lens, dtype=torch.float64)
        extra = self._extra()

        def trace(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            at = torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)
            ax, ay = deflection(*at, lens)
            if extra is not None:
                more = extra(*at)
                ax, ay = ax + more[0], ay + more[1]
            return (at[0] - ax).numpy(), (at[1] - ay).numpy()

        return trace

    def rays(self) -> Rays:
        """Rays over the frame."""
        self.check()
        centre = (self.lens[3], self.lens[4])
        inverse = self._inverse if self._extra() is None else None
        return Rays(self.trace(), 0.55 * self.field, 81 if inverse else 121, centre, inverse)

    def _inverse(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The inverse magnification of a power law."""
        lens = torch.tensor(self.lens, dtype=torch.float64)
        matrix = jacobian(torch.as_tensor(x).double(), torch.as_tensor(y).double(), lens)
        return (matrix[..., 0, 0] * matrix[..., 1, 1] - matrix[..., 0, 1] ** 2).numpy()

    def check(self) -> None:
        """A `LensError` where the lens cannot be, or lies outside of the frame."""
        check_lens(self.lens, 0.5 * self.field)

    def picture(self) -> Picture:
        """Everything there is to see."""
        self.check()
        stamp = np.ascontiguousarray(self.stamp(), dtype=np.float32)
        lens = torch.tensor(self.lens, dtype=torch.float32)
        with torch.no_grad():
            clean = self.operator(stamp)(lens, torch.from_numpy(stamp)).numpy()
        peak = float(clean.max())
        if not peak > 0:
            raise LensError(
                "No light of the source reaches the image: move the source, or widen the frame."
            )
        noise = peak / self.snr
        rays = self.rays()
        critical = rays.critical()
        scale, side = self.field / self.pixels, self.source_size / len(stamp)
        return Picture(
            clean + noise * _noise(self.pixels, self.seed), clean, noise, scale, stamp, side,
            self.source_centre, critical, rays.caustics(critical), rays.cut(), rays,
            self._magnification(clean, stamp, scale, side),
        )  # fmt: skip

    def _magnification(
        self, clean: np.ndarray, stamp: np.ndarray, scale: float, side: float
    ) -> float:
        rim = max(clean[0].max(), clean[-1].max(), clean[:, 0].max(), clean[:, -1].max())
        if rim > 0.02 * clean.max():
            return float("nan")
        return float(clean.sum() * scale**2 / (stamp.sum() * side**2))

    def _extra(self) -> Any:
        name, strength = self.mass
        if name == "power law":
            return None
        return further(name, strength, self.lens, self.redshifts)


@lru_cache(maxsize=8)
def _setup(
    pixels: int, scale: float, side: int, source_scale: float, blur: float, x: float, y: float
) -> Setup:
    return Setup(pixels, scale, side, source_scale, _psf(blur, scale), source_x=x, source_y=y)


@lru_cache(maxsize=8)
def _operator(setup: Setup) -> LensOperator:
    return LensOperator(setup)


@lru_cache(maxsize=32)
def _psf(blur: float, scale: float) -> np.ndarray | None:
    """None where the blur is far below a pixel."""
    width = blur / scale
    if width < 0.3:
        return None
    return gaussian_psf(width, min(2 * int(np.ceil(1.6 * width)) + 3, 2 * _PSF_PIXELS + 1))


@lru_cache(maxsize=8)
def _noise(pixels: int, seed: int) -> np.ndarray:
    random = np.random.default_rng([seed, 7])
    return random.standard_normal((pixels, pixels)).astype(np.float32)
