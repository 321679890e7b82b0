r"""Tables, draws and selections to Parquet, FITS, CSV, ECSV and VOTable, with their units."""

from __future__ import annotations

import csv
import io
import os
import warnings
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self, runtime_checkable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io.votable import from_table
from astropy.table import Table, vstack
from pyarrow import csv as arrow_csv

from astroviz.io import metadata
from astroviz.io.arrow import from_arrow, to_arrow
from astroviz.io.errors import TableError

__all__ = ["ResultWriter", "Tabular", "output_format", "table_bytes", "write_table"]

_SUFFIXES = {
    ".parquet": "parquet", ".pq": "parquet", ".fits": "fits", ".fit": "fits",
    ".csv": "csv", ".ecsv": "ecsv", ".vot": "votable", ".xml": "votable",
}  # fmt: skip


@runtime_checkable
class Tabular(Protocol):
    """Anything that can turn itself into a table, as draws do."""

    def to_table(self) -> Table:
        """The columns with their units."""
        ...


def output_format(name: str | os.PathLike[str]) -> str:
    """Format that a name asks for; TableError naming the suffixes there are."""
    suffix = Path(name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise TableError(
            f"{Path(name).name} says by its suffix {suffix!r} no format that can be written; use "
            f"one of {', '.join(_SUFFIXES)}."
        )
    return _SUFFIXES[suffix]


def write_table(table: Table | Tabular, path: str | os.PathLike[str]) -> Path:
    """Write a table or draws in the format of the suffix; an unfinished file is never left."""
    with ResultWriter(path) as writer:
        writer.write(_as_table(table))
    return Path(path)


def table_bytes(table: Table | Tabular, kind: str) -> bytes:
    r"""The file that `write_table` would write, as bytes for a download.

    Arguments:
        table: A table, or draws.
        kind: `parquet`, `fits`, `csv`, `ecsv` or `votable`.
    """
    if kind not in _SUFFIXES.values():
        kinds = ", ".join(dict.fromkeys(_SUFFIXES.values()))
        raise TableError(f"there is no format {kind!r}; use one of {kinds}.")
    plain = _as_table(table)
    sink = io.BytesIO()
    if kind == "parquet":
        pq.write_table(to_arrow(plain), sink)
    elif kind == "csv":
        flat = _flat(plain)
        with _csv_writer(sink, flat.schema) as writer:
            writer.write_table(flat)
    else:
        _write_whole(plain, sink, kind)
    return sink.getvalue()


class ResultWriter:
    r"""Write a table in pieces, all with the same columns, in order.

    Parquet and CSV go to the file piece by piece; FITS, ECSV and VOTable state their length first
    and are collected in memory. The file appears under its name when it is complete.

    Arguments:
        path: Where to; the suffix says the format.

    Raises:
        TableError: for a suffix that is no format, or a folder that is not there.

    Example::

        with ResultWriter("out.parquet") as writer:
            for piece in pieces:
                writer.write(piece)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.kind = output_format(path)
        self.rows = 0
        if not self.path.parent.is_dir():
            raise TableError(
                f"there is no folder {self.path.parent} to write {self.path.name} to."
            )
        self._part = self.path.with_name(f".{self.path.name}.part")
        self._schema: pa.Schema | None = None
        self._stream: pq.ParquetWriter | arrow_csv.CSVWriter | None = None
        self._sink: BinaryIO | None = None
        self._pieces: list[Table] = []

    def write(self, table: Table) -> None:
        """Append the rows of a piece; its columns must be those of the first."""
        arrow = _flat(table) if self.kind == "csv" else to_arrow(table)
        if self._schema is None:
            self._schema = arrow.schema
            self._start()
        elif arrow.column_names != self._schema.names:
            raise ValueError(
                f"a piece has the columns {arrow.column_names}, the first had "
                f"{self._schema.names}: all must be alike"
            )
        if self._stream is None:
            self._pieces.append(table)
        else:
            self._stream.write_table(arrow.cast(self._schema))
        self.rows += len(table)

    def close(self) -> None:
        """Complete the file and give it its name."""
        if self._schema is None:
            return
        if self._stream is not None:
            self._end_stream()
        else:
            whole = vstack(self._pieces, join_type="exact", metadata_conflicts="silent")
            with self._part.open("wb") as sink:
                _write_whole(whole, sink, self.kind)
        self._part.replace(self.path)
        self._pieces, self._schema = [], None

    def abandon(self) -> None:
        """Drop what was written."""
        self._end_stream()
        self._part.unlink(missing_ok=True)
        self._pieces, self._schema = [], None

    def _end_stream(self) -> None:
        for open_file in (self._stream, self._sink):
            if open_file is not None:
                open_file.close()

    def _start(self) -> None:
        try:
            if self.kind == "parquet":
                self._stream = pq.ParquetWriter(self._part, self._schema)
            elif self.kind == "csv":
                self._sink = self._part.open("wb")
                self._stream = _csv_writer(self._sink, self._schema)
            else:
                self._part.touch()
        except OSError as error:
            raise TableError(f"{self.path} cannot be written: {error}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.abandon()


def _as_table(table: Table | Tabular) -> Table:
    return table if isinstance(table, Table) else table.to_table()


def _csv_writer(sink: BinaryIO, schema: pa.Schema) -> arrow_csv.CSVWriter:
    # pyarrow puts every name of a header in quotes: ugly, and some readers keep them.
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(schema.names)
    sink.write(line.getvalue().encode())
    options = arrow_csv.WriteOptions(include_header=False)
    return arrow_csv.CSVWriter(sink, schema, write_options=options)


def _flat(table: Table) -> pa.Table:
    """For CSV, which holds one value per cell."""
    wide = [name for name in table.colnames if np.ndim(table[name]) > 1]
    if wide:
        raise TableError(
            f"CSV cannot hold the columns {', '.join(wide)}, which have many numbers per row; "
            f"write .parquet or .fits."
        )
    return to_arrow(table)


def _write_whole(table: Table, sink: BinaryIO, kind: str) -> None:
    if kind == "fits" and any(column.dtype.kind == "O" for column in table.itercols()):
        # FITS has no columns of Python objects: through Arrow they become texts or arrays.
        table = from_arrow(to_arrow(table))
    plain = table.copy(copy_data=False)
    plain.meta = metadata.fits_cards(table.meta) if kind == "fits" else metadata.plain(table.meta)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # long keywords of the header, units outside FITS's list
        if kind == "ecsv":
            text = io.StringIO()
            plain.write(text, format="ascii.ecsv")
            sink.write(text.getvalue().encode())
        elif kind == "votable":
            document = from_table(plain)
            metadata.add_params(document, document.get_first_table(), plain.meta)
            document.to_xml(sink)
        else:
            plain.write(sink, format=kind)
