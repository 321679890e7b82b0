r"""How many galaxies there are: the mass function, the cosmic star formation, the redshifts.

Draws, `weights` and `kept` are those of `relations`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from astroviz.galaxies.literature import cosmic_sfr as published_sfr
from astroviz.galaxies.literature import mass_function as published_masses
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.relation import (
    FEWEST,
    WHOLE,
    Columns,
    Relation,
    Slice,
    binned_sums,
    chosen,
    column,
    completeness_of,
)
from astroviz.galaxies.volumes import shell_volume

__all__ = [
    "MASS_EDGES",
    "MASS_LABEL",
    "REDSHIFT_EDGES",
    "cosmic_sfr",
    "mass_function",
    "redshift_distribution",
]

MASS_EDGES: Final = np.arange(8.0, 12.01, 0.25)
"""Bins of stellar mass, dex."""

MASS_LABEL: Final = "stellar mass, log M* / Msun"

REDSHIFT_EDGES: Final = np.arange(0.0, 0.801, 0.04)


def mass_function(
    draws: Columns,
    redshifts: Slice = WHOLE,
    edges: np.ndarray = MASS_EDGES,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    total: float | None = None,
    anchor: str = "",
) -> Relation:
    r"""Number of galaxies per dex of stellar mass.

    .. math:: \phi(\log M) = \frac{N \, p(\log M, z \in [z_1, z_2])}{\Delta V}

    Arguments:
        draws: :math:`n` draws of the intrinsic population with `log_mass` and `redshift`.
        redshifts: Slice of redshift, :math:`[z_1, z_2)`.
        edges: Bins of log stellar mass.
        weights: Shape :math:`(n,)`.
        kept: Chances of the selection.
        total: :math:`N`, all galaxies of the intrinsic population in one steradian. Where it is
            not known, because the area of the survey is not, only the shape is.
        anchor: One of `literature.MASS_FUNCTIONS`: without a total, its amplitude is taken over
            the bins that are complete to 50 % (where there is none, over all, weighted by the
            completeness), by the mean difference of the logarithms.

    Returns:
        In 1/Mpc³/dex with a total or an anchor, else per galaxy and dex; `low` and `high` are the
        sampling error of the draws.
    """
    z, used = chosen(draws, weights, redshifts)
    log_mass, edges = column(draws, "log_mass"), np.asarray(edges)
    everything = float(np.sum(np.ones(len(z)) if weights is None else weights))
    where = np.digitize(log_mass, edges) - 1
    sums, count = binned_sums(where, used, len(edges) - 1)
    value = sums / np.diff(edges)
    complete = completeness_of(where, len(edges) - 1, used, kept)
    unit = "per galaxy and dex"
    if total is not None:
        value *= total / max(everything, 1e-300) / float(shell_volume(*redshifts))
        unit = "1 / Mpc3 / dex"
    else:
        value /= max(float(used.sum()), 1e-300)
    value = np.where(count >= FEWEST, value, np.nan)
    if anchor and total is None:
        middle = 0.5 * (edges[1:] + edges[:-1])
        value = _anchored(value, published_masses(middle, anchor), complete)
        unit = "1 / Mpc3 / dex"
    error = 1.0 / np.sqrt(np.maximum(count, 1.0))
    return Relation(
        "mass_function", edges, value, value * np.maximum(1.0 - error, 0.0), value * (1.0 + error),
        count, complete, MASS_LABEL, f"galaxies, {unit}", "sampling error of the draws",
    )  # fmt: skip


def _anchored(value: np.ndarray, published: np.ndarray, complete: np.ndarray) -> np.ndarray:
    """The shape with the amplitude of a published curve, where both are and are to be believed."""
    both = (value > 0) & (published > 0)
    if not both.any():
        raise GalaxyError(
            "no bin has draws inside the reach of the published curve: there is nothing to take "
            "the amplitude from; take wider bins or another slice"
        )
    trust = np.where(np.isnan(complete), 1.0, complete)[both]
    weights = (trust >= 0.5).astype(float) if (trust >= 0.5).any() else trust + 1e-12
    step = np.average(np.log10(published[both] / value[both]), weights=weights)
    return np.asarray(value * 10**step)


def cosmic_sfr(
    draws: Columns,
    edges: np.ndarray = REDSHIFT_EDGES,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    total: float | None = None,
    anchor: str = "madau14",
) -> Relation:
    r"""Star formation rate in a comoving volume at each redshift.

    .. math:: \psi(z) = \frac{N}{\Delta V} \, \langle \mathrm{SFR} \; 1_{z \in bin} \rangle

    Arguments:
        draws: :math:`n` draws of the intrinsic population with `log_sfr` and `redshift`.
        edges: Bins of redshift.
        weights: Shape :math:`(n,)`.
        kept: Chances of the selection; the completeness is of the star formation.
        total: All galaxies of the intrinsic population in one steradian.
        anchor: One of `literature.COSMIC_SFR`, whose amplitude is taken where no total is known.

    Returns:
        log10 of Msun/yr/Mpc³ with a total or an anchor, else in arbitrary units.
    """
    z, used = chosen(draws, weights, WHOLE)
    edges = np.asarray(edges)
    bins, where = len(edges) - 1, np.digitize(z, edges) - 1
    rate = used * 10.0 ** column(draws, "log_sfr")
    sums, count = binned_sums(where, rate, bins)
    complete = completeness_of(where, bins, rate, kept)
    density = sums / used.sum() / shell_volume(edges[:-1], edges[1:]) * (total or 1.0)
    density = np.where(count >= FEWEST, density, np.nan)
    unit = "arbitrary units" if total is None and not anchor else "Msun / yr / Mpc3"
    if total is None and anchor:
        middle = 0.5 * (edges[1:] + edges[:-1])
        density = _anchored(density, 10 ** published_sfr(middle, anchor), complete)
    error = 1.0 / np.sqrt(np.maximum(count, 1.0))
    with np.errstate(divide="ignore"):
        value, low, high = (
            np.log10(density * part) for part in (1.0, np.maximum(1 - error, 1e-3), 1 + error)
        )
    return Relation(
        "cosmic_sfr", edges, value, low, high, count, complete, "redshift",
        f"log star formation rate / ({unit})", "sampling error of the draws",
    )  # fmt: skip


def redshift_distribution(
    draws: Columns,
    edges: np.ndarray = REDSHIFT_EDGES,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
) -> Relation:
    """Density of the redshifts, whose integral over the bins is 1."""
    z, used = chosen(draws, weights, WHOLE)
    edges = np.asarray(edges)
    bins, where = len(edges) - 1, np.digitize(z, edges) - 1
    sums, count = binned_sums(where, used, bins)
    value = sums / max(float(sums.sum()), 1e-300) / np.diff(edges)
    error = 1.0 / np.sqrt(np.maximum(count, 1.0))
    return Relation(
        "redshift_distribution", edges, value, value * np.maximum(1 - error, 0.0),
        value * (1 + error), count, completeness_of(where, bins, used, kept), "redshift",
        "density of redshifts", "sampling error of the draws",
    )  # fmt: skip
