"""The page of orientations: a diffusion film, its kernel, a cosmic web, a catalogue, poses."""

from __future__ import annotations

import importlib
from functools import partial
from html import escape
from typing import Any

import panel as pn

from astroviz.dashboards.appearance import note
from astroviz.dashboards.drawers import card_html, code_drawer, help_drawer
from astroviz.dashboards.orientations_controls import OrientationsControls
from astroviz.dashboards.orientations_export import OrientationsExport
from astroviz.dashboards.orientations_linked import OrientationsView
from astroviz.dashboards.orientations_words import GLOSSARY, HELP, QUESTION, QUESTIONS
from astroviz.dashboards.shell import Drawer, Shell, View, initial_query
from astroviz.orientations.explorer import OrientationsExplorer

__all__ = ["OrientationsPage", "orientations_page"]

# View -> its label, module and class; imported when first wanted: a hidden one costs nothing.
_VIEWS = {
    "film": ("Film", "orientations_film", "FilmView"),
    "kernel": ("Kernel", "orientations_kernel", "KernelView"),
    "web": ("Web", "orientations_web", "WebView"),
    "catalogue": ("Catalogue", "orientations_catalogue", "CatalogueView"),
    "pose": ("Pose", "orientations_pose", "PoseView"),
}


class OrientationsPage:
    r"""Everything one browser tab has of the page of orientations.

    Arguments:
        model: The model of p(R | environment), or None where there is none.
        engine: Runs what is asked.
        view: Name of the view; None for the first.
        query: The query of the address.
    """

    def __init__(self, model: Any, engine: Any, view: str | None, query: str = "") -> None:
        self.engine = engine
        self.explorer = OrientationsExplorer(model, view=view or "film")
        sentences = self.explorer.from_query(query) if query else ()
        self.built: dict[str, OrientationsView] = {}
        self.controls = OrientationsControls(self.explorer, lambda *said: self.shell.say(*said))
        self.export = OrientationsExport(lambda: self.view, lambda: self.shell)
        self.card = note("")
        self.shell = self._make_shell()
        self._watch()
        self.shell.open()
        if sentences:
            self.shell.say(" ".join(sentences), "warning")

    @property
    def view(self) -> OrientationsView | None:
        """The view that is shown; None before it is built."""
        return self.built.get(self.shell.view)

    def _make_shell(self) -> Shell:
        views = [
            View(name, label, partial(self._build, name), QUESTIONS[name])
            for name, (label, *_) in _VIEWS.items()
        ]
        return Shell(
            self.explorer,
            title="Galaxy orientations",
            question=QUESTION,
            address="/orientations",
            views=views,
            drawers=[
                self.export.drawer,
                code_drawer(self.explorer, lambda: self.shell),
                Drawer("card", "Model card", "verified", lambda: self.card, self._show_card),
                help_drawer(HELP, self.explorer, GLOSSARY),
            ],
            controls=self.controls.items,
            view=self.explorer.view,
        )

    def _build(self, name: str) -> Any:
        _, module, kind = _VIEWS[name]
        made = getattr(importlib.import_module(f"astroviz.dashboards.{module}"), kind)(self)
        self.built[name] = made
        return made.layout

    def _watch(self) -> None:
        explorer, shell = self.explorer, self.shell
        explorer.param.watch(lambda event: setattr(shell, "view", event.new), "view")
        shell.param.watch(lambda event: setattr(explorer, "view", event.new), "view")
        for key, act in (
            ("surprise", self.controls.surprise),
            ("redraw", explorer.redraw),
            ("next", partial(self._step, +1)),
            ("previous", partial(self._step, -1)),
        ):
            shell.desk.on_key(key, act)
        shell.on_close(self.close)

    def _step(self, by: int) -> None:
        if self.view is not None:
            self.view.step(by)

    def _show_card(self) -> None:
        card, sentence = self.explorer.card()
        html = card_html(card) if card is not None else f"<p>{escape(sentence)}</p>"
        if self.card.object != html:
            self.card.object = html

    def close(self) -> None:
        """The tab is gone."""
        self.engine.cancel_client(self.shell.client)
        for view in self.built.values():
            view.close()


def orientations_page(model: Any, engine: Any, view: str | None = None) -> Shell:
    """The page for one visitor; `view` comes from the address."""
    query = initial_query(pn.state.session_args) if pn.state.session_args else ""
    return OrientationsPage(model, engine, view, query).shell
