"""The drawers that every page has: show code, help, model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import NOTE_CSS, note
from astroviz.dashboards.desk import KEYS
from astroviz.dashboards.shell import Drawer, Shell

__all__ = ["card_drawer", "code_drawer", "help_drawer"]


def code_drawer(explorer: Any, shell: Any) -> Drawer:
    """The notebook cell that recreates the view; `shell` is a callable that gives the frame."""
    listing = pn.pane.HTML("", stylesheets=[NOTE_CSS], sizing_mode="stretch_width", margin=0)

    def refresh() -> None:
        listing.object = f"<pre>{escape(explorer.code())}</pre>"

    def build() -> pn.Column:
        frame: Shell = shell()
        copy = pmui.Button(
            label="Copy",
            icon="content_copy",
            size="small",
            variant="outlined",
            margin=(0, 0, 8, 0),
        )
        copy.on_click(lambda _: frame.desk.copy(explorer.code()))
        return pn.Column(
            note("<p class='faint'>This cell recreates what the page shows, in a notebook.</p>"),
            copy,
            listing,
            sizing_mode="stretch_width",
            margin=0,
        )

    return Drawer("code", "Show code", "code", build, refresh)


def help_drawer(paragraphs: Sequence[str], explorer: Any, glossary: Mapping[str, str]) -> Drawer:
    """What the page is for, what its marks mean, its keys, and a line on every control."""

    def build() -> pn.pane.HTML:
        keys = "".join(
            f"<tr><td><kbd>{escape(key)}</kbd></td><td>{escape(what)}</td></tr>"
            for key, what in KEYS.items()
        )
        words = "".join(
            f"<tr><td>{escape(word)}</td><td>{escape(meaning)}</td></tr>"
            for word, meaning in glossary.items()
        )
        controls = "".join(
            f"<tr><td>{escape(parameter.label)}</td><td>{escape(parameter.doc or '')}</td></tr>"
            for name, parameter in sorted(explorer.param.objects().items())
            if name != "name" and parameter.doc and not name.startswith("_")
        )
        return note(
            "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
            + f"<h4>Words and marks</h4><table>{words}</table>"
            + f"<h4>Keys</h4><table>{keys}</table>"
            + f"<h4>Controls</h4><table>{controls}</table>"
        )

    return Drawer("help", "Help", "help_outline", build)


def card_drawer(card: Any) -> Drawer:
    """What the model is, its training, its calibration, and where not to use it."""
    return Drawer("card", "Model card", "verified", lambda: note(card_html(card)))


def card_html(card: Any) -> str:
    """A model's card, most wanted first: what it answers, its limits, its calibration."""
    limits = [card.limits] if isinstance(card.limits, str) else list(card.limits)
    parts = [f"<p><b>{escape(card.title or card.name)}</b></p>", _paragraph(card.what)]
    if any(limits):
        items = "".join(f"<p>{escape(limit)}</p>" for limit in limits if limit)
        parts.append(f"<h4>Where not to believe it</h4>{items}")
    if card.metrics:
        parts.append(f"<h4>Calibration and other measured figures</h4>{_table(card.metrics)}")
    for title, body in (("Trained on", card.data), ("Prior", card.prior)):
        parts.append(f"<h4>{title}</h4>{_paragraph(body)}" if body else "")
    facts = {
        "name": card.name,
        "seed": card.seed,
        "training time": card.training_time,
        "licence": card.licence,
        "sha256 of the weights": card.sha256[:16] + "…" if card.sha256 else "",
    }
    parts.append(f"<h4>Facts</h4>{_table({key: value for key, value in facts.items() if value})}")
    return "".join(parts)


def _paragraph(body: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in str(body).split("\n\n") if part)


def _table(content: Mapping[str, Any], prefix: str = "") -> str:
    rows = "".join(_rows(content, ""))
    return f"<table>{rows}</table>"


def _rows(content: Mapping[str, Any], prefix: str) -> list[str]:
    rows: list[str] = []
    for key, value in content.items():
        name = f"{prefix}{key}".replace("_", " ")
        if isinstance(value, Mapping):
            rows += _rows(value, f"{name}: ")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
            for item in value:
                rows += _rows(item, f"{name}: ")
        else:
            shown = f"{value:.4g}" if isinstance(value, float) else escape(str(value))
            rows.append(f"<tr><td>{escape(name)}</td><td class='number'>{shown}</td></tr>")
    return rows
