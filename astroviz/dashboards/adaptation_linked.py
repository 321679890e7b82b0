"""What the views of an adaptation share: they follow the state, but only while they are seen."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, ClassVar

import numpy as np
import panel as pn

from astroviz.dashboards.adaptation_notice import Notice
from astroviz.dashboards.shell import Shell
from astroviz.stars.adaptation_explorer import AdaptationExplorer

__all__ = ["GAP", "SCENE", "LinkedView", "brush", "faint"]

GAP = {"gap": "10px"}
SCENE = frozenset({"target", "pairs", "transport", "discrepancy", "floor", "guard"})
_SELECTED = frozenset({"selection", "picked"})


def brush(explorer: AdaptationExplorer, rows: Any, mode: str = "replace") -> None:
    """Take a brush into the selection: replace, add, remove or intersect."""
    new, old = {int(row) for row in rows}, set(explorer.selection)
    found = {"add": old | new, "remove": old - new, "intersect": old & new}.get(mode, new)
    explorer.selection = sorted(found)


def faint(words: str) -> str:
    """Small quiet words under a figure; plain text."""
    return f'<span class="faint" style="font-size:12px">{escape(words)}</span>'


class LinkedView:
    r"""A view that is drawn anew where the state has changed, when it is seen.

    Subclasses set `plots` and `layout`, say what to do in `show_film`, `show_frame`,
    `show_selection` and `follow`, and end their constructor with `start`.

    Arguments:
        page: What the views of a page share: `explorer`, `shell`, `notices` and more.
    """

    name: ClassVar[str] = ""
    layout: Any

    def __init__(self, page: Any) -> None:
        self.page = page
        self.explorer: AdaptationExplorer = page.explorer
        self.shell: Shell = page.shell
        self.notice = Notice(page.answer)
        self.plots: tuple[Any, ...] = ()
        self._stale: set[str] = set()
        self._film: Any = None
        self._closed = False

    def start(self) -> None:
        """Follow the state from now on."""
        self.explorer.param.watch(self._on_state, self.explorer.state_names())
        self.shell.param.watch(self._on_view, "view")
        self.shell.param.watch(self._on_dark, "dark")
        self._refresh(set(_SELECTED))

    def close(self) -> None:
        """The tab is gone."""
        self._closed = True

    @property
    def seen(self) -> bool:
        """Whether this is the view that is shown: a hidden one costs nothing."""
        return bool(self.shell.view == self.name) and not self._closed

    def stack(self, *content: Any, **layout: Any) -> pn.Column:
        """The notice over the panels."""
        return pn.Column(
            self.notice, *content, sizing_mode="stretch_both", margin=(0, 12, 12, 12),
            min_height=590, **layout,
        )  # fmt: skip

    # What subclasses show

    def show_film(self) -> None:
        """Another arm, another target, or another frame at the end of a run."""

    def show_frame(self) -> None:
        """Another frame of the same film."""

    def show_selection(self) -> None:
        """Other stars are selected or picked."""

    def follow(self, names: Iterable[str]) -> None:
        """Whatever else changed."""

    def say(self) -> None:
        """Write the line above the panels."""
        self.notice.show(self.explorer.sentence(), *self.page.beware())

    # Following the state

    def _on_state(self, *events: Any) -> None:
        names = {event.name for event in events}
        if self.seen:
            self._refresh(names)
        else:
            self._stale |= names

    def _on_view(self, _event: Any) -> None:
        if self.seen and self._stale:
            self._refresh(self._stale)

    def _refresh(self, names: set[str]) -> None:
        self._stale = set()
        film = self._film_key()
        if film != self._film:
            self._film = film
            self.show_film()
        elif "frame" in names:
            self.show_frame()
        self.follow(names)
        if names & _SELECTED:
            self.show_selection()
        self.say()

    def _film_key(self) -> tuple[Any, ...]:
        explorer = self.explorer
        state = tuple(getattr(explorer, name) for name in sorted(SCENE))
        return (*state, id(explorer.live), len(explorer.film()))

    def _on_dark(self, event: Any) -> None:
        for plot in self.plots:
            plot.set_dark(event.new)

    @property
    def real_from(self) -> int:
        """Number of the first real star."""
        return int(np.argmax(self.explorer.cast.domain))
