"""The bench's mode *Mass sheet*: what a sheet of mass leaves as it is, and what it changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.plots.curves import Curve, Curves

__all__ = ["SheetPanel"]


class SheetPanel:
    r"""The source plane of the lens with the sheet, and the mean convergence of both lenses.

    Arguments:
        view: The bench.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        self.chart = Curves(
            "bench-sheet", "radius about the lens (arcsec)", "mean convergence within it",
            [Curve("this lens", "posterior"), Curve("with the sheet", "truth", dash="dashed"),
             Curve("Einstein radius", "line", dash="dotted", width=1.5)],
            view.shell.dark,
        )  # fmt: skip
        self.plots = (self.chart,)
        self.curves = card("Mass of both lenses", framed(figure_pane(self.chart.layout)))
        self.sheet: Any = None

    @property
    def content(self) -> tuple[Any, ...]:
        """The cards, from above."""
        return self.view.planes.source_card, self.curves

    def collect(self, bench: Any) -> Callable[[Any], Any] | None:
        """Nothing here takes long."""
        return None

    def show(self, bench: Any, picture: Any, more: Any) -> None:
        """Show the lens with its sheet."""
        self.sheet = found = self.explorer.bench_sheeted(bench, picture)
        self.view.planes.show_source(found.factor)
        ring = bench.lens[0]
        top = float(min(found.own.max(), 4.0))
        self.chart.figure.x_range.update(start=0.0, end=float(found.radius[-1]))
        self.chart.figure.y_range.update(start=0.0, end=top * 1.05)
        self.chart.update(
            {
                "this lens": (found.radius, found.own),
                "with the sheet": (found.radius, found.sheeted),
                "Einstein radius": ([ring, ring], [0.0, top * 1.05]),
            },
            f"Mean convergence of a lens and of its double with a mass sheet; at the Einstein "
            f"radius, {ring:.2f} arcsec, both are one.",
        )

    def figures(self) -> dict[str, tuple[str, str]]:
        """What stays, and what changes."""
        found = self.sheet
        more = 100 * (found.mass_sheeted / found.mass - 1)
        delay = f"{found.delay:.1f}" if math.isfinite(found.delay) else "\u2013"
        change = f"{100 * found.difference:.1g}" if found.difference > 1e-6 else "0"
        return {
            "Image": (change, "% changed"),
            "Source": (f"{found.factor:.3f}", "\u00d7 as large"),
            "Magnifications": (f"{found.factor**-2:.2f}", "\u00d7"),
            "Longest delay": (delay, "days"),
            "H\u2080 without the sheet": (f"{found.hubble:.1f}", "km/s/Mpc"),
            "Mass in 2 \u03b8_E": (f"{more:+.0f}".replace("-", "\u2212"), "%"),
        }

    def sentence(self) -> str:
        """The state's own sentence is enough."""
        return ""

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        return {} if self.sheet is None else {"Mean convergence": self.sheet.table}

    def close(self) -> None:
        """The tab is gone."""
