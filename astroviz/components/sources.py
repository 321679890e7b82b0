"""The sources of the browser's side, as both faces hand them on: inline, nothing is fetched."""

from __future__ import annotations

from pathlib import Path

__all__ = ["PARTS", "elements", "module", "style"]

_HERE = Path(__file__).parent
_STAGE = ("turning", "colours", "gl", "stage", "gestures", "legends", "turntable", "stamps")

# What a component shares with others comes before it, joined into the one module it is sent as.
PARTS: dict[str, tuple[str, ...]] = {
    "sphere": (
        *_STAGE, "healpix", "sphere_scene", "sphere_gl", "sphere_canvas", "sphere_marks",
    ),
    "web_box": (*_STAGE, "box_scene", "box_gl", "box_canvas", "box_marks"),
}  # fmt: skip
STYLES = {"sphere": "stage", "web_box": "stage"}


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def elements() -> str:
    """The helper that makes elements, for components of plain elements."""
    return _read("elements.js")


def module(name: str) -> str:
    """The ES module of a component."""
    return "\n".join([elements(), *(_read(f"{part}.js") for part in PARTS.get(name, ())),
                      _read(f"{name}.js")])  # fmt: skip


def style(name: str) -> str:
    """The style sheet of a component."""
    return _read(f"{STYLES.get(name, name)}.css")
