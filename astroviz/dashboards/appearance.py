"""How the pages look: colours of both themes, the cards that panels sit in, small text."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

__all__ = ["PAGE_SX", "THEME", "brand", "card", "note", "spacer", "text"]

_COMPONENTS: dict[str, Any] = {
    "MuiButton": {
        "defaultProps": {"disableElevation": True},
        "styleOverrides": {"root": {"textTransform": "none", "lineHeight": 1.4}},
    },
    "MuiToggleButton": {
        "styleOverrides": {"root": {"textTransform": "none", "padding": "3px 12px"}}
    },
    "MuiTab": {"styleOverrides": {"root": {"textTransform": "none"}}},
    "MuiFormControlLabel": {"styleOverrides": {"label": {"fontSize": "13px"}}},
}
_TYPOGRAPHY = {"fontSize": 13}


def _palette(primary: str, ground: str, paper: str, ink: str, faint: str) -> dict[str, Any]:
    return {
        "palette": {
            "primary": {"main": primary},
            "background": {"default": ground, "paper": paper},
            "text": {"primary": ink, "secondary": faint},
        },
        "typography": _TYPOGRAPHY,
        "components": _COMPONENTS,
        "shape": {"borderRadius": 8},
    }


THEME: dict[str, Any] = {
    "light": _palette("#2b5c8a", "#f3f5f8", "#ffffff", "#1c2530", "#5b6775"),
    "dark": _palette("#86b6e0", "#0f1318", "#171c23", "#e6eaef", "#9aa7b5"),
}

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
    "& .MuiAppBar-root .title": {"fontSize": "17px", "fontWeight": 700},
    "& > main": {"backgroundColor": "background.default"},
}

CARD_SX: dict[str, Any] = {
    "border": "1px solid",
    "borderColor": "divider",
    "backgroundImage": "none",
    "overflow": "hidden",
}


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
:host { color: var(--panel-on-background-color); font-size: 13px; line-height: 1.5; }
p { margin: 0 0 8px; } h4 { margin: 12px 0 4px; font-size: 13px; font-weight: 600; }
.faint { color: var(--panel-on-secondary-color); }
table { border-collapse: collapse; width: 100%; font-size: 12px; }
td, th { text-align: left; padding: 3px 8px 3px 0; vertical-align: top;
  border-bottom: 1px solid var(--divider-color); }
th { font-weight: 600; color: var(--panel-on-secondary-color); }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
kbd { border: 1px solid var(--border-color); border-radius: 4px; padding: 0 5px; font-size: 11px; }
pre { background: var(--panel-background-color); border: 1px solid var(--divider-color);
  border-radius: 6px; padding: 10px; font-size: 12px; overflow-x: auto; white-space: pre-wrap; }
a { color: var(--panel-primary-color); }
"""


# Nested contours of a two-parameter posterior, and the truth in it.
_MARK = """
<svg width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" aria-hidden="true">
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


def card(title: str, *content: Any, tools: tuple[Any, ...] = (), **layout: Any) -> pmui.Paper:
    """A panel of a page: a title, tools on its right, and what it shows."""
    head = pn.Row(
        text(title, bold=True, margin=(0, 0, 0, 0), align="center"),
        spacer(),
        *tools,
        margin=(4, 10, 0, 12),
        height=30,
        sizing_mode="stretch_width",
    )
    layout.setdefault("sizing_mode", "stretch_both")
    layout.setdefault("margin", 0)
    return pmui.Paper(head, *content, elevation=0, sx=CARD_SX, **layout)
