r"""The figure of a check, chosen by the arrays that its outcome carries.

A check hands over plain arrays (`Outcome.curves`); their names say what is drawn, so that a new
check of a known kind needs nothing here:

| kind | names in `curves` | figure |
| --- | --- | --- |
| `coverage` | `credibility`, `coverage` (K,), maybe `lower`, `upper`, `bootstrap` | expected coverage beside the diagonal |
| `ecdf` | `levels`, `lower`, `upper` (K,), `difference` (K,), (d, K), or `difference:NAME` (K,) each | ranks beside their band |
| `ranks` | `ranks` (N,) or (N, d), in 0 to 1 (also `pit`, `u`) | histogram with the band of a bin |
| `bias` | `bias`, `width`, `bias_error`, `width_error` (d,) | shift and width by parameter |
| `pqmass` | `chi_square` (R,), `dof`, maybe `permuted` (P,) | chi^2 beside its law |
| `contraction` | `z`, `contraction` (N, d) | z-score against contraction |
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
from astroviz.plots.ecdf_bands import EcdfBands
from astroviz.plots.expected_coverage import ExpectedCoverage
from astroviz.plots.frame import Chart
from astroviz.plots.mira_score import MiraScore
from astroviz.plots.null_histogram import NullHistogram
from astroviz.plots.p_values import PValues
from astroviz.plots.pqmass_histogram import PQMassHistogram
from astroviz.plots.rank_histogram import RankHistogram
from astroviz.plots.z_contraction import ZContraction

__all__ = ["KINDS", "chart_of", "figure_of", "kind_of"]

_CHARTS: dict[str, Callable[[bool], Any]] = {
    "coverage": lambda dark: ExpectedCoverage(dark),
    "ecdf": lambda dark: EcdfBands(dark),
    "bias": lambda dark: BiasWidth(dark),
    "pqmass": lambda dark: PQMassHistogram(dark=dark),
    "contraction": lambda dark: ZContraction(dark),
    "ranks": lambda dark: RankHistogram(dark=dark),
    "null": lambda dark: NullHistogram(dark=dark),
    "p": lambda dark: PValues(dark=dark),
    "score": lambda dark: MiraScore("measured figure, with its error", dark),
}
_NEEDS: dict[str, tuple[str, ...]] = {
    "coverage": ("credibility", "coverage"),
    "ecdf": ("levels", "lower", "upper"),
    "bias": ("bias", "width", "bias_error", "width_error"),
    "pqmass": ("chi_square", "dof"),
    "contraction": ("z", "contraction"),
    "ranks": ("ranks",),
    "null": ("null",),
}
KINDS = tuple(_CHARTS)
"""Kinds of figures, in the order in which they are tried."""

_ALIASES = {"pit": "ranks", "u": "ranks"}


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
        if there and (kind != "ecdf" or "difference" in curves):
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
    if "difference" in found and not isinstance(found["difference"], Mapping):
        rows = np.atleast_2d(np.asarray(found["difference"], float))
        found["difference"] = dict(zip(_names(outcome, len(rows)), rows, strict=True))
    if differences:
        found["difference"] = {**dict(found.get("difference") or {}), **differences}
    return found


def _names(outcome: Mapping[str, Any], size: int) -> list[str]:
    """Names of parameters: of the outcome's p-values, if there is one for each."""
    by = list(outcome.get("by") or {})
    if len(by) == size:
        return [str(name) for name in by]
    return ["all" if size == 1 else f"dimension {k + 1}" for k in range(size)]


def _values(outcome: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What the chart of a kind is updated with."""
    curves = _curves(outcome)
    if kind in ("bias", "contraction") and "names" not in curves:
        shape = np.shape(curves["bias" if kind == "bias" else "z"])
        curves["names"] = _names(outcome, int(shape[-1]) if shape else 1)
    if kind == "p":
        return {"by": outcome.get("by", {})}
    number = {k: _number(outcome.get(k)) for k in ("value", "expected", "error")}
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
