r"""A view in other forms: the query of a link, and the notebook cell that recreates it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

__all__ = ["from_query", "notebook_cell", "to_query"]

_LONGEST = 6000  # characters; browsers and proxies cut links that are much longer
_LISTS = ("surveys", "corner", "overlays", "wanted", "hidden", "arrival")


def to_query(state: Mapping[str, Any]) -> str:
    r"""The state of a view as the query of a link, without the question mark.

    What is None in the state is too long for a link.

    Selections are left out, largest first, when the link would be too long to survive.
    """
    pairs = {name: _text(name, value) for name, value in state.items() if value is not None}
    for name in ("selections", "selection"):
        if len(urlencode(pairs)) > _LONGEST:
            pairs.pop(name, None)
    return urlencode(pairs)


def _text(name: str, value: Any) -> str:
    if name in _LISTS:
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def from_query(query: str) -> dict[str, Any]:
    """The state that `to_query` wrote; what is not JSON is taken as text."""
    state: dict[str, Any] = {}
    for name, text in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if name in _LISTS:
            state[name] = [part for part in text.split(",") if part]
        elif name in ("selection", "source"):
            state[name] = text
        else:
            try:
                state[name] = json.loads(text)
            except json.JSONDecodeError:
                state[name] = text
    return state


def notebook_cell(state: Mapping[str, Any], path: str | None, in_memory: str | None) -> str:
    r"""Python that recreates a view.

    Arguments:
        state: What `StarsExplorer.state` gave.
        path: File of the table; None for example stars.
        in_memory: What a table without a file was called; None when there is a file or an example.
    """
    settings = {name: value for name, value in state.items() if name != "source"}
    lines = ["import astroviz", ""]
    for name in ("selections", "selection"):
        if name in settings and (settings[name] is None or len(str(settings[name])) > _LONGEST):
            del settings[name]
            lines.insert(1, f"# Too long for a cell and left out: {name}. Save it as CSV instead.")
    first = ['"stars"']
    if path is not None:
        first.append(repr(path))
    elif in_memory is not None:
        lines.insert(1, f"table = ...  # your table that was open here: {in_memory}")
        first.append("table")
    elif "source" in state:
        settings["source"] = state["source"]
    arguments = [*first, *(f"{name}={value!r}" for name, value in settings.items())]
    one_line = f"view = astroviz.explore({', '.join(arguments)})"
    if len(one_line) <= 99:
        lines.append(one_line)
    else:
        lines += ["view = astroviz.explore(", *(f"    {a}," for a in arguments), ")"]
    return "\n".join([*lines, "view", ""])
