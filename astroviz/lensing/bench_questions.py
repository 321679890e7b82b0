r"""The questions that the bench asks of its state: pictures, sheets, delays, information, fits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.lensing.bench_numbers import scales

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_bias import BiasQuestion
    from astroviz.lensing.bench_delays import ArrivalTimes
    from astroviz.lensing.bench_information import Information
    from astroviz.lensing.bench_scene import Bench, Picture
    from astroviz.lensing.bench_sheet import Sheet

__all__ = ["BenchQuestions"]


class BenchQuestions:
    """Mixed into `BenchState`, whose parameters the questions are about."""

    bench_sheet: Any
    bench_snr: Any
    hubble_constant: Any
    lens_redshift: Any
    source_redshift: Any
    seed: Any

    def bench(self) -> Bench:
        """Everything that makes the pictures, as it is now."""
        from astroviz.lensing.bench_scene import Bench

        return Bench.of(self)

    def bench_figures(self, picture: Picture) -> dict[str, tuple[str, str]]:
        """Numbers of a picture: what, to value and unit as text."""
        from astroviz.lensing.bench_numbers import figures

        return figures(self, picture)

    def bench_sheeted(self, bench: Bench, picture: Picture) -> Sheet:
        """The lens of a picture beside its double with the mass sheet that is set."""
        from astroviz.lensing.bench_sheet import sheet

        redshifts = (self.lens_redshift, self.source_redshift)
        return sheet(bench, picture, self.bench_sheet, redshifts, self.hubble_constant)

    def bench_arrivals(self, bench: Bench) -> Callable[[Picture], ArrivalTimes]:
        """Finds when the images of a quasar arrive, in any thread."""
        from astroviz.lensing.bench_delays import arrival_times

        physical = scales(self.lens_redshift, self.source_redshift, self.hubble_constant)
        return lambda picture: arrival_times(bench, picture, physical)

    def bench_light_curves(self, times: ArrivalTimes) -> tuple[np.ndarray, list[np.ndarray]]:
        """Days, and the magnitude of each image, of a quasar that flickers by the seed."""
        from astroviz.lensing.light_curves import light_curves

        images = times.images
        span = max(240.0, 4 * max((one.delay for one in images), default=0.0))
        return light_curves(
            [one.delay for one in images], [one.magnification for one in images], self.seed, span
        )

    def bench_fits(self, scan: bool, score: bool) -> BiasQuestion:
        r"""Fits of the observation under several kinds of source.

        Arguments:
            scan: At the signals to noise of a scan, instead of the one that is set.
            score: Also under the score prior, which takes a minute.
        """
        from astroviz.lensing.bench_bias import FAST, SCAN, BiasQuestion

        kinds = (*FAST, "score") if score else FAST
        snrs = SCAN if scan else (float(self.bench_snr),)
        prior = getattr(self, "model", None)
        return BiasQuestion(self.bench(), snrs, kinds, prior)

    def bench_information(self, bench: Bench) -> Callable[[Picture], Information]:
        """Weighs what each pixel says of the source, in any thread."""
        from astroviz.lensing.bench_information import information

        return lambda picture: information(bench, picture)

    def bench_table(self, picture: Picture) -> QTable:
        """The numbers of a picture, with units."""
        from astroviz.lensing.bench_numbers import table

        return table(self, picture)

    def bench_pixels(self, picture: Picture) -> QTable:
        """Every pixel of a picture: place in both planes, value, value without noise."""
        from astroviz.lensing.bench_tables import pixels

        return pixels(picture)

    def bench_curves(self, picture: Picture) -> QTable:
        """Points of the critical curves and of the caustics they map to."""
        from astroviz.lensing.bench_tables import curves

        return curves(picture)
