"""A prior that may be wrong: swap it, be warned, and let it learn from round to round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, note
from astroviz.dashboards.job import Job
from astroviz.dashboards.lensing_shift_panels import RoundPanels, SwapPanels
from astroviz.dashboards.live import instant
from astroviz.dashboards.room_view import GAP, RoomView
from astroviz.dashboards.watched import Watched
from astroviz.lensing.shift_state import PRIORS, SOURCES, STORIES

__all__ = ["ShiftView"]

_SWAP = frozenset({"shift_mode", "shift_sources", "shift_prior", "shift_noise", "seed"})
_ROUNDS = frozenset({"shift_mode", "shift_story", "shift_round"})
_MODES = {"Swap it": "swap", "Let it learn": "rounds"}
_FIELD = {"size": "small", "margin": (12, 4, 2, 0), "sizing_mode": "stretch_width"}
_WORDS = {
    "swap": "If the prior is right, draws of the posterior, one for each of many observations, "
    "are draws of the prior. PQMass counts both in the cells of a tessellation; a small p says "
    "that they differ.",
    "rounds": "Each round draws one source for every observation under the prior of the round "
    "before, and trains the next prior on these draws. It stops when the draws no longer differ "
    "from the prior that made them.",
}


class ShiftView(RoomView):
    """Controls on the left, the panels of the present mode on the right."""

    name = "shift"
    follows = _SWAP | _ROUNDS

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.job = Job(self.shell, self._on_job)
        self.modes: dict[str, Any] = {}
        self.draws: Any = None
        self.scene: Any = None
        self._make_controls()
        self.answers = self.live("shift", self._show)
        self.watched = Watched(self.answers, self.shell, "Drawing posteriors")
        self.stage = pn.Column(sizing_mode="stretch_both", margin=0)
        self.layout = self._make_layout()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_controls(self) -> None:
        explorer = self.explorer
        self.mode = pmui.RadioButtonGroup(
            options=_MODES, value=explorer.shift_mode, size="small", margin=(4, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.sources = self._select("What is there", SOURCES, "shift_sources")
        self.prior = self._select("What is believed", PRIORS, "shift_prior")
        self.story = self._select("What learns", STORIES, "shift_story")
        self.noise = pmui.FloatSlider(
            label="noise of a pixel (peak of a source about 1)", start=0.02, end=1.0, step=0.02,
            value=explorer.shift_noise, size="small", margin=(8, 0, 0, 0),
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.noise.param.watch(lambda e: self._set("shift_noise", float(e.new)), "value_throttled")
        self.mode.param.watch(lambda event: self._set("shift_mode", event.new), "value")
        self.round = instant(pmui.IntSlider)(
            label="round", start=0, end=1, value=0, size="small", sizing_mode="stretch_width",
            margin=(4, 20),
        )  # fmt: skip
        self.round.param.watch(lambda event: self._move(event.new), "value")
        self.learn_button = pmui.Button(
            label="Learn one more round", icon="model_training", variant="contained",
            size="small", margin=(10, 0, 2, 0),
        )  # fmt: skip
        self.learn_button.on_click(lambda _: self.learn())
        self.words = note("", margin=(0, 0, 4, 0))
        self.numbers = note("", margin=(10, 0, 0, 0))

    def _select(self, label: str, options: Mapping[str, str], name: str) -> pmui.Select:
        made = pmui.Select(
            label=label, options={words: key for key, words in options.items()},
            value=getattr(self.explorer, name), **_FIELD,
        )  # fmt: skip
        made.param.watch(lambda event: self._set(name, event.new), "value")
        return made

    def _make_layout(self) -> pn.Column:
        body = pn.Column(
            self.words, self.mode, self.sources, self.prior, self.noise, self.story,
            self.learn_button, self.numbers,
            sizing_mode="stretch_both", margin=(2, 12, 8, 12), scroll="y-auto",
        )  # fmt: skip
        left = card("The question", body, width=268, sizing_mode="stretch_height")
        panels = pn.Row(left, self.stage, sizing_mode="stretch_both", margin=0, styles=GAP)
        self.track = pn.Column(
            self.round, height=62, sizing_mode="stretch_width", margin=(10, 0, 0, 0)
        )
        return self.stack(panels, self.track)

    # --- following the state ------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Show the mode that is set, and ask or draw."""
        explorer, mode = self.explorer, self.explorer.shift_mode
        for widget, name in (
            (self.mode, "shift_mode"), (self.sources, "shift_sources"),
            (self.prior, "shift_prior"), (self.story, "shift_story"),
            (self.noise, "shift_noise"),
        ):  # fmt: skip
            if widget.value != getattr(explorer, name):
                widget.value = getattr(explorer, name)
        if "shift_mode" in names:
            self._show_mode(mode)
        if mode == "swap" and names & _SWAP:
            self._ask()
        elif mode == "rounds" and names & _ROUNDS:
            self.answers.cancel()
            self._show_round()

    def _show_mode(self, mode: str) -> None:
        swap = mode == "swap"
        for widget in (self.sources, self.prior, self.noise):
            widget.visible = swap
        for widget in (self.story, self.learn_button, self.track):
            widget.visible = not swap
        self.words.object = f"<p class='faint'>{_WORDS[mode]}</p>"
        if mode not in self.modes:
            self.modes[mode] = (SwapPanels if swap else RoundPanels)(self.shell.dark)
            self.plots = tuple(self.modes.values())
        made = self.modes[mode]
        if list(self.stage) != [made.layout]:
            self.stage[:] = [made.layout]

    def _ask(self) -> None:
        if self.explorer.other_model(self.explorer.shift_prior)[0] is None:
            self.numbers.object = "<p class='faint'>There is no such prior to draw with.</p>"
            return
        self.answers.ask(self.explorer.shift_request)
        self.watched.start()

    def _show(self, draws: Any, complete: bool) -> None:
        if self.explorer.shift_mode != "swap":
            return
        self.draws = draws
        self.scene = self.explorer.shift_scene(draws)
        self.modes["swap"].show(self.scene)
        self.numbers.object = self.scene.table

    def _show_round(self) -> None:
        rounds = self.explorer.shift_rounds()
        if rounds is None:
            self.numbers.object = "<p class='faint'>No rounds are stored: learn some.</p>"
            return
        last, number = len(rounds.prior) - 1, self.explorer.shift_number()
        if (self.round.end, self.round.value) != (max(last, 1), number):
            self.round.param.update(end=max(last, 1), value=number)
        scene = self.explorer.shift_round_scene()
        self.modes["rounds"].show(scene)
        self.numbers.object = scene.table

    # --- hands ----------------------------------------------------------------------------------

    def _set(self, name: str, value: Any) -> None:
        if getattr(self.explorer, name) != value:
            setattr(self.explorer, name, value)

    def _move(self, number: int) -> None:
        rounds = self.explorer.shift_rounds()
        if rounds is None or number == self.explorer.shift_number():
            return
        last = len(rounds.prior) - 1
        self.explorer.shift_round = None if number >= last else int(number)

    def learn(self) -> None:
        """One more round, from where the story stands."""
        try:
            work = self.explorer.shift_learning()
        except ValueError as error:
            sentence = str(error)
            self.shell.say(sentence[:1].upper() + sentence[1:], "error")
            return
        self.job.start("Learning the next prior", work, self._learned)

    def _learned(self, found: Any) -> None:
        self.explorer.shift_keep(found)
        self._show_round()
        self.say()

    def _on_job(self) -> None:
        self.learn_button.disabled = self.job.running

    # --- what every view offers -----------------------------------------------------------------

    def step(self, by: int) -> None:
        """The next or the previous round, or seed."""
        if self.explorer.shift_mode == "rounds":
            self._move(max(0, self.explorer.shift_number() + by))
        else:
            self.explorer.seed = max(0, self.explorer.seed + by)

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Figures of the rounds, or the draws."""
        if self.explorer.shift_mode == "rounds":
            if self.explorer.shift_rounds() is None:
                return {}
            return {"PQMass of every round": self.explorer.shift_table}
        if self.draws is None:
            return {}
        return {"Posterior draws": lambda: self.draws.to_table()}
