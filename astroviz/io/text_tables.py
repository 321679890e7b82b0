r"""Text tables: CSV, TSV, semicolons, columns between spaces, commented headers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
from astropy.io import ascii as ascii_tables
from astropy.table import Table
from pyarrow import csv as arrow_csv

from astroviz.io.arrow import from_arrow
from astroviz.io.errors import TableError

__all__ = ["NULLS", "as_utf8", "read_text", "stream_text"]

NULLS = ["", "-", "--", "---", "nan", "NaN", "NAN", "null", "NULL", "None", "N/A", "\\N", "<NA>"]
_DELIMITERS = ("\t", ",", ";", "|")
_SAMPLE_LINES = 50


@dataclass(frozen=True)
class _Layout:
    """How the text is laid out: `skip` lines before the data, names, delimiter (None: spaces)."""

    names: tuple[str, ...]
    skip: int
    delimiter: str | None
    notes: tuple[str, ...] = ()


def as_utf8(data: bytes) -> bytes:
    """Text in UTF-8 without a byte-order mark, from UTF-8, UTF-16 or Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1").encode()
    return data


def read_text(stream: BinaryIO, name: str, max_rows: int | None = None) -> Table:
    r"""Read a text table whose first line (after comments) names the columns.

    Arguments:
        stream: The bytes, from their start.
        name: Name of the file, for sentences.
        max_rows: Read only so many rows.

    Raises:
        TableError: no header, ragged lines, or no line that can be read.
    """
    data = as_utf8(_head(stream, max_rows) if max_rows is not None else stream.read())
    lines = data[: 1 << 20].decode("utf-8", "replace").splitlines()
    # The last line of the sample may be cut, unless the sample is the whole file.
    layout = _layout(lines if len(data) <= 1 << 20 else lines[:-1], name)
    table = _body(data, layout, name)
    notes = [*layout.notes, *table.meta.get("reading_notes", [])]
    if notes:
        table.meta["reading_notes"] = notes
    return table if max_rows is None else table[:max_rows]


def stream_text(stream: BinaryIO, name: str, batch_rows: int) -> Iterator[Table]:
    r"""A long text table in pieces; a quoted cell may then not hold a line break.

    Arguments:
        stream: The bytes, from their start, in UTF-8 or Latin-1.
        name: Name of the file, for sentences.
        batch_rows: Rows of a piece.
    """
    sample = as_utf8(stream.read(1 << 20)).decode("utf-8", "replace").splitlines()
    layout = _layout(sample[:-1] or sample, name)
    stream.seek(0)
    for _ in range(layout.skip):
        stream.readline()
    body = replace(layout, skip=0)
    while block := b"".join(islice(stream, batch_rows)):
        yield _body(as_utf8(block), body, name)


def _body(data: bytes, layout: _Layout, name: str) -> Table:
    if layout.delimiter is None:
        return _spaced(data, layout, name)
    return _delimited(data, layout, name)


def _head(stream: BinaryIO, max_rows: int) -> bytes:
    """Comments, header and enough lines for `max_rows`, without reading the rest."""
    kept: list[bytes] = []
    wanted = max_rows + 1
    for line in stream:
        kept.append(line)
        wanted -= bool(line.strip()) and not line.startswith(b"#")
        if wanted <= 0:
            break
    return b"".join(kept)


def _layout(lines: list[str], name: str) -> _Layout:
    comment, skip = "", 0
    while skip < len(lines) and (not lines[skip].strip() or lines[skip].startswith("#")):
        comment = lines[skip] if lines[skip].strip("# \t") else comment
        skip += 1
    sample = [line for line in lines[skip : skip + _SAMPLE_LINES] if line.strip()]
    if not sample:
        raise TableError(f"{name} holds only comments and no table. Choose another file.")
    delimiter = _delimiter(sample)
    header = _split(sample[0], delimiter)
    if all(_is_number(cell) for cell in header if cell):
        names = _split(comment.lstrip("# \t"), delimiter)
        if len(names) != len(header) or all(_is_number(cell) for cell in names):
            raise TableError(
                f"{name} has no line of column names: its first line is {sample[0][:60]!r}. "
                f"Add a first line such as ra,dec,phot_g_mean_mag."
            )
        unique, notes = _unique(names)
        return _Layout(unique, skip, delimiter, notes)
    unique, notes = _unique(header)
    return _Layout(unique, skip + 1, delimiter, notes)


