r"""Fit a lens with a source that has a formula: damped least squares in free coordinates.

Brightnesses are linear and solved for at every step (variable projection), so that the curvature
of what is left is the one with brightnesses marginalised.

References:
    | Golub & Pereyra (1973)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from astroviz.core.request import Alone, Control
from astroviz.lensing.operator import LensOperator

__all__ = ["ParametricFit", "ParametricSource", "fit_parametric"]

_STEP = 1e-5
_CONVERGED = 1e-3  # of chi square


class ParametricSource(Protocol):
    """A source with a formula; see `astroviz.lensing.sersic`."""

    def start(self) -> Tensor:
        """Parameters to start from, (k,)."""

    def width(self) -> Tensor:
        """Widths of the weak normal prior about the start, (k,)."""

    def images(self, x: Tensor, y: Tensor, parameters: Tensor) -> Tensor:
        """Images of unit brightness at positions (...), (j, ...)."""


@dataclass(frozen=True, eq=False)
class ParametricFit:
    r"""A fitted lens with its source.

    Arguments:
        free: The lens in free coordinates, (8,).
        parameters: Of the source, (k,).
        brightness: Of its images, (j,).
        covariance: Of the lens' seven fitted coordinates, the rest marginalised, (7, 7).
        model: Image, (ny, nx).
        chi_square: Of the data.
        steps: Steps taken.
    """

    free: Tensor
    parameters: Tensor
    brightness: Tensor
    covariance: Tensor
    model: Tensor
    chi_square: float
    steps: int

    def picture(self, source: ParametricSource, x: Tensor, y: Tensor) -> Tensor:
        """The fitted source at positions of the source plane."""
        return torch.tensordot(self.brightness, source.images(x, y, self.parameters), 1)


class _Problem:
    """Residuals, priors included, of the non-linear parameters; float64."""

    def __init__(
        self, operator: LensOperator, data: Tensor, noise: float, source: ParametricSource,
        free: Tensor, lens_width: Tensor,
    ) -> None:  # fmt: skip
        self.operator, self.data, self.noise, self.source = operator, data.double(), noise, source
        self.slope = free[7:].double()
        self.start = torch.cat([free[:7].double(), source.start()])
        self.width = torch.cat([lens_width.double(), source.width()])

    def solve(self, vector: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Residuals in standard deviations, brightness, and image."""
        lens = torch.cat([vector[:7], self.slope])
        x, y = self.operator.positions(lens, free=True)
        images = self.operator.blur(self.source.images(x, y, vector[7:]))
        design = images.reshape(len(images), -1)
        gram = design @ design.T
        gram = gram + 1e-10 * gram.diagonal().max() * torch.eye(len(gram), dtype=gram.dtype)
        brightness = torch.linalg.solve(gram, design @ self.data.reshape(-1))
        model = torch.tensordot(brightness, images, 1)
        white = ((self.data - model) / self.noise).reshape(-1)
        return torch.cat([white, (self.start - vector) / self.width]), brightness, model

    def jacobian(self, vector: Tensor, here: Tensor) -> Tensor:
        """Derivatives of the residuals, (n, parameters), by differences."""
        rows = []
        for index in range(len(vector)):
            moved = vector.clone()
            moved[index] += _STEP
            rows.append((self.solve(moved)[0] - here) / _STEP)
        return torch.stack(rows, -1)


def fit_parametric(
    operator: LensOperator,
    data: Tensor,
    noise: float,
    source: ParametricSource,
    free: Tensor,
    lens_width: Tensor,
    steps: int = 40,
    control: Control | None = None,
) -> ParametricFit:
    r"""Fit lens and source; the slope of the lens is held.

    Arguments:
        operator: Pixels and PSF.
        data: Image, (ny, nx).
        noise: Standard deviation of a pixel.
        source: The formula.
        free: Lens to start from, free coordinates, (8,).
        lens_width: Widths of a weak normal prior about it, (7,).
        steps: Most steps to take.
        control: Asked before every step.
    """
    control = control or Alone()
    problem = _Problem(operator, data, noise, source, free, lens_width)
    vector, damping, taken = problem.start.clone(), 1e-2, 0
    residual, brightness, model = problem.solve(vector)
    matrix = problem.jacobian(vector, residual)
    for taken in range(1, steps + 1):
        control.check()
        control.progress(taken / steps)
        curvature, gradient = matrix.T @ matrix, matrix.T @ residual
        damped = curvature + damping * torch.diag(curvature.diagonal())
        trial = vector - torch.linalg.solve(damped, gradient)
        found = problem.solve(trial)
        gain = float(residual.square().sum() - found[0].square().sum())
        if not gain > 0:  # NaN too
            damping *= 6
            if damping > 1e8:
                break
            continue
        vector, (residual, brightness, model) = trial, found
        damping = max(damping / 6, 1e-9)
        matrix = problem.jacobian(vector, residual)
        if gain < _CONVERGED:
            break
    covariance = torch.linalg.inv(matrix.T @ matrix)[:7, :7]
    white = residual[: data.numel()]
    free = torch.cat([vector[:7], problem.slope])
    return ParametricFit(free, vector[7:], brightness, covariance, model,
                         float(white.square().sum()), taken)  # fmt: skip
