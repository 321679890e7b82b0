"""What a page says: that it is at work, how far it is, what went wrong, what to try."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
import param

__all__ = ["Headline", "Voice"]

_HERE = Path(__file__).parent
_STYLE = (_HERE / "voice.css").read_text(encoding="utf-8")


class Voice(pn.custom.JSComponent):
    """A spinner, the progress of a long job, and a sentence that lies over the page.

    Plain elements in one component: a widget that becomes visible makes BokehJS lay out the whole
    page anew, with every figure on it, which is a second's work that a drag must not wait for.
    """

    busy = param.Boolean(default=False, doc="Whether an answer is on its way.")
    progress = param.String(default="", doc="What a long job does; empty when there is none.")
    fraction = param.Number(default=None, allow_None=True, doc="How far it is; None: unknown.")
    cancellable = param.Boolean(default=False, doc="Whether it can be stopped.")
    sentence = param.String(default="", doc="What the page has to say; empty is nothing.")
    kind = param.Selector(default="info", objects=["info", "success", "warning", "error"])

    _esm = (_HERE / "voice.js").read_text(encoding="utf-8")
    _stylesheets = [_STYLE]  # noqa: RUF012

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.cancel: Callable[[], None] | None = None

    def _handle_msg(self, message: Any) -> None:
        if message == "close":
            self.sentence = ""
        elif message == "cancel" and self.cancel is not None:
            self.cancel()


class Headline(pn.custom.JSComponent):
    """One line above the panels: what is shown, and in front of it what to beware of."""

    sentence = param.String(default="", doc="What is shown, and one gesture to try.")
    warnings = param.List(default=[], item_type=str, doc="Sentences; shown in full when pressed.")

    _esm = (_HERE / "headline.js").read_text(encoding="utf-8")
    _stylesheets = [_STYLE]  # noqa: RUF012
