r"""Galaxies to start from: kinds that everybody knows, and members of the fitted population."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np

from astroviz.core.draws import Draws
from astroviz.core.presets import Preset
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS, GalaxyError

__all__ = ["archetypes", "member", "members", "surprising"]

_DRAWS: Final = 4000
_SEED: Final = 0
_KINDS: Final[dict[str, tuple[str, dict[str, float]]]] = {
    "A spiral": (
        "Stars of all ages and a moderate veil of dust.",
        {"kappa1": 0.55, "kappa2": 0.5, "kappa3": 0.5, "f_burst": 0.02, "t_burst": 1.0,
         "log_z": -0.1, "tau1": 0.4, "tau2": 0.4, "n_dust": -0.3, "redshift": 0.1,
         "log_mass_formed": 10.7},
    ),
    "An elliptical": (
        "Old stars, rich in metals, no dust: the break at 4000 A.",
        {"kappa1": 0.995, "kappa2": 0.9, "kappa3": 0.6, "f_burst": 0.0, "t_burst": 8.0,
         "log_z": 0.1, "tau1": 0.0, "tau2": 0.03, "n_dust": -0.7, "redshift": 0.1,
         "log_mass_formed": 11.4},
    ),
    "A dusty starburst": (
        "A young burst behind thick dust: as red as an old galaxy.",
        {"kappa1": 0.4, "kappa2": 0.5, "kappa3": 0.5, "f_burst": 0.15, "t_burst": 0.05,
         "log_z": 0.0, "tau1": 1.2, "tau2": 1.8, "n_dust": 0.0, "redshift": 0.25,
         "log_mass_formed": 10.9},
    ),
    "After the burst": (
        "A tenth of the mass was formed half a gigayear ago; now it is quiet.",
        {"kappa1": 0.995, "kappa2": 0.7, "kappa3": 0.5, "f_burst": 0.12, "t_burst": 0.5,
         "log_z": -0.2, "tau1": 0.1, "tau2": 0.1, "n_dust": -0.4, "redshift": 0.15,
         "log_mass_formed": 10.6},
    ),
    "A blue dwarf": (
        "Few metals, hardly any dust, mostly young stars.",
        {"kappa1": 0.15, "kappa2": 0.5, "kappa3": 0.5, "f_burst": 0.05, "t_burst": 0.03,
         "log_z": -1.0, "tau1": 0.1, "tau2": 0.05, "n_dust": -0.8, "redshift": 0.03,
         "log_mass_formed": 8.8},
    ),
}  # fmt: skip

# Name of a member to its sentence and what is largest for it.
_MEMBERS: Final[dict[str, tuple[str, Callable[[Draws], np.ndarray]]]] = {
    "Population: a usual galaxy": (
        "A draw of the population near the middle of it.",
        lambda draws: -_distance(draws, ("redshift", "log_mass", "log_ssfr")),
    ),
    "Population: on the main sequence": (
        "A massive galaxy that forms stars.",
        lambda draws: _forming(draws, -9.9) - _distance(draws, ("log_mass",), (10.5,)),
    ),
    "Population: quiet": (
        "A massive galaxy that hardly forms stars.",
        lambda draws: -_forming(draws, -11.0) - _distance(draws, ("log_mass",), (11.0,)),
    ),
    "Population: the dustiest": (
        "The draw with the most diffuse dust among massive ones.",
        lambda draws: draws["tau2"] - 9.0 * (draws["log_mass"] < 9.5),
    ),
}


def archetypes() -> tuple[Preset, ...]:
    """Kinds of galaxies that everybody knows."""
    return tuple(
        Preset(name, words, _settings([values[one] for one in PARAMETERS]))
        for name, (words, values) in _KINDS.items()
    )


def members(model: Any) -> tuple[Preset, ...]:
    r"""Members of a population that stand for kinds of galaxies.

    Arguments:
        model: Has `population`; None for none.
    """
    population = getattr(model, "population", None)
    return () if population is None else _presets(population)


def member(model: Any, number: int) -> np.ndarray:
    r"""The parameters of a draw of the population, shape (11,); GalaxyError where there is none.

    Arguments:
        model: Has `population`.
        number: Which draw, from 0; counted modulo the number of draws.
    """
    population = getattr(model, "population", None)
    if population is None:
        raise GalaxyError(
            "There is no fitted population to draw from: make one by `astroviz train galaxies`."
        )
    draws = _draws(population)
    return np.asarray(draws[PARAMETERS][number % len(draws)])


def surprising(model: Any, random: np.random.Generator) -> Mapping[str, Any]:
    """Settings of a member of the population; within the bounds where there is none."""
    if getattr(model, "population", None) is not None:
        return _settings(member(model, int(random.integers(_DRAWS))))
    limits = {**BOUNDS, "redshift": (0.02, 0.5), "log_mass_formed": (9.0, 11.5),
              "tau1": (0.0, 1.0), "tau2": (0.0, 1.2), "n_dust": (-1.0, 0.4),
              "f_burst": (0.0, 0.2), "log_z": (-1.2, 0.3)}  # fmt: skip
    return _settings([random.uniform(*limits[name]) for name in PARAMETERS])


def _settings(theta: Any) -> dict[str, float]:
    from astroviz.galaxies.sed_state import sed_settings

    return {**sed_settings(theta), "sed_dust": True}


@lru_cache(maxsize=2)
def _draws(population: Any) -> Draws:
    found: Draws = population.sample(_DRAWS, _SEED)
    return found


@lru_cache(maxsize=2)
def _presets(population: Any) -> tuple[Preset, ...]:
    draws = _draws(population)
    found = []
    for name, (words, rank) in _MEMBERS.items():
        order = np.nan_to_num(rank(draws), nan=-np.inf)
        found.append(Preset(name, words, _settings(draws[PARAMETERS][int(order.argmax())])))
    return tuple(found)


def _distance(
    draws: Draws, names: tuple[str, ...], middle: tuple[float, ...] | None = None
) -> np.ndarray:
    """How far draws are from the middle of some columns, in their standard deviations."""
    values = draws[list(names)]
    centre = np.nanmedian(values, 0) if middle is None else np.array(middle)
    return np.asarray(np.hypot.reduce((values - centre) / np.nanstd(values, 0), axis=1))


def _forming(draws: Draws, edge: float) -> np.ndarray:
    """Well above zero where star formation per mass exceeds the edge, else well below."""
    return np.where(draws["log_ssfr"] > edge, 5.0, -5.0)
