"""Many sliders in one component, for views that have a dozen numbers to move."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import panel as pn
import param

from astroviz.components.sources import elements
from astroviz.dashboards.live import together

__all__ = ["Slide", "SliderBoard"]

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Slide:
    r"""One slider.

    Arguments:
        name: Parameter of the explorer that it moves; its bounds and help are that one's.
        label: What it is called.
        unit: Its unit on the page.
        step: Of the slider, in that unit.
        factor: The unit of the page in units of the parameter.
        log: Whether the track is logarithmic.
        low: Where the track begins; at the parameter's bound when None.
        high: Where it ends, likewise.
    """

    name: str
    label: str
    unit: str = ""
    step: float = 0.01
    factor: float = 1.0
    log: bool = False
    low: float | None = None
    high: float | None = None

    def ends(self, explorer: Any) -> tuple[float, float]:
        """Ends of the track in the unit of the page."""
        low, high = explorer.param[self.name].bounds
        return (low / self.factor if self.low is None else self.low,
                high / self.factor if self.high is None else self.high)  # fmt: skip


class SliderBoard(pn.custom.JSComponent):
    """Plain inputs in one component: twenty Panel widgets would take a second to paint.

    It moves parameters of an explorer and follows them. One message is under way at a time, with
    the newest value of everything that was moved.

    Arguments:
        explorer: The state of the page.
        groups: Headings to their sliders.
        say: Told a sentence about a value that cannot be.
    """

    groups = param.String(default="[]", doc="Headings and rows, as JSON.")
    values = param.String(default="{}", doc="Names to values in the units of the page, as JSON.")
    heard = param.Integer(default=0, doc="Number of the last message that was acted on.")

    _esm = elements() + "\n" + (_HERE / "slider_board.js").read_text(encoding="utf-8")
    _stylesheets = [(_HERE / "slider_board.css").read_text(encoding="utf-8")]  # noqa: RUF012

    def __init__(
        self,
        explorer: Any,
        groups: Mapping[str, Sequence[Slide]],
        say: Callable[[str], None] = lambda _: None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.explorer, self._say = explorer, say
        self.slides: dict[str, Slide] = {}
        self.offer(groups)
        explorer.param.watch(lambda *_: self.follow(), explorer.state_names())

    def offer(self, groups: Mapping[str, Sequence[Slide]]) -> None:
        """Offer other sliders."""
        self.slides = {slide.name: slide for row in groups.values() for slide in row}
        described = [
            {"title": title, "rows": [self._row(slide) for slide in slides]}
            for title, slides in groups.items()
            if slides
        ]
        self.param.update(groups=json.dumps(described), values=json.dumps(self._values()))

    def follow(self) -> None:
        """Show the explorer's values."""
        values = json.dumps(self._values())
        if self.values != values:
            self.values = values

    def _values(self) -> dict[str, float]:
        return {
            name: round(float(getattr(self.explorer, name)) / slide.factor, 6)
            for name, slide in self.slides.items()
        }

    def _row(self, slide: Slide) -> dict[str, Any]:
        low, high = slide.ends(self.explorer)
        return {
            "name": slide.name, "label": slide.label, "unit": slide.unit, "step": slide.step,
            "low": low, "high": high, "log": slide.log,
            "value": float(getattr(self.explorer, slide.name)) / slide.factor,
            "help": str(self.explorer.param[slide.name].doc or ""),
        }  # fmt: skip

    def _take(self, values: Mapping[str, Any]) -> None:
        taken: dict[str, Any] = {}
        for name, value in values.items():
            slide = self.slides.get(name)
            if slide is None:
                continue
            low, high = self.explorer.param[name].bounds
            number = min(max(float(value) * slide.factor, low), high)
            whole = isinstance(self.explorer.param[name], param.Integer)
            taken[name] = round(number) if whole else round(number, 6)
        self.explorer.param.update(**taken)

    def _refuse(self, name: str, value: Any) -> None:
        slide = self.slides[name]
        low, high = slide.ends(self.explorer)
        unit = f" {slide.unit}" if slide.unit else ""
        self._say(
            f"{slide.label} cannot be {float(value):g}{unit}: it lies between {low:g} and "
            f"{high:g}; the nearest of them is taken."
        )

    def _handle_msg(self, message: Any) -> None:
        if not isinstance(message, dict):
            return
        with together(pn.state.curdoc):
            if message.get("refused") in self.slides:
                self._refuse(message["refused"], message["value"])
            if "values" in message:
                try:
                    self._take(message["values"])
                finally:
                    self.heard = int(message.get("number", 0))
