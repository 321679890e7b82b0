r"""From the flow's draws to the exact posterior: a few Markov steps with the true likelihood.

The simulator's likelihood is known (`likelihood.log_likelihood`), so the network need not be
trusted to the last per cent. Its draws are taken as the starting points of a crowd of walkers,
which move under the exact posterior:

1. each walker picks its nuisances (companion, mass ratio, accretion) among prior draws, with
   weights proportional to the likelihood;
2. sweeps of differential evolution: a walker is offered a step along the difference of two
   others, and every few sweeps a fresh companion or a fresh disk, or their loss. Each step leaves
   the exact posterior as it is.

Because the crowd starts within a fraction of a standard deviation of its goal, some tens of
sweeps replace the thousands that a cold start needs. Walkers that the network puts on a mode are
only slowly exchanged between modes, so a missed mode stays missed.

References:
    | Differential evolution Markov chains (ter Braak 2006)
    | Reversible jumps (Green 1995)
    | Neural importance sampling, to the same end (Dax et al. 2023), https://arxiv.org/abs/2210.05686
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from astroviz.core.request import Control, Request
from astroviz.stars.features import N_PARAMETERS
from astroviz.stars.likelihood import log_likelihood
from astroviz.stars.parameters import to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.simulator import binary_fraction, veiling_of
from astroviz.stars.spectral_inputs import measured_spectra
from astroviz.stars.spectral_likelihood import MeasuredSpectrum, log_likelihood_of_spectra
from astroviz.stars.spectral_physics import SpectralPhysics

__all__ = ["DEFAULT_SWEEPS", "SMALLEST_CROWD", "Crowd", "refine", "refine_crowd",
           "refine_request"]  # fmt: skip

DEFAULT_SWEEPS = 200
SMALLEST_CROWD = 256  # walkers; differences of fewer do not span ten dimensions well
DISK_SHARE = 0.34 / 0.80  # of the young stars that the network was trained on
_TRIES = 6  # prior draws of the nuisances that a walker starts from
_RATIO, _VEILING = N_PARAMETERS, N_PARAMETERS + 1
_EXCESS = slice(6, 9)


@dataclass
class Crowd:
    r"""Walkers of one star.

    Arguments:
        points: Normal scores of nine parameters, mass ratio and veiling, shape :math:`(n, 11)`.
        disk: Whether there is a disk, shape :math:`(n,)`.
        companion: Whether there is a companion, shape :math:`(n,)`.
        height: Log-likelihood times the prior of `disk` and `companion`, shape :math:`(n,)`.
    """

    points: Tensor
    disk: Tensor
    companion: Tensor
    height: Tensor

    @property
    def mass_ratio(self) -> Tensor:
        """Companion over primary mass, 0 for a single star, shape (n,)."""
        return (0.1 + 0.9 * torch.special.ndtr(self.points[:, _RATIO])) * self.companion

    @property
    def veiling(self) -> Tensor:
        """Continuum of accretion or activity in BP, shape (n,)."""
        return veiling_of(self.points[:, _VEILING], self.disk)

    def replace(self, where: Tensor, other: Crowd) -> None:
        """Take the other's walkers where told."""
        self.points = torch.where(where[:, None], other.points, self.points)
        self.disk = torch.where(where, other.disk, self.disk)
        self.companion = torch.where(where, other.companion, self.companion)
        self.height = torch.where(where, other.height, self.height)


@dataclass(frozen=True)
class _Target:
    """The exact posterior of one observed star."""

    values: Tensor
    errors: Tensor
    states: Tensor
    physics: Physics
    spectra: tuple[MeasuredSpectrum, ...] = ()

    @cached_property
    def _light(self) -> SpectralPhysics:
        return SpectralPhysics(self.physics)

    def crowd(self, points: Tensor, disk: Tensor, companion: Tensor) -> Crowd:
        """Walkers at these points."""
        theta = to_theta(points[:, :N_PARAMETERS])
        ratio = (0.1 + 0.9 * torch.special.ndtr(points[:, _RATIO])) * companion
        veiling = veiling_of(points[:, _VEILING], disk)
        found = log_likelihood(
            theta, disk, ratio, veiling, self.values, self.errors, self.states, self.physics
        )
        if self.spectra:
            found = found + log_likelihood_of_spectra(
                self.spectra, self._light, theta, disk, ratio, veiling
            )
        chance = binary_fraction(theta[:, 1])
        found = found + torch.where(companion, chance, 1 - chance).log()
        share = torch.where(disk, DISK_SHARE, 1 - DISK_SHARE)
        return Crowd(points, disk, companion, found + share.log())


