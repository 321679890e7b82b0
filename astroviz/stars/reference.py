r"""Exact posteriors of simulated stars, to measure networks against.

The target is the simulator's own: its prior, its companions and accretion, its noise and limits,
with the exact likelihood of `likelihood.log_likelihood`. Points are eleven normal scores: the nine
parameters, one for the companion's mass ratio and one for the veiling, on four branches: without
and with a disk, without and with a companion. The last two scores and the companion's branch are
dropped from the draws, which integrates over them.

The search starts from a library of stars drawn from the prior, moved in distance to fit, and so
owes nothing to the network that is measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.importance import Target, Weighted, importance_sample, move
from astroviz.stars.likelihood import log_likelihood
from astroviz.stars.noise import PARALLAX_ZERO_POINT, SURVEY_OF_BAND, floors, variability
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import binary_fraction, veiling_of
from astroviz.stars.spectral_likelihood import MeasuredSpectrum, log_likelihood_of_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

__all__ = ["Reference", "ReferencePosterior"]

_N = len(PARAMETERS)
_RATIO, _VEILING = _N, _N + 1  # scores of the nuisances
_DISTANCE = [parameter.name for parameter in PARAMETERS].index("distance")
_BANDS = slice(1, 16)
# branches: (disk, companion)
_BRANCHES = ((False, False), (False, True), (True, False), (True, True))


@dataclass(frozen=True)
class ReferencePosterior:
    r"""The exact posterior of one star.

    Arguments:
        target: The posterior.
        weighted: All weighted points of the importance sampler.
        seed: Seed of the draws.
    """

    target: Target
    weighted: Weighted
    seed: int

    @property
    def effective_size(self) -> float:
        """Effective number of independent draws."""
        return self.weighted.effective_size

    @property
    def log_evidence(self) -> float:
        """Log of the probability density of the data, given a young star."""
        return self.weighted.log_evidence

    @property
    def p_disk(self) -> float:
        """Probability of a disk, given a young star."""
        return float(self.weighted.weights[self.weighted.branch >= 2].sum())

    @property
    def largest_weight(self) -> float:
        """Largest weight of a point; above a few per cent, mistrust the effective size."""
        return float(self.weighted.weights.max())

    def sample(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        r"""Draws of equal weight, all different.

        Heavy points are drawn more than once; a few Markov steps, which leave the posterior as it
        is, part the copies, so that a classifier cannot learn them by heart.

        Arguments:
            n: Number of draws; more than the effective size are not independent.

        Returns:
            Normal scores of the nine parameters, shape :math:`(n, 9)`, and whether each draw has
            a disk, shape :math:`(n,)`.
        """
        generator = torch.Generator().manual_seed(self.seed + 1)
        branch, points = self.weighted.resample(max(n, 2000), generator)
        likelihood = self.target.log_likelihood(branch, points)
        points, _ = move(self.target, branch, points, likelihood, 1.0, generator, sweeps=12)
        return points[:n, :_N].numpy(), (branch[:n] >= 2).numpy()


@dataclass(frozen=True)
class Reference:
    r"""Computes exact posteriors under one choice of physics.

    Arguments:
        physics: Tracks, atmosphere and extinction, in float64.
        disk_share: Part of the young stars that have a disk.
        library: Stars in the library that starts the search.
        seed: Seed of the library.

    Example:
        >>> exact = Reference().posterior(values, errors, states)  # doctest: +SKIP
        >>> exact.effective_size, exact.sample(1000)  # doctest: +SKIP
    """

    physics: Physics = field(default_factory=lambda: Physics(dtype=torch.float64))
    disk_share: float = 0.34 / 0.80
    library: int = 200_000
    seed: int = 0

    def posterior(
        self,
        values: Tensor,
        errors: Tensor,
        states: Tensor,
        seed: int = 0,
        wanted: float = 2000.0,
        spectra: tuple[MeasuredSpectrum, ...] = (),
    ) -> ReferencePosterior:
        r"""Posterior of one star, given that it is young.

        Arguments:
            values: Observed values, shape :math:`(20,)`.
            errors: Reported errors, shape :math:`(20,)`.
            states: `State` codes, shape :math:`(20,)`.
            seed: Seed of the sampler.
            wanted: Effective size to reach.
            spectra: Spectra of the star.

        Returns:
            The posterior; look at its `effective_size`. Takes seconds.
        """
        values, errors = values.to(torch.float64), errors.to(torch.float64)

        def likelihood(branch: Tensor, points: Tensor) -> Tensor:
            found = self.log_likelihood(branch, points, values, errors, states)
            if spectra:
                theta, disk, ratio, veiling = _unpack(branch, points)
                found = found + log_likelihood_of_spectra(
                    spectra, self._light, theta, disk, ratio, veiling
                )
            return found

        target = Target(likelihood, self._log_branch(), self._active())
        start = self._start(values, errors, states, torch.Generator().manual_seed(seed))
        return ReferencePosterior(target, importance_sample(target, start, seed, wanted), seed)

    def log_likelihood(
        self, branch: Tensor, points: Tensor, values: Tensor, errors: Tensor, states: Tensor
    ) -> Tensor:
        r"""Log-likelihood, the mass-dependent chance of a companion included.

        Arguments:
            branch: Shape :math:`(n,)`: 0, 1 without and 2, 3 with a disk; odd with a companion.
            points: Normal scores, shape :math:`(n, 11)`.
            values: Observed values of one star, shape :math:`(20,)`.
            errors: Reported errors, shape :math:`(20,)`.
            states: `State` codes, shape :math:`(20,)`.

        Returns:
            Shape :math:`(n,)`.
        """
        theta, disk, ratio, veiling = _unpack(branch, points)
        chance = binary_fraction(theta[:, 1])
        chance = torch.where(ratio > 0, chance, 1 - chance)
        found = log_likelihood(theta, disk, ratio, veiling, values, errors, states, self.physics)
        return found + (2 * chance).log()  # the branches' prior holds one half each

    @cached_property
    def _light(self) -> SpectralPhysics:
        return SpectralPhysics(self.physics)

    def _active(self) -> Tensor:
        table = torch.zeros(len(_BRANCHES), _N + 2, dtype=torch.bool)
        for row, (disk, companion) in enumerate(_BRANCHES):
            table[row, :6] = True
            table[row, 6:_N], table[row, _VEILING] = disk, True
            table[row, _RATIO] = companion
        return table

    def _log_branch(self) -> Tensor:
        share = torch.tensor([1 - self.disk_share, self.disk_share], dtype=torch.float64)
        return (share / 2).log().repeat_interleave(2)

    @cached_property
    def _shelf(self) -> tuple[Tensor, Tensor, Tensor]:
        """The library: branches, points, magnitudes at 10 pc."""
        generator = torch.Generator().manual_seed(self.seed + 31)
        points = torch.randn(self.library, _N + 2, generator=generator, dtype=torch.float64)
        points[:, 1] *= 1.3  # wider in mass, so that rare masses have company
        branch = torch.arange(self.library) % len(_BRANCHES)
        theta, disk, ratio, veiling = _unpack(branch, points)
        theta[:, _DISTANCE] = 10.0
        mag, star = self.physics.magnitudes(theta, disk, ratio, veiling)
        return branch[star.valid], points[star.valid], mag[star.valid]

    def _start(
        self, values: Tensor, errors: Tensor, states: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Stars of the library at the distance that fits best, tempered to a wide cloud."""
        branch, points, mag = self._shelf
        modulus, spread, chi2 = _fit_modulus(branch, mag, values, errors, states)
        ends = (PARAMETERS[_DISTANCE].lower, PARAMETERS[_DISTANCE].upper)
        near, far = (float(5 * np.log10(end / 10)) for end in ends)
        modulus = modulus + spread * torch.randn(len(mag), generator=generator)
        known = spread < 1  # else the stars keep the distance they were drawn with
        chi2 = chi2 + 100 * (known & ((modulus < near) | (modulus > far)))
        theta = to_theta(points[:, :_N])
        theta[:, _DISTANCE] = 10 * 10 ** (modulus.clamp(near, far) / 5)
        moved = points.clone()
        score = to_z(theta)[:, _DISTANCE].clamp(-4, 4)
        moved[:, _DISTANCE] = torch.where(known, score, points[:, _DISTANCE])
        clouds = []
        for b in range(len(_BRANCHES)):
            here = branch == b
            cloud = Weighted(branch[here], moved[here], -0.5 * chi2[here]).tempered(500.0)
            clouds.append(cloud.resample(1000, generator))
        return torch.cat([c[0] for c in clouds]), torch.cat([c[1] for c in clouds])


