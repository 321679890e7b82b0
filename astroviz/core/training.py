r"""The state of a training that can stop and go on: weights, their average, optimiser, clock."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

__all__ = ["TrainingState"]

_Network = TypeVar("_Network", bound=nn.Module)


class TrainingState(Generic[_Network]):
    """What every training keeps and how it takes a step; a subclass sets the attributes."""

    network: _Network
    average: _Network
    optimiser: torch.optim.Optimizer
    step: int
    elapsed: float

    def rate(self) -> float:
        """Learning rate of the next step."""
        raise NotImplementedError

    def descend(self, loss: Tensor, clip: float, decay: float) -> None:
        r"""One step of the optimiser and of the averaged weights.

        Arguments:
            loss: What is to become smaller, a scalar.
            clip: Largest norm of the gradient.
            decay: Decay of the averaged weights per step; smaller in the first steps.
        """
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), clip)
        self.optimiser.step()
        self.step += 1
        decay = min(decay, self.step / (self.step + 20))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.network.parameters()), 1 - decay
            )

    def save(self, path: Path) -> None:
        """Write a checkpoint; the old one stays until the new one is whole."""
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "step": self.step, "elapsed": self.elapsed,
        }  # fmt: skip
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".new")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        device = next(self.network.parameters()).device
        state = torch.load(path, map_location=device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.elapsed = int(state["step"]), float(state["elapsed"])
