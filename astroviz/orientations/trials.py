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
_WORDS = {
    "web": {
        "orientations": "orientations of galaxies in a fresh box, whose true law is known",
        "looks": "axis ratios, sizes and colours of the same galaxies",
        "alone": "orientations by the network that hears no neighbour: wider, yet it should pass",
    },
    "shapes": {
        "ellipticities": "projected ellipticities of galaxies in a fresh box: known to fail",
    },
    "fields": {
        "pixels": "slabs of the density field: 2LPT as a model of the particle mesh, it should "
        "fail",
        "power": "their power spectra alone",
        "smooth": "the same slabs smoothed by 6 Mpc/h, where 2LPT is nearly right",
        "same": "slabs of the particle mesh against other slabs of it: it should pass",
    },
}
_NO_LIKELIHOOD = ("checkerboard", "gauss4", "stripes")  # densities on sheets


def _kind(card: Card) -> str:
    # the box holds no network, but the simulator that made it can be tried against a cheaper one
    kind = "fields" if card.name == _BOX else _MODULES.get(str(card.config.get("network", "")), "")
    if not kind:
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    return kind


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    kind = _kind(card)
    if kind == "pictures":
        solids = {name: f"pictures of the {name} alone" for name in card.metrics["shapes"]}
        return {"all": "pictures of all solids in turn, shown from random sides", **solids}
    if kind == "laws":
        names = sorted(card.config["networks"], key=lambda name: name in _NO_LIKELIHOOD)
        return {name: f"fresh rotations of the density {name}" for name in names}
    return dict(_WORDS[kind])


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
    kind = _kind(getattr(model, "card", model))
    # imported when it is asked for: a list of cases must not wait for it
    module = importlib.import_module(f"astroviz.orientations.trials_{kind}")
    return iter(module.parts(model, count, draws, seed, control, case))
