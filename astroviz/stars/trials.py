r"""Models of stars on trial: which of them have a posterior, and on what simulations.

The doors that `core.trials` asks for; the work is done by `trials_young`, `trials_complete` and
`trials_mock`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from astroviz.core.cards import Card
from astroviz.core.request import Control
from astroviz.core.trials import NoTrialError

__all__ = ["cases", "parts"]

_POINT = (
    "{name} is a regression: it answers with one point and no width, so there is no posterior "
    "to judge; the rungs stars/npe, stars/fmpe and stars/young have one"
)


def _module(card: Card) -> Any:
    """The module that tries the models of a kind."""
    family = card.config.get("family", "")
    if card.kind != "model":
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    if family == "npe":
        if card.config.get("rung") == "regression":
            raise NoTrialError(_POINT.format(name=card.name))
        kind = "complete"
    else:
        adapted = family == "adaptation" or "real" in card.config
        kind = "mock" if adapted else "young"
    return importlib.import_module(f"astroviz.stars.trials_{kind}")


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    found: dict[str, str] = _module(card).cases(card)
    return found


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Simulated stars and their posteriors, part by part; see `core.trials.trial_parts`.

    Arguments:
        model: What `astroviz.load` opened.
        count: Number of stars.
        draws: Draws of each.
        seed: Seed of stars and draws.
        control: May stop the work; hears of progress.
        case: One of `cases`.
    """
    return iter(_module(model.card).parts(model, count, draws, seed, control, case))
