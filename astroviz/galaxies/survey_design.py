r"""What another survey would learn of the same population: other filters, other depths.

The population is a law of galaxies, not of magnitudes: its draws are photometered in any bands,
seen through the noise of any depth, and answered for one by one with the population as the prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from astroviz.core.request import Alone, Control
from astroviz.galaxies.magnitude_scales import flux_of_asinh
from astroviz.galaxies.noise_model import DEPTHS, NoiseModel
from astroviz.galaxies.object_weights import light_of, weigh_enough
from astroviz.galaxies.parameters import DERIVED, PARAMETERS, GalaxyError
from astroviz.galaxies.photo_z import Scores, scores
from astroviz.galaxies.pool import Pool

__all__ = [
    "ASKED",
    "Forecast",
    "Seen",
    "Survey",
    "forecast",
    "known_surveys",
    "observe_population",
]

ASKED: Final = ("redshift", "log_mass", "log_sfr", "log_z", "age", "tau2")
"""What a forecast tells of by default."""

_MOVED: Final = {"log_mass": 1.0, "log_sfr": 1.0, "log_sfr_10": 1.0, "r_abs": -2.5}
_CANDIDATES = 800


@dataclass(frozen=True)
class Survey:
    r"""A survey that could be.

    Arguments:
        name: One of `noise_model.DEPTHS`, or several joined by `+`, whose depths are taken; or
            any name, with `depths`.
        depths: Band to depth (5 sigma, AB mag), in the place of those of the name.
        deeper: Magnitudes by which all depths are shifted.
        limit: Galaxies are kept down to a signal to noise of 5 in this band...
        brighter: ... and to this magnitude in it; infinite for no limit.
        floor: Relative error of the calibration.
    """

    name: str
    depths: Mapping[str, float] = field(default_factory=dict)
    deeper: float = 0.0
    limit: str = ""
    brighter: float = float("inf")
    floor: float = 0.01

    @property
    def bands(self) -> tuple[str, ...]:
        """Names of its bands."""
        return self.noise().bands

    def noise(self) -> NoiseModel:
        """The noise of its magnitudes."""
        source: Any = dict(self.depths) or self.name
        return NoiseModel.from_depth(source, floor=self.floor, deeper=self.deeper)

    @property
    def reference(self) -> str:
        """The band that decides which galaxies are kept."""
        bands = self.bands
        if self.limit:
            if self.limit not in bands:
                raise GalaxyError(f"{self.name} has no {self.limit}; it has {', '.join(bands)}")
            return self.limit
        red = [band for band in bands if band.endswith(("_r", "_i", "_vis"))]
        return red[0] if red else bands[len(bands) // 2]


@dataclass(frozen=True)
class Seen:
    r"""Galaxies of a population as a survey sees them.

    Arguments:
        bands: Names of the bands.
        flux: Maggies, shape :math:`(N, B)`.
        sigma: One standard deviation, maggies, shape :math:`(N, B)`.
        magnitudes: Asinh magnitudes, AB, shape :math:`(N, B)`.
        errors: Their errors, mag.
        kept: Which galaxies the survey keeps, shape :math:`(N,)`.
    """

    bands: tuple[str, ...]
    flux: np.ndarray
    sigma: np.ndarray
    magnitudes: np.ndarray
    errors: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True)
class Forecast:
    r"""What a survey learns of single galaxies.

    Arguments:
        survey: Which.
        kept: Part of the galaxies of the population that it keeps.
        names: What was asked for.
        before: Standard deviation of each among the galaxies kept, before their photometry.
        after: Median standard deviation of each galaxy's posterior.
        bits: Mean gain of information of each, :math:`\log_2` (`before` / width), at least 0.
        redshift: How good its photometric redshifts are.
        truth: True redshifts of the galaxies looked at, shape :math:`(n,)`.
        found: Their photometric redshifts (medians).
        low: 16 % of their posteriors.
        high: 84 %.
        widened: Part of the galaxies whose errors were widened because too few draws of the pool
            resemble them: what is told of those is less than the survey would tell.
    """

    survey: Survey
    kept: float
    names: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    bits: np.ndarray
    redshift: Scores
    truth: np.ndarray
    found: np.ndarray
    low: np.ndarray
    high: np.ndarray
    widened: float


def observe_population(pool: Pool, survey: Survey, seed: int = 0) -> Seen:
    r"""Photometer every draw of a population anew, and add a survey's noise.

    Arguments:
        pool: Draws of the population.
        survey: Bands, depths and limit.
        seed: Of the noise.
    """
    noise = survey.noise()
    true = torch.from_numpy(pool.magnitudes(noise.bands).astype(np.float32))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        magnitudes, errors = (
            part.numpy().astype(float) for part in noise.observe(true, generator)
        )
    softening = noise.softening.numpy().astype(float)
    flux = flux_of_asinh(magnitudes, softening)
    sigma = errors * np.sqrt(flux**2 + 4 * softening**2) * 0.4 * np.log(10.0)
    at = noise.bands.index(survey.reference)
    kept = (flux[:, at] > 5 * sigma[:, at]) & (magnitudes[:, at] < survey.brighter)
    return Seen(noise.bands, flux, sigma, magnitudes, errors, kept)


def forecast(
    pool: Pool,
    survey: Survey,
    galaxies: int = 150,
    seed: int = 0,
    names: Sequence[str] = ASKED,
    control: Control | None = None,
) -> Forecast:
    r"""What a survey would learn of the galaxies that it keeps.

    Arguments:
        pool: Draws of the population; some are looked at, the others are the prior.
        survey: The survey.
        galaxies: How many are looked at.
        seed: Which, and of their noise.
        names: Of `PARAMETERS` and `DERIVED`.
        control: Told of progress; may stop the work.
    """
    control, known = control or Alone(), (*PARAMETERS, *DERIVED)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise GalaxyError(f"no quantity {unknown[0]!r}; there is {', '.join(known)}")
    seen = observe_population(pool, survey, seed)
    rng = np.random.default_rng([seed, 3])
    there = np.flatnonzero(seen.kept)
    if len(there) < 10:
        raise GalaxyError(
            f"{survey.name} keeps {len(there)} of {len(pool)} galaxies of this population: go "
            "deeper, or lift the limit"
        )
    asked = rng.choice(there, min(galaxies, len(there)), replace=False)
    table = np.concatenate([pool.theta, pool.derived], axis=1)
    columns = [known.index(name) for name in names]
    widths, z = np.empty((len(asked), len(names))), np.empty((3, len(asked)))
    wide = np.ones(len(asked))
    for k, row in enumerate(asked):
        control.check()
        light = light_of(seen.bands, seen.flux[row], seen.sigma[row])
        found = weigh_enough(pool, light, _CANDIDATES, rng)
        wide[k] = found.widened
        weight = np.exp(found.log_weight - found.log_weight.max())
        weight = np.where(found.index == row, 0.0, weight)  # not the galaxy itself
        if not weight.sum() > 0:
            weight = np.ones(len(weight))
        chosen = rng.choice(len(weight), 400, p=weight / weight.sum())
        values = _values(table, found.index[chosen], found.theta[chosen], found.shift[chosen])
        widths[k] = values[:, columns].std(axis=0)
        z[:, k] = np.quantile(found.theta[chosen, PARAMETERS.index("redshift")], [0.16, 0.5, 0.84])
        control.progress((k + 1) / len(asked))
    before = table[there][:, columns].std(axis=0)
    bits = np.maximum(np.log2(before / np.maximum(widths, 1e-9)), 0.0).mean(axis=0)
    truth = pool.theta[asked, PARAMETERS.index("redshift")].astype(float)
    return Forecast(
        survey, float(seen.kept.mean()), tuple(names), before, np.median(widths, axis=0), bits,
        scores(z[1], truth, seed=seed), truth, z[1], z[0], z[2], float(np.mean(wide > 1)),
    )  # fmt: skip


def _values(
    table: np.ndarray, index: np.ndarray, theta: np.ndarray, shift: np.ndarray
) -> np.ndarray:
    """Parameters and derived quantities of candidates that were moved in mass."""
    derived = table[index, len(PARAMETERS) :].copy()
    for name, factor in _MOVED.items():
        derived[:, DERIVED.index(name)] += factor * shift
    return np.concatenate([theta, derived], axis=1)


def known_surveys() -> tuple[str, ...]:
    """Names of the surveys whose depths are known."""
    return tuple(DEPTHS)
