r"""Simulated stars that look like real ones, by what pairs say of the difference.

The difference between real stars and the simulator is a smooth function of what the star is, and
a few hundred pairs are enough to learn it. For every band, and every component of a spectrum,

.. math:: x_\mathrm{real} - m_A(\theta) = f(\theta) + s\,\epsilon + \text{noise},

with a Gaussian process :math:`f` over temperature, luminosity, :math:`A_V`, metallicity and
:math:`R_V A_V`, and a scatter :math:`s` that reported errors leave unexplained. Simulated stars
that are moved by the mean of :math:`f`, and scattered by its uncertainty and by :math:`s`, then
stand in for labelled real stars in the supervised term, which could learn a few hundred of them by
heart. With few pairs the uncertainty is large, and the posteriors that are learned are wide.

References:
    | Rasmussen & Williams (2006), Gaussian processes for machine learning, chapter 2
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.io.observations import State
from astroviz.stars.adaptation_pairs import Pairs, RealStars
from astroviz.stars.parameters import to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.spectral_features import SpectralNumbers
from astroviz.stars.spectrographs import SPECTROGRAPHS

__all__ = ["Offsets", "Process", "learn_offsets"]

_BANDS = slice(1, 16)
_XP = SPECTROGRAPHS[0].components
_R_V, _STANDARD_R_V = 4, 3.1
_TRIED = 400  # stars on which scatter and stretch are chosen
_MOST = 1000  # pairs that a process rests on; more would take minutes
_SMALLEST = 8  # stars that a column needs to be corrected at all
# Over which the difference changes: dex, dex, part of the axis of A_V below, dex, mag of R_V A_V.
_LENGTHS = (0.02, 0.6, 2.0, 0.3, 4.0)
_STRETCHES = (0.6, 1.0, 1.7)  # of the lengths, from which the best one is taken
_LINEAR = 1.0  # prior standard deviation of a linear part, per length
_SCATTERS = (0.005, 0.02, 0.06, 0.15)


@dataclass(frozen=True)
class Process:
    r"""A Gaussian process of one quantity.

    Arguments:
        where: Inputs in units of the lengths, shape :math:`(P, 5)`.
        weights: :math:`K^{-1} y`, shape :math:`(P,)`.
        factor: Cholesky factor of :math:`K`, shape :math:`(P, P)`.
        mean: Mean of what was fitted.
        size: Standard deviation of the function.
        scatter: :math:`s`.
        stretch: Of the lengths.
    """

    where: Tensor
    weights: Tensor
    factor: Tensor
    mean: Tensor
    size: Tensor
    scatter: float
    stretch: float

    def at(self, points: Tensor) -> tuple[Tensor, Tensor]:
        r"""Mean and standard deviation, scatter included, at inputs of shape (N, 5)."""
        cross = _kernel(points, self.where, self.stretch) * self.size**2
        mean = cross @ self.weights + self.mean
        half = torch.linalg.solve_triangular(self.factor, cross.T, upper=False)
        own = self.size**2 * (1 + _LINEAR**2 * (points / self.stretch).square().sum(1) / 100)
        variance = (own - half.square().sum(0)).clamp(min=0.0)
        return mean, (variance + self.scatter**2).sqrt()


@dataclass(frozen=True)
class Offsets:
    r"""What was learned of the difference.

    Arguments:
        processes: One for each of 15 bands and of the components of XP; None where too few pairs
            have the quantity.
        r_v: Normal scores of R_V of the labelled stars, from which it is drawn anew.
        physics: The simulator's.
    """

    processes: tuple[Process | None, ...]
    r_v: Tensor
    physics: Physics

    def table(self, z: Tensor, r_v: Tensor) -> tuple[Tensor, Tensor]:
        r"""Means and standard deviations for stars, each :math:`(N, 39)`; zero where unknown.

        Arguments:
            z: Normal scores, shape :math:`(N, 9)`.
            r_v: Normal scores of R_V to take instead of theirs, shape :math:`(N,)`.
        """
        z = z.clone()
        z[:, _R_V] = r_v
        points = inputs(z, self.physics)
        blank = torch.zeros(len(z))
        found = [(blank, blank) if one is None else one.at(points) for one in self.processes]
        mean, sd = (torch.stack(column, 1) for column in zip(*found, strict=True))
        return mean, sd

    def draw_r_v(self, n: int, generator: torch.Generator) -> Tensor:
        """Scores of R_V as the labelled stars have them, shape (N,)."""
        return self.r_v[torch.randint(len(self.r_v), (n,), generator=generator)]


def moved(stars: RealStars, mean: Tensor, sd: Tensor, generator: torch.Generator) -> RealStars:
    r"""Simulated stars as real ones would look.

    Arguments:
        stars: :math:`N` simulated stars.
        mean: From `Offsets.table`, shape :math:`(N, 39)`.
        sd: Likewise.
        generator: Source of the scatter.
    """
    move = mean + sd * torch.randn(mean.shape, generator=generator)
    seen = stars.states[:, _BANDS] == int(State.OBSERVED)
    values = stars.values.clone()
    values[:, _BANDS] += torch.where(seen, move[:, :15], torch.zeros(()))
    light = stars.spectra
    components = light.components.clone()
    components[:, :_XP] += torch.where(light.seen[:, :1], move[:, 15:], torch.zeros(()))
    return RealStars(values, stars.errors, stars.states,
                     SpectralNumbers(components, light.errors, light.seen))  # fmt: skip


def learn_offsets(real: RealStars, pairs: Pairs, many: int, physics: Physics) -> Offsets:
    r"""Learn the difference from the first pairs.

    Arguments:
        real: All real stars.
        pairs: The pairs; where a star has several twins the first one counts.
        many: How many of them may be used.
        physics: The simulator's.
    """
    count, few = min(many, len(pairs), _MOST), pairs.z.shape[1]
    z, disk = pairs.z[:count, 0], pairs.disk[:count, 0]
    stars = real.rows(pairs.rows[:count])
    twins = pairs.twins.rows(torch.arange(count) * few)
    model, _ = physics.magnitudes(to_theta(z), disk)
    both = (stars.spectra.seen & twins.spectra.seen)[:, :1]
    light = (stars.spectra.components - twins.spectra.components)[:, :_XP]
    noise = (stars.spectra.errors**2 + twins.spectra.errors**2)[:, :_XP]
    bands = stars.states[:, _BANDS] == int(State.OBSERVED)
    seen = torch.cat([bands, both.expand(-1, _XP)], 1)
    off = torch.cat([stars.values[:, _BANDS] - model, light], 1)
    variance = torch.cat([stars.errors[:, _BANDS] ** 2, noise], 1)
    points = inputs(z, physics)
    processes = [
        _learn(points[here], off[here, k], variance[here, k])
        if int((here := seen[:, k]).sum()) >= _SMALLEST else None
        for k in range(off.shape[1])
    ]  # fmt: skip
    return Offsets(tuple(processes), z[:, _R_V].clone(), physics)


def inputs(z: Tensor, physics: Physics) -> Tensor:
    r"""What the difference depends on, in units of its lengths, shape :math:`(N, 5)`."""
    theta = to_theta(z)
    star = physics.evolve(theta[:, 0], theta[:, 1])
    a_v = theta[:, 3].clamp(min=0.0)
    axes = torch.stack([
        star.log_teff - 3.6, star.log_lum, 2 * (1 + a_v).log(), theta[:, 2],
        (theta[:, 4] - _STANDARD_R_V) * a_v,
    ], -1)  # fmt: skip
    return axes / torch.tensor(_LENGTHS)


def _kernel(a: Tensor, b: Tensor, stretch: float) -> Tensor:
    a, b = a / stretch, b / stretch
    return torch.exp(-0.5 * torch.cdist(a, b).square()) + _LINEAR**2 * (a @ b.T) / 100


def _learn(points: Tensor, off: Tensor, variance: Tensor) -> Process:
    """The process of one column, its scatter and stretch those of the largest evidence."""
    few = slice(None, _TRIED)
    found = []
    for stretch in _STRETCHES:
        for scatter in _SCATTERS:
            tried = _fit(points[few], off[few], variance[few], stretch, scatter)
            found += [] if tried is None else [tried]
    if not found:
        raise ValueError("the labelled stars are too much alike to learn a difference from")
    _, best = max(found, key=lambda pair: pair[0])
    whole = _fit(points, off, variance, best.stretch, best.scatter)
    return best if whole is None else whole[1]


def _fit(
    points: Tensor, off: Tensor, variance: Tensor, stretch: float, scatter: float
) -> tuple[float, Process] | None:
    """Log evidence and the process; None where the matrix cannot be factorised."""
    mean = off.median()
    y = (off - mean).clamp(-1.5, 1.5)
    size = y.std().clamp(min=0.01)
    whole = _kernel(points, points, stretch) * size**2
    whole = whole + torch.diag(variance + scatter**2 + 1e-6)
    factor, wrong = torch.linalg.cholesky_ex(whole)
    if int(wrong):
        return None
    weights = torch.cholesky_solve(y[:, None], factor)[:, 0]
    evidence = float(-0.5 * y @ weights - factor.diagonal().log().sum())
    return evidence, Process(points, weights, factor, mean, size, scatter, stretch)
