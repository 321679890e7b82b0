r"""What is put on trial: true values, draws for each of them, and what is known beside.

Everything the checks look at is in one `Trial`, so that one pass of sampling serves them all.
Rooms, which know nothing of this folder, hand over plain mappings of the same names.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["GEOMETRIES", "Trial", "TrialError", "join"]

GEOMETRIES = ("vector", "rotation", "image", "series", "table")
"""How two points are apart: `table` has gaps (NaN) in it, `rotation` has 3 x 3 matrices, row by
row, as its last axis of 9."""


class TrialError(ValueError):
    """Draws and truths cannot be judged; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    r"""N objects with a true value and L posterior draws each.

    Arguments:
        truths: True values, shape :math:`(N, d)`.
        draws: Posterior draws, shape :math:`(N, L, d)`.
        names: The :math:`d` names.
        units: Their units; empty texts where they have none.
        weights: Weights of the draws, shape :math:`(N, L)`; None where they are equal.
        geometry: One of `GEOMETRIES`.
        distance: The user's own distance: takes (..., d) and (..., d), gives (...); None for that
            of the geometry.
        prior: Draws of the prior that the truths came from, shape :math:`(M, d)`.
        observations: What each posterior was given, shape :math:`(N, F)`; NaN is a gap.
        observation_names: Their names.
        groups: Labels (N,) by kind of group, as `{"pattern": ...}`; functions of the data alone.
        places: Coordinates in which objects are shown, name to (N,), as `{"ra": ..., "G": ...}`.
        place_units: Their units.
        measured: Measured quantities, name to (N,), that were predicted.
        predicted: Their predictive draws, name to (N, L), noise included.
        log_likelihood: Of the truths (N,) and the draws (N, L), or None.
        log_prob: Log density of the posterior at the truths (N,) and at the draws (N, L), or None.
        chi_square: Residual chi^2 of each object's draws (N, L), and degrees of freedom (N,).
        ids: Name of each object.
        model: Whose posterior it is.
        seed: Seed of it all.
        notes: Sentences that a reader must see: repairs, stand-ins, limits.
    """

    truths: np.ndarray
    draws: np.ndarray
    names: tuple[str, ...]
    units: tuple[str, ...] = ()
    weights: np.ndarray | None = None
    geometry: str = "vector"
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None
    prior: np.ndarray | None = None
    observations: np.ndarray | None = None
    observation_names: tuple[str, ...] = ()
    groups: Mapping[str, np.ndarray] = field(default_factory=dict)
    places: Mapping[str, np.ndarray] = field(default_factory=dict)
    place_units: Mapping[str, str] = field(default_factory=dict)
    measured: Mapping[str, np.ndarray] = field(default_factory=dict)
    predicted: Mapping[str, np.ndarray] = field(default_factory=dict)
    log_likelihood: tuple[np.ndarray, np.ndarray] | None = None
    log_prob: tuple[np.ndarray, np.ndarray] | None = None
    chi_square: tuple[np.ndarray, np.ndarray] | None = None
    ids: tuple[str, ...] = ()
    model: str = ""
    seed: int = 0
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many objects."""
        return len(self.truths)

    @property
    def size(self) -> int:
        """How many coordinates a point has."""
        return int(self.truths.shape[-1])

    def part(self, rows: np.ndarray) -> Trial:
        """Some of the objects: indices (K,) or a mask (N,)."""
        rows = np.asarray(rows)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows

        def of(value: Any) -> Any:
            if value is None:
                return None
            if isinstance(value, Mapping):
                return {name: np.asarray(item)[rows] for name, item in value.items()}
            return tuple(item[rows] for item in value) if isinstance(value, tuple) else value[rows]

        return dataclasses.replace(
            self, **{name: of(getattr(self, name)) for name in _BY_OBJECT},
            ids=tuple(self.ids[k] for k in rows) if self.ids else (),
        )  # fmt: skip


# Fields whose arrays have one row for each object.
_BY_OBJECT = ("truths", "draws", "weights", "observations", "groups", "places", "measured",
              "predicted", "log_likelihood", "log_prob", "chi_square")  # fmt: skip


def join(parts: Iterable[Mapping[str, Any]]) -> Trial:
    r"""One trial of parts, each a mapping of the fields of `Trial`, as a room yields them.

    Arguments:
        parts: Mappings; arrays by object are put one after the other, the rest is of the first.

    Example:
        >>> part = {"truths": np.zeros((2, 1)), "draws": np.ones((2, 5, 1)), "names": ("x",)}
        >>> join([part, part]).count
        4
    """
    found = [dict(part) for part in parts]
    if not found:
        raise TrialError("there is not one object to judge: ask for more simulations")
    first = found[0]
    if len(found) > 1:
        for name in [name for name in _BY_OBJECT if first.get(name) is not None]:
            first[name] = _joined([part[name] for part in found])
        if first.get("ids"):
            first["ids"] = tuple(one for part in found for one in part["ids"])
    first["names"] = tuple(first["names"])
    return Trial(**first)


def _joined(values: list[Any]) -> Any:
    if isinstance(values[0], Mapping):
        return {name: np.concatenate([value[name] for value in values]) for name in values[0]}
    if isinstance(values[0], tuple):
        return tuple(np.concatenate(column) for column in zip(*values, strict=True))
    return np.concatenate(values)
