"""A clock that counts, in the browser, how far each way to learn of galaxies has come."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import panel as pn
import param

__all__ = ["CostClock"]

_HERE = Path(__file__).parent


class CostClock(pn.custom.JSComponent):
    """A row for each way: what one processor has done since the page was opened."""

    ways = param.String(default="[]", doc="What each way does in a second, as JSON.")

    _esm = (_HERE / "cost_clock.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "cost_clock.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def show(self, ways: Sequence[Any]) -> None:
        r"""Show other ways.

        Arguments:
            ways: Each with `name`, `rate` (galaxies a second), `whole` (how long the survey takes,
                in words), `source`, `galaxies` and `ours`.
        """
        self.ways = json.dumps(list(ways))
