r"""The basis in which a linear likelihood falls apart into single numbers.

With data :math:`y = A x + n` whitened so that :math:`n \sim \mathcal{N}(0, I)`, everything that
the likelihood says of the source is in :math:`G = A^\top A = V \Lambda V^\top` and
:math:`b = A^\top y`. In the coordinates :math:`u = V^\top x`,

.. math:: -\log p(y \mid x) = \tfrac12 \sum_i \left(\lambda_i u_i^2 - 2 t_i u_i\right)
    + \text{const}, \qquad t = V^\top b,

so that each likelihood step of a sampler costs two products with :math:`V`, whatever the number
of pixels of the data.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Eigenbasis"]


@dataclass(frozen=True, eq=False)
class Eigenbasis:
    r"""A likelihood in its own coordinates, for one problem or for a stack of them.

    Rows of `x` belong to chains; in a stack of `k` problems the first `n/k` rows belong to the
    first problem, and so on.

    Arguments:
        eigenvalues: :math:`\lambda \ge 0`, shape :math:`(1, d)` or :math:`(k, d)`.
        target: :math:`t = V^\top b`, shape as `eigenvalues`.
        vectors: :math:`V`, shape :math:`(d, d)` or :math:`(k, d, d)`.
        noise_scale: Standard deviation of the noise of a data pixel, in units of the data.
        data_norm: :math:`\|y\|^2` of the whitened data, shape :math:`(1,)` or :math:`(k,)`.
    """

    eigenvalues: Tensor
    target: Tensor
    vectors: Tensor
    noise_scale: float
    data_norm: Tensor

    def _turn(self, x: Tensor, vectors: Tensor) -> Tensor:
        if vectors.ndim == 2:
            return x @ vectors
        stacked = x.view(len(vectors), -1, x.shape[-1]) @ vectors
        return stacked.reshape(x.shape)

    def rows(self, values: Tensor, n: int) -> Tensor:
        """Values of each problem repeated for its chains: what broadcasts with (n, d)."""
        if len(values) in (1, n):
            return values
        return values.repeat_interleave(n // len(values), 0)

    def rotate(self, x: Tensor) -> Tensor:
        r""":math:`V^\top x` of each row, shape :math:`(n, d)`."""
        return self._turn(x, self.vectors)

    def unrotate(self, u: Tensor) -> Tensor:
        r""":math:`V u` of each row, shape :math:`(n, d)`."""
        return self._turn(u, self.vectors.transpose(-1, -2))

    def innovation(self, x: Tensor) -> Tensor:
        r""":math:`V^\top A^\top (y - A x)`, the gradient of the log-likelihood in the basis."""
        n = len(x)
        return self.rows(self.target, n) - self.rows(self.eigenvalues, n) * self.rotate(x)

    def misfit(self, x: Tensor) -> Tensor:
        r""":math:`\|y - A x\|^2` of the whitened data, shape :math:`(n,)`, never below zero."""
        n, u = len(x), self.rotate(x)
        eigenvalues, target = self.rows(self.eigenvalues, n), self.rows(self.target, n)
        found = self.rows(self.data_norm, n) + (u * (eigenvalues * u - 2 * target)).sum(-1)
        return found.clamp_min(0.0)

    def like(self, x: Tensor) -> Eigenbasis:
        """The same basis in the precision and on the device of `x`."""
        if self.vectors.dtype == x.dtype and self.vectors.device == x.device:
            return self

        def moved(value: Tensor) -> Tensor:
            return value.to(device=x.device, dtype=x.dtype)

        return Eigenbasis(
            moved(self.eigenvalues), moved(self.target), moved(self.vectors), self.noise_scale,
            moved(self.data_norm),
        )  # fmt: skip

    @staticmethod
    def stacked(parts: list[Eigenbasis]) -> Eigenbasis:
        """Several problems whose chains run in one batch, an equal number for each."""
        shared = all(part.vectors is parts[0].vectors for part in parts)
        vectors = parts[0].vectors if shared else torch.stack([part.vectors for part in parts])
        return Eigenbasis(
            torch.cat([part.eigenvalues for part in parts]),
            torch.cat([part.target for part in parts]),
            vectors,
            sum(part.noise_scale for part in parts) / len(parts),
            torch.cat([part.data_norm for part in parts]),
        )
