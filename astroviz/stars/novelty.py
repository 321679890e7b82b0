r"""How unlike the simulated stars a star is, as the network sees it.

.. math:: s = \frac{\sqrt{(c - \bar c)^\top \Sigma^{-1} (c - \bar c)}}{q_{99}}

with mean and covariance of the contexts of simulated stars and the 99 % level :math:`q_{99}` of
their own distances: above 1 an answer extrapolates. It is the `ood_score` of the adaptation's
models, whose draws must not be judged by the magnitudes of a simulator that is known to be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Novelty"]

_SHRINKAGE = 0.02
_LEVEL = 0.99


@dataclass(frozen=True)
class Novelty:
    r"""The cloud of simulated contexts.

    Arguments:
        centre: Shape :math:`(C,)`.
        factor: :math:`L^{-1}` of the covariance :math:`L L^\top`, shape :math:`(C, C)`.
        level: 99 % level of the distances of simulated stars.
    """

    centre: Tensor
    factor: Tensor
    level: float

    @classmethod
    def of(cls, contexts: Tensor) -> Novelty:
        """From contexts of simulated stars, shape (N, C)."""
        centre = contexts.double().mean(0)
        covariance = (contexts.double() - centre).T.cov()
        mean = covariance.diagonal().mean()
        eye = torch.eye(len(centre), dtype=torch.float64)
        mixed = (1 - _SHRINKAGE) * covariance + _SHRINKAGE * mean * eye
        factor = torch.linalg.solve_triangular(torch.linalg.cholesky(mixed), eye, upper=False)
        bare = cls(centre.float(), factor.float(), 1.0)
        return cls(bare.centre, bare.factor, float(bare.score(contexts).quantile(_LEVEL)))

    def score(self, contexts: Tensor) -> Tensor:
        """Distance relative to the level, shape (N,)."""
        found: Tensor = ((contexts.cpu() - self.centre) @ self.factor.T).norm(dim=1) / self.level
        return found

    def tensors(self) -> dict[str, Tensor]:
        """For a file of weights."""
        return {"novelty.centre": self.centre, "novelty.factor": self.factor,
                "novelty.level": torch.tensor(self.level)}  # fmt: skip

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Novelty | None:
        """The inverse of `tensors`; None where there is none."""
        if "novelty.centre" not in tensors:
            return None
        return cls(tensors["novelty.centre"].float(), tensors["novelty.factor"].float(),
                   float(tensors["novelty.level"]))  # fmt: skip
