r"""How far away a galaxy could be and still be in the survey: the weights :math:`V / V_{max}`.

A survey that is limited in magnitude sees small galaxies in a small volume only. Whoever counts
each galaxy by the inverse of the volume in which it could be seen counts all there are (Schmidt
1968), and the part of the volume in which the galaxies of a kind are seen is the completeness.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from astroviz.galaxies.volumes import comoving_distance

__all__ = ["farthest_redshift", "limit_of", "volume_share"]

_REACH = 0.8  # redshift
_NODES = 161
_SMALLEST = 1e-3  # part of a volume; a single draw must not be worth thousands
_NEAREST = 1e-4


def limit_of(selection: Any) -> tuple[str, float] | None:
    r"""Band and magnitude of the faintest that a selection keeps; None without such a limit.

    Arguments:
        selection: With `terms`, of which one has `band`, `limit` and `faint`.
    """
    terms = getattr(selection, "terms", ()) or ()
    limits = [
        (str(term.band), float(term.limit))
        for term in terms
        if getattr(term, "kind", "") == "magnitude_limit" and term.faint
    ]
    return min(limits, key=lambda one: one[1]) if limits else None


def _modulus(redshift: np.ndarray) -> np.ndarray:
    z = np.maximum(redshift, _NEAREST)
    return np.asarray(5 * np.log10(comoving_distance(z) * (1 + z)) + 25)


def farthest_redshift(
    magnitude: np.ndarray,
    redshift: np.ndarray,
    limit: float,
    absolute: np.ndarray | None = None,
) -> np.ndarray:
    r"""Redshift at which a galaxy would have the limiting magnitude.

    .. math:: m(z') = m(z) + \mu(z') - \mu(z) + K(z') - K(z), \quad K(z') = K(z)\, z' / z

    Arguments:
        magnitude: As it is seen, AB, shape :math:`(n,)`.
        redshift: Where it is, shape :math:`(n,)`.
        limit: Of the survey, AB.
        absolute: Its absolute magnitude in the same band at rest, shape :math:`(n,)`, from which
            the K-correction follows; none is made without.

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
    slope = np.zeros(len(m))
    if absolute is not None:
        slope = np.clip((m - _modulus(z) - np.asarray(absolute, float)) / z, -2.0, 6.0)
    nodes = np.concatenate([[_NEAREST], np.linspace(0.004, _REACH, _NODES - 1)])
    moduli = _modulus(nodes)
    fixed = m - _modulus(z) - slope * z
    found = np.zeros(len(m))
    # the faint end of a growing function, searched in pieces that fit into the cache
    for part in np.array_split(np.arange(len(m)), max(len(m) // 4096, 1)):
        seen = fixed[part, None] + moduli + slope[part, None] * nodes
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
