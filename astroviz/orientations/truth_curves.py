r"""What a known law makes of each correlation: exact expectation, exact covariance of its noise.

Positions stay where they are and every galaxy draws its orientation by itself. With
:math:`m_i` the quadrupole of its axis (`ed`, `ee`) or its ellipticity (`wg+`, `w++`), of mean
:math:`\mu_i` and covariance :math:`K_i`, two statistics are linear,

.. math:: x_b = \sum_i L_i^b \cdot m_i, \qquad
          \langle x_b\rangle = \sum_i L_i^b\cdot\mu_i, \qquad
          \mathrm{Cov}(x_b, x_{b'}) = \sum_i L_i^{b\,T} K_i\, L_i^{b'},

where :math:`L_i^b` adds up :math:`q(\hat r_{ij})` or :math:`(\cos 2\phi_{ij}, \sin 2\phi_{ij})`
of the galaxy's neighbours in bin :math:`b`: pairs that share a galaxy are correlated, within a bin
and between bins. The other two are quadratic, :math:`x_b = c_b \sum_{i<j} m_i^T P_{ij} m_j` with
:math:`P = 1` or :math:`c c^T`, :math:`c = (\cos 2\phi, \sin 2\phi)`, so that

.. math:: \mathrm{Cov}(x_b, x_{b'}) = \sum_i H_i^{b\,T} K_i\, H_i^{b'} + \delta_{bb'} c_b^2
          \sum_{i<j} \mathrm{tr}(P_{ij} K_j P_{ij}^T K_i), \qquad
          H_i^b = c_b \sum_j P_{ij}\,\mu_j .

Both are exact: there is no Monte Carlo and no assumption on the size of the noise. Only the test
that follows, chi-square, takes the noise as Gaussian, which fails in bins of a few pairs.
"""

from __future__ import annotations

import numpy as np

from astroviz.orientations.correlations import (
    KINDS,
    LINEAR,
    Contributions,
    Truth,
    contributions,
    random_pairs,
)
from astroviz.orientations.moments import Moments, quadrupole
from astroviz.orientations.pairs import Pairs

__all__ = ["responses", "truth"]


def truth(
    kind: str,
    pairs: Pairs,
    moments: Moments,
    shapes: np.ndarray | None = None,
    density: np.ndarray | None = None,
) -> Truth:
    r"""Expectation and covariance of a statistic under a known law.

    Arguments:
        kind: `ed`, `ee`, `wg+` or `w++`.
        pairs: As for the measurement.
        moments: For `ed` and `ee` of quadrupoles (`axis_moments`), for `wg+` and `w++` of
            ellipticities (`ellipticity_moments`), of all :math:`N` galaxies.
        shapes: As for the measurement.
        density: As for the measurement.
    """
    if kind not in KINDS or not KINDS[kind].shapes:
        raise ValueError(f"no law of orientations says what {kind!r} is: take ed, ee, wg+ or w++")
    width = 2 if KINDS[kind].projected else 5
    if moments.mean.shape != (pairs.count, width):
        raise ValueError(
            f"{KINDS[kind].label} needs moments of shape ({pairs.count}, {width}), not "
            f"{moments.mean.shape}: `axis_moments` for ed and ee, `ellipticity_moments` else"
        )
    parts = contributions(kind, pairs, _some_marks(kind, pairs), shapes, density)
    scale = _scale(parts)
    if kind in LINEAR:
        response = responses(parts) * scale[:, None]
        value = np.einsum("nbd,nd->b", response, moments.mean)
        return Truth(value, _propagate(response, moments.covariance))
    return _quadratic(parts, moments, scale)


def responses(parts: Contributions) -> np.ndarray:
    r"""Sum over neighbours of :math:`q(\hat r)` or :math:`(\cos 2\phi, \sin 2\phi)`.

    Arguments:
        parts: Pairs that count, and for which galaxies.

    Returns:
        For each galaxy and bin, shape :math:`(N, B, 5)` or :math:`(N, B, 2)`.
    """
    pairs = parts.pairs
    direction = pairs.direction.T
    marks = quadrupole(direction) if direction.shape[1] == 3 else direction
    forward, backward = parts.weight
    # both marks are even: the same seen from either end
    return np.stack([
        _gather(pairs, column * forward, column * backward) for column in marks.T
    ], -1)  # fmt: skip


