r"""One dimension: a chirp of two merging masses in noise that is coloured and has glitches.

The chirp is the leading (quadrupole) order of an inspiral that ends at :math:`t_c`,

.. math:: f(t) = \frac1\pi\left(\frac{5}{256\,(t_c - t)}\right)^{3/8}
    \left(\frac{G\mathcal M}{c^3}\right)^{-5/8}, \qquad
    h = A \left(\frac{f}{30\,\mathrm{Hz}}\right)^{2/3} \cos\Phi(t),

with :math:`\Phi = \phi_c - 2 \left(\frac{t_c - t}{5 G\mathcal M/c^3}\right)^{5/8}`, faded out
where the frequency nears that of a slowly sampled series. The noise is a stand-in for a detector's
whitened strain: first-order coloured Gaussian noise and, on average twice a second, a
sine-Gaussian burst of heavy-tailed amplitude.

References:
    | Cutler & Flanagan (1994), https://arxiv.org/abs/gr-qc/9402014
    | Legin, Isi, Wong, Hezaveh & Perreault-Levasseur (2024), https://arxiv.org/abs/2410.19956
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

__all__ = ["CHIRP_BOUNDS", "CHIRP_NAMES", "CHIRP_UNITS", "RATE", "SAMPLES", "chirp",
           "glitchy_noise", "times"]  # fmt: skip

RATE, SAMPLES = 512.0, 384
"""Samples per second, and samples of a series."""

CHIRP_NAMES = ("log_amplitude", "chirp_mass", "coalescence_time", "phase")
CHIRP_UNITS = ("", "solMass", "s", "rad")
CHIRP_BOUNDS = ((math.log(0.5), math.log(6.0)), (18.0, 45.0), (0.55, 0.70), (-math.pi, math.pi))

_SOLAR = 4.925491e-6  # G M_sun / c^3 in seconds
_TOP = 150.0  # Hz, where the chirp has faded to half
_COLOUR, _GLITCHES = 0.6, 2.0  # correlation of neighbours; bursts per second


def times() -> Tensor:
    """Times of the samples in seconds, (384,)."""
    return torch.arange(SAMPLES) / RATE


def chirp(parameters: Tensor) -> Tensor:
    r"""The series of a merger, differentiable.

    Arguments:
        parameters: In the order and units of `CHIRP_NAMES`, (..., 4).

    Returns:
        In units of the standard deviation of whitened noise, (..., 384).

    Example:
        >>> chirp(torch.tensor([1.0, 30.0, 0.6, 0.0])).shape
        torch.Size([384])
    """
    amplitude, mass, end, phase = (one[..., None] for one in parameters.unbind(-1))
    seconds = _SOLAR * mass
    left = end - times().to(parameters)
    smooth = 2e-3  # seconds: the end is approached, not reached, so that gradients stay finite
    before = smooth * torch.nn.functional.softplus(left / smooth) + 1e-4
    frequency = (5 / (256 * before)) ** 0.375 * seconds**-0.625 / math.pi
    angle = phase - 2 * (before / (5 * seconds)) ** 0.625
    faded = torch.sigmoid((_TOP - frequency) / 15) * torch.sigmoid(left / smooth)
    return amplitude.exp() * (frequency / 30) ** (2 / 3) * torch.cos(angle) * faded


def glitchy_noise(number: int, seed: int, glitches: bool = True) -> Tensor:
    r"""Noise of a detector that is not quite well-behaved.

    Arguments:
        number: How many series.
        seed: Seed.
        glitches: Whether there are bursts beside the coloured noise.

    Returns:
        Standard deviation 1 between the bursts, (number, 384) float32.
    """
    random = np.random.default_rng(seed)
    early = 64  # samples before the first, so that the colour has settled
    white = random.standard_normal((number, SAMPLES + early))
    noise = np.empty_like(white)
    noise[:, 0] = white[:, 0]
    for k in range(1, white.shape[1]):
        noise[:, k] = _COLOUR * noise[:, k - 1] + math.sqrt(1 - _COLOUR**2) * white[:, k]
    noise = noise[:, early:]
    if glitches:
        _burst(noise, random)
    return torch.from_numpy(noise.astype(np.float32))


def _burst(noise: np.ndarray, random: np.random.Generator) -> None:
    """Add sine-Gaussian bursts in place."""
    number, length = noise.shape
    bursts = int(random.poisson(_GLITCHES * number * length / RATE))
    t = np.arange(length) / RATE
    which = random.integers(number, size=bursts)
    centre = random.random(bursts) * length / RATE
    frequency = np.exp(random.uniform(np.log(30), np.log(150), bursts))
    width = random.uniform(0.5, 1.5, bursts) / frequency
    height = 2.0 * (1 + random.pareto(2.5, bursts)) * random.choice([-1, 1], bursts)
    phase = random.uniform(0, 2 * np.pi, bursts)
    for k in range(bursts):
        since = t - centre[k]
        envelope = height[k] * np.exp(-0.5 * (since / width[k]) ** 2)
        noise[which[k]] += envelope * np.cos(2 * np.pi * frequency[k] * since + phase[k])
