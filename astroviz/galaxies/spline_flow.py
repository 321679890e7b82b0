r"""A normalising flow of coupled rational-quadratic splines, fast in the direction of drawing.

A population of galaxies lives in the coordinates :math:`x` in which its prior is a standard normal
distribution. The flow turns normal deviates :math:`u` into such coordinates, :math:`x = f(u)`, so
that the untrained flow, the identity, is the prior. Each layer leaves five of the coordinates
alone and passes each other one through its own monotone spline on :math:`[-b, b]`, whose knots a
small network reads from the five; outside it is the identity. Both directions take one pass.

References:
    | Neural spline flows (Durkan et al. 2019), https://arxiv.org/abs/1906.04032
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["SplineFlow", "rational_quadratic"]

_LEAST = 1e-3  # of the width and height of a bin, and of a slope
_LOG_2_PI = 1.8378770664093453


class SplineFlow(nn.Module):
    r"""The flow.

    Arguments:
        dimensions: Number of coordinates :math:`D`.
        layers: Number of coupling layers.
        hidden: Width of the networks.
        bins: Bins of each spline.
        bound: :math:`b`.
        seed: Decides which coordinates a layer moves, and the first weights.

    Example:
        >>> flow = SplineFlow(dimensions=3, seed=1)
        >>> x, log_det = flow(torch.zeros(4, 3))
        >>> bool((x == 0).all()), tuple(log_det.shape)
        (True, (4,))
    """

    def __init__(
        self,
        dimensions: int = 11,
        layers: int = 8,
        hidden: int = 64,
        bins: int = 8,
        bound: float = 5.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if dimensions < 2 or layers < 1:
            raise ValueError(
                f"a flow needs two dimensions and one layer at least, not {dimensions}, {layers}"
            )
        self.config: dict[str, Any] = {
            "dimensions": dimensions, "layers": layers, "hidden": hidden, "bins": bins,
            "bound": bound, "seed": seed,
        }  # fmt: skip
        generator = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleList(
            _Coupling(order, hidden, bins, bound, generator)
            for order in _orders(dimensions, layers, generator)
        )

    def forward(self, u: Tensor) -> tuple[Tensor, Tensor]:
        r"""From normal deviates to coordinates of the population.

        Arguments:
            u: Shape :math:`(N, D)`.

        Returns:
            :math:`x`, shape :math:`(N, D)`, and :math:`\ln |\partial x/\partial u|`, shape
            :math:`(N,)`.
        """
        value, total = u.T.contiguous(), u.new_zeros(u.shape[0])
        for layer in self.layers:
            value, log_det = layer(value)
            total = total + log_det
        return value.T.contiguous(), total

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        r"""From coordinates of the population to normal deviates.

        Arguments:
            x: Shape :math:`(N, D)`.

        Returns:
            :math:`u`, shape :math:`(N, D)`, and :math:`\ln |\partial u/\partial x|`, shape
            :math:`(N,)`.
        """
        value, total = x.T.contiguous(), x.new_zeros(x.shape[0])
        for layer in reversed(self.layers):
            value, log_det = layer.inverse(value)  # type: ignore[operator]
            total = total + log_det
        return value.T.contiguous(), total

    def log_prob(self, x: Tensor) -> Tensor:
        r"""Log density of coordinates, shape :math:`(N,)`."""
        u, log_det = self.inverse(x)
        return log_det - 0.5 * u.square().sum(-1) - 0.5 * _LOG_2_PI * u.shape[-1]

    def divergence(self, u: Tensor, x: Tensor, log_det: Tensor) -> Tensor:
        r"""Divergence from the prior, estimated from the draws themselves.

        .. math:: KL(q|\pi) = E[|x|^2/2 - |u|^2/2 - \ln|\partial x/\partial u|]

        Arguments:
            u: Normal deviates, shape :math:`(N, D)`.
            x: What the flow made of them.
            log_det: The log determinant beside.

        Returns:
            A scalar, nats.
        """
        return (0.5 * (x.square() - u.square()).sum(-1) - log_det).mean()

    @property
    def numbers(self) -> int:
        """How many weights there are."""
        return sum(weight.numel() for weight in self.parameters())


def _orders(dimensions: int, layers: int, generator: torch.Generator) -> list[Tensor]:
    """For each layer a permutation; its first half is read, the other moved; then the reverse."""
    found: list[Tensor] = []
    for place in range(layers):
        if place % 2:
            found.append(found[-1].flip(0))
        else:
            found.append(torch.randperm(dimensions, generator=generator))
    return found


class _Coupling(nn.Module):
    """One layer: reads some coordinates and moves the others."""

    read: Tensor
    moved: Tensor
    back: Tensor

    def __init__(
        self, order: Tensor, hidden: int, bins: int, bound: float, generator: torch.Generator
    ) -> None:
        super().__init__()
        half = len(order) // 2
        self.bins, self.bound = bins, bound
        self.register_buffer("read", order[:half].clone(), persistent=False)
        self.register_buffer("moved", order[half:].clone(), persistent=False)
        self.register_buffer("back", torch.argsort(order), persistent=False)
        self.network = nn.Sequential(
            nn.Linear(half, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, (len(order) - half) * (3 * bins - 1)),
        )  # fmt: skip
        with torch.no_grad():
            for part in self.network:
                if isinstance(part, nn.Linear):
                    spread = part.in_features**-0.5
                    part.weight.uniform_(-spread, spread, generator=generator)
                    part.bias.uniform_(-spread, spread, generator=generator)
            self.network[-1].weight.zero_()  # type: ignore[operator]
            self.network[-1].bias.zero_()  # type: ignore[operator]

    def forward(self, u: Tensor) -> tuple[Tensor, Tensor]:
        return self._pass(u, inverse=False)

    def inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self._pass(x, inverse=True)

    def _pass(self, value: Tensor, inverse: bool) -> tuple[Tensor, Tensor]:
        """One coordinate a row, shape (D, N): short rows of bins would be slow."""
        kept, moving = value[self.read], value[self.moved]
        hidden = kept
        for part in self.network:
            hidden = _columns(part, hidden) if isinstance(part, nn.Linear) else part(hidden)
        raw = hidden.view(3 * self.bins - 1, *moving.shape)
        moved, log_slope = rational_quadratic(moving, raw, self.bound, inverse)
        return torch.cat([kept, moved])[self.back], log_slope.sum(0)


def _columns(layer: nn.Linear, value: Tensor) -> Tensor:
    """A linear layer over columns, shape (in, N) to (out, N)."""
    return torch.addmm(layer.bias[:, None], layer.weight, value)


def rational_quadratic(
    value: Tensor, raw: Tensor, bound: float, inverse: bool = False
) -> tuple[Tensor, Tensor]:
    r"""Pass numbers through monotone rational-quadratic splines.

    Arguments:
        value: Numbers, shape :math:`(\ldots)`.
        raw: Unbounded widths, heights and inner slopes of each spline, shape
            :math:`(3K - 1, \ldots)`; all zero for the identity.
        bound: The spline acts on :math:`[-b, b]` and is the identity outside.
        inverse: Go back.

    Returns:
        The numbers behind the spline and the log of its slope in the direction asked for.
    """
    bins = (raw.shape[0] + 1) // 3
    x_knots = _knots(raw[:bins], bound)
    y_knots = _knots(raw[bins : 2 * bins], bound)
    # softplus(0) scaled such that no weights at all give a slope of one
    slopes = _LEAST + (1 - _LEAST) * functional.softplus(raw[2 * bins :]) / 0.6931471805599453
    edge = torch.ones_like(slopes[:1])
    slopes = torch.cat([edge, slopes, edge])
    inside = value.abs() < bound
    clamped = value.clamp(-bound, bound)
    edges = y_knots if inverse else x_knots
    place = (clamped >= edges[1:-1]).sum(0, keepdim=True)
    x0, x1 = _pair(x_knots, place)
    y0, y1 = _pair(y_knots, place)
    d0, d1 = _pair(slopes, place)
    width, height = x1 - x0, y1 - y0
    mean_slope = height / width
    turn = d0 + d1 - 2 * mean_slope
    if inverse:
        t = _solve(clamped - y0, height, mean_slope, d0, turn)
    else:
        t = (clamped - x0) / width
    rest = t * (1 - t)
    below = mean_slope + turn * rest
    above = d1 * t * t + 2 * mean_slope * rest + d0 * (1 - t) * (1 - t)
    log_slope = (above * (mean_slope / below).square()).log()
    if inverse:
        return torch.where(inside, t * width + x0, value), torch.where(inside, -log_slope, 0.0)
    moved = y0 + height * (mean_slope * t * t + d0 * rest) / below
    return torch.where(inside, moved, value), torch.where(inside, log_slope, 0.0)


def _knots(raw: Tensor, bound: float) -> Tensor:
    """Ends of bins between `-bound` and `bound`, shape (K + 1, ...)."""
    bins = raw.shape[0]
    shares = _LEAST + (1 - _LEAST * bins) * torch.softmax(raw, 0)
    inner = -bound + 2 * bound * torch.cumsum(shares[:-1], 0)
    first = torch.full_like(inner[:1], -bound)
    return torch.cat([first, inner, -first])


def _pair(knots: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
    """What lies at both ends of a bin."""
    return knots.gather(0, place)[0], knots.gather(0, place + 1)[0]


def _solve(above: Tensor, height: Tensor, slope: Tensor, first: Tensor, turn: Tensor) -> Tensor:
    """Where in its bin the spline has the wanted height, 0 to 1."""
    a = height * (slope - first) + above * turn
    b = height * first - above * turn
    c = -slope * above
    root = (b * b - 4 * a * c).clamp(min=0.0).sqrt()
    return (2 * c / (-b - root)).clamp(0.0, 1.0)
