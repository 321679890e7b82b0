r"""The state of a view as the query of a link."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

__all__ = ["LONGEST", "from_query", "to_query"]

LONGEST = 6000
"""Characters of a query; browsers and proxies cut links that are much longer."""


def to_query(
    state: Mapping[str, Any], lists: Collection[str] = (), bulky: Collection[str] = ()
) -> str:
    r"""The state of a view as the query of a link, without the question mark.

    Arguments:
        state: Names to values that JSON can hold; what is None is too long for a link.
        lists: Names whose values are lists of plain words, written with commas.
        bulky: Names that are left out, in this order, when the link would be too long to survive.

    Example:
        >>> to_query({"seed": 3, "surveys": ["Gaia", "2MASS"]}, lists=["surveys"])
        'seed=3&surveys=Gaia%2C2MASS'
    """
    pairs = {name: _text(name, value, lists) for name, value in state.items() if value is not None}
    for name in bulky:
        if len(urlencode(pairs)) > LONGEST:
            pairs.pop(name, None)
    return urlencode(pairs)


def _text(name: str, value: Any, lists: Collection[str]) -> str:
    if name in lists:
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def from_query(
    query: str, lists: Collection[str] = (), texts: Collection[str] = ()
) -> dict[str, Any]:
    """The state that `to_query` wrote; what is not JSON is taken as text.

    Arguments:
        query: With or without the question mark.
        lists: As `to_query` was given them.
        texts: Names whose values are text even where they look like JSON.
    """
    state: dict[str, Any] = {}
    for name, text in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if name in lists:
            state[name] = [part for part in text.split(",") if part]
        elif name in texts:
            state[name] = text
        else:
            try:
                state[name] = json.loads(text)
            except json.JSONDecodeError:
                state[name] = text
    return state
