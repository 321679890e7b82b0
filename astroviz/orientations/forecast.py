r"""Why alignments matter: a toy forecast of what ignoring them does to dark energy.

From the spectra of `lensing_spectra` a Fisher matrix in :math:`\Omega_m, \sigma_8, w_0, w_a`, with
a Gaussian covariance and everything else fixed; and, to first order, where the best fit moves if
the survey contains GI and II while the model has shear alone,

.. math:: \delta p = F^{-1} \sum_\ell \frac{\partial C}{\partial p}^T \mathrm{Cov}^{-1}
          (C^{GI} + C^{II}).

Labelled a toy wherever it is shown: linear matter power, one amplitude for all galaxies, no other
systematics, and a shift that is linear even where it is many errors long.

References:
    | Huterer, Takada, Bernstein & Jain (2006), https://arxiv.org/abs/astro-ph/0506030
    | Kirk, Rassat, Host & Bridle (2012), https://arxiv.org/abs/1112.4752
    | Takada & Jain (2004), https://arxiv.org/abs/astro-ph/0310125
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import j0
from scipy.stats import chi2

from astroviz.orientations.lensing_spectra import Spectra, Survey, Universe, angular_spectra

__all__ = [
    "PARAMETERS",
    "Forecast",
    "ShearCorrelation",
    "forecast",
    "shear_correlation",
]

PARAMETERS = ("omega_m", "sigma8", "w0", "wa")
_STEPS = {"omega_m": 0.004, "sigma8": 0.008, "w0": 0.04, "wa": 0.08}


@dataclass(frozen=True)
class ShearCorrelation:
    r"""The parts of :math:`\xi_+(\theta)` of one pair of bins.

    Arguments:
        theta: Separations on the sky, arcmin, shape :math:`(T,)`.
        gg: Of shear.
        gi: Between shear and intrinsic shapes.
        ii: Of intrinsic shapes.
        bins: Numbers of the two tomographic bins, from 0.
        amplitude: Amplitude A of the alignments.
    """

    theta: np.ndarray
    gg: np.ndarray
    gi: np.ndarray
    ii: np.ndarray
    bins: tuple[int, int]
    amplitude: float


@dataclass(frozen=True)
class Forecast:
    r"""A toy forecast.

    Arguments:
        fiducial: Assumed values, in the order of `PARAMETERS`, shape :math:`(4,)`.
        covariance: Inverse of the Fisher matrix, shape :math:`(4, 4)`.
        shift: Best fit minus truth if alignments are ignored, shape :math:`(4,)`.
        amplitude: Amplitude A of the alignments.
    """

    fiducial: np.ndarray
    covariance: np.ndarray
    shift: np.ndarray
    amplitude: float

    @property
    def errors(self) -> np.ndarray:
        """Marginalised 68 % errors, shape (4,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def figure_of_merit(self) -> float:
        r"""One over the square root of the determinant of the covariance of w0 and wa."""
        return float(1 / np.sqrt(np.linalg.det(self.covariance[2:, 2:])))

    @property
    def tension(self) -> float:
        """Length of the shift in w0 and wa in units of a Gaussian's standard deviation."""
        part = self.shift[2:]
        square = float(part @ np.linalg.solve(self.covariance[2:, 2:], part))
        # the Gaussian error with the same chance as this chi-square of two numbers
        return float(np.sqrt(chi2.isf(max(chi2.sf(square, 2), 1e-300), 1)))

    def ellipse(self, level: float = 0.68, points: int = 90, shifted: bool = False) -> np.ndarray:
        r"""Outline of the region of w0 and wa.

        Arguments:
            level: Probability inside.
            points: Number of points.
            shifted: Around the best fit that ignores alignments, not around the truth.

        Returns:
            w0 and wa, shape :math:`(2, points)`.
        """
        angle = np.linspace(0, 2 * np.pi, points)
        root = np.linalg.cholesky(self.covariance[2:, 2:]) * np.sqrt(chi2.ppf(level, 2))
        centre = self.fiducial[2:] + (self.shift[2:] if shifted else 0)
        return centre[:, None] + root @ np.stack([np.cos(angle), np.sin(angle)])


def shear_correlation(
    amplitude: float = 1.0,
    bins: tuple[int, int] = (0, 0),
    universe: Universe | None = None,
    survey: Survey | None = None,
    theta: np.ndarray | None = None,
) -> ShearCorrelation:
    r"""GG, GI and II of a correlation of shapes.

    .. math:: \xi_+(\theta) = \int \frac{\ell\, d\ell}{2\pi} C_\ell J_0(\ell\theta)

    Arguments:
        amplitude: Amplitude A of the alignments.
        bins: The two tomographic bins, from 0.
        universe: By default that of Planck 2015 with a cosmological constant.
        survey: Sources.
        theta: Separations, arcmin; 24 from 3 to 200 by default.
    """
    survey = survey or Survey()
    if not all(0 <= k < survey.bins for k in bins):
        raise ValueError(f"tomographic bins go from 0 to {survey.bins - 1}; got {bins}")
    theta = np.geomspace(3, 200, 24) if theta is None else np.asarray(theta, dtype=float)
    nodes = np.geomspace(1, 6e4, 120)
    spectra = angular_spectra(universe or Universe(), survey, amplitude, nodes)
    ell = np.geomspace(1, 6e4, 12000)
    # the spectrum ends softly, or the integral rings at small angles
    kernel = ell**2 / (2 * np.pi) * np.exp(-((ell / 2e4) ** 2))
    wave = j0(np.outer(np.deg2rad(theta / 60), ell)) * kernel
    gg, gi, ii = (
        np.trapezoid(wave * _between(ell, nodes, part[:, bins[0], bins[1]]), np.log(ell), axis=1)
        for part in (spectra.gg, spectra.gi, spectra.ii)
    )
    return ShearCorrelation(theta, gg, gi, ii, bins, amplitude)


def forecast(
    amplitude: float = 1.0, universe: Universe | None = None, survey: Survey | None = None
) -> Forecast:
    r"""Errors of :math:`w_0, w_a` and the shift if alignments of this amplitude are ignored.

    Arguments:
        amplitude: Amplitude A of the alignments.
        universe: Fiducial; by default Planck 2015 with a cosmological constant.
        survey: Sources, noise and multipoles.

    Example:
        >>> toy = forecast(1.0)
        >>> bool(toy.tension > 3)
        True
    """
    universe, survey = universe or Universe(), survey or Survey()
    spectra = angular_spectra(universe, survey, amplitude)
    inverse = _inverse_covariance(spectra, survey)
    slopes = np.stack([_slope(name, universe, survey) for name in PARAMETERS])  # (4, L, M)
    fisher = np.einsum("plm,lmn,qln->pq", slopes, inverse, slopes, optimize=True)
    extra = _distinct(spectra.gi + spectra.ii)
    vector = np.einsum("plm,lmn,ln->p", slopes, inverse, extra, optimize=True)
    covariance = _inverse(fisher)
    cosmology = universe.cosmology
    fiducial = np.array([cosmology.omega_m, cosmology.sigma8, universe.w0, universe.wa])
    return Forecast(fiducial, covariance, covariance @ vector, amplitude)


def _between(ell: np.ndarray, nodes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A spectrum of one sign interpolated in logarithms; zeros stay zeros."""
    if not values.any():
        return np.zeros_like(ell)
    sign = np.sign(values[np.abs(values).argmax()])
    logs = np.log(np.maximum(sign * values, 1e-300))
    return np.asarray(sign * np.exp(np.interp(np.log(ell), np.log(nodes), logs)))


def _distinct(matrix: np.ndarray) -> np.ndarray:
    """The distinct elements of symmetric matrices, shape (L, n, n) to (L, n (n + 1) / 2)."""
    i, j = np.triu_indices(matrix.shape[-1])
    return matrix[:, i, j]


def _inverse_covariance(spectra: Spectra, survey: Survey) -> np.ndarray:
    """Of the distinct spectra in each band, shape (L, M, M)."""
    width = survey.bands()[1]
    total = spectra.gg + survey.noise * np.eye(survey.bins)
    i, j = np.triu_indices(survey.bins)
    product = total[:, i][:, :, i] * total[:, j][:, :, j]
    product = product + total[:, i][:, :, j] * total[:, j][:, :, i]
    modes = (2 * spectra.ell + 1) * width * survey.sky
    return np.linalg.inv(product / modes[:, None, None])


def _slope(name: str, universe: Universe, survey: Survey) -> np.ndarray:
    """Central difference of the spectra of shear, shape (L, M)."""
    step = _STEPS[name]
    sides = []
    for sign in (1, -1):
        if name in ("w0", "wa"):
            moved = replace(universe, **{name: getattr(universe, name) + sign * step})
        else:
            value = getattr(universe.cosmology, name) + sign * step
            moved = replace(universe, cosmology=universe.cosmology.replace(**{name: value}))
        sides.append(_distinct(angular_spectra(moved, survey, 0.0).gg))
    return (sides[0] - sides[1]) / (2 * step)


def _inverse(fisher: np.ndarray) -> np.ndarray:
    """Inverse by way of correlations: parameters differ in scale."""
    scale = np.sqrt(np.diag(fisher))
    return np.linalg.inv(fisher / np.outer(scale, scale)) / np.outer(scale, scale)
