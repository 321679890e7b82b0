"""The invisible part of a page: keys, address bar, clipboard, saving figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn

from astroviz.dashboards.appearance import THEME_COOKIE

__all__ = ["KEYS", "Desk"]

KEYS = {
    "Ctrl Z": "undo",
    "Ctrl Y": "redo",
    "n / p": "next and previous object",
    "s": "surprise me",
    "r": "draw again with the next seed",
    "c": "show code",
    "?": "help",
    "Esc": "close the drawer",
}


class Desk(pn.custom.JSComponent):
    """Sends messages to the browser, and hears of its keys."""

    _esm = Path(__file__).with_name("desk.js").read_text(encoding="utf-8")

    def __init__(self, **params: Any) -> None:
        params.setdefault("width", 0)
        params.setdefault("height", 0)
        params.setdefault("margin", 0)
        super().__init__(**params)
        self._actions: dict[str, Callable[[], None]] = {}

    def on_key(self, name: str, act: Callable[[], None]) -> None:
        """Do something when a key of this name (see `desk.js`) is pressed outside a field."""
        self._actions[name] = act

    def _handle_msg(self, message: Any) -> None:
        act = self._actions.get(message.get("key", "")) if isinstance(message, dict) else None
        if act is not None:
            act()

    def set_address(self, address: str) -> None:
        """Put a path and query in the address bar without leaving a step in the history."""
        self._send_msg({"address": address})

    def set_title(self, title: str) -> None:
        """The name on the browser's tab."""
        self._send_msg({"title": title})

    def copy(self, content: str) -> None:
        """Put text on the clipboard."""
        self._send_msg({"copy": content})

    def remember_theme(self, dark: bool) -> None:
        """Keep the choice of theme for the next visit."""
        self._send_msg({"cookie": f"{THEME_COOKIE}={'dark' if dark else 'light'}"})

    def repaint(self) -> None:
        """Paint every figure from scratch, as after a change of theme."""
        self._send_msg({"repaint": True})

    def save_figures(self, kind: str, stem: str) -> None:
        """Download each visible figure; kind is `png` or `svg`."""
        self._send_msg({"figures": kind, "stem": stem})