def _some_marks(kind: str, pairs: Pairs) -> np.ndarray:
    """Marks that nobody reads: truth needs which pairs count, not how galaxies point."""
    marks = np.zeros((pairs.count, 2 if KINDS[kind].projected else 3))
    marks[:, 0] = 1.0
    return marks


def _scale(parts: Contributions) -> np.ndarray:
    """What the sum over ordered pairs is multiplied with, shape (B,); NaN without pairs."""
    pairs = parts.pairs
    if pairs.pi_max is None:
        count = pairs.sum(parts.weight.sum(0))
        return np.divide(1.0, count, out=np.full(len(count), np.nan), where=count > 0)
    expected = random_pairs(pairs, int(parts.shapes.sum()), int(parts.density.sum()))
    return 2 * pairs.pi_max / expected


def _gather(pairs: Pairs, to_first: np.ndarray, to_second: np.ndarray) -> np.ndarray:
    """Numbers of each pair added up at its galaxies, shape (N, B)."""
    size = pairs.count * pairs.bins
    out = np.bincount(pairs.first * pairs.bins + pairs.bin, weights=to_first, minlength=size)
    out += np.bincount(pairs.second * pairs.bins + pairs.bin, weights=to_second, minlength=size)
    return out.reshape(pairs.count, pairs.bins)


def _propagate(response: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Sum over galaxies of L K L, shape (N, B, D) and (N, D, D) to (B, B)."""
    turned = response @ covariance
    bins = response.shape[1]
    left = np.moveaxis(response, 1, 0).reshape(bins, -1)
    return left @ np.moveaxis(turned, 1, 0).reshape(bins, -1).T


def _quadratic(parts: Contributions, moments: Moments, scale: np.ndarray) -> Truth:
    """`ee` and `w++`; every unordered pair counts twice."""
    pairs = parts.pairs
    if pairs.pi_max is None:
        at_first, at_second = _neighbours(pairs, moments.mean)
        spread = _product_of_covariances(pairs, moments.covariance)
    else:
        at_first, at_second = _neighbours_along(pairs, moments.mean)
        spread = _along_variance(pairs, moments.covariance)
    field = np.stack([
        _gather(pairs, first, second) for first, second in zip(at_first, at_second, strict=True)
    ], -1)  # fmt: skip
    value = np.einsum("nbd,nd->b", field, moments.mean) * scale
    covariance = _propagate(2 * field * scale[:, None], moments.covariance)
    covariance += np.diag(4 * scale**2 * pairs.sum(spread))
    return Truth(value, covariance)


def _neighbours(pairs: Pairs, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean quadrupole of the other galaxy of each pair, each (5, P)."""
    columns = np.ascontiguousarray(mean.T)
    return columns[:, pairs.second], columns[:, pairs.first]


def _neighbours_along(pairs: Pairs, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same for the part of ellipticities along the pair, each (2, P)."""
    c, (e1, e2) = pairs.direction, np.ascontiguousarray(mean.T)
    other = [c[0] * e1[rows] + c[1] * e2[rows] for rows in (pairs.second, pairs.first)]
    return c * other[0], c * other[1]


def _product_of_covariances(pairs: Pairs, covariance: np.ndarray) -> np.ndarray:
    """tr(K_i K_j) of each pair, shape (P,)."""
    total = np.zeros(len(pairs))
    for i, j in zip(*np.triu_indices(covariance.shape[-1]), strict=True):
        column = np.ascontiguousarray(covariance[:, i, j])
        total += (1 if i == j else 2) * column[pairs.first] * column[pairs.second]
    return total


def _along_variance(pairs: Pairs, covariance: np.ndarray) -> np.ndarray:
    """Product of the variances of e_+ of both galaxies of each pair, shape (P,)."""
    c = pairs.direction
    parts = [(covariance[:, 0, 0], c[0] ** 2), (covariance[:, 1, 1], c[1] ** 2)]
    parts.append((covariance[:, 0, 1], 2 * c[0] * c[1]))
    first = sum(column[pairs.first] * mark for column, mark in parts)
    second = sum(column[pairs.second] * mark for column, mark in parts)
    return np.asarray(first * second)
