r"""The source that a lens implies, and how probable the lens is: a Gaussian-process source.

For a fixed lens the data are linear in the source :math:`s` and in the components :math:`h` of the
lens' own light, :math:`y = A(\eta)\,s + H\,h + n`. With a Matern prior :math:`s \sim N(0, a^2 K)`
and a broad one on :math:`h` both are integrated exactly (Warren & Dye 2003, astro-ph/0302587;
Suyu et al. 2006, astro-ph/0601493). In whitened columns :math:`X` (responses times the Cholesky
factors of the priors) the log evidence is

.. math:: \log p(y\,|\,\eta) = -\tfrac12\left[y^\top N^{-1} y - b^\top M^{-1} b
          + \log\det M + \log\det N + m\log 2\pi\right],\qquad
          M = 1 + X^\top X,\quad b = X^\top y_w .

The gradient in the lens is exact for the bilinear interpolation that is used, and the curvature is
the Fisher information after the source was integrated (variable projection).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
from scipy import linalg, sparse

from astroviz.lensing.rays import Rays
from astroviz.lensing.source_grid import SourceGrid

__all__ = ["Evidence", "SemiLinear", "Solution"]


@dataclass(frozen=True, eq=False)
class Solution:
    r"""What the data say for one lens.

    Arguments:
        log_evidence: Natural logarithm of the evidence.
        source: Mean of the source, shape :math:`(d,)`, data units per pixel of image.
        light: Mean of the light components, shape :math:`(p,)`.
        predicted: Whitened model of the used pixels, shape :math:`(m,)`.
        chi_square: Whitened residual squared, summed.
        factor: Lower Cholesky factor of :math:`M`.
        columns: Prior factors' columns, for draws: `(prior source factor, prior light widths)`.
    """

    log_evidence: float
    source: np.ndarray
    light: np.ndarray
    predicted: np.ndarray
    chi_square: float
    factor: np.ndarray
    columns: tuple[np.ndarray, np.ndarray]

    @property
    def effective(self) -> float:
        """Number of parameters that the data constrain, the trace of the resolution."""
        inverse = linalg.solve_triangular(self.factor, np.eye(len(self.factor)), lower=True)
        return len(self.factor) - float(np.square(inverse).sum())

    def source_draws(self, n: int, seed: int = 0) -> np.ndarray:
        """Draws of the source from its posterior at this lens, shape (n, d)."""
        white = np.random.default_rng(seed).standard_normal((n, len(self.factor)))
        return np.stack([self.source_from(one) for one in white])

    def source_from(self, white: np.ndarray) -> np.ndarray:
        """The draw that standard normal numbers stand for, (d,) or (d + p,), shape (d,)."""
        return self.both_from(white)[0]

    def both_from(self, white: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The draw of source and light that normal numbers stand for, shapes (d,) and (p,)."""
        prior, width = self.columns
        d = len(prior)
        full = np.zeros(d + len(width))
        full[: len(white)] = white
        moved = linalg.solve_triangular(self.factor, full, lower=True, trans="T")
        return self.source + _times(prior, moved[:d]), self.light + width * moved[d:]

    def source_deviation(self) -> np.ndarray:
        """Standard deviation of each source pixel at this lens, shape (d,)."""
        prior, _ = self.columns
        d = len(prior)
        inverse = linalg.solve_triangular(self.factor, np.eye(len(self.factor))[:, :d], lower=True)
        return np.asarray(np.sqrt(np.square(inverse @ prior.T).sum(0)))


@dataclass(frozen=True, eq=False)
class Evidence:
    """Log evidence, its gradient in the free coordinates, and its curvature (positive)."""

    value: float
    gradient: np.ndarray
    information: np.ndarray
    solution: Solution


