r"""What the maps of many stars show: thinned draws, and what becomes of them; no widgets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.core.request import Request
from astroviz.stars.physics import Physics
from astroviz.stars.probability_hr import HRDensity, ThinnedDraws, hr_density, isochrones
from astroviz.stars.topdown import TopDownMap, galactic, positions, top_down

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["DRAWS", "FINE", "FIRST", "LARGEST", "Lifted", "Shown", "StarMaps"]

LARGEST = 2000
"""Stars that are asked about at once, and kept."""
DRAWS = 64
"""Draws of each."""
FIRST = 100
"""Stars asked about when the maps are first opened."""
FINE = 1000
"""Draws of a star that is picked."""

_TIP = "{name}: {age}, A_V {a_v}, P(disk) {p_disk}, P(young) {p_young}"


@dataclass(frozen=True)
class Shown:
    r"""What both maps show of :math:`N` stars.

    Arguments:
        rows: Row numbers of the table, shape :math:`(N,)`.
        density: Their posteriors added up, over temperature and luminosity.
        effective_temperature: Medians, K, shape :math:`(N,)`.
        log_luminosity: Medians, log10 solar, shape :math:`(N,)`.
        tips: What is said of each star.
        above: The stars from above the Galactic plane; None where none has a position.
        placeless: Stars without a position.
    """

    rows: np.ndarray
    density: HRDensity
    effective_temperature: np.ndarray
    log_luminosity: np.ndarray
    tips: dict[str, list[str]]
    above: TopDownMap | None
    placeless: int


@dataclass(frozen=True)
class Lifted:
    r"""One star's draws on both maps.

    Arguments:
        effective_temperature: K, shape :math:`(n,)`.
        log_luminosity: log10 solar, shape :math:`(n,)`.
        x: Galactic X, pc, shape :math:`(n,)`; None without a position.
        y: Galactic Y likewise.
        text: What is said of the star.
    """

    effective_temperature: np.ndarray
    log_luminosity: np.ndarray
    x: np.ndarray | None
    y: np.ndarray | None
    text: str


class StarMaps:
    r"""Thinned draws of the stars of a table, and what the maps make of them.

    Arguments:
        explorer: The state of the view.
    """

    def __init__(self, explorer: StarsExplorer) -> None:
        self.explorer = explorer
        self.kept = ThinnedDraws(LARGEST, DRAWS)
        self._question = self.question

    @property
    def question(self) -> tuple[Any, ...]:
        """What the draws that are kept are answers to."""
        explorer = self.explorer
        return (explorer.source, tuple(explorer.surveys), explorer.seed, explorer.steps)

    def renew(self) -> bool:
        """Forget the answers to another question; whether there were any to forget."""
        if self._question == self.question:
            return False
        self._question = self.question
        self.kept.clear()
        return True

    def chosen(self) -> np.ndarray:
        """The selection, or all rows when nothing is selected."""
        rows: np.ndarray = self.explorer.selection
        return rows if len(rows) else np.arange(len(self.explorer.observations))

    def to_ask(self, most: int) -> np.ndarray:
        """At most so many of the chosen rows, evenly through the table, the picked one among."""
        chosen = self.chosen()
        places = np.linspace(0, len(chosen) - 1, min(most, len(chosen))).astype(np.intp)
        rows: np.ndarray = np.unique(chosen[places])
        picked = self.explorer.picked
        return rows if picked is None else np.union1d(rows, [picked]).astype(np.intp)

    def batch(self, rows: np.ndarray) -> Iterator[tuple[int, Request]]:
        """Questions about stars."""
        return self.explorer.batch(rows, n=DRAWS)

    def fine(self, row: int) -> Request:
        """The question about a star that is picked: more draws, and at once."""
        ((_, request),) = self.explorer.batch([row], n=FINE)
        return replace(request, priority="interactive")

    def isochrones(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Text, temperatures and log luminosities of the model's isochrones."""
        physics = getattr(self.explorer.model, "physics", None) or Physics()
        return [
            (f"{line.age:g} Myr", line.effective_temperature, line.log_luminosity)
            for line in isochrones(physics)
        ]

    def shown(self) -> Shown | None:
        """What is kept of the selection, or of all; None where nothing is."""
        explorer, kept = self.explorer, self.kept
        rows = kept.rows(explorer.selection if len(explorer.selection) else None)
        if not len(rows):
            return None
        weights = self._weights(rows)
        teff, lum = (kept.column(n, rows) for n in ("effective_temperature", "log_luminosity"))
        longitude, latitude = galactic(*explorer.observations.coordinates[rows].T)
        placeless = int(np.isnan(longitude).sum())
        above = None
        if placeless < len(rows):
            distance, a_v = (kept.column(name, rows) for name in ("distance", "a_v"))
            above = top_down(longitude, latitude, distance, weights, a_v)
        return Shown(
            rows, hr_density(teff, lum, weights), kept.median("effective_temperature", rows),
            kept.median("log_luminosity", rows), self._tips(rows, weights), above, placeless,
        )  # fmt: skip

    def lifted(self, row: int, draws: Draws | None = None) -> Lifted | None:
        """One star's draws on both maps, thinned unless others are given; None if unknown."""
        if row not in self.kept:
            return None
        one = np.array([row])
        teff, lum, distance = (
            self.kept.column(name, one)[0] if draws is None else draws[name]
            for name in ("effective_temperature", "log_luminosity", "distance")
        )
        tips = self._tips(one, self._weights(one))
        text = _TIP.format(**{key: texts[0] for key, texts in tips.items()})
        longitude, latitude = galactic(*self.explorer.observations.coordinates[one].T)
        x = y = None
        if np.isfinite(longitude[0]):
            x, y, _ = positions(longitude, latitude, distance)
        return Lifted(teff, lum, x, y, text)

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        explorer = self.explorer
        return self.kept.p_young(rows, explorer.prior_odds, explorer.assume_young)

    def _tips(self, rows: np.ndarray, weights: np.ndarray) -> dict[str, list[str]]:
        names = self.explorer.observations.identifiers
        age, a_v = (self.kept.median(name, rows) for name in ("log_age", "a_v"))
        return {
            "name": [str(names[row]).strip() or f"row {row}" for row in rows],
            "age": [f"{10 ** (value - 6):.3g} Myr" for value in age],
            "a_v": [f"{value:.2f} mag" for value in a_v],
            "p_disk": [f"{value:.2f}" for value in self.kept.p_disk(rows)],
            "p_young": [f"{value:.2f}" for value in weights],
        }
