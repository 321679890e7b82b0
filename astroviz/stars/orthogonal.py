r"""Momentum made orthogonal, for the square matrices inside a network.

Where a matrix multiplies hidden units, the directions of a momentum step are few and strong; made
orthogonal, the step moves all directions alike, and a small network learns sharp features in a
third of the steps.

References:
    | Muon: an optimizer for hidden layers in neural networks (Jordan et al. 2024)
    | https://kellerjordan.github.io/posts/muon/
    | Muon is scalable for LLM training (Liu et al. 2025), https://arxiv.org/abs/2502.16982
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["Orthogonal", "orthogonalise", "split_parameters"]

# a quintic that brings all singular values between 0 and 1 near 1 within a few rounds
_QUINTIC = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


def orthogonalise(matrices: Tensor) -> Tensor:
    """Nearly the nearest orthogonal matrices, shape :math:`(M, H, H)`; no decomposition needed."""
    a, b, c = _QUINTIC
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ROUNDS):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return x


def split_parameters(network: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Square matrices of hidden layers, all of one size; everything else."""
    hidden = [p for p in network.parameters() if p.ndim == 2 and p.shape[0] == p.shape[1]]
    most = max((len(p) for p in hidden), default=0)
    hidden = [p for p in hidden if len(p) == most]
    chosen = {id(p) for p in hidden}
    return hidden, [p for p in network.parameters() if id(p) not in chosen]


class Orthogonal(torch.optim.Optimizer):
    r"""Nesterov momentum, made orthogonal.

    A step has the root mean square of one of Adam, so that both can share a learning rate.

    Arguments:
        parameters: Square matrices of one size.
        lr: Learning rate.
        momentum: Share of the momentum that is kept.
    """

    def __init__(
        self, parameters: Iterable[nn.Parameter], lr: float = 1e-3, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            moving = [p for p in group["params"] if p.grad is not None]
            if not moving:
                continue
            keep, pushes = group["momentum"], []
            for parameter in moving:
                held = self.state[parameter].setdefault("push", torch.zeros_like(parameter))
                held.lerp_(parameter.grad, 1 - keep)
                pushes.append(parameter.grad.lerp(held, keep))
            size = 0.2 * len(moving[0]) ** 0.5
            for parameter, push in zip(moving, orthogonalise(torch.stack(pushes)), strict=True):
                parameter.add_(push, alpha=-group["lr"] * size)
