r"""The score of an orientation against some frames, with the symmetry of an ellipsoid built in.

A galaxy's orientation :math:`R` meets each frame :math:`U_k` that the encoder proposes as
:math:`Q_k = U_k^T R`. The squares :math:`Q_{ij}^2` and the products
:math:`Q_{1\pi(1)} Q_{2\pi(2)} Q_{3\pi(3)}` do not change when axes of the galaxy or of the frame
are reversed in pairs (D2 on either side). A network turns them into coefficients :math:`c` of

.. math:: s_j = e^{-3\sigma^2} \sum_{k, i} c_{kij}\, Q_{k, i, j+1} Q_{k, i, j+2},

which changes under half turns of the galaxy just as a score must, so that the density has the
symmetry exactly, without averaging. The factor is how fast the score of a law with that symmetry
dies out: its lowest harmonics are those with :math:`l = 2`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from astroviz.orientations.joint import scalar_noise

__all__ = ["Encoded", "OrientationHead", "frame_invariants", "noise_features"]

_ORDERS = tuple(itertools.permutations(range(3)))
_INVARIANTS = 9 + len(_ORDERS)
_NOISE = 6


@dataclass(frozen=True)
class Encoded:
    r"""What the encoder says of :math:`N` galaxies.

    Arguments:
        context: Numbers, shape :math:`(N, C)`.
        frames: Frames in space, shape :math:`(N, K, 3, 3)`.
    """

    context: Tensor
    frames: Tensor

    def __len__(self) -> int:
        return len(self.context)

    def rows(self, index: Tensor) -> Encoded:
        """Those of some galaxies, in the order of `index`; a galaxy may come several times."""
        return Encoded(self.context[index], self.frames[index])

    def repeat(self, number: int) -> Encoded:
        """Each galaxy so many times in a row."""
        return Encoded(
            self.context.repeat_interleave(number, 0), self.frames.repeat_interleave(number, 0)
        )

    def to(self, dtype: torch.dtype) -> Encoded:
        """The same with other floats."""
        return Encoded(self.context.to(dtype), self.frames.to(dtype))


def frame_invariants(q: Tensor) -> Tensor:
    r"""What half turns on either side leave of :math:`Q`: shape (*, 3, 3) to (*, 15)."""
    triples = [q[..., 0, a] * q[..., 1, b] * q[..., 2, c] for a, b, c in _ORDERS]
    return torch.cat([q.square().flatten(-2), torch.stack(triples, -1)], -1)


def noise_features(sigma: Tensor) -> Tensor:
    r"""Smooth functions of a noise scale, shape (*) to (*, 6)."""
    square = sigma.square()
    parts = [(-a * square).exp() for a in (0.5, 1.0, 3.0)]
    parts += [(square + 0.02).log() / 2, (square + 0.2).log(), square / (1 + square)]
    return torch.stack(parts, -1)


class OrientationHead(nn.Module):
    r"""Score of orientation and scalars under noise, given what the encoder says.

    Arguments:
        context: Number of context numbers :math:`C`.
        frames: Number of frames :math:`K`.
        scalars: Number of scalars :math:`n` that may be drawn with the orientation.
        width: Width of the residual network.
        blocks: Its depth.
    """

    def __init__(
        self, context: int, frames: int, scalars: int, width: int = 128, blocks: int = 3
    ) -> None:
        super().__init__()
        self.frames, self.scalars = frames, scalars
        self.bare = nn.Linear(frames * _INVARIANTS, width)
        self.told = nn.Linear(context, width)
        self.noise = nn.Sequential(nn.Linear(_NOISE, width), nn.SiLU(), nn.Linear(width, width))
        self.extra = nn.Linear(scalars + _NOISE + 1, width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(blocks))
        self.turn = nn.Linear(width, frames * 9)
        self.move = nn.Linear(width, scalars)
        for layer in (self.turn, self.move):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def bind(self, encoded: Encoded) -> Callable[..., tuple[Tensor, Tensor]]:
        r"""The score for galaxies, row by row, with what depends on them alone done already.

        Arguments:
            encoded: One row for each rotation that will be asked about.

        Returns:
            A function `(R, sigma, x=None)` from rotations :math:`(N, 3, 3)`, scales
            :math:`(N,)` and noisy scalars :math:`(N, n)` to the score of both,
            :math:`(N, 3)` and :math:`(N, n)`; without scalars it is the score of the
            orientation alone.
        """
        told, frames = self.told(encoded.context), encoded.frames.transpose(-1, -2)

        def score(
            rotation: Tensor, sigma: Tensor, x: Tensor | None = None
        ) -> tuple[Tensor, Tensor]:
            return self._score(told, frames, rotation, sigma, x)

        return score

    def _score(
        self, told: Tensor, frames: Tensor, rotation: Tensor, sigma: Tensor, x: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        q = frames @ rotation[..., None, :, :]
        h = self.bare(frame_invariants(q).flatten(-2))
        e = told + self.noise(noise_features(sigma))
        tau = scalar_noise(sigma)
        if x is not None:
            whole = torch.ones_like(tau)[..., None]
            shrunk = x / (1 + tau.square()).sqrt()[..., None]
            e = e + self.extra(torch.cat([shrunk, noise_features(tau), whole], -1))
        for block in self.blocks:
            h = block(h, e)
        h = nn.functional.silu(h + e)
        coefficients = self.turn(h).unflatten(-1, (self.frames, 3, 3))
        products = q.roll(-1, -1) * q.roll(-2, -1)
        turn = (coefficients * products).sum((-3, -2)) * (-3 * sigma.square()).exp()[..., None]
        if x is None:
            return turn, turn.new_zeros(*turn.shape[:-1], self.scalars)
        return turn, _scalar_score(self.move(h), x, tau[..., None])


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.given = nn.Linear(width, width, bias=False)
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, h: Tensor, e: Tensor) -> Tensor:
        inner = nn.functional.silu(self.first(nn.functional.silu(h)) + self.given(e))
        return h + self.second(inner)


def _scalar_score(raw: Tensor, x: Tensor, tau: Tensor) -> Tensor:
    r"""The score of scalars of unit variance from the network's output (preconditioned)."""
    total = 1 + tau.square()
    clean = x / total + tau / total.sqrt() * raw
    return (clean - x) / tau.square()
