r"""A few-step sampler distilled from the flow: the network learns the flow's jumps.

The flow follows :math:`\dot w = v(w, t)` in small steps. Its solution from time :math:`t` to
:math:`s` is a map of the point alone,

.. math:: J(w_t, t, s) = w_t\,\frac{\sigma(s)}{\sigma(t)} + (s - t)\, u(w_t, t, s), \qquad
          \sigma(t) = \sqrt{t^2 + (1 - t)^2} ,

which a network :math:`u` of the size of :math:`v` can learn from solved trajectories, since these
cost little here. The first term is the exact jump for a standard normal target, and for
:math:`s \to t` the second is what the flow itself has learned, so :math:`u` starts from the
weights of :math:`v`. Two jumps replace sixteen evaluations of :math:`v`.

References:
    | Flow map matching (Boffi, Albergo & Vanden-Eijnden 2024), https://arxiv.org/abs/2406.07507
    | Shortcut models (Frans et al. 2024), https://arxiv.org/abs/2410.12557
    | Mean flows (Geng et al. 2025), https://arxiv.org/abs/2505.13447
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from astroviz.stars.flow import Velocity

__all__ = ["DEFAULT_JUMPS", "JUMPS", "Shortcut", "distillation_loss"]

JUMPS = (1, 2, 4)
"""Numbers of equal jumps that are learned."""

DEFAULT_JUMPS = 2


class Shortcut(nn.Module):
    r"""Jumps of a flow along its own trajectories.

    Arguments:
        context: Length of the context vector.
        size: Number of dimensions :math:`D`.
        width: Width of the hidden layers.
        blocks: Number of residual blocks.
    """

    def __init__(self, context: int, size: int, width: int = 160, blocks: int = 3) -> None:
        super().__init__()
        self.field = Velocity(context, size, width, blocks, times=2)

    def start_from(self, velocity: Velocity) -> None:
        """Take the weights of the flow, of the same width and number of blocks."""
        own, theirs = self.field.state_dict(), velocity.state_dict()
        entry = torch.zeros_like(own["enter.weight"])
        entry[:, : velocity.enter.in_features] = theirs["enter.weight"]
        self.field.load_state_dict({**theirs, "enter.weight": entry})

    def prepare(self, context: Tensor, wanted: Tensor) -> Tensor:
        """What depends on the star alone; see `Velocity.prepare`."""
        return self.field.prepare(context, wanted)

    def forward(
        self, w: Tensor, t: Tensor, s: Tensor, modulation: Tensor, wanted: Tensor
    ) -> Tensor:
        r"""Jump from time `t` to time `s`.

        Arguments:
            w: Points at time `t`, shape :math:`(N, K, D)`.
            t: Times, shape :math:`(N, K, 1)` or :math:`(1, 1, 1)`.
            s: Times to jump to, same shape.
            modulation: From `prepare`, shape :math:`(N, M)`.
            wanted: Shape :math:`(N, D)`, bool.

        Returns:
            Points at time `s`, shape :math:`(N, K, D)`.
        """
        learned = self.field.learned(w, (t, s), modulation, wanted)
        return w * _spread(s) / _spread(t) + (s - t) * learned

    def draw(self, w: Tensor, jumps: int, modulation: Tensor, wanted: Tensor) -> Tensor:
        """From noise to draws in equal jumps."""
        times = torch.linspace(0, 1, jumps + 1, dtype=w.dtype, device=w.device).view(-1, 1, 1, 1)
        for k in range(jumps):
            w = self(w, times[k], times[k + 1], modulation, wanted)
        return w


def _spread(t: Tensor) -> Tensor:
    """Standard deviation at time t on the way from noise to a standard normal target."""
    return (t**2 + (1 - t) ** 2).sqrt()


def distillation_loss(
    shortcut: Shortcut, trajectory: Tensor, modulation: Tensor, wanted: Tensor, copies: int,
    generator: torch.Generator,
) -> Tensor:  # fmt: skip
    r"""Mean squared error of the learned mean velocities between points of solved trajectories.

    Arguments:
        shortcut: The network.
        trajectory: The flow's solution at equal times from 0 to 1, shape :math:`(T, N, K, D)`,
            with :math:`T - 1` a multiple of the most jumps.
        modulation: From `Shortcut.prepare`, shape :math:`(N, M)`.
        wanted: Shape :math:`(N, D)`, bool.
        copies: Pairs of times for each trajectory.
        generator: Source of random numbers.

    Returns:
        A scalar.
    """
    last, n, k, size = len(trajectory) - 1, *trajectory.shape[1:]
    jumps = torch.tensor(JUMPS)[torch.randint(len(JUMPS), (n, k * copies), generator=generator)]
    place = (torch.rand(n, k * copies, generator=generator) * jumps).long()
    begin, end = place * last // jumps, (place + 1) * last // jumps
    many = trajectory.repeat(1, 1, copies, 1)
    start, goal = (
        many.gather(0, at[None, ..., None].expand(1, -1, -1, size).to(many.device))[0]
        for at in (begin, end)
    )
    t, s = ((at[..., None] / last).to(start) for at in (begin, end))
    gap = (shortcut(start, t, s, modulation, wanted) - goal) / (s - t)
    weight = wanted[:, None].to(gap)
    return (gap**2 * weight).sum() / (weight.sum() * k * copies).clamp(min=1)
