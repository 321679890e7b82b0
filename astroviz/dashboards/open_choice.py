"""A list of numbers to choose from that also shows a number nobody listed, as a link may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import panel_material_ui as pmui

__all__ = ["open_choice"]


def open_choice(
    explorer: Any, name: str, values: Iterable[float], words: str, help_: str, width: int
) -> pmui.Select:
    r"""A small list that sets a number of the view, and follows it.

    Arguments:
        explorer: The state.
        name: The parameter.
        values: Numbers that are worth a choice.
        words: How one is written, as `"{:g} draws"`.
        help_: What is chosen.
        width: Pixels.
    """
    listed = tuple(values)

    def options() -> dict[str, Any]:
        there = sorted({*listed, getattr(explorer, name)})
        return {words.format(value): value for value in there}

    chosen = pmui.Select(
        options=options(), value=getattr(explorer, name), width=width, description=help_,
        size="small", align="center", variant="standard", margin=(0, 4),
    )  # fmt: skip

    def follow(_event: Any) -> None:
        value = getattr(explorer, name)
        if chosen.value != value:
            chosen.param.update(options=options(), value=value)

    chosen.param.watch(lambda event: setattr(explorer, name, event.new), "value")
    explorer.param.watch(follow, name)
    return chosen