class SemiLinear:
    r"""Evidence of lenses for one observation, source grid and set of light components.

    Arguments:
        rays: Pixels, noise and PSF of the observation.
        grid: Where the source lives.
        amplitude: Prior standard deviation :math:`a` of a source pixel, data units.
        length: Correlation length of the source, arcsec.
        mean: Prior mean of the source, shape :math:`(d,)`; 0 if None.
        covariance: Prior covariance :math:`K` instead of the Matern kernel, shape :math:`(d, d)`.
        light: Whitened light components, shape :math:`(m, p)`; see `Rays.whiten_images`.
        light_width: Prior standard deviation of each component, shape :math:`(p,)`.
        light_mean: Prior mean of each component, shape :math:`(p,)`; 0 if None.
    """

    def __init__(
        self,
        rays: Rays,
        grid: SourceGrid,
        amplitude: float,
        length: float,
        *,
        mean: np.ndarray | None = None,
        covariance: np.ndarray | None = None,
        light: np.ndarray | None = None,
        light_width: np.ndarray | None = None,
        light_mean: np.ndarray | None = None,
    ) -> None:
        self.rays, self.grid = rays, grid
        self.amplitude, self.length = float(amplitude), float(length)
        kernel = grid.matern(length) if covariance is None else np.asarray(covariance)
        self._unit = _factor(kernel)
        self.slope = True
        self.mean = np.zeros(grid.size) if mean is None else np.asarray(mean, dtype=np.float64)
        self._light = np.zeros((rays.used, 0)) if light is None else light
        count = self._light.shape[1]
        self._width = np.full(count, 1e3) if light_width is None else np.asarray(light_width)
        self._centre = np.zeros(count) if light_mean is None else np.asarray(light_mean)

    # -- one lens -------------------------------------------------------------------------------

    def response(self, free: np.ndarray, extra: np.ndarray | None = None) -> np.ndarray:
        """Whitened responses of source pixels for a lens in free coordinates, shape (m, d)."""
        bx, by = self.rays.trace(free, extra)
        return np.asarray(
            (self.rays.whitened_psf @ self.rays.binned(self.grid.weights(bx, by))).toarray()
        )

    def solve(self, free: np.ndarray, extra: np.ndarray | None = None) -> Solution:
        r"""Integrate the source and the light for one lens.

        Arguments:
            free: Lens in free coordinates, shape (8,).
            extra: Further deflection at the rays, shape :math:`(2, r)`, arcsec.
        """
        response = np.concatenate([self.response(free, extra), self._light], 1)
        return self._solved(response)

    def log_evidence(self, free: np.ndarray, extra: np.ndarray | None = None) -> float:
        """Natural logarithm of the evidence for a lens in free coordinates."""
        return self.solve(free, extra).log_evidence

    def _solved(self, response: np.ndarray) -> Solution:
        data = self.rays.white_data - response @ np.concatenate([self.mean, self._centre])
        reduced = _both_sides(response.T @ response, response.T @ data, self._unit, self._width)
        value, factor, white = self._integrated(*reduced, float(data @ data), self.amplitude)
        d, prior = self.grid.size, self.amplitude * self._unit
        shift = np.concatenate([_times(prior, white[:d]), self._width * white[d:]])
        residual = data - response @ shift
        linear = np.concatenate([self.mean, self._centre]) + shift
        return Solution(
            value, linear[:d], linear[d:], self.rays.white_data - residual,
            float(residual @ residual), factor, (prior, self._width),
        )  # fmt: skip

    def _integrated(
        self, matrix: np.ndarray, back: np.ndarray, norm: float, amplitude: float
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Log evidence, Cholesky factor of M, mean of the linear unknowns in units of priors."""
        scale = np.ones(len(back))
        scale[: self.grid.size] = amplitude
        full = matrix * scale * scale[:, None]
        full[np.diag_indices_from(full)] += 1.0
        factor = np.asarray(
            linalg.cholesky(full, lower=True, overwrite_a=True, check_finite=False)
        )
        half = linalg.solve_triangular(factor, scale * back, lower=True, check_finite=False)
        white = linalg.solve_triangular(factor, half, lower=True, trans="T", check_finite=False)
        value = -0.5 * (
            norm - float(half @ half) + 2 * float(np.log(np.diag(factor)).sum())
            + self.rays.log_determinant + self.rays.used * np.log(2 * np.pi)
        )  # fmt: skip
        return value, factor, white

    def tuned(
        self, free: np.ndarray, lengths: tuple[float, ...] = (), factors: tuple[float, ...] = ()
    ) -> SemiLinear:
        r"""The same with the amplitude and correlation length of highest evidence for one lens.

        Arguments:
            free: Lens in free coordinates.
            lengths: Correlation lengths to try, arcsec; by default around the present one.
            factors: Factors on the amplitude to try.
        """
        response = np.concatenate([self.response(free), self._light], 1)
        data = self.rays.white_data - response @ np.concatenate([self.mean, self._centre])
        parts = response.T @ response, response.T @ data, float(data @ data)
        best = (-np.inf, self.amplitude, self.length, self._unit)
        for length in lengths or tuple(self.length * f for f in (0.6, 1.0, 1.6)):
            unit = self._unit if length == self.length else _factor(self.grid.matern(length))
            reduced = _both_sides(*parts[:2], unit, self._width)
            for factor in factors or (0.35, 0.6, 1.0, 1.7, 2.8):
                amplitude = self.amplitude * factor
                value = self._integrated(*reduced, parts[2], amplitude)[0]
                best = max(best, (value, amplitude, length, unit), key=lambda one: one[0])
        return self.with_prior(*best[1:])

    def on_rays(self, rays: Rays) -> SemiLinear:
        """The same for other rays of the same pixels, as softened ones; without light."""
        found = copy.copy(self)
        found.rays = rays
        return found

    def on_grid(self, grid: SourceGrid) -> SemiLinear:
        """The same on a grid of as many pixels of the same size elsewhere."""
        found = copy.copy(self)
        found.grid = grid
        return found

    def about(self, mean: np.ndarray, width: float) -> SemiLinear:
        """The same with an uncorrelated source about a mean, of a width in units of amplitude."""
        found = copy.copy(self)
        found.mean, found._unit = np.asarray(mean, dtype=np.float64), width * np.ones(len(mean))
        return found

    def answer_to(self, free: np.ndarray, solution: Solution) -> np.ndarray:
        r"""How the mean source follows a lens, :math:`\Sigma A^\top N^{-1} J`, shape (d, 8).

        Arguments:
            free: The lens in free coordinates.
            solution: From `solve` or `evidence` at this lens.
        """
        bx, by = self.rays.trace(free)
        weights, slope_x, slope_y = self.grid.weights_and_slopes(bx, by)
        psf = self.rays.whitened_psf
        response = np.asarray((psf @ self.rays.binned(weights)).toarray())
        moves = -self.rays.deflection_slopes(free)
        steps = moves[:, 0] * (slope_x @ solution.source) + moves[:, 1] * (
            slope_y @ solution.source
        )
        jacobian = psf @ self.rays.binned_vectors(steps.T)
        prior, width = solution.columns
        back = np.concatenate([prior.T @ (response.T @ jacobian),
                               width[:, None] * (self._light.T @ jacobian)])  # fmt: skip
        white = linalg.cho_solve((solution.factor, True), back)
        return np.asarray(prior @ white[: len(prior)])

    def likelihood(
        self, free: np.ndarray, source: np.ndarray, light: np.ndarray
    ) -> tuple[float, np.ndarray, np.ndarray]:
        r"""Log likelihood of a lens with a source and light, and its gradients in the first two.

        Arguments:
            free: The lens in free coordinates, shape (8,).
            source: The source, data units, shape :math:`(d,)`.
            light: Factors of the light components, shape :math:`(p,)`.

        Returns:
            The logarithm up to a constant of the data, and gradients of shapes (8,) and
            :math:`(d,)`.
        """
        bx, by = self.rays.trace(free)
        weights, slope_x, slope_y = self.grid.weights_and_slopes(bx, by)
        psf = self.rays.whitened_psf
        binned = self.rays.binned(weights)
        residual = self.rays.white_data - self._light @ light - psf @ (binned @ source)
        moves = -self.rays.deflection_slopes(free, self.slope)
        steps = moves[:, 0] * (slope_x @ source) + moves[:, 1] * (slope_y @ source)
        jacobian = psf @ self.rays.binned_vectors(steps.T)
        by_source = binned.T @ (psf.T @ residual)
        return -0.5 * float(residual @ residual), jacobian.T @ residual, np.asarray(by_source)

    def with_prior(
        self, amplitude: float, length: float, unit: np.ndarray | None = None
    ) -> SemiLinear:
        """The same data under another amplitude and correlation length."""
        found = copy.copy(self)
        found.amplitude, found.length = float(amplitude), float(length)
        found._unit = _factor(self.grid.matern(length)) if unit is None else unit
        return found

    # -- gradient and curvature -----------------------------------------------------------------

    def evidence(
        self,
        free: np.ndarray,
        extra: np.ndarray | None = None,
        directions: np.ndarray | None = None,
        exact: bool = True,
    ) -> Evidence:
        r"""Evidence with gradient and Fisher information in the lens.

        Arguments:
            free: Lens in free coordinates, shape (8,).
            extra: Further deflection at the rays, shape :math:`(2, r)`.
            directions: Further deflection patterns :math:`\partial\alpha/\partial c` at the rays,
                shape :math:`(k, 2, r)`: the gradient gets :math:`k` more entries.
            exact: Include the change of :math:`\log\det M`, which costs a sparse product for each
                parameter; without it the gradient is that of the penalised chi square.
        """
        bx, by = self.rays.trace(free, extra)
        weights, slope_x, slope_y = self.grid.weights_and_slopes(bx, by)
        psf = self.rays.whitened_psf
        lensed = np.asarray((psf @ self.rays.binned(weights)).toarray())
        response = np.concatenate([lensed, self._light], 1)
        solution = self._solved(response)
        moves = -self.rays.deflection_slopes(free, self.slope)
        if directions is not None:
            moves = np.concatenate([moves, -np.asarray(directions)])
        towards_x, towards_y = slope_x @ solution.source, slope_y @ solution.source
        steps = moves[:, 0] * towards_x + moves[:, 1] * towards_y
        jacobian = psf @ self.rays.binned_vectors(steps.T)
        residual = self.rays.white_data - response @ np.concatenate(
            [solution.source, solution.light]
        )
        gradient = jacobian.T @ residual
        prior, width = solution.columns
        d = self.grid.size
        mixed = response.T @ jacobian
        inner = linalg.solve_triangular(
            solution.factor,
            np.concatenate([_times(prior.T, mixed[:d]), width[:, None] * mixed[d:]]),
            lower=True, check_finite=False,
        )  # fmt: skip
        information = jacobian.T @ jacobian - inner.T @ inner
        if exact:
            gradient = gradient - self._volume(response, solution, moves, slope_x, slope_y)
        return Evidence(solution.log_evidence, gradient, information, solution)

    def _volume(
        self,
        response: np.ndarray,
        solution: Solution,
        moves: np.ndarray,
        slope_x: sparse.csr_matrix,
        slope_y: sparse.csr_matrix,
    ) -> np.ndarray:
        r"""Half the gradient of log det M: :math:`\langle X M^{-1}, \partial X\rangle`."""
        d, (prior, width) = self.grid.size, solution.columns
        tall = np.concatenate([prior.T, np.zeros((len(width), d))])
        inner = linalg.cho_solve((solution.factor, True), tall, check_finite=False)
        weighted = response @ np.concatenate([prior @ inner[:d], width[:, None] * inner[d:]])
        found = []
        for move in moves:
            slopes = sparse.diags(move[0]) @ slope_x + sparse.diags(move[1]) @ slope_y
            changed = (self.rays.whitened_psf @ self.rays.binned(slopes)).tocoo()
            found.append(float((changed.data * weighted[changed.row, changed.col]).sum()))
        return np.array(found)


def _factor(kernel: np.ndarray) -> np.ndarray:
    jitter = 1e-6 * np.trace(kernel) / len(kernel) * np.eye(len(kernel))
    return np.asarray(linalg.cholesky(kernel + jitter, lower=True, check_finite=False))


def _times(factor: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A factor of the prior, a matrix or a diagonal, times columns."""
    if factor.ndim == 2:
        return np.asarray(factor @ values)
    return np.asarray((values.T * factor).T)


def _both_sides(
    gram: np.ndarray, back: np.ndarray, unit: np.ndarray, width: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gram matrix and back-projected data in units of the priors, the source's of amplitude 1."""
    d = len(unit)
    if unit.ndim == 1:  # a diagonal factor
        both = np.concatenate([unit, width])
        return gram * both * both[:, None], both * back
    found = np.empty_like(gram)
    found[:d, :d] = unit.T @ (gram[:d, :d] @ unit)
    found[d:, :d] = (width[:, None] * gram[d:, :d]) @ unit
    found[:d, d:] = found[d:, :d].T
    found[d:, d:] = width[:, None] * gram[d:, d:] * width
    return found, np.concatenate([unit.T @ back[:d], width * back[d:]])
