r"""Spectra of a table: on the bins that a model knows, with gaps, errors and their correlations.

A flux density on any grid that covers the bins is averaged over them, by a linear operator
:math:`R` that treats it as linear between samples, and its covariance becomes
:math:`R C R^\top`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import astropy.units as u
import numpy as np
from numpy.typing import ArrayLike

from astroviz.io.errors import TableError

__all__ = ["SpectrumSet", "in_unit", "rebin", "rebinning", "split_covariance"]

_ROOM = 1.5  # samples may be this many bins apart


@dataclass(frozen=True)
class SpectrumSet:
    r"""Spectra of one kind of :math:`N` objects.

    Arguments:
        name: Short name of the kind: `xp`.
        label: Name on screen.
        wavelength: Centres of the bins, nm, shape :math:`(px,)`.
        flux: Shape :math:`(N, px)`; NaN in bins that were not observed.
        error: Standard deviations, same shape.
        correlation: Of the errors, shape :math:`(px, px)` for all or :math:`(N, px, px)`; None
            for independent errors.
        ignored: Which the user has switched off, shape :math:`(N,)`, bool.
        unit: Of the flux; empty where its calibration is not trusted.
    """

    name: str
    label: str
    wavelength: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    correlation: np.ndarray | None
    ignored: np.ndarray
    unit: str = ""

    def __len__(self) -> int:
        return len(self.flux)

    @cached_property
    def present(self) -> np.ndarray:
        """Which objects have such a spectrum, shape (N,), bool."""
        return np.asarray(np.isfinite(self.flux).any(axis=1))

    @property
    def used(self) -> np.ndarray:
        """Which have one that is not switched off, shape (N,), bool."""
        return np.asarray(self.present & ~self.ignored)

    def used_at(self, row: int) -> bool:
        """Whether one object has a spectrum that is not switched off."""
        return bool(self.present[row] and not self.ignored[row])

    def correlation_of(self, row: int) -> np.ndarray | None:
        """Correlation of the errors of one spectrum, shape (px, px)."""
        if self.correlation is None or self.correlation.ndim == 2:
            return self.correlation
        return np.asarray(self.correlation[row])

    def select(self, rows: ArrayLike) -> SpectrumSet:
        """Some rows."""
        rows = np.asarray(rows)
        several = self.correlation is not None and self.correlation.ndim == 3
        return replace(
            self,
            flux=self.flux[rows],
            error=self.error[rows],
            correlation=self.correlation[rows] if several else self.correlation,  # type: ignore[index]
            ignored=self.ignored[rows],
        )

    def ignoring(self) -> SpectrumSet:
        """A copy that is switched off."""
        return replace(self, ignored=np.ones_like(self.ignored))

    def blank(self, n: int) -> SpectrumSet:
        """The same kind for rows that have no such spectrum."""
        gaps = np.full((n, self.flux.shape[1]), np.nan)
        off = np.zeros(n, dtype=bool)
        return replace(self, flux=gaps, error=gaps.copy(), correlation=None, ignored=off)

    @classmethod
    def concatenate(cls, parts: Sequence[SpectrumSet]) -> SpectrumSet:
        """Spectra of one kind below each other."""
        first = parts[0]
        together = [part.correlation for part in parts]
        found: np.ndarray | None = together[0]
        if not all(part is found for part in together):
            size = first.flux.shape[1]
            whole = [
                np.broadcast_to(np.eye(size) if part is None else part, (len(one), size, size))
                for part, one in zip(together, parts, strict=True)
            ]
            found = np.concatenate(whole)
        return replace(
            first,
            flux=np.concatenate([part.flux for part in parts]),
            error=np.concatenate([part.error for part in parts]),
            correlation=found,
            ignored=np.concatenate([part.ignored for part in parts]),
        )


def rebinning(wavelength: np.ndarray, edges: np.ndarray, what: str = "spectrum") -> np.ndarray:
    r"""The operator :math:`R` that averages a sampled flux density over bins.

    Arguments:
        wavelength: Increasing wavelengths of the samples, nm, shape :math:`(k,)`.
        edges: Edges of the bins, nm, shape :math:`(px + 1,)`.
        what: Name in sentences.

    Returns:
        Shape :math:`(px, k)`; rows of NaN for bins that the samples do not cover.

    Raises:
        TableError: when the samples are not increasing, too far apart, or cover less than half of
            the bins.
    """
    wavelength = np.asarray(wavelength, dtype=float)
    if wavelength.size < 2 or not np.all(np.diff(wavelength) > 0):
        raise TableError(f"the wavelengths of {what} must increase from sample to sample.")
    inside = (edges[1:] > wavelength[0]) & (edges[:-1] < wavelength[-1])
    if not inside.any():
        raise TableError(
            f"{what} runs from {wavelength[0]:.4g} to {wavelength[-1]:.4g} nm; the model reads "
            f"{edges[0]:.4g} to {edges[-1]:.4g} nm. Check the unit of its wavelengths."
        )
    place = np.clip(np.searchsorted(wavelength, edges) - 1, 0, wavelength.size - 2)
    apart = np.diff(wavelength)[place[:-1]] / np.diff(edges)
    if np.any(apart[inside] > _ROOM):
        worst = int(np.argmax(np.where(inside, apart, 0)))
        raise TableError(
            f"{what} is sampled every {apart[worst] * np.diff(edges)[worst]:.3g} nm near "
            f"{edges[worst]:.4g} nm; bins there are {np.diff(edges)[worst]:.3g} nm wide. Give a "
            "finer sampling."
        )
    slack = 0.51 * np.diff(edges)
    covered = (edges[:-1] >= wavelength[0] - slack) & (edges[1:] <= wavelength[-1] + slack)
    if covered.mean() < 0.5:
        raise TableError(
            f"{what} covers {covered.sum()} of {covered.size} bins between {edges[0]:.4g} and "
            f"{edges[-1]:.4g} nm; at least half are needed."
        )
    found = _mean_of_linear(wavelength, np.clip(edges, wavelength[0], wavelength[-1]))
    found[~covered] = np.nan
    return found


def _mean_of_linear(wave: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Mean over each bin of each sample's hat function, shape (px, k)."""
    knots = np.unique(np.concatenate([wave, edges]))
    hats = np.stack([np.interp(knots, wave, row) for row in np.eye(wave.size)])
    total = np.cumsum(np.diff(knots) * (hats[:, 1:] + hats[:, :-1]) / 2, axis=1)
    total = np.concatenate([np.zeros((wave.size, 1)), total], axis=1)
    at = total[:, np.searchsorted(knots, edges)]
    return np.asarray((np.diff(at, axis=1) / np.maximum(np.diff(edges), 1e-30)).T)


