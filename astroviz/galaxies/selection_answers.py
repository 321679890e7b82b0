r"""From the settings of the selection builder to what it draws: who is seen, and who is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Generator, Tensor

from astroviz.core.draws import Draws
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import BOUNDS
from astroviz.galaxies.selection import Selection
from astroviz.galaxies.selection_light import Light, PriorKey, light_of

__all__ = ["DROPS", "QUANTITIES", "Drops", "Histogram", "Seen", "SelectionQuestion"]

DROPS: Final = 320
"""Galaxies that rain."""

QUANTITIES: Final[dict[str, tuple[str, float, float]]] = {
    "log_mass": ("stellar mass, log M* / M\u2609", 7.0, 12.5),
    "redshift": ("redshift", 0.0, 0.8),
    "log_ssfr": ("log SFR / M* (1/yr)", -14.0, -8.0),
    "log_sfr": ("log SFR (M\u2609/yr)", -4.0, 3.0),
    "age": ("mass-weighted age (Gyr)", 0.0, 13.0),
    "u_v": ("rest-frame U \u2212 V (AB mag)", 0.0, 2.8),
    "r_abs": ("absolute magnitude r (AB mag)", -24.0, -14.0),
    "tau2": ("diffuse dust, tau 2", 0.0, 3.0),
}
"""What can be counted: its label and the widest ends of its axis."""

_BINS: Final = 50
_CELLS: Final = 120
_FEWEST: Final = 25  # draws in a bin that a completeness is stated for


@dataclass(frozen=True, eq=False)
class Histogram:
    r"""One quantity of all and of the selected.

    Arguments:
        edges: Of the :math:`B` bins, shape :math:`(B + 1,)`.
        everyone: Draws in each, shape :math:`(B,)`.
        chosen: Sum of their weights, shape :math:`(B,)`.
        spread: Standard deviation of the completeness from the number of draws, shape (B,).
    """

    edges: np.ndarray
    everyone: np.ndarray
    chosen: np.ndarray
    spread: np.ndarray

    @property
    def completeness(self) -> np.ndarray:
        """Part that is selected, shape (B,); NaN where there are too few draws."""
        few = self.everyone < _FEWEST
        return np.where(few, np.nan, self.chosen / np.maximum(self.everyone, 1))

    def densities(self) -> tuple[np.ndarray, np.ndarray]:
        """Of all and of the selected, each of integral one, shape (B,)."""
        widths = np.diff(self.edges)
        return tuple(  # type: ignore[return-value]
            counts / max(float(counts.sum()), 1e-30) / widths
            for counts in (self.everyone, self.chosen)
        )


@dataclass(frozen=True, eq=False)
class Drops:
    r"""Some galaxies on their way through the survey.

    Arguments:
        redshift: From 0 to 1 along the range of redshifts, shape :math:`(n,)`.
        true: Both colours before noise, mag, shape :math:`(n, 2)`.
        seen: With noise, likewise.
        kept: Whether each is selected, drawn from its weight, shape :math:`(n,)`.
    """

    redshift: np.ndarray
    true: np.ndarray
    seen: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True, eq=False)
class Seen:
    r"""What a survey sees of a population.

    Arguments:
        light: The population and its photometry.
        observed: Magnitudes, shape :math:`(n, B)`.
        errors: Likewise.
        weights: Probability of being selected, shape :math:`(n,)`.
        everyone: Counts over both colours, shape :math:`(120, 120)`.
        chosen: Of the selected, likewise.
        extent: Left, right, lower and upper edge of these, mag.
        counted: Name to its histogram.
        drops: What rains.
        photometry: Seconds for magnitudes that were not known yet; 0 where they were.
        seconds: Seconds for all of it.
        question: What was asked.
    """

    light: Light
    observed: np.ndarray
    errors: np.ndarray
    weights: np.ndarray
    everyone: np.ndarray
    chosen: np.ndarray
    extent: tuple[float, float, float, float]
    counted: dict[str, Histogram]
    drops: Drops
    photometry: float
    seconds: float
    question: SelectionQuestion

    @property
    def part(self) -> float:
        """Part of the population that is selected."""
        return float(self.weights.mean())

    @property
    def effective(self) -> float:
        """Number of equally weighted draws that know as much (Kish)."""
        return float(self.weights.sum() ** 2 / max(float((self.weights**2).sum()), 1e-30))

    def draws(self, true: bool = False) -> Draws:
        r"""Everybody, with observed magnitudes, errors and `selection_weight`.

        Arguments:
            true: Whether magnitudes before noise are there too, as `<band>_true`.
        """
        bands = self.question.noise.bands
        before = self.light.true(bands).numpy() if true else None
        extra: dict[str, np.ndarray] = {}
        for k, band in enumerate(bands):
            extra |= {band: self.observed[:, k], f"{band}_error": self.errors[:, k]}
            if before is not None:
                extra[f"{band}_true"] = before[:, k]
        units = dict.fromkeys(extra, "mag") | {"selection_weight": ""}
        extra["selection_weight"] = self.weights.astype(np.float32)
        return self.light.draws(extra, units)

    def mean(self, name: str) -> tuple[float, float]:
        """Mean of a quantity over all and over the selected; NaN where nobody is."""
        values = np.asarray(self.light.column(name), float)
        good = np.isfinite(values)
        if not self.weights[good].sum() > 0:
            return float(values[good].mean()), float("nan")
        chosen = float(np.average(values[good], weights=self.weights[good]))
        return float(values[good].mean()), chosen


@dataclass(frozen=True, eq=False)
class SelectionQuestion:
    r"""A frozen copy of the settings, which any thread can work on.

    Arguments:
        population: A fitted population; None for draws of the prior.
        noise: The survey's, with its bands.
        noise_key: Tells this noise from others.
        selection: Over the bands of the noise.
        plane: Three bands: the colours are first minus second and second minus third.
        extent: Left, right, lower and upper edge of the plane of colours, mag.
        names: What is counted.
        n: Number of draws.
        seed: Of all that is drawn.
        prior: Name, limit in r (AB) and largest redshift of the prior that stands in.
    """

    population: Any
    noise: NoiseModel
    noise_key: Any
    selection: Selection
    plane: tuple[str, str, str]
    extent: tuple[float, float, float, float]
    names: tuple[str, ...] = ("redshift", "log_mass")
    n: int = 100_000
    seed: int = 0
    prior: PriorKey = ("survey", None, None)

    def answer(self, check: Callable[[], None] = lambda: None) -> Seen:
        """Photometry where it is not known yet, noise, weights and counts."""
        begin = time.perf_counter()
        light = light_of(self.population, self.n, self.seed, self.prior)
        light.seconds = 0.0
        with torch.no_grad():
            observed, errors = light.seen(self.noise, self.noise_key, check)
            weights = self.selection.weights(observed, errors)
        colours = self._colours(observed)
        weight = np.asarray(weights, np.float64)
        everyone, chosen = _plane(colours.numpy(), weight, self.extent)
        names = {
            name: _count(light.column(name), weight, light.ends(name, QUANTITIES[name][1:]))
            for name in self.names
        }
        return Seen(
            light=light,
            observed=observed.numpy(),
            errors=errors.numpy(),
            weights=weight,
            everyone=everyone,
            chosen=chosen,
            extent=self.extent,
            counted=names,
            drops=self._drops(light, colours, weights),
            photometry=light.seconds,
            seconds=time.perf_counter() - begin,
            question=self,
        )

    def _colours(self, magnitudes: Tensor) -> Tensor:
        a, b, c = (self.noise.bands.index(band) for band in self.plane)
        return torch.stack(
            [magnitudes[:, a] - magnitudes[:, b], magnitudes[:, b] - magnitudes[:, c]], -1
        )

    def _drops(self, light: Light, colours: Tensor, weights: Tensor) -> Drops:
        some = slice(0, min(DROPS, len(light)))
        generator = Generator().manual_seed(self.seed + 2)
        kept = torch.rand(len(weights[some]), generator=generator) < weights[some]
        low, high = BOUNDS["redshift"]
        place = (light.column("redshift")[some] - low) / (high - low)
        true = self._colours(light.true(self.noise.bands)[some])
        return Drops(np.asarray(place), true.numpy(), colours[some].numpy(), kept.numpy())


def _plane(
    colours: np.ndarray, weights: np.ndarray, extent: tuple[float, float, float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of all and of the selected over two colours, rows upwards."""
    x0, x1, y0, y1 = extent
    column = np.floor((colours[:, 0] - x0) / (x1 - x0) * _CELLS)
    row = np.floor((colours[:, 1] - y0) / (y1 - y0) * _CELLS)
    inside = (column >= 0) & (column < _CELLS) & (row >= 0) & (row < _CELLS)
    cell = (row[inside] * _CELLS + column[inside]).astype(np.intp)
    return tuple(  # type: ignore[return-value]
        np.bincount(cell, given, minlength=_CELLS**2).reshape(_CELLS, _CELLS)
        for given in (None, weights[inside])
    )


def _count(values: np.ndarray, weights: np.ndarray, ends: tuple[float, float]) -> Histogram:
    low, high = ends
    edges = np.linspace(low, high, _BINS + 1)
    index = np.floor((np.nan_to_num(values, nan=np.inf) - low) / (high - low) * _BINS)
    inside = (index >= 0) & (index < _BINS)
    cell, weight = index[inside].astype(np.intp), weights[inside]
    everyone, chosen, squares = (
        np.bincount(cell, given, minlength=_BINS) for given in (None, weight, weight**2)
    )
    count = np.maximum(everyone, 1)
    part = chosen / count
    # A galaxy is drawn, then kept with its weight: the spread of the kept part of a bin.
    spread = np.sqrt(np.maximum(squares / count - part**2, 0.0) / count)
    return Histogram(edges, everyone, chosen, spread)
