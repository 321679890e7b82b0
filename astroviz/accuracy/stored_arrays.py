r"""Arrays on disk in two bytes a number: columns as steps between their own ends.

Draws that a page shows need no more than a few digits; NaN keeps a code of its own. Files are
plain `.npz` without pickles.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

__all__ = ["STORED", "read_arrays", "write_arrays"]

STORED = Path(__file__).with_name("stored")
"""Where the examples of this folder are."""

_STEPS = 65_534
_MISSING = 65_535
_LOW, _HIGH = ":low", ":high"


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    r"""Write arrays; floats are rounded to 1/65,534 of the range of their last axis' column.

    Arguments:
        path: A file `.npz`.
        arrays: Floats of any shape but (), and texts or whole numbers, which are kept as they are.
    """
    found: dict[str, np.ndarray] = {}
    for name, values in arrays.items():
        values = np.asarray(values)
        if values.dtype.kind != "f":
            found[name] = values
            continue
        rows = values.reshape(-1, values.shape[-1]).astype(np.float64)
        if np.isinf(rows).any():
            raise ValueError(f"{name} holds infinite values, which cannot be stored")
        known = np.isfinite(rows)
        low = np.where(known, rows, np.inf).min(0)
        high = np.where(known, rows, -np.inf).max(0)
        empty = ~known.any(0)
        low, high = np.where(empty, 0.0, low), np.where(empty, 0.0, high)
        width = np.where(high > low, high - low, 1.0)
        place = np.where(known, np.round((rows - low) / width * _STEPS), _MISSING)
        found[name] = place.astype(np.uint16).reshape(values.shape)
        found[name + _LOW], found[name + _HIGH] = low, high
    np.savez_compressed(path, **found)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """What `write_arrays` wrote; floats as float32."""
    with np.load(path, allow_pickle=False) as kept:
        found = {name: kept[name] for name in kept.files}
    read: dict[str, np.ndarray] = {}
    for name, values in found.items():
        if name.endswith((_LOW, _HIGH)):
            continue
        if name + _LOW not in found:
            read[name] = values
            continue
        low, high = found[name + _LOW], found[name + _HIGH]
        width = np.where(high > low, high - low, 1.0)
        rows = low + values / _STEPS * width
        read[name] = np.where(values == _MISSING, np.nan, rows).astype(np.float32)
    return read
