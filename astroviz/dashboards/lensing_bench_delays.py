"""The bench's mode *Delays*: a quasar's images, the surface of arrival times, light curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.plots.curves import Curve, Curves

__all__ = ["DelaysPanel"]

_NAMES = "ABCDEFGH"
_ROLES = ("posterior", "truth", "literature", "pinned", "limit", "line", "ink", "faint")


class DelaysPanel:
    r"""Contours of the arrival time over the image, and what a patient watcher sees.

    Arguments:
        view: The bench.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        curves = [Curve(name, role) for name, role in zip(_NAMES[:5], _ROLES, strict=False)]
        self.chart = Curves(
            "bench-delays", "days", "magnitude", curves, view.shell.dark,
            legend="bottom_right",
        )  # fmt: skip
        self.plots = (self.chart,)
        self.curves = card(
            "A flickering quasar (simulated)", framed(figure_pane(self.chart.layout))
        )
        self.times: Any = None

    @property
    def content(self) -> tuple[Any, ...]:
        """The cards, from above."""
        return self.view.planes.source_card, self.curves

    def collect(self, bench: Any) -> Callable[[Any], Any]:
        """Find images and contours in the thread of the picture."""
        return self.explorer.bench_arrivals(bench)

    def show(self, bench: Any, picture: Any, more: Any) -> None:
        """Show images, contours, light curves."""
        self.times = more
        image = self.view.planes.image
        image.set_layer("levels", more.levels)
        image.set_layer("saddles", more.saddles)
        places = [(one.x, one.y) for one in more.images]
        image.set_layer("images", places)
        words = [
            f"{name} {one.delay:.3g} d" for name, one in zip(_NAMES, more.images, strict=False)
        ]
        image.set_layer("names", places[: len(words)], words=words)
        self._show_curves(more)

    def _show_curves(self, times: Any) -> None:
        days, curves = self.explorer.bench_light_curves(times)
        data = {name: (days, curve) for name, curve in zip(_NAMES[:5], curves, strict=False)}
        found = np.concatenate(curves) if curves else np.zeros(1)
        low, high = float(found.min()) - 0.15, float(found.max()) + 0.15
        self.chart.figure.x_range.update(start=0.0, end=float(days[-1]))
        self.chart.figure.y_range.update(start=high, end=low)
        self.chart.update(
            data,
            f"Light curves of {len(curves)} images of one quasar, each later by its delay.",
        )

    def figures(self) -> dict[str, tuple[str, str]]:
        """Every image with its kind, delay and magnification."""
        if self.times is None:
            return {}
        found = {
            f"{name}: {one.kind}": (
                f"{one.delay:.2f}", f"d, {one.magnification:+.1f} \u00d7".replace("-", "\u2212")
            )
            for name, one in zip(_NAMES, self.times.images, strict=False)
        }  # fmt: skip
        return found or {"Images": ("none", "in the frame")}

    def leave(self) -> None:
        """Take from the image what belongs to this mode."""
        for name in ("levels", "saddles", "images", "names"):
            self.view.planes.image.set_layer(name)

    def sentence(self) -> str:
        """The state's own sentence is enough."""
        return ""

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        return {} if self.times is None else {"Images of the quasar": self.times.table}

    def close(self) -> None:
        """The tab is gone."""
