r"""The controls of the stars widget: ipywidgets tied to the parameters of the explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as ui
import numpy as np

from astroviz.io.observations import State
from astroviz.stars.cells import STATE_NAMES
from astroviz.widgets.star_picker import StarPicker
from astroviz.widgets.tie import Say, survey_switches, tie

if TYPE_CHECKING:
    from astroviz.stars.explorer import StarsExplorer

__all__ = ["Controls", "QuantityEditor"]

_WIDE = {"description_width": "initial"}
_STATES = [(name.replace("_", " "), name) for name in STATE_NAMES]


class QuantityEditor:
    r"""Value, error and state of one quantity of the current star.

    Arguments:
        explorer: The state of the view.
        say: Shows a sentence when an edit is refused.
    """

    def __init__(self, explorer: StarsExplorer, say: Say) -> None:
        self.explorer, self._say = explorer, say
        self._showing = False
        self._shown = (0.0, 0.0)
        options = [(f"{q.survey} {q.label}", q.name) for q in explorer.observations.quantities]
        self.quantity = ui.Dropdown(
            options=options, value="g", description="Quantity", tooltip="What to change"
        )
        self.value = ui.FloatSlider(
            description="value",
            readout_format=".2f",
            style=_WIDE,
            tooltip="Drag: the answer follows",
        )
        self.error = ui.FloatLogSlider(
            description="error", min=-3, max=1, step=0.02, style=_WIDE, readout_format=".3g",
            tooltip="One standard deviation",
        )  # fmt: skip
        self.state = ui.Dropdown(
            options=_STATES, description="state", tooltip="What is known of it"
        )
        self.undo = ui.Button(description="As in the table", tooltip="Take back the changes")
        self.box = ui.HBox(
            [self.quantity, self.value, self.error, self.state, self.undo],
            layout=ui.Layout(flex_flow="row wrap"),
        )
        self.quantity.observe(self.show, "value")
        self.value.observe(lambda change: self._drag_value(change["new"]), "value")
        self.error.observe(lambda change: self._drag_error(change["new"]), "value")
        self.state.observe(lambda change: self._edit(state=change["new"]), "value")
        self.undo.on_click(lambda _: explorer.reset(self.quantity.value))
        watched = ["row", "source", "values", "errors", "states", "surveys"]
        explorer.param.watch(self.show, watched)
        self.show()

    def show(self, *_: Any) -> None:
        """Show the quantity as it stands."""
        cell = self.explorer.cell(self.quantity.value)
        self._showing = True
        try:
            value = cell.value if np.isfinite(cell.value) else 0.5 * (cell.lower + cell.upper)
            self.value.step = cell.step
            _set_range(self.value, cell.lower, cell.upper, self._on_grid(value))
            self._shown = (self.value.value, 0.51 * cell.step)
            self.value.description = f"{cell.label} ({cell.unit})"
            error = cell.error if cell.error > 0 else cell.error_lower
            ends = min(cell.error_lower, error), max(cell.error_upper, error)
            low, high = (float(np.log10(end)) for end in ends)
            _set_range(self.error, low, high, error, widest=9.0)
            self.error.disabled = cell.state == State.LIMIT
            self.state.value = cell.state.name.lower()
            self.undo.disabled = not cell.edited
        finally:
            self._showing = False

    def _drag_value(self, value: float) -> None:
        # The browser rounds what it shows to the slider's grid and sends that back: no edit.
        shown, slack = self._shown
        if abs(value - shown) > slack or (value != shown and self._dragged("values")):
            self._edit(value=self._on_grid(value))

    def _on_grid(self, value: float) -> float:
        """The value as the slider can show it, without the noise of adding up steps."""
        return round(round(value / self.value.step) * self.value.step, 6)

    def _drag_error(self, error: float) -> None:
        shown = self.explorer.cell(self.quantity.value).error
        if self._dragged("errors") or not abs(np.log10(error / shown)) < 0.51 * self.error.step:
            self._edit(error=error)

    def _dragged(self, kind: str) -> bool:
        return self.quantity.value in getattr(self.explorer, kind)

    def _edit(self, **edit: Any) -> None:
        if self._showing:
            return
        try:
            self.explorer.edit(self.quantity.value, **edit)
        except (ValueError, KeyError) as error:
            self._say(str(error))
            self.show()


def _set_range(slider: Any, lower: float, upper: float, value: float, widest: float = 1e9) -> None:
    """New ends and value; the ends must never cross on the way."""
    # As one message: whenever only its ends move, a slider of the browser sends back where it
    # stands, rounded to the new grid, and that would be heard as a hand.
    with slider.hold_sync():
        if (slider.min, slider.max) != (lower, upper):
            slider.min, slider.max = -widest, widest
            slider.value = value
            slider.min, slider.max = lower, upper
        slider.value = value


class Controls:
    r"""All controls of the widget.

    Arguments:
        explorer: The state of the view.
        say: Shows a sentence when something is refused.
        code: Shows the cell that recreates the view.
    """

    def __init__(self, explorer: StarsExplorer, say: Say, code: ui.HTML | None = None) -> None:
        self.explorer, self._say = explorer, say
        self.code = code or ui.HTML()
        self.editor = QuantityEditor(explorer, say)
        self.first = first = StarPicker(explorer, say)
        self.preset, self.row, self.surprise = first.preset, first.row, first.surprise
        self.undo, self.redo = first.undo, first.redo
        self.surveys = self._make_surveys()
        self.more = self._make_more()
        self.box = ui.VBox([self.first.box, self.surveys, self.editor.box, self.more])

    def _tie(self, name: str, control: Any, **ways: Any) -> Any:
        control.tooltip = self.explorer.param[name].doc
        tie(self.explorer, name, control, self._say, **ways)
        return control

    def _make_surveys(self) -> ui.HBox:
        self.switches = survey_switches(self.explorer)
        label = ui.Label("Surveys in use:")
        return ui.HBox([label, *self.switches.values()], layout=ui.Layout(flex_flow="row wrap"))

    def _make_more(self) -> ui.Accordion:
        explorer = self.explorer
        columns = explorer.param.corner.objects
        self.corner = ui.SelectMultiple(options=columns, rows=6, description="Corner")
        self._tie("corner", self.corner, to_control=tuple, to_state=list)
        choices = explorer.param.overlays.objects
        self.overlays = ui.SelectMultiple(options=choices, rows=4, description="Overlays")
        self._tie("overlays", self.overlays, to_control=tuple, to_state=list)
        self.seed = self._tie("seed", ui.BoundedIntText(description="Seed", max=2**31 - 1))
        sizes = ui.IntSlider(description="Draws", min=100, max=10000, step=100,
                             continuous_update=False)  # fmt: skip
        self.n_draws = self._tie("n_draws", sizes)
        self.assume_young = self._tie("assume_young", ui.Checkbox(description="assume young"))
        exact = ui.Checkbox(
            description="exact", tooltip="Move the draws to the exact posterior: a second or two"
        )
        self.exact = self._tie("exact", exact)
        odds = ui.FloatLogSlider(description="Prior odds", min=-3, max=3, step=0.1)
        self.prior_odds = self._tie("prior_odds", odds)
        self.pin = ui.ToggleButton(description="Pin", tooltip="Keep this posterior to compare")
        self.pin.observe(
            lambda change: explorer.pin() if change["new"] else explorer.unpin(), "value"
        )
        numbers = ui.VBox([self.seed, self.n_draws, self.exact, self.assume_young, self.prior_odds,
                          self.pin])  # fmt: skip
        settings = ui.HBox([self.corner, self.overlays, numbers],
                           layout=ui.Layout(flex_flow="row wrap"))  # fmt: skip
        more = ui.Accordion([settings, self.code], selected_index=None)
        more.titles = ("Posterior, prior and overlays", "Code of this view")
        return more
