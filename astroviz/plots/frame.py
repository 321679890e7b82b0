r"""The parts that every figure is made of: an empty styled figure, save tools, fixed ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from bokeh.models import (
    CDSView,
    ColumnDataSource,
    CustomAction,
    CustomJS,
    CustomJSTickFormatter,
    FixedTicker,
    Glyph,
    GlyphRenderer,
    Legend,
    LegendItem,
    Model,
    Plot,
    Range1d,
    UIElement,
)
from bokeh.plotting import figure

from astroviz.plots.theme import Ink, apply, style_legend

__all__ = [
    "Chart",
    "add_legend",
    "fixed_ticks",
    "mark",
    "new_figure",
    "padded",
    "pretty_unit",
    "save_tool",
    "say",
    "stand_in",
    "tooltip",
]

_SAVE_CODE = """
const view = Bokeh.index.find_one(target);
if (view != null) {
  view.export(kind).to_blob().then((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name + "." + kind;
    link.dispatchEvent(new MouseEvent("click"));
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}
"""
_ICON = (
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' width='24' height='24' "
    "fill='%23808890'>"
    "<text x='12' y='13' font-size='11' font-family='Arial' font-weight='bold' "
    "text-anchor='middle'>{}</text><path d='M8 17h8l-4 5z'/></svg>"
)


_PLAIN = {"nonselection_glyph": None, "selection_glyph": None, "muted_glyph": None}
_VIEWS: WeakKeyDictionary[ColumnDataSource, CDSView] = WeakKeyDictionary()

# Inside the frame the bar must neither hide data nor take the pointer between its buttons.
_TOOLBAR_STYLE = """
:host { --button-width: 26px; --button-height: 26px; }
:host(.bk-inner) { background-color: transparent; opacity: 1; pointer-events: none; }
:host(.bk-inner) * { pointer-events: auto; }
"""
_TIP_ROW = (
    '<tr><td style="color:#5b6775;padding-right:8px;text-align:right">{}</td>'
    '<td style="color:#1c2530;font-weight:600">{}</td></tr>'
)


def tooltip(rows: Sequence[tuple[str, str]], heading: str = "") -> str:
    """Text under the pointer, as a small table; a heading goes above it."""
    table = "".join(_TIP_ROW.format(key, text) for key, text in rows)
    top = f'<div style="color:#1c2530;font-weight:600">{heading}</div>' if heading else ""
    style = "font:11px/1.5 Roboto,'Helvetica Neue',Arial,sans-serif"
    return f'<div style="{style}">{top}<table style="border-spacing:0">{table}</table></div>'


def save_tool(target: Model, name: str, kind: str) -> CustomAction:
    """A toolbar button that saves a figure or a whole layout; `kind` is `png` or `svg`."""
    callback = CustomJS(args={"target": target, "name": name, "kind": kind}, code=_SAVE_CODE)
    word = kind.upper()
    return CustomAction(icon=_ICON.format(word), description=f"Save as {word}", callback=callback)


def mark(
    plot: Plot,
    ink: Ink,
    source: ColumnDataSource,
    glyph: Glyph,
    level: str = "glyph",
    **roles: str,
) -> GlyphRenderer:
    r"""Add a glyph, coloured by role: `mark(plot, ink, source, Line(...), line_color="prior")`.

    Cheaper than the methods of `figure`, which make four copies of every glyph for looks on
    selection and hover that we do not use.
    """
    ink.paint(glyph, **roles)
    # One view for all that draw a source: models are what a page costs until it is there.
    view = _VIEWS.setdefault(source, CDSView())
    renderer: GlyphRenderer = plot.add_glyph(source, glyph, view=view, level=level, **_PLAIN)
    return renderer


def stand_in(plot: Plot, renderer: GlyphRenderer) -> GlyphRenderer:
    """The same glyph over nothing, for a legend, which BokehJS makes anew with each new datum."""
    names = renderer.data_source.data
    source = ColumnDataSource({name: np.full(1, np.nan, np.float32) for name in names})
    found: GlyphRenderer = plot.add_glyph(source, renderer.glyph, **_PLAIN)
    return found


def new_figure(
    name: str,
    ink: Ink,
    x_label: str | None = None,
    y_label: str | None = None,
    tools: str = "pan,box_zoom,wheel_zoom,reset",
    save: bool = True,
    **options: Any,
) -> figure:
    r"""An empty figure in the house style, with ranges that move only when told.

    Arguments:
        name: Short name: of the model, and of the files it is saved as.
        ink: Colours it, now and when the ground changes.
        x_label: Text of the horizontal axis, with its unit.
        y_label: Text of the vertical axis, with its unit.
        tools: Bokeh's names of the tools.
        save: Whether it has buttons that save it as PNG and as SVG.
        options: Anything else that `bokeh.plotting.figure` takes.
    """
    options.setdefault("sizing_mode", "stretch_both")
    options.setdefault("min_border", 6)
    options.setdefault("toolbar_location", "above")
    options.setdefault("toolbar_inner", True)
    options.setdefault("x_range", Range1d(0, 1))
    options.setdefault("y_range", Range1d(0, 1))
    plot = figure(
        name=name,
        tools=tools,
        x_axis_label=x_label,
        y_axis_label=y_label,
        **options,
    )
    plot.toolbar.stylesheets = [_TOOLBAR_STYLE]
    if save:
        plot.add_tools(save_tool(plot, name, "png"), save_tool(plot, name, "svg"))
    apply(plot, ink=ink)
    return plot


class Chart:
    r"""What every figure of ours offers.

    Arguments:
        dark: Whether the ground is dark.

    Attributes:
        layout: The Bokeh model to show.
        ink: Colours the parts.
    """

    layout: UIElement

    def __init__(self, dark: bool = False) -> None:
        self.ink = Ink(dark)

    def set_dark(self, dark: bool) -> None:
        """Change between light and dark ground in place."""
        self.ink.dark = dark

    def describe(self) -> str:
        """What the figure shows, in words, for people who cannot see it."""
        raise NotImplementedError

    def _announce(self) -> None:
        say(self.layout, self.describe())


def say(element: UIElement, text: str) -> None:
    """Give an element the text that screen readers read."""
    if element.html_attributes.get("aria-label") != text:
        element.html_attributes = {"role": "img", "aria-label": text}


_UNITS = {
    "yr": "yr",
    "solMass": "M\u2609",
    "solLum": "L\u2609",
    "solRad": "R\u2609",
    "cm/s2": "cm s\u207b\u00b2",
    "micron": "\u00b5m",
    "": "",
}


def pretty_unit(label: str, unit: str) -> str:
    """A unit as it stands on an axis; after a label that says "log" it is that of the argument."""
    argument = unit.removeprefix("log10 ")
    plain = argument if label.startswith("log") else unit
    return _UNITS.get(plain, plain.replace(argument, _UNITS.get(argument, argument)))


def padded(values: np.ndarray, part: float = 0.06, smallest: float = 1e-3) -> tuple[float, float]:
    """Range that holds all finite values with a margin; (0, 1) when there are none."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = max(part * (high - low), smallest)
    return low - margin, high + margin


def fixed_ticks(
    axis: Any, positions: Sequence[float], labels: Sequence[str], minor: Sequence[float] = ()
) -> None:
    """Ticks at these positions with these texts."""
    axis.ticker = FixedTicker(ticks=list(positions), minor_ticks=list(minor))
    axis.formatter = CustomJSTickFormatter(
        args={"positions": list(positions), "labels": list(labels)},
        code="const k = positions.findIndex((p) => Math.abs(p - tick) < 1e-9);"
        " return k < 0 ? '' : labels[k];",
    )


def add_legend(
    plot: figure, ink: Ink, entries: Mapping[str, Any], place: str = "center", **options: Any
) -> Legend:
    """A quiet legend inside a figure or beside its frame; values are renderers or lists."""
    items = [
        LegendItem(label={"value": label}, renderers=found if isinstance(found, list) else [found])
        for label, found in entries.items()
    ]
    options.setdefault("location", "top_right")
    legend = Legend(items=items, **options)
    plot.add_layout(legend, place)
    style_legend(legend, ink)
    return legend
