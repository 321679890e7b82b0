r"""When no ellipse fits: a learned latent correction of the lens, inferred with the lens itself.

Deflections that an elliptical power law with shear leaves over, drawn from a law of clumpy mass,
vary along few directions. Their principal components :math:`\alpha_k` are learned once
(`astroviz train lensing/correction`); a lens then deflects by

.. math:: \alpha(\theta;\eta) + \theta_E \sum_k c_k\,
          \alpha_k\big((\theta - \theta_0)/\theta_E\big), \qquad c_k \sim N(0, \lambda_k),

and Gauss-Newton steps on the source's evidence move :math:`\eta` and :math:`c` together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import ndimage

from astroviz.core.registry import Card, load_weights
from astroviz.core.request import Control
from astroviz.lensing.fit_lens import LensFit
from astroviz.lensing.lens_search import Clock
from astroviz.lensing.rays import Rays
from astroviz.lensing.semilinear import Evidence, SemiLinear
from astroviz.lensing.source_grid import SourceGrid

__all__ = ["CorrectedFit", "Correction", "open_correction"]


@dataclass(frozen=True, eq=False)
class CorrectedFit:
    r"""A lens with its correction, beside the lens without.

    Arguments:
        before: The fit of the elliptical power law.
        free: The lens in free coordinates with the correction, shape :math:`(8,)`.
        latents: :math:`c`, shape :math:`(K,)`.
        latent_errors: Their errors.
        convergence: Correction of the convergence, shape :math:`(n_y, n_x)`.
        deflection: Correction of the deflection, arcsec, shape :math:`(2, n_y, n_x)`.
        model: Model of the image, shape :math:`(n_y, n_x)`.
        source: Mean of the source.
        source_scale: Arcsec per source pixel.
        log_evidence: With the correction, its prior included.
        log_evidence_before: Without, on the same source grid.
        chi_square: Reduced :math:`\chi^2` of whitened residuals before and after.
    """

    before: LensFit
    free: np.ndarray
    latents: np.ndarray
    latent_errors: np.ndarray
    convergence: np.ndarray
    deflection: np.ndarray
    model: np.ndarray
    source: np.ndarray
    source_scale: float
    log_evidence: float
    log_evidence_before: float
    chi_square: tuple[float, float]

    @property
    def residual(self) -> np.ndarray:
        """Data minus model over the noise map, 0 where nothing was fitted."""
        o = self.before.observation
        return np.where(o.mask, (o.image - self.model) / o.noise, 0.0)


class Correction:
    r"""The learned directions.

    Arguments:
        basis: :math:`\alpha_k` on a square grid, shape :math:`(K, 2, s, s)`, Einstein radii.
        variances: :math:`\lambda_k`, shape :math:`(K,)`.
        half_width: Half the side of the grid, Einstein radii.
        card: The model's card, if it has one.
    """

    def __init__(
        self, basis: np.ndarray, variances: np.ndarray, half_width: float, card: Card | None = None
    ) -> None:
        self.basis = np.asarray(basis, dtype=np.float64)
        self.variances = np.asarray(variances, dtype=np.float64)
        self.half_width, self.card = float(half_width), card

    @property
    def name(self) -> str:
        """Its name among the models."""
        return self.card.name if self.card is not None else "correction"

    @property
    def size(self) -> int:
        """Number of latents, K."""
        return len(self.basis)

    def directions(
        self, x: np.ndarray, y: np.ndarray, radius: float, x0: float, y0: float
    ) -> np.ndarray:
        r"""Deflection of each direction at positions, arcsec, shape :math:`(K, 2, *)`.

        Arguments:
            x: Positions, arcsec.
            y: Positions, arcsec.
            radius: Einstein radius, arcsec.
            x0: Centre of the lens, arcsec.
            y0: Centre of the lens, arcsec.
        """
        side = self.basis.shape[-1]
        scale = side / (2 * self.half_width * radius)
        at = np.stack([(y - y0) * scale + (side - 1) / 2, (x - x0) * scale + (side - 1) / 2])
        flat = self.basis.reshape(-1, side, side)
        found = [ndimage.map_coordinates(one, at, order=1, mode="nearest") for one in flat]
        return radius * np.stack(found).reshape(self.size, 2, *np.shape(x))

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Blocks for `accuracy.report.verdicts`; see `correction_checks`."""
        from astroviz.lensing.correction_checks import checks

        return checks(self, seed, quick)

    def fit(
        self,
        before: LensFit,
        budget: float = 30.0,
        control: Control | None = None,
        steps: int = 12,
        pixels: int = 0,
    ) -> CorrectedFit:
        r"""Infer the correction of a fitted lens.

        Arguments:
            before: The fit without it.
            budget: Seconds.
            control: Hears of progress and may cancel.
            steps: Most Gauss-Newton steps.
            pixels: Source pixels along a side; those of the fit if 0.
        """
        clock = Clock(budget, control)
        rays = Rays(before.observation, before.noise)
        model = _evidence_of(before, rays, pixels or len(before.source))
        lens = before.free
        directions = self.directions(rays.x, rays.y, float(np.exp(lens[0])), lens[3], lens[4])
        walk = _Walk(model, before, directions, self.variances)
        walk.climb(steps, clock)
        return _corrected(self, before, walk)


