"""The view of the picked star: its posterior before and after, over its truth, and its SED."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from html import escape
from typing import Any

import numpy as np
import panel as pn

from astroviz.dashboards.adaptation_latent import LatentPanel
from astroviz.dashboards.adaptation_linked import GAP, LinkedView, faint
from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.live import Live, on_tick
from astroviz.plots.corner import Corner
from astroviz.plots.spectrum import Spectrum
from astroviz.stars.adaptation_scores import SHOWN
from astroviz.stars.sed import nu_f_nu
from astroviz.stars.spectrographs import SPECTROGRAPHS
from astroviz.stars.surveys import BANDS
from astroviz.stars.tables import load_tables

__all__ = ["PickedStarView"]

_SIDES = ("left", "right")
_CORNER = ("log_age", "log_mass", "a_v", "distance")
_DIGITS = {"effective_temperature": 0, "distance": 1}

TABLE_CSS = """
table { margin-top: 2px; } th, td { padding: 2px 6px 2px 0; }
td:not(:first-child), th:not(:first-child) { text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
td.off { color: var(--panel-error-color, #d55e00); font-weight: 600; }
"""


class PickedStarView(LinkedView):
    """One star of the film, asked of both networks through the engine."""

    name = "star"

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark, shell = self.shell.dark, self.shell
        self.draws: dict[str, Any] = dict.fromkeys(_SIDES)
        self.latent = LatentPanel(self)
        known = {p.name: p for p in (*self.explorer.experiment.parameters, *SHOWN)}
        self.corner = Corner([known[name] for name in _CORNER], dark=dark)
        for item, label in zip(self.corner.legend.items, ("with", "without"), strict=False):
            item.label = {"value": f"{label} adaptation"}
        self.spectrum = Spectrum(
            BANDS, _zero_flux(), dark=dark, spectra=[one.label for one in SPECTROGRAPHS]
        )
        self.plots = (self.latent.plot, self.corner, self.spectrum)
        self.lives = {
            side: Live(
                page.engine, (shell.client, f"star-{side}"), partial(self._show, side),
                lambda sentence: shell.say(sentence, "error"), self._busy, shell.document,
            )
            for side in _SIDES
        }  # fmt: skip
        self.numbers = note("", margin=(0, 14, 8, 14))
        self.numbers.stylesheets = [*self.numbers.stylesheets, TABLE_CSS]
        self.words = note("", margin=(0, 14, 8, 14))
        self.layout = self._make_layout()
        if self.explorer.picked is None:
            # As if it had been in the address: no step to take back.
            self.explorer.restore({**self.explorer.state(), "picked": self.real_from})
        self.start()

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.latent.close()
        for live in self.lives.values():
            live.close()

    def _make_layout(self) -> pn.Column:
        back = self.shell.icon(
            "chevron_left", "Previous star (p)", partial(self.page.step_star, -1)
        )
        forth = self.shell.icon("chevron_right", "Next star (n)", partial(self.page.step_star, 1))
        clouds = card(
            "Pick a star", framed(figure_pane(self.latent.plot.layout)), tools=(back, forth)
        )
        table = card(
            "Without and with adaptation",
            self.numbers,
            height=226,
            sizing_mode="stretch_width",
            margin=(10, 0, 0, 0),
        )
        sed = card(
            "Spectral energy distribution, with adaptation",
            framed(figure_pane(self.spectrum.layout)),
        )
        corner = card(
            "Posterior", framed(figure_pane(self.corner.layout)), self.words, width=456,
            sizing_mode="stretch_height",
        )  # fmt: skip
        left = pn.Column(clouds, table, width=380, sizing_mode="stretch_height", margin=0)
        panels = pn.Row(left, sed, corner, sizing_mode="stretch_both", margin=0, styles=GAP)
        return self.stack(panels)

    # Following the state

    def show_film(self) -> None:
        """Another arm: another network answers."""
        self.latent.show_film()
        self.ask()

    def show_frame(self) -> None:
        """Another frame moves the clouds; the networks are those of the last one."""
        self.latent.show_frame()

    def show_selection(self) -> None:
        """Ring the picked star."""
        self.latent.show_selection()

    def follow(self, names: Iterable[str]) -> None:
        """Another star."""
        changed = set(names)
        if "picked" in changed:
            self.ask()
        if "projection" in changed:
            self.latent.show_film()

    def say(self) -> None:
        """Write the line above the panels."""
        picked = self.explorer.picked
        arm = self.explorer.title().split(": ")[-1]
        side = "a real star" if (picked or 0) >= self.real_from else "a simulated star"
        self.notice.show(
            f"Star {picked}, {side}: {arm}, beside no adaptation. Press n for the next star.",
            *self.page.beware(),
        )

    def ask(self) -> None:
        """Ask both networks about the picked star."""
        if self.explorer.picked is None or self._closed:
            return
        for side, live in self.lives.items():
            live.ask(lambda side=side: self.explorer.star(side).request())  # type: ignore[misc]

    # Answers

    def _show(self, side: str, draws: Any, complete: bool) -> None:
        if not complete:
            return
        self.draws[side] = draws
        names, truth = self.corner.names, self.explorer.picked_truth()
        values = np.stack([draws[name] for name in names], -1)
        if side == "left":
            self.corner.overlay("pinned", values)
        else:
            self.corner.update(values, fit=False)
            self.spectrum.update(self.explorer.star("right").sed(draws), fit=True)
        known = {name: value for name, value in truth.items() if np.isfinite(value)}
        self.corner.mark("truth", known or None)
        if all(drawn is not None for drawn in self.draws.values()):
            self.corner.fit()
            self._show_numbers(truth)

    def _show_numbers(self, truth: dict[str, float]) -> None:
        found = [self.explorer.star(side).summary(draws) for side, draws in self.draws.items()]
        rows = "".join(_row(p, [one.parameters for one in found], truth) for p in SHOWN)
        scores = "".join(f"<td>{_score(one.ood_score)}</td>" for one in found)
        self.numbers.object = (
            "<table><tr><th></th><th>truth</th><th>without</th><th>with</th></tr>"
            f"{rows}<tr><td>out of distribution</td><td></td>{scores}</tr></table>"
        )
        strange = [one.ood_score > 1.0 for one in found]
        warn = (
            " The measurements are unlike the training stars (score above 1): beware."
            if any(strange)
            else ""
        )
        self.words.object = faint("Both networks get the same measurements." + warn)

    def _busy(self, busy: bool) -> None:
        on_tick(self.shell.document, lambda: self.shell.show_busy(busy))


def _row(parameter: Any, answers: list[Any], truth: dict[str, float]) -> str:
    """One parameter: its truth, and median with 68 % interval of both sides."""
    name = parameter.name
    digits = _DIGITS.get(name, 2)
    true = truth.get(name, float("nan"))
    unit = f" ({parameter.unit})" if parameter.unit else ""
    shown = f"{true:.{digits}f}" if np.isfinite(true) else "&ndash;"
    cells = []
    for answer in answers:
        low, middle, high = answer[name]
        off = np.isfinite(true) and not low <= true <= high
        half = 0.5 * (high - low)
        mark = ' class="off" title="the truth is outside the 68 % interval"' if off else ""
        cells.append(f"<td{mark}>{middle:.{digits}f} &plusmn; {half:.{digits}f}</td>")
    return f"<tr><td>{escape(parameter.label + unit)}</td><td>{shown}</td>{''.join(cells)}</tr>"


def _score(value: float) -> str:
    return f"{value:.2f}" if np.isfinite(value) else "&ndash;"


def _zero_flux() -> np.ndarray:
    """Flux of a star of magnitude 0 in each band, for the magnitude axis."""
    tables = load_tables()
    wavelength = tables["filter.wavelength"].numpy().astype(float)
    zero_point = tables["filter.zero_point"].numpy().astype(float)
    return nu_f_nu(np.zeros(len(wavelength)), wavelength, zero_point)
