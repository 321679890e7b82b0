r"""Still pictures of the trap gallery, for places where no widget can live."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.accuracy.defects import DEFECTS
from astroviz.accuracy.traps_words import HEADS, short
from astroviz.widgets.blank_picture import new_figure, png

__all__ = ["gallery_png", "power_png"]

# Okabe & Ito: told apart by people of any colour vision.
_BLUE, _GREEN, _ORANGE, _GREY, _BLACK = "#0072B2", "#009E73", "#D55E00", "#EDF0F3", "#1C2530"
_FILLS = {"caught": _BLUE, "missed": _GREY}


def gallery_png(matrix: Any, pictures: Any) -> bytes | None:
    r"""Pictures of the posteriors, and the table of who notices.

    Arguments:
        matrix: An `accuracy.traps_state.TrapMatrix`.
        pictures: `accuracy.traps_picture.TrapPicture`, one for each trap.
    """
    figure = new_figure(11, 5)
    if figure is None:
        return None
    left, right = figure.subfigures(1, 2, width_ratios=(2, 3))
    for axes, one in zip(left.subplots(3, 3).ravel(), pictures, strict=False):
        edges = sorted({*one.true_levels, 2 * float(one.true.max())})
        axes.contourf(one.axis, one.axis, one.true, levels=edges, colors=_GREEN, alpha=0.35)
        levels = sorted(set(one.claimed_levels))
        axes.contour(one.axis, one.axis, one.claimed, levels=levels, colors=_ORANGE, linewidths=1)
        axes.plot(*one.truth, "x", color=_BLACK, ms=4)
        axes.set_title(DEFECTS[one.name].title, fontsize=7)
        axes.set_xticks([])
        axes.set_yticks([])
    _table(right.subplots(), matrix)
    return png(figure, 100)


def power_png(found: Any, trap: str) -> bytes | None:
    r"""Detection rates of a trap.

    Arguments:
        found: An `accuracy.traps_power.TrapPower`.
        trap: Its name.
    """
    figure = new_figure(7, 3.6)
    if figure is None:
        return None
    axes = figure.subplots()
    for name, rates in found.rates.items():
        if np.isfinite(rates).any():
            bold = name == found.suite
            axes.plot(found.sizes, rates, color=_BLACK if bold else None, lw=2.5 if bold else 1.0,
                      label=name)  # fmt: skip
    axes.axhline(found.level, color=_GREEN, ls="--", lw=1)
    axes.set_title(DEFECTS[trap].title, fontsize=9)
    axes.set(xlabel="how wrong (size of the defect)", ylabel="noticed (share of repeats)",
             ylim=(-0.02, 1.04))  # fmt: skip
    axes.legend(fontsize=6, ncols=2, frameon=False)
    return png(figure)


def _table(axes: Any, matrix: Any) -> None:
    for i, row in enumerate(matrix.states):
        for j, state in enumerate(row):
            fill = _FILLS.get(state)
            if fill:
                axes.add_patch(_box(j, i, fill))
                colour = "white" if state == "caught" else _BLACK
                axes.text(j, i, matrix.texts[i][j], ha="center", va="center", fontsize=6,
                          color=colour)  # fmt: skip
    axes.set_xticks(range(len(matrix.traps)), [HEADS[name] for name in matrix.traps], fontsize=6)
    axes.set_yticks(range(len(matrix.checks)), [short(name) for name in matrix.checks], fontsize=7)
    axes.set(xlim=(-0.5, len(matrix.traps) - 0.5), ylim=(len(matrix.checks) - 0.5, -0.5))
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _box(x: float, y: float, fill: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.44), 0.94, 0.88, color=fill)
