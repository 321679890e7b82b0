r"""The stored rounds of prior learning: the prior of every round, examples, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.pqmass import pqmass
from astroviz.core.registry import Card, ModelError, load_weights
from astroviz.lensing.hierarchy import as_prior
from astroviz.lensing.prior import NetworkPrior
from astroviz.lensing.stories import PIXELS, STORIES, Story, truth_of
from astroviz.lensing.unet import Denoiser

__all__ = ["EXAMPLES", "RoundsModel", "StoredRound", "StoredStory", "open_rounds", "packed"]

EXAMPLES = 10
"""Observations, and draws of each round, that are kept as pictures."""


@dataclass(frozen=True, eq=False)
class StoredRound:
    r"""One round.

    Arguments:
        number: 0 for what was believed at first.
        prior: The prior of the round.
        prior_draws: Draws of it, (k, s, s).
        posterior_draws: One draw of the posterior of each example under it, (k, s, s).
        figures: See `hierarchy.Round`.
    """

    number: int
    prior: NetworkPrior
    prior_draws: np.ndarray
    posterior_draws: np.ndarray
    figures: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class StoredStory:
    r"""The rounds of one story.

    Arguments:
        name: `digits` or `galaxies`.
        story: What was believed and seen.
        sources: The examples as they were, (k, s, s).
        data: What was seen of them, (k, s, s), NaN where it was masked.
        rounds: All rounds.
    """

    name: str
    story: Story
    sources: np.ndarray
    data: np.ndarray
    rounds: tuple[StoredRound, ...]

    def figure(self, key: str) -> np.ndarray:
        """A figure of every round, as `truth`: PQMass of its prior against true sources."""
        return np.array([one.figures[key] for one in self.rounds])


@dataclass(frozen=True, eq=False)
class RoundsModel:
    r"""All stories.

    Arguments:
        card: The model's card.
        stories: By name.
        device: Where the priors run.
    """

    card: Card
    stories: Mapping[str, StoredStory]
    device: torch.device

    @property
    def name(self) -> str:
        """Its name among the models."""
        return self.card.name

    def story(self, name: str) -> StoredStory:
        """One story; an unknown name raises a KeyError that lists the names."""
        if name not in self.stories:
            raise KeyError(f"no story {name!r}; there is {', '.join(self.stories)}")
        return self.stories[name]

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        r"""Whether the last prior of each story is nearer to the truth than the first.

        Arguments:
            seed: Seed of draws and truth.
            quick: Fewer draws.

        Returns:
            Blocks for `accuracy.report.verdicts`: PQMass of the last round over that of the first.
        """
        number, blocks = (192 if quick else 512), []
        for name, story in self.stories.items():
            truth = truth_of(story.story.seen, number, 1_000_000 + seed, held_out=True)
            found = []
            for one in (story.rounds[0], story.rounds[-1]):
                drawn = one.prior.sample(number, seed, steps=20)
                found.append(pqmass(drawn, truth, number // 8, seed=seed))
            ratio = found[1].reduced / found[0].reduced
            blocks.append({
                "kind": "values", "name": f"{name}: PQMass, last round over first",
                "values": [ratio], "errors": [found[1].error / found[0].reduced],
                "statistic": "mean", "goal": 0.6, "sense": "at most",
            })  # fmt: skip
        return blocks


def packed(
    name: str, number: int, network: Denoiser, prior_draws: Tensor, posterior_draws: Tensor
) -> dict[str, Tensor]:
    """A round as tensors to be stored, in half precision."""
    mark = f"{name}.{number}"
    found = {f"{mark}.network.{key}": value.half() for key, value in network.state_dict().items()}
    found[f"{mark}.prior"] = prior_draws[:EXAMPLES].half()
    found[f"{mark}.posterior"] = posterior_draws[:EXAMPLES].half()
    return {key: value.contiguous() for key, value in found.items()}


def open_rounds(card: Card, device: str | torch.device = "cpu") -> RoundsModel:
    r"""Open `lensing/rounds`.

    Arguments:
        card: The model's card.
        device: Not asked: the networks are small and run on the CPU.
    """
    weights = {key: value.float() for key, value in load_weights(card, "cpu").items()}
    stories = {}
    for name, figures in card.config["figures"].items():
        rounds = tuple(_round(card, weights, name, k, row) for k, row in enumerate(figures))
        stories[name] = StoredStory(name, STORIES[name], _pictures(weights[f"{name}.sources"]),
                                    _pictures(weights[f"{name}.data"]), rounds)  # fmt: skip
    return RoundsModel(card, stories, torch.device("cpu"))


def _round(
    card: Card, weights: Mapping[str, Tensor], name: str, number: int, figures: Mapping[str, Any]
) -> StoredRound:
    mark = f"{name}.{number}."
    own = {key.removeprefix(mark + "network."): value for key, value in weights.items()
           if key.startswith(mark + "network.")}  # fmt: skip
    scales: Sequence[float] = card.config["scales"][name]
    network = Denoiser({**card.config["unet"], "sigma_data": float(scales[number])})
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        raise ModelError(f"the weights of {card.name} do not fit its card: {error}") from error
    known = STORIES[name].believed if number == 0 else STORIES[name].seen
    prior = as_prior(network, f"{name}, round {number}", known)
    drawn, posterior = (_pictures(weights[mark + kind]) for kind in ("prior", "posterior"))
    return StoredRound(number, prior, drawn, posterior, {k: float(v) for k, v in figures.items()})


def _pictures(rows: Tensor) -> np.ndarray:
    return np.asarray(rows.view(-1, PIXELS, PIXELS).numpy())
