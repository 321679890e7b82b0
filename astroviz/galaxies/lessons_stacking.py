r"""What the lesson on stacking draws: one mock catalogue, and four populations made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from astroviz.galaxies.stacking import METHODS, Mock, StackingAnswer, make_mock, population_of

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["WAYS", "StackingScene", "stacking_scene"]

WAYS = {
    "multiply": "multiplied",
    "stack": "stacked",
    "hierarchical": "hierarchical",
    "population": "population",
}
_SHOWN = 40  # posteriors of single galaxies


@dataclass(frozen=True, eq=False)
class StackingScene:
    r"""One catalogue and what is made of it.

    Arguments:
        mock: The catalogue and its truth.
        answers: Method to its population.
        singles: Posteriors of some galaxies on the grid, shape :math:`(n, K)`.
    """

    mock: Mock
    answers: Mapping[str, StackingAnswer]
    singles: np.ndarray

    @property
    def true_width(self) -> float:
        """Standard deviation of the true population."""
        step = self.mock.grid[1] - self.mock.grid[0]
        share = self.mock.density * step / (self.mock.density.sum() * step)
        mean = float(share @ self.mock.grid)
        return float(np.sqrt(share @ (self.mock.grid - mean) ** 2))

    @property
    def table(self) -> str:
        """Widths, distances and times, as HTML."""
        rows = "".join(
            f"<tr><td>{WAYS[name]}</td><td class='number'>{answer.width:.3f}</td>"
            f"<td class='number'>{answer.distance:.3f}</td>"
            f"<td class='number'>{answer.seconds:.2f}</td></tr>"
            for name, answer in self.answers.items()
        )
        unit = self.mock.unit
        head = (
            f"<tr><th></th><th>width ({unit})</th><th>W<sub>1</sub> to truth ({unit})</th>"
            "<th>took (s)</th></tr>"
            f"<tr><td>truth</td><td class='number'>{self.true_width:.3f}</td>"
            "<td></td><td></td></tr>"
        )
        return f"<table>{head}{rows}</table>"

    def to_table(self) -> QTable:
        """All densities on the grid."""
        from astropy.table import QTable

        columns = {"log_mass": self.mock.grid, "truth": self.mock.density}
        return QTable({**columns, **{name: one.density for name, one in self.answers.items()}})


@lru_cache(maxsize=16)
def stacking_scene(count: int, error: float, kind: str, seed: int = 0) -> StackingScene:
    r"""Make a catalogue and its four populations.

    Arguments:
        count: Number of galaxies.
        error: Typical error of a galaxy's log mass, dex.
        kind: Of `stacking.make_mock`.
        seed: Of the galaxies and of the noise.
    """
    mock = make_mock(count, error, kind=kind, seed=seed)
    answers = {name: population_of(mock, name) for name in METHODS}
    z = (mock.grid - mock.seen[:_SHOWN, None]) / mock.errors[:_SHOWN, None]
    singles = np.exp(-0.5 * z**2) / (mock.errors[:_SHOWN, None] * np.sqrt(2 * np.pi))
    return StackingScene(mock, answers, singles)
