"""The view in which a network is adapted to a table of one's own, with a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from html import escape
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.adaptation_latent import LatentPanel
from astroviz.dashboards.adaptation_linked import GAP, LinkedView
from astroviz.dashboards.adaptation_upload import Upload
from astroviz.dashboards.adaptation_words import CURVES
from astroviz.dashboards.appearance import card, figure_pane, framed, note, text
from astroviz.io import observations_table
from astroviz.plots.training_film import TrainingFilm
from astroviz.stars.adaptation_live import job_of_table
from astroviz.stars.adaptation_scores import SHOWN

__all__ = ["TableView", "example_table"]

_NONE, _OWN, _OTHER = "none", "own", "other"
_LABELS = {"Of the table": _OWN, "Another table": _OTHER, "None": _NONE}
_DISTANCES = ("transport", "discrepancy", "sliced", "auc")
_EXAMPLE = "Example: stars of galaxy B"
_STEPS = (100, 200, 300, 600)

_INTRO = (
    "Half of the rows with labels become pairs, the other half judge. Without labels the clouds "
    "are aligned, and nobody can say whether the answers are better. A copy is adapted: what is "
    "shipped stays as it is."
)
VERDICT_CSS = """
td.better { color: var(--panel-success-color, #009e73); font-weight: 600; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
"""


def example_table(explorer: Any) -> Any:
    """The real stars of the first galaxy, truths as labels: a table that a user could have."""
    cast = explorer.experiment.cast(explorer.experiment.targets[0].name)
    table = observations_table(cast.real.observations)
    truth = cast.truth[-len(cast.real) :]
    for k, parameter in enumerate(SHOWN[:4]):
        table[parameter.name] = truth[:, k]
    return table


class TableView(LinkedView):
    """Table and settings, the clouds while they meet, the distances, the verdict."""

    name = "catalogue"

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        dark = self.shell.dark
        self.run = page.run
        self.latent = LatentPanel(self)
        self.film = TrainingFilm(dark=dark)
        self.film.on_scrub(page.scrub)
        self.plots = (self.latent.plot, self.film)
        self.upload = Upload("Your table", self.shell, self._ready)
        self.labels_upload = Upload("Table of labels", self.shell, self._ready)
        self._make_form()
        self.verdict = note("", margin=(0, 14, 8, 14))
        self.verdict.stylesheets = [*self.verdict.stylesheets, VERDICT_CSS]
        self.layout = self._make_layout()
        self.run.changed.append(self._show_run)
        self.start()
        self._show_run()
        self.upload.put(example_table(self.explorer), _EXAMPLE)

    def close(self) -> None:
        """The tab is gone."""
        super().close()
        self.latent.close()

    # Building

    def _make_form(self) -> None:
        small = {"size": "small", "margin": (2, 0)}
        self.labels = pmui.RadioButtonGroup(
            options=_LABELS, value=_OWN, description="Where known parameters of stars come from",
            sizing_mode="stretch_width", **small,
        )  # fmt: skip
        self.switches = {
            name: pmui.Switch(label=label, value=value, description=words, **small)
            for name, label, value, words in (
                ("transport", "OT alignment", True, "Align all stars by optimal transport"),
                ("discrepancy", "MMD alignment", False, "Align all stars by the MMD"),
                ("guard", "Guard against prior shift", True,
                 "Weigh the simulated stars to the population of the table"),
            )
        }  # fmt: skip
        self.steps = pmui.DiscreteSlider(
            label="Steps", options=list(_STEPS), value=300, sizing_mode="stretch_width",
            description="Training steps: more take longer", **small,
        )  # fmt: skip
        self.start_button = pmui.Button(
            label="Adapt a copy", icon="play_arrow", variant="contained", disabled=True,
            size="small", margin=(6, 8, 2, 0),
        )  # fmt: skip
        self.back_button = pmui.Button(
            label="Back to what is shipped", variant="text", disabled=True, size="small",
            margin=(6, 0, 2, 0),
        )  # fmt: skip
        self.example_button = pmui.Button(
            label="Take an example", variant="text", size="small", margin=(0, 0, 4, 0),
            description="The real stars of galaxy B with their truths as labels",
        )  # fmt: skip
        self.start_button.on_click(lambda _: self.adapt())
        self.back_button.on_click(lambda _: self._back())
        self.example_button.on_click(
            lambda _: self.upload.put(example_table(self.explorer), _EXAMPLE)
        )
        self.labels.param.watch(lambda _: self._ready(), "value")
        self.labels_box = pn.Column(sizing_mode="stretch_width", margin=0)

    def _make_layout(self) -> pn.Column:
        form = pn.Column(
            note(f'<p class="faint">{_INTRO}</p>'),
            self.upload.layout,
            self.example_button,
            text("Labels (temperature, A_V, log age, mass)", bold=True, margin=(4, 0, 2, 0)),
            self.labels,
            self.labels_box,
            text("Adaptation", bold=True, margin=(8, 0, 0, 0)),
            *self.switches.values(),
            self.steps,
            pn.Row(self.start_button, self.back_button, margin=0),
            sizing_mode="stretch_both", margin=(0, 14, 8, 14), scroll="y-auto",
        )  # fmt: skip
        left = card("Your catalogue", form, width=346, sizing_mode="stretch_height")
        clouds = card(
            "Latent space", framed(figure_pane(self.latent.plot.layout)), tools=self.latent.tools
        )
        film = card(
            "Distances of the two clouds", framed(figure_pane(self.film.layout)),
        )  # fmt: skip
        verdict = card("Verdict", pn.Column(self.verdict, scroll="y-auto", margin=0,
                                            sizing_mode="stretch_both"))  # fmt: skip
        verdict.margin = (10, 0, 0, 0)
        right = pn.Column(film, verdict, width=476, sizing_mode="stretch_height", margin=0)
        panels = pn.Row(left, clouds, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        return self.stack(panels)

    # The form

    def _ready(self) -> None:
        """Another table, another source of labels, or a run that has begun or ended."""
        other = self.labels.value == _OTHER
        self.labels_box[:] = [self.labels_upload.layout] if other else []
        missing = self.upload.table is None or (other and self.labels_upload.table is None)
        self.start_button.disabled = missing or self.run.running
        self.back_button.disabled = self.run.running or self.explorer.live is None

    def adapt(self) -> None:
        """Adapt a copy to the table."""
        labels = {_NONE: False, _OWN: None, _OTHER: self.labels_upload.table}[self.labels.value]
        switches = {name: bool(switch.value) for name, switch in self.switches.items()}
        self.run.start(
            partial(
                job_of_table, self.explorer.experiment, self.upload.table, labels=labels,
                steps=int(self.steps.value), label=self.upload.name, **switches,
            ),
            self.upload.name,
        )  # fmt: skip
        self._show_run()

    def _back(self) -> None:
        self.explorer.show_live(None)
        self._show_run()

    # What is shown

    def show_film(self) -> None:
        """Another film, or one frame more."""
        self.latent.show_film()
        steps, curves = self.explorer.curves()
        self.film.update(steps, {CURVES[name][0]: curves[name] for name in _DISTANCES})
        self.show_frame()

    def show_frame(self) -> None:
        """Another frame."""
        self.latent.show_frame()
        self.film.set_cursor(self.explorer.step)

    def show_selection(self) -> None:
        """Ring the selection."""
        self.latent.show_selection()

    def follow(self, names: Iterable[str]) -> None:
        """Colours, axes, lines."""
        changed = set(names)
        if "projection" in changed:
            self.latent.show_film()
        elif "colour" in changed:
            self.latent.show_colours()
        if "links" in changed:
            self.latent.show_links()

    def say(self) -> None:
        """Write the line above the panels."""
        live = self.explorer.live
        if live is None:
            words = (
                "Adapt the shipped network to a table of yours. An example is open: press "
                "“Adapt a copy”."
            )
            self.notice.show(words, [], {})
            return
        done = "" if self.run.running else " Drag in the curves to go back in time."
        self.notice.show(f"{live.title}, step {self.explorer.step}.{done}", list(live.notes), {})

    def _show_run(self) -> None:
        """The run has begun, has come on, or has ended."""
        self._ready()
        if not self.seen:
            return
        verdict, live = self.run.verdict, self.explorer.live
        if self.run.running:
            words = "The verdict comes at the end."
        elif verdict is None or live is None:
            words = "Nothing was adapted yet."
        else:
            self.verdict.object = _verdict_html(verdict)
            return
        self.verdict.object = f'<p class="faint">{words}</p>'


def _verdict_html(verdict: Any) -> str:
    """The verdict, and every figure before and after."""
    head = {True: "Better.", False: "Not better.", None: "Nobody can say."}[verdict.better]
    rows = "".join(
        f"<tr><td>{escape(CURVES.get(name, (name,))[0].replace('_', ' '))}</td>"
        f"<td class='number'>{_figure(before)}</td>"
        f"<td class='number'>{_figure(verdict.after.get(name, np.nan))}</td></tr>"
        for name, before in verdict.before.items()
    )
    return (
        f"<p><b>{head}</b> {escape(verdict.text)}</p><table><tr><th></th>"
        f"<th class='number'>before</th><th class='number'>after</th></tr>{rows}</table>"
    )


def _figure(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "&ndash;"
