r"""What a population's report says, in the form in which the view of a fit draws it."""

from __future__ import annotations

from typing import Any

__all__ = ["report_fields"]


def report_fields(population: Any) -> dict[str, Any]:
    r"""Fields of `fit_scene.FitScene` that come from a fit's end.

    Arguments:
        population: The `Population`.
    """
    return {}
