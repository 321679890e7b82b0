r"""What every view of stars has in a notebook: title, controls, figures, a sentence, a picture."""

from __future__ import annotations

import base64
import html
import itertools
from typing import TYPE_CHECKING, Any

import ipywidgets as ui

from astroviz.stars.explorer import StarsExplorer
from astroviz.widgets.bokehjs import Canvas, load_bokehjs
from astroviz.widgets.live import shared_engine

if TYPE_CHECKING:
    from bokeh.models import LayoutDOM

    from astroviz.core.engine import Engine

__all__ = ["ViewWidget"]

_SERIAL = itertools.count(1)


class ViewWidget(ui.VBox):
    r"""The frame of one view; the state is in `explorer`.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        engine: Who runs the model; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `StarsExplorer`.
    """

    _canvas: Canvas

    def __init__(
        self, model: Any = None, table: Any = None, engine: Engine | None = None, **state: Any
    ) -> None:
        super().__init__()
        self.explorer = self._make_explorer(model, table, state)
        self.engine = engine or shared_engine()
        self.client = f"widget-{next(_SERIAL)}"
        self._title, self._status, self._code = ui.HTML(), ui.HTML(), ui.HTML()
        self.explorer.param.watch(lambda *_: self._show_head(), self.explorer.state_names())

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> StarsExplorer:
        """The state of the view."""
        return StarsExplorer(model, table, **state)

    def _make_canvas(self, layout: LayoutDOM) -> Canvas:
        """The figures, for `children`."""
        load_bokehjs()
        self._canvas = Canvas(layout)
        return self._canvas

    def _make_code(self) -> ui.Accordion:
        """The notebook cell of the view, folded."""
        folded = ui.Accordion([self._code], selected_index=None)
        folded.titles = ("Code of this view",)
        return folded

    def headline(self) -> str:
        """What the view is of."""
        return str(self.explorer.title())

    def sentence(self) -> str:
        """What the view shows, in one sentence."""
        return str(self.explorer.sentence())

    def picture(self) -> bytes | None:
        """A still picture as PNG; None where none can be made."""
        raise NotImplementedError

    def wait(self) -> None:
        """Wait until what is being asked is answered."""
        raise NotImplementedError

    def _show_head(self) -> None:
        explorer = self.explorer
        warnings = "".join(f"<br><i>{html.escape(w)}</i>" for w in explorer.warnings())
        self._title.value = (
            f"<b>{html.escape(self.headline())}</b>: {html.escape(self.sentence())}{warnings}"
        )
        self._code.value = f"<pre>{html.escape(explorer.code())}</pre>"

    def _say(self, sentence: str, kind: str = "problem") -> None:
        role = "status" if kind == "answer" else "alert"
        self._status.value = f'<div role="{role}">{html.escape(sentence)}</div>'

    def _failed(self, error: BaseException) -> None:
        self._say(f"No answer: {error}")

    def _repr_mimebundle_(self, **settings: Any) -> dict[str, Any]:
        """The widget, and a still picture where widgets cannot live."""
        picture = self.picture()
        self._canvas.refresh()
        bundle: dict[str, Any] = super()._repr_mimebundle_(**settings)
        if picture is not None and bundle is not None:
            bundle["image/png"] = base64.b64encode(picture).decode()
        return bundle
