r"""What all views of orientations have in common, beside what those of every room have."""

from __future__ import annotations

from typing import Any, ClassVar

import param

from astroviz.core import view_state

__all__ = ["PROJECTIONS", "VIEWS", "ViewState"]

VIEWS = ("film", "kernel", "web", "catalogue", "pose")
PROJECTIONS = ("sphere", "mollweide")


class ViewState(view_state.ViewState):
    """Which view is shown, and how its spheres are."""

    system: ClassVar[str] = "orientations"

    view: param.Selector[Any] = param.Selector(
        default="film", objects=list(VIEWS), doc="Which view is shown."
    )
    projection: param.Selector[Any] = param.Selector(
        default="sphere",
        objects=list(PROJECTIONS),
        doc="Spheres to turn, or the whole sky at once in Mollweide's projection.",
    )
