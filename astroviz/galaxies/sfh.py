r"""Histories of star formation: four bases, their shares, and a burst.

A history is :math:`\psi(t) = \sum_i \beta_i b_i(t)` in lookback time, cut at the age of the
Universe and scaled to one solar mass; a share `f_burst` of the mass forms at once at `t_burst`,
where the Universe is old enough for it. The shares follow from three numbers,
:math:`\beta = (1 - \kappa_1,\ \kappa_1 (1 - \kappa_2),\ \kappa_1 \kappa_2 (1 - \kappa_3),\
\kappa_1 \kappa_2 \kappa_3)`, and are a flat Dirichlet draw when the :math:`\kappa` are roots of
uniform ones: :math:`u^{1/3}, u^{1/2}, u`. The bases go from the youngest to the oldest.

References:
    The parametrisation is that of PROVABGS (Hahn et al. 2023, arXiv:2202.01809) and PopSED (Li et
    al. 2024, arXiv:2309.16958); the bases are our own (`sfh_family`).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from astroviz.galaxies.dust import BIRTH_CLOUD_AGE

__all__ = ["HistoryWeights", "history_bases", "interpolation_weights", "shares"]

Array = NDArray[np.float64]

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(4)


def shares(kappa1: Tensor, kappa2: Tensor, kappa3: Tensor) -> Tensor:
    r"""The share of each basis, :math:`\beta`.

    Arguments:
        kappa1: From 0 to 1, shape (...).
        kappa2: The same.
        kappa3: The same.

    Returns:
        Shape (..., 4), summing to one.

    Example:
        >>> half = torch.tensor(0.5)
        >>> shares(half, half, half).tolist()
        [0.5, 0.25, 0.125, 0.125]
    """
    second, third = kappa1 * kappa2, kappa1 * kappa2 * kappa3
    return torch.stack([1 - kappa1, kappa1 - second, second - third, third], -1)


def history_bases() -> tuple[Array, Array]:
    r"""The shipped bases.

    Returns:
        Knots of lookback time, Gyr, shape (T,), between which a basis is linear; and the star
        formation rate of each basis at the knots, solar masses per Gyr for one solar mass formed
        until today, shape (4, T).
    """
    from astroviz.galaxies.tables import load_tables

    tables = load_tables()
    return tables.history_lookback.numpy(), tables.history_bases.numpy()


def interpolation_weights(age: Array, ages: Array) -> Array:
    r"""Weights of linear interpolation in log age, held constant outside.

    Arguments:
        age: Gyr, shape (T,).
        ages: Rising and positive, Gyr, shape (A,).

    Returns:
        Shape (T, A).
    """
    logs = np.log(ages)
    place = np.interp(np.log(np.maximum(age, 1e-30)), logs, np.arange(len(ages)))
    below = np.minimum(place.astype(int), len(ages) - 2)
    weights = np.zeros((len(age), len(ages)))
    rows = np.arange(len(age))
    weights[rows, below] = 1 - (place - below)
    weights[rows, below + 1] += place - below
    return weights


class HistoryWeights:
    r"""How much mass each basis puts at each age of a grid, when the Universe is so and so old.

    Attributes:
        mass: Shape (N, 2, 4, A): for each age of the Universe, mass of stars up to 10 Myr and of
            older ones, of each basis, at each age; not scaled, so less than one where the
            Universe is younger than today.
        formed: Its sum over young, old and ages, shape (N, 4).
        age: Mass-weighted age times `formed`, Gyr, shape (N, 4).
        recent: Mass that each basis forms in the last 0.01 and 0.1 Gyr, shape (2, 4).

    Arguments:
        lookback: Knots of the bases, Gyr, shape (T,).
        bases: Star formation rate at the knots, shape (4, T).
        ages: Grid of ages, Gyr, rising and positive, shape (A,).
        oldest: Ages of the Universe, Gyr, any order, shape (N,).
    """

    def __init__(self, lookback: Array, bases: Array, ages: Array, oldest: Array) -> None:
        breaks = np.concatenate([lookback, ages, oldest, [0.0, BIRTH_CLOUD_AGE, 0.1]])
        breaks = np.unique(np.clip(breaks, 0, oldest.max()))
        middle, half = (breaks[1:] + breaks[:-1]) / 2, np.diff(breaks) / 2
        times = (middle[:, None] + half[:, None] * _POINTS).ravel()
        step = (half[:, None] * _WEIGHTS).ravel()
        mass = np.stack([np.interp(times, lookback, basis) for basis in bases]) * step
        hats = interpolation_weights(times, ages)
        found = np.empty((len(oldest), 2, len(bases), len(ages)))
        young = times <= BIRTH_CLOUD_AGE
        found[:, 0] = mass[:, young] @ hats[young]
        for n, limit in enumerate(oldest):
            old = ~young & (times <= limit)
            found[n, 1] = mass[:, old] @ hats[old]
        self.mass = found
        self.formed = found.sum((1, 3))
        self.age = np.stack([(mass * times)[:, times <= limit].sum(1) for limit in oldest])
        self.recent = np.stack([mass[:, times <= t].sum(1) for t in (BIRTH_CLOUD_AGE, 0.1)])
