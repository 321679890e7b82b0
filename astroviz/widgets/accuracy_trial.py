r"""A posterior on trial in a notebook: verdicts, the figure of a check, cells, one posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ipywidgets as ui
import traitlets
from bokeh.layouts import column, row

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.trial_cells import LOOKS
from astroviz.accuracy.trial_models import MINE, models_there
from astroviz.accuracy.trial_state import FIGURES
from astroviz.plots.check_figures import chart_of
from astroviz.plots.corner import Corner
from astroviz.plots.image_grid import ImageGrid
from astroviz.plots.matrix import MatrixPlot
from astroviz.widgets.accuracy import AccuracyWidget
from astroviz.widgets.accuracy_trial_stills import trial_png
from astroviz.widgets.check_board import CheckBoard
from astroviz.widgets.live import running_loop

__all__ = ["TrialWidget"]

_ASKED = frozenset({"seed", "tried", "trial_case", "trial_count", "trial_draws", "trial_checks"})
_SHOWN = frozenset({"trial_check", "trial_figure", "trial_kind", "trial_look", "trial_cell",
                    "trial_bin", "trial_place", "trial_pick"})  # fmt: skip
_HEIGHT = 330


class TrialWidget(AccuracyWidget):
    """Every check on a model or on draws of your own.

    `found` holds the trial and its report, also while simulations come in; it can be observed.
    Draws of your own that are given to `explore` are judged at once.
    """

    name = "trial"
    title = "A posterior on trial"
    follows = _ASKED | _SHOWN
    found = traitlets.Any(None, allow_none=True, help="The trial and its report.")

    def build(self) -> list[Any]:
        """Choices, the board of checks, figures, the object that is shown."""
        explorer = self.explorer
        self._trying = False
        self.board = CheckBoard(self._on_board, height="330px", width="330px")
        self.words = ui.HTML()
        models = [(f"{name}: {title}", name) for name, title in models_there().items()]
        names = [name for _, name in models]
        others = [] if explorer.tried in names else [(explorer.tried, explorer.tried)]
        choices = self.row(
            self.dropdown("tried", "model", [*others, *models], "330px"),
            self._number("trial_count", "simulations"), self._number("trial_draws", "draws"),
            self.button("Try it", self.run, "Simulate, draw and check"), self.stop_button(),
            *self.usual(),
        )  # fmt: skip
        looks = self.row(
            self.dropdown("trial_figure", "figure", [(v, k) for k, v in FIGURES.items()]),
            self.dropdown("trial_look", "cells", [(v, k) for k, v in LOOKS.items()]),
            self._kinds(),
            self.button("Previous", lambda: self.step(-1), "The object before, a worse one"),
            self.button("Next", lambda: self.step(+1), "The next object of the cell"),
        )  # fmt: skip
        self._make_figures()
        canvas = self._make_canvas(self._place)
        beside = ui.HBox([self.board, canvas], layout=ui.Layout(width="100%"))
        canvas.layout.flex = "1 1 auto"
        return [choices, looks, beside, self.words]

    def _make_figures(self) -> None:
        self._charts: dict[str, Any] = {}
        self.chart: Any = None
        self.cells = MatrixPlot("trial-cells")
        self.cells.on_pick(self._on_cell)
        self.corner: Any = None
        self.grid: Any = None
        self._upper = row(height=_HEIGHT, sizing_mode="stretch_width")
        lower = row(self.cells.layout, height=_HEIGHT, sizing_mode="stretch_width")
        self._place = column(self._upper, lower, sizing_mode="stretch_width")

    # What can be done

    def run(self) -> None:
        """Put what is chosen on trial; curves move while simulations come in."""
        self._trying = True
        self.work("The trial", lambda: self.explorer.trial_working(self._watcher()), self._done)

    def stop(self) -> None:
        """Give the trial up; what was found until then stays."""
        super().stop()
        self._trying = False
        self.explorer.trial_stopped()
        self.draw()

    def step(self, by: int) -> None:
        """The next or the previous object of the cell."""
        count = len(self.explorer.trial_listed())
        if count:
            self.explorer.trial_place = (min(self.explorer.trial_place, count - 1) + by) % count

    # Drawing

    def refresh(self, names: set[str]) -> None:
        """Draw what was found of these settings; judge draws of one's own that were given."""
        explorer = self.explorer
        mine = explorer.tried == MINE and explorer.own is not None
        if mine and explorer.trial_found() is None and not self._trying:
            self.run()
            return
        self.draw()

    def draw(self) -> None:
        """Draw what was found."""
        explorer = self.explorer
        self._offer_kinds()
        self.board.show(explorer.trial_rows(), explorer.trial_verdict())
        found, outcome, table = (
            explorer.trial_found(), explorer.trial_outcome(), explorer.trial_table(),
        )  # fmt: skip
        with self._canvas.together():
            shown = [] if outcome is None else [self._chart_of(outcome)]
            shown += self._object()
            if self._upper.children != shown:
                self._upper.children = shown
            if table is not None:
                self.cells.update(
                    table.rows, table.columns, table.values, table.texts, table.words,
                    explorer.trial_shown_cell(table),
                )  # fmt: skip
        self.found = found

    def picture(self) -> bytes | None:
        """The verdicts, the cells and the posterior that is shown."""
        self.wait()
        explorer = self.explorer
        if self.found is None:
            return None
        return trial_png(self.found, explorer.trial_table(), explorer.trial_object(),
                         CHECKS)  # fmt: skip

    def _chart_of(self, outcome: Mapping[str, Any]) -> Any:
        made = chart_of(outcome)
        if made.kind in self._charts:
            chart_of(outcome, chart=self._charts[made.kind])
        self.chart = self._charts.setdefault(made.kind, made)
        return self.chart.layout

    def _object(self) -> list[Any]:
        """The figure of the object that is shown, and its words."""
        scene = self.explorer.trial_object()
        if scene is None:
            self.words.value = ""
            return []
        self.words.value = self.explorer.trial_object_words(scene)
        if scene.kind == "images":
            self.grid = self.grid or ImageGrid("trial-images", columns=2)
            self.grid.update(scene.draws, scene.labels)
            return [self.grid.layout]
        if self.corner is None or self.corner.names != tuple(axis.name for axis in scene.axes):
            self.corner = Corner(scene.axes)
        self.corner.axes = tuple(scene.axes)
        self.corner.update(scene.draws, fit=False)
        self.corner.mark("truth", dict(zip(self.corner.names, scene.truth, strict=True)))
        self.corner.fit()
        return [self.corner.layout]

    # Hands

    def _on_board(self, message: Mapping[str, Any]) -> None:
        if "check" in message:
            self.explorer.param.update(trial_check=str(message["check"]), trial_figure="check")
        else:
            self.explorer.trial_run_check(str(message["run"]), bool(message["on"]))

    def _on_cell(self, row_: int, column_: int) -> None:
        table = self.explorer.trial_table()
        if table is not None:
            self.explorer.param.update(
                trial_cell=[table.rows[row_], table.columns[column_]], trial_place=0,
                trial_bin=None,
            )  # fmt: skip

    def _number(self, name: str, label: str) -> Any:
        low, high = self.explorer.param[name].bounds
        made = ui.BoundedIntText(description=label, min=low, max=high,
                                 layout=ui.Layout(width="170px"))  # fmt: skip
        return self.control(name, made)

    def _kinds(self) -> Any:
        self.kinds = ui.Dropdown(description="groups", options=[("\u2026", "")],
                                 layout=ui.Layout(width="220px"),
                                 tooltip=self.explorer.param.trial_kind.doc)  # fmt: skip
        self._offering = False
        self.kinds.observe(self._on_kind, "value")
        return self.kinds

    def _offer_kinds(self) -> None:
        kinds, shown = self.explorer.trial_kinds(), self.explorer.trial_shown_kind()
        self._offering = True
        if tuple(value for _, value in self.kinds.options) != tuple(kinds):
            self.kinds.options = [(kind, kind) for kind in kinds]
        self.kinds.value = shown
        self._offering = False

    def _on_kind(self, change: Any) -> None:
        if not self._offering and change["new"]:
            self.explorer.param.update(trial_kind=change["new"], trial_cell=[], trial_place=0)

    # Work

    def _watcher(self) -> Any:
        loop = running_loop()
        if loop is None:  # drawn at the end: figures are not for other threads
            return self.explorer.trial_watch

        def told(found: Any) -> None:
            loop.call_soon_threadsafe(self._on_found, found)

        return told

    def _on_found(self, found: Any) -> None:
        if self._trying:
            self.explorer.trial_watch(found)
            self.draw()

    def _done(self, found: Any) -> None:
        self._trying = False
        self.explorer.trial_keep(found)
        self.draw()
        self._show_head()
