"""A page of several views over one explorer: what the pages of rooms have in common."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

from astroviz.dashboards.appearance import note
from astroviz.dashboards.drawers import card_html, code_drawer, help_drawer
from astroviz.dashboards.room_controls import RoomControls
from astroviz.dashboards.room_export import RoomExport
from astroviz.dashboards.room_view import RoomView
from astroviz.dashboards.shell import Drawer, Shell, View

__all__ = ["RoomPage", "RoomWords"]


@dataclass(frozen=True)
class RoomWords:
    r"""What a page says, and where its views are.

    Arguments:
        room: The room's name, which is also where the page lives.
        title: Name on the browser's tab.
        question: What the page answers, in one line.
        views: View to its label, module of `astroviz.dashboards` and class; a view is imported
            when it is first wanted, since a hidden one costs nothing.
        questions: View to what it answers.
        help: Paragraphs of the help.
        glossary: Words and what they mean.
    """

    room: str
    title: str
    question: str
    views: Mapping[str, tuple[str, str, str]]
    questions: Mapping[str, str]
    help: Sequence[str]
    glossary: Mapping[str, str] = field(default_factory=dict)


class RoomPage:
    r"""Everything one browser tab has of a page.

    Arguments:
        words: What it says.
        explorer: The state of the views, as `core.view_state.ViewState`, with `card()`.
        engine: Runs what is asked.
        query: The query of the address.
    """

    def __init__(self, words: RoomWords, explorer: Any, engine: Any, query: str = "") -> None:
        self.words, self.explorer, self.engine = words, explorer, engine
        sentences = explorer.from_query(query) if query else ()
        self.built: dict[str, RoomView] = {}
        self.controls = RoomControls(explorer, lambda *said: self.shell.say(*said))
        self.export = RoomExport(lambda: self.view, lambda: self.shell, words.room)
        self.card = note("")
        self.shell = self._make_shell()
        self._watch()
        self.shell.open()
        if sentences:
            self.shell.say(" ".join(sentences), "warning")

    @property
    def view(self) -> RoomView | None:
        """The view that is shown; None before it is built."""
        return self.built.get(self.shell.view)

    def _make_shell(self) -> Shell:
        words = self.words
        views = [
            View(name, label, partial(self._build, name), words.questions[name])
            for name, (label, *_) in words.views.items()
        ]
        return Shell(
            self.explorer,
            title=words.title,
            question=words.question,
            address=f"/{words.room}",
            views=views,
            drawers=[
                self.export.drawer,
                code_drawer(self.explorer, lambda: self.shell),
                Drawer("card", "Model card", "verified", lambda: self.card, self._show_card),
                help_drawer(tuple(words.help), self.explorer, dict(words.glossary)),
            ],
            controls=self.controls.items,
            view=self.explorer.view,
            card=None if words.room == "accuracy" else lambda: self.explorer.card()[0],
        )

    def _build(self, name: str) -> Any:
        _, module, kind = self.words.views[name]
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
