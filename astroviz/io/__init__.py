"""Files in and out: tables, columns, units, gaps, states, results."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# Loaded on first use: `stars.surveys` needs only the light `observations`, not astropy's readers.
_HOME = {
    "ColumnChoice": "mapping",
    "ColumnMapping": "mapping",
    "Observations": "observations",
    "Quantity": "observations",
    "Reading": "tables",
    "ResultWriter": "export",
    "State": "observations",
    "TableError": "errors",
    "from_mapping": "convert",
    "guess_mapping": "columns",
    "observations_table": "convert",
    "read_in_thread": "tables",
    "read_table": "tables",
    "stream_rows": "catalogues",
    "table_bytes": "export",
    "to_observations": "convert",
    "write_table": "export",
}

__all__ = [
    "ColumnChoice",
    "ColumnMapping",
    "Observations",
    "Quantity",
    "Reading",
    "ResultWriter",
    "State",
    "TableError",
    "from_mapping",
    "guess_mapping",
    "observations_table",
    "read_in_thread",
    "read_table",
    "stream_rows",
    "table_bytes",
    "to_observations",
    "write_table",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'astroviz.io' has no attribute {name!r}")
    return getattr(import_module(f"astroviz.io.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
