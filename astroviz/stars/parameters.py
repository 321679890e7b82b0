r"""The parameters of a star, their units, and the prior that the model was trained under.

Every parameter :math:`\theta` has an analytic prior distribution function :math:`F`. The network
works with :math:`z = \Phi^{-1}(F(\theta))`, in which the prior is a standard normal distribution:
hard bounds become tails, and a draw can never leave the prior.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor

__all__ = ["CLASSES", "DERIVED", "PARAMETERS", "PRIOR_TEXT", "Parameter", "cumulative",
           "log_slope", "to_theta", "to_z"]  # fmt: skip

CLASSES = ("young", "young_disk", "field_dwarf", "giant")


@dataclass(frozen=True)
class Parameter:
    r"""One parameter of a model.

    Arguments:
        name: Name in draws, tables and files.
        label: Name on an axis.
        unit: Unit as astropy writes it; empty where there is none.
        lower: Smallest value.
        upper: Largest value.
    """

    name: str
    label: str
    unit: str
    lower: float
    upper: float


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("log_age", "log age", "log10 yr", 5.7, 8.0),
    Parameter(
        "log_mass", "log mass", "log10 solMass", float(np.log10(0.03)), float(np.log10(4.0))
    ),
    Parameter("metallicity", "[M/H]", "dex", -0.45, 0.45),
    Parameter("a_v", "A_V", "mag", 0.0, 20.0),
    Parameter("r_v", "R_V", "", 2.5, 5.5),
    Parameter("distance", "distance", "pc", 40.0, 1200.0),
    Parameter("excess_amplitude", "log excess at 5 micron", "", -1.5, 1.5),
    Parameter("excess_slope", "excess slope", "", 0.0, 3.5),
    Parameter("excess_onset", "excess onset", "micron", 1.2, 12.0),
)
DERIVED: tuple[Parameter, ...] = (
    Parameter("effective_temperature", "Teff", "K", 2000.0, 20000.0),
    Parameter("logg", "log g", "log10 cm/s2", 2.5, 5.5),
    Parameter("log_luminosity", "log L", "log10 solLum", -4.0, 4.0),
    Parameter("radius", "radius", "solRad", 0.05, 20.0),
)
PRIOR_TEXT = {
    "log_age": "flat in log age, 0.5 to 100 Myr",
    "log_mass": "Chabrier (2005) mass function of individual stars, 0.03 to 4 solar masses",
    "metallicity": "normal, mean 0, standard deviation 0.15 dex, within 0.45 dex "
    "(acts on the atmosphere; the evolutionary tracks are solar)",
    "a_v": "exponentials of mean 0.07 mag (60 %: near the Sun, or free of their cloud), 0.7 mag "
    "(20 %) and 6 mag (20 %: embedded), 0 to 20 mag",
    "r_v": "normal, mean 3.3, standard deviation 0.5, within 2.5 to 5.5",
    "distance": "flat in log distance, 40 to 1200 pc",
    "excess_amplitude": "normal, mean 0, standard deviation 0.6 dex, within 1.5 dex (disk only)",
    "excess_slope": "normal, mean 1.8, standard deviation 0.6, within 0 to 3.5 (disk only)",
    "excess_onset": "flat in log wavelength, 1.2 to 12 micron (disk only)",
}

Array = np.ndarray


def _uniform(lower: float, upper: float) -> Callable[[Array], Array]:
    return lambda x: (x - lower) / (upper - lower)


def _normal(mean: float, sd: float, lower: float, upper: float) -> Callable[[Array], Array]:
    low, high = ndtr((lower - mean) / sd), ndtr((upper - mean) / sd)
    return lambda x: (ndtr((x - mean) / sd) - low) / (high - low)


_DUST = ((0.6, 0.07), (0.2, 0.7), (0.2, 6.0))  # parts and means, mag


def _dust(upper: float) -> Callable[[Array], Array]:
    def raw(x: Array) -> Array:
        return sum((-part * np.expm1(-x / mean) for part, mean in _DUST), np.zeros_like(x))

    return lambda x: raw(x) / raw(np.array(upper))


def _chabrier(lower: float, upper: float) -> Callable[[Array], Array]:
    r"""Chabrier (2005): log-normal at 0.2, sd 0.55 dex, below 1; slope 1.35 in log mass above."""
    centre, sd, slope = np.log10(0.2), 0.55, 1.35 * np.log(10.0)
    height = np.exp(-0.5 * (centre / sd) ** 2)

    def raw(x: Array) -> Array:
        below = sd * np.sqrt(2 * np.pi) * ndtr((np.minimum(x, 0.0) - centre) / sd)
        return below + height / slope * -np.expm1(-slope * np.maximum(x, 0.0))

    low, high = raw(np.array(lower)), raw(np.array(upper))
    return lambda x: (raw(x) - low) / (high - low)


def _distribution(parameter: Parameter) -> tuple[Callable[[Array], Array], bool]:
    """The distribution function of a parameter, and whether it runs over log10 of the value."""
    low, high = parameter.lower, parameter.upper
    if parameter.name == "log_age":
        return _uniform(low, high), False
    if parameter.name == "log_mass":
        return _chabrier(low, high), False
    if parameter.name == "a_v":
        return _dust(high), False
    if parameter.name in ("distance", "excess_onset"):
        return _uniform(np.log10(low), np.log10(high)), True
    mean, sd = {
        "metallicity": (0.0, 0.15),
        "r_v": (3.3, 0.5),
        "excess_amplitude": (0.0, 0.6),
        "excess_slope": (1.8, 0.6),
    }[parameter.name]
    return _normal(mean, sd, low, high), False


def cumulative(parameter: Parameter, value: Array) -> Array:
    r"""Prior probability below each value, from the analytic distribution function.

    Arguments:
        parameter: One of `PARAMETERS`.
        value: In its unit, within its bounds, shape :math:`(k,)`.
    """
    function, logarithmic = _distribution(parameter)
    return function(np.log10(value) if logarithmic else value)


_Z_MAX, _Z_STEP = 6.0, 0.005


@cache
def _quantiles() -> Tensor:
    r"""Values at :math:`z = -6, -5.995, ..., 6` for each parameter, shape :math:`(9, 2401)`.

    By bisection of the analytic distribution functions, in float64. Distance and onset are
    tabulated as log10.
    """
    z = np.arange(-_Z_MAX, _Z_MAX + _Z_STEP / 2, _Z_STEP)
    target = ndtr(z)
    rows = []
    for parameter in PARAMETERS:
        function, logarithmic = _distribution(parameter)
        ends = np.array([parameter.lower, parameter.upper])
        low, high = (np.full_like(z, v) for v in (np.log10(ends) if logarithmic else ends))
        for _ in range(80):
            middle = 0.5 * (low + high)
            above = function(middle) > target
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        rows.append(0.5 * (low + high))
    return torch.from_numpy(np.stack(rows))


def _logarithmic() -> Tensor:
    return torch.tensor([p.name in ("distance", "excess_onset") for p in PARAMETERS])


def to_theta(z: Tensor) -> Tensor:
    r"""Physical parameters from their normal scores.

    Arguments:
        z: Normal scores, shape :math:`(*, 9)`; clipped to :math:`\pm 6`.

    Returns:
        Parameters in the units of `PARAMETERS`, shape :math:`(*, 9)`.
    """
    table = _quantiles().to(z)
    position = ((z + _Z_MAX) / _Z_STEP).clamp(0, table.shape[1] - 1.001)
    index = position.nan_to_num().floor().long()  # field stars have no score, and keep none
    fraction = position - index
    rows = torch.arange(len(PARAMETERS), device=z.device).expand_as(index)
    value = torch.lerp(table[rows, index], table[rows, index + 1], fraction)
    return torch.where(_logarithmic().to(z.device), 10.0**value, value)


def to_z(theta: Tensor) -> Tensor:
    r"""Normal scores of physical parameters, the inverse of `to_theta`.

    Arguments:
        theta: Parameters in the units of `PARAMETERS`, shape :math:`(*, 9)`.

    Returns:
        Normal scores, shape :math:`(*, 9)`, within :math:`\pm 6`.
    """
    table = _quantiles().to(theta)
    value = torch.where(
        _logarithmic().to(theta.device), theta.clamp(min=1e-12).log10(), theta
    ).clamp(min=-1e6)
    columns = []
    for k in range(len(PARAMETERS)):
        row, v = table[k].contiguous(), value[..., k].contiguous()
        index = torch.searchsorted(row, v).clamp(1, len(row) - 1)
        left, right = row[index - 1], row[index]
        fraction = ((v - left) / (right - left).clamp(min=1e-30)).clamp(0, 1)
        columns.append((index - 1 + fraction) * _Z_STEP - _Z_MAX)
    return torch.stack(columns, -1)


def log_slope(z: Tensor) -> Tensor:
    r""":math:`\ln d\theta / dz` of each parameter, shape as `z`.

    From the analytic prior, :math:`d\theta / dz = \phi(z) / f(\theta)`, by central differences of
    the table of quantiles.
    """
    step = 2 * _Z_STEP
    rise = to_theta((z + step).clamp(-_Z_MAX, _Z_MAX)) - to_theta(
        (z - step).clamp(-_Z_MAX, _Z_MAX)
    )
    run = (z + step).clamp(-_Z_MAX, _Z_MAX) - (z - step).clamp(-_Z_MAX, _Z_MAX)
    return (rise / run).clamp(min=1e-300).log()
