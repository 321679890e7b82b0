r"""One reader per format; `tables` recognises and calls them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import ascii as ascii_tables
from astropy.io import fits, votable
from astropy.table import Table

from astroviz.io.arrow import from_arrow
from astroviz.io.errors import TableError
from astroviz.io.metadata import params
from astroviz.io.text_tables import as_utf8, read_text
from astroviz.io.votable_binary import read_binary2

__all__ = ["MAX_MEMORY", "MAX_TEXT", "READERS", "check_size", "first_table", "fits_rows"]

MAX_TEXT = 500_000_000  # bytes of text, read whole
MAX_MEMORY = 4_000_000_000  # bytes of a FITS or Parquet table once in memory

Reader = Callable[[Any, str, int | None], Table]


def check_size(size: int, kind: str, label: str, max_rows: int | None) -> None:
    """TableError when a table that must be read whole is too big for that."""
    if kind in ("fits", "parquet") or (kind == "text" and max_rows is not None):
        return
    if size > MAX_TEXT:
        raise TableError(
            f"{label} is too big: {size / 1e9:.2g} GB, and tables of this kind are read whole up "
            f"to {MAX_TEXT / 1e9:g} GB. Save it as Parquet or FITS, which are read in pieces, or "
            f"split it."
        )


def first_table(hdus: fits.HDUList, label: str) -> fits.BinTableHDU:
    """The first table of a FITS file that has rows, else the first."""
    tables = [hdu for hdu in hdus if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
    if not tables:
        raise TableError(
            f"{label} is a FITS file without a table: it holds {len(hdus)} images or headers. "
            f"Choose a file with a table extension."
        )
    return next((hdu for hdu in tables if hdu.header["NAXIS2"] > 0), tables[0])


def fits_rows(hdu: fits.BinTableHDU) -> Table:
    """A FITS table with its texts as texts, not bytes."""
    table = Table.read(hdu, format="fits")
    table.convert_bytestring_to_unicode()
    return table


def _fits(stream: BinaryIO, label: str, max_rows: int | None) -> Table:
    # The first rows of a long table come from a map of the file, not from all of its bytes.
    mapped = getattr(stream, "path", None) if max_rows is not None else None
    with fits.open(mapped or stream, memmap=bool(mapped), lazy_load_hdus=True) as hdus:
        hdu = first_table(hdus, label)
        width, rows = hdu.header["NAXIS1"], hdu.header["NAXIS2"]
        wanted = rows if max_rows is None else min(rows, max_rows)
        _check_memory(width * wanted, label)
        if wanted < rows:
            hdu = type(hdu)(data=hdu.data[:wanted], header=hdu.header)
        return fits_rows(hdu)


def _parquet(stream: BinaryIO, label: str, max_rows: int | None) -> Table:
    try:
        file = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
    except pa.ArrowInvalid as error:
        raise TableError(
            f"{label} begins as Parquet but is cut short or damaged. Download or save it again."
        ) from error
    groups, rows, size = [], 0, 0
    for index in range(file.num_row_groups):
        if max_rows is not None and rows >= max_rows:
            break
        groups.append(index)
        rows += file.metadata.row_group(index).num_rows
        size += file.metadata.row_group(index).total_byte_size
    _check_memory(size, label)
    pieces = [file.read_row_group(index) for index in groups]
    whole = pa.concat_tables(pieces) if pieces else file.schema_arrow.empty_table()
    whole = whole if max_rows is None else whole.slice(0, max_rows)
    return from_arrow(whole, file.schema_arrow.metadata or {})


def _votable(stream: BinaryIO, label: str, max_rows: int | None) -> Table:
    head = stream.read(1 << 16)
    stream.seek(0)
    if b"<BINARY2>" in head:
        data = stream.read()
        table = read_binary2(data, max_rows)
        if table is not None:
            return table
        stream = io.BytesIO(data)
    document = votable.parse(stream, verify="ignore")
    tables = list(document.iter_tables())
    if not tables:
        raise TableError(
            f"{label} is a VOTable without a table: perhaps a service's error answer."
        )
    found = next((table for table in tables if len(table.array)), tables[0])
    table = found.to_table(use_names_over_ids=True)
    table.meta.update(params(found))
    return table if max_rows is None else table[:max_rows]


def _ascii(kind: str) -> Reader:
    def read(stream: BinaryIO, label: str, max_rows: int | None) -> Table:
        text = as_utf8(stream.read()).decode("utf-8", "replace")
        table = ascii_tables.read(text, format=kind, guess=False)
        return table if max_rows is None else table[:max_rows]

    return read


def _text(stream: BinaryIO, label: str, max_rows: int | None) -> Table:
    return read_text(io.BufferedReader(stream) if max_rows else stream, label, max_rows)  # type: ignore[type-var]


def _check_memory(size: int, label: str) -> None:
    if size > MAX_MEMORY:
        raise TableError(
            f"{label} is too big to open at once: {size / 1e9:.2g} GB in memory, the limit is "
            f"{MAX_MEMORY / 1e9:g} GB. `astroviz infer` reads it in pieces; or open a part of it."
        )


READERS: dict[str, Reader] = {
    "fits": _fits,
    "parquet": _parquet,
    "votable": _votable,
    "ecsv": _ascii("ecsv"),
    "mrt": _ascii("mrt"),
    "ipac": _ascii("ipac"),
    "text": _text,
}
