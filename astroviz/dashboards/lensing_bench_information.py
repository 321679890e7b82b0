"""The bench's mode *Information*: point at the source, and the pixels that know of it glow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.plots.image import LAYERS, ImagePlot

__all__ = ["InformationPanel"]


class InformationPanel:
    r"""A map of how well each place of the source is known, under the pointer.

    Arguments:
        view: The bench.
    """

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        layers = {name: LAYERS[name] for name in ("caustic", "cursor", "source")}
        self.map = ImagePlot(
            "bench-known", view.shell.dark, layers=layers, colours="spread",
            label="spread after / before the observation",
        )  # fmt: skip
        self.plots = (self.map,)
        self.card = card(
            "What is left unknown of the source", framed(figure_pane(self.map.layout))
        )
        self.found: Any = None
        self.place: tuple[float, float] | None = None
        self.map.on_hover(self._hover)
        self.map.on_tap(self._pin)
        self.map.on_leave(lambda: self._glow(self.place))

    @property
    def content(self) -> tuple[Any, ...]:
        """The cards, from above."""
        return (self.card,)

    def collect(self, bench: Any) -> Callable[[Any], Any]:
        """Weigh pixels in the thread of the picture."""
        return self.explorer.bench_information(bench)

    def show(self, bench: Any, picture: Any, more: Any) -> None:
        """Show what is known of the source, and the glow of the place that is pinned."""
        self.found = more
        top = min(1.0, max(0.05, 1.05 * float(more.unknown.max())))
        self.map.update(
            more.unknown, more.size / len(more.unknown), centre=more.centre, limits=(0.0, top)
        )
        self.map.set_layer("caustic", picture.caustics)
        if self.place is None or more.pixel_at(*self.place) is None:
            self.place = bench.source_centre
        self._glow(self.place)

    def _hover(self, x: float, y: float) -> None:
        self._glow((x, y))

    def _pin(self, x: float, y: float) -> None:
        self.place = (x, y)
        self._glow(self.place)

    def _glow(self, place: tuple[float, float] | None) -> None:
        if self.found is None or place is None:
            return
        pixel = self.found.pixel_at(*place)
        image = self.view.planes.image
        self.map.set_layer("cursor", [place])
        self.map.set_layer("source", [self.place] if self.place else [])
        if pixel is None:
            image.set_glow("glow", None)
            return
        glow = self.found.glow(pixel)
        image.set_glow("glow", glow, float(max(glow.max(), 1e-6)))
        image.set_layer("images", [])
        left = float(self.found.unknown.ravel()[pixel])
        strong = int((glow > 0.5 * glow.max()).sum())
        image.figure.title.text = (
            f"{strong} pixels glow at least half as much as the best, which alone takes away "
            f"{100 * float(glow.max()):.0f} % of the variance"
        )
        self.map.figure.title.text = (
            f"({place[0]:+.2f}, {place[1]:+.2f})\u2033: {100 * left:.0f} % of the spread is left"
        )

    def leave(self) -> None:
        """Take from the image what belongs to this mode."""
        image = self.view.planes.image
        image.set_glow("glow", None)
        image.figure.title.text = " "

    def figures(self) -> dict[str, tuple[str, str]]:
        """How much the image says in all."""
        if self.found is None:
            return {}
        known = self.found.unknown
        return {
            "Source pixels asked": (f"{known.size}", ""),
            "Numbers that the data fix": (f"{self.found.numbers_measured:.0f}", ""),
            "Best known": (f"{100 * float(np.min(known)):.0f}", "% of spread left"),
            "Median": (f"{100 * float(np.median(known)):.0f}", "% left"),
            "Least known": (f"{100 * float(np.max(known)):.0f}", "% left"),
        }

    def sentence(self) -> str:
        """The state's own sentence is enough."""
        return ""

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved."""
        return {} if self.found is None else {"What is known of the source": self.found.table}

    def close(self) -> None:
        """The tab is gone."""