def refine(
    z: Tensor,
    disk: Tensor,
    values: Tensor,
    errors: Tensor,
    states: Tensor,
    physics: Physics,
    generator: torch.Generator,
    given: Tensor | None = None,
    sweeps: int = DEFAULT_SWEEPS,
    keep_disk: bool = False,
    control: Control | None = None,
    spectra: tuple[MeasuredSpectrum, ...] = (),
) -> tuple[Tensor, Tensor]:
    r"""Draws of the exact posterior of one young star.

    Arguments:
        z: Draws of the flow, normal scores, shape :math:`(n, 9)`; some hundreds.
        disk: Which of them have a disk, shape :math:`(n,)`, bool.
        values: Observed values, shape :math:`(20,)`.
        errors: Reported errors, shape :math:`(20,)`.
        states: `State` codes, shape :math:`(20,)`.
        physics: Tracks, atmosphere and extinction.
        generator: Source of random numbers.
        given: Parameters that are given and stay, shape :math:`(9,)`, bool.
        sweeps: Steps offered to each walker.
        keep_disk: Whether having a disk is assumed, and stays as it is.
        control: Told of progress; may stop the work.
        spectra: Spectra of the star.

    Returns:
        Scores and disk flags, shapes as `z` and `disk`.
    """
    crowd = refine_crowd(
        z, disk, values, errors, states, physics, generator, given, sweeps, keep_disk, control,
        spectra,
    )  # fmt: skip
    return crowd.points[:, :N_PARAMETERS].to(z.dtype), crowd.disk


