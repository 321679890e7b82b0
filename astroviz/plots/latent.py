r"""The latent space of simulated and real stars, over the steps of a training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Legend, LegendItem, Scatter, Segment
from bokeh.plotting import figure

from astroviz.plots.coloured import REAL, SIMULATED, ColouredMap, ColourScale
from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import mark, new_figure
from astroviz.plots.theme import style_legend

__all__ = ["LatentMap"]

DOMAINS = {SIMULATED: ("simulated", "posterior"), REAL: ("real", "pinned")}
LINKS = {"plan": ("transport plan", "line", 0.9), "pairs": ("nearest truth", "limit", 1.25)}
# (on white, on dark) for categories; yellow would be lost on white
_HUES = (
    ("#0072b2", "#56b4e9"), ("#e69f00", "#e69f00"), ("#009e73", "#2cc295"),
    ("#cc79a7", "#dd93ba"), ("#56b4e9", "#f0e442"), ("#7b2d8e", "#b79be0"),
    ("#8a5a00", "#c3ccd6"),
)  # fmt: skip
_LETTER, _ENTRY = 5.8, 36  # pixels of a legend: a letter, and what is beside the text


class LatentMap(ColouredMap):
    r"""Positions of stars of both domains; simulated ones are open circles, real ones diamonds.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        super().__init__(dark)
        self._place = np.empty((0, 2))
        self._values: np.ndarray | None = None
        self._categories: tuple[str, ...] | None = None
        self._kinds: tuple[str, ...] = ()
        self.label = ""
        self.pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self.links = {kind: ColumnDataSource(self._segments(kind)) for kind in LINKS}
        self.figure = self._make_figure()
        self.layout = self.figure
        self.ink.watch(self._paint_legend)
        self._paint_legend()
        self._announce()

    def update(
        self,
        x: np.ndarray,
        y: np.ndarray,
        domain: np.ndarray,
        tips: Sequence[str] | None = None,
    ) -> None:
        r"""Show the positions at another step; ranges stay.

        Arguments:
            x: Shape :math:`(n,)`; NaN where a star has no position.
            y: Shape :math:`(n,)`.
            domain: 0 for simulated, 1 for real stars, shape :math:`(n,)`.
            tips: Texts under the pointer, one for each star.

        With another number of stars, links are removed and colours are by domain again.
        """
        if not len(x) == len(y) == len(domain):
            raise ValueError(
                f"{len(x)} x, {len(y)} y and {len(domain)} domains do not go together; "
                "give one of each per star"
            )
        others = len(domain) != len(self.domain)
        self.domain = np.asarray(domain, dtype=np.intp)
        self._place = np.stack([np.asarray(x, dtype=float), np.asarray(y, dtype=float)], -1)
        self._set_rows(self._place[:, 0], self._place[:, 1], None, names=tips)
        if others:
            self._forget()
        for kind, source in self.links.items():
            put(source, self._segments(kind))
        self.redraw()
        self._announce()

    def set_range(self, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
        """Set the ends of both axes, as found from all steps."""
        ends = zip((self.figure.x_range, self.figure.y_range), (x_range, y_range), strict=True)
        for axis, (low, high) in ends:
            low, high = float(low), float(high)
            axis.update(start=low, end=high, reset_start=low, reset_end=high)

    def axes(self, x_label: str, y_label: str) -> None:
        """Set the texts of the axes."""
        self.figure.xaxis.axis_label, self.figure.yaxis.axis_label = x_label, y_label
        self._announce()

    def colour_by(
        self,
        values: np.ndarray | None = None,
        label: str = "",
        categories: Sequence[str] | None = None,
    ) -> None:
        r"""Colour the stars by a number or by a text; by domain when neither is given.

        Arguments:
            values: Shape :math:`(n,)`; NaN is grey. Colours end at 2 and 98 per cent.
            label: What the number or text is, with its unit.
            categories: A text for each star, :math:`n` of them; an empty one is grey. Beyond the
                seven most frequent they share one grey entry.
        """
        given = categories if values is None else values
        if given is not None and len(self.domain) and len(given) != len(self.domain):
            raise ValueError(f"{len(given)} colours for {len(self.domain)} stars: give each one")
        self._values = None if values is None else np.asarray(values, dtype=float)
        texts = None if values is not None or categories is None else categories
        self._categories = None if texts is None else tuple(str(text) for text in texts)
        self.label = label
        self._recolour()
        self._announce()

    def set_links(
        self, kind: str, pairs: np.ndarray | Sequence[Any], weight: np.ndarray | None = None
    ) -> None:
        r"""Tie stars together; no pairs remove the links of that kind.

        Arguments:
            kind: `plan` (of optimal transport) or `pairs` (stars known to be the same).
            pairs: Row numbers, shape :math:`(k, 2)`.
            weight: How strong each is, shape :math:`(k,)`: the strongest is drawn fullest.
        """
        if kind not in LINKS:
            raise ValueError(f"no links of kind {kind!r}; there are {', '.join(LINKS)}")
        rows = np.asarray(pairs, dtype=np.intp).reshape(-1, 2)
        count = len(self.domain)
        if len(rows) and not (rows.min() >= 0 and rows.max() < count):
            raise ValueError(f"links go to row {rows.max()}, and there are {count} stars")
        weight = np.ones(len(rows)) if weight is None else np.asarray(weight, dtype=float)
        if weight.shape != (len(rows),):
            raise ValueError(f"{weight.shape} weights for {len(rows)} links: give each one")
        self.pairs[kind] = rows, weight
        put(self.links[kind], self._segments(kind))
        self._items[kind].visible = bool(len(rows))
        self._announce()

    def describe(self) -> str:
        """Counts, colours and links in words."""
        real = int((self.domain[self.rows] == REAL).sum())
        kind = "" if self._values is None and self._categories is None else self.label
        tied = [f"{len(rows)} links of the {LINKS[k][0]}" for k, (rows, _) in self.pairs.items()
                if len(rows)]  # fmt: skip
        return (
            f"Latent space of {len(self.rows) - real} simulated and {real} real stars, coloured "
            f"by {kind or 'domain'}, {int(np.isin(self.rows, self.selection).sum())} selected"
            f"{''.join(', ' + text for text in tied)}."
        )

    def _forget(self) -> None:
        self.pairs, self._values, self._categories, self.label = {}, None, None, ""
        for kind in LINKS:
            self._items[kind].visible = False
        self._recolour()

    def _recolour(self) -> None:
        if self._values is None or not self.scale.fit(self._values, self.label):
            self.scale.bar.visible = False
        found = Counter(text for text in self._categories or () if text)
        self._kinds = tuple(text for text, _ in found.most_common(len(_HUES)))
        texts = [*self._kinds, *(["other"] if len(found) > len(_HUES) else [])]
        for k, item in enumerate(self._hues):
            item.visible = k < len(self._kinds)
            item.label = {"value": texts[k] if item.visible else ""}
        self._other.visible = len(texts) > len(self._kinds)
        longest = max((len(text) for text in texts), default=0)
        wide = _LETTER * max(longest, len("transport plan")) + _ENTRY
        self.legend.ncols = max(int(self._pixels()[0] / wide), 2) if texts else "auto"
        self._paint_legend()
        self.redraw()

    def _colours(self) -> list[str]:
        if self._values is not None:
            return self.scale.colours(self._values)
        if self._categories is None:
            pair = [self.ink(DOMAINS[code][1]) for code in (SIMULATED, REAL)]
            return [pair[int(code == REAL)] for code in self.domain]
        hues = {text: _HUES[k][int(self.ink.dark)] for k, text in enumerate(self._kinds)}
        return [hues.get(text, self.ink("prior")) for text in self._categories]

    def _segments(self, kind: str) -> dict[str, Any]:
        """Ends of the links of a kind, where both stars have a position."""
        rows, weight = self.pairs.get(kind, (np.empty((0, 2), dtype=np.intp), np.empty(0)))
        ends = self._place[rows]  # (k, 2 stars, 2 coordinates)
        good = np.isfinite(ends).all(axis=(1, 2))
        ends, weight = ends[good], np.nan_to_num(weight[good])
        top = max(float(weight.max(initial=0.0)), 1e-12)
        alpha = 0.06 + 0.5 * np.clip(weight / top, 0, 1)
        columns = {"x0": ends[:, 0, 0], "y0": ends[:, 0, 1], "x1": ends[:, 1, 0],
                   "y1": ends[:, 1, 1], "alpha": alpha}  # fmt: skip
        return {name: as_column(column) for name, column in columns.items()}

    def _make_figure(self) -> figure:
        plot = new_figure(
            "latent", self.ink, "latent 1", "latent 2", tools="pan,wheel_zoom,box_zoom,reset",
            active_scroll="wheel_zoom",
        )  # fmt: skip
        self._items: dict[Any, LegendItem] = {}
        for kind, (_, role, width) in LINKS.items():
            line = Segment(x0="x0", y0="y0", x1="x1", y1="y1", line_alpha="alpha")
            line.line_width = width
            mark(plot, self.ink, self.links[kind], line, line_color=role)
        self._draw_rows(plot)
        self.legend = self._make_legend(plot)
        self.scale = ColourScale(plot, self.ink)
        return plot

    def _make_legend(self, plot: figure) -> Legend:
        """All entries that there can ever be; those in use are visible."""
        nowhere = ColumnDataSource({"x": [np.nan], "y": [np.nan]})

        def entry(text: str, glyph: Any, visible: bool = True, **roles: str) -> LegendItem:
            drawn = mark(plot, self.ink, nowhere, glyph, **roles)
            item = LegendItem(label={"value": text}, renderers=[drawn], visible=visible)
            return item

        shapes = {SIMULATED: Scatter(x="x", y="y", size=7, fill_alpha=0, line_width=1.5),
                  REAL: Scatter(x="x", y="y", size=9, marker="diamond")}  # fmt: skip
        self._items = {code: entry(DOMAINS[code][0], shape) for code, shape in shapes.items()}
        for kind, (text, role, _) in LINKS.items():
            line = Segment(x0="x", y0="y", x1="x", y1="y", line_width=1.5)
            self._items[kind] = entry(text, line, False, line_color=role)
        dots = [Scatter(x="x", y="y", size=9, marker="square", line_color=None)
                for _ in range(len(_HUES) + 1)]  # fmt: skip
        self._hues = [entry("", dot, False) for dot in dots[:-1]]
        self._other = entry("other", dots[-1], False, fill_color="prior")
        legend = Legend(
            items=[*self._items.values(), *self._hues, self._other],
            orientation="horizontal", location="left",
        )  # fmt: skip
        plot.add_layout(legend, "above")
        style_legend(legend, self.ink)
        legend.update(spacing=3, glyph_height=17, padding=0, margin=3, background_fill_alpha=0)
        return legend

    def _paint_legend(self) -> None:
        """Shapes are in the colours of the domains only where these are what colour means."""
        plain = self._values is None and self._categories is None
        for code, (_, role) in DOMAINS.items():
            colour = self.ink(role if plain else "faint")
            self._items[code].renderers[0].glyph.update(fill_color=colour, line_color=colour)
        for k, item in enumerate(self._hues):
            item.renderers[0].glyph.fill_color = _HUES[k][int(self.ink.dark)]
