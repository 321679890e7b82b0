"""The view of many answers at once: from above the Galactic plane, and over isochrones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
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
from astroviz.stars.maps_view import DRAWS, FIRST, LARGEST, Shown, StarMaps

__all__ = ["MapsView"]

GAP = {"gap": "10px"}
_ASKED = ["source", "surveys", "seed", "steps"]
_DRAWN = ["selection", "prior_odds", "assume_young"]
_DUST = (
    "Mean A_V is the extinction that the stars themselves show, weighted by P(young). "
    "It is no dust map: there is none where there are no stars."
)


class _Asked:
    """What `BatchAsk` needs of an explorer, over the thinned draws of this view."""

    def __init__(self, maps: StarMaps) -> None:
        self.explorer, self.maps = maps.explorer, maps
        self.selection = np.empty(0, dtype=np.intp)

    @property
    def source(self) -> tuple[Any, ...]:
        """Changes with the question, so that an old round of asking ends."""
        return self.maps.question

    def batch(self) -> Iterator[tuple[int, Any]]:
        """The questions."""
        return self.maps.batch(self.selection)

    def store(self, row: int, draws: Any) -> None:
        """Keep an answer."""
        self.maps.kept.add(row, draws)


class MapsView:
    r"""Two linked maps over the draws of many stars.

    Arguments:
        explorer: The state of the page.
        engine: Answers for many stars at once.
        shell: The frame.
    """

    def __init__(self, explorer: StarsExplorer, engine: Any, shell: Shell) -> None:
        self.explorer, self.shell = explorer, shell
        self.maps = StarMaps(explorer)
        self.kept = self.maps.kept
        self.asked = _Asked(self.maps)
        self._opened = self._closed = False
        self.rows = np.empty(0, dtype=np.intp)
        self._hovered: int | None = None
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
        self.hr.set_isochrones(self.maps.isochrones())
        self._wire()
        self._on_picked()
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

    def _wire(self) -> None:
        watch = self.explorer.param.watch
        watch(lambda *_: self._follow(), [*_ASKED, *_DRAWN])
        watch(lambda *_: self._on_picked(), "picked")
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
        if self.maps.renew():
            self.batch.cancel()
            self._opened = False
            self._on_picked()
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
        self.asked.selection = self.maps.to_ask(most)
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # outside a server nothing runs in the background
            return
        self.batch.start()

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
        shown = self.maps.shown()
        self.rows = np.empty(0, dtype=np.intp) if shown is None else shown.rows
        if self.explorer.picked is not None and self.explorer.picked not in self.maps.chosen():
            self.explorer.picked = None
        self._say_counts()
        if shown is None:
            self.topdown.say_empty("No star has been asked about yet.")
            self.hr.say_empty("No star has been asked about yet: press Ask.")
            self._placeless, self._outside = 0, 0.0
            self._say_map()
            return
        self._show_map(shown)
        found = shown.density
        self.hr.update(found.stars, found.log_teff, found.log_luminosity)
        self.hr.set_points(
            shown.effective_temperature, shown.log_luminosity, shown.rows, shown.tips
        )
        if self._hovered is None:
            self._lift(self.explorer.picked)

    def _show_map(self, shown: Shown) -> None:
        self._placeless, self._outside = shown.placeless, 0.0
        if shown.above is None:
            self.topdown.say_empty(
                "None of these stars has a position: open a table with ra and dec."
            )
        else:
            self._outside = shown.above.outside
            self.topdown.update(shown.above.stars, shown.above.half_width, shown.above.mean)
        self._say_map()

    def _say_counts(self) -> None:
        chosen, total = len(self.maps.chosen()), len(self.explorer.observations)
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
        self._hovered = row
        self._lift(self.explorer.picked if row is None else row)

    def _on_pick(self, row: int | None) -> None:
        """Keep a star lifted; None lets go."""
        self.explorer.picked = row

    def _on_picked(self) -> None:
        """Ask for more draws of the star that is kept lifted."""
        row, self._fine_draws = self.explorer.picked, None
        self.open_button.disabled = row is None
        self._lift(row)
        if row is not None and self.seen:
            self.fine.ask(lambda: self._fine_question(row))

    def _fine_question(self, row: int) -> Any:
        self._fine_row = row
        return self.maps.fine(row)

    def _show_fine(self, draws: Any, complete: bool) -> None:
        picked = self.explorer.picked
        if complete and picked is not None and picked == self._fine_row:
            self._fine_draws = draws
            self._lift(picked)

    def _lift(self, row: int | None) -> None:
        fine = self._fine_draws if row == self.explorer.picked else None
        star = None if row is None else self.maps.lifted(row, fine)
        if star is None:
            self.hr.lift()
            self.topdown.lift()
            return
        self.hr.lift(star.effective_temperature, star.log_luminosity, star.text)
        self.topdown.lift(star.x, star.y)

    def _open_star(self) -> None:
        if self.explorer.picked is not None:
            self.explorer.param.update(row=self.explorer.picked, view="star")