def _delimiter(sample: list[str]) -> str | None:
    if len(sample[0].split()) == 1 and not any(mark in sample[0] for mark in _DELIMITERS):
        return ","  # one column, perhaps with quoted texts
    best, columns = None, 1
    for candidate in _DELIMITERS:
        counts = [len(_split(line, candidate)) for line in sample]
        if counts[0] > columns and sum(n == counts[0] for n in counts) >= 0.5 * len(counts):
            best, columns = candidate, counts[0]
    if best is None and any(mark in sample[0] for mark in ",\t;"):
        return next(mark for mark in ",\t;" if mark in sample[0])
    return best


def _split(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _unique(names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names with numbers on repeated and empty ones, and a note on what was changed."""
    seen: dict[str, int] = {}
    found, repeated = [], []
    for place, name in enumerate(names, start=1):
        plain = name or f"col{place}"
        seen[plain] = seen.get(plain, 0) + 1
        if seen[plain] > 1:
            repeated.append(plain)
            plain = f"{plain}_{seen[plain]}"
        found.append(plain)
    shown = ", ".join(map(repr, dict.fromkeys(repeated)))
    notes = (f"Column names appear twice and are numbered: {shown}.",) if repeated else ()
    return tuple(found), notes


def _delimited(data: bytes, layout: _Layout, name: str) -> Table:
    decimal = _decimal_mark(data, layout)
    try:
        table = _arrow_table(data, layout, decimal, newlines=False)
    except pa.ArrowInvalid:
        # A quoted cell may hold a line break; slower, so only when the plain way fails.
        try:
            table = _arrow_table(data, layout, decimal, newlines=True)
        except pa.ArrowInvalid as error:
            raise TableError(_ragged(data, layout, name, str(error))) from error
    return from_arrow(table)


def _arrow_table(data: bytes, layout: _Layout, decimal: str, newlines: bool) -> pa.Table:
    def read(texts: dict[str, pa.DataType]) -> pa.Table:
        return arrow_csv.read_csv(
            pa.BufferReader(data),
            arrow_csv.ReadOptions(
                column_names=list(layout.names),
                skip_rows=layout.skip,
                use_threads=False,
                block_size=max(1 << 22, 64 * len(layout.names)),
            ),
            arrow_csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=newlines),
            arrow_csv.ConvertOptions(
                null_values=NULLS,
                strings_can_be_null=True,
                # "false" is a flag word of catalogues; Python's and FITS's spellings are booleans.
                true_values=["True", "TRUE"],
                false_values=["False", "FALSE"],
                decimal_point=decimal,
                column_types=texts,
            ),
        )

    table = read({})
    dates = {field.name: pa.string() for field in table.schema if pa.types.is_temporal(field.type)}
    # Dates stay texts: designations such as 2021-01-01 must come out as they went in.
    return read(dates) if dates else table


def _decimal_mark(data: bytes, layout: _Layout) -> str:
    """A comma where semicolons separate the columns and numbers are written 12,5."""
    if layout.delimiter != ";":
        return "."
    lines = data[: 1 << 16].decode("utf-8", "replace").splitlines()[layout.skip : layout.skip + 20]
    cells = [cell for line in lines for cell in _split(line, ";")]
    commas = [cell for cell in cells if "," in cell and _is_number(cell.replace(",", ".", 1))]
    points = [cell for cell in cells if "." in cell and _is_number(cell)]
    return "," if len(commas) > len(points) else "."


def _spaced(data: bytes, layout: _Layout, name: str) -> Table:
    body = data.decode("utf-8", "replace").splitlines()[layout.skip :]
    if not any(line.strip() for line in body):
        return Table({column: [] for column in layout.names})
    try:
        return ascii_tables.read(
            "\n".join(body),
            format="no_header",
            names=list(layout.names),
            delimiter=" ",
            comment="#",
            fill_values=[(mark, "0") for mark in NULLS if mark],
            guess=False,
        )
    except (ascii_tables.InconsistentTableError, ValueError) as error:
        raise TableError(_ragged(data, layout, name, str(error))) from error


def _ragged(data: bytes, layout: _Layout, name: str, cause: str) -> str:
    width = len(layout.names)
    stream = io.StringIO(data.decode("utf-8", "replace"))
    for number, line in enumerate(stream, start=1):
        count = len(_split(line.rstrip("\r\n"), layout.delimiter))
        if number > layout.skip and line.strip() and not line.startswith("#") and count != width:
            return (
                f"{name} cannot be read: line {number} has {count} cells and the header names "
                f"{width} columns. Correct the line, or quote cells that hold the delimiter."
            )
    return f"{name} cannot be read as a text table: {cause.splitlines()[0]}"
