r"""The BINARY2 block of a VOTable by numpy: what the Gaia archive sends by default.

astropy decodes it cell by cell in Python (seconds for 300,000 rows). Here each field of all rows
is gathered at once. Files that are not of the common kind (one table, base64, scalar or text
fields) are left to astropy.

References:
    | VOTable 1.4, section 6.4, https://www.ivoa.net/documents/VOTable/
"""

from __future__ import annotations

import binascii
import io
import re
import struct
from dataclasses import dataclass

import numpy as np
from astropy.io import votable
from astropy.table import MaskedColumn, Table

__all__ = ["read_binary2"]

_STREAM = re.compile(rb"<STREAM\b([^>]*)>(.*?)</STREAM>", re.DOTALL)
_TYPES = {
    "boolean": "S1",
    "bit": "u1",
    "unsignedByte": "u1",
    "short": ">i2",
    "int": ">i4",
    "long": ">i8",
    "float": ">f4",
    "double": ">f8",
    "char": "S1",
    "unicodeChar": ">u2",
}
_TEXTS = {"char": 1, "unicodeChar": 2}  # bytes of a character
_LONG_TEXT = 400  # bytes
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class _Place:
    """A field in the rows: after which variable field (-1: the row's start), offset, bytes."""

    after: int
    offset: int
    size: int


def read_binary2(data: bytes, max_rows: int | None = None) -> Table | None:
    r"""The table of a VOTable with one BINARY2 block; None when it is not of that kind.

    Arguments:
        data: The whole file.
        max_rows: Decode only so many rows.
    """
    blocks = list(_STREAM.finditer(data))
    if data.count(b"<BINARY2>") != 1 or len(blocks) != 1:
        return None
    attributes, block = blocks[0].group(1), blocks[0].group(2)
    if b"base64" not in attributes or b"href" in attributes:
        return None
    head = data[: blocks[0].start(2)] + data[blocks[0].end(2) :]
    document = votable.parse(io.BytesIO(head), verify="ignore")
    element = next(iter(document.iter_tables()))
    fields = list(element.fields)
    if any(not _is_common(field) for field in fields):
        return None
    raw = np.frombuffer(binascii.a2b_base64(block), dtype=np.uint8)
    places, variable = _layout(fields)
    starts = _walk(raw, variable, _row_bytes(fields), max_rows)
    if starts is None:
        return None
    table = element.to_table(use_names_over_ids=True)
    return _fill(table, fields, places, starts, raw)


def _is_common(field: votable.tree.Field) -> bool:
    if field.datatype not in _TYPES:
        return False
    size = field.arraysize
    if field.datatype in _TEXTS:
        return size is None or re.fullmatch(r"\d+|\d*\*", size) is not None
    return size in (None, "1")


def _is_variable(field: votable.tree.Field) -> bool:
    return bool(field.arraysize) and field.arraysize.endswith("*")


def _size(field: votable.tree.Field) -> int:
    if field.datatype in _TEXTS:
        return _TEXTS[field.datatype] * int(field.arraysize or 1)
    return np.dtype(_TYPES[field.datatype]).itemsize


def _layout(fields: list[votable.tree.Field]) -> tuple[list[_Place], list[tuple[int, int]]]:
    """Where each field is; and (bytes before it, bytes of a character) of variable fields."""
    places, variable = [], []
    offset = (len(fields) + 7) // 8  # the row begins with one bit per field: 1 is "no value"
    for field in fields:
        if _is_variable(field):
            variable.append((offset, _TEXTS[field.datatype]))
            places.append(_Place(len(variable) - 1, -1, 0))
            offset = 0
        else:
            places.append(_Place(len(variable) - 1, offset, _size(field)))
            offset += _size(field)
    return places, variable


def _row_bytes(fields: list[votable.tree.Field]) -> int:
    """Bytes of a row without the lengths and texts of variable fields."""
    fixed = sum(_size(field) for field in fields if not _is_variable(field))
    return int(fixed) + (len(fields) + 7) // 8


@dataclass(frozen=True)
class _Starts:
    """Byte at which each row, and each variable text of it, begins; and lengths of the texts."""

    rows: np.ndarray
    texts: np.ndarray
    lengths: np.ndarray


