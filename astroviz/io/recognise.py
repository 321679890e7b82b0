r"""What a file is, by its first bytes and not by its name."""

from __future__ import annotations

from pathlib import PurePath

from astroviz.io.errors import TableError

__all__ = ["FORMAT_NAMES", "GZIP_MAGIC", "name_note", "recognise"]

FORMAT_NAMES = {
    "fits": "FITS",
    "votable": "VOTable",
    "parquet": "Parquet",
    "ecsv": "ECSV",
    "mrt": "AAS machine-readable table",
    "ipac": "IPAC table",
    "text": "text table (CSV, TSV or columns)",
}
GZIP_MAGIC = b"\x1f\x8b"

_SUFFIXES = {
    ".fits": "fits", ".fit": "fits", ".fts": "fits",
    ".vot": "votable", ".votable": "votable", ".xml": "votable",
    ".parquet": "parquet", ".parq": "parquet", ".pq": "parquet",
    ".ecsv": "ecsv", ".mrt": "mrt", ".csv": "text", ".tsv": "text",
}  # fmt: skip
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Excel or ODS sheet: unpack it, or save it as CSV"),
    (b"\x89HDF", "an HDF5 file: save the table as Parquet or FITS"),
    (b"BZh", "bzip2-compressed: unpack it first"),
    (b"\xfd7zXZ", "xz-compressed: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed: unpack it first"),
    (b"\x93NUMPY", "a NumPy array without column names: save it as CSV or FITS with names"),
    (b"\x80\x04\x95", "a Python pickle, which is not opened for safety"),
    (b"SQLite format 3", "an SQLite database"),
)


def recognise(head: bytes, name: str) -> str:
    r"""Format of a file.

    Arguments:
        head: Its first bytes, 4,096 or more where there are.
        name: Its name, for the sentence.

    Returns:
        A key of `FORMAT_NAMES`.

    Raises:
        TableError: when it is empty or no table that can be read.
    """
    if not head.strip():
        raise TableError(f"{name} is empty: it has no table. Choose another file.")
    if head.startswith(b"SIMPLE  ="):
        return "fits"
    if head.startswith(b"PAR1"):
        return "parquet"
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise TableError(_not_a_table(name, what))
    text = head if not head.startswith((b"\xff\xfe", b"\xfe\xff")) else head.replace(b"\0", b"")
    start = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise TableError(_not_a_table(name, "a web page (perhaps the error page of a download)"))
    if start.startswith(b"<"):
        if b"VOTABLE" in head[:4096]:
            return "votable"
        raise TableError(_not_a_table(name, "XML but not a VOTable"))
    if len(text.translate(None, delete=bytes(range(9)))) < len(text):
        raise TableError(_not_a_table(name, "binary data of an unknown kind"))
    return _text_kind(start, name)


def name_note(name: str, found: str) -> str | None:
    """A sentence when the name promises something else than what was found; else None."""
    path = PurePath(name)
    suffix = PurePath(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    promised = _SUFFIXES.get(suffix.lower())
    text_kinds = {"text", "ecsv", "mrt", "ipac"}
    if promised is None or promised == found or {promised, found} <= text_kinds:
        return None
    return f"{path.name} is named {suffix} but holds a {FORMAT_NAMES[found]}: read as that."


def _text_kind(start: bytes, name: str) -> str:
    if start.startswith(b"# %ECSV"):
        return "ecsv"
    if b"Byte-by-byte Description" in start:
        return "mrt"
    if start.startswith((b"{", b"[")):
        raise TableError(_not_a_table(name, "JSON: save the table as CSV or Parquet"))
    lines = [line for line in start.splitlines() if line and not line.startswith(b"\\")]
    if lines and lines[0].startswith(b"|") and lines[0].rstrip().endswith(b"|"):
        return "ipac"
    return "text"


def _not_a_table(name: str, what: str) -> str:
    suffix = PurePath(name).suffix.lower()
    promised = FORMAT_NAMES.get(_SUFFIXES.get(suffix, ""))
    says = f"is not the {promised} that its name says" if promised else "is not a table"
    return (
        f"{name} {says}: it is {what}. Tables that can be read are FITS, VOTable, Parquet, "
        f"CSV, TSV, ECSV and AAS machine-readable."
    )
