r"""How well a fit gives back a truth that is known: the figures of the mock test.

All of them compare the galaxies that the survey keeps. The same figures of the untrained prior say
what the photometry has added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from astroviz.galaxies.marginals import ks, transport_distance
from astroviz.galaxies.member import Member
from astroviz.galaxies.parameters import DERIVED, PARAMETERS
from astroviz.galaxies.population import Population
from astroviz.galaxies.relations import main_sequence
from astroviz.galaxies.spline_flow import SplineFlow

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = [
    "COVERED",
    "QUANTITIES",
    "coverage",
    "prior_population",
    "ridge",
    "scores",
    "truth_columns",
]

QUANTITIES: Final = (*PARAMETERS, "log_mass", "log_sfr", "age")
"""What is compared one by one."""

COVERED: Final = ("redshift", "log_mass", "log_sfr", "log_z", "tau2", "f_burst")
"""Quantities in whose histograms the bands of the ensemble are judged."""

RIDGE_EDGES: Final = np.arange(9.5, 11.01, 0.25)
_BINS = 20


def truth_columns(theta: np.ndarray, synthesis: Any) -> dict[str, np.ndarray]:
    r"""Parameters and what follows from them, by name.

    Arguments:
        theta: Order of `PARAMETERS`, shape :math:`(N, 11)`.
        synthesis: From parameters to light.
    """
    with torch.no_grad():
        derived = synthesis.derived(torch.tensor(theta))
    found = {name: theta[:, k].astype(float) for k, name in enumerate(PARAMETERS)}
    return found | {name: derived[name].double().numpy() for name in DERIVED}


def prior_population(population: Population) -> Population:
    """The untrained population: its prior, seen through the same survey."""
    flow = SplineFlow(len(PARAMETERS), 1, 8, 4)
    member = Member(flow, len(population.bands))
    return Population([member], population.survey, population.features, name="prior")


def scores(
    population: Population, truth: Mapping[str, np.ndarray], n: int = 20_000, seed: int = 0
) -> dict[str, Any]:
    r"""Figures of a population against the truth.

    Arguments:
        population: Fitted, or from `prior_population`.
        truth: From `truth_columns`, galaxies that the fit has not seen.
        n: Draws.
        seed: Of the draws.

    Returns:
        `ks` and `w1` (in the unit of the quantity) by quantity, `shift` of the mean redshift,
        `ridge` as `ridge` gives it, and for an ensemble `coverage`.
    """
    draws = population.sample(n, seed, selected=True)
    found: dict[str, Any] = {
        "ks": {name: ks(draws[name], truth[name]) for name in QUANTITIES},
        "w1": {name: transport_distance(draws[name], truth[name]) for name in QUANTITIES},
        "shift": float(draws["redshift"].mean() - truth["redshift"].mean()),
        "ridge": ridge(draws, truth),
    }
    if len(population.members) > 1:
        each = [
            population.sample(n, seed + 1, selected=True, member=k)
            for k in range(len(population.members))
        ]
        found["coverage"] = {name: coverage(each, truth, name) for name in COVERED}
    return found


def ridge(draws: Draws, truth: Mapping[str, np.ndarray]) -> list[float]:
    r"""Median log SFR of star-forming galaxies minus the truth's, in quarter dex of stellar mass.

    Arguments:
        draws: Of the population that the survey keeps.
        truth: From `truth_columns`.

    Returns:
        Six numbers from :math:`9.5 < \log M_* < 11`, dex; NaN where there are too few galaxies.
    """
    mine, theirs = (main_sequence(one, edges=RIDGE_EDGES).value for one in (draws, truth))
    return [float(value) for value in mine - theirs]


def coverage(members: Sequence[Any], truth: Mapping[str, np.ndarray], name: str) -> float:
    r"""Part of the bins of a histogram in which the truth lies in the band of the ensemble.

    Arguments:
        members: Draws of each member.
        truth: From `truth_columns`.
        name: A quantity.

    Returns:
        Of twenty bins between the first and the last half per cent of the truth, the part in which
        the truth's share lies between the ensemble's 5 and 95 %, widened by one standard deviation
        of the truth's own count.
    """
    known = np.asarray(truth[name], float)
    ends = np.percentile(known, [0.5, 99.5])
    edges = np.linspace(float(ends[0]), float(ends[1]), _BINS + 1)
    right = np.histogram(known, edges)[0] / len(known)
    each = np.stack([np.histogram(one[name], edges)[0] / len(one[name]) for one in members])
    low, high = np.percentile(each, [5, 95], axis=0)
    chance = np.sqrt(np.maximum(right, 1 / len(known)) / len(known))
    return float(np.mean((right >= low - chance) & (right <= high + chance)))
