"""The bar above the panels of an adaptation: what plays nature, and what is switched on."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import LINE
from astroviz.stars.adaptation_explorer import PAIR_NUMBERS, AdaptationExplorer

__all__ = ["AdaptationControls"]

_SWITCHES = {
    "transport": ("OT", "Align the clouds of all stars by optimal transport"),
    "discrepancy": ("MMD", "Align the clouds by their maximum mean discrepancy"),
    "floor": ("Error floor", "No alignment: an error floor of 0.05 mag in every band"),
    "guard": ("Guard", "Weigh the simulated stars to the ages and masses of the real ones before "
              "the clouds are aligned"),
}  # fmt: skip


class AdaptationControls:
    r"""Target, number of pairs, and switches.

    Arguments:
        explorer: The state of the page.
    """

    def __init__(self, explorer: AdaptationExplorer) -> None:
        self.explorer = explorer
        self._writing = False
        self.target = pmui.Select(
            label="Nature is played by", options=self._targets(), value=explorer.target,
            size="small", width=290, margin=(0, 10, 0, 0), align="center",
            description="What the network is adapted to",
        )  # fmt: skip
        self.pairs = pmui.DiscreteSlider(
            label="Pairs", options=list(PAIR_NUMBERS), value=explorer.pairs, size="small",
            width=170, margin=(-4, 10, 0, 10),
            description="Real stars whose parameters are known",
        )  # fmt: skip
        self.switches = {
            name: pmui.Switch(
                label=label, description=words, value=getattr(explorer, name), size="small",
                align="center", margin=(0, 6),
            )
            for name, (label, words) in _SWITCHES.items()
        }  # fmt: skip
        self._wire()

    @property
    def items(self) -> tuple[Any, ...]:
        """The widgets of the bar, from left to right."""
        pairs = pn.Column(self.pairs, height=40, width=190, margin=0, align="center")
        line = pn.Spacer(width=1, height=22, styles={"background": LINE}, align="center")
        return (self.target, line, pairs, *self.switches.values())

    def _targets(self) -> dict[str, str]:
        found = {one.title: one.name for one in self.explorer.experiment.targets}
        live = self.explorer.live
        if live is not None and live.of_table:
            found[f"your table: {live.title}"] = self.explorer.target
        return found

    def _wire(self) -> None:
        widgets = {"target": self.target, "pairs": self.pairs, **self.switches}
        for name, widget in widgets.items():

            def take(event: Any, name: str = name) -> None:
                if not self._writing:
                    self.explorer.param.update(**{name: event.new})

            widget.param.watch(take, "value")
        # `frame` too: it is triggered when a run is shown or taken away, and with it a target.
        self.explorer.param.watch(lambda *_: self.refresh(), [*widgets, "frame"])

    def refresh(self) -> None:
        """Show the explorer's state."""
        self._writing = True
        try:
            targets, explorer = self._targets(), self.explorer
            if self.target.options != targets or self.target.value != explorer.target:
                self.target.param.update(options=targets, value=explorer.target)
            own = explorer.target not in {one.name for one in explorer.experiment.targets}
            for name, widget in {"pairs": self.pairs, **self.switches}.items():
                widget.param.update(value=getattr(explorer, name), disabled=own)
        finally:
            self._writing = False
