"""The view of many answers at once: from above the Galactic plane, and over isochrones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any, cast

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note, spacer
from astroviz.dashboards.live import Live
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.stars_batch import BatchAsk
from astroviz.plots.probability_hr import ProbabilityHR
from astroviz.plots.topdown import TopDown
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.physics import Physics
from astroviz.stars.probability_hr import ThinnedDraws, hr_density, isochrones
from astroviz.stars.topdown import galactic, positions, top_down

__all__ = ["MapsView"]

GAP = {"gap": "10px"}
LARGEST = 2000  # stars asked about at once, and kept
DRAWS = 64  # of each
FIRST = 100  # stars asked about when the view is first opened
FINE = 1000  # draws of a star that is clicked
_ASKED = ["source", "surveys", "seed", "steps"]
_DRAWN = ["selection", "prior_odds", "assume_young"]
_DUST = (
    "Mean A_V is the extinction that the stars themselves show, weighted by P(young). "
    "It is no dust map: there is none where there are no stars."
)


class _Asked:
    """What `BatchAsk` needs of an explorer, over the thinned draws of this view."""

    def __init__(self, explorer: StarsExplorer, kept: ThinnedDraws) -> None:
        self.explorer, self.kept = explorer, kept
        self.selection = np.empty(0, dtype=np.intp)

    @property
    def source(self) -> tuple[Any, ...]:
        """Changes with the question, so that an old round of asking ends."""
        return _question(self.explorer)

    def batch(self) -> Iterator[tuple[int, Any]]:
        """The questions."""
        return self.explorer.batch(self.selection, n=DRAWS)

    def store(self, row: int, draws: Any) -> None:
        """Keep an answer."""
        self.kept.add(row, draws)


class MapsView:
    r"""Two linked maps over the draws of many stars.

    Arguments:
        explorer: The state of the page.
        engine: Answers for many stars at once.
        shell: The frame.
    """

    def __init__(self, explorer: StarsExplorer, engine: Any, shell: Shell) -> None:
        self.explorer, self.shell = explorer, shell
        self.kept = ThinnedDraws(LARGEST, DRAWS)
        self.asked = _Asked(explorer, self.kept)
        self._question = _question(explorer)
        self._opened = self._closed = False
        self.rows = np.empty(0, dtype=np.intp)
        self.picked: int | None = None
        self._fine_row: int | None = None
        self._fine_draws: Any = None
        self._placeless, self._outside = 0, 0.0
        self.topdown = TopDown(dark=shell.dark)
        self.hr = ProbabilityHR(dark=shell.dark)
        self.batch = BatchAsk(cast(Any, self.asked), engine, shell, self._changed)
        self.fine = Live(
            engine,
            (shell.client, "banana"),
            self._show_fine,
            lambda sentence: shell.say(sentence, "error"),
            document=shell.document,
        )
        self.words = note("", height=22)
        self._make_controls()
        self.layout = self._make_layout()
        self._draw_isochrones()
        self._wire()
        self.show()
        self._open()

    def close(self) -> None:
        """The tab is gone."""
        self._closed = True
        self.batch.cancel()
        self.fine.close()
        self.kept.clear()

    # --- building ---------------------------------------------------------------------------

    def _make_controls(self) -> None:
        small = {"size": "small", "margin": 0, "align": "center"}
        self.ask_button = pmui.Button(label="Ask for all", variant="contained", **small)
        self.colour = pmui.RadioButtonGroup(
            options={"Stars": "stars", "Mean\u00a0A_V": "mean"}, value="stars", **small
        )
        self.open_button = pmui.Button(
            label="Open the star", variant="text", disabled=True, **small
        )

    def _make_layout(self) -> pn.Column:
        self.map_words = note("", margin=(0, 14, 8, 14))
        hint = '<span class="faint">Hold the pointer over a star to lift its posterior out of the '
        hint += "others; click it to keep it lifted.</span>"
        above = card(
            "From above the Galactic plane",
            framed(figure_pane(self.topdown.layout)),
            self.map_words,
            tools=(self.colour,),
        )
        hr = card(
            "All posteriors over isochrones",
            framed(figure_pane(self.hr.layout)),
            note(hint, margin=(0, 14, 8, 14)),
            tools=(self.open_button,),
        )
        bar = pn.Row(
            self.words, spacer(), self.ask_button, sizing_mode="stretch_width",
            height=32, margin=(2, 0, 8, 0),
        )  # fmt: skip
        panels = pn.Row(above, hr, sizing_mode="stretch_both", margin=0, styles=GAP)
        return pn.Column(
            bar, panels, sizing_mode="stretch_both", margin=(0, 12, 12, 12), min_height=590
        )

    def _draw_isochrones(self) -> None:
        physics = getattr(self.explorer.model, "physics", None) or Physics()
        self.hr.set_isochrones(
            [
                (f"{line.age:g} Myr", line.effective_temperature, line.log_luminosity)
                for line in isochrones(physics)
            ]
        )

    def _wire(self) -> None:
        watch = self.explorer.param.watch
        watch(lambda *_: self._follow(), [*_ASKED, *_DRAWN])
        self.shell.param.watch(lambda *_: self._follow(), "view")
        self.shell.param.watch(self._on_dark, "dark")
        self.colour.param.watch(lambda event: self._on_colour(event.new), "value")
        self.ask_button.on_click(lambda _: self.ask())
        self.open_button.on_click(lambda _: self._open_star())
        self.hr.on_hover(self._on_hover)
        self.hr.on_pick(self._on_pick)

    # --- following the state ------------------------------------------------------------------

    @property
    def seen(self) -> bool:
        """Whether this is the view that is shown: a hidden one costs nothing."""
        return bool(self.shell.view == "maps") and not self._closed

    def _follow(self) -> None:
        if self._question != _question(self.explorer):
            self._question = _question(self.explorer)
            self.batch.cancel()
            self.kept.clear()
            self._opened = False
        if self.seen:
            self.show()
            self._open()

    def _open(self) -> None:
        """Ask about some stars when the view is first seen, so that it does not open empty."""
        if self._opened or not self.seen or self.batch.running:
            return
        self._opened = True
        self._start(FIRST)

    def _changed(self) -> None:
        """There are new answers, or no more of an old question's."""
        if self.seen:
            self.show()
            self._open()

    def ask(self) -> None:
        """Ask about the selection, or about all when nothing is selected; at most 2,000."""
        self._start(LARGEST)

    def _start(self, most: int) -> None:
        chosen = self._chosen()
        self.asked.selection = chosen[
            np.unique(np.linspace(0, len(chosen) - 1, min(most, len(chosen))).astype(np.intp))
        ]
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # outside a server nothing runs in the background
            return
        self.batch.start()

    def _chosen(self) -> np.ndarray:
        rows = self.explorer.selection
        return rows if len(rows) else np.arange(len(self.explorer.observations))

    def _on_dark(self, event: Any) -> None:
        self.topdown.set_dark(event.new)
        self.hr.set_dark(event.new)

    def _on_colour(self, colour: Any) -> None:
        self.topdown.set_colour(colour)
        self._say_map()

    # --- drawing ------------------------------------------------------------------------------

    def show(self) -> None:
        """Draw what is kept of the selection, or of all."""
        if self._closed:
            return
        explorer, kept = self.explorer, self.kept
        self.rows = rows = kept.rows(explorer.selection if len(explorer.selection) else None)
        if self.picked is not None and self.picked not in rows:
            self._on_pick(None)
        self._say_counts()
        if not len(rows):
            self.topdown.say_empty("No star has been asked about yet.")
            self.hr.say_empty("No star has been asked about yet: press Ask.")
            self._placeless, self._outside = 0, 0.0
            self._say_map()
            return
        weights = kept.p_young(rows, explorer.prior_odds, explorer.assume_young)
        self._show_map(rows, weights)
        teff, lum = (kept.column(n, rows) for n in ("effective_temperature", "log_luminosity"))
        found = hr_density(teff, lum, weights)
        self.hr.update(found.stars, found.log_teff, found.log_luminosity)
        self.hr.set_points(
            kept.median("effective_temperature", rows),
            kept.median("log_luminosity", rows),
            rows,
            self._tips(rows, weights),
        )

    def _show_map(self, rows: np.ndarray, weights: np.ndarray) -> None:
        longitude, latitude = galactic(*self.explorer.observations.coordinates[rows].T)
        self._placeless = int(np.isnan(longitude).sum())
        self._outside = 0.0
        if self._placeless == len(rows):
            self.topdown.say_empty(
                "None of these stars has a position: open a table with ra and dec."
            )
        else:
            distance, a_v = (self.kept.column(name, rows) for name in ("distance", "a_v"))
            found = top_down(longitude, latitude, distance, weights, a_v)
            self._outside = found.outside
            self.topdown.update(found.stars, found.half_width, found.mean)
        self._say_map()

    def _tips(self, rows: np.ndarray, weights: np.ndarray) -> dict[str, list[str]]:
        names = self.explorer.observations.identifiers
        age, a_v = (self.kept.median(name, rows) for name in ("log_age", "a_v"))
        return {
            "name": [str(names[row]).strip() or f"row {row}" for row in rows],
            "age": [f"{10 ** (value - 6):.3g} Myr" for value in age],
            "a_v": [f"{value:.2f} mag" for value in a_v],
            "p_disk": [f"{value:.2f}" for value in self.kept.p_disk(rows)],
            "p_young": [f"{value:.2f}" for value in weights],
        }

    def _say_counts(self) -> None:
        chosen, total = len(self._chosen()), len(self.explorer.observations)
        some = "selected" if len(self.explorer.selection) else "stars"
        count = f"Ask for {min(chosen, LARGEST):,}"
        self.ask_button.label = count + (f" of {chosen:,}" if chosen > LARGEST else "")
        edited = " The edited prior is not applied here." if self.explorer.prior else ""
        bound = (
            f" At most {LARGEST:,} stars are asked about at once, evenly through the table."
            if chosen > LARGEST
            else ""
        )
        self.words.object = (
            f"<span><b>{escape(self.explorer.catalogue.label)}</b>: {len(self.rows):,} of "
            f"{chosen:,} {some} answered here{'' if chosen == total else f' ({total:,} in all)'}, "
            f'{DRAWS} draws each. <span class="faint">{bound}{edited}</span></span>'
        )

    def _say_map(self) -> None:
        parts = [_DUST] if self.topdown.colour == "mean" else []
        if self._placeless:
            word = "star has" if self._placeless == 1 else "stars have"
            parts.append(f"{self._placeless:,} {word} no position and are left out.")
        if self._outside >= 0.05:
            parts.append(f"{self._outside:.1f} young stars lie beyond the map.")
        text = " ".join(parts) or "Each star is smeared over its distance, weighted by P(young)."
        self.map_words.object = f'<span class="faint">{text}</span>'

    # --- one star -----------------------------------------------------------------------------

    def _on_hover(self, row: int | None) -> None:
        row = self.picked if row is None else row
        self._lift(row)

    def _on_pick(self, row: int | None) -> None:
        """Keep a star lifted and ask for more draws of it; None lets go."""
        self.picked, self._fine_draws = row, None
        self.open_button.disabled = row is None
        self._lift(row)
        if row is not None:
            self.fine.ask(lambda: self._fine_question(row))

    def _fine_question(self, row: int) -> Any:
        self._fine_row = row
        ((_, request),) = self.explorer.batch([row], n=FINE)
        return replace(request, priority="interactive")

    def _show_fine(self, draws: Any, complete: bool) -> None:
        if complete and self.picked is not None and self.picked == self._fine_row:
            self._fine_draws = draws
            self._lift(self.picked)

    def _lift(self, row: int | None) -> None:
        if row is None or row not in self.kept:
            self.hr.lift()
            self.topdown.lift()
            return
        one = np.array([row])
        draws = self._fine_draws if row == self.picked else None
        names = ("effective_temperature", "log_luminosity", "distance")
        teff, lum, distance = (
            self.kept.column(name, one)[0] if draws is None else draws[name] for name in names
        )
        weight = self.kept.p_young(one, self.explorer.prior_odds, self.explorer.assume_young)
        tips = {key: texts[0] for key, texts in self._tips(one, weight).items()}
        text = "{name}: {age}, A_V {a_v}, P(disk) {p_disk}, P(young) {p_young}".format(**tips)
        self.hr.lift(teff, lum, text)
        longitude, latitude = galactic(*self.explorer.observations.coordinates[one].T)
        if np.isfinite(longitude[0]):
            x, y, _ = positions(longitude, latitude, distance)
            self.topdown.lift(x, y)
        else:
            self.topdown.lift()

    def _open_star(self) -> None:
        if self.picked is not None:
            self.explorer.param.update(row=self.picked, view="star")


def _question(explorer: StarsExplorer) -> tuple[Any, ...]:
    """What the kept draws are answers to."""
    return (explorer.source, tuple(explorer.surveys), explorer.seed, explorer.steps)
