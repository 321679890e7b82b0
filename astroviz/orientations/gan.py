r"""GAN 'n' Graphs: projected ellipticities of galaxies by a generator on graphs. A baseline.

Each halo is a graph of its own. The generator turns noise and what is known of each galaxy into an
ellipticity; the critic looks at whole haloes and must not be able to tell them from simulated
ones (Wasserstein distance with gradient penalty). Both are made of directional graph
convolutions in the frame of the observer, and learn what a rotation does from boxes turned at
random. It knows no density: that is why it is the baseline and diffusion is the product.

Differences from the published network: half its width, a one-sided penalty, the galaxies know the
tidal tensors themselves (their eigenvectors have no signs), the graphs are those of our own boxes,
and training is short.

References:
    | Jagvaral et al. (2022), https://arxiv.org/abs/2204.07077
    | Gulrajani et al. (2017), https://arxiv.org/abs/1704.00028
    | Petzka, Fischer & Lukovnikov (2018), one-sided penalty, https://arxiv.org/abs/1709.08894
    | Karras et al. (2018), drift of the critic, https://arxiv.org/abs/1710.10196
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from astroviz.orientations.encoder import DirectionalConvolution, DirectionSums, direction_sums
from astroviz.orientations.graph import scatter_mean

__all__ = ["Critic", "Generator", "HaloGraphs", "critic_loss", "generator_loss"]

NOISE = 32
_GENERATOR, _CRITIC = (64, 64, 16), (64, 64, 32, 16)
_SCALES = {"generator": 0.4, "critic": 0.2}  # Mpc/h
_PENALTY, _DRIFT = 15.0, 1e-3


@dataclass(frozen=True)
class HaloGraphs:
    r"""Haloes as graphs in the frame of the observer, who looks along the third axis.

    Arguments:
        features: What is known of each galaxy, shape :math:`(N, F)`.
        senders: Shape :math:`(E,)`.
        receivers: Shape :math:`(E,)`.
        offsets: From receiver to sender, Mpc/h, shape :math:`(E, 3)`.
        halo: Number of each galaxy's halo, from 0, shape :math:`(N,)`.
        haloes: Number of haloes.
    """

    features: Tensor
    senders: Tensor
    receivers: Tensor
    offsets: Tensor
    halo: Tensor
    haloes: int

    def __len__(self) -> int:
        return len(self.features)

    @cached_property
    def for_generator(self) -> DirectionSums:
        """Sums over directions with the generator's scale."""
        return self._directions(_SCALES["generator"])

    @cached_property
    def for_critic(self) -> DirectionSums:
        """Sums over directions with the critic's scale."""
        return self._directions(_SCALES["critic"])

    def _directions(self, scale: float) -> DirectionSums:
        return direction_sums(len(self), self.senders, self.receivers, self.offsets, scale)


class _Stack(nn.Module):
    """Directional convolutions, each with a leaky rectifier."""

    def __init__(self, inputs: int, widths: tuple[int, ...], norm: bool) -> None:
        super().__init__()
        sizes = (inputs, *widths)
        self.layers = nn.ModuleList(
            DirectionalConvolution(a, b) for a, b in itertools.pairwise(sizes)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(b) if norm else nn.Identity() for b in widths)

    def forward(self, h: Tensor, directions: DirectionSums) -> Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=True):
            h = layer(h, directions)
            h = nn.functional.leaky_relu(norm(h), 0.2)
        return h


class Generator(nn.Module):
    r"""Ellipticities from noise and features.

    Arguments:
        features: Number of features of a galaxy.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.stack = _Stack(features + NOISE, _GENERATOR, norm=True)
        self.head = nn.Linear(_GENERATOR[-1], 2)

    def forward(self, graphs: HaloGraphs, noise: Tensor) -> Tensor:
        r"""Ellipticities inside the unit disc.

        Arguments:
            graphs: The haloes.
            noise: Standard normal numbers, shape :math:`(N, 32)`.

        Returns:
            :math:`\epsilon_1, \epsilon_2`, shape :math:`(N, 2)`.
        """
        raw = self.head(self.stack(torch.cat([noise, graphs.features], -1), graphs.for_generator))
        # tanh of the length, not of each part: the disc is round
        length = raw.square().sum(-1, keepdim=True).add(1e-8).sqrt()
        return raw / length * length.tanh()


class Critic(nn.Module):
    r"""How simulated haloes look.

    Arguments:
        features: Number of features of a galaxy.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.stack = _Stack(features + 2, _CRITIC, norm=False)
        self.head = nn.Linear(_CRITIC[-1], 1)

    def forward(self, graphs: HaloGraphs, ellipticity: Tensor) -> Tensor:
        """One number for each halo, shape (haloes,)."""
        h = self.stack(torch.cat([ellipticity, graphs.features], -1), graphs.for_critic)
        found: Tensor = self.head(scatter_mean(h, graphs.halo, graphs.haloes))
        return found[:, 0]


def critic_loss(
    critic: Critic,
    graphs: HaloGraphs,
    true: Tensor,
    made: Tensor,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    r"""Loss of the critic, and the Wasserstein distance that it sees.

    .. math:: E[D(\tilde e)] - E[D(e)] + 15\, E[(|\nabla D(\hat e)| - 1)_+^2] + 10^{-3} E[D(e)^2]

    with :math:`\hat e` at a random place between a halo's simulated and generated ellipticities.

    Arguments:
        critic: The critic.
        graphs: The haloes.
        true: Simulated ellipticities, shape :math:`(N, 2)`.
        made: Generated ones, without a graph to the generator, shape :math:`(N, 2)`.
        generator: Source of random numbers.
    """
    real, fake = critic(graphs, true), critic(graphs, made)
    place = torch.rand(graphs.haloes, 1, generator=generator)[graphs.halo]
    between = (place * true + (1 - place) * made).requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(graphs, between).sum(), between, create_graph=True)
    square = slope.new_zeros(graphs.haloes).index_add(0, graphs.halo, slope.square().sum(-1))
    # from one side: a slope of one would else be held up in the wrong direction
    penalty = ((square + 1e-12).sqrt() - 1).clamp(min=0).square().mean()
    distance = real.mean() - fake.mean()
    return _PENALTY * penalty - distance + _DRIFT * real.square().mean(), distance.detach()


def generator_loss(critic: Critic, graphs: HaloGraphs, made: Tensor) -> Tensor:
    """Loss of the generator: its haloes should look simulated."""
    return -critic(graphs, made).mean()
