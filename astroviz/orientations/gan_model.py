r"""The trained baseline: a generator of projected ellipticities on graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from astroviz.core.registry import Card, load_weights
from astroviz.orientations.box import Box
from astroviz.orientations.gan import NOISE, Generator
from astroviz.orientations.gan_haloes import axes_to_sight, ellipticities, haloes_of
from astroviz.orientations.law import draw
from astroviz.orientations.train_boxes import GRID

__all__ = ["GanModel", "open_gan"]

_FIRST_SEED = 20_000  # far from the seeds of training and tests
_QUICK = {"size": 60.0, "grid": 64}  # of the resolution of the training boxes


@dataclass(frozen=True, eq=False)
class GanModel:
    r"""Ellipticities of the galaxies of a box, without a density.

    Arguments:
        card: The model's card.
        generator: The generator.
        device: Where it runs.
    """

    card: Card
    generator: Generator
    device: torch.device

    @property
    def name(self) -> str:
        """Its name among the models."""
        return self.card.name

    def ellipticities(self, box: Box, seed: int = 0, line_of_sight: int = 2) -> np.ndarray:
        r"""A projected ellipticity for every galaxy.

        Arguments:
            box: The box; its orientations and looks are not read.
            seed: Seed of the noise.
            line_of_sight: The axis that is looked along.

        Returns:
            :math:`\epsilon_1, \epsilon_2` as `projection.project` defines them, (N, 2).
        """
        haloes = haloes_of(box)
        graphs, rows = haloes.seen(axes_to_sight(line_of_sight))
        noise = torch.randn(
            len(rows), NOISE, generator=torch.Generator().manual_seed(seed)
        )  # on the CPU, so that every device makes the same
        with torch.inference_mode():
            made = self.generator(graphs, noise)
        found = np.empty((len(rows), 2))
        found[rows] = made.numpy()
        return found

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        r"""Simulated and generated shapes, for `accuracy.report.verdicts`.

        Arguments:
            seed: Seed of the boxes and of the draws.
            quick: One small box instead of four.

        Returns:
            Blocks: ranks of the simulated ellipticity among generated ones, of its size and of
            its part along the tidal field. The baseline is known to fail some of them.
        """
        from astroviz.orientations.cosmic_web import make_box

        sizes: dict[str, Any] = _QUICK if quick else {"size": 75.0, "grid": GRID}
        along, size = [], []
        for k in range(1 if quick else 4):
            box = make_box(seed=_FIRST_SEED + 4 * seed + k, **sizes)
            haloes, every = haloes_of(box), np.arange(len(box.galaxies))
            true = ellipticities(haloes, every, draw(box, seed + k), np.eye(3))
            made = np.stack([self.ellipticities(box, 31 * seed + j) for j in range(31)], 1)
            axis = box.galaxies.frames[:, len(box.scales) // 2, :2, 0]
            angle = 2 * np.arctan2(axis[:, 1], axis[:, 0])
            toward = np.stack([np.cos(angle), np.sin(angle)], -1)
            along.append(((true * toward).sum(-1), (made * toward[:, None]).sum(-1)))
            size.append((np.hypot(*true.T), np.hypot(made[..., 0], made[..., 1])))
        return [_ranks("ellipticity", size), _ranks("ellipticity along the tide", along)]


def _ranks(name: str, parts: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    measured, made = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"kind": "pit", "name": name, "measured": measured, "predictions": made}


def open_gan(card: Card, device: str | torch.device = "cpu") -> GanModel:
    r"""Open `orientations/gan`.

    Arguments:
        card: The model's card.
        device: Not asked: the generator is small and runs on the CPU.
    """
    generator = Generator(int(card.config["features"]))
    weights = load_weights(card, "cpu")
    generator.load_state_dict({
        key: value.float() if value.is_floating_point() else value
        for key, value in weights.items()
    })  # fmt: skip
    return GanModel(card, generator.eval().requires_grad_(False), torch.device("cpu"))
