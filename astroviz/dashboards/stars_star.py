"""The view of one star: what was measured, its spectrum, its age, its posterior."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.measurements import Measurements, cell_row
from astroviz.dashboards.pace import Pace
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.stars_hand import Hand
from astroviz.dashboards.stars_numbers import ANSWER_CSS, chances, numbers_html, tiles_html
from astroviz.dashboards.voice import Headline
from astroviz.plots.age import AgePlot
from astroviz.plots.corner import Corner
from astroviz.plots.spectrum import Spectrum
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.sed import nu_f_nu
from astroviz.stars.spectrographs import SPECTROGRAPHS
from astroviz.stars.surveys import BANDS
from astroviz.stars.tables import load_tables

__all__ = ["StarView"]

GAP = {"gap": "10px"}
_OVERLAYS = {"Prior": "prior", "Pinned": "pinned", "Truth": "truth", "Literature": "literature"}


class StarView:
    r"""Four linked panels over one star.

    Arguments:
        explorer: The state of the page.
        shell: The frame, which knows the theme and shows sentences.
        ask: Asks the model, after `hand.take`: at once when this answers True.
        pace: Is told of pictures that are sent and painted.
    """

    def __init__(
        self, explorer: StarsExplorer, shell: Shell, ask: Callable[[], bool], pace: Pace
    ) -> None:
        self.explorer, self.shell, self.pace = explorer, shell, pace
        dark = shell.dark
        self.hand = Hand(explorer, ask, pace, self._refuse, lambda: self.measurements.hear())
        self.measurements = Measurements(self.hand.act, sizing_mode="stretch_both", margin=0)
        self.spectrum = Spectrum(
            BANDS, self._zero_flux(), dark=dark, spectra=[one.label for one in SPECTROGRAPHS]
        )
        self.age = AgePlot(dark=dark, bars=False)
        self.corner = self._new_corner()
        self.headline = Headline(height=24, sizing_mode="stretch_width", margin=(0, 0, 4, 0))
        self.tiles = note("", width=176, sizing_mode=None, margin=(4, 12, 0, 4))
        self.numbers = note("", margin=(0, 14, 10, 14))
        for pane in (self.tiles, self.numbers):
            pane.stylesheets = [*pane.stylesheets, ANSWER_CSS]
        self.layout = self._make_layout()
        shell.param.watch(self._on_dark, "dark")
        explorer.param.watch(self._on_corner, "corner")
        self.show_star()

    # --- building ---------------------------------------------------------------------------

    def _zero_flux(self) -> np.ndarray:
        """Flux of a star of magnitude 0 in each band, for the magnitude axis."""
        tables = load_tables()
        wavelength = tables["filter.wavelength"].numpy().astype(float)
        zero_point = tables["filter.zero_point"].numpy().astype(float)
        return nu_f_nu(np.zeros(len(wavelength)), wavelength, zero_point)

    def _new_corner(self) -> Corner:
        model = self.explorer.model
        known = {p.name: p for p in (*model.parameters, *model.derived)}
        wanted = [known[name] for name in self.explorer.corner]
        return Corner(wanted, dark=self.shell.dark)

    def _make_layout(self) -> pn.Column:
        left = card("Measurements", self.measurements, width=346, sizing_mode="stretch_height")
        sed = card(
            "Spectral energy distribution",
            framed(figure_pane(self.spectrum.layout)),
            tools=(self._units_switch(),),
        )
        age = card(
            "Age and membership",
            pn.Row(
                framed(figure_pane(self.age.layout)),
                self.tiles,
                sizing_mode="stretch_both",
                margin=0,
            ),
        )
        self.corner_pane = figure_pane(self.corner.layout)
        posterior = card(
            "Posterior",
            self._corner_picker(),
            framed(self.corner_pane),
            self.numbers,
            tools=self._corner_tools(),
            width=476,
            sizing_mode="stretch_height",
        )
        middle = pn.Column(sed, age, sizing_mode="stretch_both", margin=0, styles=GAP)
        panels = pn.Row(left, middle, posterior, sizing_mode="stretch_both", margin=0, styles=GAP)
        return pn.Column(
            self.headline,
            panels,
            sizing_mode="stretch_both",
            margin=(0, 12, 12, 12),
            min_height=590,
        )

    def _units_switch(self) -> pmui.RadioButtonGroup:
        units = pmui.RadioButtonGroup(
            options={"Flux": False, "Mag": True},
            value=False,
            size="small",
            margin=0,
            align="center",
        )
        units.param.watch(lambda event: self.spectrum.show_magnitudes(event.new), "value")
        return units

    def _corner_tools(self) -> tuple[Any, ...]:
        shown = [label for label, name in _OVERLAYS.items() if name in self.explorer.overlays]
        overlays = pmui.CheckButtonGroup(
            options=list(_OVERLAYS), value=shown, size="small", margin=0, align="center"
        )

        def choose(event: Any) -> None:
            names = [_OVERLAYS[label] for label in event.new]
            if "pinned" in names and self.explorer.pinned is None:
                self.explorer.pin()
            else:
                self.explorer.overlays = names

        def follow(event: Any) -> None:
            overlays.value = [k for k, name in _OVERLAYS.items() if name in event.new]

        overlays.param.watch(choose, "value")
        self.explorer.param.watch(follow, "overlays")
        pin = self.shell.icon(
            "push_pin", "Pin this posterior, to compare the next ones with it", self.explorer.pin
        )
        more = self.shell.icon("more_vert", "Choose the parameters", self._toggle_picker)
        return (overlays, pin, more)

    def _corner_picker(self) -> pmui.MultiChoice:
        model = self.explorer.model
        options = {p.label: p.name for p in (*model.parameters, *model.derived)}
        self.picker = pmui.MultiChoice(
            label="Parameters (at most four)",
            options=options,
            value=list(self.explorer.corner),
            max_items=4,
            visible=False,
            margin=(8, 12, 0, 12),
            sizing_mode="stretch_width",
        )

        def choose(event: Any) -> None:
            if event.new:
                self.explorer.param.update(corner=list(event.new))

        self.picker.param.watch(choose, "value")
        self.explorer.param.watch(lambda e: setattr(self.picker, "value", list(e.new)), "corner")
        return self.picker

    def _toggle_picker(self) -> None:
        self.picker.visible = not self.picker.visible

    # --- following the state ------------------------------------------------------------------

    def _on_dark(self, event: Any) -> None:
        for plot in (self.spectrum, self.age, self.corner):
            plot.set_dark(event.new)

    def _on_corner(self, *_: Any) -> None:
        if not self.explorer.corner:
            return
        self.corner = self._new_corner()
        self.corner_pane.object = self.corner.layout

    def show_star(self) -> None:
        """Show the measurements as they stand, before the answer to them is there."""
        explorer = self.explorer
        self.measurements.show([cell_row(cell) for cell in explorer.cells()], explorer.switches)
        self.headline.sentence = explorer.sentence()

    def show_answer(
        self, draws: Any, summary: Any, pinned: Any, complete: bool, fit: bool
    ) -> None:
        r"""Draw an answer.

        Arguments:
            draws: Draws of the star.
            summary: What the explorer says of them.
            pinned: Draws of the pinned question, or None.
            complete: False for the first part of an answer: what is costly waits.
            fit: Let the axes follow; not during a drag.
        """
        explorer = self.explorer
        weights = explorer.reweight(draws).weights
        overlays, truth = set(explorer.overlays), explorer.truth()
        self.measurements.picture += 1
        self.pace.sent()
        self.spectrum.update(explorer.sed(draws), fit=fit)
        self.age.update(draws["log_age"], weights, chances(summary))
        self.corner.update(_columns(draws, self.corner.names), weights, fit=False)
        if complete:
            self._show_overlays(overlays, truth, pinned)
        if fit:
            self.corner.fit()
        self.tiles.object = tiles_html(summary)
        if complete:
            known = {p.name: p for p in (*explorer.model.parameters, *explorer.model.derived)}
            self.numbers.object = numbers_html(
                summary, known, truth if "truth" in overlays else {}
            )
            self._warn(summary)

    def fit(self) -> None:
        """Let the axes follow what is drawn."""
        self.spectrum.fit()
        self.corner.fit()

    def _show_overlays(self, overlays: set[str], truth: Mapping[str, float], pinned: Any) -> None:
        corner, age = self.corner, self.age
        prior = self.explorer.prior_draws() if "prior" in overlays else None
        for role, draws in (
            ("prior", prior),
            ("pinned", pinned if "pinned" in overlays else None),
        ):
            corner.overlay(role, None if draws is None else _columns(draws, corner.names))
        age.set_prior(None if prior is None else prior["log_age"])
        known = dict(truth) if "truth" in overlays else {}
        corner.mark("truth", known or None)
        age.mark("truth", known.get("log_age"))
        published = self.explorer.literature() if "literature" in overlays else ()
        values = {item.parameter: item.value for item in published}
        corner.mark(
            "literature", values or None, {i.parameter: i.error for i in published} or None
        )
        age.mark("literature", values.get("log_age"))
        middle = (
            None if pinned is None or "pinned" not in overlays else np.median(pinned["log_age"])
        )
        age.mark("pinned", middle)

    def _warn(self, summary: Any) -> None:
        sentences = [
            s for s in self.explorer.warnings() if s not in self.explorer.observations.notes
        ]
        if np.isfinite(summary.ood_score) and summary.ood_score > 1.0:
            sentences.append(
                f"These measurements are unlike the stars that the model was trained on "
                f"(out-of-distribution score {summary.ood_score:.1f}, 1 is the edge): do not "
                "trust the answer without another look."
            )
        if summary.refusal:
            sentences.append(summary.refusal)
        self.headline.warnings = sentences

    def _refuse(self, sentence: str) -> None:
        """A value that cannot be: say so, and show the one that stands."""
        self.shell.say(sentence, "warning")
        self.show_star()


def _columns(draws: Any, names: tuple[str, ...]) -> np.ndarray:
    return np.stack([draws[name] for name in names], -1)
