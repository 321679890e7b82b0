r"""The trained networks of the known densities, as `astroviz.load("orientations/densities")`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from astroviz.core.cards import Card, ModelError
from astroviz.core.draws import Draws, join
from astroviz.core.registry import load_weights
from astroviz.core.request import FIRST_CHUNK, Alone, Chunk, Control, Priority, Request
from astroviz.orientations import process
from astroviz.orientations.densities import DENSITIES, Density, density
from astroviz.orientations.igso3 import Measure
from astroviz.orientations.rotation_columns import COLUMNS, UNITS, columns_of
from astroviz.orientations.rotations import check_rotations, random_rotations
from astroviz.orientations.score import ScoreNetwork

__all__ = ["ANCHOR", "DEFAULT_STEPS", "OURS", "DensitiesModel", "open_densities"]

OURS, ANCHOR = "ours", "anchor"
DEFAULT_STEPS = 19
"""Heun steps of a draw: 39 evaluations of the network."""

_PART = 4096  # draws computed at one time


@dataclass(frozen=True, eq=False)
class DensitiesModel:
    r"""Scores of the known densities.

    Arguments:
        card: The model's card.
        networks: By kind (`ours`, `anchor`) and density.
        device: Where they run.
    """

    card: Card
    networks: Mapping[str, Mapping[str, nn.Module]]
    device: torch.device

    @property
    def name(self) -> str:
        """Its name among the models."""
        return self.card.name

    @property
    def names(self) -> tuple[str, ...]:
        """Densities that it has learned."""
        return tuple(self.networks[OURS])

    def score(self, name: str, network: str = OURS) -> process.Score:
        r"""The score of one density, for the functions of `process`.

        Arguments:
            name: The density.
            network: `ours`, or `anchor` for the network that reads the rotation vector.
        """
        found = self.networks.get(network, {})
        if name not in found:
            there = ", ".join(
                f"{n} ({kind})" for kind, nets in self.networks.items() for n in nets
            )
            raise KeyError(f"no network {network!r} of the density {name!r}; there is {there}")
        return found[name]

    def truth(self, name: str) -> Density:
        """The density that was learned."""
        return density(name)

    def rotations(
        self, name: str, n: int, seed: int = 0, steps: int = DEFAULT_STEPS, network: str = OURS,
        method: process.Method = "heun",
    ) -> Tensor:  # fmt: skip
        r"""Rotations drawn from the learned density, shape :math:`(n, 3, 3)`.

        Arguments:
            name: The density.
            n: Number of draws.
            seed: Seed of the draws.
            steps: Steps of the sampler.
            network: `ours` or `anchor`.
            method: `heun` or `walk`.
        """
        draws = self.sample(name, n, seed, steps=steps, network=network, method=method)
        return torch.from_numpy(draws.extras["rotations"])

    def request(
        self, name: str, n: int, seed: int = 0, steps: int = DEFAULT_STEPS, network: str = OURS,
        method: process.Method = "heun", priority: Priority = "interactive",
    ) -> Request:  # fmt: skip
        """The question for draws, for `Engine.submit`; see `rotations`."""
        self.score(name, network)
        options: dict[str, Hashable] = {
            "density": name, "steps": steps, "network": network, "method": method,
        }  # fmt: skip
        return Request(self, {}, n, seed, options, priority)

    def sample(self, name: str, n: int, seed: int = 0, **options: Any) -> Draws:
        r"""Draws of one density: longitude, latitude, tilt and quaternion.

        Arguments:
            name: The density.
            n: Number of draws.
            seed: Seed of the draws.
            options: As in `rotations`.
        """
        request = self.request(name, n, seed, **options)
        chunks = [chunk for (chunk,) in self.draw([request], self.device, Alone())]
        return join([c for c in chunks if c is not None], COLUMNS, UNITS, seed)

    def log_prob(
        self, name: str, rotation: Any, steps: int = 20, measure: Measure | str = "haar",
        network: str = OURS,
    ) -> np.ndarray:  # fmt: skip
        r"""Log density of the model, by the flow with exact divergence.

        Arguments:
            name: The density.
            rotation: Shape :math:`(n, 3, 3)`.
            steps: Runge-Kutta steps.
            measure: `haar` (uniform is 0), `8pi2` or `pi2`.
            network: `ours` or `anchor`.

        Returns:
            Of the density smoothed by a kernel of scale 0.01, shape :math:`(n,)`.
        """
        turned = check_rotations(rotation).reshape(-1, 3, 3).to(self.device)
        score = self.score(name, network)
        parts = [process.log_prob(score, part, steps, measure=measure)
                 for part in turned.split(_PART)]  # fmt: skip
        found: np.ndarray = torch.cat(parts).cpu().numpy()
        return found

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Figures for `accuracy.report.verdicts`; see `densities_checks.checks`."""
        from astroviz.orientations.densities_checks import checks

        return checks(self, seed, quick)

    # -- what the engine calls ------------------------------------------------------------------

    def columns(self, request: Request | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and units of the columns of draws."""
        return COLUMNS, UNITS

    def batch_key(self, request: Request) -> Hashable:
        """Each request runs alone: two would ask two networks more often than one."""
        return (self.name, request.seed, request.n, *sorted(request.options.items()))

    def draw(
        self, requests: Sequence[Request], device: torch.device, control: Control
    ) -> Iterator[Sequence[Chunk | None]]:
        """Answer requests of one batch key: equal questions, so that one answer serves all."""
        asked, options = requests[0], requests[0].options
        generator = torch.Generator().manual_seed(asked.seed)
        score = self.score(str(options["density"]), str(options["network"]))
        method: Any = options["method"]
        done = 0
        while done < asked.n:
            size = min(_PART if done else FIRST_CHUNK, asked.n - done)
            start = random_rotations(size, generator)
            noise = torch.Generator().manual_seed(
                int(torch.randint(2**31, (), generator=generator))
            )
            with torch.inference_mode():
                # so small that there is no need to split it further when memory is short
                turned = process.sample(
                    score, start.to(self.device), int(str(options["steps"])), noise, method,
                    control.check,
                ).cpu()  # fmt: skip
            done += size
            control.progress(done / asked.n)
            yield [Chunk(columns_of(turned), {"rotations": turned.numpy()})] * len(requests)


def open_densities(card: Card, device: str | torch.device = "cpu") -> DensitiesModel:
    r"""Open `orientations/densities`.

    Arguments:
        card: The model's card.
        device: Where the networks run.
    """
    from astroviz.orientations.baselines.anchor import AnchorNetwork

    place = torch.device(device)
    tensors = load_weights(card, "cpu")
    networks: dict[str, dict[str, nn.Module]] = {OURS: {}, ANCHOR: {}}
    for kind, settings in ((OURS, card.config["networks"]), (ANCHOR, card.config["anchors"])):
        for name, config in settings.items():
            if name not in DENSITIES:
                raise ModelError(
                    f"{card.name} knows a density {name!r} that this version does not"
                )
            network = ScoreNetwork(config) if kind == OURS else AnchorNetwork(**config)
            start = f"{kind}.{name}."
            network.load_state_dict({
                key[len(start) :]: value.float()
                for key, value in tensors.items() if key.startswith(start)
            })  # fmt: skip
            networks[kind][name] = network.to(place).eval().requires_grad_(False)
    return DensitiesModel(card, networks, place)
