"""The drawer of the prior editor: other priors for age, mass, dust and distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note, text
from astroviz.dashboards.live import instant
from astroviz.dashboards.shell import Drawer, Shell
from astroviz.dashboards.stars_steps import StepsReadout
from astroviz.stars.explorer import StarsExplorer

__all__ = ["PriorDrawer"]

_TRAINED = "as trained"
_LABELS = {
    "log_age": "log age (yr)",
    "log_mass": "log mass (solar)",
    "a_v": "A_V (mag)",
    "distance": "distance (pc)",
}
_KINDS = {
    "uniform": "flat between two values",
    "normal": "normal",
    "flat_age": "flat in age, not in log age",
    "kroupa": "Kroupa mass function",
    "power_law": "power law in mass",
    "exponential": "exponential",
    "volume": "constant density in space",
}
_RANGES = {
    "log_age": (5.7, 8.0, 0.01),
    "log_mass": (-1.05, 0.6, 0.01),
    "a_v": (0.0, 20.0, 0.05),
    "distance": (40.0, 1200.0, 1.0),
}
_SPREADS = {"log_age": 1.0, "log_mass": 0.8, "a_v": 5.0, "distance": 300.0}


class PriorDrawer:
    """Draws under the trained prior are reweighted; below 100 effective draws it is refused.

    Arguments:
        explorer: The state of the page.
        shell: Gives the frame, once it is there.
    """

    def __init__(self, explorer: StarsExplorer, shell: Callable[[], Shell]) -> None:
        self.explorer, self._shell = explorer, shell
        self.size = note("<p class='faint'>Every draw counts alike.</p>")
        self._boxes: dict[str, pn.Column] = {}
        self._writing = False

    @property
    def drawer(self) -> Drawer:
        """For the frame."""
        return Drawer("prior", "Prior editor", "tune", self._build)

    def show_size(self, effective: float, n: int, refusal: str | None) -> None:
        """Say how many draws are left under the edited prior."""
        if refusal:
            self.size.object = f"<p><b>Refused.</b> {refusal}</p>"
        elif self.explorer.prior:
            self.size.object = (
                f"<p>Effective sample size: <b>{effective:,.0f}</b> of {n:,} draws.</p>"
            )
        else:
            self.size.object = "<p class='faint'>Every draw counts alike.</p>"

    def _build(self) -> pn.Column:
        odds = pmui.FloatSlider(
            label="log10 of the prior odds, young : field",
            start=-3.0,
            end=3.0,
            step=0.1,
            value=float(np.log10(self.explorer.prior_odds)),
            size="small",
            sizing_mode="stretch_width",
            margin=(4, 8),
        )
        odds.param.watch(lambda e: setattr(self.explorer, "prior_odds", 10.0**e.new), "value")
        self.explorer.param.watch(
            lambda e: setattr(odds, "value", float(np.log10(e.new))), "prior_odds"
        )
        self.explorer.param.watch(lambda _: self._refill(), "prior")
        blocks: list[Any] = []
        for name in _LABELS:
            self._boxes[name] = pn.Column(sizing_mode="stretch_width", margin=(0, 8))
            blocks += [self._picker(name), self._boxes[name]]
        self._refill()
        clear = pmui.Button(label="Back to the trained prior", variant="outlined", size="small")
        clear.on_click(lambda _: setattr(self.explorer, "prior", {}))
        return pn.Column(
            note(
                "<p class='faint'>The draws are reweighted from the prior that the model was "
                "trained under to yours. Nothing is drawn anew, so a prior that the draws hardly "
                "reach is refused.</p>"
            ),
            self.size,
            *blocks,
            text("Membership", bold=True, margin=(14, 0, 0, 0)),
            odds,
            clear,
            text("Draws", bold=True, margin=(18, 0, 4, 0)),
            *self._sampling(),
            sizing_mode="stretch_width",
            margin=0,
        )

    def _sampling(self) -> list[Any]:
        """How many draws, and how carefully each is made."""
        explorer = self.explorer
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (6, 0)}
        counts = {f"{n:,}": n for n in (500, 1000, 2000, 5000, 10_000, 50_000)}
        number = pmui.Select(label="Number of draws", options=counts, **wide)
        quick = "shortcut" in getattr(explorer.model, "samplers", ())
        own = "few-step sampler, 2 evaluations" if quick else "the model's own"
        counts_of = (2, 4, 8, 16, 32, 64)
        steps = {own: 0, **{_steps(n): n for n in counts_of}}
        solver = pmui.Select(label="Sampler", options=steps, **wide)

        def show(*_: Any) -> None:
            _choose(number, f"{explorer.n_draws:,}", explorer.n_draws)
            _choose(solver, _steps(explorer.steps or 0), explorer.steps or 0)

        show()
        number.param.watch(lambda event: setattr(explorer, "n_draws", event.new), "value")
        solver.param.watch(lambda event: setattr(explorer, "steps", event.new or None), "value")
        explorer.param.watch(show, ["n_draws", "steps"])
        return [number, solver, *StepsReadout(explorer, self._shell()).parts]

    def _picker(self, name: str) -> pmui.Select:
        kinds = {_KINDS[kind]: kind for kind in self.explorer.prior_kinds(name)}
        picker = pmui.Select(
            label=_LABELS[name],
            options={_TRAINED: _TRAINED, **kinds},
            value=self.explorer.prior.get(name, {}).get("kind", _TRAINED),
            size="small",
            sizing_mode="stretch_width",
            margin=(8, 0, 0, 0),
        )

        def choose(event: Any) -> None:
            if self._writing:
                return
            prior = {key: value for key, value in self.explorer.prior.items() if key != name}
            if event.new != _TRAINED:
                start = self.explorer.prior_kinds(name)[event.new]
                prior[name] = {"kind": event.new, **start}
            self.explorer.param.update(prior=prior)

        picker.param.watch(choose, "value")
        self._pickers = {**getattr(self, "_pickers", {}), name: picker}
        return picker

    def _refill(self) -> None:
        """Show the arguments of each prior; pickers and sliders follow undo and links."""
        self._writing = True
        try:
            for name, box in self._boxes.items():
                spec = self.explorer.prior.get(name, {})
                self._pickers[name].value = spec.get("kind", _TRAINED)
                arguments = {key: value for key, value in spec.items() if key != "kind"}
                if [slider.label for slider in box] == list(arguments):
                    for slider, value in zip(box, arguments.values(), strict=True):
                        slider.value = value
                else:
                    box[:] = [self._slider(name, key, value) for key, value in arguments.items()]
        finally:
            self._writing = False

    def _slider(self, name: str, argument: str, value: float) -> Any:
        low, high, step = _RANGES[name]
        if argument in ("sd", "scale", "mean") and argument != "mean":
            low, high = step, _SPREADS[name] if argument == "sd" else 1000.0
        if argument == "slope":
            low, high, step = 0.0, 3.0, 0.05
        slider = instant(pmui.FloatSlider)(
            label=argument,
            start=low,
            end=high,
            step=step,
            value=value,
            size="small",
            sizing_mode="stretch_width",
            margin=(2, 4),
        )

        def move(event: Any) -> None:
            if self._writing or name not in self.explorer.prior:
                return
            spec = {**self.explorer.prior[name], argument: event.new}
            try:
                self.explorer.param.update(prior={**self.explorer.prior, name: spec})
            except ValueError as error:
                self.size.object = f"<p><b>Not a prior:</b> {error}</p>"

        slider.param.watch(move, "value")
        return slider


def _steps(number: int) -> str:
    return f"{number} steps, {2 * number} evaluations"


def _choose(picker: pmui.Select, text: str, value: int) -> None:
    """Show a value, which a link or a notebook may have set to something that is not offered."""
    if value not in picker.options.values():
        picker.options = {**picker.options, text: value}
    picker.value = value
