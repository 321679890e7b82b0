r"""A picture of the sky, patched in place: lens, source, residual, standard deviation.

Row 0 of an array is its lowest row, as in FITS; x runs to the right along columns, y up along
rows, in arcsec. Named layers lie over the picture: curves, points, circles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from bokeh.events import MouseLeave, MouseMove, Pan, PanEnd, PanStart, Tap
from bokeh.models import ColumnDataSource, CrosshairTool, Image, Span
from bokeh.plotting import figure

from astroviz.plots.columns import as_column, put
from astroviz.plots.frame import Chart, mark, new_figure
from astroviz.plots.image_bar import ColourScale
from astroviz.plots.image_grid import ImageGrid
from astroviz.plots.image_layers import LAYERS, Layer, glyph_of
from astroviz.plots.steady import Window

__all__ = [  # noqa: RUF022 (plain order, constants not first)
    "ImageGrid",
    "ImagePlot",
    "LAYERS",
    "Layer",
    "joined",
    "link_cursors",
]

Curves = Sequence[Any] | np.ndarray
Drag = Callable[[float, float, str], None]

_NO_IMAGE: dict[str, Any] = {key: [] for key in ("image", "x", "y", "dw", "dh")}
_EMPTY: dict[str, Any] = {"x": as_column([]), "y": as_column([])}


class ImagePlot(Chart):
    r"""A picture with its bar of colours and what lies over it.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        dark: Whether the ground is dark.
        title: Above the frame; may be changed by `update`.
        label: What the numbers are, with the unit, on the bar of colours.
        scaling: `linear`, `asinh` or `symmetric`.
        colours: `flux`, `spread` or `signed`; `signed` where the scaling is symmetric.
        layers: Names of `LAYERS`, or a mapping of names to layers; they exist from the start,
            since models are dear when they come later.
        axes: Labels of both axes, with units; None for a picture without axes.
        bar: Whether the bar of colours is shown.
        tools: Bokeh's names of the tools; leave `pan` out where something is to be dragged.
        share: Another picture whose ranges are this one's too.

    Attributes:
        figure: The Bokeh figure; `layout` is the same.
        image: What is shown.

    Example:
        >>> plot = ImagePlot("lens", layers=("critical",))
        >>> plot.update(np.eye(4), 0.05)
        >>> plot.set_layer("critical", [np.zeros((5, 2))])
        >>> plot.describe()
        '4 by 4 pixels of 0.05 arcsec; values from 0 to 1, the highest at (-0.08, -0.08).'
    """

    def __init__(
        self,
        name: str,
        dark: bool = False,
        *,
        title: str = "",
        label: str = "",
        scaling: str = "linear",
        colours: str = "",
        layers: Iterable[str] | Mapping[str, Layer] = (),
        axes: tuple[str, str] | None = ("x (arcsec)", "y (arcsec)"),
        bar: bool = True,
        tools: str = "wheel_zoom,reset",
        share: ImagePlot | None = None,
    ) -> None:
        super().__init__(dark)
        self.name = name
        self.image, self.pixel_scale = np.zeros((1, 1), np.float32), 1.0
        self.centre = (0.0, 0.0)
        self.scale = ColourScale(self.ink, scaling, colours)
        self.source = ColumnDataSource({key: [] for key in ("image", "x", "y", "dw", "dh")})
        self.figure = self._make_figure(title, axes, tools, share)
        self.window: Window = share.window if share else Window(self.figure, 1.0, 1.0)
        self.layout = self.figure
        self.scale.add_bar(self.figure, label, bar)
        self.layers: dict[str, ColumnDataSource] = {}
        self.marks: dict[str, Any] = {}
        named = layers if isinstance(layers, Mapping) else {one: LAYERS[one] for one in layers}
        for one, layer in named.items():
            self._add_layer(one, layer)
        self._window: tuple[float, float, float, float] | None = None
        self._announce()

    # Showing

    def update(
        self,
        image: np.ndarray,
        pixel_scale: float,
        *,
        centre: tuple[float, float] = (0.0, 0.0),
        limits: tuple[float, float] | None = None,
        title: str | None = None,
        fit: bool | None = None,
    ) -> None:
        r"""Show other numbers.

        Arguments:
            image: Shape :math:`(n_y, n_x)`, row 0 at the bottom; NaN is left clear.
            pixel_scale: Side of a pixel, arcsec.
            centre: Middle of the picture, arcsec.
            limits: Values that have the first and the last colour; found when None.
            title: Above the frame; as it is when None.
            fit: Whether the window moves to the picture; when its size changes, if None.
        """
        self.image = np.asarray(image, dtype=np.float32)
        self.pixel_scale, self.centre = float(pixel_scale), centre
        shown = self.scale.show(self.image, limits)
        x0, x1, y0, y1 = self.extent
        place = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
        put(self.source, {"image": [shown], **place})
        if title is not None and self.figure.title.text != (title or " "):
            self.figure.title.text = title or " "
        if fit or (fit is None and self._window != self.extent):
            self.fit()
        self._announce()

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, lower and upper edge of the picture, arcsec."""
        rows, columns = self.image.shape
        half_x, half_y = 0.5 * columns * self.pixel_scale, 0.5 * rows * self.pixel_scale
        x, y = self.centre
        return x - half_x, x + half_x, y - half_y, y + half_y

    @property
    def limits(self) -> tuple[float, float]:
        """Values that have the first and the last colour at present."""
        return self.scale.limits

    def fit(self, extent: tuple[float, float, float, float] | None = None) -> None:
        """Show the whole picture, or a window of other edges (left, right, lower, upper)."""
        self._window = extent or self.extent
        x0, x1, y0, y1 = self._window
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        self.window.show(middle, (x1 - x0) / 2, (y1 - y0) / 2)

    def set_layer(
        self,
        name: str,
        curves: Curves = (),
        radius: Sequence[float] | float = 0.1,
        words: Sequence[str] = (),
    ) -> None:
        r"""Place what lies over the picture.

        Arguments:
            name: Of the layer.
            curves: For `curves` a list of arrays of shape :math:`(k, 2)`; for `points` and
                `circles` one array of shape :math:`(n, 2)`; arcsec. Empty for nothing.
            radius: Of circles, arcsec.
            words: Texts of a layer of `words`, one for each place.
        """
        if name not in self.layers:
            raise KeyError(f"no layer named {name!r}; there are {', '.join(self.layers)}")
        kind = self.marks[name].tags[0]
        places = joined(curves) if kind == "curves" else _places(curves)
        if kind == "circles":
            places = joined(_rings(places, radius))
        columns: dict[str, Any] = {"x": as_column(places[:, 0]), "y": as_column(places[:, 1])}
        if kind == "words":
            columns["text"] = list(words)
        put(self.layers[name], columns)

    def set_glow(self, name: str, values: np.ndarray | None, top: float = 1.0) -> None:
        r"""Let pixels glow over the picture.

        Arguments:
            name: A layer of the kind `glow`.
            values: Zero or more, any shape over the picture's extent; None for no glow.
            top: What glows most.
        """
        if values is None:
            put(self.layers[name], _NO_IMAGE)
            return
        x0, x1, y0, y1 = self.extent
        glow = np.clip(np.asarray(values, dtype=np.float32) / max(top, 1e-12), 0.0, 1.0)
        place = {"x": [x0], "y": [y0], "dw": [x1 - x0], "dh": [y1 - y0]}
        put(self.layers[name], {"image": [glow], **place})

    def show_layer(self, name: str, visible: bool) -> None:
        """Show or hide a layer without losing it."""
        self.marks[name].visible = visible

    def restyle(self, scaling: str, colours: str, label: str) -> None:
        """Another stretch, other colours and what the numbers are, before the next `update`."""
        self.scale.restyle(scaling, colours)
        self._ground(self.figure)
        self.set_label(label)

    def set_label(self, label: str) -> None:
        """What the numbers are, on the bar of colours."""
        self.scale.set_label(label)

    def describe(self) -> str:
        """The picture in words."""
        rows, columns = self.image.shape
        if not np.isfinite(self.image).any():
            return f"{columns} by {rows} pixels, none of which has a value."
        row, column = np.unravel_index(np.nanargmax(self.image), self.image.shape)
        x0, _, y0, _ = self.extent
        x, y = x0 + (column + 0.5) * self.pixel_scale, y0 + (row + 0.5) * self.pixel_scale
        low, high = np.nanmin(self.image), np.nanmax(self.image)
        return (
            f"{columns} by {rows} pixels of {self.pixel_scale:.4g} arcsec; values from {low:.3g} "
            f"to {high:.3g}, the highest at ({x:.2f}, {y:.2f})."
        )

    # Hands

    def on_hover(self, callback: Callable[[float, float], None]) -> None:
        """Call with the place under the pointer, arcsec."""
        self.figure.on_event(MouseMove, lambda event: _told(callback, event))

    def on_leave(self, callback: Callable[[], None]) -> None:
        """Call when the pointer has left the frame."""
        self.figure.on_event(MouseLeave, lambda _: callback())

    def on_tap(self, callback: Callable[[float, float], None]) -> None:
        """Call with the place of a click, arcsec."""
        self.figure.on_event(Tap, lambda event: _told(callback, event))

    def on_drag(self, callback: Drag) -> None:
        """Call in a drag with x and y, arcsec, and `start`, `move` or `end`."""
        for kind, phase in ((PanStart, "start"), (Pan, "move"), (PanEnd, "end")):
            self.figure.on_event(kind, lambda event, p=phase: _told(callback, event, p))

    # Parts

    def _make_figure(
        self,
        title: str,
        axes: tuple[str, str] | None,
        tools: str,
        share: ImagePlot | None,
    ) -> figure:
        options: dict[str, Any] = {"title": title or " ", "match_aspect": True, "tools": tools}
        if share is not None:
            options |= {"x_range": share.figure.x_range, "y_range": share.figure.y_range}
        x_label, y_label = axes or (None, None)
        plot = new_figure(self.name, self.ink, x_label, y_label, **options)
        plot.title.update(text_font_size="11px")
        plot.grid.visible = False
        if axes is None:
            plot.axis.visible = False
        glyph = Image(
            image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self.scale.mapper
        )
        mark(plot, self.ink, self.source, glyph)
        self._ground(plot)
        self.ink.watch(lambda: self._ground(plot))
        return plot

    def _ground(self, plot: figure) -> None:
        """The sky goes on beyond the edges of the picture; signed numbers lie on paper."""
        signed = self.scale.colours == "signed"
        plot.background_fill_color = self.ink("paper") if signed else self.scale.palette[0]

    def _add_layer(self, name: str, layer: Layer) -> None:
        source = ColumnDataSource(dict(_NO_IMAGE if layer.kind == "glow" else _EMPTY))
        glyph, names = glyph_of(layer)
        if layer.kind == "words":
            source.data = {**_EMPTY, "text": []}
        renderer = mark(self.figure, self.ink, source, glyph, level="glyph")
        renderer.tags = [layer.kind]
        for prop in names:
            if layer.role.startswith("#"):
                setattr(glyph, prop, layer.role)
            else:
                self.ink.paint(glyph, **{prop: layer.role})
        self.layers[name], self.marks[name] = source, renderer


