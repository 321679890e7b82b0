r"""A measured statistic and what is known of it: bins, errors, truth, words for axes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from astroviz.orientations.agreement import Agreement, chi_square
from astroviz.orientations.projection import DEFINITIONS

__all__ = ["KINDS", "LINEAR", "Correlation", "Kind", "Truth"]


@dataclass(frozen=True)
class Kind:
    """A statistic: its name on axes, its unit, what it is made of."""

    label: str
    meaning: str
    unit: str
    projected: bool
    shapes: bool


KINDS: dict[str, Kind] = {
    "ed": Kind("ED(r)", "⟨(a·r̂)²⟩ \u2212 1/3", "", False, True),
    "ee": Kind("ee(r)", "⟨(a·a\u2032)²⟩ \u2212 1/3", "", False, True),
    "wg+": Kind("w_g+(r_p)", "positions and shapes", "Mpc/h", True, True),
    "w++": Kind("w_++(r_p)", "shapes and shapes", "Mpc/h", True, True),
    "wgg": Kind("w_gg(r_p)", "positions and positions", "Mpc/h", True, False),
}

LINEAR = ("ed", "wg+")
"""Statistics of one oriented galaxy and a neighbour; in the others both galaxies are alike."""


@dataclass(frozen=True)
class Truth:
    r"""What a known law of orientations makes of a statistic, for galaxies where they are.

    Arguments:
        value: Exact expectation in each bin, shape :math:`(B,)`.
        covariance: Exact covariance of one draw of all orientations, shape :math:`(B, B)`.
    """

    value: np.ndarray
    covariance: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """Scatter of one draw in each bin, shape (B,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True)
class Correlation:
    r"""A measured statistic in bins, as figures draw it.

    Arguments:
        kind: One of `KINDS`.
        edges: Edges of the bins, Mpc/h, shape :math:`(B + 1,)`.
        value: NaN where a bin holds no pair, in `unit`, shape :math:`(B,)`.
        pairs: Ordered pairs in each bin, shape :math:`(B,)`.
        galaxies: Number of galaxies whose orientation counts.
        pi_max: Largest separation along the line of sight, Mpc/h; None in space.
        definition: Which ellipticity: `epsilon` or `chi`; None in space.
        redshift_space: Whether separations contain peculiar velocities.
        covariance: Of the measurement by the jackknife, shape :math:`(B, B)`.
        regions: Number of regions of that jackknife.
        truth: What the known law gives.
    """

    kind: str
    edges: np.ndarray
    value: np.ndarray
    pairs: np.ndarray
    galaxies: int
    pi_max: float | None = None
    definition: str | None = None
    redshift_space: bool = False
    covariance: np.ndarray | None = None
    regions: int = 0
    truth: Truth | None = None

    @property
    def r(self) -> np.ndarray:
        """Geometric middle of each bin (half the edge where the first starts at 0), Mpc/h."""
        low, high = self.edges[:-1], self.edges[1:]
        return np.where(low > 0, np.sqrt(np.maximum(low, 1e-300) * high), high / 2)

    @property
    def error(self) -> np.ndarray | None:
        """Jackknife error in each bin, in `unit`; None without one."""
        return None if self.covariance is None else np.sqrt(np.diag(self.covariance))

    @property
    def label(self) -> str:
        """Name of the statistic, as it stands on an axis."""
        return KINDS[self.kind].label

    @property
    def unit(self) -> str:
        """`Mpc/h`, or nothing where the statistic is a pure number."""
        return KINDS[self.kind].unit

    @property
    def conventions(self) -> str:
        """All that one must know to compare the numbers with others', in one line."""
        kind = KINDS[self.kind]
        space = "redshift space" if self.redshift_space else "real space"
        if not kind.projected:
            return f"{kind.meaning}, a: major axis; above 0: pointing at neighbours; {space}"
        said = [f"\u03c0_max = {self.pi_max:g} Mpc/h", space]
        if kind.shapes:
            said.insert(0, f"e = {DEFINITIONS[self.definition or 'epsilon']}, above 0: radial")
        return "; ".join(said)

    def with_truth(self, truth: Truth) -> Correlation:
        """The same with what the known law gives."""
        return replace(self, truth=truth)

    def against_truth(self) -> Agreement:
        """Chi-square against the truth with the exact covariance of its noise."""
        if self.truth is None:
            raise ValueError(f"there is no truth to compare {self.label} with")
        return chi_square(self.value - self.truth.value, self.truth.covariance)
