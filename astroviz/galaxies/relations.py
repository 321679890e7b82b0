r"""The relations of a population of galaxies, from its draws.

Draws are of the intrinsic population, in a table with the columns of `parameters`. With `weights`
they stand for another one: the chances of a selection give the selected population,
:math:`V / V_{max}` gives back what a limit in magnitude took away. `kept` are the chances of the
selection, for the completeness of each bin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from astroviz.galaxies.abundances import (
    MASS_EDGES,
    MASS_LABEL,
    REDSHIFT_EDGES,
    cosmic_sfr,
    mass_function,
    redshift_distribution,
)
from astroviz.galaxies.literature import quiescent_uvj
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
    effective_count,
    ensemble,
    weighted_quantiles,
)

__all__ = [
    "MASS_EDGES",
    "QUIESCENT",
    "REDSHIFT_EDGES",
    "all_relations",
    "cosmic_sfr",
    "main_sequence",
    "mass_function",
    "mass_metallicity",
    "quiescent_fraction",
    "redshift_distribution",
    "uvj_density",
]

QUIESCENT: Final = -11.0
"""Galaxies below this log SFR/M* (1/yr) form hardly any stars and are off the main sequence."""

_QUARTERS = (0.16, 0.5, 0.84)


def _medians(
    name: str, x: np.ndarray, y: np.ndarray, edges: np.ndarray, weights: np.ndarray,
    used: np.ndarray, kept: np.ndarray | None, y_label: str,
) -> Relation:  # fmt: skip
    """Median and 16 to 84 % of `y` in bins of `x`, over the draws `used`."""
    bins = len(edges) - 1
    where = np.digitize(x, edges) - 1
    found, count = np.full((3, bins), np.nan), np.zeros(bins)
    inside = np.flatnonzero(used & (weights > 0) & (where >= 0) & (where < bins))
    order = inside[np.argsort(where[inside], kind="stable")]
    starts = np.searchsorted(where[order], np.arange(bins + 1))
    for k in range(bins):
        here = order[starts[k] : starts[k + 1]]
        count[k] = effective_count(weights[here])
        if count[k] >= FEWEST:
            found[:, k] = weighted_quantiles(y[here], weights[here], _QUARTERS)
    complete = completeness_of(where, bins, np.where(used, weights, 0.0), kept)
    return Relation(
        name, edges, found[1], found[0], found[2], count, complete, MASS_LABEL, y_label
    )


def main_sequence(
    draws: Columns,
    redshifts: Slice = WHOLE,
    edges: np.ndarray = MASS_EDGES,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    divide: float = QUIESCENT,
) -> Relation:
    r"""Median star formation rate of the star-forming galaxies in bins of stellar mass.

    Arguments:
        draws: :math:`n` draws with `log_mass`, `log_sfr`, `log_ssfr`, `redshift`.
        redshifts: Slice of redshift.
        edges: Bins of log stellar mass.
        weights: Shape :math:`(n,)`; 1 by default.
        kept: Chances of the selection, shape :math:`(n,)`.
        divide: Galaxies of log SFR/M* above this, in 1/yr, are star-forming.

    Returns:
        log10 of Msun/yr.
    """
    _, weights = chosen(draws, weights, redshifts)
    forming = column(draws, "log_ssfr") > divide
    return _medians(
        "main_sequence", column(draws, "log_mass"), column(draws, "log_sfr"), np.asarray(edges),
        weights, forming, kept, "star formation rate, log SFR / (Msun / yr)",
    )  # fmt: skip


def mass_metallicity(
    draws: Columns,
    redshifts: Slice = WHOLE,
    edges: np.ndarray = MASS_EDGES,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
) -> Relation:
    r"""Median stellar metallicity in bins of stellar mass, log10 of Z/Zsun (0.02)."""
    _, weights = chosen(draws, weights, redshifts)
    everywhere = np.ones(len(weights), dtype=bool)
    return _medians(
        "mass_metallicity", column(draws, "log_mass"), column(draws, "log_z"), np.asarray(edges),
        weights, everywhere, kept, "stellar metallicity, log Z / Zsun",
    )  # fmt: skip


def quiescent_fraction(
    draws: Columns,
    redshifts: Slice = WHOLE,
    edges: np.ndarray = MASS_EDGES,
    weights: np.ndarray | None = None,
    kept: np.ndarray | None = None,
    by: str = "uvj",
) -> Relation:
    """Part of the galaxies that have stopped forming stars, by `uvj` colours or by `ssfr`."""
    z, used = chosen(draws, weights, redshifts)
    if by not in ("uvj", "ssfr"):
        raise GalaxyError(f"quiescent by {by!r}? There is uvj and ssfr")
    if by == "uvj":
        border = float(np.average(z, weights=used)) if used.any() else 0.0
        dead = quiescent_uvj(column(draws, "u_v"), column(draws, "v_j"), border)
    else:
        dead = column(draws, "log_ssfr") < QUIESCENT
    edges = np.asarray(edges)
    bins, where = len(edges) - 1, np.digitize(column(draws, "log_mass"), edges) - 1
    sums, count = binned_sums(where, used, bins)
    some = count >= FEWEST
    share = np.divide(
        binned_sums(where, used * dead, bins)[0], sums, out=sums * np.nan, where=some
    )
    error = np.sqrt(share * (1 - share) / np.maximum(count, 1.0))
    return Relation(
        "quiescent_fraction", edges, share, np.maximum(share - error, 0.0),
        np.minimum(share + error, 1.0), count, completeness_of(where, bins, used, kept),
        MASS_LABEL, "quiescent galaxies (fraction)", "sampling error of the draws",
    )  # fmt: skip


def uvj_density(
    draws: Columns,
    redshifts: Slice = WHOLE,
    weights: np.ndarray | None = None,
    bins: int = 48,
    reach: tuple[Slice, Slice] = ((-0.5, 2.2), (0.0, 2.6)),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Galaxies in the plane of two rest-frame colours.

    Returns:
        Edges in V - J and in U - V, shape (`bins` + 1,), AB mag, and the density per mag²,
        shape (`bins`, `bins`), the first axis along V - J; its integral is the part inside.
    """
    _, used = chosen(draws, weights, redshifts)
    colours = column(draws, "v_j"), column(draws, "u_v")
    counts, x, y = np.histogram2d(
        *colours, bins=bins, range=[list(r) for r in reach], weights=used
    )
    cell = (x[1] - x[0]) * (y[1] - y[0])
    return x, y, counts / max(float(used.sum()), 1e-300) / cell