def _walk(
    raw: np.ndarray, variable: list[tuple[int, int]], row_bytes: int, max_rows: int | None
) -> _Starts | None:
    """Find the rows; None when the block does not end with a row."""
    if not variable:
        if len(raw) % row_bytes:
            return None
        count = len(raw) // row_bytes if max_rows is None else min(len(raw) // row_bytes, max_rows)
        empty = np.zeros((0, count), dtype=np.int64)
        return _Starts(np.arange(count, dtype=np.int64) * row_bytes, empty, empty)
    buffer, end = raw.tobytes(), len(raw)
    rest = row_bytes - sum(before for before, _ in variable)
    rows: list[int] = []
    texts: list[int] = []
    lengths: list[int] = []
    here = 0
    try:
        while here < end and (max_rows is None or len(rows) < max_rows):
            rows.append(here)
            for before, width in variable:
                here += before + 4
                length = _LENGTH.unpack_from(buffer, here - 4)[0] * width
                texts.append(here)
                lengths.append(length)
                here += length
            here += rest
    except struct.error:
        return None
    if here > end:
        return None
    shape = (len(rows), len(variable))
    return _Starts(
        np.array(rows, dtype=np.int64),
        np.array(texts, dtype=np.int64).reshape(shape).T,
        np.array(lengths, dtype=np.int64).reshape(shape).T,
    )


def _fill(
    empty: Table,
    fields: list[votable.tree.Field],
    places: list[_Place],
    starts: _Starts,
    raw: np.ndarray,
) -> Table:
    table = Table(meta=empty.meta)
    for index, (name, field, place) in enumerate(zip(empty.colnames, fields, places, strict=True)):
        hidden = (raw[starts.rows + index // 8] >> (7 - index % 8)) & 1 == 1
        if place.offset < 0:
            data = _texts(raw, field, starts.texts[place.after], starts.lengths[place.after])
        else:
            data = _gather(raw, field, place, starts)
        column = empty[name]
        if data.dtype.kind == "f":
            hidden |= np.isnan(data)
        elif data.dtype.kind in "iu" and field.values.null is not None:
            hidden |= data == field.values.null
        table[name] = MaskedColumn(
            data,
            mask=hidden,
            unit=column.unit,
            description=column.description,
            copy=False,
        )
    return table


def _gather(
    raw: np.ndarray, field: votable.tree.Field, place: _Place, starts: _Starts
) -> np.ndarray:
    base = starts.rows
    if place.after >= 0:
        base = starts.texts[place.after] + starts.lengths[place.after]
    cells = raw[(base + place.offset)[:, None] + np.arange(place.size)]
    if field.datatype in _TEXTS:
        return _decode(cells.tobytes(), place.size, field.datatype)
    data = np.ascontiguousarray(cells).view(_TYPES[field.datatype])[:, 0]
    if field.datatype == "boolean":
        return np.isin(data, [b"T", b"t", b"1"])
    if field.datatype == "bit":  # the first bit by the standard, the fifth by astropy
        truths: np.ndarray = data != 0
        return truths
    return data.astype(data.dtype.newbyteorder("="))


def _texts(
    raw: np.ndarray, field: votable.tree.Field, begins: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    longest = max(int(lengths.max(initial=0)), _TEXTS[field.datatype])
    if longest > _LONG_TEXT:  # a fixed-width array would hold the longest text in every row
        coding = "utf-16-be" if field.datatype == "unicodeChar" else "utf-8"
        spans = zip(begins.tolist(), (begins + lengths).tolist(), strict=True)
        return np.array([raw[a:b].tobytes().decode(coding, "replace") for a, b in spans], "O")
    within = np.arange(longest) < lengths[:, None]
    where = np.where(within, begins[:, None] + np.arange(longest), 0)
    cells = np.where(within, raw[where], 0).astype(np.uint8)
    return _decode(cells.tobytes(), longest, field.datatype)


def _decode(cells: bytes, size: int, datatype: str) -> np.ndarray:
    if datatype == "unicodeChar":
        wide = np.frombuffer(cells, dtype=">u2").astype(np.uint32)
        return wide.view(f"U{size // 2}")
    data = np.frombuffer(cells, dtype=f"S{size}")
    try:
        return data.astype(f"U{size}")
    except UnicodeDecodeError:  # names with accents, against the standard but met
        return np.char.decode(data, "utf-8", "replace")
