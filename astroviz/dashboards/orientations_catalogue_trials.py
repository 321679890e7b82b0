"""Two hard questions to a catalogue: is the older network as good, and does it hold elsewhere?"""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.orientations_catalogue_sides import two_cards
from astroviz.orientations.catalogue_state import sentence_of
from astroviz.plots.alignment import CorrelationPlot
from astroviz.plots.baselines import BaselineTable
from astroviz.plots.ellipticities import EllipticityPlot

__all__ = ["GanSide", "ShiftSide"]


class GanSide:
    r"""w_g+ and ellipticities by the diffusion, the generator of 2022, and the law.

    Arguments:
        view: The view: `explorer`, `shell`.
    """

    follows = frozenset({"seed"})

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        dark = view.shell.dark
        self.curve = CorrelationPlot("wg+", ("catalogue", "GAN"), dark=dark)
        self.sizes = EllipticityPlot(dark=dark)
        self.words = note("", margin=(2, 14, 6, 14))
        self.layout = two_cards(
            card("Against the GAN", framed(figure_pane(self.curve.layout)), self.words),
            card("Projected ellipticities", framed(figure_pane(self.sizes.layout))),
        )  # fmt: skip

    @property
    def plots(self) -> tuple[Any, ...]:
        """The figures."""
        return (self.curve, self.sizes)

    def show(self) -> None:
        """Measure both and draw."""
        try:
            curves, sizes = self.explorer.compared()
        except ValueError as error:
            self.view.regret(sentence_of(error))
            self.curve.update({})
            self.sizes.update({})
            return
        self.view.regret("")
        (who, mine), (_, made) = curves.items()
        drawn = {"catalogue": mine, "GAN": made}
        self.curve.update(drawn, {name: self.explorer.agreement(c) for name, c in drawn.items()})
        self.sizes.update(sizes)
        hint = "" if who == "diffusion" else " Paint with the model to see the diffusion here."
        self.words.object = (
            f'<span class="faint">Catalogue: {escape(who)}. The GAN makes shapes on the sky for '
            f"one line of sight, and has no density.{hint}</span>"
        )


class ShiftSide:
    r"""How far the box is from those of the training, and whether the model still knows the law.

    Arguments:
        view: The view: `explorer`, `shell`, `form`.
    """

    follows = frozenset({"seed"})

    def __init__(self, view: Any) -> None:
        self.view, self.explorer = view, view.explorer
        self.moved = BaselineTable(dark=view.shell.dark)
        self.words = note("", margin=(0, 14, 6, 14))
        self.verdict = note("", margin=(4, 14, 6, 14))
        self.measure_button = pmui.Button(
            label="Measure the gap", icon="straighten", variant="contained", size="small",
            margin=0, align="center",
            description="Log density of 150 true orientations by the law and by the model",
        )  # fmt: skip
        self.measure_button.on_click(lambda _: self._measure())
        self.rows: dict[str, tuple[float, float, float]] = {}
        self.layout = two_cards(
            card("How this box differs", self.words, framed(figure_pane(self.moved.layout))),
            card("Does the model still know the law?",
                 pn.Column(self.verdict, scroll="y-auto", sizing_mode="stretch_both", margin=0),
                 tools=(self.measure_button,)),
        )  # fmt: skip

    @property
    def plots(self) -> tuple[Any, ...]:
        """The figures."""
        return (self.moved,)

    def show(self) -> None:
        """Say how far the box is from those that the model learned from."""
        try:
            found = self.explorer.shift()
        except ValueError as error:
            self.view.regret(sentence_of(error))
            return
        self.view.regret("")
        ranked = sorted(found.moved.items(), key=lambda item: -abs(item[1]))[:5]
        names, values = [name for name, _ in ranked], [value for _, value in ranked]
        self.moved.update(
            names, values, [float("nan")] * len(values), "mean move of a feature",
            "training standard deviations", goal=0.0,
        )  # fmt: skip
        kind = "like" if found.ood_score <= 1 else "unlike"
        self.words.object = (
            f"<span><b>ood score {found.ood_score:.2f}</b>: {kind} the boxes of the training "
            f"(above 1 it is shifted). {100 * found.galaxies:.1f} % of the galaxies are unusual "
            f'(1 % in training). <span class="faint">Make a box of another \u03c3\u2088 or '
            "resolution, and look again.</span></span>"
        )
        self._show_rows()

    def _measure(self) -> None:
        explorer = self.explorer
        if explorer.model is None:
            self.view.shell.say(
                "The model is not here, so there is nothing to measure.", "warning"
            )
            return
        title = explorer.box_title()
        self.view.form.job.start(
            "Asking the model for densities", explorer.gap_work(),
            lambda found: self._take(title, found),
        )  # fmt: skip

    def _take(self, title: str, found: tuple[float, float, float]) -> None:
        self.rows[title] = found
        self._show_rows()

    def _show_rows(self) -> None:
        if not self.rows:
            self.verdict.object = (
                "<p class='faint'>The gap is \u27e8ln p(law) \u2212 ln p(model)\u27e9 over true "
                "orientations, in nats: zero for a model that knows the law, whatever the box. "
                "Measured boxes stay in the table.</p>"
            )
            return
        rows = "".join(
            f"<tr><td>{escape(title)}</td><td class='number'>{gap:.3f} \u00b1 {error:.3f}</td>"
            f"<td class='number'>{score:.2f}</td></tr>"
            for title, (gap, error, score) in self.rows.items()
        )
        self.verdict.object = (
            f"<table><tr><th>box</th><th>gap (nats)</th><th>ood score</th></tr>{rows}</table>"
        )
