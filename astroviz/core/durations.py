r"""Durations as people write them: `90s`, `30m`, `1.5h`."""

from __future__ import annotations

import re

__all__ = ["seconds"]

_SCALE = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str | float) -> float:
    """Seconds in a duration such as `90s`, `30m` or `1.5h`; plain numbers are seconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*(s|m|min|h|)\s*", str(text).lower())
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"a budget is a positive duration such as 90s, 30m or 2h, not {text!r}")
    return float(match[1]) * _SCALE[match[2]]
