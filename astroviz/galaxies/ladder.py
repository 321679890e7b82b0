r"""Fits of one catalogue that differ in the weight of the entropy alone.

Without it what the photometry does not determine drifts to wherever the flow likes; with much of
it the population stays at its prior. The ladder shows what is in between.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import torch

from astroviz.core.cards import Card
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.population import Population
from astroviz.galaxies.population_files import population_of, write_population

__all__ = ["Ladder", "open_ladder", "write_ladder"]


class Ladder:
    r"""Populations in the order of their entropy weights.

    Arguments:
        whole: All rungs as the members of one population.
        weights: Entropy weight of each, growing.
        card: Of the model; None for one that was not opened.
    """

    def __init__(
        self, whole: Population, weights: tuple[float, ...], card: Card | None = None
    ) -> None:
        if len(weights) != len(whole.members):
            raise GalaxyError(
                f"{len(whole.members)} fits have {len(weights)} weights: give one for each"
            )
        self.whole, self.weights, self.card = whole, tuple(weights), card
        self.name = "galaxies/ladder" if card is None else card.name
        self._rungs = {
            k: Population(
                [member], whole.survey, whole.features, self._report(k), None,
                f"{self.name}, entropy weight {weight:g}",
            )
            for k, (member, weight) in enumerate(zip(whole.members, weights, strict=True))
        }  # fmt: skip

    def __len__(self) -> int:
        return len(self.weights)

    def population(self, rung: int) -> Population:
        """The population of a rung, from 0."""
        if rung not in self._rungs:
            raise GalaxyError(f"no rung {rung}: there are {len(self)}, from 0")
        return self._rungs[rung]

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Figures for `accuracy.report.verdicts`: every flow, and the photometry of each rung."""
        from astroviz.galaxies.population_checks import density_block, photometry_blocks

        found = [density_block(self.whole, seed)]
        for rung, weight in enumerate(self.weights):
            for block in photometry_blocks(self.population(rung), 10_000, seed):
                found.append({**block, "name": f"weight {weight:g}, {block['name']}"})
        return found

    def _report(self, rung: int) -> dict[str, Any]:
        rungs = self.whole.report.get("rungs", [])
        return dict(rungs[rung]) if rung < len(rungs) else {}


def write_ladder(ladder: Ladder, folder: Path, card: Card) -> Path:
    r"""Write weights and card.

    Arguments:
        ladder: What to write.
        folder: Made if it is not there.
        card: Its texts and figures.
    """
    config = {**card.config, "entropy_weights": list(ladder.weights)}
    write_population(ladder.whole, folder, dataclasses.replace(card, config=config))
    from astroviz.core.cards import read_card, write_card

    made = read_card(folder)
    write_card(folder, dataclasses.replace(made, config={**made.config, "network": "ladder"}))
    return folder


def open_ladder(card: Card, device: str | torch.device = "cpu") -> Ladder:
    r"""Open the ladder.

    Arguments:
        card: From `core.registry.find_model`.
        device: Not asked: populations are drawn on the CPU.
    """
    plain = dataclasses.replace(card, config={**card.config, "network": "population"})
    weights = tuple(float(weight) for weight in card.config.get("entropy_weights", ()))
    return Ladder(population_of(plain), weights, card)
