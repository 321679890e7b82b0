r"""Climbing the evidence of a lens: priors that keep to physics, damped Gauss-Newton, many starts.

A pixelated source explains an image also without a lens (the source is then the image) and with
one that is far too strong or too weak; the evidence prefers the right lens, but a climb from the
wrong side does not arrive. So Einstein radii over the whole range where the arcs lie are tried
first, coarsely and with softened noise, and the evidence chooses among the summits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astroviz.core.request import Alone, Control
from astroviz.lensing.semilinear import Evidence, SemiLinear

__all__ = ["Clock", "FreePrior", "Summit", "best", "climb", "summit_of"]

_LONGEST = np.array([0.15, 0.12, 0.12, 0.08, 0.08, 0.06, 0.06, 0.12])


class Clock:
    """Seconds that are left, and who may cancel."""

    def __init__(self, budget: float, control: Control | None = None) -> None:
        self.start, self.budget = time.monotonic(), float(budget)
        self.control: Control = control or Alone()

    @property
    def spent(self) -> float:
        """Share of the budget that is used up."""
        return (time.monotonic() - self.start) / self.budget

    def check(self, until: float = 1.0) -> bool:
        """Whether there is time until a share of the budget; raises if cancelled."""
        self.control.check()
        self.control.progress(min(self.spent, 0.999))
        return self.spent < until


@dataclass(frozen=True, eq=False)
class FreePrior:
    r"""Normal prior of the free coordinates.

    Arguments:
        mean: Shape :math:`(8,)`.
        width: Standard deviations, shape :math:`(8,)`; tiny ones hold a coordinate.
    """

    mean: np.ndarray
    width: np.ndarray

    def log_prob(self, free: np.ndarray) -> float:
        """Natural logarithm of the density, up to a constant that the prior shares."""
        return -0.5 * float(np.square((free - self.mean) / self.width).sum())

    def gradient(self, free: np.ndarray) -> np.ndarray:
        """Its gradient, shape (8,)."""
        return np.asarray((self.mean - free) / self.width**2)

    def precision(self) -> np.ndarray:
        """Inverse covariance, shape (8, 8)."""
        return np.diag(1 / self.width**2)

    def draw(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draws, shape (n, 8)."""
        return self.mean + self.width * generator.standard_normal((n, len(self.mean)))

    def inside(self, free: np.ndarray, widths: float = 2.5) -> np.ndarray:
        """The nearest coordinates within some standard deviations: beyond is no galaxy."""
        far = widths * self.width
        return np.clip(free, self.mean - far, self.mean + far)

    def holding(self, **values: float) -> FreePrior:
        """The same with coordinates held, by their place: `k7=1.0` holds the slope."""
        mean, width = self.mean.copy(), self.width.copy()
        for name, value in values.items():
            mean[int(name[1:])], width[int(name[1:])] = value, 1e-6
        return FreePrior(mean, width)


@dataclass(frozen=True, eq=False)
class Summit:
    """Where a climb ended: the lens, its evidence and log posterior density, and if it settled."""

    free: np.ndarray
    evidence: Evidence
    log_posterior: float
    settled: bool

    def covariance(self, prior: FreePrior) -> np.ndarray:
        """Inverse curvature of the log posterior, shape (8, 8)."""
        return np.asarray(np.linalg.inv(self.evidence.information + prior.precision()))


def climb(
    model: SemiLinear,
    start: np.ndarray,
    prior: FreePrior,
    steps: int,
    clock: Clock,
    *,
    until: float = 1.0,
    exact: bool = False,
    tolerance: float = 0.05,
) -> Summit:
    r"""Damped Gauss-Newton on log evidence plus log prior.

    Arguments:
        model: The evidence.
        start: Free coordinates to start from, shape :math:`(8,)`.
        prior: Prior of the free coordinates.
        steps: Most steps to take.
        clock: The time that is left.
        until: Share of the clock's budget after which to stop.
        exact: Use the exact gradient; see `SemiLinear.evidence`.
        tolerance: Gain in log posterior below which the climb has settled.
    """
    free = np.array(start, dtype=np.float64)
    now = model.evidence(free, exact=exact)
    value, damping, settled = now.value + prior.log_prob(free), 1e-2, False
    for _ in range(steps):
        if not clock.check(until):
            break
        gradient = now.gradient + prior.gradient(free)
        curvature = now.information + prior.precision()
        step = prior.inside(free + _step(curvature, gradient, damping)) - free
        if abs(0.5 * float(gradient @ step)) < 0.2 * tolerance:
            settled = True
            break
        trial = model.evidence(free + step, exact=exact)
        found = trial.value + prior.log_prob(free + step)
        if found > value:
            gain, free, now, value = found - value, free + step, trial, found
            damping = max(damping * 0.2, 1e-6)
            settled = gain < tolerance
        else:
            damping *= 8
            settled = damping > 1e7
        if settled:
            break
    return Summit(free, now, value, settled)


def _step(curvature: np.ndarray, gradient: np.ndarray, damping: float) -> np.ndarray:
    scale = np.diag(curvature)
    step = np.linalg.solve(curvature + damping * np.diag(scale), gradient)
    return np.asarray(step / max(1.0, float(np.max(np.abs(step) / _LONGEST))))


def summit_of(
    model: SemiLinear, prior: FreePrior, clock: Clock, starts: Sequence[float] = (-0.1, 0.0, 0.1),
    softenings: Sequence[float] = (16.0, 4.0), seed: int = 0,
) -> Summit:  # fmt: skip
    r"""The highest summit from several lenses, each climbed with softened noise first.

    Arguments:
        model: The evidence; no light components.
        prior: Prior of the free coordinates.
        clock: The time that is left.
        starts: Changes of the logarithm of the prior's Einstein radius; as many lenses drawn from
            the prior are tried too.
        softenings: Factors on the noise, one climb after the other.
        seed: Seed of the draws.
    """
    soft = [model.on_rays(model.rays.softened(factor)) for factor in softenings]
    places = [prior.mean + away * np.eye(len(prior.mean))[0] for away in starts]
    places += list(prior.draw(len(starts), np.random.default_rng(seed)))
    found = []
    for place in places:
        for one in soft:
            place = climb(one, place, prior, 12, clock).free
        found.append(climb(model, place, prior, 15, clock))
    return best(found)


def best(summits: Sequence[Summit]) -> Summit:
    """The one of highest log posterior."""
    return max(summits, key=lambda one: one.log_posterior)
