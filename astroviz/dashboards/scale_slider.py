"""A slider over scales of diffusion that speaks both conventions, and can play."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import panel as pn
import param

from astroviz.components.sources import elements
from astroviz.dashboards.live import together

__all__ = ["ScaleSlider"]

_HERE = Path(__file__).parent


class ScaleSlider(pn.custom.JSComponent):
    """A slider over scales sigma, with those of Leach's epsilon under it.

    One message is under way at a time: the next follows when the picture of the last is sent.

    Arguments:
        act: Takes the number of a stop.
    """

    stops = param.String(default="[1]", doc="Scales of the stops, rad, as JSON; in their order.")
    stop = param.Integer(default=0, doc="Number of the stop that is shown.")
    heard = param.Integer(default=0, doc="Number of the last message that was acted on.")
    label = param.String(default="Scale", doc="What is moved, for screen readers.")
    words = param.List(default=["", ""], item_type=str, doc="What the two ends are.")
    playable = param.Boolean(default=False, doc="Whether it has a button that plays.")

    _esm = elements() + "\n" + (_HERE / "scale_slider.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "scale_slider.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(self, act: Callable[[int], None], **params: Any) -> None:
        params.setdefault("height", 76)
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(**params)
        self._act = act

    def show(self, scales: Sequence[float], stop: int) -> None:
        """Show these scales, rad, and stand at one of them."""
        stops = json.dumps([float(f"{scale:.5g}") for scale in scales])
        self.param.update(stops=stops, stop=int(stop))

    def _handle_msg(self, message: Any) -> None:
        if not isinstance(message, dict) or "stop" not in message:
            return
        with together(pn.state.curdoc):
            try:
                self._act(int(message["stop"]))
            finally:
                self.heard = int(message.get("number", 0))
