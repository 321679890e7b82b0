r"""From the arrays of a room's `checks(seed, quick)` to verdicts.

A room hands over a list of plain mappings, so that it need not know this folder. Each has a
`kind`:

| kind | other keys | verdicts |
| --- | --- | --- |
| `ranks` | `parameters`, `truths` (N, d), `draws` (N, L, d), maybe `weights` (N, L), `groups` {kind: labels (N,)} | `sbc_cells`, `coverage_90_cells`, `bias`, `width` |
| `tarp` | `truths` (N, d), `draws` (N, L, d), as normal scores of the prior | `tarp` |
| `pit` | `measured` (N,), `predictions` (N, L) | `pit` |
| `values` | `values` (k,), `errors` (k,), `statistic`, `goal`, `sense` | its `name` |
| `flag` | `ok` | its `name` |

Any may have a `name`, which goes before the verdict's. Every verdict compares with its goal plus
or minus the Monte-Carlo error of this very report, at a level shared out so that all verdicts
together fail a right model in at most 1 % of runs.

Labels of groups must be functions of the data: see the warning in `calibration`.
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri
from scipy.stats import binom, kstwo, norm

from astroviz.accuracy.calibration import calibrate, rank_correlation, ranks
from astroviz.accuracy.pit import pit
from astroviz.accuracy.tarp import credibilities, random_references

__all__ = ["FALSE_ALARMS", "GOALS", "Verdict", "verdicts"]

FALSE_ALARMS = 0.01  # of a right model, over all verdicts of a report
GOALS: dict[str, float] = {
    "sbc_cells": 0.90,  # part of the cells with a KS p above 0.05
    "coverage_90_cells": 0.95,  # part of the cells whose 90 % intervals cover 87 to 93 %
    "coverage_90_tolerance": 0.03,
    "bias": 0.075,  # worst mean normal score of the ranks: shift in posterior standard deviations
    "width": 0.08,  # worst |ln| of their spread: intervals too narrow or wide by this part
    "pit": 0.10,  # largest distance from uniform
}
# Correlation of two KS rejections at 5 % whose ranks have a normal copula of correlation rho,
# by simulation of 20,000 pairs of samples.
_RHO = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
_BOTH = (0.0, 0.05, 0.08, 0.11, 0.16, 0.25, 0.38, 0.50, 0.61, 1.0)

Block = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    r"""One line of a report.

    Arguments:
        name: What was measured.
        value: The measured figure.
        bound: What it is compared with, Monte-Carlo error included.
        passed: Whether it holds.
    """

    name: str
    value: float
    bound: float
    passed: bool


def verdicts(blocks: Iterable[Block], quick: bool = False, seed: int = 0) -> list[dict[str, Any]]:
    r"""Judge the arrays of a room.

    Arguments:
        blocks: What `checks` of the room returned; see the module's table.
        quick: Pool the cells over all kinds of groups but the first.
        seed: Seed of tie-breaking and of random references.

    Returns:
        One `{"name", "value", "bound", "passed"}` for each verdict, numbers finite.
    """
    blocks = list(blocks)
    unknown = sorted({str(b.get("kind")) for b in blocks} - set(_JUDGES))
    if unknown:
        raise ValueError(f"no check of kind {unknown[0]!r}; there are {', '.join(_JUDGES)}")
    alpha = FALSE_ALARMS / max(1, sum(_COUNTS.get(b["kind"], 1) for b in blocks))
    found: list[Verdict] = []
    for place, block in enumerate(blocks):
        found += _JUDGES[block["kind"]](block, alpha, quick, seed + 10 * place)
    bad = [v.name for v in found if not (np.isfinite(v.value) and np.isfinite(v.bound))]
    if bad:
        raise ValueError(f"the figure of {bad[0]} is not finite; the room's arrays hold NaN")
    return [asdict(verdict) for verdict in found]


def _named(block: Block, name: str) -> str:
    prefix = block.get("name")
    return f"{prefix}: {name}" if prefix else name


def _at_most(name: str, value: float, bound: float) -> Verdict:
    return Verdict(name, float(value), float(bound), bool(value <= bound + 1e-12))


def _at_least(name: str, value: float, bound: float) -> Verdict:
    return Verdict(name, float(value), float(bound), bool(value >= bound - 1e-12))


def _judge_ranks(block: Block, alpha: float, quick: bool, seed: int) -> list[Verdict]:
    u = ranks(block["truths"], block["draws"], block.get("weights"), seed)
    groups = dict(block.get("groups") or {})
    if quick:
        groups = dict(list(groups.items())[:1])
    parameters = list(block["parameters"])
    cells = calibrate(u, parameters, groups) or calibrate(u, parameters, smallest=1)
    members = _members(u, groups)
    effective = _effective_number(u, members, len(cells))
    passed = float(np.mean([cell.ks_p > 0.05 for cell in cells]))
    tolerance = GOALS["coverage_90_tolerance"]
    covered = float(np.mean([abs(c.coverage - 0.9) <= tolerance + 1e-12 for c in cells]))
    # how often a cell of an exact posterior leaves the tolerance by chance
    stray = float(np.mean([_stray(cell.count, tolerance) for cell in cells]))
    scores = ndtri(u)
    bias = float(np.abs(scores.mean(0)).max())
    width = float(np.abs(0.5 * np.log((scores**2).mean(0))).max())
    z = float(norm.isf(alpha / (2 * len(parameters))))
    sbc = GOALS["sbc_cells"] - _margin(0.05, effective, alpha)
    # small cells of an exact posterior stray so often that the goal itself is out of reach
    cover = min(GOALS["coverage_90_cells"], 1 - stray) - _margin(stray, effective, alpha)
    return [
        _at_least(_named(block, "sbc_cells"), passed, max(sbc, 0.0)),
        _at_least(_named(block, "coverage_90_cells"), covered, max(cover, 0.0)),
        _at_most(_named(block, "bias"), bias, GOALS["bias"] + z / np.sqrt(len(u))),
        _at_most(_named(block, "width"), width, GOALS["width"] + z / np.sqrt(2 * len(u))),
    ]


def _members(u: np.ndarray, groups: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Rows of each combination of labels."""
    if not groups:
        return [np.arange(len(u))]
    keys = np.array(["\x1f".join(row) for row in zip(*(map(str, v) for v in groups.values()),
                                                     strict=True)])  # fmt: skip
    return [rows for key in np.unique(keys) if len(rows := np.flatnonzero(keys == key)) >= 50]