def refine_crowd(
    z: Tensor,
    disk: Tensor,
    values: Tensor,
    errors: Tensor,
    states: Tensor,
    physics: Physics,
    generator: torch.Generator,
    given: Tensor | None = None,
    sweeps: int = DEFAULT_SWEEPS,
    keep_disk: bool = False,
    control: Control | None = None,
    spectra: tuple[MeasuredSpectrum, ...] = (),
) -> Crowd:
    """As `refine`, with the companion and the accretion of each draw."""
    dtype = physics.dtype
    star = _Target(values.to(dtype), errors.to(dtype), states, physics, spectra)
    free = torch.ones(N_PARAMETERS + 2, dtype=torch.bool)
    if given is not None:
        free[:N_PARAMETERS] = ~given
    crowd = _start(star, z.to(dtype), disk, generator)
    for sweep in range(sweeps):
        if control is not None:
            control.check()
            control.progress(0.1 + 0.9 * sweep / sweeps)
        _step(star, crowd, free, generator, full=sweep % 6 == 5)
        if sweep % 2 == 0:
            _jump(star, crowd, generator, "companion")
        # an excess that is given belongs to a disk
        elif sweep % 4 == 1 and not keep_disk and bool(free[_EXCESS].all()):
            _jump(star, crowd, generator, "disk")
        if sweep in (sweeps // 8, sweeps // 4, sweeps // 2):
            _rescue(crowd, free, generator)
    fresh = torch.randn(crowd.points.shape, generator=generator).to(dtype)
    unset = ~crowd.disk[:, None] & free
    crowd.points[:, _EXCESS] = torch.where(
        unset[:, _EXCESS], fresh[:, _EXCESS], crowd.points[:, _EXCESS]
    )
    return crowd


def refine_request(
    request: Request, z: Tensor, disk: Tensor, physics: Physics, sweeps: int, control: Control
) -> tuple[Tensor, Tensor]:
    r"""`refine` for a star as the engine asks for it; its seed is the request's own.

    Arguments:
        request: The question, with `values`, `errors`, `states` and perhaps `given` and spectra.
        z: Draws of the flow, shape :math:`(n, 9)`.
        disk: Their disk flags, shape :math:`(n,)`.
        physics: Tracks, atmosphere and extinction.
        sweeps: Steps offered to each walker.
        control: May stop the work.
    """
    values, errors, states = (
        torch.from_numpy(np.asarray(request.inputs[name]))
        for name in ("values", "errors", "states")
    )
    given = request.inputs.get("given")
    generator = torch.Generator().manual_seed((request.seed + 7919) % 2**63)
    return refine(
        z, disk, values, errors, states, physics, generator,
        given=None if given is None else torch.from_numpy(np.asarray(given)),
        sweeps=sweeps, keep_disk=request.options.get("disk") is not None, control=control,
        spectra=measured_spectra(request.inputs),
    )  # fmt: skip


def _start(star: _Target, z: Tensor, disk: Tensor, generator: torch.Generator) -> Crowd:
    """Walkers at the flow's draws, with nuisances chosen by their likelihood."""
    n = len(z)
    many = z.repeat(_TRIES, 1)
    nuisances = torch.randn(n * _TRIES, 2, generator=generator).to(z)
    chance = binary_fraction(to_theta(many)[:, 1])
    companion = torch.rand(n * _TRIES, generator=generator).to(z) < chance
    trial = star.crowd(torch.cat([many, nuisances], 1), disk.repeat(_TRIES), companion)
    # the prior of the companion is in the proposal already
    logs = trial.height - torch.where(companion, chance, 1 - chance).log()
    noise = -torch.rand(_TRIES, n, generator=generator).to(z).log().neg().log()  # Gumbel
    best = (logs.view(_TRIES, n) + noise).argmax(0) * n + torch.arange(n)
    return Crowd(trial.points[best], trial.disk[best], trial.companion[best], trial.height[best])


def _active(crowd: Crowd, free: Tensor) -> Tensor:
    """Which dimensions of each walker the data speak of, shape (n, 11)."""
    live = free.expand(len(crowd.points), -1).clone()
    live[:, _EXCESS] &= crowd.disk[:, None]
    live[:, _RATIO] &= crowd.companion
    return live


def _step(
    star: _Target, crowd: Crowd, free: Tensor, generator: torch.Generator, full: bool
) -> None:
    """Offer each walker a step along the difference of two others of its kind."""
    n, dtype = len(crowd.points), crowd.points.dtype
    live = _active(crowd, free)
    kind = crowd.disk.long() * 2 + crowd.companion.long()
    order = torch.argsort(kind, stable=True)
    count = torch.bincount(kind, minlength=4)
    first = (count.cumsum(0) - count)[kind]
    pick = torch.rand(n, 2, generator=generator).to(dtype) * count[kind, None]
    pick = torch.minimum(pick.long(), count[kind, None] - 1)
    one, two = crowd.points[order[first[:, None] + pick]].unbind(1)
    stretch = torch.exp(0.5 * torch.randn(n, generator=generator)).to(dtype)
    length = 2.38 / (2 * live.sum(-1)).sqrt() * stretch
    length = torch.ones_like(length) if full else length
    noise = torch.randn(crowd.points.shape, generator=generator).to(dtype)
    new = crowd.points + length[:, None] * (one - two) + 1e-3 * noise
    new = torch.where(live, new, crowd.points)
    # what the data do not speak of is a fresh prior draw, unless it is given
    new = torch.where(~live & free, noise, new)
    trial = star.crowd(new, crowd.disk, crowd.companion)
    gain = trial.height - crowd.height
    gain = gain - 0.5 * ((new**2 - crowd.points**2) * live).sum(-1)
    _accept(crowd, trial, gain, generator)


def _rescue(crowd: Crowd, free: Tensor, generator: torch.Generator) -> None:
    """Bring back walkers that are lost: far lower than three quarters of their kind.

    The flow's far tails are too heavy, and a walker out there takes hundreds of steps home. It
    goes on from the place of another; the sweeps that follow part the two.
    """
    live = _active(crowd, free)
    level = crowd.height - 0.5 * (crowd.points**2 * live).sum(-1)
    kind = crowd.disk.long() * 2 + crowd.companion.long()
    for k in range(4):
        own = (kind == k).nonzero()[:, 0]
        if len(own) < 20:
            continue
        known = level[own].nan_to_num(neginf=-1e30)
        low, high = known.quantile(torch.tensor([0.25, 0.75]).to(level))
        lost = own[level[own] < low - 2.0 * (high - low)]
        fine = own[level[own] >= low]
        if len(lost):
            pick = torch.randint(len(fine), (len(lost),), generator=generator)
            for part in (crowd.points, crowd.height):
                part[lost] = part[fine[pick]]


def _jump(star: _Target, crowd: Crowd, generator: torch.Generator, what: str) -> None:
    """Offer each walker a companion or a disk drawn from the prior, or its loss."""
    dtype = crowd.points.dtype
    fresh = torch.randn(crowd.points.shape, generator=generator).to(dtype)
    new, disk, companion = crowd.points.clone(), crowd.disk, crowd.companion
    if what == "disk":
        disk = ~disk
        new[:, _EXCESS], new[:, _VEILING] = fresh[:, _EXCESS], fresh[:, _VEILING]
    else:
        companion = ~companion
        new[:, _RATIO] = fresh[:, _RATIO]
    trial = star.crowd(new, disk, companion)
    _accept(crowd, trial, trial.height - crowd.height, generator)


def _accept(crowd: Crowd, trial: Crowd, gain: Tensor, generator: torch.Generator) -> None:
    chance = torch.rand(len(gain), generator=generator).to(gain)
    # a walker that starts where the tracks hold no star takes any step that leads back
    gain = torch.where(crowd.height.isfinite(), gain, torch.full_like(gain, torch.inf))
    crowd.replace((chance.log() < gain) & trial.height.isfinite(), trial)
