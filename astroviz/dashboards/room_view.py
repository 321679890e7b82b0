"""What the views of a room share: they follow the state, but only while they are seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui

from astroviz.dashboards.appearance import note
from astroviz.dashboards.live import Live, on_tick
from astroviz.dashboards.shell import Shell
from astroviz.dashboards.voice import Headline

__all__ = ["GAP", "RoomView", "choice", "regret"]

GAP = {"gap": "10px"}


def choice(
    explorer: Any, name: str, options: Any, help_: str, width: int, **looks: Any
) -> pmui.Select:
    """A small list of choices that sets a parameter of the view, and follows it."""
    looks = {"variant": "standard", "margin": (0, 4), **looks}
    chosen = pmui.Select(
        options=options, value=getattr(explorer, name), width=width, description=help_,
        size="small", align="center", **looks,
    )  # fmt: skip
    chosen.param.watch(lambda event: setattr(explorer, name, event.new), "value")
    explorer.param.watch(lambda event: setattr(chosen, "value", event.new), name)
    return chosen


def regret(sentence: str) -> pn.pane.HTML:
    """A sentence where a panel cannot be drawn."""
    return note(f"<p class='faint'>{sentence}</p>", margin=(16, 14))


class RoomView:
    r"""A view that follows the state of the page while it is seen.

    Subclasses set `layout`, name in `follows` the parameters they depend on, draw in `follow`, and
    end their constructor with `start`. What must be told of the dark theme goes into `plots`
    (`set_dark`) or `spheres` (`dark`).

    Arguments:
        page: What the views of a page share: `explorer`, `engine`, `shell`.
    """

    name: ClassVar[str] = ""
    follows: ClassVar[frozenset[str]] = frozenset()
    layout: Any

    def __init__(self, page: Any) -> None:
        self.page = page
        self.explorer: Any = page.explorer
        self.shell: Shell = page.shell
        self.engine = page.engine
        self.notice = Headline(height=26, sizing_mode="stretch_width", margin=(0, 0, 4, 0))
        self.plots: tuple[Any, ...] = ()
        self.spheres: tuple[Any, ...] = ()
        self._lives: list[Live] = []
        self._stale: set[str] = set()
        self._closed = False

    def start(self) -> None:
        """Follow the state from now on, and draw it."""
        self.explorer.param.watch(self._on_state, self.explorer.state_names())
        self.shell.param.watch(self._on_view, "view")
        self.shell.param.watch(self._on_dark, "dark")
        self.follow(set(self.follows))
        self.say()

    def close(self) -> None:
        """The tab is gone."""
        self._closed = True
        for live in self._lives:
            live.close()

    def live(self, what: str, show: Callable[[Any, bool], None]) -> Live:
        """A stream of answers of this view; the newest question wins."""
        shell = self.shell
        made = Live(
            self.engine,
            (shell.client, f"{self.name}-{what}"),
            show,
            lambda sentence: shell.say(sentence, "error"),
            lambda busy: on_tick(shell.document, lambda: shell.show_busy(busy)),
            shell.document,
        )
        self._lives.append(made)
        return made

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

    def step_button(self, words: str, icon: str, by: int) -> pmui.IconButton:
        """A button to the next or the previous object."""
        button = pmui.IconButton(
            icon=icon, label=words, description=words, color="default", size="small",
            align="center", margin=0,
        )  # fmt: skip
        button.on_click(lambda _: self.step(by))
        return button

    # What subclasses do

    def follow(self, names: set[str]) -> None:
        """Draw what depends on these parameters."""

    def step(self, by: int) -> None:
        """Go to the next or the previous object, whatever that is here."""

    def tables(self) -> Mapping[str, Callable[[], Any]]:
        """What can be saved: words for a person to a maker of a table."""
        return {}

    def say(self) -> None:
        """Write the line above the panels."""
        sentence, warnings = (
            self.explorer.sentence(self.name),
            list(self.explorer.warnings(self.name)),
        )
        self.notice.param.update(sentence=sentence, warnings=warnings)

    # Following the state

    def _on_state(self, *events: Any) -> None:
        names = {event.name for event in events} & self.follows
        if not self.seen:
            self._stale |= names
        elif names:
            self._refresh(names)

    def _on_view(self, _event: Any) -> None:
        if self.seen and self._stale:
            self._refresh(self._stale)

    def _refresh(self, names: set[str]) -> None:
        self._stale = set()
        self.follow(names)
        self.say()

    def _on_dark(self, event: Any) -> None:
        for plot in self.plots:
            plot.set_dark(event.new)
        for sphere in self.spheres:
            sphere.dark = event.new
