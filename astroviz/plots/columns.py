r"""Numbers on their way into figures: small, sent once, sent together.

An array in a message of Bokeh's takes two frames of the websocket of its own; a corner plot has a
hundred arrays of a few hundred bytes, and writing their frames took the server longer than
computing them. Small ones travel within the message instead.
"""

from __future__ import annotations

import sys
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.core.serialization import NDArrayRep, Serializer
from bokeh.models import ColumnDataSource

__all__ = ["Inline", "as_column", "put"]

_SMALL = 4096  # numbers


class Inline(np.ndarray):
    """An array that travels within its message."""


def _encode(array: Inline, serializer: Serializer) -> NDArrayRep:
    # BokehJS expects gzip; level 0 is its frame around the bytes as they are.
    frame = zlib.compressobj(0, wbits=31)
    packed = frame.compress(np.ascontiguousarray(array).tobytes()) + frame.flush()
    text = b64encode(packed).decode("ascii")
    return {
        "type": "ndarray",
        "array": {"type": "bytes", "data": text},
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "order": sys.byteorder,
    }


Serializer.register(Inline, _encode)


def as_column(values: Any) -> np.ndarray:
    """Float32, as is cheapest to send and to draw."""
    column = np.ascontiguousarray(values, dtype=np.float32)
    return column.view(Inline) if column.size <= _SMALL else column


def put(source: ColumnDataSource, data: Mapping[str, Any]) -> None:
    """Write columns into a source unless it holds them already: all that is written travels."""
    held = source.data
    if held.keys() != data.keys() or not all(_same(held[name], data[name]) for name in data):
        source.data = dict(data)


def _same(held: Any, new: Any) -> bool:
    """Whether two columns are equal: arrays, or lists of arrays, numbers and texts."""
    if len(held) != len(new):
        return False
    if isinstance(held, np.ndarray) and isinstance(new, np.ndarray):
        return held.dtype == new.dtype and np.array_equal(held, new, held.dtype.kind == "f")
    if len(held) and isinstance(held[0], list | np.ndarray):
        return all(_same(a, b) for a, b in zip(held, new, strict=True))
    return all(a == b for a, b in zip(held, new, strict=True))
