r"""Models of orientations on trial: which of them have draws to be judged, and against what.

The doors that `core.trials` asks for; rotations are judged by the angle between them.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from astroviz.core.cards import Card
from astroviz.core.request import Control
from astroviz.core.trials import NoTrialError

__all__ = ["cases", "parts"]

_MODULES = {"web": "web", "pose": "pictures", "densities": "laws", "gan": "shapes"}
_BOX = "orientations/box"


def _module(card: Card) -> Any:
    # the box holds no network, but the simulator that made it can be tried against a cheaper one
    kind = "fields" if card.name == _BOX else _MODULES.get(str(card.config.get("network", "")), "")
    if not kind:
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    return importlib.import_module(f"astroviz.orientations.trials_{kind}")


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    found: dict[str, str] = _module(card).cases(card)
    return found


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Truths and draws, part by part; see `core.trials.trial_parts`.

    Arguments:
        model: What `astroviz.load` opened; the card itself for the box.
        count: Number of objects.
        draws: Draws of each.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: One of `cases`.
    """
    card = getattr(model, "card", model)
    return iter(_module(card).parts(model, count, draws, seed, control, case))
