r"""A prior that may be wrong, in a notebook: swap it and be warned, or let it learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui
from bokeh.layouts import column, row

from astroviz.lensing.shift_state import PRIORS, SOURCES, STORIES
from astroviz.plots.image import ImageGrid
from astroviz.plots.lensing_figures import flag_figure, rounds_figure
from astroviz.widgets.lensing import LensingWidget
from astroviz.widgets.lensing_stills import Still

if TYPE_CHECKING:
    from astroviz.core.draws import Draws

__all__ = ["ShiftWidget"]

_SIDE = 260
_ROUNDS = frozenset({"shift_mode", "shift_story", "shift_round"})
_SWAP = frozenset({"shift_mode", "shift_sources", "shift_prior", "shift_noise", "seed"})


class ShiftWidget(LensingWidget):
    """Images, posterior and prior draws, the flag; or the rounds of a prior that learns."""

    name = "shift"
    title = "When the prior is wrong"
    follows = _SWAP | _ROUNDS

    def build(self) -> list[Any]:
        """Choices, pictures, figures."""
        self.numbers = ui.HTML()
        modes = [("swap it", "swap"), ("let it learn", "rounds")]
        noise = ui.FloatSlider(description="noise", min=0.02, max=1.0, step=0.02,
                               continuous_update=False)  # fmt: skip
        self.round = ui.IntSlider(description="round", min=0, max=0)
        self.round.observe(self._move, "value")
        choices = self.row(
            self.dropdown("shift_mode", "prior", modes),
            self.dropdown("shift_sources", "there is", [(v, k) for k, v in SOURCES.items()]),
            self.dropdown("shift_prior", "believed", [(v, k) for k, v in PRIORS.items()]),
            self.control("shift_noise", noise), *self.usual(),
        )  # fmt: skip
        learning = self.row(
            self.dropdown("shift_story", "story", [(v, k) for k, v in STORIES.items()], "420px"),
            self.round, self.button("Learn one more round", self.learn, "From the last one"),
            self.stop_button(),
        )  # fmt: skip
        return [choices, learning, self._make_canvas(self._make_plots()), self.numbers]

    def _make_plots(self) -> Any:
        self.seen = ImageGrid("shift-seen", columns=6)
        self.posterior = ImageGrid("shift-posterior", columns=6)
        self.prior = ImageGrid("shift-prior", columns=6)
        self.flag = flag_figure("shift-flag")
        self.fall = rounds_figure("shift-fall")
        for plot, words in (
            (self.seen, "what was seen, above the truth"), (self.posterior, "posterior draws"),
            (self.prior, "prior draws"),
        ):  # fmt: skip
            plot.figure.title.text = words
        upper = row(self.seen.layout, self.posterior.layout, height=_SIDE,
                    sizing_mode="stretch_width")  # fmt: skip
        lower = row(self.prior.layout, self.flag.layout, self.fall.layout, height=_SIDE,
                    sizing_mode="stretch_width")  # fmt: skip
        return column(upper, lower, sizing_mode="stretch_width")

    def refresh(self, names: set[str]) -> None:
        """Ask for the swap, or show the round."""
        swap = self.explorer.shift_mode == "swap"
        if swap and names & _SWAP:
            try:
                self._asker.ask(self.explorer.shift_request())
            except ValueError as error:
                self._say(str(error))
        elif not swap and names & _ROUNDS:
            self._asker.cancel()
            self._show_round()

    def preview(self, draws: Draws) -> None:
        """Draw what there is of an answer."""
        self.show(draws)

    def show(self, draws: Draws) -> None:
        """Draw the swap."""
        if self.explorer.shift_mode != "swap":
            return
        scene = self.explorer.shift_scene(draws)
        with self._canvas.together():
            self.flag.figure.visible, self.fall.figure.visible = True, False
            self.seen.update(scene.seen, scene.seen_labels, (0.0, 1.0))
            self.posterior.update(scene.posterior, scene.scores, (0.0, scene.top))
            self.prior.update(scene.prior, (), (0.0, scene.top))
            if scene.measured is not None:
                self._show_flag(scene)
        self.numbers.value = scene.table

    def learn(self) -> None:
        """One more round, from where the story stands."""
        self.work("Learning the next prior", self.explorer.shift_learning, self._learned)

    def stills(self) -> list[Still]:
        """Some prior and posterior draws."""
        top = self.posterior.limits if hasattr(self.posterior, "limits") else None
        return [
            (f"{words} {k + 1}", image, top, "magma")
            for words, grid in (("posterior", self.posterior), ("prior", self.prior))
            for k, image in enumerate(grid.images[:4])
        ]

    def _show_flag(self, scene: Any) -> None:
        top = 1.25 * float(max(scene.heights.max(), 1e-6))
        self.flag.update(
            {
                "if prior and posterior were one": (scene.edges, scene.heights),
                "1 % of exchanges lie beyond": ([scene.limit] * 2, [0.0, 0.8 * top]),
                "measured": ([scene.measured] * 2, [0.0, 0.8 * top]),
            },
            f"PQMass of prior against posterior draws: {scene.measured:.2f}, p = {scene.p:.3f}.",
            scene.x_range, (0.0, top),
        )  # fmt: skip

    def _show_round(self) -> None:
        rounds = self.explorer.shift_rounds()
        if rounds is None:
            self._say("No rounds of this story are stored: the model lensing/rounds is missing.")
            return
        self.round.max = max(rounds.last, 0)
        self.round.value = self.explorer.shift_number()
        scene = self.explorer.shift_round_scene()
        limits = (0.0, scene.top)
        with self._canvas.together():
            self.flag.figure.visible, self.fall.figure.visible = False, True
            self.seen.update(scene.seen, (), limits)
            self.posterior.update(scene.posterior, (), limits)
            self.prior.update(scene.prior, (), limits)
            self.fall.update(scene.curves, scene.words, scene.x_range, scene.y_range)
        self.numbers.value = scene.table

    def _move(self, change: Any) -> None:
        if self.explorer.shift_mode == "rounds" and change["new"] != self.explorer.shift_number():
            self.explorer.shift_round = int(change["new"])

    def _learned(self, found: Any) -> None:
        self.explorer.shift_keep(found)
        self._show_round()
