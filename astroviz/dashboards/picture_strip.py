"""Small grey pictures in a row: to look at, or to pick one of them."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import panel as pn
import param

from astroviz.components.sources import elements
from astroviz.dashboards.live import together

__all__ = ["PictureStrip"]

_HERE = Path(__file__).parent


class PictureStrip(pn.custom.JSComponent):
    """Pictures as tiles; keys and clicks pick one where that is wanted.

    Arguments:
        act: Takes the number of the picture that was picked; None for pictures to look at.
        size: Side of a tile, pixels on the screen.
    """

    pictures = param.String(default="[]", doc="Label and pixels of each, as JSON.")
    chosen = param.Integer(default=-1, doc="Number of the picture that is picked; -1: none.")
    pickable = param.Boolean(default=False, doc="Whether one can be picked.")
    label = param.String(default="Pictures", doc="What they are, for screen readers.")
    size = param.Integer(default=64, doc="Side of a tile on the screen, pixels.")

    _esm = elements() + "\n" + (_HERE / "picture_strip.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "picture_strip.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(self, act: Callable[[int], None] | None = None, **params: Any) -> None:
        super().__init__(pickable=act is not None, **params)
        self._act = act

    def show(
        self, pictures: Sequence[np.ndarray], labels: Sequence[str], chosen: int = -1
    ) -> None:
        """Show square pictures of brightness 0 to 1, each with its label."""
        made = [
            {"label": label, "side": len(picture), "pixels": _pixels(picture)}
            for picture, label in zip(pictures, labels, strict=True)
        ]
        self.param.update(pictures=json.dumps(made), chosen=chosen)

    def _handle_msg(self, message: Any) -> None:
        if self._act is not None and isinstance(message, dict) and "pick" in message:
            with together(pn.state.curdoc):
                self._act(int(message["pick"]))


def _pixels(picture: np.ndarray) -> str:
    whole = np.rint(np.clip(picture, 0.0, 1.0) * 255).astype(np.uint8)
    return b64encode(whole.tobytes()).decode("ascii")
