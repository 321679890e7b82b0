"""The page of an adaptation: does aligning a wrong simulator with real stars mend the answers?"""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn

from astroviz.dashboards.adaptation_controls import AdaptationControls
from astroviz.dashboards.adaptation_export import FilmExport
from astroviz.dashboards.adaptation_latent import LatentView
from astroviz.dashboards.adaptation_run import LiveRun
from astroviz.dashboards.adaptation_words import GLOSSARY, HELP, QUESTION
from astroviz.dashboards.drawers import card_drawer, code_drawer, help_drawer
from astroviz.dashboards.shell import Shell, View, initial_query
from astroviz.stars.adaptation_explorer import AdaptationExplorer
from astroviz.stars.adaptation_live import job_of_target

__all__ = ["AdaptationPage", "adaptation_page"]


class AdaptationPage:
    r"""Everything one browser tab has of the page of an adaptation.

    Arguments:
        model: The experiment, `astroviz.load("stars/adaptation")`.
        engine: Runs what is asked of a star, and adaptations.
        view: Name of the view; None for the first.
        query: The query of the address.
    """

    def __init__(self, model: Any, engine: Any, view: str | None, query: str = "") -> None:
        self.engine = engine
        self.explorer = AdaptationExplorer(model)
        sentences = self.explorer.from_query(query) if query else ()
        self.built: dict[str, Any] = {}
        self.controls = AdaptationControls(self.explorer)
        self.export = FilmExport(self.explorer, lambda: self.shell)
        self.shell = self._make_shell(view)
        self.run = LiveRun(self.explorer, engine, self.shell)
        self.run.changed.append(self._say)
        for key, step in (("next", +1), ("previous", -1)):
            self.shell.desk.on_key(key, partial(self.step_star, step))
        self.shell.on_close(self.close)
        self.shell.open()
        if sentences:
            self.shell.say(" ".join(sentences), "warning")

    def _make_shell(self, view: str | None) -> Shell:
        return Shell(
            self.explorer,
            title="Adaptation",
            question=QUESTION,
            address="/adaptation",
            views=[
                View("latent", "Latent\u00a0space", self._build_latent),
                View("evidence", "Evidence", self._build_evidence),
                View("star", "Star", self._build_star),
                View("catalogue", "My\u00a0catalogue", self._build_catalogue),
            ],
            drawers=[
                self.export.drawer,
                code_drawer(self.explorer, lambda: self.shell),
                card_drawer(self.explorer.experiment.card),
                help_drawer(HELP, self.explorer, GLOSSARY),
            ],
            controls=self.controls.items,
            view=view,
            card=lambda: self.explorer.experiment.card,
        )

    def _build_latent(self) -> Any:
        return self._built(LatentView(self))

    # These views are imported when first wanted: a hidden one costs nothing.

    def _build_evidence(self) -> Any:
        from astroviz.dashboards.adaptation_evidence import EvidenceView

        return self._built(EvidenceView(self))

    def _build_star(self) -> Any:
        from astroviz.dashboards.adaptation_star import PickedStarView

        return self._built(PickedStarView(self))

    def _build_catalogue(self) -> Any:
        from astroviz.dashboards.adaptation_catalogue import TableView

        return self._built(TableView(self))

    def _built(self, view: Any) -> Any:
        self.built[view.name] = view
        return view.layout

    def _say(self) -> None:
        """A run has begun, has come on, or has ended."""
        for view in self.built.values():
            if view.seen:
                view.say()

    def close(self) -> None:
        """The tab is gone."""
        self.run.close()
        self.engine.cancel_client(self.shell.client)
        for view in self.built.values():
            view.close()

    # What views and the bar do

    def scrub(self, frame: int) -> None:
        """Show a frame of the film."""
        last = len(self.explorer.film()) - 1
        self.explorer.frame = None if frame >= last else frame

    def step_star(self, by: int) -> None:
        """Pick a neighbouring star."""
        picked, count = self.explorer.picked, len(self.explorer.cast.domain)
        self.explorer.picked = (0 if picked is None else picked + by) % count

    def open_star(self) -> None:
        """Look at the posterior of the picked star."""
        self.shell.view = "star"

    def beware(self) -> tuple[list[str], dict[str, str]]:
        """Warnings, and what can be done about them."""
        explorer, actions = self.explorer, {}
        if explorer.arm is None and explorer.live is None and not self.run.running:
            actions["nearest"] = "Take the nearest shipped"
            actions["train"] = "Train it live"
        if explorer.shift().warning:
            actions["populations"] = "Populations"
        return explorer.warnings(), actions

    def answer(self, name: str) -> None:
        """Do what the button of a warning promises."""
        if name == "nearest":
            self.explorer.take(self.explorer.nearest().name)
        elif name == "train":
            self.train()
        elif name == "populations":
            self.shell.view = "evidence"
            self.built["evidence"].show_populations()

    def train(self) -> None:
        """Train the combination of the switches, of which nothing is shipped."""
        own = self.explorer
        switches = {
            name: getattr(own, name)
            for name in ("pairs", "transport", "discrepancy", "floor", "guard")
        }
        make = partial(job_of_target, own.experiment, own.target, **switches)
        self.run.start(make, "the mock stars")


def adaptation_page(model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return AdaptationPage(model, engine, view, query).shell
