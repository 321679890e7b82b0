r"""Simulated stars that look like real ones, by what pairs say of the difference.

The difference between real stars and the simulator is a smooth function of what the star is, and
a few hundred pairs are enough to learn it. For every band, and every component of a spectrum,

.. math:: x_\mathrm{real} - m_A(\theta) = \Phi(\theta)\,\beta + s\,\epsilon + \text{noise},

with polynomials :math:`\Phi` of temperature, luminosity and :math:`A_V` (of lower degree for fewer
pairs) and terms of :math:`R_V A_V`, by weighted ridge regression; :math:`s` is the scatter that
reported errors leave unexplained. Simulated stars that are moved by :math:`\Phi\beta` and
scattered by :math:`s` then stand in for labelled real stars in the supervised term, which could
learn a few hundred of them by heart.
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

__all__ = ["Offsets", "learn_offsets"]

_BANDS = slice(1, 16)
_XP = SPECTROGRAPHS[0].components
_RIDGE = 1e-3
_ROUNDS = 4
_R_V, _STANDARD_R_V = 4, 3.1
_SMALLEST = 8  # stars that a column needs to be corrected at all


@dataclass(frozen=True)
class Offsets:
    r"""What was learned of the difference.

    Arguments:
        coefficients: :math:`\beta` of 15 bands and the components of XP, shape :math:`(F, 39)`.
        scatter: :math:`s`, shape :math:`(39,)`.
        degree: Of the polynomials.
        r_v: Normal scores of R_V of the labelled stars, from which it is drawn anew.
        physics: The simulator's.
    """

    coefficients: Tensor
    scatter: Tensor
    degree: int
    r_v: Tensor
    physics: Physics

    def apply(
        self, stars: RealStars, z: Tensor, generator: torch.Generator
    ) -> tuple[RealStars, Tensor]:
        r"""Simulated stars as real ones would look.

        Arguments:
            stars: :math:`N` simulated stars.
            z: Their normal scores, shape :math:`(N, 9)`.
            generator: Source of R_V and of the scatter.

        Returns:
            The stars, and their scores with another R_V.
        """
        z = z.clone()
        pick = torch.randint(len(self.r_v), (len(z),), generator=generator)
        z[:, _R_V] = self.r_v[pick]
        move = terms(z, self.physics, self.degree) @ self.coefficients
        move = move + self.scatter * torch.randn(move.shape, generator=generator)
        seen = stars.states[:, _BANDS] == int(State.OBSERVED)
        values = stars.values.clone()
        values[:, _BANDS] += torch.where(seen, move[:, :15], torch.zeros(()))
        light = stars.spectra
        components = light.components.clone()
        components[:, :_XP] += torch.where(light.seen[:, :1], move[:, 15:], torch.zeros(()))
        moved = SpectralNumbers(components, light.errors, light.seen)
        return RealStars(values, stars.errors, stars.states, moved), z


def learn_offsets(real: RealStars, pairs: Pairs, many: int, physics: Physics) -> Offsets:
    r"""Learn the difference from the first pairs.

    Arguments:
        real: All real stars.
        pairs: The pairs.
        many: How many of them may be used.
        physics: The simulator's.
    """
    count, few = min(many, len(pairs)), pairs.z.shape[1]
    rows = pairs.rows[:count].repeat_interleave(few)
    z, disk = pairs.z[:count].flatten(0, 1), pairs.disk[:count].flatten()
    stars, twins = real.rows(rows), pairs.twins.rows(torch.arange(count * few))
    model, _ = physics.magnitudes(to_theta(z), disk)
    degree = 1 if count < 100 else 2 if count < 300 else 3
    both = (stars.spectra.seen & twins.spectra.seen)[:, :1]
    light = (stars.spectra.components - twins.spectra.components)[:, :_XP]
    noise = (stars.spectra.errors**2 + twins.spectra.errors**2)[:, :_XP]
    bands = stars.states[:, _BANDS] == int(State.OBSERVED)
    seen = torch.cat([bands, both.expand(-1, _XP)], 1)
    off = torch.cat([stars.values[:, _BANDS] - model, light], 1)
    variance = torch.cat([stars.errors[:, _BANDS] ** 2, noise], 1)
    phi = terms(z, physics, degree)
    coefficients = torch.zeros(phi.shape[1], off.shape[1])
    scatter = torch.zeros(off.shape[1])
    for k in range(off.shape[1]):
        here = seen[:, k]
        if int(here.sum()) >= _SMALLEST * few:
            coefficients[:, k], scatter[k] = _regress(phi[here], off[here, k], variance[here, k])
    return Offsets(coefficients, scatter, degree, z[:, _R_V].clone(), physics)


def terms(z: Tensor, physics: Physics, degree: int) -> Tensor:
    r""":math:`\Phi`: polynomials of what the simulator says of a star, shape :math:`(N, F)`."""
    theta = to_theta(z)
    star = physics.evolve(theta[:, 0], theta[:, 1])
    axes = torch.stack([
        (star.log_teff - 3.6) / 0.1, star.log_lum / 0.7, (theta[:, 3].clamp(min=0.0) - 2) / 3,
    ], -1)  # fmt: skip
    powers = [axes[:, :1] * 0 + 1]
    last = [(powers[0], 0)]
    for _ in range(degree):
        last = [(part * axes[:, k : k + 1], k) for part, least in last for k in range(least, 3)]
        powers += [part for part, _ in last]
    beyond = (theta[:, 4:5] - _STANDARD_R_V) * theta[:, 3:4] / 3
    return torch.cat([*powers, beyond, beyond * axes[:, 2:], beyond * axes[:, :1]], -1)


def _regress(phi: Tensor, off: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    """Coefficients and unexplained scatter of one column; stars far off count little."""
    scatter = torch.tensor(0.05)
    eye = torch.eye(phi.shape[1])
    beta = torch.zeros(phi.shape[1])
    spare = max(len(off) - phi.shape[1], 1) / len(off)
    for _ in range(_ROUNDS):
        width = (variance + scatter**2).sqrt()
        pull = (off - phi @ beta) / width
        weight = 1 / width**2 / (1 + (pull / 4) ** 2)
        left = phi.T @ (phi * weight[:, None])
        beta = torch.linalg.solve(left + _RIDGE * left.diagonal().mean() * eye,
                                  phi.T @ (weight * off))  # fmt: skip
        rest = ((off - phi @ beta) ** 2 / spare - variance).clamp(min=-1.0, max=1.0)
        scatter = ((weight * rest).sum() / weight.sum()).clamp(min=0.0).sqrt()
    return beta, scatter
