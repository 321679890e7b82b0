r"""Stars to walk the road with, and what every rung answers about one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from astroviz.core.draws import Draws
from astroviz.io.observations import Observations
from astroviz.stars.catalogue import Catalogue, from_simulation
from astroviz.stars.complete import YOUNG
from astroviz.stars.complete_model import complete_rows
from astroviz.stars.physics import Physics
from astroviz.stars.presets import example_catalogue
from astroviz.stars.road import RUNGS, Rung, open_road
from astroviz.stars.road_models import PointModel
from astroviz.stars.simulator import simulate

__all__ = ["SWITCHES", "Answer", "Road", "RoadStar"]

SWITCHES = ("Gaia", "2MASS", "WISE")
_POOL, _POOL_SEED = 6000, 20


@dataclass(frozen=True)
class RoadStar:
    r"""A star to walk the road with.

    Arguments:
        name: Its name on screen.
        sentence: What it shows, and one gesture to try.
        near: Parameter to the value that the star of the pool must be near, and its scale; for a
            star of the example table, nothing.
    """

    name: str
    sentence: str
    near: Mapping[str, tuple[float, float]]


_COMPLETE = (
    RoadStar(
        "One star or two",
        "One young star, or an older pair that is as bright: the posterior is bent around both. "
        "The regression's point lies in the hollow between them, where the star hardly is.",
        {"log_age": (7.71, 0.02), "log_mass": (-0.31, 0.02), "distance": (51.5, 1.0)},
    ),
    RoadStar(
        "Age unknown",
        "A hot star that has settled: any age from 3 to 100 Myr fits, and the posteriors say so. "
        "The regression gives one age, and nothing tells you how little it is worth.",
        {"log_age": (7.01, 0.02), "log_mass": (0.45, 0.02), "distance": (281.0, 5.0)},
    ),
    RoadStar(
        "Star with a disk",
        "A young star whose disk shows in W3 and W4. All rungs answer. Switch WISE off: three of "
        "them cannot be asked any more.",
        {"log_age": (6.4, 0.1), "log_mass": (-0.3, 0.05), "excess_amplitude": (0.4, 0.2),
         "a_v": (0.5, 0.3)},
    ),
    RoadStar(
        "Reddened star",
        "Some magnitudes of dust: switch from mass to A_V, and see how far temperature and dust "
        "can be told apart by each rung.",
        {"log_age": (6.6, 0.2), "log_mass": (-0.2, 0.1), "a_v": (4.0, 0.5)},
    ),
)  # fmt: skip
# Of the example table of the explorer, with its gaps.
_GAPPY = {
    "Young K star, no disk": "As catalogues are: W4 saw nothing. One gap, and three of the four "
    "rungs have nothing to say.",
    "Reddened star without Gaia": "Too red for Gaia: only the fourth rung can be asked.",
}


@dataclass(frozen=True)
class Answer:
    r"""What a rung says of a star.

    Arguments:
        rung: The rung.
        draws: Its draws; None for a regression, and for a star that it cannot be asked about.
        point: The one point of a regression, parameter to value.
        refusal: Why it has no answer; empty where it has.
    """

    rung: Rung
    draws: Draws | None = None
    point: Mapping[str, float] | None = None
    refusal: str = ""

    def text(self) -> str:
        """Its answer for age and mass, or its refusal, in a sentence."""
        if self.refusal:
            return self.refusal
        if self.point is not None:
            point = self.point
            return (
                f"log age = {point['log_age']:.2f}, log mass = {point['log_mass']:.2f}: a point, "
                "without a width."
            )
        assert self.draws is not None
        age, mass = self.draws["log_age"], self.draws["log_mass"]
        return (
            f"log age = {age.mean():.2f} ± {age.std():.2f}, "
            f"log mass = {mass.mean():.2f} ± {mass.std():.2f}."
        )


class Road:
    r"""The rungs side by side: which star, which surveys, and every rung's answer.

    Arguments:
        models: The models of the rungs by name; the shipped ones when None.
    """

    def __init__(self, models: Mapping[str, Any] | None = None) -> None:
        self.models = dict(open_road() if models is None else models)
        self._catalogue = _stars(self.models[RUNGS[-1].model])
        self.stars = _COMPLETE + tuple(RoadStar(name, said, {}) for name, said in _GAPPY.items())

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the stars."""
        return tuple(star.name for star in self.stars)

    def truth(self, star: int) -> dict[str, float]:
        """True parameters of a star."""
        return self._catalogue.truth_of(star)

    def observation(self, star: int, surveys: Sequence[str] = SWITCHES) -> Observations:
        """A star as the rungs are given it, with the surveys that are switched on."""
        row = self._catalogue.observations.row(star)
        return row.ignoring(q.name for q in row.quantities if q.survey not in surveys)

    def answers(
        self, star: int, surveys: Sequence[str] = SWITCHES, n: int = 600, seed: int = 0
    ) -> tuple[Answer, ...]:
        r"""What every rung says of a star.

        Arguments:
            star: Which of `stars`.
            surveys: Surveys that are used, of `SWITCHES`.
            n: Draws of each rung.
            seed: Their seed.
        """
        seen = self.observation(star, surveys)
        return tuple(self._answer(rung, seen, n, seed) for rung in RUNGS)

    def _answer(self, rung: Rung, seen: Observations, n: int, seed: int) -> Answer:
        model = self.models[rung.model]
        refusal = model.refusal(seen) if hasattr(model, "refusal") else ""
        if refusal:
            return Answer(rung, refusal=refusal)
        if isinstance(model, PointModel):
            return Answer(rung, point=model.point(seen))
        return Answer(rung, draws=model.posterior(seen).sample(n, seed=seed))


def _stars(model: Any) -> Catalogue:
    """The complete stars, then those with gaps, with their truth."""
    generator = torch.Generator().manual_seed(_POOL_SEED)
    pool = from_simulation(simulate(_POOL, generator, Physics(), YOUNG, pattern="all"), "road")
    whole = complete_rows(pool.observations)
    chosen = []
    for star in _COMPLETE:
        apart = sum(((pool.truth[name][whole] - value) / scale) ** 2
                    for name, (value, scale) in star.near.items())  # fmt: skip
        chosen.append(int(whole[np.nanargmin(apart)]))
    examples = example_catalogue(model)
    gappy = [int(np.flatnonzero(examples.observations.identifiers == name)[0]) for name in _GAPPY]
    seen = [pool.observations.select(chosen), examples.observations.select(gappy)]
    truth = {
        name: np.concatenate([column[chosen], examples.truth[name][gappy]])
        for name, column in pool.truth.items()
    }
    return Catalogue(replace(Observations.concatenate(seen), notes=()), "road", truth=truth)
