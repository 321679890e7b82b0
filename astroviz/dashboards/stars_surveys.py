"""What each survey buys: the posterior while surveys arrive, and what others would tell."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.core.request import Alone, Cancelled
from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.live import on_tick
from astroviz.dashboards.shell import Shell
from astroviz.plots.gains import GainBars
from astroviz.plots.ridgelines import Ridgelines
from astroviz.stars.explorer import StarsExplorer
from astroviz.stars.information import Gain, expected_gain, missing_surveys
from astroviz.stars.spectrographs import SOURCES
from astroviz.stars.surveys_view import (
    GAINED,
    RIDGED,
    arriving,
    gain_words,
    gains_so_far,
    ridge_columns,
)

__all__ = ["SurveysView"]

logger = logging.getLogger(__name__)

GAP = {"gap": "10px"}
PATIENCE_S = 30.0  # outside a server
# The gain costs seconds: stars that are only passed by are not worked out.
REST_S = 0.4
_ASKED = ["source", "row", "surveys", "states", "values", "errors", "seed", "arrival"]
_DRAWN = ["prior", "overlays"]
# One for all visitors: a gain keeps a core busy for seconds, and nobody's slider waits for it.
_POOL = ThreadPoolExecutor(1, thread_name_prefix="astroviz-gain")


class _Control(Alone):
    """Lets a gain that nobody waits for any more end at its next step."""

    def __init__(self) -> None:
        self.stopped = False

    def check(self) -> None:
        if self.stopped:
            raise Cancelled("another star is shown")


class SurveysView:
    r"""Two panels over one star: the surveys that have looked, and those that have not.

    Arguments:
        explorer: The state of the page.
        engine: Answers the questions.
        shell: The frame.
    """

    def __init__(self, explorer: StarsExplorer, engine: Any, shell: Shell) -> None:
        self.explorer, self.engine, self.shell = explorer, engine, shell
        model = explorer.model
        self._known = {p.name: p for p in (*model.parameters, *model.derived)}
        self.parameter = "log_age"
        self.arrived: tuple[str, ...] = ()
        self.draws: list[Any] = []
        self.gain: Gain | None = None
        self._keys: tuple[str, ...] = ()
        self._gain_key = ""
        self._tickets: list[Any] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._control = _Control()
        self._closed = False
        self.ridges = Ridgelines(self._known[self.parameter], dark=shell.dark)
        self.bars = GainBars(dark=shell.dark)
        self.words = note("", height=22, margin=(2, 0, 6, 0))
        self.sentence = note("", margin=(0, 14, 10, 14))
        self._make_controls()
        self.layout = self._make_layout()
        self._wire()
        self.ask()

    def close(self) -> None:
        """The tab is gone."""
        self._closed = True
        self._stop_gain()
        self._stop_ridges()

    # --- building ---------------------------------------------------------------------------

    def _make_controls(self) -> None:
        small = {"size": "small", "margin": 0, "align": "center"}
        self.picker = pmui.Select(
            options={label: name for label, name in RIDGED.items() if name in self._known},
            value=self.parameter,
            width=180,
            variant="standard",
            description="The parameter whose posterior is drawn",
            **small,
        )
        self.places: list[tuple[Any, Any, Any, Any]] = []
        for k in range(len(SOURCES)):
            name = note("", width=104, sizing_mode=None, align="center")
            up = self.shell.icon(
                "arrow_upward", "Let it arrive earlier", partial(self.move, k, -1)
            )
            down = self.shell.icon(
                "arrow_downward", "Let it arrive later", partial(self.move, k, 1)
            )
            row = pn.Row(name, up, down, margin=0, height=34)
            self.places.append((row, name, up, down))
        self.toggle = self.shell.icon("stop_circle", "Stop working it out", self._toggle_gain)
        self.toggle.disabled = True

    def _make_layout(self) -> pn.Column:
        order = pn.Column(
            note('<span class="faint">Order of arrival</span>', height=24),
            *(row for row, *_ in self.places),
            width=174,
            margin=(8, 0, 0, 14),
        )
        left = card(
            "The posterior while surveys arrive",
            pn.Row(
                order,
                framed(figure_pane(self.ridges.layout)),
                sizing_mode="stretch_both",
                margin=0,
            ),
            tools=(self.picker,),
        )
        right = card(
            "What a survey that has not looked would tell",
            framed(figure_pane(self.bars.layout)),
            self.sentence,
            tools=(self.toggle,),
            width=500,
            sizing_mode="stretch_height",
        )
        panels = pn.Row(left, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        return pn.Column(
            self.words,
            panels,
            sizing_mode="stretch_both",
            margin=(0, 12, 12, 12),
            min_height=590,
        )

    def _wire(self) -> None:
        watch = self.explorer.param.watch
        watch(lambda *_: self.ask(), _ASKED)
        watch(lambda *_: self._when_seen(self._draw), _DRAWN)
        self.shell.param.watch(lambda *_: self.ask(), "view")
        self.shell.param.watch(self._on_dark, "dark")
        self.picker.param.watch(self._on_parameter, "value")

    # --- following the state ------------------------------------------------------------------

    @property
    def seen(self) -> bool:
        """Whether this is the view that is shown: a hidden one costs nothing."""
        return bool(self.shell.view == "surveys") and not self._closed

    def ask(self) -> None:
        """Ask about the star as it stands; what is known already is not asked again."""
        if not self.seen:
            self._stop_gain()
            return
        try:
            order, questions = arriving(self.explorer)
            posterior = self.explorer.model.posterior(self.explorer.observation())
        except Exception as error:
            self._refuse(error)
            return
        self._show_order(order)
        self._ask_ridges(questions)
        self._ask_gain(posterior)

    def _when_seen(self, draw: Callable[[], None]) -> None:
        if self.seen:
            draw()

    def _on_dark(self, event: Any) -> None:
        self.ridges.set_dark(event.new)
        self.bars.set_dark(event.new)

    def _on_parameter(self, event: Any) -> None:
        self.parameter = event.new
        self.ridges.set_axis(self._known[self.parameter])
        self._draw()
        self._show_gain()

    def move(self, place: int, step: int) -> None:
        """Let the survey at a place of the list arrive one earlier (-1) or later (+1)."""
        shown = self.arrived[1:]
        if 0 <= place < len(shown):
            self.explorer.let_arrive(shown[place], step, shown)

    def _show_order(self, order: list[str]) -> None:
        for k, (row, name, up, down) in enumerate(self.places):
            row.visible = k < len(order)
            if k >= len(order):
                continue
            name.object = f"{k + 1}. {escape(order[k])}"
            for button, word, disabled in (
                (up, "earlier", k == 0),
                (down, "later", k == len(order) - 1),
            ):
                text = f"Let {order[k]} arrive {word}"
                button.param.update(label=text, description=text, disabled=disabled)
        if not order:
            words = "No survey says anything about this star: there is only the prior."
        else:
            words = (
                "Each ridge knows what the ones above it know and one survey more; the last one "
                "is the answer of the Star view."
            )
        title = escape(self.explorer.title())
        self.words.object = f'<b>{title}</b> <span class="faint">{words}</span>'

    # --- the ridges ---------------------------------------------------------------------------

    def _ask_ridges(self, questions: list[tuple[str, Any]]) -> None:
        keys = tuple(request.content_key() for _, request in questions)
        if keys == self._keys:
            self._draw()
            return
        self._stop_ridges()
        self._keys = keys
        self.arrived = tuple(name for name, _ in questions)
        self.draws = [None] * len(questions)
        client = self.shell.client
        try:
            for k, (_, request) in enumerate(questions):
                self._tickets.append(self.engine.submit(request, latest=(client, "arrival", k)))
        except Exception as error:
            self._stop_ridges()
            self._refuse(error)
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server
            for k, ticket in enumerate(self._tickets):
                self.draws[k] = ticket.result(PATIENCE_S)
            self._draw()
            return
        self._draw()
        self._tasks["ridges"] = loop.create_task(self._collect(keys, list(self._tickets)))

    async def _collect(self, keys: tuple[str, ...], tickets: list[Any]) -> None:
        """Draw each answer as it comes, the first part of it too."""

        async def one(k: int, ticket: Any) -> None:
            part = await anext(aiter(ticket), None)
            if part is not None and not ticket.done:
                self._tick(partial(self._arrive, keys, k, part))
            self._tick(partial(self._arrive, keys, k, await ticket))

        try:
            await asyncio.gather(*(one(k, ticket) for k, ticket in enumerate(tickets)))
        except Cancelled:
            return
        except Exception as error:
            if keys == self._keys:
                self._keys = ()  # asked again when the star is shown again
            self._tick(partial(self._refuse, error))

    def _arrive(self, keys: tuple[str, ...], k: int, draws: Any) -> None:
        if keys == self._keys:
            self.draws[k] = draws
            self._draw()

    def _draw(self) -> None:
        columns, weights, truth = ridge_columns(self.explorer, self.draws, self.parameter)
        self.ridges.update(self.arrived, columns, weights, truth)

    def _stop_ridges(self) -> None:
        task = self._tasks.pop("ridges", None)
        if task is not None:
            task.cancel()
        for ticket in self._tickets:
            ticket.cancel()
        self._tickets = []
        self._keys = ()

    # --- the gain -----------------------------------------------------------------------------

    def _ask_gain(self, posterior: Any) -> None:
        seed = self.explorer.seed
        key = posterior.request(1, seed).content_key()
        if key == self._gain_key:
            return
        self._stop_gain()
        self._gain_key = key
        self.gain = None
        missing = missing_surveys(posterior.inputs()["states"])
        if not missing:
            try:
                expected_gain(posterior)
            except ValueError as error:  # it says why there is nothing to gain
                self._say_gain(f"{str(error)[:1].upper()}{str(error)[1:]}.")
            self._show_bars(())
            return
        self._show_bars(missing)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # outside a server nobody waits for seconds of work
            self._say_gain("Not worked out outside a server.")
            return
        self._control = _Control()
        self._tasks["gain"] = loop.create_task(self._work(posterior, missing, seed, self._control))

    async def _work(
        self, posterior: Any, missing: tuple[str, ...], seed: int, control: _Control
    ) -> None:
        """Work out one survey after the other, in a thread, and show each as it comes."""
        loop = asyncio.get_running_loop()
        bits, errors = (np.full((len(missing), len(GAINED)), np.nan) for _ in range(2))
        try:
            await asyncio.sleep(REST_S)
            for k, survey in enumerate(missing):
                text = f"Working out what {survey} would tell ({k + 1} of {len(missing)})\u2026"
                self._tick(partial(self._say_gain, text, True))
                work = partial(
                    expected_gain, posterior, (survey,), GAINED, seed=seed, control=control
                )
                found = await loop.run_in_executor(_POOL, work)
                bits[k], errors[k] = found.bits[0], found.errors[0]
                gain = Gain(missing[: k + 1], GAINED, bits[: k + 1].copy(), errors[: k + 1].copy())
                last = k + 1 == len(missing)
                self._tick(partial(self._arrive_gain, control, missing, gain, last))
        except Cancelled:
            return
        except Exception as error:
            logger.warning("the information gain failed", exc_info=error)
            if not control.stopped:
                self._tick(partial(self._say_gain, f"No gain: {error}"))

    def _arrive_gain(
        self, control: _Control, missing: tuple[str, ...], gain: Gain, last: bool
    ) -> None:
        if control.stopped:
            return
        self.gain = gain
        self._show_bars(missing)
        if last:
            self._show_gain()

    def _show_bars(self, missing: tuple[str, ...]) -> None:
        bits, errors = gains_so_far(missing, self.gain)
        labels = [self._known[name].label for name in GAINED]
        self.bars.update(missing, labels, bits, errors)

    def _show_gain(self) -> None:
        """Say what the figures say of the parameter that is drawn."""
        gain = self.gain
        if gain is None or len(gain.surveys) < len(self.bars.surveys):
            return
        self._say_gain(gain_words(gain, self.parameter))

    def _say_gain(self, sentence: str, working: bool = False, stopped: bool = False) -> None:
        self.sentence.object = f"<span>{escape(sentence)}</span>"
        text = "Work out what the others would tell" if stopped else "Stop working it out"
        icon = "play_circle" if stopped else "stop_circle"
        wanted = {"icon": icon, "label": text, "description": text}
        self.toggle.param.update(**wanted, disabled=not (working or stopped))

    @property
    def working(self) -> bool:
        """Whether a gain is being worked out."""
        task = self._tasks.get("gain")
        return task is not None and not task.done()

    def _toggle_gain(self) -> None:
        if self.working:
            self._stop_gain()
            self._say_gain("Stopped.", stopped=True)
        else:
            self.ask()

    def _stop_gain(self) -> None:
        self._control.stopped = True
        task = self._tasks.pop("gain", None)
        if task is not None and not task.done():
            task.cancel()
            self._gain_key = ""

    # --- sentences ----------------------------------------------------------------------------

    def _refuse(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            return
        logger.warning("the view of the surveys failed", exc_info=error)
        self.words.object = f"<span>No answer: {escape(str(error))}</span>"

    def _tick(self, act: Callable[[], None]) -> None:
        if not self._closed:
            on_tick(self.shell.document, act)
