r"""Between pyarrow and astropy tables, with masks, units and descriptions both ways."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.io import votable
from astropy.table import Column, MaskedColumn, Table, meta

from astroviz.io import metadata

__all__ = ["from_arrow", "to_arrow"]

_YAML = b"table_meta_yaml"  # where astropy keeps units and descriptions in a Parquet file
_JSON = b"astroviz"  # the table's metadata for readers that know nothing of astropy
_VOPARQUET = b"IVOA.VOTable-Parquet.content"
_LONG_TEXT = 200


def from_arrow(table: pa.Table, about: Mapping[bytes, bytes] | None = None) -> Table:
    r"""A pyarrow table as an astropy one.

    Arguments:
        table: Any table; structs are left out and named in `meta["reading_notes"]`.
        about: Metadata of the schema, where it is not the table's own.
    """
    about = about if about is not None else (table.schema.metadata or {})
    columns: dict[str, Column] = {}
    dropped = []
    for name, field, chunks in zip(table.column_names, table.schema, table.columns, strict=True):
        if pa.types.is_struct(field.type) or pa.types.is_map(field.type):
            dropped.append(name)
        elif name not in columns and not name.startswith("__index_level_"):
            columns[name] = _column(chunks)
            unit = (field.metadata or {}).get(b"unit")
            if unit:
                columns[name].unit = _unit(unit.decode())
    found = Table(columns, copy=False)
    _describe(found, about)
    if dropped:
        notes = f"Nested columns are left out: {', '.join(dropped)}."
        found.meta["reading_notes"] = [*found.meta.get("reading_notes", []), notes]
    return found


def to_arrow(table: Table) -> pa.Table:
    """An astropy table as a pyarrow one; 2-D columns become lists, masks become nulls.

    Plain entries of `meta` go with the schema, in astropy's header and as JSON under `astroviz`.
    """
    arrays, fields = [], []
    for name in table.colnames:
        column = table[name]
        array = _array(column)
        unit = getattr(column, "unit", None)
        said = {b"unit": str(unit).encode()} if unit is not None else None
        arrays.append(array)
        fields.append(pa.field(name, array.type, metadata=said))
    header = "\n".join(meta.get_yaml_from_table(_described(table)))
    about = {_YAML: header.encode(), _JSON: metadata.json_bytes(table.meta)}
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, about))


def _column(chunks: pa.ChunkedArray) -> Column:
    kind = chunks.type
    if pa.types.is_dictionary(kind):
        return _column(chunks.cast(kind.value_type))
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return _column(chunks.cast(pa.float64()))
    if pa.types.is_fixed_size_list(kind) and not chunks.null_count:
        flat = pa.chunked_array([chunk.flatten() for chunk in chunks.chunks], kind.value_type)
        return Column(_column(flat).data.reshape(len(chunks), kind.list_size))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        cells = np.empty(len(chunks), dtype=object)
        cells[:] = [None if cell is None else np.asarray(cell) for cell in chunks.to_pylist()]
        return Column(cells)
    mask = chunks.is_null().to_numpy() if chunks.null_count else None
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        data = (chunks.fill_null(False if kind == pa.bool_() else 0)).to_numpy()
    elif pa.types.is_floating(kind):
        data = chunks.to_numpy()
    elif pa.types.is_null(kind):
        data = np.full(len(chunks), np.nan)
        mask = np.ones(len(chunks), dtype=bool)
    else:
        data = _texts(chunks)
    return Column(data, copy=False) if mask is None else MaskedColumn(data, mask=mask, copy=False)


def _texts(chunks: pa.ChunkedArray) -> np.ndarray:
    if not (pa.types.is_string(chunks.type) or pa.types.is_large_string(chunks.type)):
        if pa.types.is_binary(chunks.type) or pa.types.is_large_binary(chunks.type):
            return np.array(
                [(cell or b"").decode("utf-8", "replace") for cell in chunks.to_pylist()]
            )
        chunks = chunks.cast(pa.string())
    texts = chunks.fill_null("").to_pylist()
    longest = pc.max(pc.utf8_length(chunks)).as_py() or 0
    if longest > _LONG_TEXT:  # a fixed-width array would hold the longest text in every row
        return np.array(texts, dtype=object)
    return np.array(texts, dtype=f"U{max(longest, 1)}")


def _array(column: Any) -> pa.Array:
    masked = np.ma.asarray(getattr(column, "value", column))
    raw = np.asarray(masked.data)
    if raw.dtype.kind in "fiub" and not raw.dtype.isnative:
        raw = raw.astype(raw.dtype.newbyteorder("="))
    if raw.ndim == 2:
        flat = pa.array(np.ascontiguousarray(raw).ravel())
        offsets = np.arange(len(raw) + 1, dtype=np.int64) * raw.shape[1]
        return pa.LargeListArray.from_arrays(pa.array(offsets), flat).cast(pa.list_(flat.type))
    mask = np.ma.getmaskarray(masked)
    if raw.dtype.kind == "S":
        raw = np.char.decode(raw, "utf-8", "replace")
    if raw.dtype.kind in "UO":
        cells = [None if hidden else cell for cell, hidden in zip(raw.tolist(), mask, strict=True)]
        empty = all(cell is None for cell in cells)
        return pa.array(cells, pa.string() if raw.dtype.kind == "U" or empty else None)
    return pa.array(raw, mask=mask if mask.any() else None)


def _describe(table: Table, about: Mapping[bytes, bytes]) -> None:
    """Units, descriptions and meta from astropy's YAML header or VOParquet's VOTable header."""
    if _YAML in about:
        header = meta.get_header_from_yaml(about[_YAML].decode().split("\n"))
        for entry in header.get("datatype", []):
            if entry["name"] in table.colnames:
                table[entry["name"]].unit = _unit(entry.get("unit"))
                table[entry["name"]].description = entry.get("description")
        table.meta.update(header.get("meta", {}))
        # astropy writes a mask as a column `<name>.mask` beside the data.
        if table.meta.pop("__serialized_columns__", None):
            _apply_masks(table)
    elif _VOPARQUET in about:
        document = votable.parse(io.BytesIO(about[_VOPARQUET]), verify="ignore")
        for entry in document.get_first_table().fields:
            if entry.name in table.colnames:
                table[entry.name].unit = _unit(str(entry.unit) if entry.unit else None)
                table[entry.name].description = entry.description


def _apply_masks(table: Table) -> None:
    for name in table.colnames:
        base = name.removesuffix(".mask")
        if base == name or base not in table.colnames or table[name].dtype != bool:
            continue
        column = table[base]
        masked = MaskedColumn(
            column, mask=np.asarray(table[name]) | getattr(column, "mask", False)
        )
        table.replace_column(base, masked)
        table.remove_column(name)


def _unit(text: str | None) -> Any:
    return None if not text else u.Unit(text, parse_strict="silent")


def _described(table: Table) -> Table:
    """One empty row's worth of columns, so that the header has no mixins to serialise."""
    plain = Table(meta=metadata.plain(table.meta))
    for name in table.colnames:
        column = table[name]
        values = np.asarray(np.ma.asarray(getattr(column, "value", column)).data)[:0]
        plain[name] = Column(
            values.astype(str) if values.dtype.kind == "O" else values,
            unit=getattr(column, "unit", None),
            description=getattr(column, "description", None),
        )
    return plain
