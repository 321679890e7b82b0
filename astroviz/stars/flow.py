r"""Flow matching in whitened coordinates.

A first head predicts, for each star, a normal approximation of its posterior: mean
:math:`\mu` and the Cholesky factor :math:`P` of its precision. In the coordinates
:math:`w = P (y - \mu)` every posterior is near a standard normal distribution, whatever its width,
and a small velocity network only has to learn the rest, by flow matching on straight paths with
independent pairs,

.. math:: w_t = (1 - t)\,\epsilon + t\,w, \qquad
          v^* = \arg\min E\,|v(w_t, t) - (w - \epsilon)|^2 .

The velocity starts from its exact value for a standard normal target,
:math:`(2t - 1) w_t / (t^2 + (1 - t)^2)`, so that few solver steps are enough.

References:
    | Flow matching (Lipman et al. 2022), https://arxiv.org/abs/2210.02747
    | Flow matching posterior estimation (Wildberger et al. 2023), https://arxiv.org/abs/2305.17161
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["Velocity", "Whitener", "Whitening", "flow_matching_loss", "gaussian_velocity"]


@dataclass(frozen=True)
class Whitening:
    r"""An affine map of each star, :math:`w = P (y - \mu)`.

    Arguments:
        mean: :math:`\mu`, shape :math:`(N, D)`.
        factor: Lower triangular :math:`P` with a positive diagonal, shape :math:`(N, D, D)`.
    """

    mean: Tensor
    factor: Tensor

    def forward(self, y: Tensor) -> Tensor:
        r"""Whitened coordinates, shape :math:`(N, D)`."""
        return torch.einsum("nij,nj->ni", self.factor, y - self.mean)

    def inverse(self, w: Tensor) -> Tensor:
        r"""From whitened coordinates, shape :math:`(N, K, D)`, to the star's own."""
        solved = torch.linalg.solve_triangular(self.factor, w.transpose(1, 2), upper=False)
        return solved.transpose(1, 2) + self.mean[:, None]

    def log_det(self) -> Tensor:
        r""":math:`\ln|P|`, shape :math:`(N,)`."""
        return self.factor.diagonal(dim1=1, dim2=2).log().sum(-1)


