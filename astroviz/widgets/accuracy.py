r"""The accuracy lab in a notebook: `explore("accuracy", view="traps")` and its sisters."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from astroviz.accuracy.explorer import AccuracyExplorer
from astroviz.accuracy.view_state import VIEWS
from astroviz.widgets.working import WorkingWidget

if TYPE_CHECKING:
    from astroviz.core.engine import Engine

__all__ = ["AccuracyWidget", "explore", "open_view"]

# View -> module and class; imported when opened.
_VIEWS = {
    "trial": ("accuracy_trial", "TrialWidget"),
    "traps": ("accuracy_traps", "TrapsWidget"),
    "landscape": ("accuracy_landscape", "LandscapeWidget"),
    "compare": ("accuracy_compare", "CompareWidget"),
    "shift": ("accuracy_shift", "ShiftWidget"),
}


class AccuracyWidget(WorkingWidget):
    r"""What the views have in common; each is a subclass.

    Arguments:
        model: Not used: the lab opens models by name (`tried`).
        table: Draws and truths of your own, as `accuracy.own.trial_of` takes them.
        engine: Who runs what is asked; one engine is shared by all widgets of a kernel by default.
        state: Any parameter of `AccuracyExplorer`: `tried="lensing"`, `seed=4`.

    Example:
        >>> view = explore(view="traps")  # doctest: +SKIP
        >>> view.explorer.seed = 3  # doctest: +SKIP
    """

    _writing = False  # whether lists of choices are being written by us and not by a hand

    def _choose(self, name: str, value: Any) -> None:
        """Take a choice from a list, unless we wrote it."""
        if value is not None and not self._writing:
            setattr(self.explorer, name, value)

    def _make_explorer(self, model: Any, table: Any, state: dict[str, Any]) -> Any:
        if table is not None:
            from astroviz.accuracy.own import trial_of

            table = trial_of(table)
        return AccuracyExplorer(table, **{**state, "view": self.name})


def explore(
    table: Any = None, model: Any = None, engine: Engine | None = None, **state: Any
) -> AccuracyWidget:
    r"""Open a view of the accuracy lab in a notebook.

    Arguments:
        table: Draws and truths of your own; see `AccuracyWidget`. It opens the view `trial`.
        model: A model on trial, or its name.
        engine: Who runs what is asked.
        state: `view`, one of `VIEWS`, and any parameter of the explorer.
    """
    view = str(state.pop("view", "trial"))
    if view not in VIEWS:
        raise ValueError(f"accuracy has no view {view!r}; there are {', '.join(VIEWS)}")
    if model is not None:
        state["tried"] = str(getattr(model, "name", model))
    module, kind = _VIEWS[view]
    made = getattr(importlib.import_module(f"astroviz.widgets.{module}"), kind)
    widget: AccuracyWidget = made(None, table, engine, **state)
    return widget


def open_view(system: Any, table: Any, model: Any, state: dict[str, Any]) -> AccuracyWidget:
    r"""The view of what a user names: `accuracy` is the only name of this room.

    Arguments:
        system: `accuracy`.
        table: Draws and truths of your own.
        model: A model on trial.
        state: As of `explore`.
    """
    if str(system) != "accuracy":
        raise ValueError(f"the accuracy lab has no model {system!r}: name one by `model=`")
    return explore(table, model, **state)
