"""What can be asked of a catalogue: its correlations, and why they matter."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed
from astroviz.dashboards.room_view import GAP
from astroviz.orientations.catalogue_state import sentence_of
from astroviz.plots.alignment import CorrelationPlot
from astroviz.plots.forecast import DarkEnergy, IntrinsicShear

__all__ = ["CorrelationSide", "ForecastSide", "two_cards"]

_SMALL = {"size": "small", "margin": 0, "align": "center"}
_SPACE = {"ED(r)": "ed", "ee(r)": "ee"}
_SKY = {"w_g+": "wg+", "w_++": "w++", "w_gg": "wgg"}


def two_cards(*cards: Any) -> pn.Column:
    """Cards over each other, as wide as the right column of the view."""
    return pn.Column(*cards, sizing_mode="stretch_both", margin=0, styles=GAP)


class CorrelationSide:
    r"""One statistic in space over one on the sky, each with the truth's band underneath.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    follows = frozenset({"in_space", "on_sky"})

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        self._plots: dict[str, CorrelationPlot] = {}
        self._panes: dict[str, Any] = {}
        explorer = self.explorer
        self.switches = {}
        self.bodies = {}
        cards = []
        for name, options, title in (
            ("in_space", _SPACE, "In space"), ("on_sky", _SKY, "On the sky")
        ):  # fmt: skip
            switch = pmui.RadioButtonGroup(
                options=options, value=getattr(explorer, name),
                description=explorer.param[name].doc, **_SMALL,
            )  # fmt: skip
            switch.link(explorer, value=name, bidirectional=True)
            self.switches[name] = switch
            self.bodies[name] = pn.Column(sizing_mode="stretch_both", margin=0)
            cards.append(card(title, self.bodies[name], tools=(switch,)))
        self.layout = two_cards(*cards)

    @property
    def plots(self) -> tuple[Any, ...]:
        """The figures that there are."""
        return tuple(self._plots.values())

    def show(self) -> None:
        """Measure and draw."""
        explorer = self.explorer
        kinds = {"in_space": explorer.in_space, "on_sky": explorer.on_sky}
        try:
            found = explorer.measured(*kinds.values())
            self.view.regret("")
        except ValueError as error:
            self.view.regret(sentence_of(error))
            found = {}
        for name, kind in kinds.items():
            plot = self._plot(kind)
            if list(self.bodies[name]) != [self._panes[kind]]:
                self.bodies[name][:] = [self._panes[kind]]
            one = found.get(kind)
            plot.update(
                {"catalogue": one} if one is not None else {},
                {"catalogue": explorer.agreement(one)} if one is not None else {},
            )

    def _plot(self, kind: str) -> CorrelationPlot:
        if kind not in self._plots:
            self._plots[kind] = CorrelationPlot(kind, ("catalogue",), dark=self.view.shell.dark)
            self._panes[kind] = framed(figure_pane(self._plots[kind].layout))
        return self._plots[kind]


class ForecastSide:
    r"""Why it matters: the share of alignments in a shear survey, and the error in w0, wa. A toy.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    follows = frozenset({"amplitude"})

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        dark = view.shell.dark
        self.shear, self.energy = IntrinsicShear(dark=dark), DarkEnergy(dark=dark)
        explorer = self.explorer
        self.amplitude = pmui.FloatSlider(
            label="amplitude A of the alignments", start=0.0, end=4.0, step=0.1,
            value=explorer.amplitude, size="small", sizing_mode="stretch_width",
            margin=(0, 24, 0, 20),
        )  # fmt: skip
        self.amplitude.link(explorer, value="amplitude", bidirectional=True)
        self.fit = pmui.Button(
            label="Take that of the catalogue", variant="text",
            description="Fit A to w_g+ and w_gg of the selection", **_SMALL,
        )  # fmt: skip
        self.fit.on_click(lambda _: self._fit())
        self.layout = two_cards(
            card("Shear and alignments (a toy)", self.amplitude,
                 framed(figure_pane(self.shear.layout)), tools=(self.fit,)),
            card("Dark energy (a toy forecast)", framed(figure_pane(self.energy.layout))),
        )  # fmt: skip

    @property
    def plots(self) -> tuple[Any, ...]:
        """The figures."""
        return (self.shear, self.energy)

    def show(self) -> None:
        """Work out what the amplitude does."""
        parts, ahead = self.explorer.consequences()
        words = f"A = {self.explorer.amplitude:.1f}"
        self.shear.update(parts.theta, parts.gg, parts.gi, parts.ii, words)
        self.energy.update(
            ahead.ellipse(0.68), ahead.ellipse(0.95), ahead.fiducial[2:], ahead.shift[2:],
            ahead.tension, words,
        )  # fmt: skip

    def _fit(self) -> None:
        try:
            words = self.explorer.take_amplitude()
        except ValueError as error:
            self.view.shell.say(sentence_of(error), "warning")
            return
        self.view.shell.say(words, "info")
