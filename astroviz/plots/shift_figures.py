r"""A comparison of two populations in four figures, for the page and the notebook alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves
from astroviz.plots.importance_bars import ImportanceBars
from astroviz.plots.pqmass_histogram import PQMassHistogram
from astroviz.plots.shift_plane import ShiftPlane

__all__ = ["ShiftFigures"]

_KNOWN, _ASKED, _EDGE = "known", "asked", "99 % of what is known"


class ShiftFigures:
    r"""Plane, PQMass, scores of objects, importance of columns.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        self.plane = ShiftPlane("shift-plane", dark)
        self.population = PQMassHistogram(dark=dark)
        self.population.figure.name = "shift-population"
        self.importance = ImportanceBars("shift-importance", dark)
        self.objects = Curves(
            "shift-objects", "ood_score (1: the edge of what is known)", "part of the objects",
            [Curve(_KNOWN, "prior", "bars", alpha=0.45), Curve(_ASKED, "posterior", "bars",
                                                               alpha=0.5),
             Curve(_EDGE, "truth", dash="dashed")],
            dark,
        )  # fmt: skip

    @property
    def plots(self) -> tuple[Any, ...]:
        """All of them."""
        return (self.plane, self.population, self.importance, self.objects)

    def show(self, found: Any) -> None:
        """Draw what was found of a case (an `accuracy.shift_case.ShiftFound`), plane excepted."""
        pqm = found.population
        self.population.update(
            {"chi_square": pqm.chi_square, "dof": pqm.dof, "permuted": pqm.permuted},
            f"PQMass: mean chi^2 {pqm.chi_square.mean():.1f}, expected {pqm.dof}, p "
            f"{pqm.p_value:.3g} by {len(pqm.permuted)} exchanges of labels.",
        )
        self._show_objects(found.objects)
        told = found.classifier
        if told is None:
            self.importance.clear()
        else:
            self.importance.update(found.case.names, told.importance, told.importance_error)

    def show_plane(self, found: Any, x: int, y: int, place: int) -> None:
        r"""Draw the plane of two columns.

        Arguments:
            found: What was found.
            x: Number of the horizontal column.
            y: Number of the vertical column.
            place: Asked object that is ringed.
        """
        case, scores = found.case, found.objects.ood_scores
        names = [f"{case.name_of(k)}: ood_score {score:.2f}" for k, score in enumerate(scores)]
        self.plane.update(
            case.known[:, [x, y]], case.asked[:, [x, y]], scores, (case.labels[x], case.labels[y]),
            f"{len(case.asked)} of {case.asked_words} over {len(case.known)} of "
            f"{case.known_words}: {case.labels[y]} against {case.labels[x]}.", names,
        )  # fmt: skip
        self.plane.point_at(place)

    def clear(self) -> None:
        """Show nothing."""
        none = np.zeros((0, 2))
        self.plane.update(none, none, np.zeros(0), ("", ""), "Nothing to compare yet.")
        for chart in (self.population, self.objects):
            Curves.update(chart, {}, "Nothing to compare yet.")
        self.importance.clear()

    def _show_objects(self, objects: Any) -> None:
        known, asked = objects.known / objects.edge, objects.ood_scores
        top = float(np.quantile(np.concatenate([known, asked]), 0.995)) * 1.1
        top = max(top, 1.4)
        edges = np.linspace(0.0, top, 31)
        heights = [np.histogram(np.minimum(one, top * 0.999), edges)[0] / len(one)
                   for one in (known, asked)]  # fmt: skip
        highest = 1.15 * max(float(one.max()) for one in heights)
        self.objects.update(
            {_KNOWN: (edges, heights[0]), _ASKED: (edges, heights[1]),
             _EDGE: (np.ones(2), np.array([0.0, highest]))},
            f"{100 * objects.flagged:.1f} % of the asked objects lie beyond the edge of what is "
            "known; 1 % is expected.",
            (0.0, top), (0.0, highest),
        )  # fmt: skip
