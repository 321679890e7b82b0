r"""Big tables in pieces: Parquet by row groups, FITS by memory map, long CSV by lines."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from astropy.table import Table

from astroviz.io.arrow import from_arrow
from astroviz.io.errors import TableError
from astroviz.io.readers import MAX_TEXT, first_table, fits_rows
from astroviz.io.recognise import recognise
from astroviz.io.tables import Source, open_source, read_table
from astroviz.io.text_tables import stream_text

__all__ = ["Piece", "stream_rows"]

Piece = tuple[Table, int, int | None]


def stream_rows(
    source: Source, batch_rows: int = 65_536, columns: Sequence[str] | None = None
) -> Iterator[Piece]:
    r"""All rows of a table in order, without holding all of them where the format allows.

    Arguments:
        source: As of `read_table`.
        batch_rows: Most rows of a piece.
        columns: Only these columns; None: all.

    Yields:
        The piece, the row number of its first row, and the number of rows of the whole (None
        where it is not known before the end). At least one piece comes, of no rows if need be.

    Raises:
        TableError: as `read_table`.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows is {batch_rows}; it must be at least 1")
    stream, label = open_source(source)
    with stream:
        head = stream.read(1 << 16)
        kind = recognise(head, label)
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        path = Path(source) if isinstance(source, str | os.PathLike) else None
        if kind == "parquet":
            yield from _parquet(pa.PythonFile(stream, mode="r"), label, batch_rows, columns)
        elif kind == "fits" and path is not None and head == _first_bytes(path, len(head)):
            yield from _fits(path, label, batch_rows, columns)
        elif kind == "text" and size > MAX_TEXT:
            yield from _text(stream, label, batch_rows, columns)
        else:
            yield from _whole(read_table(stream, name=label), label, batch_rows, columns)


def _text(
    stream: BinaryIO, label: str, batch_rows: int, columns: Sequence[str] | None
) -> Iterator[Piece]:
    start = 0
    for table in stream_text(stream, label, batch_rows):
        yield _only(table, columns, label), start, None
        start += len(table)


def _parquet(
    stream: pa.PythonFile, label: str, batch_rows: int, columns: Sequence[str] | None
) -> Iterator[Piece]:
    try:
        file = pq.ParquetFile(stream)
    except pa.ArrowInvalid as error:
        raise TableError(
            f"{label} begins as Parquet but is cut short or damaged. Download or save it again."
        ) from error
    schema = file.schema_arrow
    _check(schema.names, columns, label)
    wanted = list(columns) if columns is not None else None
    total, start = file.metadata.num_rows, 0
    try:
        # Group by group: asked for all at once, the reader runs ahead and holds what it read.
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(batch_rows, row_groups=[group], columns=wanted):
                table = from_arrow(pa.Table.from_batches([batch]), schema.metadata or {})
                yield table, start, total
                start += len(table)
    except OSError as error:
        raise TableError(f"{label} is damaged after row {start}: {error}.") from error
    if total == 0:
        empty = schema.empty_table()
        empty = empty if wanted is None else empty.select(wanted)
        yield from_arrow(empty, schema.metadata or {}), 0, 0


def _fits(
    path: Path, label: str, batch_rows: int, columns: Sequence[str] | None
) -> Iterator[Piece]:
    # A cut file is told by the piece that fails, not by a warning.
    with warnings.catch_warnings(), fits.open(path, memmap=True) as hdus:
        warnings.simplefilter("ignore")
        hdu = first_table(hdus, label)
        total = int(hdu.header["NAXIS2"])
        _check(hdu.columns.names, columns, label)
        for start in range(0, max(total, 1), batch_rows):
            try:
                rows = hdu.data[start : start + batch_rows]
                piece = fits_rows(type(hdu)(data=rows, header=hdu.header))
            except (OSError, ValueError, TypeError) as error:
                raise TableError(
                    f"{label} is damaged or cut short after row {start}: {error}. "
                    f"Download it again."
                ) from error
            yield _only(piece, columns, label), start, total


def _whole(
    table: Table, label: str, batch_rows: int, columns: Sequence[str] | None
) -> Iterator[Piece]:
    chosen = _only(table, columns, label)
    for start in range(0, max(len(chosen), 1), batch_rows):
        yield chosen[start : start + batch_rows], start, len(chosen)


def _only(table: Table, columns: Sequence[str] | None, label: str) -> Table:
    _check(table.colnames, columns, label)
    return table if columns is None else table[list(columns)]


def _check(names: Sequence[str], columns: Sequence[str] | None, label: str) -> None:
    for column in columns or ():
        if column not in names:
            raise TableError(f"{label} has no column {column!r}; it has {', '.join(names[:20])}.")


def _first_bytes(path: Path, count: int) -> bytes:
    # A gzipped FITS table cannot be mapped: its first bytes are not those of the unpacked one.
    with path.open("rb") as stream:
        return stream.read(count)
