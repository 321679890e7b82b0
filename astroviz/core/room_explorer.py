r"""The state of a page of several views, of which some need a model and some do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from astroviz.core.registry import load
from astroviz.core.shelf import shipped

if TYPE_CHECKING:
    from astroviz.core.view_state import ViewState
else:
    ViewState = object  # which it is beside: the order of parameters is that of the views

__all__ = ["RoomExplorer"]


class RoomExplorer(ViewState):
    r"""What a room's explorer adds to the states of its views, which stand behind it as bases.

    Arguments:
        model: The model of the room; its default model when None. The views that need it say a
            sentence where it is missing; the others live without.
        settings: Any of the parameters, or what `state` gave.
    """

    _other_models: ClassVar[Mapping[str, str]] = {}
    """Views that another model than the room's own answers."""

    def __init__(self, model: Any = None, **settings: Any) -> None:
        super().__init__()
        self.model, self.missing = model, ""
        if model is None:
            try:
                self.model = load(self.system)
            except Exception as error:
                # Whatever is wrong with this model, the views that need none must live.
                self.missing = str(error.args[0] if error.args else error)
        if sentences := self.restore(settings):
            raise ValueError(" ".join(sentences))
        self._watch_state()

    def other_model(self, name: str) -> tuple[Any, str]:
        """Another model of the room, by the last part of its name; None and why it is missing."""
        return shipped(f"{self.system}/{name}", getattr(self.model, "device", "auto"))

    def card(self) -> tuple[Any, str]:
        """The card of the model behind the view that is shown; None and why there is none."""
        if self.view in self._other_models:
            model, sentence = self.other_model(self._other_models[self.view])
            return getattr(model, "card", None), sentence
        return getattr(self.model, "card", None), self.missing
