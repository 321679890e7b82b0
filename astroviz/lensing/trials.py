r"""Models of lensing on trial: which of them have draws to be judged, and against what.

The doors that `core.trials` asks for. Priors are judged in two ways: as laws without data, against
images that no training saw, and, at 16 pixels, by the posteriors of sources behind simulated
lenses.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from astroviz.core.cards import Card
from astroviz.core.request import Control
from astroviz.core.trials import NoTrialError

__all__ = ["cases", "parts"]

_MODULES = {
    "prior": "trials_prior", "rounds": "trials_prior", "noise": "trials_noise",
    "chirp": "trials_noise", "correction": "trials_noise",
}  # fmt: skip


def _module(card: Card) -> Any:
    kind = str(card.config.get("network", ""))
    if kind not in _MODULES:
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    return importlib.import_module(f"astroviz.lensing.{_MODULES[kind]}")


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    found: dict[str, str] = _module(card).cases(card)
    return found


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Truths and draws, part by part; see `core.trials.trial_parts`.

    Arguments:
        model: What `astroviz.load` opened.
        count: Number of objects.
        draws: Draws of each; where a network must be asked a hundred times for each of them, no
            more than a note says.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: One of `cases`.
    """
    return iter(_module(model.card).parts(model, count, draws, seed, control, case))
