r"""The objects of a cell, the worst first, and the posterior of one beside its truth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.spatial.transform import Rotation

from astroviz.accuracy.trial import Trial

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = [
    "LARGEST",
    "USUAL",
    "ObjectAxis",
    "ObjectScene",
    "object_scene",
    "objects_table",
    "worst_first",
]

_PLACES = 4
LARGEST, USUAL = 4, 3
"""Parameters of a corner plot: at most, and if nobody chose."""


@dataclass(frozen=True)
class ObjectAxis:
    """A parameter of a corner plot: name, label and unit, and the range of its values."""

    name: str
    label: str
    unit: str
    lower: float
    upper: float


@dataclass(frozen=True)
class ObjectScene:
    r"""The posterior of one object.

    Arguments:
        row: Its number in the trial.
        name: Its name.
        kind: `corner`, or `images` where the draws are square pictures.
        axes: Parameters of the corner plot, k of them.
        draws: Draws of these, (L, k); or pictures (4, side, side).
        truth: True values, (k,).
        labels: What the pictures are.
        ranks: Part of the draws below the truth, (k,).
        facts: What is known of the object: words and values.
    """

    row: int
    name: str
    kind: str
    axes: tuple[ObjectAxis, ...]
    draws: np.ndarray
    truth: np.ndarray
    labels: tuple[str, ...]
    ranks: np.ndarray
    facts: tuple[tuple[str, str], ...]


def worst_first(members: np.ndarray, badness: np.ndarray) -> np.ndarray:
    r"""Numbers of the objects of a cell, the worst first.

    Arguments:
        members: Mask of the objects, (N,).
        badness: How much each speaks against the posterior, (N,); what is not finite comes last.
    """
    rows = np.flatnonzero(members)
    far = np.where(np.isfinite(badness[rows]), badness[rows], -np.inf)
    return np.asarray(rows[np.argsort(-far, kind="stable")])


def object_scene(trial: Trial, row: int, pick: Sequence[str] = ()) -> ObjectScene:
    r"""The posterior of one object with its truth.

    Arguments:
        trial: A valid trial.
        row: Number of the object.
        pick: Up to `LARGEST` parameters; the first ones that there are by default.
    """
    row = int(np.clip(row, 0, trial.count - 1))
    name = trial.ids[row] if trial.ids else f"object {row + 1}"
    side = math.isqrt(trial.size)
    if trial.geometry == "image" and side > 2 and side * side == trial.size:
        return _pictures(trial, row, name, side)
    names, units = trial.names, trial.units or ("",) * trial.size
    draws, truth = np.asarray(trial.draws[row], float), np.asarray(trial.truths[row], float)
    if trial.geometry == "rotation":
        names, units, draws, truth = _turned(draws, truth)
    chosen = [k for k in (names.index(one) for one in pick if one in names)][:LARGEST]
    chosen = chosen or list(range(min(USUAL, len(names))))
    draws, truth = draws[:, chosen], truth[chosen]
    axes = tuple(
        ObjectAxis(names[k], _label(names[k]), units[k], *_ends(draws[:, j], truth[j]))
        for j, k in enumerate(chosen)
    )
    return ObjectScene(row, name, "corner", axes, draws, truth, (),
                       (draws < truth).mean(0), _facts(trial, row))  # fmt: skip


def _pictures(trial: Trial, row: int, name: str, side: int) -> ObjectScene:
    draws = np.asarray(trial.draws[row], float).reshape(-1, side, side)
    truth = np.asarray(trial.truths[row], float).reshape(side, side)
    stack = np.stack([truth, draws[0], draws.mean(0), draws.std(0)])
    return ObjectScene(
        row, name, "images", (), stack, truth.ravel(),
        ("truth", "one draw", "mean of the draws", "their spread"),
        np.array([(draws < truth).mean()]), _facts(trial, row),
    )  # fmt: skip


def _turned(draws: np.ndarray, truth: np.ndarray) -> tuple[Any, Any, np.ndarray, np.ndarray]:
    """Rotations from the truth to the draws, as vectors along their axes, degrees."""
    there = Rotation.from_matrix(truth.reshape(3, 3))
    apart = (there.inv() * Rotation.from_matrix(draws.reshape(-1, 3, 3))).as_rotvec(degrees=True)
    names = ("turn about x", "turn about y", "turn about z")
    return names, ("deg",) * 3, apart, np.zeros(3)


def _ends(values: np.ndarray, truth: float) -> tuple[float, float]:
    """A range wide enough to hold all draws and the truth."""
    known = np.append(values, truth)
    known = known[np.isfinite(known)]
    if not len(known):
        return 0.0, 1.0
    margin = max(float(np.ptp(known)), 1e-6 * max(1.0, float(np.abs(known).max())))
    return float(known.min() - margin), float(known.max() + margin)


def _label(name: str) -> str:
    """A name for an axis: `log age` for `log_age`, but `a_v` as it is."""
    parts = name.split("_")
    return name if min(map(len, parts)) < 2 else " ".join(parts)


def _facts(trial: Trial, row: int) -> tuple[tuple[str, str], ...]:
    """Groups and places of an object, in words."""
    found = [(kind, str(np.asarray(labels)[row])) for kind, labels in trial.groups.items()]
    for name, values in list(trial.places.items())[:_PLACES]:
        number = float(np.asarray(values)[row])
        if np.isfinite(number):
            found.append((name, f"{number:.4g} {trial.place_units.get(name, '')}".strip()))
    return tuple(found)


def objects_table(trial: Trial, rows: np.ndarray, scores: np.ndarray) -> QTable:
    r"""Objects as a table: truths, means and spreads of their draws, ranks, groups, places.

    Arguments:
        trial: A valid trial.
        rows: Numbers of the objects.
        scores: Normal scores of the ranks, (N, d).
    """
    import astropy.units as u
    from astropy.table import Column, QTable

    found: dict[str, Any] = {"object": [trial.ids[k] if trial.ids else f"object {k + 1}"
                                        for k in rows]}  # fmt: skip
    units = trial.units or ("",) * trial.size
    for k, (name, unit) in enumerate(zip(trial.names, units, strict=True)):
        draws = trial.draws[rows, :, k]
        columns = {"true": trial.truths[rows, k], "mean": draws.mean(1), "std": draws.std(1)}
        for word, values in columns.items():
            try:
                found[f"{name}_{word}"] = Column(values, unit=u.Unit(unit) if unit else None)
            except ValueError:  # a unit that astropy does not know is named in the column
                found[f"{name}_{word} ({unit})"] = values
        found[f"{name}_score"] = scores[rows, k]
    for kind, labels in trial.groups.items():
        found[kind] = np.asarray(labels)[rows].astype(str)
    for name, values in trial.places.items():
        found.setdefault(name, np.asarray(values)[rows])
    return QTable(found)
