"""The user's own folders, where each platform has them; they need not exist."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["cache_folder", "user_folder"]


def user_folder() -> Path:
    """The user's own folder of models."""
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "astroviz" / "models"


def cache_folder() -> Path:
    """What can be fetched again, as the archives that tables are built from."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "astroviz"
    if sys.platform == "win32":
        return user_folder().parent / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "astroviz"
