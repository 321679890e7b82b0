"""The line above the panels of an adaptation: what to beware of, what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import param

from astroviz.dashboards.voice import Headline

__all__ = ["Notice"]


class Notice(Headline):
    """A headline whose warnings come with buttons that answer them.

    Arguments:
        act: Does what the button of a name promises.
    """

    actions = param.List(default=[], doc="Names and labels of the buttons, as [name, label].")

    _esm = Path(__file__).with_name("adaptation_notice.js").read_text(encoding="utf-8")

    def __init__(self, act: Callable[[str], None], **params: Any) -> None:
        super().__init__(height=26, sizing_mode="stretch_width", margin=(0, 0, 4, 0), **params)
        self._act = act

    def show(self, sentence: str, warnings: list[str], actions: Mapping[str, str]) -> None:
        """Show a sentence, warnings, and buttons by name and label."""
        self.param.update(
            sentence=sentence, warnings=warnings, actions=[list(one) for one in actions.items()]
        )

    def _handle_msg(self, message: Any) -> None:
        if isinstance(message, dict) and "action" in message:
            self._act(str(message["action"]))
