"""How the pages look: colours of both themes, the cards that panels sit in, small text."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import param
from panel.util import edit_readonly
from panel_material_ui.template import Page

from astroviz.dashboards.first_paint import early_template, first_style

__all__ = [
    "CARD_STYLE",
    "LINE",
    "Frame",
    "QuietPage",
    "brand",
    "card",
    "figure_pane",
    "framed",
    "note",
    "spacer",
    "text",
    "wants_dark",
]

_COMPONENTS: dict[str, Any] = {
    "MuiButton": {
        "defaultProps": {"disableElevation": True},
        "styleOverrides": {"root": {"textTransform": "none", "lineHeight": 1.4}},
    },
    "MuiToggleButton": {
        "styleOverrides": {"root": {"textTransform": "none", "padding": "3px 12px"}}
    },
    # panel-material-ui opens tips to the right, over the next button: move them below their own.
    "MuiTooltip": {
        "styleOverrides": {
            "tooltip": {"width": "max-content", "maxWidth": "300px"},
            "arrow": {"display": "none"},
            "popper": {
                "pointerEvents": "none",
                '&[data-popper-placement*="right"] .MuiTooltip-tooltip': {
                    "translate": "calc(-50% - 24px) 34px"
                },
                '&[data-popper-placement*="left"] .MuiTooltip-tooltip': {
                    "translate": "calc(50% + 24px) 34px"
                },
            },
        }
    },
    "MuiTab": {"styleOverrides": {"root": {"textTransform": "none"}}},
    "MuiFormControlLabel": {"styleOverrides": {"label": {"fontSize": "13px"}}},
}
_TYPOGRAPHY = {"fontSize": 13}


def _palette(
    primary: str, ground: str, paper: str, ink: str, faint: str, line: str
) -> dict[str, Any]:
    return {
        "palette": {
            "primary": {"main": primary},
            "background": {"default": ground, "paper": paper},
            "text": {"primary": ink, "secondary": faint},
            "divider": line,
        },
        "typography": _TYPOGRAPHY,
        "components": _COMPONENTS,
        "shape": {"borderRadius": 8},
    }


THEME: dict[str, Any] = {
    "light": _palette("#2b5c8a", "#f3f5f8", "#ffffff", "#1c2530", "#5b6775", "#dfe4ea"),
    "dark": _palette("#86b6e0", "#0f1318", "#171c23", "#e6eaef", "#9aa7b5", "#2c343e"),
}

THEME_COOKIE = "astroviz_theme"

PAGE_SX: dict[str, Any] = {
    "& .MuiAppBar-root": {
        "backgroundColor": "background.paper",
        "backgroundImage": "none",
        "color": "text.primary",
        "boxShadow": "none",
        "borderBottom": "1px solid",
        "borderColor": "divider",
    },
    "& .MuiAppBar-root .MuiToolbar-root": {
        "minHeight": "48px",
        "paddingLeft": "16px",
        "paddingRight": "12px",
    },
    # A full header shortens its question instead of pushing the last button out of the window.
    "& .MuiAppBar-root .MuiToolbar-root > .MuiBox-root": {"minWidth": 0},
    "& .MuiAppBar-root .title": {"fontSize": "17px", "fontWeight": 700},
    # The space that a page keeps free for its header; its own is 19 px too high.
    "& main .MuiToolbar-root": {"minHeight": "53px !important", "margin": "0 !important"},
    "& > main": {"backgroundColor": "background.default"},
}

# Kinds of Bokeh models that `plots.theme` styles; panel-material-ui would restyle them in the
# browser, with larger text, unless a page's `_custom_theme` names them.
OWN_FIGURES = ["Axis", "BaseColorBar", "Figure", "Grid", "Legend", "Plot", "Title"]

# MUI gives its own divider in a dark page as plain white.
LINE = "color-mix(in srgb, var(--panel-on-background-color) 14%, transparent)"
CARD_STYLE = {
    "background": "var(--panel-surface-color)",
    "border": f"1px solid {LINE}",
    "border-radius": "8px",
    "overflow": "hidden",
}


class Frame(pn.custom.JSComponent):
    """Keeps figures apart from the widgets around them.

    Whenever a widget of panel-material-ui mounts or changes its size, BokehJS lays out the whole
    column around it anew; with thirteen figures in it, thirty widgets took half a minute. A custom
    component is where that stops.
    """

    content = pn.custom.Child(doc="What is in the frame.")

    _esm = """
    export function render({model, el}) {
      el.style.display = "flex"
      const box = document.createElement("div")
      box.style.cssText = "display: flex; flex: 1; min-width: 0; min-height: 0; height: 100%;"
      box.append(model.get_child("content"))
      return box
    }
    """


def wants_dark() -> bool:
    """Whether this visitor chose the dark theme when last here (`desk.js` keeps the cookie)."""
    return bool(pn.state.cookies.get(THEME_COOKIE) == "dark")


class QuietPage(Page):
    """A page that does not hear of every event.

    `Page.busy` follows each event of the session, and each change of a parameter of a page makes
    Panel walk over all its models (80 ms for a page of figures): a slider would pay it twice. And
    what it follows is the server's, which so keeps every page that was ever shown.
    """

    # Not a Boolean that takes references, as Page has it: then there is nothing to follow.
    busy = param.Parameter(default=False, readonly=True, allow_refs=False, doc="Unused.")

    def __init__(self, **params: Any) -> None:
        params = {"theme_config": THEME, "sx": PAGE_SX, "busy_indicator": None, **params}
        params.setdefault("header", [brand()])
        params.setdefault("dark_theme", wants_dark())
        palette = THEME["dark" if params["dark_theme"] else "light"]["palette"]
        params.setdefault("raw_css", [first_style(palette)])
        params.setdefault("template", early_template())
        super().__init__(**params)
        with edit_readonly(self):
            self.busy = False

    def get_root(self, *arguments: Any, **settings: Any) -> Any:
        """The page's root model, told to leave our figures' looks alone."""
        root = super().get_root(*arguments, **settings)
        root.data._custom_theme = OWN_FIGURES
        return root

    def server_doc(self, doc: Any = None, title: str | None = None, location: Any = True) -> Any:
        """The page's document, under its own name and not "Panel Application"."""
        return super().server_doc(doc, self.meta.title or title, location)


