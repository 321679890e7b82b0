r"""What all views of lensing have in common, beside what those of every room have."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from astroviz.core import view_state

__all__ = ["VIEWS", "ViewState"]

VIEWS = ("bench", "sample", "real", "trust", "shift", "noise", "operators")


class ViewState(view_state.ViewState):
    """Which view is shown."""

    system: ClassVar[str] = "lensing"

    view: param.Selector[Any] = param.Selector(
        default="bench", objects=list(VIEWS), doc="Which view is shown."
    )
