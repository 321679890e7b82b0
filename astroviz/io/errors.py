"""The one error of this room: its text is a sentence for the person who owns the file."""

from __future__ import annotations

__all__ = ["TableError"]


class TableError(ValueError):
    """A table that cannot be read or understood; says what was wrong and what to do."""
