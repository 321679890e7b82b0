"""The truth check: an exact posterior, each sampler beside it, badges over many skies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import card, figure_pane, framed, note
from astroviz.dashboards.job import Job
from astroviz.dashboards.lensing_trust_badges import COLUMNS, coverage_of, matrix_of
from astroviz.dashboards.open_choice import open_choice
from astroviz.dashboards.paper import on_paper
from astroviz.dashboards.room_view import GAP, RoomView, choice
from astroviz.dashboards.watched import Watched
from astroviz.lensing.sampler_words import LABELS
from astroviz.lensing.trust_state import DRAWS, JUDGED, TRUTHS
from astroviz.plots.coverage import TarpPlot
from astroviz.plots.image import ImageGrid, ImagePlot, link_cursors
from astroviz.plots.matrix import MatrixPlot

__all__ = ["TrustView"]

_ONE = frozenset({
    "trust_sampler", "trust_quality", "trust_pixels", "trust_noise", "trust_count", "seed",
})  # fmt: skip
_SETTINGS = frozenset({"trust_quality", "trust_pixels", "trust_noise"})
_SHOWN = 12  # draws
_NOISES = (0.05, 0.1, 0.2, 0.4)
_SPARE: dict[str, Any] = {"axes": None, "tools": ""}


class TrustView(RoomView):
    """Maps on the left, draws in the middle, badges and coverage on the right."""

    name = "trust"
    follows = _ONE | {"trust_truths", "trust_check_draws"}

    def __init__(self, page: Any) -> None:
        super().__init__(page)
        self.tests: dict[str, Any] = {}
        self.comparison: Any = None
        self.draws: Any = None
        self._begun = False
        self.job = Job(self.shell, self._on_job)
        self._make_plots()
        self.numbers = note("", margin=(0, 12, 6, 12))
        self.said = note("", margin=(0, 12, 6, 12))
        self.answers = self.live("trust", self._show)
        self.watched = Watched(self.answers, self.shell, "Sampling", self.job)
        self.layout = self._make_layout()
        self._show_badges()
        self.start()

    # --- building ---------------------------------------------------------------------------

    def _make_plots(self) -> None:
        dark = self.shell.dark
        self.maps = {
            "exact_mean": ImagePlot("trust-exact-mean", dark, title="exact mean",
                                    **_SPARE),
            "mean": ImagePlot("trust-mean", dark, title="sampled mean", **_SPARE),
            "z": ImagePlot("trust-z", dark, title="difference / its error", scaling="symmetric",
                           **_SPARE),
            "exact_sd": ImagePlot("trust-exact-sd", dark, title="exact sd", colours="spread",
                                  **_SPARE),
            "sd": ImagePlot("trust-sd", dark, title="sampled sd", colours="spread", **_SPARE),
            "ratio": ImagePlot("trust-ratio", dark, title="sampled / exact sd \u2212 1",
                               scaling="symmetric", **_SPARE),
        }  # fmt: skip
        link_cursors(*self.maps.values())
        on_paper(*self.maps.values())
        self.grid = ImageGrid("trust-draws", dark, columns=3)
        self.badges = MatrixPlot("trust-badges", dark, pick_rows=True)
        self.badges.on_pick(lambda row, _: setattr(self.explorer, "trust_sampler", JUDGED[row]))
        self.tarp = TarpPlot(dark)
        self.plots = (*self.maps.values(), self.grid, self.badges, self.tarp)

    def _make_layout(self) -> pn.Column:
        explorer = self.explorer
        tools = (
            choice(explorer, "trust_sampler", {v: k for k, v in LABELS.items()},
                   "Sampler beside the exact posterior", 104),
            choice(explorer, "trust_quality", ["live", "reference"],
                   "Steps: to be watched, or to be believed", 84),
            choice(explorer, "trust_pixels", {"16 px": 16, "32 px": 32}, "Side of the source", 66),
            open_choice(explorer, "trust_noise", _NOISES, "noise {:g}",
                        "Noise of a pixel of the image", 88),
        )  # fmt: skip
        names = list(self.maps)
        rows = [
            pn.Row(*(figure_pane(self.maps[n].layout) for n in names[k : k + 3]),
                   sizing_mode="stretch_both", margin=0)
            for k in (0, 3)
        ]  # fmt: skip
        both = pn.Column(*rows, sizing_mode="stretch_both", margin=0)
        left = card("One observation", framed(both), self.numbers, tools=tools)
        middle = card("Draws, exact ones first", framed(figure_pane(self.grid.layout)))
        right = self._right()
        for part, share in ((left, 22), (middle, 10), (right, 19)):
            part.styles = {**(part.styles or {}), "flex": f"{share} 1 0px"}
        panels = pn.Row(left, middle, right, sizing_mode="stretch_both", margin=0, styles=GAP)
        return self.stack(panels)

    def _right(self) -> pn.Column:
        explorer = self.explorer
        self.run_one = self._button("Check it", lambda: self.check((explorer.trust_sampler,)))
        self.run_all = self._button("Check all", lambda: self.check(JUDGED))
        sizes = (
            choice(explorer, "trust_truths", {f"{n} skies": n for n in TRUTHS},
                   "Simulated observations of a check", 82),
            choice(explorer, "trust_check_draws", {f"{n} draws": n for n in DRAWS},
                   "Draws for each observation", 80),
        )  # fmt: skip
        upper = card(
            "Badges", framed(figure_pane(self.badges.layout)), self.said,
            tools=(*sizes, self.run_one, self.run_all),
        )  # fmt: skip
        lower = card("Coverage", framed(figure_pane(self.tarp.layout)))
        for part, share in ((upper, 10), (lower, 8)):
            part.styles = {**part.styles, "flex": f"{share} 1 0px"}
        return pn.Column(upper, lower, sizing_mode="stretch_both", margin=0, styles=GAP)

    def _button(self, label: str, act: Callable[[], None]) -> pmui.Button:
        button = pmui.Button(label=label, variant="outlined", size="small", align="center",
                             margin=(0, 3))  # fmt: skip
        button.on_click(lambda _: act())
        return button

    # --- one observation ------------------------------------------------------------------------

    def follow(self, names: set[str]) -> None:
        """Ask for what has changed."""
        if names & _SETTINGS and self.explorer.trust_studies():
            self.explorer.trust_forget()
            self.tests = {}
        if names & _SETTINGS:
            self._show_badges()
        if names & (_SETTINGS | {"trust_sampler"}):
            self._show_coverage()
        if names & _ONE:
            self._ask()

    def step(self, by: int) -> None:
        """The next or the previous sampler."""
        names = list(LABELS)
        place = (names.index(self.explorer.trust_sampler) + by) % len(names)
        self.explorer.trust_sampler = names[place]

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """Badges as numbers, and the draws of the observation."""
        found: dict[str, Callable[[], Any]] = {}
        if self.explorer.trust_studies():
            found["Figures of the check"] = self.explorer.trust_table
        if self.draws is not None:
            draws = self.draws
            found["Draws for one observation"] = lambda: self.explorer.sample_table(draws)
        return found

    def _ask(self) -> None:
        self.answers.ask(self.explorer.trust_request)
        self.watched.start()

    def _show(self, draws: Any, complete: bool) -> None:
        found = self.explorer.trust_comparison(draws)
        if found is None:
            return
        self.draws = draws if complete else None
        self.comparison = found
        self._show_maps(found)
        self._show_draws(found)
        self._show_numbers(found, complete)
        if complete and not self.tests and not self._begun and self.seen:
            self._begin()

    def _begin(self) -> None:
        """A first check, so that the page has something to show; not outside a server."""
        self._begun = True
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        if not self.job.running:
            self.check((self.explorer.trust_sampler,))

    def _show_maps(self, found: Any) -> None:
        low, high = float(found.exact_mean.min()), float(found.exact_mean.max())
        top = 1.15 * float(found.exact_sd.max())
        pictures = {
            "exact_mean": (found.exact_mean, (low, high)),
            "mean": (found.pictures.mean, (low, high)),
            "z": (found.z, (-4.0, 4.0)),
            "exact_sd": (found.exact_sd, (0.0, top)),
            "sd": (found.pictures.sd, (0.0, top)),
            "ratio": (found.ratio - 1, (-0.5, 0.5)),
        }
        scale = found.pictures.frame.width / len(found.exact_mean)
        for name, (image, limits) in pictures.items():
            self.maps[name].update(image, scale, limits=limits)

    def _show_draws(self, found: Any) -> None:
        low, high = float(found.exact_mean.min()), float(found.exact_mean.max())
        exact, sampled = found.exact_draws[:6], found.pictures.images[:_SHOWN]
        labels = ["exact", *[""] * (len(exact) - 1), "sampled", *[""] * (len(sampled) - 1)]
        self.grid.update(np.concatenate([exact, sampled]), labels, limits=(low, high))

    def _show_numbers(self, found: Any, complete: bool) -> None:
        name = LABELS[self.explorer.trust_sampler]
        state = "" if complete else " (at work)"
        words = (
            f"<p><b>{name}{state}</b>: variance {found.variance_ratio:.3f} of the exact one "
            f"\u00b7 mean error {found.mean_error:.2f} times the floor "
            f"\u00b7 spread of the difference map {found.spread:.2f} (1 is right) "
            f"\u00b7 \u03c7\u00b2 {found.pictures.chi_square:.3f}</p>"
        )
        if self.numbers.object != words:
            self.numbers.object = words

    # --- many observations ----------------------------------------------------------------------

    def check(self, samplers: tuple[str, ...]) -> None:
        """Judge samplers over many observations; a sentence where it cannot be."""
        wanted = tuple(name for name in samplers if name in JUDGED)
        if not wanted:
            self.shell.say("The exact posterior needs no check: choose another sampler.", "info")
            return
        self.answers.cancel()
        self.job.start("Checking calibration", self.explorer.trust_work(wanted), self._keep)

    def _keep(self, found: Mapping[str, Any]) -> None:
        self.explorer.trust_keep(found)
        self.tests |= {name: coverage_of(study) for name, study in found.items()}
        self._show_badges()
        self._show_coverage()
        if len(found) == 1:
            self.explorer.trust_sampler = next(iter(found))

    def _show_badges(self) -> None:
        stored, side = self.explorer.trust_stored()
        studies = {k: v for k, v in self.explorer.trust_studies().items() if k in self.tests}
        rows, values, texts, words = matrix_of(studies, self.tests, stored)
        self.badges.update(rows, COLUMNS, values, texts, words, self._row())
        here = "left: measured here" if studies else "left: nothing measured here yet"
        told = f"right: shipped, {side} px" if stored else "none are shipped"
        self.said.object = (
            f"<p class='faint'>Ratios to the exact variance and to the Monte-Carlo floor; {here}, "
            f"{told}. Click a row.</p>"
        )

    def _row(self) -> tuple[int, int] | None:
        name = self.explorer.trust_sampler
        return (JUDGED.index(name), 0) if name in JUDGED else None

    def _show_coverage(self) -> None:
        self.badges.select(self._row())
        test = self.tests.get(self.explorer.trust_sampler)
        if test is None:
            nothing = np.zeros(0)
            self.tarp.update(nothing, nothing, nothing, nothing)
        else:
            self.tarp.update(test.credibility, test.coverage, test.lower, test.upper)

    def _on_job(self) -> None:
        for button in (self.run_one, self.run_all):
            button.disabled = self.job.running
