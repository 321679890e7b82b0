r"""The prior editor: draws under one prior become weighted draws under another.

.. math:: w_i \propto \prod_k \frac{p_\mathrm{new}(\theta_{ik})}{p_\mathrm{trained}(\theta_{ik})},
          \qquad n_\mathrm{eff} = \frac{(\sum_i w_i)^2}{\sum_i w_i^2}

Below an effective sample size of 100 the answer is refused: the draws do not reach the new prior.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.stars.parameters import PARAMETERS, Parameter, cumulative

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = [
    "EDITABLE",
    "MINIMUM_EFFECTIVE_SIZE",
    "PRIOR_KINDS",
    "Reweighting",
    "check_prior",
    "edited_log_density",
    "prior_curves",
    "prior_kinds",
    "reweight",
    "training_log_density",
]

MINIMUM_EFFECTIVE_SIZE = 100
EDITABLE = ("log_age", "log_mass", "a_v", "distance")

PriorSpec = Mapping[str, Any]
_LN10 = float(np.log(10.0))


def _uniform(x: np.ndarray, lower: float, upper: float) -> np.ndarray:
    return np.where((x >= lower) & (x <= upper), 0.0, -np.inf)


def _normal(x: np.ndarray, mean: float, sd: float) -> np.ndarray:
    density: np.ndarray = -0.5 * ((x - mean) / sd) ** 2
    return density


def _exponential(x: np.ndarray, mean: float) -> np.ndarray:
    density: np.ndarray = -x / mean
    return density


def _flat_age(x: np.ndarray) -> np.ndarray:
    """A constant birth rate: flat in age is rising as age in log age."""
    density: np.ndarray = _LN10 * x
    return density


def _power_law(x: np.ndarray, slope: float) -> np.ndarray:
    """Mass function dN/dlog M = M^-slope; Salpeter's slope is 1.35."""
    density: np.ndarray = -slope * _LN10 * x
    return density


def _kroupa(x: np.ndarray) -> np.ndarray:
    """Kroupa (2001): slope 0.3 below 0.5 solar masses, 1.3 above, in dN/dlog M."""
    knee = np.log10(0.5)
    density: np.ndarray = -_LN10 * np.where(x < knee, 0.3 * (x - knee), 1.3 * (x - knee))
    return density


def _volume(x: np.ndarray, scale: float) -> np.ndarray:
    """Stars fill space with an exponential decline: distance^2 exp(-distance / scale)."""
    density: np.ndarray = 2 * np.log(x) - x / scale
    return density


_DENSITIES: dict[str, Callable[..., np.ndarray]] = {
    "uniform": _uniform,
    "normal": _normal,
    "exponential": _exponential,
    "flat_age": _flat_age,
    "power_law": _power_law,
    "kroupa": _kroupa,
    "volume": _volume,
}
# Kind of each editable parameter to the arguments it has and where they start.
PRIOR_KINDS: dict[str, dict[str, dict[str, float]]] = {
    "log_age": {
        "uniform": {"lower": 6.0, "upper": 7.3},
        "normal": {"mean": 7.0, "sd": 0.3},
        "flat_age": {},
    },
    "log_mass": {
        "uniform": {"lower": -1.0, "upper": 0.5},
        "normal": {"mean": -0.3, "sd": 0.3},
        "kroupa": {},
        "power_law": {"slope": 1.35},
    },
    "a_v": {
        "uniform": {"lower": 0.0, "upper": 3.0},
        "normal": {"mean": 1.0, "sd": 0.5},
        "exponential": {"mean": 0.5},
    },
    "distance": {
        "uniform": {"lower": 100.0, "upper": 200.0},
        "normal": {"mean": 150.0, "sd": 10.0},
        "volume": {"scale": 300.0},
    },
}


@dataclass(frozen=True)
class Reweighting:
    r"""Weights of draws under an edited prior.

    Arguments:
        weights: Shape :math:`(n,)`, of sum 1; uniform when refused.
        effective_size: :math:`n_\mathrm{eff}`.
        refusal: Why the edited prior is not applied; None when it is.
    """

    weights: np.ndarray
    effective_size: float
    refusal: str | None = None


def prior_kinds(name: str) -> dict[str, dict[str, float]]:
    """Kinds of prior that a parameter can be given, each with its arguments and their start."""
    if name not in PRIOR_KINDS:
        raise KeyError(f"the prior of {name!r} cannot be edited; it can of {', '.join(EDITABLE)}")
    return {kind: dict(arguments) for kind, arguments in PRIOR_KINDS[name].items()}


def check_prior(prior: Mapping[str, PriorSpec]) -> dict[str, dict[str, Any]]:
    """A clean copy of a prior, missing arguments filled in; ValueError with a sentence."""
    clean: dict[str, dict[str, Any]] = {}
    for name, spec in prior.items():
        kinds = prior_kinds(name)
        kind = spec.get("kind") if isinstance(spec, Mapping) else None
        if kind not in kinds:
            raise ValueError(
                f"the prior of {name} is {spec!r}; give {{'kind': ...}} with one of "
                f"{', '.join(kinds)}"
            )
        arguments = kinds[kind]
        if unknown := set(spec) - {"kind"} - set(arguments):
            raise ValueError(
                f"a {kind} prior of {name} has no {sorted(unknown)[0]!r}; it has "
                f"{', '.join(arguments) or 'no arguments'}"
            )
        arguments.update({key: _finite(name, key, spec[key]) for key in spec if key != "kind"})
        _check_ranges(name, arguments)
        clean[name] = {"kind": kind, **arguments}
    return clean


