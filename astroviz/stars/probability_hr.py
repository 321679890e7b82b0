r"""All posteriors of many stars at once in the Hertzsprung-Russell diagram, and isochrones.

A catalogue keeps medians of its stars; what is needed here is kept thinned by `ThinnedDraws`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from astroviz.stars.summary import young_probability

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.stars.physics import Physics

__all__ = ["COLUMNS", "HRDensity", "Isochrone", "ThinnedDraws", "hr_density", "isochrones"]

COLUMNS = ("effective_temperature", "log_luminosity", "distance", "a_v", "log_age")
AGES_MYR = (1.0, 3.0, 10.0, 30.0, 100.0)
LOG_TEFF = (3.27, 4.22)
LOG_LUMINOSITY = (-3.8, 2.65)
_MASSES = (0.03, 4.0)  # solar
_SMOOTH = 1.0  # cells


@dataclass(frozen=True)
class Isochrone:
    r"""Stars of one age.

    Arguments:
        age: Myr.
        effective_temperature: K, by rising mass, shape :math:`(k,)`; NaN outside the tracks.
        log_luminosity: log10 of solar, same shape.
    """

    age: float
    effective_temperature: np.ndarray
    log_luminosity: np.ndarray


@dataclass(frozen=True)
class HRDensity:
    r"""Posteriors of many stars, added up.

    Arguments:
        log_teff: Ends of the grid, log10 K.
        log_luminosity: Ends of the grid, log10 solar.
        stars: Stars in each cell, shape :math:`(H, W)`, lowest luminosity and temperature first.
        outside: Stars beyond the grid.
    """

    log_teff: tuple[float, float]
    log_luminosity: tuple[float, float]
    stars: np.ndarray
    outside: float


def isochrones(
    physics: Physics, ages: Sequence[float] = AGES_MYR, n: int = 240
) -> tuple[Isochrone, ...]:
    r"""Isochrones of a model's own tracks.

    Arguments:
        physics: The tracks.
        ages: Myr.
        n: Masses on each, evenly spaced in their logarithm.
    """
    low, high = (float(np.log10(mass)) for mass in _MASSES)
    masses = torch.linspace(low, high, n, dtype=physics.dtype)
    found = []
    for age in ages:
        log_age = torch.full_like(masses, float(np.log10(age) + 6.0))
        star = physics.evolve(log_age, masses)
        columns = [
            torch.where(star.valid, column, torch.nan).numpy().astype(float)
            for column in (10**star.log_teff, star.log_lum)
        ]
        found.append(Isochrone(float(age), *columns))
    return tuple(found)


def hr_density(
    effective_temperature: np.ndarray,
    log_luminosity: np.ndarray,
    weights: np.ndarray,
    cells: tuple[int, int] = (150, 170),
) -> HRDensity:
    r"""Add up the posteriors of many stars.

    Arguments:
        effective_temperature: Draws of each star, K, shape :math:`(N, K)`.
        log_luminosity: Draws of each star, log10 solar, shape :math:`(N, K)`.
        weights: What each star counts for, as P(young), shape :math:`(N,)`.
        cells: Along luminosity and along log temperature.

    Returns:
        The density; `stars` and `outside` sum to the weights.
    """
    teff, lum = (np.asarray(a, dtype=float) for a in (effective_temperature, log_luminosity))
    log_teff = np.log10(np.where(teff > 0, teff, np.nan))
    whole = np.isfinite(log_teff) & np.isfinite(lum)
    share = np.where(np.isfinite(weights), weights, 0.0)[:, None] / np.maximum(
        whole.sum(1, keepdims=True), 1
    )
    mass = np.where(whole, share, 0.0)
    edges = [
        np.linspace(*ends, count + 1)
        for ends, count in zip((LOG_LUMINOSITY, LOG_TEFF), cells, strict=True)
    ]
    pair = np.nan_to_num(lum.ravel(), nan=99.0), np.nan_to_num(log_teff.ravel(), nan=99.0)
    counts = np.histogram2d(*pair, bins=edges, weights=mass.ravel())[0]
    outside = float(mass.sum() - counts.sum())
    return HRDensity(LOG_TEFF, LOG_LUMINOSITY, gaussian_filter(counts, _SMOOTH), max(outside, 0.0))


class ThinnedDraws:
    r"""A few draws of each of many stars: a bounded memory, the oldest go first.

    Arguments:
        largest: Stars to hold at most.
        draws: Draws of each star, :math:`K`.
    """

    def __init__(self, largest: int = 2000, draws: int = 64) -> None:
        self.largest, self.draws = largest, draws
        self._stars: dict[int, tuple[np.ndarray, float, float]] = {}

    def __len__(self) -> int:
        return len(self._stars)

    def __contains__(self, row: object) -> bool:
        return row in self._stars

    def clear(self) -> None:
        """Forget all, for another table or another question."""
        self._stars.clear()

    def add(self, row: int, draws: Draws) -> None:
        """Keep a star's draws, evenly thinned; a star that is known is replaced."""
        if len(draws) < self.draws:
            raise ValueError(
                f"{len(draws)} draws are too few to keep {self.draws} of; ask for more"
            )
        pick = np.linspace(0, len(draws) - 1, self.draws).round().astype(np.intp)
        values = np.ascontiguousarray(draws[list(COLUMNS)][pick], dtype=np.float32)
        disk = draws.extras.get("p_disk")
        p_disk = np.nan if disk is None else float(np.asarray(disk).ravel()[0])
        self._stars.pop(int(row), None)
        self._stars[int(row)] = (values, young_probability(draws), p_disk)
        while len(self._stars) > self.largest:
            del self._stars[next(iter(self._stars))]

    def rows(self, among: np.ndarray | None = None) -> np.ndarray:
        """Rows that are held, in their order; only those among some others if these are given."""
        held = np.array(sorted(self._stars), dtype=np.intp)
        return held if among is None else held[np.isin(held, among)]

    def column(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Draws of one quantity, shape (N, K), float32."""
        k = COLUMNS.index(name)
        if not len(rows):
            return np.empty((0, self.draws), dtype=np.float32)
        return np.stack([self._stars[int(row)][0][:, k] for row in rows])

    def median(self, name: str, rows: np.ndarray) -> np.ndarray:
        """Medians of one quantity, shape (N,)."""
        return np.median(self.column(name, rows), axis=1) if len(rows) else np.empty(0)

    def p_young(self, rows: np.ndarray, odds: float = 1.0, known: bool = False) -> np.ndarray:
        r"""P(young) of each star, shape (N,).

        Arguments:
            rows: Which stars.
            odds: Prior odds of a young star against a field star; the draws have even odds.
            known: Take all as young.
        """
        if known:
            return np.ones(len(rows))
        even = np.array([self._stars[int(row)][1] for row in rows], dtype=float)
        return np.asarray(even * odds / np.maximum(even * odds + 1 - even, 1e-300))

    def p_disk(self, rows: np.ndarray) -> np.ndarray:
        """P(disk) of each star if it is young, shape (N,)."""
        return np.array([self._stars[int(row)][2] for row in rows], dtype=float)
