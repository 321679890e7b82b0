"""The scrubber under the panels: the frames of a training, and the distances at the one shown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param

from astroviz.components.sources import elements
from astroviz.dashboards.adaptation_words import CURVES
from astroviz.dashboards.live import together

__all__ = ["Scrubber"]

_HERE = Path(__file__).parent


class Scrubber(pn.custom.JSComponent):
    """A slider over frames with play and pause, and a sparkline for each figure.

    One message is under way at a time: the next follows when the picture of the last is sent.

    Arguments:
        act: Shows the frame of a number.
    """

    film = param.String(default="{}", doc="Steps and curves of all frames, as JSON.")
    frame = param.Integer(default=0, doc="Number of the frame that is shown.")
    heard = param.Integer(default=0, doc="Number of the last message that was acted on.")

    _esm = elements() + "\n" + (_HERE / "adaptation_scrubber.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "adaptation_scrubber.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(self, act: Callable[[int], None], **params: Any) -> None:
        super().__init__(**params)
        self._act = act

    def show(self, steps: np.ndarray, curves: Mapping[str, np.ndarray], frame: int) -> None:
        """Show a film: its steps, its curves (see `CURVES`), and the frame it stands at."""
        figures = [
            {"name": label, "digits": digits, "values": [_number(v) for v in curves[name]]}
            for name, (label, digits) in CURVES.items()
            if name in curves
        ]
        film = json.dumps({"steps": [int(step) for step in steps], "figures": figures})
        self.param.update(film=film, frame=frame)

    def _handle_msg(self, message: Any) -> None:
        if not isinstance(message, dict) or "frame" not in message:
            return
        with together(pn.state.curdoc):
            try:
                self._act(int(message["frame"]))
            finally:
                self.heard = int(message.get("number", 0))


def _number(value: Any) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
