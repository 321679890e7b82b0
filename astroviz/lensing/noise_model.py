r"""The trained noises: learned laws of images' noise, and of a series with glitches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from astroviz.core.registry import Card, ModelError, load_weights
from astroviz.lensing.noise import LEVEL, LearnedNoise
from astroviz.lensing.noise_network import NoiseNetwork

__all__ = ["NoiseModel", "open_chirp", "open_noise"]

_TEST_SEED = 500_000  # far from the seeds of training


@dataclass(frozen=True, eq=False)
class NoiseModel:
    r"""Learned laws of noise by name.

    Arguments:
        card: The model's card.
        networks: Scores by the noise they know: `hst` and `stand-in`, or `chirp`.
        device: Where they run.

    Example:
        >>> model = open_noise(find_model("lensing/noise"))  # doctest: +SKIP
        >>> model.law("hst").score(residual)                 # doctest: +SKIP
    """

    card: Card
    networks: dict[str, NoiseNetwork]
    device: torch.device

    @property
    def name(self) -> str:
        """Its name among the models."""
        return self.card.name

    @property
    def kinds(self) -> tuple[str, ...]:
        """Noises that it knows."""
        return tuple(self.networks)

    def law(self, kind: str = "", level: float = LEVEL) -> LearnedNoise:
        r"""The law of a noise, for `slic.slic`.

        Arguments:
            kind: One of `kinds`; the first by default.
            level: White noise added to the data, in standard deviations of the noise.
        """
        chosen = kind or self.kinds[0]
        if chosen not in self.networks:
            raise ValueError(
                f"no noise {chosen!r} in {self.name}; there is {', '.join(self.kinds)}"
            )
        return LearnedNoise(self.networks[chosen], level, chosen)

    def fresh(self, kind: str, number: int, size: tuple[int, ...], seed: int) -> Tensor:
        r"""True noise that the networks have not seen, where it can be made.

        Arguments:
            kind: `stand-in` or `chirp`; blank sky is in files, see `noise_patches.tiles`.
            number: How many pieces.
            size: (ny, nx); the series of a chirp have a length of their own.
            seed: Seed.
        """
        from astroviz.lensing.chirp import glitchy_noise
        from astroviz.lensing.noise_patches import stand_in

        if kind == "stand-in":
            return stand_in(number, (size[0], size[1]), _TEST_SEED + seed)
        if kind == "chirp":
            return glitchy_noise(number, _TEST_SEED + seed)
        raise ValueError(f"noise of kind {kind!r} cannot be made, only read from images")

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        r"""Draws of each noise against true noise, for `accuracy.report.verdicts`.

        Arguments:
            seed: Seed.
            quick: Fewer draws.

        Returns:
            Blocks: ranks of a true amplitude under the learned likelihood.
        """
        from astroviz.lensing.noise_checks import amplitude_ranks

        number = 120 if quick else 400
        return [amplitude_ranks(self, kind, number, seed) for kind in self.kinds if kind != "hst"]


def open_noise(card: Card, device: str | torch.device = "cpu") -> NoiseModel:
    r"""Open `lensing/noise` or `lensing/chirp`.

    Arguments:
        card: The model's card.
        device: Not asked: the networks are small and run on the CPU.
    """
    weights = load_weights(card, "cpu")
    networks = {}
    for kind, config in card.config["networks"].items():
        network = NoiseNetwork(
            int(config["dims"]), int(config["width"]), tuple(config["dilations"]),
            float(config["scale"]),
        )  # fmt: skip
        own = {key.partition(".")[2]: value.float() for key, value in weights.items()
               if key.partition(".")[0] == kind}  # fmt: skip
        try:
            network.load_state_dict(own)
        except RuntimeError as error:
            raise ModelError(f"the weights of {card.name} do not fit its card: {error}") from error
        networks[kind] = network.eval().requires_grad_(False)
    return NoiseModel(card, networks, torch.device("cpu"))


open_chirp = open_noise
