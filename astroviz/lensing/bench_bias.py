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

__all__ = ["FAST", "SCAN", "BiasPoint", "BiasQuestion", "bias_table", "pictures"]

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


def pictures(points: list[BiasPoint], pixels: int = 48) -> np.ndarray:
    r"""The fitted sources in equal pixels, shape :math:`(n, s, s)`, flux as in the data."""
    found = []
    for one in points:
        source = one.fit.source
        if len(source) > pixels:
            found.append(shrunk(source, pixels))
        else:
            at = (np.arange(pixels) + 0.5) * len(source) / pixels
            rows = np.minimum(at.astype(int), len(source) - 1)
            found.append(source[np.ix_(rows, rows)])
    return np.stack(found)
