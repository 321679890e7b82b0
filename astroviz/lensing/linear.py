r"""Linear problems with Gaussian noise: a source seen through a lens, a beam, an array of dishes.

.. math:: y = A x + n, \qquad n \sim \mathcal{N}(0, N)

The data and the operator are whitened once, and only the eigen-system of
:math:`A^\top N^{-1} A` is kept for the samplers (see `eigenbasis`). It depends on the lens and on
the instrument, not on the data: `with_data` shares it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.eigenbasis import Eigenbasis

__all__ = ["LinearProblem", "Noise", "ProblemError", "StackedProblem", "stack"]

Noise = float | np.ndarray | Tensor | Callable[[Tensor], Tensor]
"""Standard deviation of all pixels or of each (infinite = not used), or :math:`N^{-1/2}` as a
function of an array of shape :math:`(m, k)`."""

_SMALLEST = 1e-13  # of the largest eigenvalue: below it is rounding


class ProblemError(ValueError):
    """A linear problem cannot be set up; the message says why."""


class LinearProblem:
    r"""Data, an operator and a noise law.

    Arguments:
        matrix: :math:`A`, response of each data pixel to each source pixel in prior units, shape
            :math:`(m, d)`.
        data: :math:`y`, shape :math:`(m,)` or `shape_out`.
        noise: See `Noise`.
        shape_in: Shape of a source, :math:`(s, s)` by default where `d` is a square.
        shape_out: Shape of the data, :math:`(m,)` by default.

    Attributes:
        eigenvalues: Of the whitened Gram matrix, descending, float64, shape :math:`(d,)`.
        eigenvectors: In columns, shape :math:`(d, d)`.
        backprojection: :math:`b = A^\top N^{-1} y`, shape :math:`(d,)`.
        data_norm: :math:`y^\top N^{-1} y`.
        pixels: Number of data pixels that are used.

    Example:
        >>> problem = LinearProblem(torch.eye(4), torch.ones(4), 0.5)
        >>> problem.chi_square(torch.zeros(1, 4)).tolist()
        [16.0]
    """

    def __init__(
        self,
        matrix: Tensor | np.ndarray,
        data: Tensor | np.ndarray,
        noise: Noise,
        shape_in: Sequence[int] | None = None,
        shape_out: Sequence[int] | None = None,
    ) -> None:
        self.matrix = torch.as_tensor(matrix, dtype=torch.float32)
        if self.matrix.ndim != 2:
            raise ProblemError(
                f"the operator must be a matrix, but has shape {tuple(self.matrix.shape)}"
            )
        m, d = self.matrix.shape
        self.shape_in = tuple(shape_in) if shape_in is not None else _square(d)
        self.shape_out = tuple(shape_out) if shape_out is not None else (m,)
        self._whiten, self.noise_scale, self.pixels = _whitening(noise, m)
        white = self._whiten(self.matrix.double())
        values, vectors = torch.linalg.eigh(white.T @ white)
        values = values.flip(0).clamp_min(0.0)
        self.eigenvalues = torch.where(values > _SMALLEST * values[0], values, 0.0)
        self.eigenvectors = vectors.flip(1).contiguous()
        self._set_data(data)

    def _set_data(self, data: Tensor | np.ndarray) -> None:
        values = torch.as_tensor(data, dtype=torch.float64).reshape(-1)
        m, _ = self.matrix.shape
        if len(values) != m:
            raise ProblemError(f"{len(values)} data values for an operator of {m} rows")
        self.data = values
        white = self._whiten(values[:, None])[:, 0]
        if not torch.isfinite(white).all():
            raise ProblemError("the data hold values that are not finite; give them no weight")
        # N^-1 y = W^T W y needs the transpose of W: only A^T W^T W y is wanted
        self.backprojection = self._whiten(self.matrix.double()).T @ white
        self.data_norm = float(white @ white)
        self._bases: dict[tuple[torch.dtype, str], Eigenbasis] = {}

    def with_data(self, data: Tensor | np.ndarray) -> LinearProblem:
        """The same operator and noise with other data; costs no eigen-system."""
        other = object.__new__(LinearProblem)
        other.__dict__.update(self.__dict__)
        other._set_data(data)
        return other

    def __repr__(self) -> str:
        return f"LinearProblem({self.pixels} data, source {self.shape_in})"

    @property
    def dim(self) -> int:
        """Number of source pixels, `d`."""
        return int(self.matrix.shape[1])

    @property
    def key(self) -> str:
        """Hash of operator, noise and data: equal problems have equal keys."""
        digest = hashlib.sha256()
        for part in (self.eigenvalues, self.backprojection, self.data):
            digest.update(part.numpy().tobytes())
        digest.update(repr((self.shape_in, self.shape_out, self.data_norm)).encode())
        return digest.hexdigest()

    @property
    def best_precision(self) -> float:
        """The smallest standard deviation with which the data fix any combination of pixels."""
        return 1.0 / math.sqrt(float(self.eigenvalues[0]))

    def basis(self, like: Tensor) -> Eigenbasis:
        """The eigenbasis in the precision and on the device of a tensor; kept."""
        kind = (like.dtype, str(like.device))
        if kind not in self._bases:
            target = self.backprojection @ self.eigenvectors
            target = torch.where(self.eigenvalues > 0, target, 0.0)
            full = Eigenbasis(
                self.eigenvalues[None], target[None], self.eigenvectors, self.noise_scale,
                torch.tensor([self.data_norm], dtype=torch.float64),
            )  # fmt: skip
            self._bases[kind] = full.like(like)
        return self._bases[kind]

    def predict(self, x: Tensor) -> Tensor:
        """Noiseless data of sources (n, d), shape :math:`(n, *shape_out)`."""
        found = x @ self.matrix.to(x).T
        return found.reshape(*x.shape[:-1], *self.shape_out)

    def residual(self, x: Tensor) -> Tensor:
        """Whitened :math:`y - A x` of sources (n, d), shape :math:`(n, m)`; 0 where unused."""
        left = self.data[:, None] - (x.double() @ self.matrix.double().T).T
        return self._whiten(left).T

    def chi_square(self, x: Tensor) -> Tensor:
        r""":math:`(y - A x)^\top N^{-1} (y - A x)` of sources (n, d), float64, shape (n,)."""
        wide = x.double().cpu()
        u = wide @ self.eigenvectors
        quadratic = (u * self.eigenvalues * u).sum(-1)
        return (quadratic - 2 * wide @ self.backprojection + self.data_norm).clamp_min(0.0)

    def reduced_chi_square(self, x: Tensor) -> Tensor:
        """Chi square over the number of data pixels used, shape :math:`(n,)`."""
        return self.chi_square(x) / self.pixels


def stack(problems: Sequence[LinearProblem]) -> StackedProblem:
    """Problems of one dimension whose chains run in one batch, see `Eigenbasis`."""
    return StackedProblem(problems)


class StackedProblem:
    """Several linear problems as one: what the samplers use of `LinearProblem`.

    Arguments:
        problems: Of equal dimension; chains are split evenly over them in their order.
    """

    def __init__(self, problems: Sequence[LinearProblem]) -> None:
        sizes = {problem.dim for problem in problems}
        if len(sizes) != 1:
            raise ProblemError(f"problems of different dimensions {sorted(sizes)} in one stack")
        self.problems = tuple(problems)
        self.dim = sizes.pop()
        self._bases: dict[tuple[torch.dtype, str], Eigenbasis] = {}

    @property
    def key(self) -> str:
        """Hash of all problems in their order."""
        together = "".join(problem.key for problem in self.problems)
        return hashlib.sha256(together.encode()).hexdigest()

    @property
    def best_precision(self) -> float:
        """The best of all problems."""
        return min(problem.best_precision for problem in self.problems)

    def basis(self, like: Tensor) -> Eigenbasis:
        """All bases in one, kept."""
        kind = (like.dtype, str(like.device))
        if kind not in self._bases:
            parts = [problem.basis(like) for problem in self.problems]
            self._bases[kind] = Eigenbasis.stacked(_shared(parts, self.problems))
        return self._bases[kind]


def _shared(parts: list[Eigenbasis], problems: Sequence[LinearProblem]) -> list[Eigenbasis]:
    """Problems that differ in data only share one matrix of eigenvectors."""
    first = problems[0].eigenvectors
    if not all(problem.eigenvectors is first for problem in problems):
        return parts
    kept = parts[0].vectors
    return [
        Eigenbasis(p.eigenvalues, p.target, kept, p.noise_scale, p.data_norm) for p in parts
    ]  # fmt: skip


def _square(d: int) -> tuple[int, ...]:
    side = math.isqrt(d)
    return (side, side) if side * side == d else (d,)


def _whitening(noise: Noise, m: int) -> tuple[Callable[[Tensor], Tensor], float, int]:
    """The whitening as a function, the noise of a pixel and the number of pixels used."""
    if callable(noise) and not isinstance(noise, Tensor):
        probe = torch.eye(m, 1, dtype=torch.float64)
        scale = 1.0 / float(torch.linalg.vector_norm(noise(probe)).clamp_min(1e-300))
        used: Any = getattr(noise, "pixels", m)
        return noise, float(getattr(noise, "scale", scale)), int(used)
    sigma = torch.as_tensor(noise, dtype=torch.float64).reshape(-1)
    if len(sigma) not in (1, m):
        raise ProblemError(f"{len(sigma)} noise values for {m} data pixels")
    if bool((sigma <= 0).any() | torch.isnan(sigma).any()):
        raise ProblemError(
            f"noise must be positive, but its smallest value is {float(sigma.min()):g}; "
            "give pixels that are not to be used an infinite one"
        )
    sigma = sigma.expand(m)
    known = torch.isfinite(sigma)
    if not bool(known.any()):
        raise ProblemError("no data pixel is used: every noise value is infinite")
    weight = torch.where(known, 1.0 / sigma, 0.0)[:, None]

    def whiten(values: Tensor) -> Tensor:
        # a pixel without weight may hold anything, NaN included
        return torch.where(weight > 0, values, 0.0) * weight

    return whiten, float(sigma[known].median()), int(known.sum())