def rebin(
    operator: np.ndarray, flux: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""One spectrum and its covariance on the bins.

    Arguments:
        operator: From `rebinning`, shape :math:`(px, k)`.
        flux: Shape :math:`(k,)`; NaN where not observed.
        covariance: Shape :math:`(k, k)`, or the variances, shape :math:`(k,)`.

    Returns:
        Flux, shape :math:`(px,)`, NaN in bins that touch a gap, and covariance,
        shape :math:`(px, px)`; its rows and columns of such bins are zero.
    """
    gap = ~np.isfinite(flux)
    matrix = np.nan_to_num(operator)
    lost = ~np.isfinite(operator).all(axis=1) | (np.abs(matrix[:, gap]) > 1e-12).any(axis=1)
    matrix = np.where(lost[:, None], 0.0, matrix)
    matrix[:, gap] = 0.0
    binned = matrix @ np.where(gap, 0.0, flux)
    if covariance.ndim == 1:
        spread = (matrix * np.where(gap, 0.0, covariance)) @ matrix.T
    else:
        known = np.where(gap[:, None] | gap, 0.0, covariance)
        spread = matrix @ known @ matrix.T
    return np.where(lost, np.nan, binned), spread


def split_covariance(
    covariance: np.ndarray, observed: np.ndarray, what: str
) -> tuple[np.ndarray, np.ndarray]:
    r"""Standard deviations and correlation matrix of one spectrum.

    Arguments:
        covariance: Shape :math:`(px, px)`.
        observed: Which bins count, shape :math:`(px,)`, bool; the others become uncorrelated.
        what: Name in sentences.

    Returns:
        Standard deviations, NaN where not observed, and correlation.

    Raises:
        TableError: when it is not symmetric or not positive definite.
    """
    inner = covariance[np.ix_(observed, observed)]
    if not np.isfinite(inner).all():
        raise TableError(f"the covariance of {what} holds values that are not numbers.")
    if not np.allclose(inner, inner.T, rtol=1e-4, atol=1e-6 * np.abs(inner).max(initial=0)):
        raise TableError(f"the covariance of {what} is not symmetric.")
    variance = np.diag(inner)
    if not (variance > 0).all():
        raise TableError(
            f"the covariance of {what} is not positive definite: {int((variance <= 0).sum())} of "
            "its variances are not above zero."
        )
    sd = np.sqrt(variance)
    part = (inner + inner.T) / 2 / sd[:, None] / sd
    smallest = float(np.linalg.eigvalsh(part)[0])
    if smallest <= 1e-10:
        raise TableError(
            f"the covariance of {what} is not positive definite: the smallest eigenvalue of its "
            f"correlation matrix is {smallest:.2g}. Give a regularised one, or errors alone."
        )
    full_sd = np.full(observed.shape, np.nan)
    full_sd[observed] = sd
    full = np.eye(observed.size)
    full[np.ix_(observed, observed)] = part
    return full_sd, full


def in_unit(
    flux: np.ndarray, given: Any, wanted: str, wavelength: np.ndarray, what: str
) -> np.ndarray:
    r"""Factor by which samples are multiplied to be in the wanted unit, shape :math:`(k,)`.

    Arguments:
        flux: Only its shape is used.
        given: Unit as a file or a user gives it.
        wanted: Unit as astropy writes it.
        wavelength: nm, shape :math:`(k,)`.
        what: Name in sentences.

    Raises:
        TableError: when the unit is not one of a flux density.
    """
    try:
        unit = u.Unit(given)
        one = np.ones(flux.shape[-1]) * unit
        found = one.to_value(wanted, equivalencies=u.spectral_density(wavelength * u.nm))
    except (u.UnitConversionError, ValueError, TypeError) as error:
        raise TableError(
            f"{what} is in {given}, which is no flux density; give it in {wanted}, "
            "erg s-1 cm-2 Angstrom-1 or Jy."
        ) from error
    return np.asarray(found)
