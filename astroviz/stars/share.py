r"""A view in other forms: the query of a link, and the notebook cell that recreates it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astroviz.core import share
from astroviz.core.share import LONGEST

__all__ = ["from_query", "notebook_cell", "to_query"]

_LISTS = ("surveys", "corner", "overlays", "wanted", "hidden", "arrival")
_BULKY = ("selections", "selection")


def to_query(state: Mapping[str, Any]) -> str:
    r"""The state of a view as the query of a link, without the question mark.

    What is None in the state is too long for a link.

    Selections are left out, largest first, when the link would be too long to survive.
    """
    return share.to_query(state, _LISTS, _BULKY)


def from_query(query: str) -> dict[str, Any]:
    """The state that `to_query` wrote; what is not JSON is taken as text."""
    return share.from_query(query, _LISTS, ("selection", "source"))


def notebook_cell(state: Mapping[str, Any], path: str | None, in_memory: str | None) -> str:
    r"""Python that recreates a view.

    Arguments:
        state: What `StarsExplorer.state` gave.
        path: File of the table; None for example stars.
        in_memory: What a table without a file was called; None when there is a file or an example.
    """
    settings = {name: value for name, value in state.items() if name != "source"}
    lines = ["import astroviz", ""]
    for name in _BULKY:
        if name in settings and (settings[name] is None or len(str(settings[name])) > LONGEST):
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
