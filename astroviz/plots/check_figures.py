r"""The figure of a check, chosen by the arrays that its outcome carries.

A check hands over plain arrays (`Outcome.curves`); their names say what is drawn, so that a new
check of a known kind needs nothing here:

| kind | names in `curves` | figure |
| --- | --- | --- |
| `coverage` | `credibility` (or `levels`), `coverage` (K,), maybe `lower`, `upper`, `bootstrap` | expected coverage beside the diagonal |
| `ecdf` | `levels`, `lower`, `upper` (K,), `difference` (K,), (d, K), or `difference:NAME` (K,) each | ranks beside their band |
| `ranks` | `ranks` (N,) or (N, d), in 0 to 1 (also `pit`, `u`) | histogram with the band of a bin |
| `bias` | `bias`, `width` with `bias_error`, `width_error`, or the `count` of objects (d,) | shift and width by parameter or cell |
| `pqmass` | `chi_square` (R,), `dof`, maybe `permuted` (P,), no `null` | chi^2 beside its law |
| `contraction` | `z`, `contraction` (N, d) | z-score against contraction |
| `running` | `count`, `running`, `running_error` (K,) | a mean score as objects come in |
| `pairs` | `claimed`, `found`, `error` (k,) | what draws claim against what truths show |
| `residuals` | `reduced`, `dof` (N,) | reduced chi^2 beside the law of noise |
| `null` | `null` (P,) | the measured value beside the null hypothesis |
| `p` | none, but several p-values in `by` | p-values from the smallest on |
| `score` | none | value with its error beside what is expected |

Where a row does not name the parameters, they are those of `by` if it has as many.
"""  # noqa: E501 - a table row cannot be broken

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from astroviz.plots.bias_width import BiasWidth
from astroviz.plots.claimed_found import ClaimedFound
from astroviz.plots.ecdf_bands import EcdfBands
from astroviz.plots.expected_coverage import ExpectedCoverage
from astroviz.plots.frame import Chart
from astroviz.plots.mira_score import MiraScore
from astroviz.plots.null_histogram import NullHistogram
from astroviz.plots.p_values import PValues
from astroviz.plots.pqmass_histogram import PQMassHistogram
from astroviz.plots.rank_histogram import RankHistogram
from astroviz.plots.residual_histogram import ResidualHistogram
from astroviz.plots.running_score import RunningScore
from astroviz.plots.z_contraction import ZContraction

__all__ = ["KINDS", "chart_of", "figure_of", "kind_of"]

_CHARTS: dict[str, Callable[[bool], Any]] = {
    "coverage": lambda dark: ExpectedCoverage(dark),
    "ecdf": lambda dark: EcdfBands(dark),
    "bias": lambda dark: BiasWidth(dark),
    "pqmass": lambda dark: PQMassHistogram(dark=dark),
    "contraction": lambda dark: ZContraction(dark),
    "running": lambda dark: RunningScore(dark=dark),
    "pairs": lambda dark: ClaimedFound(dark=dark),
    "residuals": lambda dark: ResidualHistogram(dark=dark),
    "null": lambda dark: NullHistogram(dark=dark),
    "ranks": lambda dark: RankHistogram(dark=dark),
    "p": lambda dark: PValues(dark=dark),
    "score": lambda dark: MiraScore("measured figure, with its error", dark),
}
_NEEDS: dict[str, tuple[str, ...]] = {
    "coverage": ("credibility", "coverage"),
    "ecdf": ("levels", "lower", "upper"),
    "bias": ("bias", "width", "bias_error", "width_error"),
    "pqmass": ("chi_square", "dof"),
    "contraction": ("z", "contraction"),
    "running": ("count", "running", "running_error"),
    "pairs": ("claimed", "found", "error"),
    "residuals": ("reduced", "dof"),
    "null": ("null",),
    "ranks": ("ranks",),
}
KINDS = tuple(_CHARTS)
"""Kinds of figures, in the order in which they are tried."""

_ALIASES = {"pit": "ranks", "u": "ranks"}
_STATISTICS = {
    "c2st": "accuracy of the classifier (fraction)",
    "local_c2st": "statistic of the local classifier",
    "mmd": "kernel distance (scatter of exchanges)",
    "pqmass": "mean \u03c7\u00b2 / degrees of freedom",
    "sliced": "sliced Wasserstein distance (scatter of the truths)",
}