def _evidence_of(fit: LensFit, rays: Rays, pixels: int) -> SemiLinear:
    """Evidence on the fit's source grid (or a finer one), with its light."""
    side = len(fit.source)
    grid = SourceGrid(pixels, fit.source_scale * side / pixels, *fit.source_centre)
    light = {}
    if fit.components is not None:
        width = np.full(len(fit.components), max(float(fit.light.max()), 1e-12))
        light = {"light": rays.whiten_images(fit.components), "light_width": width}
    amplitude = float(np.sqrt(np.mean(np.square(fit.source)))) or 1.0
    model = SemiLinear(rays, grid, amplitude, 0.15 * grid.width, **light)
    return model.tuned(fit.free).tuned(fit.free)


class _Walk:
    """Damped Gauss-Newton on lens and latents together."""

    def __init__(
        self, model: SemiLinear, fit: LensFit, directions: np.ndarray, variances: np.ndarray
    ) -> None:
        self.model, self.prior, self.directions = model, fit.prior, directions
        self.variances = variances
        self.point = np.concatenate([fit.free, np.zeros(len(variances))])
        self.now = self._evidence(self.point)
        self.value = self._posterior(self.point, self.now)
        self.first = self.now

    def _evidence(self, point: np.ndarray) -> Evidence:
        extra = np.tensordot(point[8:], self.directions, axes=1)
        return self.model.evidence(point[:8], extra, self.directions, exact=False)

    def _posterior(self, point: np.ndarray, found: Evidence) -> float:
        latents = -0.5 * float((point[8:] ** 2 / self.variances).sum())
        return found.value + self.prior.log_prob(point[:8]) + latents

    def curvature(self) -> np.ndarray:
        """Curvature of the log posterior, shape (8 + K, 8 + K)."""
        added = np.concatenate([1 / self.prior.width**2, 1 / self.variances])
        return np.asarray(self.now.information + np.diag(added))

    def climb(self, steps: int, clock: Clock) -> None:
        damping = 1e-2
        for _ in range(steps):
            if not clock.check():
                break
            push = np.concatenate(
                [self.prior.gradient(self.point[:8]), -self.point[8:] / self.variances]
            )
            curvature = self.curvature()
            full = curvature + damping * np.diag(np.diag(curvature))
            trial = self.point + np.linalg.solve(full, self.now.gradient + push)
            trial[:8] = self.prior.inside(trial[:8])
            found = self._evidence(trial)
            value = self._posterior(trial, found)
            if value > self.value:
                gain = value - self.value
                self.point, self.now, self.value = trial, found, value
                damping = max(0.2 * damping, 1e-6)
                if gain < 0.1:
                    break
            else:
                damping *= 8
                if damping > 1e6:
                    break


def _corrected(correction: Correction, before: LensFit, walk: _Walk) -> CorrectedFit:
    rays, observation = walk.model.rays, before.observation
    lens, latents = walk.point[:8], walk.point[8:]
    x, y = observation.grid()
    radius = float(np.exp(before.free[0]))
    fields = correction.directions(x, y, radius, before.free[3], before.free[4])
    deflection = np.tensordot(latents, fields, axes=1)
    step = observation.pixel_scale
    convergence = 0.5 * (np.gradient(deflection[0], step, axis=1)
                         + np.gradient(deflection[1], step, axis=0))  # fmt: skip
    solution = walk.now.solution
    white = rays.white_data - solution.predicted
    model = np.zeros(observation.shape)
    model[observation.mask] = rays.data - rays.colour(white)
    errors = np.sqrt(np.diag(np.linalg.inv(walk.curvature())))[8:]
    volume = 0.5 * float(np.log(np.linalg.eigvalsh(
        np.eye(len(latents)) + walk.now.information[8:, 8:] * np.sqrt(
            np.outer(walk.variances, walk.variances)))).sum())  # fmt: skip
    penalty = 0.5 * float((latents**2 / walk.variances).sum())
    used = rays.used
    return CorrectedFit(
        before, lens, latents, errors, convergence, deflection, model,
        solution.source.reshape(walk.model.grid.pixels, -1), walk.model.grid.scale,
        walk.now.value - penalty - volume, walk.first.value,
        (walk.first.solution.chi_square / used, solution.chi_square / used),
    )  # fmt: skip


def open_correction(card: Card, device: str | torch.device = "cpu") -> Correction:
    r"""Open `lensing/correction`.

    Arguments:
        card: The model's card.
        device: Not used: the correction is a few arrays.
    """
    tensors = load_weights(card, "cpu")
    return Correction(
        tensors["basis"].double().numpy(), tensors["variances"].double().numpy(),
        float(card.config["half_width"]), card,
    )  # fmt: skip