def _effective_number(u: np.ndarray, members: list[np.ndarray], cells: int) -> int:
    r"""How many independent cells the correlated ones are worth.

    Cells of different stars are independent; those of different parameters of the same stars are
    not, since age and mass go astray together. From the variance of their number of rejections.
    """
    together = 0.0
    for rows in members or [np.arange(len(u))]:
        together += float(np.interp(np.abs(rank_correlation(u[rows])), _RHO, _BOTH).sum())
    return max(1, int(cells**2 / together))


def _stray(count: int, tolerance: float) -> float:
    """Chance that the coverage of a cell of an exact posterior misses 90 % by the tolerance."""
    low, high = (
        np.ceil((0.9 - tolerance) * count - 1e-9),
        np.floor((0.9 + tolerance) * count + 1e-9),
    )
    return float(binom.cdf(low - 1, count, 0.9) + binom.sf(high, count, 0.9))


def _margin(chance: float, number: int, alpha: float) -> float:
    """How far chance failures exceed their mean, but for a part `alpha` of the reports."""
    return max(0.0, float(binom.isf(alpha, number, chance)) / number - chance)


def _judge_tarp(block: Block, alpha: float, quick: bool, seed: int) -> list[Verdict]:
    truths = np.asarray(block["truths"])
    references = random_references(truths.shape[0], truths.shape[1], seed)
    f = np.sort(credibilities(truths, block["draws"], references, seed))
    return [_uniform(_named(block, "tarp"), f, 0.0, alpha)]


def _judge_pit(block: Block, alpha: float, quick: bool, seed: int) -> list[Verdict]:
    u = pit(block["measured"], block["predictions"], block.get("weights"), seed)
    return [_uniform(_named(block, "pit"), np.sort(u), GOALS["pit"], alpha)]


def _uniform(name: str, ordered: np.ndarray, goal: float, alpha: float) -> Verdict:
    """Largest distance of sorted numbers from the uniform distribution."""
    n = len(ordered)
    steps = np.arange(n + 1) / n
    distance = max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max())
    return _at_most(name, distance, goal + float(kstwo.isf(alpha, n)))


def _judge_values(block: Block, alpha: float, quick: bool, seed: int) -> list[Verdict]:
    values, errors = (np.atleast_1d(np.asarray(block[k], float)) for k in ("values", "errors"))
    statistic, sense = block["statistic"], block["sense"]
    if statistic not in _STATISTICS or sense not in ("at most", "at least"):
        raise ValueError(
            f"a check of values needs a statistic of {', '.join(_STATISTICS)} and a sense "
            f"'at most' or 'at least', but has {statistic!r} and {sense!r}"
        )
    rms, k = float(np.sqrt((errors**2).mean())), len(values)
    z = float(norm.isf(alpha / k if statistic in ("max", "min") else alpha))
    spread = {"mean": rms / np.sqrt(k), "median": 1.2533 * rms / np.sqrt(k)}
    margin = z * spread.get(statistic, float(errors.max()))
    value, name = float(_STATISTICS[statistic](values)), _named(block, statistic)
    if sense == "at most":
        return [_at_most(name, value, block["goal"] + margin)]
    return [_at_least(name, value, block["goal"] - margin)]


def _judge_flag(block: Block, alpha: float, quick: bool, seed: int) -> list[Verdict]:
    return [_at_least(str(block.get("name", "flag")), float(bool(block["ok"])), 1.0)]


_STATISTICS: dict[str, Callable[[np.ndarray], Any]] = {
    "max": np.max,
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
}
_JUDGES: dict[str, Callable[[Block, float, bool, int], list[Verdict]]] = {
    "flag": _judge_flag,
    "pit": _judge_pit,
    "ranks": _judge_ranks,
    "tarp": _judge_tarp,
    "values": _judge_values,
}
_COUNTS = {"ranks": 4}
