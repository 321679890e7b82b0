r"""Does the prior fit this one observation? The flag of *Sample*.

Sources are drawn from the prior and observed as the observation was: same lens, same mask, same
noise. They are sampled like it, and four summaries of the draws (`shift.summaries`) say how
unusual the observation is among them. The p-value is a rank, so it is honest whatever the sampler
and however rough the score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from astroviz.lensing.sample_priors import prior_named
from astroviz.lensing.sample_scene import Scene
from astroviz.lensing.shift import FLAG, QUICK, ObjectShift, posterior_of, simulated, summaries
from astroviz.lensing.trust_study import Share

__all__ = ["Flag", "flag_work"]

_OTHERS = 208  # simulated observations, of which every other one is a rank
_DRAWS = 1


@dataclass(frozen=True)
class Flag:
    r"""How unusual an observation is under a prior.

    Arguments:
        p: Part of the simulated observations that are as unusual.
        score: How unusual it is, over the score that one in a hundred simulated ones exceeds.
        smallest: The smallest p that so many simulations can give.
        prior: Name of the prior.
    """

    p: float
    score: float
    smallest: float
    prior: str

    @property
    def raised(self) -> bool:
        """Whether the prior does not fit."""
        return self.p < FLAG


def flag_work(
    scene: Scene, lens: tuple[float, ...], name: str, pixels: int, device: Any, seed: int
) -> Callable[[Callable[[float], None], Callable[[], None]], Flag]:
    r"""The flag as a piece of work.

    Arguments:
        scene: The observation; its noise must be independent from pixel to pixel.
        lens: In the order of `LENS_NAMES`.
        name: Of the prior, among `PRIORS`.
        pixels: Side of the source.
        device: Where a network runs.
        seed: Seed of the simulations.

    Returns:
        Called with `progress(share)` and `check()`, gives a `Flag`.
    """
    if scene.noise.correlated:
        raise ValueError(
            "the flag needs noise that is independent from pixel to pixel: choose noise that is "
            "rescaled or as given"
        )

    def work(progress: Callable[[float], None], check: Callable[[], None]) -> Flag:
        prior, _ = prior_named(name, device)
        seen = scene.problem(lens, pixels)
        check()
        sources = prior.sample(_OTHERS, seed, control=Share(progress, check, 0, 4))
        others = simulated([seen] * _OTHERS, sources, seed + 1)
        problems = [seen, *others]
        draws = posterior_of(
            prior, problems, QUICK, seed + 2, _DRAWS, _Last(progress, check)
        )  # fmt: skip
        found = summaries(prior, problems, draws, seed + 3)
        shift = ObjectShift.calibrated(found[1:])
        return Flag(
            float(shift.p_values(found[:1])[0]), float(shift.ood_score(found[:1])[0]),
            shift.smallest, name,
        )  # fmt: skip

    return work


class _Last:
    """Progress of the last three quarters."""

    max_draws: int | None = None

    def __init__(self, progress: Callable[[float], None], check: Callable[[], None]) -> None:
        self.check, self._told = check, progress

    def progress(self, fraction: float) -> None:
        """So much of it is done."""
        self._told(0.25 + 0.75 * fraction)
