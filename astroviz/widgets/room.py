r"""What the views of a room have in common in a notebook: one explorer, one kind of question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets as ui
import traitlets

from astroviz.widgets.live import Answered, Asker
from astroviz.widgets.star_picker import WRAPPED
from astroviz.widgets.tie import tie
from astroviz.widgets.view import ViewWidget

if TYPE_CHECKING:
    from astroviz.core.draws import Draws
    from astroviz.core.engine import Engine

__all__ = ["RoomWidget"]


class RoomWidget(ViewWidget):
    r"""One view of a room; each view is a subclass.

    `draws` can be read and observed; all other state is in `explorer`, whose parameters can be
    read, set and observed.

    Arguments:
        model: The model of the room; its default model when None.
        table: What is looked at; an example when None.
        engine: Who runs what is asked; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of the explorer.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    follows: ClassVar[frozenset[str]] = frozenset()
    """Parameters that this view draws."""

    explorer: Any
    draws = Answered(None, allow_none=True, help="What the model or the law answered.")

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        self._ready = False
        super().__init__(model, table, engine, **state)
        self._asker = Asker(self.engine, (self.client, self.name), self._answered, self._failed,
                            self.preview)  # fmt: skip
        self.children = [self._title, *self.build(), self._status, self._make_code()]
        self.explorer.param.watch(self._follow, list(self.follows))
        self._show_head()
        self._ready = True
        self.refresh(set(self.follows))

    # What subclasses do

    def build(self) -> list[Any]:
        """Make controls and pictures, for `children`."""
        raise NotImplementedError

    def refresh(self, names: set[str]) -> None:
        """Draw or ask for what depends on these parameters."""
        raise NotImplementedError

    def show(self, draws: Draws) -> None:
        """Draw an answer."""

    def preview(self, draws: Draws) -> None:
        """Draw an answer that is still on its way: it has no draws yet, but extras."""

    # What all views do

    def headline(self) -> str:
        """What the view is."""
        return self.title

    def wait(self) -> None:
        """Wait until what is being asked is answered."""
        if self._ready:
            self._asker.settle()

    def _follow(self, *events: Any) -> None:
        self.refresh({event.name for event in events})

    def _answered(self, draws: Draws) -> None:
        self.show(draws)
        self._keep(draws)

    def _keep(self, draws: Draws) -> None:
        ready, self._ready = self._ready, False  # who observes the draws reads without waiting
        try:
            self.set_trait("draws", draws)
        finally:
            self._ready = ready

    @traitlets.validate("draws")
    def _check_draws(self, proposal: Any) -> Any:
        from astroviz.core.draws import Draws

        if not isinstance(proposal["value"], Draws | None):
            raise traitlets.TraitError("draws are read here; change `explorer` to have others")
        return proposal["value"]

    # Controls

    def control(self, name: str, made: Any, **ways: Any) -> Any:
        """A control tied to a parameter of the explorer, which says what it is."""
        made.tooltip = self.explorer.param[name].doc
        tie(self.explorer, name, made, self._say, **ways)
        return made

    def dropdown(self, name: str, label: str, options: Any, width: str = "220px") -> Any:
        """A list of choices."""
        made = ui.Dropdown(description=label, options=options, layout=ui.Layout(width=width))
        return self.control(name, made)

    def switch(self, name: str, label: str) -> Any:
        """Something that is on or off."""
        made = ui.Checkbox(description=label, indent=False, layout=ui.Layout(width="max-content"))
        return self.control(name, made)

    def button(self, label: str, act: Any, tip: str) -> ui.Button:
        """Something to press."""
        made = ui.Button(description=label, tooltip=tip, layout=ui.Layout(width="auto"))
        made.on_click(lambda _: act())
        return made

    def usual(self) -> list[Any]:
        """Places to start from, another seed, and a step back."""
        presets = ui.Dropdown(
            options=["presets ...", *(one.name for one in self.explorer.presets())],
            layout=ui.Layout(width="210px"), tooltip="Places to start from",
        )  # fmt: skip

        def take(change: Any) -> None:
            if change["new"] != presets.options[0]:
                self.explorer.take_preset(change["new"])
                presets.value = presets.options[0]

        presets.observe(take, "value")
        return [
            presets,
            self.button("Draw again", self.explorer.redraw, "The same question with another seed"),
            self.button("Undo", self._undo, "Take the last change back"),
        ]

    def row(self, *controls: Any) -> ui.HBox:
        """Controls side by side, in several lines where there is no room."""
        return ui.HBox(list(controls), layout=ui.Layout(**WRAPPED))

    def _undo(self) -> None:
        if self.explorer.can_undo:
            sentences = self.explorer.undo()
            self._say(" ".join(sentences), "answer")
