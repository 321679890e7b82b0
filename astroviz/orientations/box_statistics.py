r"""Everything that is measured of the alignments in one box, kept ready for the next question.

Lists of pairs, regions of the jackknife and moments of the law are made when they are first
needed; after that another selection, or orientations drawn again, cost tens of milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from astroviz.orientations.correlations import (
    KINDS,
    Correlation,
    Truth,
    contributions,
    summary,
)
from astroviz.orientations.jackknife import jackknife, sub_cubes
from astroviz.orientations.moments import Law, Moments, axis_moments, ellipticity_moments
from astroviz.orientations.pairs import (
    Pairs,
    check_positions,
    pairs_in_projection,
    pairs_in_space,
)
from astroviz.orientations.projection import check_axis_ratios, project
from astroviz.orientations.truth_curves import truth

__all__ = ["BoxStatistics", "default_edges"]

_FEWEST, _BINS, _REACH = 0.3, 8, 20.0


def default_edges(size: float) -> np.ndarray:
    """Eight logarithmic bins from 0.3 Mpc/h to 20 Mpc/h or 0.3 of the side of the box."""
    return np.geomspace(_FEWEST, min(_REACH, 0.3 * size), _BINS + 1)


class BoxStatistics:
    r"""Correlations of orientations in a periodic box.

    Arguments:
        position: Comoving positions, Mpc/h, shape :math:`(N, 3)`.
        size: Side of the box, Mpc/h.
        axis_ratio_b: Intermediate over major axis, shape :math:`(N,)`.
        axis_ratio_c: Minor over major axis, shape :math:`(N,)`.
        edges: Edges of the bins of both :math:`r` and :math:`r_p`, Mpc/h, shape :math:`(B + 1,)`.
        pi_max: Largest separation along the line of sight, Mpc/h; by default 20, or 0.3 of the
            side where that is less.
        definition: `epsilon` for :math:`(1-q)/(1+q)`, `chi` for :math:`(1-q^2)/(1+q^2)`.
        line_of_sight: The axis that is looked along.
        axis: The axis of `ed` and `ee`: 0 major, 1 intermediate, 2 minor (the spin of a disc).
        per_side: Sub-cubes of the jackknife along each side.
        redshift_space: Whether `position` contains peculiar velocities (said on axes).

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> position, ratio = rng.uniform(0, 50, (500, 3)), np.full(500, 0.7)
        >>> statistics = BoxStatistics(position, 50.0, ratio, ratio)
        >>> aligned = np.broadcast_to(np.eye(3), (500, 3, 3))
        >>> found = statistics.measure(aligned, ("ee",))["ee"]
        >>> bool(np.allclose(found.value[np.isfinite(found.value)], 2 / 3))
        True
    """

    def __init__(
        self,
        position: np.ndarray,
        size: float,
        axis_ratio_b: np.ndarray,
        axis_ratio_c: np.ndarray,
        *,
        edges: np.ndarray | None = None,
        pi_max: float | None = None,
        definition: str = "epsilon",
        line_of_sight: int = 2,
        axis: int = 0,
        per_side: int = 3,
        redshift_space: bool = False,
    ) -> None:
        self.position = check_positions(position, size)
        self.size = float(size)
        self.axis_ratio_b, self.axis_ratio_c = check_axis_ratios(axis_ratio_b, axis_ratio_c)
        if len(self.axis_ratio_b) != len(self.position):
            raise ValueError(
                f"{len(self.position)} positions do not fit {len(self.axis_ratio_b)} axis ratios"
            )
        self.edges = default_edges(size) if edges is None else np.asarray(edges, dtype=float)
        self.pi_max = min(_REACH, 0.3 * size) if pi_max is None else float(pi_max)
        self.definition, self.line_of_sight, self.axis = definition, line_of_sight, axis
        self.per_side, self.redshift_space = per_side, redshift_space
        self._laws: dict[str, tuple[Any, Moments]] = {}

    @classmethod
    def of_box(cls, box: Any, redshift_space: bool = False, **options: Any) -> BoxStatistics:
        """For the galaxies of a `Box`, in real or in redshift space; options as above."""
        galaxies = box.galaxies
        if redshift_space:
            position = box.redshift_space_positions(options.get("line_of_sight", 2))
        else:
            position = galaxies.position
        position = np.asarray(position, dtype=float) % box.size
        ratios = (galaxies.axis_ratio_b, galaxies.axis_ratio_c)
        return cls(position, box.size, *ratios, redshift_space=redshift_space, **options)

    def __len__(self) -> int:
        return len(self.position)

    @cached_property
    def space(self) -> Pairs:
        """Pairs by their separation in space."""
        return pairs_in_space(self.position, self.size, self.edges)

    @cached_property
    def sky(self) -> Pairs:
        """Pairs by their separation on the sky."""
        return pairs_in_projection(
            self.position, self.size, self.edges, self.pi_max, self.line_of_sight
        )

    @cached_property
    def regions(self) -> np.ndarray:
        """Sub-cube of each galaxy, shape (N,)."""
        return sub_cubes(self.position, self.size, self.per_side)

    def pairs(self, kind: str) -> Pairs:
        """The pairs that a statistic is made of."""
        return self.sky if kind in KINDS and KINDS[kind].projected else self.space

    def marks(self, kind: str, rotation: np.ndarray) -> np.ndarray | None:
        """Axes or ellipticities of rotations, shape (N, 3, 3), as a statistic wants them."""
        rotation = np.asarray(rotation)
        if rotation.shape != (len(self), 3, 3):
            raise ValueError(
                f"rotations must have shape ({len(self)}, 3, 3), not {rotation.shape}"
            )
        if kind == "wgg":
            return None
        if not KINDS[kind].projected:
            return np.asarray(rotation[:, :, self.axis], dtype=float)
        return project(
            rotation, self.axis_ratio_b, self.axis_ratio_c, self.definition, self.line_of_sight
        )

    def measure(
        self,
        rotation: np.ndarray,
        kinds: Sequence[str] = ("ed", "ee", "wg+"),
        shapes: np.ndarray | None = None,
        density: np.ndarray | None = None,
        errors: bool = True,
    ) -> dict[str, Correlation]:
        r"""Measure statistics.

        Arguments:
            rotation: Columns are the axes of each galaxy, shape :math:`(N, 3, 3)`.
            kinds: Which ones.
            shapes: Mask of the galaxies whose orientation counts; all by default.
            density: Mask of the galaxies around which `ed` and `wg+` count them; all by default.
            errors: Whether to add the jackknife.
        """
        return {
            kind: self.measure_marks(kind, self.marks(kind, rotation), shapes, density, errors)
            for kind in kinds
        }

    def measure_marks(
        self,
        kind: str,
        marks: np.ndarray | None,
        shapes: np.ndarray | None = None,
        density: np.ndarray | None = None,
        errors: bool = True,
    ) -> Correlation:
        r"""Measure one statistic of axes or ellipticities, for models that give only these.

        Arguments:
            kind: Which one.
            marks: Unit axes, shape :math:`(N, 3)`, for `ed` and `ee`; ellipticities of
                `definition`, shape :math:`(N, 2)`, for `wg+` and `w++`; None for `wgg`.
            shapes: As of `measure`.
            density: As of `measure`.
            errors: As of `measure`.
        """
        parts = contributions(kind, self.pairs(kind), marks, shapes, density)
        if errors:
            found = jackknife(parts, self.regions, self.per_side**3, self.definition)
        else:
            found = summary(parts, self.definition)
        return replace(found, redshift_space=self.redshift_space)

    def moments(self, mixture: Any, kind: str) -> Moments:
        """Moments of what a statistic is made of; kept until another law is asked for."""
        name = "ellipticity" if KINDS[kind].projected else "axis"
        held = self._laws.get(name)
        if held is not None and held[0] is mixture:
            return held[1]
        law = Law.of(mixture)
        if name == "axis":
            found = axis_moments(law, self.axis)
        else:
            found = ellipticity_moments(
                law, self.axis_ratio_b, self.axis_ratio_c, self.definition, self.line_of_sight
            )
        self._laws[name] = (mixture, found)
        return found

    def truth(
        self,
        mixture: Any,
        kinds: Sequence[str] = ("ed", "ee", "wg+"),
        shapes: np.ndarray | None = None,
        density: np.ndarray | None = None,
    ) -> dict[str, Truth]:
        """What a law (`groups.SymmetricMixture` of N galaxies, or `Law`) makes of statistics."""
        return {
            kind: truth(kind, self.pairs(kind), self.moments(mixture, kind), shapes, density)
            for kind in kinds
        }
