r"""The network of the cosmic web: directional messages in, frames and context out, then a score.

Two rounds of the directional graph convolution tell every galaxy about its surroundings. From what
it has heard each galaxy proposes some frames: eigenvectors of learned sums of its tidal tensors at
all scales, of the direction to its halo's centre, and of the quadrupoles of its neighbours. The
head compares an orientation with these frames.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from astroviz.orientations.encoder import TidalConvolution
from astroviz.orientations.frames import principal_frame
from astroviz.orientations.orientation_head import Encoded, OrientationHead
from astroviz.orientations.web_inputs import WebInputs

__all__ = ["WebEncoder", "WebNetwork"]


class WebEncoder(nn.Module):
    r"""From a graph of galaxies to context and frames for each.

    Arguments:
        scalars: Number of numbers in `WebInputs.scalars`.
        tensors: Number of tensors in `WebInputs.tensors`.
        features: Features of a galaxy between the layers.
        heads: Radial weights of each layer.
        layers: Rounds of messages; none for the network that sees no neighbour.
        frames: Frames that each galaxy proposes.
        context: Numbers handed to the head.
        radius: Radius of the graph, Mpc/h.
    """

    def __init__(
        self,
        scalars: int,
        tensors: int,
        features: int = 48,
        heads: int = 4,
        layers: int = 2,
        frames: int = 5,
        context: int = 64,
        radius: float = 8.0,
    ) -> None:
        super().__init__()
        self.middle: Tensor
        self.spread: Tensor
        self.register_buffer("middle", torch.zeros(scalars))
        self.register_buffer("spread", torch.ones(scalars))
        self.first = nn.Linear(scalars, features)
        self.inner = nn.Sequential(
            nn.Linear(features, 2 * features), nn.SiLU(), nn.Linear(2 * features, features)
        )
        self.layers = nn.ModuleList(
            TidalConvolution(features, heads, radius) for _ in range(layers)
        )
        self.fixed, self.frames, self.context = tensors, frames, context
        self.heard = layers * heads
        self.mix = nn.Sequential(
            nn.Linear(features + self.heard, 2 * features), nn.SiLU(),
            nn.Linear(2 * features, frames * (tensors + self.heard)),
        )  # fmt: skip
        self.say = nn.Sequential(
            nn.Linear(features + self.heard + 12 * frames - 9, 2 * features), nn.SiLU(),
            nn.Linear(2 * features, context),
        )  # fmt: skip
        self._begin()

    def _begin(self) -> None:
        """Start with the tidal frame of each scale, and with quadrupoles of the neighbours."""
        last = self.mix[-1]
        assert isinstance(last, nn.Linear)
        nn.init.normal_(last.weight, std=0.01)
        bias = torch.zeros(self.frames, self.fixed + self.heard)
        scales = (self.fixed - 1) // 3
        for k in range(self.frames):
            if k < scales:
                bias[k, 3 * k], bias[k, 3 * k + 2] = -1.0, 1.0
            else:
                bias[k, 3:6] = torch.tensor([-0.1, 0.0, 0.1])
                bias[k, self.fixed :] = -torch.rand(self.heard)
        with torch.no_grad():
            last.bias.copy_(bias.reshape(-1))

    def forward(self, inputs: WebInputs) -> Encoded:
        """Context and frames of all galaxies."""
        h = self._read(inputs)
        tensors, sizes = [inputs.tensors], [h]
        for layer in self.layers:
            h, heard = layer(h, *inputs.edges, inputs.classes, inputs.seen)
            size = heard.square().sum((-2, -1), keepdim=True).add(1e-4).sqrt()
            tensors.append(heard / size)
            sizes.append(size[..., 0, 0].log() / 2)
        told = torch.cat([h, *sizes[1:]], -1)
        basis = torch.cat(tensors, 1)
        weights = self.mix(told).reshape(len(h), self.frames, -1)
        frames, values = principal_frame(torch.einsum("nkb,nbij->nkij", weights, basis))
        between = frames[:, :1].transpose(-1, -2) @ frames[:, 1:]
        told = torch.cat([told, values.flatten(1), between.square().flatten(1)], -1)
        return Encoded(self.say(told), inputs.frames[:, None] @ frames)

    def attention(self, inputs: WebInputs) -> Tensor:
        """How much each edge counts in each round and head, shape (layers, E, heads)."""
        h, found = self._read(inputs), []
        for layer in self.layers:
            assert isinstance(layer, TidalConvolution)
            found.append(layer.weights(h, *inputs.edges)[0])
            h, _ = layer(h, *inputs.edges, inputs.classes, inputs.seen)
        return torch.stack(found)

    def _read(self, inputs: WebInputs) -> Tensor:
        """Features of the galaxies before any message."""
        h = (inputs.scalars - self.middle) / self.spread
        h = self.first(h.clamp(-6.0, 6.0))
        return h + self.inner(nn.functional.silu(h))


class WebNetwork(nn.Module):
    r"""Encoder and head; a network without messages has `layers = 0`.

    Arguments:
        scalars: Number of numbers told of each galaxy.
        tensors: Number of tensors told of each galaxy.
        drawn: Number of scalars drawn with the orientation.
        width: Width of the head.
        blocks: Depth of the head.
        settings: Further settings of `WebEncoder`.
    """

    def __init__(
        self,
        scalars: int,
        tensors: int,
        drawn: int = 4,
        width: int = 128,
        blocks: int = 3,
        **settings: Any,
    ) -> None:
        super().__init__()
        self.encoder = WebEncoder(scalars, tensors, **settings)
        self.head = OrientationHead(
            self.encoder.context, self.encoder.frames, drawn, width, blocks
        )
        self.free_middle: Tensor
        self.free_spread: Tensor
        self.register_buffer("free_middle", torch.zeros(drawn))
        self.register_buffer("free_spread", torch.ones(drawn))

    @property
    def sees(self) -> bool:
        """Whether the galaxies hear of each other."""
        return len(self.encoder.layers) > 0
