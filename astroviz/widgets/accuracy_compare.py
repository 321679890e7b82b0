r"""Two posteriors beside each other in a notebook."""

from __future__ import annotations

from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.accuracy.compare_state import KINDS, SOURCES
from astroviz.plots.compare_figures import CompareFigures
from astroviz.widgets.accuracy import AccuracyWidget
from astroviz.widgets.accuracy_stills import compare_png

__all__ = ["CompareWidget"]

_HEIGHT = 300
_TOY = {
    "shift": ("shift (\u03c3)", 0.0, 2.0), "width": ("width (\u00d7)", 0.3, 2.0),
    "forgotten": ("forgets", 0.0, 1.0),
}  # fmt: skip
_PAIR = frozenset(
    {"compare_source", "compare_references", "compare_count", "compare_other", "seed", "tried"}
    | {f"compare_{name}_{which}" for name in _TOY for which in "ab"}
)


class CompareWidget(AccuracyWidget):
    """Scores of two models on the same objects; `scene` holds them and can be observed.

    `compare(a, b)` takes two sets of draws of your own, as `accuracy.own.trial_of` does.
    """

    name = "compare"
    title = "Which posterior is nearer to the truth?"
    follows = _PAIR | {"compare_row"}
    scene = traitlets.Any(None, allow_none=True, help="What is shown.")

    def build(self) -> list[Any]:
        """Choices, sliders of the toy, figures, numbers."""
        self.figures = CompareFigures()
        self.numbers = ui.HTML()
        choices = self.row(
            self.dropdown("compare_source", "of", [(v, k) for k, v in SOURCES.items()], "330px"),
            self.dropdown("compare_references", "seen from",
                          [(v, k) for k, v in KINDS.items()], "280px"),
            self.button("Next object", lambda: self.step(1), "Draws of both for another object"),
            self.button("Simulate", self.simulate, "Ask both models on the same simulations"),
            self.stop_button(), *self.usual(),
        )  # fmt: skip
        self.toy = ui.VBox([
            self.row(*(self._slider(f"compare_{name}_{which}", f"{which.upper()}: {label}", low,
                                    high) for name, (label, low, high) in _TOY.items()))
            for which in "ab"
        ])  # fmt: skip
        figures = self.figures
        looks: dict[str, Any] = {"height": _HEIGHT, "sizing_mode": "stretch_width"}
        canvas = self._make_canvas(column(
            row(figures.look.layout, figures.scores.layout, **looks),
            row(figures.difference.layout, figures.running.layout, **looks),
            sizing_mode="stretch_width",
        ))  # fmt: skip
        return [choices, self.toy, canvas, self.numbers]

    def _slider(self, name: str, label: str, low: float, high: float) -> Any:
        made = ui.FloatSlider(description=label, min=low, max=high, step=0.05,
                              continuous_update=False)  # fmt: skip
        return self.control(name, made)

    # What can be done

    def compare(self, first: Any, second: Any) -> None:
        r"""Compare two sets of draws of your own on the same objects.

        Arguments:
            first: Draws and truths of A, as `accuracy.own.trial_of` takes them, or a `Trial`.
            second: Those of B.
        """
        from astroviz.accuracy.own import trial_of

        self.explorer.compare_open(trial_of(first), trial_of(second))

    def simulate(self) -> None:
        """Let both models answer the same simulations."""

        def keep(pair: Any) -> None:
            self.explorer.compare_keep(pair)
            self.draw()

        self.work("Asking both models", self.explorer.compare_working, keep)

    def step(self, by: int) -> None:
        """Look at another object."""
        if self.scene is not None:
            count = self.scene.pair[0].count
            self.explorer.compare_row = (self.explorer.compare_row + by) % count

    # Drawing

    def refresh(self, names: set[str]) -> None:
        """Score, or look at another object."""
        if names & _PAIR:
            self.draw()
        elif self.scene is not None:
            with self._canvas.together():
                self.figures.show_look(self.scene, self.explorer.compare_row)

    def draw(self) -> None:
        """Score both; a sentence says why it cannot be done."""
        explorer = self.explorer
        self.toy.layout.display = "" if explorer.compare_source == "toy" else "none"
        try:
            scene = explorer.compare_asking()()
        except ValueError as error:
            self._say(str(error))
            return
        if scene is None:
            self._say(explorer.compare_sentence(), "answer")
            return
        with self._canvas.together():
            self.figures.show(scene)
            self.figures.show_look(scene, explorer.compare_row)
        self.numbers.value = f"{scene.verdict()}{scene.numbers()}"
        self.scene = scene

    def picture(self) -> bytes | None:
        """Scores as objects come in, and the difference."""
        self.wait()
        return None if self.scene is None else compare_png(self.scene)
