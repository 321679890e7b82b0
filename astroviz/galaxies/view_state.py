r"""What all views of galaxies have in common, beside what those of every room have."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from astroviz.core import view_state

__all__ = ["VIEWS", "ViewState"]

VIEWS = ("population", "sed", "selection", "fit", "objects", "lessons")


class ViewState(view_state.ViewState):
    """Which view is shown."""

    system: ClassVar[str] = "galaxies"

    view: param.Selector[Any] = param.Selector(
        default="population", objects=list(VIEWS), doc="Which view is shown."
    )
