r"""A still picture of a trial, for places where no widget can live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from astroviz.widgets.blank_picture import new_figure, png

__all__ = ["trial_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _GREEN, _ORANGE, _GREY = "#0072B2", "#009E73", "#D55E00", "#8B95A1"


def trial_png(found: Any, table: Any, scene: Any, checks: Mapping[str, Any]) -> bytes | None:
    r"""p-values of the checks, cells by parameter and group, and one posterior.

    Arguments:
        found: An `accuracy.trial_run.Found`.
        table: An `accuracy.trial_cells.CellTable`.
        scene: An `accuracy.trial_objects.ObjectScene`, or None.
        checks: The table of checks, for their titles.
    """
    figure = new_figure(12, 3.6)
    if figure is None:
        return None
    bars, cells, one = figure.subplots(1, 3)
    _draw_checks(bars, found.report, checks)
    _draw_cells(cells, table)
    _draw_object(one, scene)
    return png(figure)


def _draw_checks(axes: Any, report: Any, checks: Mapping[str, Any]) -> None:
    tested = [one for one in report.outcomes if np.isfinite(one.p_value)]
    for k, one in enumerate(tested):
        failed = one.check in report.rejected
        height = -np.log10(max(one.p_value, 1e-12))
        axes.barh(k, height, color=_ORANGE if failed else _GREEN, hatch="//" if failed else "")
    axes.axvline(-np.log10(report.level), color=_GREY, ls="--", lw=1)
    axes.set_yticks(range(len(tested)), [checks[one.check].title for one in tested], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("\u2212log10 p (hatched: rejects)", fontsize=8)


def _draw_cells(axes: Any, table: Any) -> None:
    axes.imshow(table.values, cmap="PuOr_r", vmin=-1.4, vmax=1.4, aspect="auto")
    axes.set_xticks(range(len(table.columns)), table.columns, fontsize=6, rotation=30, ha="right")
    axes.set_yticks(range(len(table.rows)), table.rows, fontsize=7)
    for i, line in enumerate(table.texts):
        for j, text in enumerate(line):
            axes.text(j, i, text, ha="center", va="center", fontsize=6)


def _draw_object(axes: Any, scene: Any) -> None:
    if scene is None:
        axes.set_axis_off()
        return
    axes.set_title(scene.name, fontsize=8)
    if scene.kind == "images":
        axes.imshow(np.concatenate(list(scene.draws[:3]), 1), origin="lower", cmap="magma")
        axes.set_axis_off()
        return
    x, y = scene.draws[:, 0], scene.draws[:, min(1, scene.draws.shape[1] - 1)]
    axes.plot(x, y, "o", color=_BLUE, ms=2.5)
    axes.plot(scene.truth[0], scene.truth[min(1, len(scene.truth) - 1)], "*", color=_ORANGE,
              ms=12)  # fmt: skip
    labels = [f"{axis.label} ({axis.unit})" if axis.unit else axis.label for axis in scene.axes]
    axes.set_xlabel(labels[0], fontsize=8)
    axes.set_ylabel(labels[min(1, len(labels) - 1)], fontsize=8)
