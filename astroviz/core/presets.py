r"""Settings of a view that are worth a look, under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Preset"]


@dataclass(frozen=True)
class Preset:
    r"""A place to start from.

    Arguments:
        name: What it is called in the list.
        sentence: What it shows.
        settings: Parameters of the view to their values; others stay as they are.
    """

    name: str
    sentence: str
    settings: Mapping[str, Any] = field(default_factory=dict)