def _unpack(branch: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Parameters, disk, mass ratio and veiling, distributed as in `simulator.nuisances`."""
    disk, companion = branch >= 2, branch % 2 == 1
    ratio = (0.1 + 0.9 * torch.special.ndtr(points[:, _RATIO])) * companion
    veiling = veiling_of(points[:, _VEILING], disk)
    return to_theta(points[:, :_N]), disk, ratio, veiling


def _fit_modulus(
    branch: Tensor, mag: Tensor, values: Tensor, errors: Tensor, states: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Best distance modulus of each model, its uncertainty, and the remaining chi-square."""
    seen = states[_BANDS] == int(State.OBSERVED)
    zero = torch.zeros((), dtype=mag.dtype)
    disk = torch.tensor([False, True])
    drift = torch.stack([variability(s, disk, mag.dtype) for s in SURVEY_OF_BAND], -1)
    variance = errors[_BANDS] ** 2 + floors(mag.dtype) ** 2 + drift**2
    weight = torch.where(seen, 1 / variance, zero)[(branch >= 2).long()]
    offset = torch.where(seen, values[_BANDS], zero) - mag
    total, precision = (weight * offset).sum(-1), weight.sum(-1)
    parallax, error = values[0] - PARALLAX_ZERO_POINT, errors[0]
    if states[0] == int(State.OBSERVED) and parallax > 2 * error:
        pull = (2.1715 * error / parallax) ** -2  # of the modulus 5 log10(100 / parallax)
        total = total + pull * 5 * torch.log10(100 / parallax)
        precision = precision + pull
    modulus = total / precision.clamp(min=1e-6)
    chi2 = (weight * (offset - modulus[:, None]) ** 2).sum(-1)
    return modulus, precision.clamp(min=1.0) ** -0.5, chi2