class Whitener(nn.Module):
    r"""Predicts the normal approximation of a posterior.

    Arguments:
        context: Length of the context vector.
        size: Number of dimensions :math:`D`.
        hidden: Width of the hidden layers.
        full: Whether :math:`P` has off-diagonal entries.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, context: int, size: int, hidden: int = 192, full: bool = True) -> None:
        super().__init__()
        self.size = size
        rows, columns = torch.tril_indices(size, size, -1) if full else torch.zeros(2, 0).long()
        self.register_buffer("rows", rows, persistent=False)
        self.register_buffer("columns", columns, persistent=False)
        self.net = nn.Sequential(
            nn.Linear(context, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, 2 * size + len(rows)),
        )  # fmt: skip
        last = self.net[-1]
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, context: Tensor, wanted: Tensor) -> Whitening:
        r"""The map; dimensions that are not wanted keep the identity.

        Arguments:
            context: Shape :math:`(N, C)`.
            wanted: Which dimensions are wanted, shape :math:`(N, D)`, bool.
        """
        out = self.net(context)
        mask = wanted.to(out)
        mean, log_diagonal, lower = out.split([self.size, self.size, len(self.rows)], -1)
        log_diagonal = 6 * torch.tanh(log_diagonal / 6) * mask
        factor = torch.diag_embed(log_diagonal.exp())
        pair = mask[:, self.rows] * mask[:, self.columns]
        # off-diagonal entries scale with their row, as in a unit-triangular factor times diagonal
        scale = log_diagonal.exp()[:, self.rows]
        filled = torch.zeros_like(factor)
        filled[:, self.rows, self.columns] = lower * pair * scale
        return Whitening(mean * mask, factor + filled)


def gaussian_velocity(w: Tensor, t: Tensor) -> Tensor:
    r"""Exact velocity at `w` and time `t` for a standard normal target."""
    return (2 * t - 1) / (t**2 + (1 - t) ** 2) * w


class Velocity(nn.Module):
    r"""The velocity field: a residual network modulated by the star's context.

    What depends on the star alone is computed once (`prepare`), so that drawing is cheap.

    Arguments:
        context: Length of the context vector.
        size: Number of dimensions :math:`D`.
        width: Width of the hidden layers.
        blocks: Number of residual blocks.
        times: Number of times that the field depends on: one for a velocity.
    """

    frequencies: Tensor

    def __init__(
        self, context: int, size: int, width: int = 192, blocks: int = 3, times: int = 1
    ) -> None:
        super().__init__()
        self.size, self.width, self.blocks = size, width, blocks
        self.register_buffer("frequencies", torch.arange(1, 5) * torch.pi, persistent=False)
        self.enter = nn.Linear(size + 8 * times, width)
        self.condition = nn.Linear(context + size, width * (1 + 2 * blocks))
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.outer = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.leave = nn.Linear(width, size)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def prepare(self, context: Tensor, wanted: Tensor) -> Tensor:
        r"""Modulation of each star, shape :math:`(N, W (1 + 2B))`."""
        return self.condition(torch.cat([context, wanted.to(context)], -1))

    def forward(self, w: Tensor, t: Tensor, modulation: Tensor, wanted: Tensor) -> Tensor:
        r"""Velocity.

        Arguments:
            w: Points, shape :math:`(N, K, D)`.
            t: Times, shape :math:`(N, K, 1)` or :math:`(1, 1, 1)`.
            modulation: From `prepare`, shape :math:`(N, M)`.
            wanted: Shape :math:`(N, D)`; the others get the velocity of a normal target.

        Returns:
            Velocities, shape :math:`(N, K, D)`.
        """
        return gaussian_velocity(w, t) + self.learned(w, (t,), modulation, wanted)

    def learned(
        self, w: Tensor, times: tuple[Tensor, ...], modulation: Tensor, wanted: Tensor
    ) -> Tensor:
        """What the network adds to the exact answer for a normal target; zero where not wanted."""
        parts = modulation[:, None].split([self.width] * (1 + 2 * self.blocks), -1)
        waves = [(t * self.frequencies).expand(*w.shape[:2], 4) for t in times]
        entries = [w, *(f for wave in waves for f in (wave.sin(), wave.cos()))]
        h = self.enter(torch.cat(entries, -1)) + parts[0]
        for k in range(self.blocks):
            scale, shift = parts[1 + 2 * k], parts[2 + 2 * k]
            inner = self.inner[k](nn.functional.silu(h)) * (1 + scale) + shift
            h = h + self.outer[k](nn.functional.silu(inner))
        return self.leave(nn.functional.silu(h)) * wanted[:, None].to(h)


def flow_matching_loss(
    velocity: Callable[..., Tensor],
    target: Tensor,
    modulation: Tensor,
    wanted: Tensor,
    copies: int,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Mean squared error of the velocity over wanted dimensions.

    Arguments:
        velocity: The network, or what is called like it.
        target: Whitened truth, shape :math:`(N, D)`.
        modulation: From `Velocity.prepare`, shape :math:`(N, M)`.
        wanted: Shape :math:`(N, D)`, bool.
        copies: Number :math:`K` of times and noises per star, stratified in time.
        generator: Source of random numbers.

    Returns:
        A scalar.
    """
    n, size = target.shape
    noise = torch.randn(n, copies, size, generator=generator).to(target)
    strata = torch.arange(copies)[None, :, None]
    t = ((strata + torch.rand(n, copies, 1, generator=generator)) / copies).to(target)
    target = target[:, None]
    moving = velocity((1 - t) * noise + t * target, t, modulation, wanted)
    weight = wanted[:, None].to(target)
    return ((moving - (target - noise)) ** 2 * weight).sum() / (weight.sum() * copies).clamp(min=1)
