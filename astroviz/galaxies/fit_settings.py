r"""How a population is fitted: sizes, schedules, and the clock that they go by."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal

from astroviz.galaxies.parameters import GalaxyError

__all__ = ["BLURS", "Clock", "FitSettings"]

BLURS: Final = (0.3, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05)
"""Blur of the Sinkhorn divergence over the first quarter of a fit, as PopSED has it."""

_LAST_BLUR = 0.002


@dataclass(frozen=True)
class FitSettings:
    r"""Settings of one flow's fit. Schedules run over the part :math:`f` of the fit that is done.

    Arguments:
        draws: Of the model in each step.
        early: The same before `switch`: a coarse fit needs fewer.
        slices: Directions in each step.
        rate: Largest learning rate; rises over the first quarter, then falls to nothing.
        clip: Largest norm of a gradient.
        distance: `sliced`, or `sinkhorn` (slow; see `distance.sinkhorn`).
        entropy: Weight :math:`\lambda` of the divergence from the prior, per nat.
        last_entropy: What :math:`\lambda` falls to, geometrically, over the last 40 %.
        spread: Members of an ensemble have entropy weights from :math:`1/s` to :math:`s` times
            this one, evenly in the logarithm: what the weight decides is part of their spread.
        unseen: Weight of the divergence from the prior where the survey sees nothing,
            :math:`E_q[(1 - w)(\ln q/\pi - 1)]` with the chance :math:`w` to be listed: the data
            are silent there, and draws of a population that all are listed scatter less, which a
            distance of samples rewards.
        shift: Members of an ensemble have priors of their own, see `member`: spread of the
            shifts, in standard deviations of the prior.
        stretch: Spread of the logarithms by which their widths are below the prior's.
        named: Share of the features' and bands' own directions in each step's distance.
        debias: Take off the distance what draws of the model have from one another by chance.
        noise: :math:`a` in the factor on the noise, :math:`1 / (1 + a e^{-b f})`: little noise at
            first, so that the model finds its place before it is blurred.
        decay: :math:`b`.
        switch: The distance is of order one before this part of the fit, of order two after.
        zero_points: Spread of free zero points of the bands, mag; 0 for none.
        zero_point_errors: The same of each band, in their order; `zero_points` for all by default.
        layers: Of the flow.
        hidden: Width of its networks.
        bins: Of its splines.
        average: Decay per step of the averaged weights.
        frames: How many frames of the film are kept.

    Example:
        >>> settings = FitSettings(entropy=0.01)
        >>> round(settings.entropy_at(0.5), 4), round(settings.noise_at(1.0), 4)
        (0.01, 0.9999)
    """

    draws: int = 2048
    early: int = 1024
    slices: int = 128
    rate: float = 2e-3
    clip: float = 5.0
    distance: Literal["sliced", "sinkhorn"] = "sliced"
    entropy: float = 0.003
    last_entropy: float = 0.0005
    spread: float = 1.0
    unseen: float = 0.0
    shift: float = 0.0
    stretch: float = 0.0
    named: float = 0.0
    debias: bool = False
    noise: float = 20.0
    decay: float = 12.0
    switch: float = 0.5
    zero_points: float = 0.0
    zero_point_errors: tuple[float, ...] = ()
    layers: int = 6
    hidden: int = 64
    bins: int = 8
    average: float = 0.98
    frames: int = 40

    def __post_init__(self) -> None:
        if self.distance not in ("sliced", "sinkhorn"):
            raise GalaxyError(f"no distance {self.distance!r}; there is sliced, sinkhorn")
        if (
            min(self.draws, self.early) < 64
            or self.slices < 1
            or self.entropy < 0
            or self.last_entropy < 0
        ):
            raise GalaxyError(
                "a fit needs 64 draws and one slice at least and no negative weight of the "
                f"entropy, not {self.draws}, {self.slices} and {self.entropy}"
            )

    def with_(self, **changes: Any) -> FitSettings:
        """The same settings but for some."""
        return replace(self, **changes)

    def of_member(self, place: int, count: int) -> FitSettings:
        r"""The settings of one member of an ensemble, see `spread`.

        Arguments:
            place: Its number, from 0.
            count: Members of the ensemble.
        """
        if self.spread == 1.0 or count < 2:
            return self
        factor = self.spread ** (2 * place / (count - 1) - 1)
        return self.with_(entropy=self.entropy * factor, last_entropy=self.last_entropy * factor)

    def config(self) -> dict[str, Any]:
        """The settings as plain values, which a card can hold."""
        return asdict(self)

    def draws_at(self, f: float) -> int:
        """Draws of the model in a step."""
        return self.early if f < self.switch else self.draws

    def rate_at(self, f: float) -> float:
        """Learning rate: one cycle."""
        rise = 0.25
        if f < rise:
            return self.rate * (0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * f / rise)))
        return self.rate * max(0.5 * (1 + math.cos(math.pi * (f - rise) / (1 - rise))), 1e-3)

    def noise_at(self, f: float) -> float:
        """Factor on the observation noise."""
        return 1.0 / (1.0 + self.noise * math.exp(-self.decay * f))

    def entropy_at(self, f: float) -> float:
        """Weight of the entropy."""
        if f <= 0.6 or self.entropy <= 0 or self.last_entropy <= 0:
            return self.entropy if f <= 0.6 else self.last_entropy
        part = min((f - 0.6) / 0.4, 1.0)
        return self.entropy * (self.last_entropy / self.entropy) ** part

    def power_at(self, f: float) -> float:
        """Order of the sliced distance."""
        return 1.0 if f < self.switch else 2.0

    def blur_at(self, f: float) -> float:
        """Blur of the Sinkhorn divergence; 0 for the sliced distance, which has none."""
        if self.distance == "sliced":
            return 0.0
        place = int(f / 0.25 * len(BLURS))
        return BLURS[place] if place < len(BLURS) else _LAST_BLUR


class Clock:
    r"""How far a fit is: by its steps, by wall-clock time, or by the one that ends first.

    A fit with a number of steps is the same again for the same seed; one with a budget of time
    makes as many steps as the machine lets it.

    Arguments:
        steps: Number of steps; None for as many as the time allows.
        seconds: Wall-clock time; None for as long as the steps take.
        spent: Seconds that are gone already.
    """

    def __init__(self, steps: int | None, seconds: float | None, spent: float = 0.0) -> None:
        if steps is None and seconds is None:
            raise GalaxyError("a fit needs a number of steps or a budget of time")
        self.steps, self.seconds = steps, seconds
        self._begun = time.monotonic() - spent
        self._longest = 0.0
        self._last = time.monotonic()

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def fraction(self, step: int) -> float:
        """Part of the fit that is done, 0 to 1; 1 too where the next step would be late."""
        now = time.monotonic()
        if step:
            self._longest = max(0.9 * self._longest, now - self._last)
        self._last = now
        done = step / self.steps if self.steps else 0.0
        if self.seconds is not None:
            late = self.spent + 0.5 * self._longest >= self.seconds
            done = max(done, 1.0 if late else self.spent / self.seconds)
        return min(done, 1.0)
