r"""What each relation of a population looks like: its density, ridge, band, subsets, literature.

The numbers are those of `relations`; here they get axes, and the company of what others found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from astroviz.galaxies import literature, relations
from astroviz.galaxies.population_cut import Cut, Pair, RelationScene, runs
from astroviz.galaxies.relation import Relation, weighted_quantiles

__all__ = ["relation_scene"]

_MASS = "stellar mass, log M* (M\u2609)"
_LEAST = 0.02  # part of the star formation that is seen, below which nothing is added
_FINE_Z = np.arange(0.0, 0.8001, 0.02)


def _line(found: Relation) -> Pair:
    return found.x, found.value


def _band(found: Relation) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    if found.member_low is None or found.member_high is None:
        return None
    return found.x, found.member_low, found.member_high


def _main_sequence(cut: Cut) -> RelationScene:
    x_range, y_range = (8.0, 12.0), (-2.6, 2.6)
    sliced: dict[str, Any] = {"redshifts": cut.redshifts}
    found = cut.across(relations.main_sequence, cut.by_volume, **sliced)
    mass = np.linspace(*x_range, 81)
    z = cut.middle
    works = [
        (_label(curve), (mass, literature.main_sequence(mass, z, name)))
        for name, curve in literature.MAIN_SEQUENCES.items()
        if curve.redshifts[0] <= z <= curve.redshifts[1]
    ]
    everywhere: dict[str, Any] = {"divide": -np.inf, "redshifts": cut.redshifts}
    subsets = tuple(
        (
            name,
            _line(relations.main_sequence(cut.whole, weights=cut.by_volume * mask, **everywhere)),
        )
        for name, mask in cut.masks.items()
    )  # fmt: skip
    return RelationScene(
        (_MASS, "log SFR (M\u2609/yr)"), x_range, y_range,
        f"Star formation rate (mean of 0.1 Gyr) over stellar mass at redshifts about "
        f"{z:.2f}; the line is the median of the star-forming galaxies.",
        counts=cut.counts("log_mass", "log_sfr", x_range, y_range), line=_line(found),
        band=_band(found), other=cut.of(cut.prior, relations.main_sequence, True, **sliced),
        truth=cut.of(cut.truth, relations.main_sequence, True, **sliced),
        subsets=subsets, literature=tuple(works),
        hidden=cut.hidden("log_mass", relations.MASS_EDGES),
    )  # fmt: skip


def _label(curve: literature.Curve) -> str:
    """First author and year, for a legend of one line."""
    first = curve.label.partition(" (")[0].partition(",")[0]
    return re.sub(r" & .* (?=\d)", "+", first)


def _log(value: np.ndarray | None) -> np.ndarray:
    """Logarithm; NaN for what is none or not positive."""
    array = np.asarray(np.nan if value is None else value, dtype=float)
    return np.log10(array, out=np.full(array.shape, np.nan), where=array > 0)


def _logged(line: Pair | None) -> Pair | None:
    return line and (line[0], _log(line[1]))


def _mass_function(cut: Cut) -> RelationScene:
    x_range, y_range = (8.0, 12.0), (-5.2, -1.2)
    given: dict[str, Any] = {"redshifts": cut.redshifts, "anchor": "wright17"}
    found = cut.across(_anchored_masses, cut.by_volume, **given)
    mass = np.linspace(*x_range, 81)
    works = [
        (_label(literature.MASS_FUNCTIONS[name]),
         (mass, _log(literature.mass_function(mass, name))))
        for name in ("wright17", "baldry12")
    ]  # fmt: skip
    plain: dict[str, Any] = {"redshifts": cut.redshifts}
    whole = relations.mass_function(cut.whole, weights=cut.by_volume, **plain)
    subsets = []
    for name, mask in cut.masks.items():
        part = relations.mass_function(cut.whole, weights=cut.by_volume * mask, **plain)
        share = _share(cut, mask, cut.by_volume)
        subsets.append((name, (part.x, _log(part.value * share / whole.value * found.value))))
    band = _band(found)
    return RelationScene(
        (_MASS, "log number (Mpc\u207b\u00b3 dex\u207b\u00b9)"),
        x_range, y_range,
        "Number of galaxies over stellar mass. The area of the survey is not known: the amplitude "
        "is that of Wright et al. 2017, the shape is the population's.",
        line=(found.x, _log(found.value)),
        band=None if band is None else (band[0], _log(band[1]), _log(band[2])),
        other=_logged(cut.of(cut.prior, _anchored_masses, True, **given)),
        truth=_logged(cut.of(cut.truth, _anchored_masses, True, **given)),
        subsets=tuple(subsets), literature=tuple(works),
        hidden=cut.hidden("log_mass", relations.MASS_EDGES),
    )  # fmt: skip


def _anchored_masses(draws: Any, **given: Any) -> Relation:
    """The mass function, without an amplitude where there is nothing to take it from."""
    try:
        return relations.mass_function(draws, **given)
    except ValueError:
        return relations.mass_function(draws, **{**given, "anchor": ""})


def _share(cut: Cut, mask: np.ndarray, weights: np.ndarray) -> float:
    """Part of the weight in the slice that a subset holds."""
    z, (low, high) = cut.whole["redshift"], cut.redshifts
    used = weights * ((z >= low) & (z < high))
    return float((used * mask).sum()) / max(float(used.sum()), 1e-300)


def _redshifts(cut: Cut) -> RelationScene:
    given: dict[str, Any] = {"edges": _FINE_Z}
    found = cut.across(relations.redshift_distribution, **given)
    total = max(float(cut.weights.sum()), 1e-300)
    subsets = []
    for name, mask in cut.masks.items():
        part = relations.redshift_distribution(cut.whole, weights=cut.weights * mask, **given)
        share = float((cut.weights * mask).sum()) / total
        subsets.append((name, (part.x, part.value * share)))
    z = cut.whole["redshift"]
    middle, last = (float(end) for end in weighted_quantiles(z, cut.weights, (0.5, 0.999)))
    end = float(np.clip(1.1 * np.nan_to_num(last, nan=0.8), 0.1, 0.8))
    fine = np.linspace(0, end, 101)
    works: tuple[tuple[str, Pair], ...] = ()
    if middle > 0:
        works = (("Baugh+93, shape", (fine, literature.redshift_shape(fine, middle))),)
    sides = [cut.of(one, relations.redshift_distribution, **given)
             for one in (cut.prior, cut.truth if cut.selected else None)]  # fmt: skip
    tops = [found.value, *(one[1] for one in sides if one is not None)]
    top = 1.35 * max(float(np.nanmax(np.nan_to_num(one))) for one in tops)
    return RelationScene(
        ("redshift", "galaxies per unit redshift"), (0.0, end), (0.0, max(top, 1.0)),
        f"Distribution of redshifts, median {middle:.3f}; the slice does not act on it.",
        line=_line(found), band=_band(found), other=sides[0], truth=sides[1],
        subsets=tuple(subsets),
        literature=works,
    )  # fmt: skip


def _uvj(cut: Cut) -> RelationScene:
    x_range, y_range = (-0.4, 2.2), (0.0, 2.7)
    border = literature.uvj_border(cut.middle, left=x_range[0], top=y_range[1])
    quiet = literature.quiescent_uvj(cut.whole["u_v"], cut.whole["v_j"], cut.middle)
    share = _share(cut, quiet, cut.by_volume)
    return RelationScene(
        ("rest-frame V \u2212 J (AB mag)", "rest-frame U \u2212 V (AB mag)"), x_range, y_range,
        f"Rest-frame colours; {share:.0%} lie above the border of quiet galaxies "
        "(Williams et al. 2009).",
        counts=cut.counts("v_j", "u_v", x_range, y_range), guide=(border[:, 0], border[:, 1]),
        literature=(("border of Williams+09", (border[:, 0], border[:, 1])),),
    )  # fmt: skip


def _mass_metallicity(cut: Cut) -> RelationScene:
    x_range, y_range = (8.0, 12.0), (-2.0, 0.6)
    make = relations.mass_metallicity
    given: dict[str, Any] = {"redshifts": cut.redshifts}
    found = cut.across(make, cut.by_volume, **given)
    mass = np.linspace(*x_range, 81)
    works = [
        (_label(literature.MASS_METALLICITY[name]),
         (mass, literature.mass_metallicity(mass, name)))
        for name in ("gallazzi05", "curti20")
    ]  # fmt: skip
    return RelationScene(
        (_MASS, "log Z / Z\u2609 (Z\u2609 = 0.02)"), x_range, y_range,
        "Metallicity over stellar mass; the line is the median.",
        counts=cut.counts("log_mass", "log_z", x_range, y_range), line=_line(found),
        band=_band(found), other=cut.of(cut.prior, make, True, **given),
        truth=cut.of(cut.truth, make, True, **given),
        subsets=tuple(
            (name, _line(make(cut.whole, weights=cut.by_volume * mask, **given)))
            for name, mask in cut.masks.items()
        ),
        literature=tuple(works), hidden=cut.hidden("log_mass", relations.MASS_EDGES),
    )  # fmt: skip


def _cosmic_sfr(cut: Cut) -> RelationScene:
    edges = relations.REDSHIFT_EDGES
    middle = 0.5 * (edges[1:] + edges[:-1])
    seen = cut.seen_at(middle, 10.0 ** cut.whole["log_sfr"])
    # What is formed in galaxies that the survey cannot see at a redshift is added there.
    missing = 0.0 if cut.selected else np.log10(np.where(seen > _LEAST, seen, np.nan))
    found = cut.across(relations.cosmic_sfr, cut.weights if cut.selected else cut.kept, anchor="")
    works = [
        (_label(literature.COSMIC_SFR[name]), (middle, literature.cosmic_sfr(middle, name)))
        for name in ("madau14", "madau17")
    ]
    # The area of the survey is not known: the amplitude is taken where half of it is seen.
    sure = np.isfinite(found.value) & (seen > 0.5)
    sure = sure if sure.any() else np.isfinite(found.value)
    level = works[0][1][1] - found.value + missing
    shift = float(np.mean(level[sure])) if sure.any() else 0.0
    value, band = found.value - missing + shift, _band(found)
    return RelationScene(
        ("redshift", "log SFR density (M\u2609 yr\u207b\u00b9 Mpc\u207b\u00b3)"), (0.0, 0.8),
        (-3.2, -0.6),
        "Star formation in a comoving volume over redshift. The amplitude is that of Madau & "
        "Dickinson 2014 where the survey sees half of it; the slice does not act on it.",
        line=(middle, value),
        band=band and (band[0], band[1] - missing + shift, band[2] - missing + shift),
        literature=tuple(works), hidden=runs(np.where(np.isnan(seen), 0.0, seen), edges),
    )  # fmt: skip


_MAKERS: dict[str, Callable[[Cut], RelationScene]] = {
    "main_sequence": _main_sequence, "mass_function": _mass_function, "redshifts": _redshifts,
    "uvj": _uvj, "mass_metallicity": _mass_metallicity, "cosmic_sfr": _cosmic_sfr,
}  # fmt: skip


def relation_scene(kind: str, cut: Cut) -> RelationScene:
    r"""What to draw of a relation.

    Arguments:
        kind: One of `population_state.RELATIONS`.
        cut: The draws.
    """
    return _MAKERS[kind](cut)
