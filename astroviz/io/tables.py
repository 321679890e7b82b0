r"""Read any table that astronomers exchange, recognised by its content.

FITS, VOTable, Parquet (also VOParquet), CSV, TSV, columns between spaces, ECSV, IPAC and AAS
machine-readable tables, gzipped or not, from a path, bytes (an upload) or an open binary file.
"""

from __future__ import annotations

import gzip
import io
import os
import threading
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path
from typing import Any, BinaryIO

from astropy.table import Table

from astroviz.io.errors import TableError
from astroviz.io.readers import READERS, check_size
from astroviz.io.recognise import GZIP_MAGIC, name_note, recognise

__all__ = ["Progress", "Reading", "Source", "TableError", "open_source", "read_in_thread",
           "read_table"]  # fmt: skip

Source = str | os.PathLike[str] | bytes | BinaryIO
Progress = Callable[[float], None]
_HEAD = 1 << 16
_PIECE = 1 << 23  # bytes between two reports of progress


def read_table(
    source: Source,
    progress: Progress | None = None,
    max_rows: int | None = None,
    name: str | None = None,
) -> Table:
    r"""Read a table with its units, masks and metadata.

    Arguments:
        source: Path, bytes of a file, or an open binary file.
        progress: Called with the share that is done, 0 to 1; what it raises stops the reading.
        max_rows: Read only so many rows; large files are then not read to their end.
        name: Name to use in sentences where `source` has none.

    Returns:
        The table. `meta["source_format"]` says what it was, `meta["reading_notes"]` what is worth
        knowing (a list of sentences, absent when there is nothing).

    Raises:
        TableError: a sentence on what is wrong with the file and what to do.
    """
    report = progress or _silent
    report(0.0)
    stream, label = open_source(source, name)
    with stream:
        head = stream.read(_HEAD)
        kind = recognise(head, label)
        stream.seek(0)
        check_size(_size(stream), kind, label, max_rows)
        table = _read(kind, _Counted(stream, report), label, max_rows)
    note = name_note(label, kind)
    if note:
        table.meta["reading_notes"] = [note, *table.meta.get("reading_notes", [])]
    table.meta["source_format"] = kind
    if not len(table.colnames):
        raise TableError(f"{label} has no columns. Choose another file.")
    report(1.0)
    return table


def open_source(source: Source, name: str | None = None) -> tuple[BinaryIO, str]:
    """Open a path, bytes or a file for reading, unpacked if gzipped, with its name."""
    if isinstance(source, bytes | bytearray | memoryview):
        stream: BinaryIO = io.BytesIO(bytes(source))
        label = name or "the uploaded file"
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        label = name or path.name
        try:
            stream = path.open("rb")
        except FileNotFoundError as error:
            raise TableError(f"there is no file {path}. Check the name.") from error
        except IsADirectoryError as error:
            raise TableError(f"{path} is a folder: name one file in it.") from error
        except OSError as error:
            raise TableError(f"{path} cannot be opened: {error.strerror}.") from error
    else:
        stream, label = source, name or Path(str(getattr(source, "name", "the file"))).name
    if stream.read(2) == GZIP_MAGIC:
        stream.seek(0)
        return _unpack(stream, label), label
    stream.seek(0)
    return stream, label


class Reading(Future[Table]):
    """A table being read in a thread: a `concurrent.futures.Future` whose `cancel` works."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()

    def cancel(self) -> bool:
        """Stop the reading; waiters get CancelledError at once, the thread ends soon after."""
        self.stop.set()
        return super().cancel()


def read_in_thread(
    source: Source,
    on_progress: Progress | None = None,
    max_rows: int | None = None,
    name: str | None = None,
) -> Reading:
    r"""Read a table without holding up the caller.

    Arguments:
        source: As of `read_table`.
        on_progress: Called *in the reading thread* with the share done, 0 to 1.
        max_rows: As of `read_table`.
        name: As of `read_table`.

    Returns:
        A future: `result()` gives the table or raises its TableError; `cancel()` stops it.
    """
    reading = Reading()

    def report(share: float) -> None:
        if reading.stop.is_set():
            raise _Stopped
        if on_progress:
            on_progress(share)

    def work() -> None:
        # The future stays pending while the thread works, so that `cancel` is never refused.
        try:
            table = read_table(source, report, max_rows, name)
        except _Stopped:
            return
        except BaseException as error:  # whatever it is belongs to the one who asked
            _settle(reading.set_exception, error)
        else:
            _settle(reading.set_result, table)

    threading.Thread(target=work, name="astroviz-read-table", daemon=True).start()
    return reading


class _Stopped(Exception):
    """Raised in the reading thread after `cancel`."""


class _Counted(io.RawIOBase):
    """A file that reports how far it was read."""

    def __init__(self, stream: BinaryIO, report: Progress) -> None:
        self._stream, self._report = stream, report
        self._size = max(_size(stream), 1)
        # Where on disk it is: a memory map reads the first rows without the rest.
        named = getattr(stream, "name", None)
        self.path = named if isinstance(stream, io.BufferedReader) else None

    def read(self, size: int = -1) -> bytes:
        pieces = []
        while size != 0:
            wanted = _PIECE if size < 0 else min(size, _PIECE)
            pieces.append(self._stream.read(wanted))
            size = size if size < 0 else size - len(pieces[-1])
            self._report(min(self._stream.tell() / self._size, 1.0) * 0.98)
            if len(pieces[-1]) < wanted:
                break
        return b"".join(pieces)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _read(kind: str, stream: _Counted, label: str, max_rows: int | None) -> Table:
    try:
        with warnings.catch_warnings():
            # Readers warn about harmless habits of catalogues (odd units, long names).
            warnings.simplefilter("ignore")
            return READERS[kind](stream, label, max_rows)
    except (TableError, _Stopped, MemoryError):
        raise
    except Exception as error:  # a damaged file makes the readers raise nearly anything
        cause = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TableError(
            f"{label} is damaged or not quite what it begins as ({kind}): {cause[:200]} "
            f"Try to download or save it again."
        ) from error


def _size(stream: BinaryIO) -> int:
    here = stream.tell()
    size = stream.seek(0, os.SEEK_END)
    stream.seek(here)
    return size


def _unpack(stream: BinaryIO, label: str) -> BinaryIO:
    limit = 1 << 31
    try:
        with stream, gzip.open(stream) as packed:
            data = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{label} is gzipped and damaged: {error}. Download it again.") from error
    if len(data) > limit:
        raise TableError(f"{label} unpacks to more than 2 GB. Unpack it and convert to Parquet.")
    return io.BytesIO(data)


def _silent(share: float) -> None:
    """No progress asked for."""


def _settle(finish: Callable[[Any], None], outcome: object) -> None:
    try:
        finish(outcome)
    except InvalidStateError:
        return  # cancelled between the last report and the end
