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


_SHIFT = "young stars of other tracks (PARSEC) than the model was taught: it should fail"
_YOUNG = {
    "young": "young stars in every gap pattern, six parameters",
    "shortcut": "the same by the few-step sampler",
    "disk": "young stars known to have a disk, the excess included: nine parameters",
    "refined": "the same with draws moved to the exact posterior, about a second a star",
    "shift": _SHIFT,
}
_COMPLETE = {
    "complete": "young stars with complete Gaia, 2MASS and WISE photometry, six parameters",
    "shift": _SHIFT,
}
_ADAPTED = {
    "B": "stars of domain B, to which it was adapted",
    "shift": "stars of domain C, to which it was not adapted: it should fail",
}
_EXPERIMENT = {
    "A": "the network before adaptation on domain A, which it was taught",
    "shift": "the network before adaptation on domain B: it should fail",
}
_NOT_ADAPTED = "none"


def _kind(card: Card) -> str:
    """Which module tries a model."""
    family = card.config.get("family", "")
    if card.kind != "model":
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    if family == "npe":
        if card.config.get("rung") == "regression":
            raise NoTrialError(_POINT.format(name=card.name))
        return "complete"
    return "mock" if family == "adaptation" or "real" in card.config else "young"


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    kind = _kind(card)
    if kind == "complete":
        return dict(_COMPLETE)
    if kind == "mock":
        return _arms(card) if card.config.get("family") == "adaptation" else dict(_ADAPTED)
    network = card.config.get("network", {})
    absent = set() if "shortcut" in network else {"shortcut"}
    if network.get("spectra"):
        absent.add("refined")  # one by one, spectra and all: too slow to be tried
    return {name: words for name, words in _YOUNG.items() if name not in absent}


def _arms(card: Card) -> dict[str, str]:
    """The experiment: the network before adaptation, and every arm that claims to be right."""
    found = dict(_EXPERIMENT)
    for entry in card.config["arms"]:
        settings = entry["settings"]
        if settings["name"] != _NOT_ADAPTED and settings.get("pairs"):
            title = settings.get("title", settings["name"])
            found[settings["name"]] = f"on {entry['target']}: {title}"
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
    # imported when it is asked for: a list of cases must not wait for it
    module = importlib.import_module(f"astroviz.stars.trials_{_kind(model.card)}")
    return iter(module.parts(model, count, draws, seed, control, case))
