r"""How unlike everything it was taught on a galaxy's environment is.

The squared Mahalanobis distance of what the encoder says of a galaxy from the mean over the
training boxes, over the value that one galaxy in a hundred of unseen boxes exceeds. Below one all
is usual; above it the answer extrapolates.

References:
    | Lee et al. (2018), https://arxiv.org/abs/1807.03888
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.orientations.web_lessons import Lesson
from astroviz.orientations.web_network import WebNetwork

__all__ = ["Novelty"]

_USUAL = 0.99
_RIDGE = 1e-3  # of the mean variance


@dataclass(frozen=True)
class Novelty:
    r"""Mean and spread of the encoder's context.

    Arguments:
        middle: Mean, shape :math:`(C,)`.
        whiten: Matrix that makes the training contexts white, shape :math:`(C, C)`.
        limit: Squared distance that one galaxy in a hundred exceeds.
    """

    middle: Tensor
    whiten: Tensor
    limit: Tensor

    @classmethod
    def of(
        cls, network: WebNetwork, lessons: Sequence[Lesson], judges: Sequence[Lesson]
    ) -> Novelty:
        """Learn what is usual from training boxes, and the limit from unseen ones."""
        seen, unseen = (
            torch.cat([_contexts(network, one) for one in part]) for part in (lessons, judges)
        )
        middle = seen.mean(0)
        spread = torch.cov(seen.T.double())
        ridge = _RIDGE * spread.diagonal().mean() * torch.eye(len(spread), dtype=torch.float64)
        whiten = torch.linalg.inv(torch.linalg.cholesky(spread + ridge)).float()
        found = cls(middle, whiten, torch.ones(1))
        return cls(middle, whiten, found.score(unseen).quantile(_USUAL).reshape(1))

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Novelty:
        """As `tensors` gave it."""
        return cls(tensors["middle"], tensors["whiten"], tensors["limit"])

    def tensors(self) -> dict[str, Tensor]:
        """What is stored with the weights."""
        return {"middle": self.middle, "whiten": self.whiten, "limit": self.limit}

    def score(self, context: Tensor) -> Tensor:
        """One number for each galaxy, shape (N, C) to (N,); above one it is unusual."""
        white = (context.to(self.middle) - self.middle) @ self.whiten.T
        return white.square().sum(-1) / self.limit


def _contexts(network: WebNetwork, one: Lesson) -> Tensor:
    with torch.no_grad():
        return network.encoder(one.inputs if network.sees else one.inputs.alone()).context
