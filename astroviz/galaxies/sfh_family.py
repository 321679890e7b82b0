r"""Where the bases of the histories come from: a family of published shapes, and its factors.

A third each of three shapes that are fitted to galaxies: lognormal in cosmic time (Gladders et al.
2013, arXiv:1309.7054), delayed exponential with its start (Simha et al. 2014, arXiv:1404.0402),
and rising and falling power laws (Carnall et al. 2018, arXiv:1712.04452). Four non-negative bases
that add up to them are found by non-negative matrix factorisation, as PROVABGS finds its own from
simulated galaxies (Hahn et al. 2023, arXiv:2202.01809).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["KNOTS", "draw_histories", "factorise"]

Array = NDArray[np.float64]

_TODAY: Final = 13.467  # Gyr

KNOTS: Final[Array] = np.unique(
    np.concatenate([[0.0, 0.03, 0.1, 0.2, 0.35], np.linspace(0.5, 13.5, 40)]).round(4)
)
"""Lookback times between which a history is linear, Gyr."""

_FLOOR: Final = 2e-3  # of the mean rate: no basis is without stars of any age


def _lognormal(cosmic: Array, rng: np.random.Generator, number: int) -> Array:
    """Peak from 1 to 14 Gyr, width from narrow to flat."""
    peak = rng.uniform(1.0, 14.0, number)[:, None]
    width = rng.uniform(0.15, 1.0, number)[:, None]
    log = np.log(np.maximum(cosmic, 1e-3))
    centre = np.log(peak) + width**2
    return np.asarray(np.exp(-((log - centre) ** 2) / (2 * width**2) - log))


def _delayed(cosmic: Array, rng: np.random.Generator, number: int) -> Array:
    """Starts in the first 8 Gyr, time scale from 0.3 to 10 Gyr."""
    start = rng.uniform(0.1, 8.0, number)[:, None]
    scale = np.exp(rng.uniform(np.log(0.3), np.log(10.0), number))[:, None]
    since = np.maximum(cosmic - start, 0)
    return np.asarray(since * np.exp(-since / scale))


def _power_laws(cosmic: Array, rng: np.random.Generator, number: int) -> Array:
    """Turns between 1 and 13 Gyr, slopes from 0.3 to 30."""
    turn = rng.uniform(1.0, 13.0, number)[:, None]
    fall, rise = np.exp(rng.uniform(np.log(0.3), np.log(30.0), (2, number)))[..., None]
    log = np.log(np.maximum(cosmic, 1e-3) / turn)
    return np.asarray(np.exp(-np.logaddexp(fall * log, -rise * log)))


def _mass(rates: Array) -> Array:
    return np.asarray(np.trapezoid(rates, KNOTS, axis=-1))


def draw_histories(number: int, seed: int) -> Array:
    r"""Histories of the family.

    Arguments:
        number: How many of each of the three shapes.
        seed: Of the random numbers.

    Returns:
        Star formation rate at `KNOTS`, solar masses per Gyr for one solar mass, (3 number, T).
    """
    rng = np.random.default_rng(seed)
    cosmic = np.maximum(_TODAY - KNOTS, 0.0)[None]
    shapes = (_lognormal, _delayed, _power_laws)
    rates = np.concatenate([shape(cosmic, rng, number) for shape in shapes])
    rates = rates * (cosmic > 0)
    return rates / _mass(rates)[:, None]


def factorise(histories: Array, number: int = 4, seed: int = 0) -> Array:
    r"""Non-negative bases whose sums come close to all histories.

    Arguments:
        histories: At `KNOTS`, shape (N, T).
        number: How many bases.
        seed: Of the start.

    Returns:
        Bases of one solar mass each, from the youngest to the oldest, nowhere zero before the
        Big Bang; shape (number, T).
    """
    from sklearn.decomposition import NMF

    # each knot counts by the time it stands for
    width = np.sqrt(np.gradient(KNOTS))
    model = NMF(number, init="nndsvda", max_iter=2000, tol=1e-6, random_state=seed)
    model.fit(histories * width)
    bases = model.components_ / width
    bases = bases / _mass(bases)[:, None] + _FLOOR / _TODAY
    bases[:, KNOTS > _TODAY] = 0.0
    bases = bases / _mass(bases)[:, None]
    return np.asarray(bases[np.argsort(_mass(bases * KNOTS))])