def all_relations(
    members: Sequence[Columns],
    redshifts: Slice = WHOLE,
    kept: Sequence[np.ndarray] | None = None,
    total: float | None = None,
) -> dict[str, Relation]:
    r"""Every relation of an ensemble, by name, with its band.

    Arguments:
        members: Draws of each member, of the intrinsic population.
        redshifts: Slice of redshift for what is not itself against redshift.
        kept: Chances of the selection for the draws of each member.
        total: All galaxies of the intrinsic population in one steradian, where it is known;
            otherwise amplitudes are taken from the literature.
    """
    chances = kept if kept is not None else [None] * len(members)
    pairs = list(zip(members, chances, strict=True))

    def of(make: Callable[..., Relation], **given: Any) -> Relation:
        return ensemble(lambda pair: make(pair[0], kept=pair[1], **given), pairs)

    sliced = partial(of, redshifts=redshifts)
    return {
        "main_sequence": sliced(main_sequence),
        "mass_function": sliced(mass_function, total=total, anchor="" if total else "wright17"),
        "mass_metallicity": sliced(mass_metallicity),
        "quiescent_fraction": sliced(quiescent_fraction),
        "cosmic_sfr": of(cosmic_sfr, total=total),
        "redshift_distribution": of(redshift_distribution),
    }
