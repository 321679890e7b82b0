r"""Is a learned noise a likelihood that can be believed? Ranks of a true amplitude under it.

A known pattern :math:`T` of unknown amplitude :math:`a` lies in noise :math:`n`. Along the line
:math:`x - a' T` the score of the noise is the derivative of the log-likelihood,

.. math:: \frac{d}{da'} \log Q(x - a' T) = -T \cdot s_Q(x - a' T),

so that the posterior of :math:`a` is known on a grid without a chain; the pattern is a random one
for each piece of noise, as broad as an image of a source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.noise import NoiseLaw

if TYPE_CHECKING:
    from astroviz.lensing.noise_model import NoiseModel

__all__ = ["amplitude_draws", "amplitude_ranks", "patterns"]

_GRID, _REACH, _DRAWS = 41, 6.0, 99
_SIZE = (20, 20)


def patterns(number: int, size: tuple[int, ...], seed: int) -> Tensor:
    r"""Bumps at random places, of random width, of either sign, sum of squares 1.

    Arguments:
        number: How many patterns.
        size: Size of each, (ny, nx) or (samples,).
        seed: Seed.

    Returns:
        (number, *size) float32.
    """
    random = np.random.default_rng(seed)
    found = np.ones((number, *size))
    width = random.uniform(1.0, 3.0, (number, *[1] * len(size)))
    for axis, length in enumerate(size):
        centre = random.uniform(0.2, 0.8, (number, *[1] * len(size))) * length
        line = np.arange(length).reshape(-1, *[1] * (len(size) - axis - 1))
        found = found * np.exp(-0.5 * ((line - centre) / width) ** 2)
    found *= random.choice([-1, 1], (number, *[1] * len(size)))
    found /= np.sqrt((found**2).sum(axis=tuple(range(1, found.ndim)), keepdims=True))
    return torch.from_numpy(found.astype(np.float32))


def amplitude_draws(
    law: NoiseLaw,
    data: Tensor,
    pattern: Tensor,
    near: Tensor,
    draws: int,
    seed: int,
    prior: float = float("inf"),
) -> Tensor:
    r"""Posterior draws of the amplitude of a known pattern.

    Arguments:
        law: Of the noise.
        data: Pattern times amplitude plus noise, (n, *size), in the noise's unit.
        pattern: Of unit sum of squares, (n, *size).
        near: Middle of the grid of amplitudes, (n,).
        draws: How many for each.
        seed: Seed of the draws and of the white noise of the law's level.
        prior: Standard deviation of a normal prior of amplitudes about 0; flat by default.

    Returns:
        (n, draws).
    """
    generator = torch.Generator().manual_seed(seed)
    data = data + law.level * torch.randn(data.shape, generator=generator)
    steps = torch.linspace(-_REACH, _REACH, _GRID) * law.scale * 1.5
    slopes = []
    for step in steps:
        amplitude = (near + step).view(-1, *[1] * (data.ndim - 1))
        score = law.score(data - amplitude * pattern)
        slopes.append(-(score * pattern).flatten(1).sum(1))
    slope = torch.stack(slopes, 1).double()
    width = float(steps[1] - steps[0])
    log = torch.zeros_like(slope)
    log[:, 1:] = (0.5 * (slope[:, 1:] + slope[:, :-1]) * width).cumsum(1)
    # finer than the grid: the slope is smooth, so its integral may be interpolated
    fine = torch.linspace(0, _GRID - 1, 20 * (_GRID - 1) + 1)
    left = fine.floor().long().clamp_max(_GRID - 2)
    part = (fine - left).double()
    ahead = width * (part * slope[:, left] + 0.5 * part**2 * (slope[:, left + 1] - slope[:, left]))
    log = log[:, left] + ahead
    asked = near[:, None] + (fine - (_GRID - 1) / 2) * width
    log = log - 0.5 * (asked / prior).square()
    weight = torch.softmax(log, 1)
    place = torch.multinomial(weight, draws, replacement=True, generator=generator)
    jitter = torch.rand(place.shape, generator=generator) - 0.5
    return near[:, None] + (fine[place] + 0.05 * jitter - (_GRID - 1) / 2) * width


def amplitude_ranks(model: NoiseModel, kind: str, number: int, seed: int) -> dict[str, Any]:
    r"""A block for `accuracy.report.verdicts`.

    Arguments:
        model: The learned noises.
        kind: One that can be made: `stand-in` or `chirp`.
        number: Pieces of noise.
        seed: Seed of everything.

    Returns:
        True amplitudes and their posterior draws.
    """
    law = model.law(kind)
    noise = model.fresh(kind, number, _SIZE, seed)
    pattern = patterns(number, tuple(noise.shape[1:]), seed)
    random = torch.Generator().manual_seed(seed)
    truth = 4.0 * law.scale * torch.randn(number, generator=random)
    near = truth + law.scale * (2 * torch.rand(number, generator=random) - 1)
    data = truth.view(-1, *[1] * (noise.ndim - 1)) * pattern + noise
    drawn = amplitude_draws(law, data, pattern, near, _DRAWS, seed)
    return {"kind": "pit", "name": f"amplitude in {kind} noise", "measured": truth.numpy(),
            "predictions": drawn.numpy()}  # fmt: skip
