r"""Which models can be put on trial, found out no earlier than somebody asks."""

from __future__ import annotations

from functools import cache

from astroviz.core.cards import ModelError
from astroviz.core.registry import find_model, list_models
from astroviz.core.trials import cases

__all__ = ["MINE", "cases_of", "full_name", "models_there"]

MINE = "mine"
"""What `tried` is for draws of the user's own."""


@cache
def models_there() -> dict[str, str]:
    """Shipped models by full name, with their titles; only those with a network."""
    return {
        card.name: card.title
        for card in list_models()
        if not card.problem and (card.kind == "model" or "network" in card.config)
    }


@cache
def full_name(name: str) -> str:
    """The full name of a model, as `stars/young` for `stars`; the name itself if unknown."""
    try:
        return str(find_model(name).name)
    except (ModelError, ValueError, OSError):
        return name


@cache
def cases_of(name: str) -> tuple[dict[str, str], str]:
    r"""What can be tried of a model, short name to words, and why nothing can.

    Arguments:
        name: As `astroviz.load` takes it.
    """
    if name == MINE:
        return {}, ""
    try:
        return dict(cases(name)), ""
    except (ModelError, ImportError, OSError) as error:
        return {}, str(error)
