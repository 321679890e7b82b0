r"""Implicit-PDF: a perceptron that says the log density of a rotation, normalised over a grid.

Trained by telling the true rotation from random ones, evaluated over a grid of cells of equal
volume, from which it also draws. Its resolution is that of the grid.

References:
    | Murphy et al. (2021), Implicit-PDF: non-parametric representation of probability
      distributions on the rotation manifold
    | https://arxiv.org/abs/2106.05965
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from astroviz.orientations.baselines.descent import batches, minimise
from astroviz.orientations.baselines.perceptron import seeded
from astroviz.orientations.baselines.rotation_grid import cell_size, rotation_grid
from astroviz.orientations.rotations import exp, random_rotations

__all__ = ["ImplicitPDF", "PictureImplicitPDF", "contrast"]

_SLICE = 16_384


def contrast(truth: Tensor, others: Tensor) -> Tensor:
    r"""Log density of the truth, normalised over it and the others.

    Arguments:
        truth: Unnormalised log density of the true rotations, shape :math:`(N,)`.
        others: That of uniform rotations, shape :math:`(Q,)` or :math:`(N, Q)`.

    Returns:
        With respect to Haar probability, shape :math:`(N,)`.
    """
    everything = torch.cat([truth[:, None], others.expand(len(truth), -1)], -1)
    return truth - everything.logsumexp(-1) + math.log(everything.shape[-1])


class ImplicitPDF:
    r"""The whole method, for one law.

    Arguments:
        width: Units of each hidden layer.
        depth: Residual layers.
        seed: Seed of the first weights.
        level: Level of the grid that normalises and draws.
    """

    name = "Implicit-PDF"

    def __init__(self, width: int = 256, depth: int = 4, seed: int = 0, level: int = 3) -> None:
        self.network = seeded(seed, 1, 0, width, depth)
        self.level = level

    def fit(
        self,
        rotations: Tensor,
        steps: int,
        generator: torch.Generator,
        batch: int = 512,
        budget: float = math.inf,
        queries: int = 1024,
    ) -> ImplicitPDF:
        r"""Train; arguments as those of `anchor.Anchor.fit`, and the number of random ones."""
        draw = batches(rotations, batch, generator)

        def loss() -> Tensor:
            both = torch.cat([draw(), random_rotations(queries, generator)])
            value = self.network(both)[:, 0]
            return -contrast(value[:batch], value[batch:]).mean()

        minimise(self.network, loss, steps, 1e-3, budget)
        return self

    @torch.no_grad()
    def _on_grid(self) -> Tensor:
        grid = rotation_grid(self.level)
        return torch.cat([self.network(part)[:, 0] for part in grid.split(_SLICE)])

    @torch.no_grad()
    def log_prob(self, rotations: Tensor) -> Tensor:
        r"""Log density with respect to Haar probability, shape (N,); normalised over the grid."""
        value = self._on_grid()
        found: Tensor = self.network(rotations)[:, 0] - value.logsumexp(0) + math.log(len(value))
        return found

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        r"""Cells drawn by their density, and a place within the cell, shape (n, 3, 3)."""
        return _within(self._on_grid(), n, self.level, generator)


def _within(value: Tensor, n: int, level: int, generator: torch.Generator) -> Tensor:
    """Draws of cells by inverting their cumulative density, spread over the cells."""
    steps = value.softmax(0).double().cumsum(0)
    place = torch.rand(n, generator=generator, dtype=torch.float64) * steps[-1]
    chosen = torch.searchsorted(steps, place).clamp(max=len(steps) - 1)
    inside = torch.rand(n, 3, generator=generator) - 0.5
    return rotation_grid(level)[chosen] @ exp(cell_size(level) * inside)


class PictureImplicitPDF(nn.Module):
    r"""The method given a picture: what an encoder reads is added to the first hidden layer.

    Arguments:
        encoder: From pictures, shape (N, H, W), to codes, shape (N, C).
        code: Length of the codes.
        width: Units of each hidden layer.
        depth: Residual layers.
    """

    def __init__(self, encoder: nn.Module, code: int, width: int = 256, depth: int = 3) -> None:
        super().__init__()
        self.encoder = encoder
        self.into = nn.Linear(code, width)
        self.trunk = seeded(0, 1, width, width, depth)

    def forward(self, rotation: Tensor, code: Tensor) -> Tensor:
        r"""Unnormalised log density.

        Arguments:
            rotation: Shape :math:`(N, Q, 3, 3)`, or :math:`(Q, 3, 3)` for the same of each code.
            code: What was read from the pictures, shape :math:`(N, C)`.

        Returns:
            Shape :math:`(N, Q)`.
        """
        told = nn.functional.silu(self.into(code))[:, None]
        rotation = rotation.expand(len(code), *rotation.shape[-3:])
        found: Tensor = self.trunk(rotation, told.expand(-1, rotation.shape[1], -1))
        return found[..., 0]

    def loss(self, pictures: Tensor, truth: Tensor, queries: Tensor) -> Tensor:
        r"""Minus the mean log density of the truth.

        Arguments:
            pictures: Shape :math:`(N, H, W)`.
            truth: Shape :math:`(N, 3, 3)`.
            queries: Uniform rotations, shape :math:`(Q, 3, 3)`.
        """
        code = self.encoder(pictures)
        true = self(truth[:, None], code)[:, 0]
        return -contrast(true, self(queries, code)).mean()

    @torch.no_grad()
    def answer(
        self, picture: Tensor, truth: Tensor, n: int, generator: torch.Generator, level: int = 3
    ) -> tuple[Tensor, Tensor]:
        r"""Draws for one picture, and the log density of a pose.

        Arguments:
            picture: Shape :math:`(H, W)`.
            truth: Shape :math:`(3, 3)`.
            n: Number of draws.
            generator: Source of the draws.
            level: Level of the grid.

        Returns:
            Draws, shape :math:`(n, 3, 3)`, and the Haar log density, a scalar.
        """
        code = self.encoder(picture[None])
        grid = rotation_grid(level)
        value = torch.cat([self(part, code)[0] for part in grid.split(_SLICE)])
        true = self(truth[None], code)[0, 0]
        density = true - value.logsumexp(0) + math.log(len(grid))
        return _within(value, n, level, generator), density