def kind_of(outcome: Any) -> str:
    r"""Which kind of figure an outcome gets.

    Arguments:
        outcome: An `Outcome`, or its `to_dict()`.

    Example:
        >>> kind_of({"check": "tarp", "curves": {"credibility": [0, 1], "coverage": [0, 1]}})
        'coverage'
    """
    curves = _curves(_mapping(outcome))
    for kind, names in _NEEDS.items():
        there = all(name in curves and np.size(curves[name]) for name in names)
        if kind == "ecdf":
            there = there and "difference" in curves
        if kind == "pqmass":
            there = there and not np.size(curves.get("null", ()))
        if there:
            return kind
    known = [v for v in _mapping(outcome).get("by", {}).values() if v is not None]
    return "p" if sum(np.isfinite(v) for v in known) > 1 else "score"


def chart_of(outcome: Any, dark: bool = False, chart: Any = None) -> Any:
    r"""The figure of an outcome, as a chart that can be patched.

    Arguments:
        outcome: An `Outcome`, or its `to_dict()`.
        dark: Whether the ground is dark.
        chart: What this function gave before: it is patched in place if the kind is the same.

    Returns:
        A chart with `layout`, `set_dark(dark)` and `describe()`.

    Example:
        >>> outcome = {"check": "sbc", "by": {"age": 0.2, "mass": 0.4}, "sentence": "Fine."}
        >>> chart = chart_of(outcome)
        >>> chart_of(outcome, chart=chart) is chart
        True
    """
    found, kind = _mapping(outcome), kind_of(outcome)
    if chart is None or getattr(chart, "kind", "") != kind:
        chart = _CHARTS[kind](dark)
        chart.kind = kind
    chart.set_dark(dark)
    if kind == "null":
        label = _STATISTICS.get(str(found.get("check", "")), "statistic")
        if chart.figure.xaxis[0].axis_label != label:
            chart.figure.xaxis[0].axis_label = label
    chart.update(_values(found, kind))
    return chart


def figure_of(outcome: Any, dark: bool = False) -> Any:
    r"""The figure of an outcome, as a Bokeh model.

    Arguments:
        outcome: An `Outcome`, or its `to_dict()`.
        dark: Whether the ground is dark.
    """
    chart: Chart = chart_of(outcome, dark)
    return chart.layout


def _mapping(outcome: Any) -> Mapping[str, Any]:
    return outcome if isinstance(outcome, Mapping) else vars(outcome)


def _curves(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays under the names that figures know."""
    found: dict[str, Any] = {}
    differences: dict[str, Any] = {}
    given: Mapping[str, Any] = outcome.get("curves") or {}
    for name, value in given.items():
        if name.startswith("difference:"):
            differences[name.removeprefix("difference:")] = value
        else:
            found[_ALIASES.get(name, name)] = value
    if "coverage" in found and "levels" in found:
        found.setdefault("credibility", found.pop("levels"))
    if "bias" in found and "count" in found and "bias_error" not in found:
        root = np.sqrt(np.maximum(np.asarray(found["count"], float), 1.0))
        found |= {"bias_error": 1 / root, "width_error": 1 / (np.sqrt(2) * root)}
    if "difference" in found and not isinstance(found["difference"], Mapping):
        rows = np.atleast_2d(np.asarray(found["difference"], float))
        found["difference"] = dict(zip(_names(outcome, len(rows)), rows, strict=True))
    if differences:
        found["difference"] = {**dict(found.get("difference") or {}), **differences}
    return found


def _names(outcome: Mapping[str, Any], size: int) -> list[str]:
    """Names of parameters, or of pairs: of the outcome's p-values, if there is one for each."""
    by = list(outcome.get("by") or {})
    pairs = [name for name in by if ", " in name]
    by = pairs if len(pairs) == size else by
    if len(by) == size:
        return [str(name) for name in by]
    return ["all" if size == 1 else f"dimension {k + 1}" for k in range(size)]


def _values(outcome: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What the chart of a kind is updated with."""
    curves = _curves(outcome)
    first = {"bias": "bias", "contraction": "z", "pairs": "claimed"}
    if kind in first and "names" not in curves:
        shape = np.shape(curves[first[kind]])
        curves["names"] = _names(outcome, int(shape[-1]) if shape else 1)
    if kind == "p":
        return {"by": outcome.get("by", {})}
    number = {k: _number(outcome.get(k)) for k in ("value", "expected", "error")}
    if kind == "running":
        return {"expected": number["expected"], **curves}
    if kind == "null":
        return {"value": number["value"], "expected": number["expected"], **curves}
    if kind == "score":
        return {
            "names": [str(outcome.get("check", ""))], "score": [number["value"]],
            "error": [np.nan_to_num(number["error"])], "expected": number["expected"],
        }  # fmt: skip
    return curves


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
