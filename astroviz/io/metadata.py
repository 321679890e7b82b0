r"""What a table says of itself, in the form that each format of a file can hold.

| Parquet: the key `astroviz` of the schema (JSON), and astropy's own header
| ECSV: as it is
| FITS: keywords of the header, long names and lists shortened to what a header can hold
| VOTable: one PARAM per entry
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from astropy.io.votable.tree import Param, TableElement, VOTableFile

__all__ = ["add_params", "fits_cards", "json_bytes", "params", "plain"]

# What the reading of a table noted belongs to that reading.
_OF_A_READING = ("source_format", "reading_notes")
_SHORT = 8  # characters of a FITS keyword
_CARD = 80  # characters of a line of a FITS header
_DATATYPES = {bool: "boolean", int: "long", float: "double"}


def plain(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that JSON can hold; numpy's numbers and arrays as plain ones."""
    found = {}
    for key, value in meta.items():
        if key not in _OF_A_READING and not str(key).startswith("__"):
            try:
                found[str(key)] = _value(value)
            except TypeError:
                continue  # an object of somebody's own class: no format can hold it
    return found


def _value(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Mapping):
        return {str(key): _value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    raise TypeError(f"{type(value).__name__} is not plain")


def json_bytes(meta: Mapping[str, Any]) -> bytes:
    """All plain entries as one JSON object."""
    return json.dumps(plain(meta), allow_nan=False).encode()


def fits_cards(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Keywords and values that fit into a FITS header; `comments` stay its comments."""
    cards: dict[str, Any] = {}
    for key, value in plain(meta).items():
        if key == "comments":
            cards[key] = value
            continue
        held = json.dumps(value) if isinstance(value, list | dict) else value
        if isinstance(held, str):
            # Headers are printable ASCII.
            held = " ".join(held.encode("ascii", "replace").decode().split())
        cards[_keyword(key, held)] = held
    return cards


def _keyword(key: str, value: Any) -> str:
    """The key itself; shortened where its line would be cut and only a short key goes on."""
    line = f"HIERARCH {key} = '{value}'"
    if len(key) <= _SHORT or len(line) <= _CARD:
        return key
    return key.replace("_", "").upper()[:_SHORT]


def add_params(document: VOTableFile, table: TableElement, meta: Mapping[str, Any]) -> None:
    """One PARAM per entry; lists as JSON, empty entries left out."""
    for key, value in plain(meta).items():
        if value is None:
            continue
        kind = _DATATYPES.get(type(value), "char")
        size = "*" if kind == "char" else None
        text = json.dumps(value) if isinstance(value, list | dict | bool) else str(value)
        table.params.append(Param(document, name=key, value=text, datatype=kind, arraysize=size))


def params(table: TableElement) -> dict[str, Any]:
    """The PARAMs of a table as entries of its `meta`."""
    found = {}
    for param in table.params:
        value = param.value
        found[param.name or param.ID] = value.item() if hasattr(value, "item") else value
    return found
