"""The sources of the browser's side, as both faces hand them on: inline, nothing is fetched."""

from __future__ import annotations

from pathlib import Path

__all__ = ["elements", "module", "style"]

_HERE = Path(__file__).parent


def elements() -> str:
    """The helper that makes elements, for components of plain elements."""
    return (_HERE / "elements.js").read_text(encoding="utf-8")


def module(name: str) -> str:
    """The ES module of a component."""
    return elements() + "\n" + (_HERE / f"{name}.js").read_text(encoding="utf-8")


def style(name: str) -> str:
    """The style sheet of a component."""
    return (_HERE / f"{name}.css").read_text(encoding="utf-8")
