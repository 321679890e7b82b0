"""The page of young stars: one star or a whole catalogue, with gaps."""

from __future__ import annotations

import asyncio
from typing import Any

import panel as pn

from astroviz.dashboards.drawers import card_drawer, code_drawer, help_drawer
from astroviz.dashboards.live import Live, on_tick
from astroviz.dashboards.pace import Pace
from astroviz.dashboards.shell import Shell, View, initial_query
from astroviz.dashboards.stars_catalogue import CatalogueView
from astroviz.dashboards.stars_controls import StarsControls
from astroviz.dashboards.stars_export import ExportDrawer
from astroviz.dashboards.stars_prior import PriorDrawer
from astroviz.dashboards.stars_samp import SampDrawer
from astroviz.dashboards.stars_selection import SelectionDrawer
from astroviz.dashboards.stars_star import StarView
from astroviz.dashboards.stars_table import TableDrawer
from astroviz.stars.explorer import StarsExplorer

__all__ = ["StarsPage", "stars_page"]

QUESTION = "How old, how massive, how reddened is this star, given only what was measured?"

# What the model must be asked about anew, and what only changes how an answer is drawn.
ASKED = ("source", "row", "surveys", "states", "values", "errors", "seed", "n_draws", "steps",
         "exact")  # fmt: skip
DRAWN = ("prior", "prior_odds", "assume_young", "corner", "overlays", "pinned")

# A hand that has not moved for so long has let go.
REST_S = 0.6

HELP = (
    "The network was trained on simulated stars with the same kinds of gaps as real catalogues "
    "have. It gives the posterior of a star from any subset of its measurements.",
    "<b>Star</b>: move a slider on a magnitude, type a value, change the state of a quantity, or "
    "switch a whole survey off; every panel follows. Pin a posterior to compare with it.",
    "<b>Catalogue</b>: box or lasso stars in any panel (shift adds, ctrl intersects, "
    "both remove), and all panels show the same selection. Click a star to open it. "
    "&ldquo;Ask&rdquo; runs the model on the selection, or on all.",
    "<b>Question</b>: drag anything between given, wanted and ignored, or press g, w or i on it; "
    "click a chip to type a value or an interval. Observables are drawn by the simulator, for "
    "each draw of the parameters.",
    "<b>Surveys</b>: the posterior while surveys arrive, in any order, and what each survey that "
    "has not looked is expected to tell. <b>Maps</b>: all posteriors of a selection, seen from "
    "above the Galactic plane and over isochrones.",
)
GLOSSARY = {
    "● observed": "a value with an error",
    "▽ limit": "looked and not detected: fainter than the value, which says something",
    "○ not covered": "nobody looked, which says nothing",
    "✕ unusable": "saturated, blended or spoiled: there is a source, the number is no use",
    "- ignored": "switched off by you",
    "A_V, R_V": "dust in front of the star: extinction in V, and how it depends on colour",
    "P(young)": "probability that the star is on the pre-main-sequence tracks rather than a field "
    "dwarf or giant (a stand-in locus), for even odds unless you change them",
    "given, wanted, ignored": "told to the model; drawn; neither, and so integrated over",
    "bits": "expected information gain: one bit halves the width of a posterior",
    "few-step sampler": "two network evaluations learned from the flow's sixteen; passes the same "
    "calibration checks",
    "exact": "the network's draws moved to the exact posterior with the simulator's likelihood; "
    "exact for the simulator, not for the sky",
    "out of distribution": "how unlike the training stars the measurements are; above 1 the "
    "answer is drawn with a warning",
}


