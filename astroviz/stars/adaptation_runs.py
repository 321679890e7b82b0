r"""Runs of the experiment: stars of a target, an arm trained and filmed, figures on test stars."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.stars.adaptation import Adaptation, Arm
from astroviz.stars.adaptation_film import Cast, Film, Projection, frame_steps, take_frame
from astroviz.stars.adaptation_pairs import RealStars, pairs_of_mock
from astroviz.stars.adaptation_scores import LEVELS, SHOWN, Scores, answers, score, truths
from astroviz.stars.adaptation_sets import AdaptationSets
from astroviz.stars.experiment import TARGETS, Target
from astroviz.stars.mock_batches import tokens_of
from astroviz.stars.mock_galaxy import DOMAINS, MockCatalogue, mock_catalogue
from astroviz.stars.network import StarsNetwork
from astroviz.stars.novelty import Novelty
from astroviz.stars.physics import Physics
from astroviz.stars.prior_shift import Shift, importance, population_shift

__all__ = ["ARMS", "OT", "PAIRS", "Finished", "Scale", "Stage", "casts_of", "figures_of",
           "guard_weights", "run_arm", "shift_of"]  # fmt: skip

Report = Callable[[str], None]

_FLOOR = 0.05  # mag
_LABELLED = 500
OT: dict[str, Any] = {"transport": 0.5, "reach": 1.0}
PAIRS: dict[str, Any] = {"supervised": 0.1, "pull": 0.5, "lookalikes": 1.0}
ARMS: tuple[tuple[Arm, str], ...] = (
    (Arm("floor", "error floor of 0.05 mag", floor=_FLOOR, shared=1.0), "B"),
    (Arm("mmd", "MMD", discrepancy=2.0), "B"),
    (Arm("ot", "optimal transport", **OT), "B"),
    (Arm("pairs 500", "500 pairs", pairs=500, **PAIRS), "B"),
    *(
        (Arm(f"ot + {n} pairs", f"optimal transport + {n} pairs", pairs=n, **OT, **PAIRS), "B")
        for n in (50, 200, 500, 2000)
    ),
    # where R_V is free, what is shared must learn of it too
    (Arm("C: ot + 500 pairs", "optimal transport + 500 pairs", pairs=500, shared=0.4, **OT,
         **PAIRS), "C"),
    (Arm("shifted: ot", "optimal transport, no guard", transport=0.5), "B shifted"),
    (Arm("shifted: guarded", "optimal transport + 500 pairs with the guard", pairs=500, guard=True,
         **OT, **PAIRS), "B shifted"),
)  # fmt: skip
"""The shipped arms and the target of each."""


@dataclass(frozen=True)
class Scale:
    r"""How large everything is.

    Arguments:
        pool: Simulated stars, and real stars without labels, that a run draws from.
        labelled: Real stars that pairs are made of.
        tested: Stars of each test set.
        filmed: Stars of each side of a film.
        frames: Frames of a film.
        steps: Steps of an arm; None as the arm says.
        draws: Draws of each test star.
    """

    pool: int = 20_000
    labelled: int = 2000
    tested: int = 2000
    filmed: int = 200
    frames: int = 12
    steps: int | None = None
    draws: int = 128


SMALL = Scale(pool=400, labelled=60, tested=60, filmed=30, frames=3, steps=4, draws=16)
"""A trial of the way from end to end."""


class Stage:
    r"""The stars of one target, for all arms of one seed.

    Arguments:
        target: Name of one of `TARGETS`.
        network: The network before adaptation.
        scale: How large everything is.
        seed: Seed of the catalogues to learn from; tests and films are the same for all.
    """

    def __init__(
        self, target: str, network: StarsNetwork, scale: Scale = Scale(), seed: int = 0
    ) -> None:
        self.target: Target = next(t for t in TARGETS if t.name == target)
        self.network, self.scale, self.seed = network, scale, seed
        self.physics: Physics = DOMAINS["A"].open_physics()
        domain, mix = self.target.domain, self.target.mix
        many = scale.pool + scale.labelled
        self.simulated = mock_catalogue("A", scale.pool, 100 + seed, clusters=200)
        self.nature = mock_catalogue(domain, many, 200 + seed, mix, clusters=200)
        self.labels = pairs_of_mock(self.nature, torch.arange(scale.labelled), self.physics, seed)
        self.cast = Cast(*casts_of(target, scale.filmed))

    def sets(self, arm: Arm) -> AdaptationSets:
        """What an arm may see: only its own pairs have labels."""
        found = AdaptationSets(self.simulated, RealStars.of_mock(self.nature), self.labels)
        if arm.guard:
            rows = torch.arange(min(2000, self.scale.pool))
            labelled = torch.arange(min(arm.pairs, self.scale.labelled))
            known = truths(self.nature.stars.rows(labelled))[:, :2]
            found.weights = guard_weights(
                self.network, self.simulated, RealStars.of_mock(self.nature).rows(rows),
                self.physics, known, arm.pairs > 0,
            )  # fmt: skip
        return found

    def novelty(self, network: StarsNetwork) -> Novelty:
        """What the simulated stars look like to a network."""
        rows = torch.arange(min(4000, self.scale.pool))
        with torch.inference_mode():
            return Novelty.of(network.encoder(tokens_of(self.simulated, rows), real=0.0).clone())

    def projection(self) -> Projection:
        """Principal axes of the contexts of simulated stars before adaptation."""
        with torch.inference_mode():
            tokens = tokens_of(self.simulated, torch.arange(min(4000, self.scale.pool)))
            return Projection.of(self.network.encoder(tokens, real=0.0).clone())


def casts_of(target: str, n: int) -> tuple[MockCatalogue, MockCatalogue]:
    """The simulated and the real stars of the films of a target."""
    place = next(t for t in TARGETS if t.name == target)
    return (mock_catalogue("A", n, 31, clusters=20),
            mock_catalogue(place.domain, n, 32, place.mix, clusters=20))  # fmt: skip


def guard_weights(
    network: StarsNetwork, simulated: MockCatalogue, real: RealStars, physics: Physics,
    known: np.ndarray, labelled: bool = True,
) -> Tensor:  # fmt: skip
    r"""Weights of simulated stars that give them the population of the real ones.

    Arguments:
        network: The network before adaptation.
        simulated: The simulator's catalogue.
        real: Some of the real stars.
        physics: The simulator's.
        known: Ages and masses of labelled stars, shape :math:`(L, 2)`.
        labelled: Whether the run has labelled stars of any kind.

    Raises:
        ValueError: without labelled stars, where the populations differ: see `Shift.refusal`.
    """
    rows = torch.arange(min(2000, len(simulated)))
    here = answers(network, tokens_of(simulated, rows), physics, 32, 0, 0.0).mean[:, :2]
    there = answers(network, real.tokens(), physics, 32, 0, 0.0).mean[:, :2]
    truth = truths(simulated.stars)[:, :2]
    shift = population_shift(truth[: len(rows)], here, there, known)
    blind = "" if labelled else shift.refusal
    if not blind:
        return torch.from_numpy(importance(shift, *truth.T)).float()
    raise ValueError(blind)


def shift_of(network: StarsNetwork, target: str, scale: Scale) -> Shift:
    """How the population of a target differs, as 500 labelled stars show it.

    The answers of a network that is wrong about the stars would show a difference of their own.
    """
    place, physics = next(t for t in TARGETS if t.name == target), DOMAINS["A"].open_physics()
    here = mock_catalogue("A", 2 * scale.tested, 51, clusters=300)
    there = mock_catalogue(place.domain, 2 * scale.tested, 52, place.mix, clusters=300)
    found, seen = (
        answers(network, tokens_of(side), physics, 32, 0, 0.0).mean[:, :2]
        for side in (here, there)
    )
    known = truths(there.stars)[:_LABELLED, :2]
    return population_shift(truths(here.stars)[:, :2], found, seen, known)


@dataclass(frozen=True)
class Finished:
    r"""An arm that was run.

    Arguments:
        arm: Its settings.
        network: The adapted network.
        film: Its film.
        seconds: How long its steps took.
    """

    arm: Arm
    network: StarsNetwork
    film: Film
    seconds: float


def run_arm(
    stage: Stage, arm: Arm, projection: Projection, seed: int = 0, film: bool = True
) -> Finished:
    r"""Train an arm, taking frames on the way.

    Arguments:
        stage: The stars.
        arm: What to do.
        projection: Fixed axes of the film.
        seed: Seed of the batches.
        film: Whether to take frames between start and end.
    """
    scale = stage.scale
    if scale.steps is not None:
        arm = dataclasses.replace(arm, steps=scale.steps)
    run = Adaptation(stage.network, stage.sets(arm), arm, seed)
    wanted = set(frame_steps(arm.steps, scale.frames) if film else (arm.steps,))
    frames, seconds = [], 0.0
    while True:
        if run.step in wanted:
            branch = arm.branch and run.step > 0
            frames.append(take_frame(run.average, stage.cast, projection, stage.physics, run.step,
                                     branch, arm.floor))  # fmt: skip
        if run.done:
            break
        start = time.perf_counter()
        run.advance()
        seconds += time.perf_counter() - start
    return Finished(arm, run.average, Film.join(frames), seconds)


def figures_of(
    network: StarsNetwork, target: str, branch: bool, scale: Scale, floor: float = 0.0
) -> dict[str, float]:
    r"""Figures on fresh test stars of a target, or of the simulator for `A`.

    Arguments:
        network: The network.
        target: Name of a target, or `A`.
        branch: Whether real stars take their own branch.
        scale: Number of stars and draws.
        floor: Error floor that the network was taught, mag.
    """
    place = next((t for t in TARGETS if t.name == target), None)
    domain, mix = ("A", "prior") if place is None else (place.domain, place.mix)
    stars = mock_catalogue(domain, scale.tested, 41, mix, clusters=300)
    real = float(branch and place is not None)
    tokens = RealStars.of_mock(stars).tokens(floor)
    found = answers(network, tokens, DOMAINS["A"].open_physics(), scale.draws, 1, real, steps=6)
    return every_figure(score(found, truths(stars.stars)))


def every_figure(scores: Scores) -> dict[str, float]:
    """The figures of a test by name, coverage at every level included."""
    found = {"stars": float(scores.stars), **scores.figures()}
    for k, parameter in enumerate(SHOWN):
        for level, value in zip(LEVELS, scores.coverage[k], strict=True):
            found[f"{parameter.name}, {level:.0%}"] = float(value)
    return {name: round(value, 4) for name, value in found.items()}
