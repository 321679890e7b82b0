r"""What all views of the accuracy lab have in common, beside what those of every room have."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from astroviz.core import view_state

__all__ = ["VIEWS", "ViewState"]

VIEWS = ("trial", "traps", "landscape", "compare", "shift")


class ViewState(view_state.ViewState):
    """Which view is shown, and which model is on trial."""

    system: ClassVar[str] = "accuracy"

    view: param.Selector[Any] = param.Selector(
        default="trial", objects=list(VIEWS), doc="Which view is shown."
    )
    tried = param.String(
        default="stars",
        doc="Name of the model on trial, as `astroviz.load` takes it; `mine` for draws of yours.",
    )
