r"""Many draws of a population with their photometry: made once, asked for every galaxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.galaxies.magnitude_scales import flux_of_magnitude
from astroviz.galaxies.parameters import DERIVED, PARAMETERS, GalaxyError

__all__ = ["CHUNK", "SIZE", "Pool"]

SIZE = 100_000
"""Draws that a pool has by default."""

CHUNK = 8192
"""Spectra made at a time."""

Density = Callable[[Tensor], Tensor]


class Pool:
    r"""Draws :math:`\theta_k` of a population, the fluxes of each and its density there.

    Arguments:
        theta: Shape :math:`(N, 11)`, in the order of `PARAMETERS`.
        synthesis: From parameters to magnitudes and derived quantities, as `sps.Synthesis`.
        density: Log density of parameters under the population, of a tensor of shape
            :math:`(n, 11)`; None where it has none.
        derived: Shape :math:`(N, 8)`, in the order of `DERIVED`; made from `theta` by default.
        magnitudes: Band to noiseless AB magnitudes, shape :math:`(N,)`, that are known already.
        zero_points: Observed minus modelled magnitude of each band, as a fit has found them.
        name: What the draws are of, for people.
        shared: Scatter of each band that the bands have in common, mag, as `NoiseModel.shared`.
    """

    def __init__(
        self,
        theta: np.ndarray,
        synthesis: Any,
        density: Density | None = None,
        derived: np.ndarray | None = None,
        magnitudes: dict[str, np.ndarray] | None = None,
        zero_points: Mapping[str, float] | None = None,
        name: str = "",
        shared: Mapping[str, float] | None = None,
    ) -> None:
        self.theta = np.ascontiguousarray(theta, dtype=np.float32)
        if self.theta.ndim != 2 or self.theta.shape[1] != len(PARAMETERS) or not len(self.theta):
            raise GalaxyError(
                f"a pool needs draws of the {len(PARAMETERS)} parameters, not an array of shape "
                f"{self.theta.shape}"
            )
        self.synthesis, self.name = synthesis, name
        self.zero_points, self.shared = dict(zero_points or {}), dict(shared or {})
        self._density = density
        self._derived = derived
        self._magnitudes = dict(magnitudes or {})
        self._fluxes: dict[tuple[str, ...], np.ndarray] = {}
        self._levels: np.ndarray | None = None

    @classmethod
    def of_population(cls, population: Any, n: int = SIZE, seed: int = 0) -> Pool:
        r"""A pool of a fitted population.

        Arguments:
            population: Has `.sample(n, seed)` with the columns of `parameters`, `.log_prob(theta)`
                and `.synthesis`; `.zero_points` and what bands share of `.noise` are heeded.
            n: Number of draws.
            seed: Of the draws.
        """
        draws = population.sample(n, seed)
        derived = None
        if all(name in draws for name in DERIVED):
            derived = draws[list(DERIVED)]
        known = (*PARAMETERS, *DERIVED)
        magnitudes = {name: draws[name] for name in draws.names if name not in known}
        magnitudes = {name: column for name, column in magnitudes.items() if "_" in name}
        return cls(
            draws[list(PARAMETERS)], population.synthesis, population.log_prob, derived,
            magnitudes, getattr(population, "zero_points", None),
            str(getattr(population, "name", "population")), _shared(population),
        )  # fmt: skip

    @classmethod
    def of_prior(cls, prior: Any, synthesis: Any, n: int = SIZE, seed: int = 0) -> Pool:
        r"""A pool of a prior, as `priors.PopulationPrior`: what is believed without any fit."""
        theta = prior.sample(n, torch.Generator().manual_seed(seed))
        return cls(theta.numpy(), synthesis, prior.log_prob, name=f"prior {prior.name}")

    def __len__(self) -> int:
        return len(self.theta)

    @property
    def has_density(self) -> bool:
        """Whether the population says how probable parameters are."""
        return self._density is not None

    @property
    def derived(self) -> np.ndarray:
        """Derived quantities of every draw, shape (N, 8)."""
        if self._derived is None:
            self._derived = self.derive(self.theta)
        return self._derived

    def levels(self, index: np.ndarray) -> np.ndarray:
        """Log density of the population at some draws, shape (n,); made once for each draw."""
        if self._levels is None:
            self._levels = np.full(len(self), np.nan)
        new = np.unique(index[np.isnan(self._levels[index])])
        if len(new):
            self._levels[new] = self.log_density(self.theta[new])
        return np.asarray(self._levels[index])

    def log_density(self, theta: np.ndarray) -> np.ndarray:
        r"""Log density of the population at parameters, shape (n, 11) to (n,)."""
        if self._density is None:
            raise GalaxyError(f"{self.name or 'this population'} has no density")
        with torch.no_grad():
            parts = [self._density(part).double() for part in _parts(theta)]
        return np.asarray(torch.cat(parts).numpy())

    def magnitudes(self, bands: Sequence[str]) -> np.ndarray:
        """Noiseless AB magnitudes of every draw, shape (N, B); made once for each band."""
        missing = tuple(band for band in bands if band not in self._magnitudes)
        if missing:
            made = self.photometer(self.theta, missing)
            self._magnitudes |= {band: made[:, k] for k, band in enumerate(missing)}
        return np.stack([self._magnitudes[band] for band in bands], axis=1)

    def fluxes(self, bands: Sequence[str]) -> np.ndarray:
        """Fluxes of every draw as they would be observed, maggies, shape (N, B), float64."""
        key = tuple(bands)
        if key not in self._fluxes:
            self._fluxes[key] = self._seen(self.magnitudes(bands), bands)
            while len(self._fluxes) > 6:
                self._fluxes.pop(next(iter(self._fluxes)))
        return self._fluxes[key]

    def light(self, theta: np.ndarray, bands: Sequence[str]) -> np.ndarray:
        r"""Fluxes of any parameters as they would be observed, maggies, (n, 11) to (n, B)."""
        return self._seen(self.photometer(theta, bands), bands)

    def _seen(self, magnitudes: np.ndarray, bands: Sequence[str]) -> np.ndarray:
        """Fluxes with the zero points; what has no magnitude has no flux."""
        shift = np.array([self.zero_points.get(band, 0.0) for band in bands])
        flux = flux_of_magnitude(magnitudes.astype(float) + shift)
        return np.asarray(np.nan_to_num(flux, nan=0.0, posinf=0.0))

    def photometer(self, theta: np.ndarray, bands: Sequence[str]) -> np.ndarray:
        r"""Noiseless AB magnitudes of any parameters, shape :math:`(n, 11)` to :math:`(n, B)`."""
        with torch.no_grad():
            parts = [self.synthesis.magnitudes(part, tuple(bands)) for part in _parts(theta)]
        return np.asarray(torch.cat(parts).cpu().numpy())

    def derive(self, theta: np.ndarray) -> np.ndarray:
        r"""Derived quantities of any parameters, shape :math:`(n, 11)` to :math:`(n, 8)`."""
        with torch.no_grad():
            parts = [self.synthesis.derived(part) for part in _parts(theta)]
        columns = [torch.cat([part[name] for part in parts]).cpu().numpy() for name in DERIVED]
        return np.stack(columns, axis=1).astype(np.float32)


def _parts(theta: np.ndarray) -> list[Tensor]:
    whole = torch.from_numpy(np.ascontiguousarray(theta, dtype=np.float32))
    return list(whole.split(CHUNK)) if len(whole) else [whole]


def _shared(population: Any) -> dict[str, float]:
    noise: Any = getattr(population, "noise", None)
    if getattr(noise, "shared", None) is None:
        return {}
    return dict(zip(noise.bands, map(float, noise.shared), strict=True))