class StarsPage:
    r"""Everything one browser tab has of the stars page.

    Arguments:
        model: The model that answers.
        engine: Runs its requests.
        view: `star` or `catalogue`; None takes the query's, or `star`.
        query: The query of the address.
    """

    def __init__(self, model: Any, engine: Any, view: str | None, query: str = "") -> None:
        self.engine = engine
        self.explorer = StarsExplorer(model)
        wanted = "&".join(part for part in (query, f"view={view}" if view else "") if part)
        sentences = self.explorer.from_query(wanted) if wanted else ()
        self.draws: Any = None
        self._fit = True
        self._complete = False
        self._rest: asyncio.TimerHandle | None = None
        self.pinned_draws: Any = None
        self.controls = StarsControls(self.explorer, lambda *said: self.shell.say(*said))
        self.table = TableDrawer(self.explorer, lambda: self.shell)
        self.prior = PriorDrawer(self.explorer, lambda: self.shell)
        self.samp = SampDrawer(self.explorer, self.table, lambda: self.shell)
        self.selections = SelectionDrawer(self.explorer, lambda: self.shell)
        self.export = ExportDrawer(self.explorer, lambda: self.draws, lambda: self.shell)
        self.pace = Pace()
        self.star: StarView | None = None
        self.catalogue: CatalogueView | None = None
        self._others: list[Any] = []
        self.shell = self._make_shell()
        document, client = self.shell.document, self.shell.client
        self.live = Live(
            engine,
            (client, "posterior"),
            self._show,
            self._failed,
            self._busy,
            document,
            before=self._take_moves,
            pace=self.pace,
        )
        self.exact_live = Live(
            engine, (client, "exact"), self._show_exact, self._failed, self._busy, document
        )
        self.pin_live = Live(
            engine, (client, "pinned"), self._show_pin, self._failed, document=document
        )
        self._watch()
        self.shell.open()
        self.ask()
        if sentences:
            self.shell.say(" ".join(sentences), "warning")

    def _make_shell(self) -> Shell:
        return Shell(
            self.explorer,
            title="Young stars",
            question=QUESTION,
            address="/stars",
            views=[
                View("catalogue", "Catalogue", self._build_catalogue),
                View("star", "Star", self._build_star),
                View("question", "Question", self._build_question),
                View("surveys", "Surveys", self._build_surveys),
                View("maps", "Maps", self._build_maps),
            ],
            drawers=[
                self.table.drawer,
                self.prior.drawer,
                self.selections.drawer,
                self.samp.drawer,
                self.export.drawer,
                code_drawer(self.explorer, lambda: self.shell),
                card_drawer(self.explorer.model.card),
                help_drawer(HELP, self.explorer, GLOSSARY),
            ],
            controls=self.controls.items,
            view=self.explorer.view,
            card=lambda: self.explorer.model.card,
        )

    def _build_star(self) -> Any:
        self.star = StarView(self.explorer, self.shell, self._ask, self.pace)
        if self.draws is not None:
            self._redraw()
        return self.star.layout

    def _build_catalogue(self) -> Any:
        self.catalogue = CatalogueView(self.explorer, self.engine, self.shell)
        return self.catalogue.layout

    # These views are imported when first wanted: a hidden one costs nothing.

    def _build_question(self) -> Any:
        from astroviz.dashboards.stars_question import QuestionView

        return self._built(QuestionView(self.explorer, self.engine, self.shell))

    def _build_surveys(self) -> Any:
        from astroviz.dashboards.stars_surveys import SurveysView

        return self._built(SurveysView(self.explorer, self.engine, self.shell))

    def _build_maps(self) -> Any:
        from astroviz.dashboards.stars_maps import MapsView

        return self._built(MapsView(self.explorer, self.engine, self.shell))

    def _built(self, view: Any) -> Any:
        self._others.append(view)
        return view.layout

    def _watch(self) -> None:
        explorer, shell = self.explorer, self.shell
        explorer.param.watch(self._on_question, list(ASKED))
        explorer.param.watch(self._on_drawing, list(DRAWN))
        explorer.param.watch(lambda event: setattr(shell, "view", event.new), "view")
        shell.param.watch(self._on_view, "view")
        for key, act in (
            ("surprise", self.controls.surprise),
            ("redraw", self.controls.redraw),
            ("next", lambda: self.controls.step(+1)),
            ("previous", lambda: self.controls.step(-1)),
        ):
            shell.desk.on_key(key, act)
        shell.on_close(self.close)

    def close(self) -> None:
        """The tab is gone."""
        if self._rest is not None:
            self._rest.cancel()
        self.live.close()
        self.engine.cancel_client(self.shell.client)
        self.pin_live.close()
        self.exact_live.close()
        self.samp.close()
        for view in (self.catalogue, *self._others):
            if view is not None:
                view.close()

    # --- questions and answers ------------------------------------------------------------------

    def _on_question(self, *events: Any) -> None:
        # Axes stand still under a drag, follow when the hand rests, and follow everything else.
        if all(event.name in ("values", "errors") for event in events):
            self._fit_at_rest()
        else:
            self._fit = True
        self.ask()

    def _on_drawing(self, *events: Any) -> None:
        self._fit = self._fit or any(event.name in ("corner", "prior") for event in events)
        self._redraw()

    def _fit_at_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()

        def rested() -> None:
            on_tick(self.shell.document, self._fit_now)

        try:
            self._rest = asyncio.get_running_loop().call_later(REST_S, rested)
        except RuntimeError:  # outside a server there is no hand to wait for
            self._fit = True

    def _fit_now(self) -> None:
        """Let the axes follow: now, or with the rest of an answer that is on its way."""
        if self.star is not None and self._complete:
            self.star.fit()
        else:
            self._fit = True

    def ask(self) -> None:
        """Ask for the posterior of the star as it stands; the measurements are shown at once."""
        if self.explorer.view == "star" or self.draws is None:
            self._ask()
        if self.star is not None:
            self.star.show_star()

    def _ask(self) -> bool:
        """Ask the network; the exact answer follows when the hand rests. Whether it is free."""
        self.exact_live.cancel()
        free = self.live.idle
        self.live.ask(lambda: self.explorer.request(exact=False))
        return free

    def _take_moves(self) -> None:
        if self.star is not None:
            self.star.hand.take()

    def _on_view(self, event: Any) -> None:
        self.explorer.view = event.new
        if event.new == "star":
            self.ask()

    def _ask_pin(self) -> None:
        if "pinned" in self.explorer.requests():
            self.pin_live.ask(lambda: self.explorer.requests()["pinned"])

    def _show(self, draws: Any, complete: bool) -> None:
        self.draws, self._complete = draws, complete
        self._redraw(complete)
        if complete:
            self.explorer.store(self.explorer.row, draws)
            if self.explorer.exact:
                self.exact_live.ask(self.explorer.request)

    def _show_exact(self, draws: Any, complete: bool) -> None:
        if self.explorer.exact and complete:
            self.draws = draws
            self._redraw()
            self.explorer.store(self.explorer.row, draws)

    def _show_pin(self, draws: Any, complete: bool) -> None:
        self.pinned_draws = draws
        if complete:
            self._redraw()

    def _redraw(self, complete: bool = True) -> None:
        if self.star is None or self.draws is None or self.explorer.view != "star":
            return
        if self.explorer.pinned is None:
            self.pinned_draws = None
        elif self.pinned_draws is None:
            self._ask_pin()
        summary = self.explorer.summary(self.draws)
        self.prior.show_size(summary.effective_size, len(self.draws), summary.refusal)
        fit = self._fit and complete
        self.star.show_answer(self.draws, summary, self.pinned_draws, complete, fit)
        self._fit = self._fit and not fit

    def _failed(self, sentence: str) -> None:
        self.shell.say(sentence, "error")

    def _busy(self, busy: bool) -> None:
        on_tick(self.shell.document, lambda: self.shell.show_busy(busy))


def stars_page(model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return StarsPage(model, engine, view, query).shell
