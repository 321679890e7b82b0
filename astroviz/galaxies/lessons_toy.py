r"""What the lesson on distances draws: two clouds, a plan between them, curves, descents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from astroviz.galaxies.toy import (
    Plan,
    clouds,
    descent,
    divergences,
    sinkhorn,
    transport,
    work,
)

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["FARTHEST", "KL", "MEASURES", "STEPS", "ToyScene", "toy_scene"]

FARTHEST = 3.0
"""The largest separation."""
STEPS = 90
RATE = 0.04

KL, JS, EXACT, BLURRED = "Kullback-Leibler", "Jensen-Shannon", "Wasserstein", "Sinkhorn"
MEASURES = (KL, JS, EXACT, BLURRED)
_PLACES = 31
_FAINTEST = 0.02  # of the strongest line: weaker ones are not drawn


@dataclass(frozen=True, eq=False)
class ToyScene:
    r"""One setting of the bench.

    Arguments:
        model: Points of the model, shape :math:`(n, 2)`.
        data: Points of the data.
        lines: Ends of the lines of the plan, :math:`(L, 2, 2)`: line, end, axis.
        strengths: How visible each is, from 0 to 1, :math:`(L,)`.
        places: Separations at which the curves are known, :math:`(K,)`.
        curves: Name of a measure to its values, :math:`(K,)`; nats or lengths.
        here: Name to its value at this separation.
        apart: The separation.
        goal: The separation at which model and data agree.
        paths: Name to the separations that plain gradient descent goes through; NaN from where it
            left the bench.
        partners: Points of the data that a point of the model is spread over.
    """

    model: np.ndarray
    data: np.ndarray
    lines: np.ndarray
    strengths: np.ndarray
    places: np.ndarray
    curves: Mapping[str, np.ndarray]
    here: Mapping[str, float]
    apart: float
    goal: float
    paths: Mapping[str, np.ndarray]
    partners: float

    @property
    def table(self) -> str:
        """What is read off, as HTML."""
        units = {KL: "nats", JS: "nats", EXACT: "", BLURRED: ""}
        rows = [(name, f"{value:.3g} {units[name]}") for name, value in self.here.items()]
        rows.append(
            ("Partners of a point in the plan", f"{self.partners:.1f} of {len(self.data)}")
        )
        rows += [
            (f"{name}: descent", _end_of(path, self.goal)) for name, path in self.paths.items()
        ]
        cells = "".join(
            f"<tr><td>{name}</td><td class='number'>{value}</td></tr>" for name, value in rows
        )
        return f"<table>{cells}</table>"

    def to_table(self) -> QTable:
        """The curves, a row for each separation."""
        from astropy.table import QTable

        return QTable({"separation": self.places, **{n: c for n, c in self.curves.items()}})


def toy_scene(apart: float, width: float, blur: float, shape: str, seed: int = 0) -> ToyScene:
    r"""Everything that the lesson draws.

    Arguments:
        apart: Where the masses of the model are.
        width: Of each mass.
        blur: Scale below which neither the plan nor the divergences look.
        shape: One of `toy.SHAPES`.
        seed: Of the points.

    Example:
        >>> scene = toy_scene(2.0, 0.0, 0.1, "one")
        >>> round(scene.here["Wasserstein"], 6), round(scene.here["Jensen-Shannon"], 3)
        (2.0, 0.693)
    """
    bench = clouds(apart, width, shape, seed)
    plan = transport(bench, blur)
    lines, strengths = _lines(bench.model, bench.data, plan)
    places, curves = _curves(width, blur, shape, seed)
    kl, js = divergences(bench, blur)
    here = {KL: kl, JS: js, EXACT: work(bench), BLURRED: sinkhorn(bench, blur)}
    mirrored = np.concatenate([-places[:0:-1], places])
    paths = {
        name: descent(
            mirrored, np.concatenate([curve[:0:-1], curve]), apart, RATE, STEPS
        )
        for name, curve in curves.items()
    }  # fmt: skip
    goal = float(bench.centres[1].max())
    return ToyScene(bench.model, bench.data, lines, strengths, places, curves, here, apart, goal,
                    paths, plan.partners)  # fmt: skip


@lru_cache(maxsize=32)
def _curves(
    width: float, blur: float, shape: str, seed: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Every measure over the separation."""
    places = np.linspace(0.0, FARTHEST, _PLACES)
    rows = []
    for place in places:
        bench = clouds(float(place), width, shape, seed)
        rows.append((*divergences(bench, blur), work(bench), sinkhorn(bench, blur)))
    return places, dict(zip(MEASURES, np.array(rows).T, strict=True))


def _lines(model: np.ndarray, data: np.ndarray, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """The lines of a plan that can be seen."""
    strength = plan.weights / plan.weights.max()
    start, end = np.nonzero(strength > _FAINTEST)
    seen = strength[start, end] / max(plan.partners / 2, 1.0) ** 0.5  # many lines, each faint
    return np.stack([model[start], data[end]], 1), seen


def _end_of(path: np.ndarray, goal: float) -> str:
    known = path[np.isfinite(path)]
    if len(known) < len(path):
        return f"leaves the bench at step {len(known)}"
    off = abs(abs(float(known[-1])) - goal)
    if off < 2 * RATE:
        close = np.abs(np.abs(known) - goal) < 2 * RATE
        return f"there after {int(np.argmax(close))} steps"
    moved = abs(float(known[-1] - known[0]))
    return "does not move" if moved < RATE else f"{off:.2f} off after {len(path) - 1} steps"