def text(
    content: str, *, size: int = 13, faint: bool = False, bold: bool = False, **layout: Any
) -> pn.pane.HTML:
    """A line of text (plain, escaped) in the page's own colours."""
    colour = "--panel-on-secondary-color" if faint else "--panel-on-background-color"
    weight = 600 if bold else 400
    style = f"font-size:{size}px;font-weight:{weight};color:var({colour});line-height:1.4"
    layout.setdefault("margin", 0)
    return pn.pane.HTML(f'<div style="{style}">{escape(content)}</div>', **layout)


def note(html: str, **layout: Any) -> pn.pane.HTML:
    """A block of small HTML that we wrote ourselves."""
    layout.setdefault("margin", 0)
    layout.setdefault("sizing_mode", "stretch_width")
    return pn.pane.HTML(html, stylesheets=[NOTE_CSS], **layout)


NOTE_CSS = """
:host { --line: color-mix(in srgb, var(--panel-on-background-color) 14%, transparent);
  color: var(--panel-on-background-color); font-size: 13px; line-height: 1.5; }
p { margin: 0 0 8px; } h4 { margin: 12px 0 4px; font-size: 13px; font-weight: 600; }
.faint { color: var(--panel-on-secondary-color); }
table { border-collapse: collapse; width: 100%; font-size: 12px; }
td, th { text-align: left; padding: 3px 8px 3px 0; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--panel-on-secondary-color); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
kbd { border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; font-size: 11px; }
pre { background: var(--panel-background-color); border: 1px solid var(--line);
  border-radius: 6px; padding: 10px; font-size: 12px; overflow-x: auto; white-space: pre-wrap; }
a { color: var(--panel-primary-color); }
"""


# Nested contours of a two-parameter posterior, and the truth in it.
_MARK = """
<svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"
  aria-hidden="true">
  <g transform="rotate(-38 12 12)">
    <ellipse cx="12" cy="12" rx="10.5" ry="5.6" stroke-opacity="0.35" stroke-width="1.4"/>
    <ellipse cx="12" cy="12" rx="6.6" ry="3.2" stroke-opacity="0.75" stroke-width="1.4"/>
  </g>
  <circle cx="12" cy="12" r="1.7" fill="currentColor" stroke="none"/>
</svg>"""
BRAND_CSS = """
a { display: flex; align-items: center; gap: 8px; text-decoration: none; font-size: 16px;
  font-weight: 700; letter-spacing: -0.01em; color: var(--panel-primary-color); }
"""


def brand() -> pn.pane.HTML:
    """The name of the house, which leads back to the gallery."""
    return pn.pane.HTML(
        f'<a href="/" aria-label="astroviz, the gallery">{_MARK}astroviz</a>',
        stylesheets=[BRAND_CSS],
        margin=(0, 8, 0, 0),
        align="center",
    )


def spacer() -> pn.layout.HSpacer:
    """Pushes what follows to the right."""
    return pn.layout.HSpacer(margin=0)


def card(title: str, *content: Any, tools: tuple[Any, ...] = (), **layout: Any) -> pn.Column:
    """A panel of a page: a title, tools on its right, and what it shows.

    A plain column: a container of panel-material-ui costs a walk over the models in it.
    """
    head = pn.Row(
        text(title, bold=True, align="center"),
        spacer(),
        *tools,
        margin=(4, 8, 0, 12),
        height=32,
        sizing_mode="stretch_width",
    )
    layout.setdefault("sizing_mode", "stretch_both")
    layout.setdefault("margin", 0)
    return pn.Column(head, *content, styles=CARD_STYLE, **layout)


def figure_pane(figure: Any) -> pn.pane.Bokeh:
    """A Bokeh figure that fills what room there is."""
    return pn.pane.Bokeh(figure, sizing_mode="stretch_both", margin=0)


def framed(pane: Any, **layout: Any) -> Frame:
    """A pane of figures in a frame of its own, filling what room there is."""
    layout = {"sizing_mode": "stretch_both", "margin": (0, 6, 4, 6), **layout}
    return Frame(content=pane, **layout)