def _finite(name: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError(f"{key} of the prior of {name} must be a number, not {value!r}")
    return float(value)


def _check_ranges(name: str, arguments: Mapping[str, float]) -> None:
    if "lower" in arguments and arguments["lower"] >= arguments["upper"]:
        raise ValueError(
            f"the prior of {name} runs from {arguments['lower']:g} to {arguments['upper']:g}; "
            "the lower end must be below the upper one"
        )
    for key in ("sd", "scale"):
        if key in arguments and arguments[key] <= 0:
            raise ValueError(f"{key} of the prior of {name} must be positive")
    if name == "a_v" and arguments.get("mean", 1.0) <= 0 and "sd" not in arguments:
        raise ValueError("the mean of an exponential prior of a_v must be positive")


def _parameter(name: str) -> tuple[int, Parameter]:
    names = [parameter.name for parameter in PARAMETERS]
    return names.index(name), PARAMETERS[names.index(name)]


@cache
def _training_table(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Grid of a parameter and the log density it was trained under."""
    _, parameter = _parameter(name)
    edges = np.linspace(parameter.lower, parameter.upper, 20_001)
    mass = np.diff(cumulative(parameter, edges))
    centres = 0.5 * (edges[1:] + edges[:-1])
    return centres, np.log(np.maximum(mass / np.diff(edges), 1e-300))


def training_log_density(name: str, value: np.ndarray) -> np.ndarray:
    r"""Log of the prior density that the model was trained under, per unit of the parameter."""
    centres, log_density = _training_table(name)
    _, parameter = _parameter(name)
    density: np.ndarray = np.interp(np.asarray(value, dtype=float), centres, log_density)
    slack = 1e-4 * (parameter.upper - parameter.lower)
    inside = (value >= parameter.lower - slack) & (value <= parameter.upper + slack)
    return np.where(inside, density, -np.inf)


def edited_log_density(spec: PriorSpec, value: np.ndarray) -> np.ndarray:
    """Log density of an edited prior, up to a constant, within the model's own bounds."""
    arguments = {key: number for key, number in spec.items() if key != "kind"}
    return _DENSITIES[spec["kind"]](np.asarray(value, dtype=float), **arguments)


def prior_curves(
    name: str, prior: Mapping[str, PriorSpec], grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""The trained and the edited prior of a parameter, for a plot.

    Arguments:
        name: One of `EDITABLE`.
        prior: The edited prior.
        grid: Increasing values in the unit of the parameter, shape :math:`(k,)`.

    Returns:
        Two densities of integral 1 over the grid, each of shape :math:`(k,)`.
    """
    trained = np.exp(training_log_density(name, grid))
    edited = trained
    if name in prior:
        log_density = edited_log_density(prior[name], grid)
        log_density = np.where(trained > 0, log_density, -np.inf)
        peak = log_density.max()
        edited = np.exp(log_density - peak) if np.isfinite(peak) else np.zeros_like(trained)
    areas = [max(float(np.trapezoid(curve, grid)), 1e-300) for curve in (trained, edited)]
    return trained / areas[0], edited / areas[1]


def reweight(draws: Draws, prior: Mapping[str, PriorSpec]) -> Reweighting:
    r"""Weights that turn draws under the trained prior into draws under another.

    Arguments:
        draws: Draws with a column for each name in `prior`.
        prior: Name to `{"kind": ..., <arguments>}`; empty leaves the draws as they are.
    """
    n = len(draws)
    even = np.full(n, 1.0 / max(n, 1))
    if not prior or n == 0:
        return Reweighting(even, float(n))
    log_weight = np.zeros(n)
    for name, spec in check_prior(prior).items():
        value = np.asarray(draws[name], dtype=float)
        trained = training_log_density(name, value)
        edited = edited_log_density(spec, value)
        log_weight += np.where(np.isfinite(trained), edited - np.maximum(trained, -700), -np.inf)
    peak = log_weight.max()
    weights = np.exp(log_weight - peak) if np.isfinite(peak) else np.zeros(n)
    total = weights.sum()
    effective = float(total**2 / np.square(weights).sum()) if total > 0 else 0.0
    if effective < MINIMUM_EFFECTIVE_SIZE:
        return Reweighting(even, effective, _refusal(effective, n))
    return Reweighting(weights / total, effective)


def _refusal(effective: float, n: int) -> str:
    return (
        f"The edited prior is not applied: of {n:,} draws only {effective:.0f} effective ones are "
        f"left, below the {MINIMUM_EFFECTIVE_SIZE} needed. Draw more, or choose a prior closer to "
        "where the star is."
    )
