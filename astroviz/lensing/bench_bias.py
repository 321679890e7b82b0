r"""The bench's observation fitted under sources of several kinds, at one or more noise levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from astroviz.lensing.bench_stamps import shrunk
from astroviz.lensing.bias import SOURCE_KINDS, SourceFit, bias_fits, observe
from astroviz.lensing.lens import LensError
from astroviz.lensing.work import Work

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_scene import Bench

__all__ = ["FAST", "SCAN", "BiasPoint", "BiasQuestion", "bias_table", "pictures", "verdict"]

FAST = ("sersic", "spiral", "pixelated")
"""Kinds whose fits take seconds."""

SCAN = (8.0, 20.0, 50.0, 120.0)
"""Signals to noise of a scan."""

MOST_PIXELS = 64


@dataclass(frozen=True, eq=False)
class BiasPoint:
    r"""One fit.

    Arguments:
        snr: Signal to noise of the brightest pixel.
        fit: What it gave.
        residual: Data minus model in units of the noise, shape :math:`(m, m)`.
    """

    snr: float
    fit: SourceFit
    residual: np.ndarray

    @property
    def words(self) -> str:
        """What kind of source it had."""
        return SOURCE_KINDS[self.fit.kind]


@dataclass(frozen=True, eq=False)
class BiasQuestion:
    r"""Which fits are wanted.

    Arguments:
        bench: Lens, source and telescope; pixels are not finer than 64 along a side.
        snrs: Signals to noise of the brightest pixel.
        kinds: Of `bias.SOURCE_KINDS`.
        prior: The learned prior, where `score` is among the kinds.
    """

    bench: Bench
    snrs: tuple[float, ...]
    kinds: tuple[str, ...]
    prior: Any = None

    def run(
        self,
        progress: Callable[[float], None] = lambda _: None,
        check: Callable[[], None] = lambda: None,
        found: Callable[[BiasPoint], None] = lambda _: None,
    ) -> list[BiasPoint]:
        r"""Fit.

        Arguments:
            progress: Told the share that is done.
            check: Raises when the work is to stop.
            found: Told each fit as soon as it is there, in this thread.
        """
        self.bench.check()
        if "score" in self.kinds and self.prior is None:
            raise LensError(
                "There is no learned prior to fit with: make it by `astroviz train lensing`."
            )
        coarse = max(self.bench.pixel_scale, self.bench.field / MOST_PIXELS)
        bench = replace(self.bench, pixel_scale=coarse)
        stamp = bench.stamp()
        operator = bench.operator(stamp)
        lens = torch.tensor(bench.lens, dtype=torch.float64)
        points: list[BiasPoint] = []
        for k, snr in enumerate(self.snrs):
            data = observe(operator, lens, stamp, snr, bench.seed)
            part = Work(progress, check, k / len(self.snrs), (k + 1) / len(self.snrs))
            for fit in bias_fits(data, self.kinds, self.prior, bench.seed, control=part):
                points.append(BiasPoint(snr, fit, (data.image - fit.model) / data.noise))
                found(points[-1])
        return points


def bias_table(points: list[BiasPoint]) -> QTable:
    """Every fit, with units."""
    from astropy import units as u
    from astropy.table import QTable

    return QTable(
        {
            "signal_to_noise": [one.snr for one in points],
            "source": [one.fit.kind for one in points],
            "einstein_radius": [one.fit.einstein_radius for one in points] * u.arcsec,
            "einstein_radius_error": [one.fit.error for one in points] * u.arcsec,
            "truth": [one.fit.truth for one in points] * u.arcsec,
            "bias": [one.fit.bias for one in points],
            "reduced_chi_square": [one.fit.reduced_chi_square for one in points],
            "seconds": [one.fit.seconds for one in points] * u.s,
        }
    )


def verdict(points: list[BiasPoint]) -> str:
    """What the fits say, in a sentence: which kinds of source move the lens, and from when on."""
    found = []
    for kind, words in SOURCE_KINDS.items():
        mine = sorted((one for one in points if one.fit.kind == kind), key=lambda one: one.snr)
        if not mine:
            continue
        last = mine[-1]
        off = 100 * (last.fit.einstein_radius / last.fit.truth - 1)
        text = f"{words.lower()} {off:+.2f} % ({last.fit.bias:+.1f} \u03c3 at S/N {last.snr:g}"
        beyond = [one.snr for one in mine if abs(one.fit.bias) > 3]
        if len(mine) > 1:
            text += f", beyond 3 \u03c3 from S/N {beyond[0]:g}" if beyond else ", within 3 \u03c3"
        found.append(f"{text})".replace("-", "\u2212"))
    return f"Einstein radius minus truth: {'; '.join(found)}." if found else ""


def pictures(
    points: list[BiasPoint], truth: np.ndarray | None = None, pixels: int = 48
) -> np.ndarray:
    r"""The fitted sources in equal pixels, shape :math:`(n, s, s)`, flux as in the data.

    Arguments:
        points: The fits.
        truth: The true source, which comes first where it is given.
        pixels: Side of the pictures.
    """
    sources = [one.fit.source for one in points]
    if truth is not None:
        sources.insert(0, truth)
    return np.stack([_resampled(source, pixels) for source in sources])


def _resampled(source: np.ndarray, pixels: int) -> np.ndarray:
    """By area where it has more pixels, by the nearest where it has fewer."""
    if len(source) > pixels:
        return shrunk(source, pixels)
    rows = ((np.arange(pixels) + 0.5) * len(source) / pixels).astype(int)
    return np.asarray(source[np.ix_(rows, rows)])