def joined(curves: Curves) -> np.ndarray:
    r"""Curves as one, broken by NaN: float, shape :math:`(n, 2)`."""
    gap = np.full((1, 2), np.nan)
    parts = [part for curve in curves for part in (_places(curve), gap)]
    return np.concatenate(parts[:-1]) if parts else np.zeros((0, 2))


def link_cursors(*plots: ImagePlot) -> None:
    """One cross under the pointer in all these pictures, drawn by the browser alone."""
    spans = [
        Span(dimension=way, line_dash="dotted", line_width=1, line_color="#9aa7b5", line_alpha=0.9)
        for way in ("width", "height")
    ]
    for plot in plots:
        plot.figure.add_tools(CrosshairTool(overlay=spans, visible=False))


def _places(places: Any) -> np.ndarray:
    return np.asarray(places, dtype=float).reshape(-1, 2)


def _rings(middles: np.ndarray, radius: Sequence[float] | float) -> list[np.ndarray]:
    turn = np.linspace(0, 2 * np.pi, 121)
    ring = np.stack([np.cos(turn), np.sin(turn)], -1)
    radii = np.broadcast_to(np.asarray(radius, dtype=float), len(middles))
    return [middle + one * ring for middle, one in zip(middles, radii, strict=True)]


def _told(callback: Callable[..., None], event: Any, *more: Any) -> None:
    if event.x is not None and event.y is not None:
        callback(float(event.x), float(event.y), *more)
