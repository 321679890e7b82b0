"""The verdict on the model behind a page, in its header: a word, and the way to the evidence."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn

from astroviz.accuracy.card_checks import card_verdicts
from astroviz.core.share import to_query

__all__ = ["badge_html", "verdict_badge"]

# A mark beside the colour: red and green are one to some eyes.
_LOOKS = {"held": ("✓", "#1b7f5c"), "failed": ("!", "#b3541e"), "unknown": ("?", "#6b7280")}


def badge_html(card: Any) -> str:
    """A link with the verdict of a model's card; empty where there is no card."""
    if card is None:
        return ""
    kind, word, tip = _said(card)
    mark, colour = _LOOKS[kind]
    where = f"/accuracy/trial?{to_query({'tried': card.name})}"
    return (
        f'<a class="badge {kind}" style="--tone:{colour}" href="{escape(where)}" '
        f'title="{escape(tip)}"><b aria-hidden="true">{mark}</b>{escape(word)}</a>'
    )


def _said(card: Any) -> tuple[str, str, str]:
    """Kind, word and explanation of what `astroviz check --card` left in a card."""
    verdicts = card_verdicts(card)
    more = "Open the accuracy lab with this model."
    if not verdicts:
        return "unknown", "not checked", f"{card.name} was not checked yet. {more}"
    failed = [name for name, passed in verdicts if not passed]
    if failed:
        tip = f"{card.name} does not hold: {', '.join(failed)}. {more}"
        return "failed", f"{len(failed)} of {len(verdicts)} checks fail", tip
    tip = f"{card.name} holds all its {len(verdicts)} checks on fresh simulations. {more}"
    words = "1 check holds" if len(verdicts) == 1 else f"{len(verdicts)} checks hold"
    return "held", words, tip


def verdict_badge() -> pn.pane.HTML:
    """The place of the badge; its `object` is what `badge_html` gives."""
    return pn.pane.HTML("", stylesheets=[BADGE_CSS], margin=(0, 6), align="center")


BADGE_CSS = """
a.badge { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap;
  font-size: 12px; text-decoration: none; padding: 2px 9px 2px 4px; border-radius: 11px;
  color: var(--panel-on-background-color);
  border: 1px solid color-mix(in srgb, var(--tone) 60%, transparent);
  background: color-mix(in srgb, var(--tone) 12%, transparent); }
a.badge b { width: 15px; height: 15px; border-radius: 50%; background: var(--tone); color: white;
  font-size: 10px; line-height: 15px; text-align: center; }
a.badge:hover, a.badge:focus-visible { background: color-mix(in srgb, var(--tone) 24%,
  transparent); }
"""
