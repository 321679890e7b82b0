r"""Do the real stars follow the simulator's prior? If not, aligning the two clouds does harm.

Alignment moves the cloud of real contexts onto that of simulated ones. When ages and masses are
distributed differently, the clouds should differ, and a perfect alignment is wrong. Populations
are compared in cells of age and mass. That of the real stars, :math:`\pi`, is the most likely one
given in which cells their posterior means fall, when the chance to be found in cell :math:`i` for
a star of cell :math:`j` is the simulator's own :math:`P_{ij}` (label shift),

.. math:: \pi_j \leftarrow \pi_j \sum_i \frac{n_i}{N} \frac{P_{ij}}{\sum_k P_{ik}\, \pi_k},

or simply that of the labelled stars where there are enough. Simulated stars weighed by
:math:`\pi_j / \pi^\mathrm{sim}_j` have the population of the real ones; these weights go into the
alignment of an arm with a guard, together with an unbalanced transport.

References:
    | Label shift by expectation maximisation: Saerens et al. (2002), Neural Comput. 14, 21
    | Adaptation under prior misspecification: Elsemueller et al. (2025),
      https://arxiv.org/abs/2502.04949
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["AGE_EDGES", "LARGEST_SHIFT", "MASS_EDGES", "Shift", "cells", "importance",
           "label_shift", "population_shift"]  # fmt: skip

AGE_EDGES = np.linspace(6.0, 7.8, 6)
MASS_EDGES = np.array([-0.93, -0.7, -0.46, -0.23, 0.01])
LARGEST_SHIFT = 0.2
"""Total variation between the populations from which on a warning is given."""
MOST_WEIGHT = 10.0
_ENOUGH = 100  # labelled stars that tell a population better than posteriors do
_TRIALS = 40  # samples without a shift that are drawn to know what chance does
_PSEUDO = 0.5  # stars added to every cell


@dataclass(frozen=True)
class Shift:
    r"""How the population of the real stars differs from the simulator's.

    Arguments:
        simulated: Part of the simulated stars in each cell, shape :math:`(K,)`.
        real: Estimated part of the real stars, same shape.
        labelled: Number of labelled stars behind the estimate; 0 where it rests on posteriors.
        noise: Distance that one sample in twenty of this size shows without any shift.
    """

    simulated: np.ndarray
    real: np.ndarray
    labelled: int
    noise: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a card."""
        return {"simulated": [round(float(v), 5) for v in self.simulated],
                "real": [round(float(v), 5) for v in self.real], "labelled": self.labelled,
                "noise": round(self.noise, 4)}  # fmt: skip

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Shift:
        """The inverse of `to_dict`."""
        return cls(np.array(plain["simulated"]), np.array(plain["real"]), plain["labelled"],
                   plain["noise"])  # fmt: skip

    @property
    def distance(self) -> float:
        """Total variation distance, 0 to 1."""
        return _apart(self.real, self.simulated)

    @property
    def differs(self) -> bool:
        """Whether the populations differ by more than a sample of this size does by chance."""
        return self.distance >= max(LARGEST_SHIFT, self.noise)

    @property
    def warning(self) -> str:
        """A sentence, empty where the populations agree."""
        if not self.differs:
            return ""
        return (
            f"The populations differ: {self.distance:.0%} of the stars would have to change age "
            "or mass. Aligning them as they are does harm; leave the guard on, which weighs the "
            "simulated stars to the population of the real ones."
        )

    @property
    def refusal(self) -> str:
        """Why a guard lets nobody align without labels, empty where the populations agree."""
        if not self.differs:
            return ""
        return (
            f"The guard refuses: the populations differ by {self.distance:.0%} of the stars, and "
            "without labels nobody could tell whether an alignment has helped. Give labelled "
            "stars, or switch the guard off to see what happens."
        )

    def marginals(self) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Edges, simulated and real parts for the histograms of `log_age` and `log_mass`."""
        shape = (len(AGE_EDGES) - 1, len(MASS_EDGES) - 1)
        here, there = self.simulated.reshape(shape), self.real.reshape(shape)
        return {"log_age": (AGE_EDGES, here.sum(1), there.sum(1)),
                "log_mass": (MASS_EDGES, here.sum(0), there.sum(0))}  # fmt: skip


def cells(log_age: np.ndarray, log_mass: np.ndarray) -> np.ndarray:
    """Cell of each star; values outside count to the outermost cells."""
    age = np.clip(np.digitize(log_age, AGE_EDGES) - 1, 0, len(AGE_EDGES) - 2)
    mass = np.clip(np.digitize(log_mass, MASS_EDGES) - 1, 0, len(MASS_EDGES) - 2)
    found: np.ndarray = age * (len(MASS_EDGES) - 1) + mass
    return found


def _number() -> int:
    return (len(AGE_EDGES) - 1) * (len(MASS_EDGES) - 1)


def label_shift(
    truth: np.ndarray, found: np.ndarray, target: np.ndarray, rounds: int = 50
) -> np.ndarray:
    r"""The population behind answers, by expectation maximisation.

    Arguments:
        truth: True cells of simulated stars, shape :math:`(N,)`.
        found: Cells in which the model puts them, shape :math:`(N,)`.
        target: Cells in which it puts the real stars, shape :math:`(M,)`.
        rounds: Number of iterations; few of them keep noise from being fitted.

    Returns:
        Part of the real stars in each cell, shape :math:`(K,)`.
    """
    size = _number()
    chance = np.full((size, size), _PSEUDO / size)
    np.add.at(chance, (found, truth), 1.0)
    chance /= chance.sum(0)
    seen = np.bincount(target, minlength=size) / len(target)
    part = (np.bincount(truth, minlength=size) + _PSEUDO) / (len(truth) + _PSEUDO * size)
    for _ in range(rounds):
        part = part * (chance.T @ (seen / (chance @ part)))
    return np.asarray(part / part.sum())


def population_shift(
    truth: np.ndarray,
    found: np.ndarray,
    target: np.ndarray,
    labels: np.ndarray | None = None,
) -> Shift:
    r"""Compare the populations.

    Arguments:
        truth: True ages and masses of simulated stars, shape :math:`(N, 2)`.
        found: The model's posterior means for them, same shape.
        target: The model's posterior means for the real stars, shape :math:`(M, 2)`.
        labels: Known ages and masses of some real stars, shape :math:`(L, 2)`.

    Raises:
        ValueError: no stars on one of the sides.
    """
    if not len(truth) or not len(target):
        raise ValueError("populations can only be compared where both sides have stars")
    own = cells(*truth.T)
    simulated = np.bincount(own, minlength=_number()) / len(own)
    random = np.random.default_rng(0)
    if labels is not None and len(labels) >= _ENOUGH:
        count = np.bincount(cells(*labels.T), minlength=_number()) + _PSEUDO
        drawn = [random.multinomial(len(labels), simulated) for _ in range(_TRIALS)]
        chance = [_apart((part + _PSEUDO) / (part + _PSEUDO).sum(), simulated) for part in drawn]
        return Shift(simulated, count / count.sum(), len(labels), _level(chance))
    seen = cells(*found.T)
    chance = [
        _apart(label_shift(own, seen, random.choice(seen, len(target))), simulated)
        for _ in range(_TRIALS)
    ]
    return Shift(simulated, label_shift(own, seen, cells(*target.T)), 0, _level(chance))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """Total variation distance."""
    return float(0.5 * np.abs(a - b).sum())


def _level(distances: list[float]) -> float:
    return float(np.quantile(distances, 0.95))


def importance(shift: Shift, log_age: np.ndarray, log_mass: np.ndarray) -> np.ndarray:
    r"""Weights that give simulated stars the population of the real ones, mean 1, capped.

    Arguments:
        shift: From `population_shift`.
        log_age: True ages of the simulated stars, shape :math:`(N,)`.
        log_mass: Their masses.
    """
    ratio = shift.real / np.maximum(shift.simulated, 1e-6)
    weights = np.clip(ratio, 1 / MOST_WEIGHT, MOST_WEIGHT)[cells(log_age, log_mass)]
    return np.asarray(weights / weights.mean())
