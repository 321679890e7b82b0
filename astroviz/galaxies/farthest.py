r"""How far away a galaxy could be and still be in the survey: the weights :math:`V / V_{max}`.

A survey that is limited in magnitude sees small galaxies in a small volume only. Whoever counts
each galaxy by the inverse of the volume in which it could be seen counts all there are (Schmidt
1968), and the part of the volume in which the galaxies of a kind are seen is the completeness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astroviz.galaxies.volumes import comoving_distance

__all__ = ["farthest_of", "farthest_redshift", "volume_share"]

_REACH = 0.8  # redshift
_NODES = 161
_SMALLEST = 1e-3  # part of a volume; a single draw must not be worth thousands
_NEAREST = 1e-4
_INFRARED = -2.6  # mag: slope of the K-correction in Ks at redshifts that matter here


def farthest_of(selection: Any, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    r"""Redshift to which each galaxy would pass all limits in magnitude of a selection.

    Arguments:
        selection: With `terms`, of which some may be `selection.MagnitudeLimit`; None for none.
        columns: `redshift`, `r_abs` and the magnitudes of the bands by name, shape :math:`(n,)`.

    Returns:
        Between 0 and 0.8, shape :math:`(n,)`; 0.8 without any limit.

    The K-correction in r is that of the galaxy itself; in Ks it is :math:`-6 \log_{10}(1 + z)` for
    all (Kochanek et al. 2001); in other bands none is made.
    """
    redshift = np.asarray(columns["redshift"], float)
    found = np.full(len(redshift), _REACH)
    for term in getattr(selection, "terms", ()) or ():
        if getattr(term, "kind", "") != "magnitude_limit" or not term.faint:
            continue
        if any(band not in columns for band in term.bands):
            continue
        seen = np.asarray(columns[term.band], float) + term.offset
        absolute = None
        if term.colour is not None:
            seen = seen + term.slope * (columns[term.colour[0]] - columns[term.colour[1]])
        if term.band.endswith("_r"):
            absolute = np.asarray(columns["r_abs"], float) + seen - columns[term.band]
        slope = _INFRARED if term.band.endswith("_ks") else 0.0
        one = farthest_redshift(seen, redshift, float(term.limit), absolute, slope)
        found = np.minimum(found, one)
    return found


def _modulus(redshift: np.ndarray) -> np.ndarray:
    z = np.maximum(redshift, _NEAREST)
    return np.asarray(5 * np.log10(comoving_distance(z) * (1 + z)) + 25)


def farthest_redshift(
    magnitude: np.ndarray,
    redshift: np.ndarray,
    limit: float,
    absolute: np.ndarray | None = None,
    slope: float = 0.0,
) -> np.ndarray:
    r"""Redshift at which a galaxy would have the limiting magnitude.

    .. math:: m(z') = m(z) + \mu(z') - \mu(z) + K(z') - K(z), \quad K(z') = K(z)\, z' / z

    Arguments:
        magnitude: As it is seen, AB, shape :math:`(n,)`.
        redshift: Where it is, shape :math:`(n,)`.
        limit: Of the survey, AB.
        absolute: Its absolute magnitude in the same band at rest, shape :math:`(n,)`, from which
            the K-correction follows.
        slope: K-correction over redshift where that is not given, mag.

    Returns:
        Between 0 and 0.8, shape :math:`(n,)`.

    References:
        Schmidt 1968, ApJ 151, 393.

    Example:
        >>> z = farthest_redshift(np.array([15.0]), np.array([0.02]), 17.5)
        >>> bool(abs(z[0] - 0.0613) < 0.0005)
        True
    """
    m, z = (np.asarray(one, dtype=np.float64) for one in (magnitude, redshift))
    z = np.maximum(z, _NEAREST)
    slopes = np.full(len(m), slope)
    if absolute is not None:
        slopes = np.clip((m - _modulus(z) - np.asarray(absolute, float)) / z, -2.0, 6.0)
    nodes = np.concatenate([[_NEAREST], np.linspace(0.004, _REACH, _NODES - 1)])
    moduli = _modulus(nodes)
    fixed = m - _modulus(z) - slopes * z
    found = np.zeros(len(m))
    # the faint end of a growing function, searched in pieces that fit into the cache
    for part in np.array_split(np.arange(len(m)), max(len(m) // 4096, 1)):
        seen = fixed[part, None] + moduli + slopes[part, None] * nodes
        last = np.maximum((seen <= limit).sum(1) - 1, 0)
        following = np.minimum(last + 1, _NODES - 1)
        rows = np.arange(len(part))
        below, above = seen[rows, last], seen[rows, following]
        step = np.divide(limit - below, above - below, out=np.zeros(len(part)),
                         where=above > below)  # fmt: skip
        step = np.clip(step, 0.0, 1.0)
        found[part] = nodes[last] + step * (nodes[following] - nodes[last])
    return found


def volume_share(farthest: np.ndarray, redshifts: Sequence[float]) -> np.ndarray:
    r"""Part of the volume of a slice in which each galaxy would be seen, :math:`V_{max} / V`.

    Arguments:
        farthest: From `farthest_redshift`, shape :math:`(n,)`.
        redshifts: Lower and upper end of the slice.

    Returns:
        0.001 to 1, shape :math:`(n,)`.
    """
    low, high = (float(end) for end in redshifts)
    inner, outer = (float(comoving_distance(end)) ** 3 for end in (low, high))
    reach = comoving_distance(np.clip(np.asarray(farthest, float), low, high)) ** 3
    return np.clip((reach - inner) / max(outer - inner, 1e-300), _SMALLEST, 1.0)
