r"""What is believed of galaxies before their photometry is seen.

A prior is a Rosenblatt map: independent normal deviates :math:`x` become parameters one after the
other, each by a monotone table that may depend on one earlier parameter. So the prior of the
flow's coordinates is a standard normal distribution whatever the physics.

| prior | redshift and mass | the others |
| --- | --- | --- |
| `survey` | volume x mass function of Wright+17 x chance to be near the limit in r | metallicity from mass (Gallazzi+05, with scatter, above -1.8), bursts small and after the Big Bang, dust of birth clouds like the diffuse one, slope -1 to 0.4 |
| `mock` | volume x flat in the log of mass, few above 10^11 x chance as above | bursts small, slope and metallicity in the ranges of `survey`, all else as `popsed` |
| `popsed` | uniform | uniform; the history a flat Dirichlet distribution |

References:
    | PopSED (Li et al. 2024), https://arxiv.org/abs/2309.16958: the uniform priors
    | Wright et al. (2017), https://arxiv.org/abs/1705.04074: mass function
    | Gallazzi et al. (2005), https://arxiv.org/abs/astro-ph/0506539: metallicity of stars
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch
from scipy.special import expit, ndtr
from torch import Generator, Tensor

from astroviz.galaxies.literature import MASS_FUNCTIONS, MASS_METALLICITY, cosmic_age
from astroviz.galaxies.parameters import BOUNDS, PARAMETERS, GalaxyError
from astroviz.galaxies.prior_tables import DEVIATES, Column, of_density, of_quantile
from astroviz.galaxies.volumes import comoving_distance

__all__ = ["PRIORS", "PopulationPrior", "typical_magnitude"]

PRIORS: Final = ("survey", "mock", "popsed")

_LIMITS = {"survey": 17.77, "mock": 19.65}
_FURTHEST = {"survey": 0.6, "mock": 0.8, "popsed": 0.8}
_BEYOND, _SOFT = 0.4, 0.6  # mag: how far fainter than the limit a prior reaches, and its edge
_RETURNED = 0.23  # dex: mass formed over surviving mass, and Kroupa over Chabrier
_LARGE = 11.0  # log of the mass formed above which `mock` has few galaxies
_POOREST, _SLOPES = -1.8, (-1.0, 0.4)  # of metallicities and of dust curves
_LOG_2_PI = 1.8378770664093453


class PopulationPrior:
    r"""A prior of the eleven parameters.

    Arguments:
        name: One of `PRIORS`.
        limit: AB magnitude in r near which the survey ends; 17.77 (`survey`) or 19.65 (`mock`).
        furthest: Largest redshift.

    Example:
        >>> prior = PopulationPrior("survey")
        >>> theta = prior.sample(1000, Generator().manual_seed(0))
        >>> tuple(theta.shape), bool((theta[:, 9] < 0.6).all())
        ((1000, 11), True)
    """

    def __init__(
        self, name: str = "survey", limit: float | None = None, furthest: float | None = None
    ) -> None:
        if name not in PRIORS:
            raise GalaxyError(f"no prior {name!r}; there is {', '.join(PRIORS)}")
        self.name = name
        self.limit = float(limit if limit is not None else _LIMITS.get(name, 0.0))
        self.furthest = float(furthest if furthest is not None else _FURTHEST[name])
        if not 0.02 < self.furthest <= BOUNDS["redshift"][1]:
            raise GalaxyError(
                f"a prior reaches to a redshift between 0.02 and {BOUNDS['redshift'][1]}, not "
                f"{self.furthest}"
            )
        # in an order in which a column comes after what it depends on
        self.columns: tuple[Column, ...] = (
            *_history(), *_places(name, self.limit, self.furthest), *_others(name)
        )  # fmt: skip
        self._index = {column.name: PARAMETERS.index(column.name) for column in self.columns}

    def config(self) -> dict[str, Any]:
        """The prior as plain values, which a card can hold."""
        return {"name": self.name, "limit": self.limit, "furthest": self.furthest}

    @classmethod
    def from_config(cls, said: Mapping[str, Any]) -> PopulationPrior:
        """A prior from `config`."""
        return cls(str(said["name"]), float(said["limit"]), float(said["furthest"]))

    def to_parameters(self, x: Tensor) -> Tensor:
        r"""From normal deviates to parameters; differentiable.

        Arguments:
            x: Shape :math:`(N, 11)`.

        Returns:
            In the order and units of `PARAMETERS`, shape :math:`(N, 11)`.
        """
        found: dict[str, Tensor] = {}
        for column in self.columns:
            given = found[column.given] if column.given else None
            found[column.name] = column.value(x[:, self._index[column.name]], given)
        return torch.stack([found[name] for name in PARAMETERS], -1)

    def to_normal(self, theta: Tensor) -> Tensor:
        r"""From parameters to normal deviates; what lies outside the bounds is moved to them.

        Arguments:
            theta: Shape :math:`(N, 11)`.
        """
        found: dict[str, Tensor] = {}
        for column in self.columns:
            value = theta[:, self._index[column.name]]
            found[column.name] = column.deviate(value, self._given(column, theta))
        return torch.stack([found[name] for name in PARAMETERS], -1)

    def log_slopes(self, x: Tensor, theta: Tensor) -> Tensor:
        r"""Log determinant of the map from deviates to parameters, shape :math:`(N,)`."""
        total = x.new_zeros(len(x))
        for column in self.columns:
            at = x[:, self._index[column.name]]
            total = total + column.log_slope(at, self._given(column, theta))
        return total

    def log_prob(self, theta: Tensor) -> Tensor:
        r"""Log density of parameters; minus infinity outside the bounds.

        Arguments:
            theta: Shape :math:`(N, 11)`.
        """
        x = self.to_normal(theta)
        normal = -0.5 * (x.square().sum(-1) + _LOG_2_PI * x.shape[-1])
        found = normal - self.log_slopes(x, theta)
        return torch.where(self.inside(theta), found, -torch.inf)

    def inside(self, theta: Tensor) -> Tensor:
        r"""Which parameters have a density, shape :math:`(N,)`, bool."""
        fine = torch.isfinite(theta).all(-1)
        for column in self.columns:
            value, given = theta[:, self._index[column.name]], self._given(column, theta)
            ends = torch.full_like(value, 100.0)
            low, high = column.value(-ends, given), column.value(ends, given)
            slack = 1e-6 * (high - low)
            fine &= (value >= low - slack) & (value <= high + slack)
        return fine

    def sample(self, n: int, generator: Generator) -> Tensor:
        r"""Draws of the prior, shape :math:`(n, 11)`.

        Arguments:
            n: How many.
            generator: Source of all randomness.
        """
        return self.to_parameters(torch.randn(n, len(PARAMETERS), generator=generator))

    def words(self) -> str:
        """The prior in a sentence."""
        near = f"near r = {self.limit:g}, up to a redshift of {self.furthest:g}"
        return {
            "survey": f"Volume, the mass function of Wright et al. (2017) and the chance to be "
            f"{near}; metallicity with mass, small bursts, moderate dust.",
            "mock": f"Volume, masses flat in the logarithm up to about 10^11 and the chance to be "
            f"{near}; bursts small, metallicity above -1.8, slope of the dust -1 to 0.4, all else "
            "uniform.",
            "popsed": "Uniform in every parameter, the history a flat Dirichlet distribution.",
        }[self.name]

    def _given(self, column: Column, theta: Tensor) -> Tensor | None:
        return theta[:, PARAMETERS.index(column.given)] if column.given else None


def typical_magnitude(redshift: np.ndarray, log_mass_formed: np.ndarray) -> np.ndarray:
    r"""AB magnitude in r of a usual galaxy, to half a magnitude.

    .. math:: m_r = 4.65 - 2.5 (\log M_* - \log M_*/L_r) + 5 \log(D_L / 10\,\mathrm{pc}) + z

    with :math:`\log M_*/L_r` from 0 for small to 0.42 for massive galaxies.

    Arguments:
        redshift: Broadcast against the masses.
        log_mass_formed: :math:`\log_{10} M_\odot`.
    """
    surviving = np.asarray(log_mass_formed) - _RETURNED
    light = surviving - 0.42 * expit((surviving - 10.2) / 0.4)
    distance = np.maximum(comoving_distance(redshift) * (1 + np.asarray(redshift)), 1e-3)
    return np.asarray(4.65 - 2.5 * light + 5 * np.log10(distance * 1e5) + np.asarray(redshift))


def _history() -> tuple[Column, ...]:
    """A flat Dirichlet distribution of the four parts of a history."""
    return tuple(of_quantile(f"kappa{i}", 0.0, 1.0, 1.0 / (4 - i)) for i in (1, 2, 3))


def _places(name: str, limit: float, furthest: float) -> tuple[Column, ...]:
    """Redshift, and the mass given it."""
    low, high = BOUNDS["log_mass_formed"]
    if name == "popsed":
        return (of_quantile("redshift", BOUNDS["redshift"][0], furthest),
                of_quantile("log_mass_formed", low, high))  # fmt: skip
    nearest, nodes = 0.002, 97
    z = np.linspace(nearest, furthest, nodes)
    mass = np.linspace(low, 12.5, 401)
    volume = np.gradient(comoving_distance(z) ** 3, z)
    seen = ndtr((limit + _BEYOND - typical_magnitude(z[:, None], mass[None])) / _SOFT)
    law = np.exp(-(10 ** (mass - _LARGE)))
    if name == "survey":
        law = MASS_FUNCTIONS["wright17"].formula(mass - _RETURNED)
    # a floor, so that a population may have what the law all but excludes
    law = law + 1e-6 * law.max()
    joint = volume[:, None] * law[None] * (seen + 1e-9)
    return (
        of_density("redshift", z, joint.sum(1)),
        of_density("log_mass_formed", mass, joint, "redshift", (nearest, furthest)),
    )


def _others(name: str) -> tuple[Column, ...]:
    """Burst, metallicity, dust."""
    if name == "mock":
        return (
            of_quantile("f_burst", 0.0, 1.0, 4.0),
            of_quantile("t_burst", *BOUNDS["t_burst"]),
            of_quantile("log_z", _POOREST, BOUNDS["log_z"][1]),
            of_quantile("tau1", *BOUNDS["tau1"]), of_quantile("tau2", *BOUNDS["tau2"]),
            of_quantile("n_dust", *_SLOPES),
        )  # fmt: skip
    if name != "survey":
        kept = ("f_burst", "t_burst", "log_z", "tau1", "tau2", "n_dust")
        return tuple(of_quantile(one, *BOUNDS[one]) for one in kept)
    return (
        of_quantile("f_burst", 0.0, 1.0, 4.0),
        _burst_times(), _metallicity(),
        of_density("tau2", _grid(0, 3), np.exp(-0.5 * ((_grid(0, 3) - 0.3) / 0.7) ** 2)),
        _birth_clouds(),
        of_quantile("n_dust", *_SLOPES),
    )  # fmt: skip


def _grid(low: float, high: float) -> np.ndarray:
    return np.linspace(low, high, 601)


def _burst_times() -> Column:
    """Uniform between 10 Myr and the age of the Universe."""
    first = BOUNDS["t_burst"][0]
    z = np.linspace(*BOUNDS["redshift"], 33)
    last = np.minimum(cosmic_age(z), BOUNDS["t_burst"][1])
    table = first + (last[:, None] - first) * ndtr(DEVIATES)
    return Column("t_burst", torch.tensor(table).float(), "redshift", BOUNDS["redshift"])


def _metallicity() -> Column:
    """Around the mean of a mass; more scatter for small ones."""
    mass = np.linspace(*BOUNDS["log_mass_formed"], 45)
    surviving = mass - _RETURNED
    mean = MASS_METALLICITY["gallazzi05"].formula(surviving)
    spread = 0.45 - 0.25 * expit((surviving - 10.3) / 0.4)
    values = _grid(_POOREST, BOUNDS["log_z"][1])
    density = np.exp(-0.5 * ((values - mean[:, None]) / spread[:, None]) ** 2)
    ends = BOUNDS["log_mass_formed"]
    return of_density("log_z", values, density, "log_mass_formed", ends)


def _birth_clouds() -> Column:
    """About as thick as the diffuse dust."""
    tau2 = np.linspace(*BOUNDS["tau2"], 31)[:, None]
    values = _grid(*BOUNDS["tau1"])
    density = np.exp(-0.5 * ((values - tau2) / (0.3 + 0.3 * tau2)) ** 2)
    return of_density("tau1", values, density, "tau2", BOUNDS["tau2"])
