r"""A quasar that flickers, as its images show it: later, brighter or fainter, otherwise the same.

Its magnitude is a damped random walk (an Ornstein-Uhlenbeck process),

.. math:: \mathrm{d}m = -\frac{m}{\tau}\,\mathrm{d}t + \sigma\sqrt{2/\tau}\,\mathrm{d}W.

References:
    | MacLeod et al. (2010), https://arxiv.org/abs/1004.0276
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["damped_random_walk", "light_curves"]

SCATTER = 0.25  # mag
MEMORY = 100.0  # days


def damped_random_walk(
    times: np.ndarray, seed: int, scatter: float = SCATTER, memory: float = MEMORY
) -> np.ndarray:
    r"""Magnitudes about zero at even times.

    Arguments:
        times: Days, even and rising, shape :math:`(n,)`.
        seed: Of the flicker.
        scatter: Long-term standard deviation :math:`\sigma`, mag.
        memory: :math:`\tau`, days.

    Returns:
        Shape :math:`(n,)`.

    Example:
        >>> walk = damped_random_walk(np.arange(20_000.0), seed=1)
        >>> bool(0.2 < walk.std() < 0.3)
        True
    """
    random = np.random.default_rng([seed, 11])
    keep = np.exp(-np.diff(times) / memory)
    kicks = random.standard_normal(len(times)) * scatter
    found = np.empty(len(times))
    found[0] = kicks[0]
    for k in range(1, len(times)):
        found[k] = keep[k - 1] * found[k - 1] + np.sqrt(1 - keep[k - 1] ** 2) * kicks[k]
    return found


def light_curves(
    delays: Sequence[float], magnifications: Sequence[float], seed: int, span: float = 240.0
) -> tuple[np.ndarray, list[np.ndarray]]:
    r"""What a watcher of all images sees.

    Arguments:
        delays: Of each image after the first, days.
        magnifications: Of each image, signed.
        seed: Of the flicker.
        span: How long they are watched, days.

    Returns:
        Days, and for each image its magnitude relative to the unlensed quasar's mean.
    """
    longest = max(delays, default=0.0)
    step = max(span / 480, (span + longest) / 4000)
    clock = np.arange(-longest - step, span + step, step)
    walk = damped_random_walk(clock, seed)
    seen = np.linspace(0.0, span, 241)
    curves = [
        np.interp(seen - delay, clock, walk) - 2.5 * np.log10(max(abs(strength), 1e-6))
        for delay, strength in zip(delays, magnifications, strict=True)
    ]
    return seen, curves
