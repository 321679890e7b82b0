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
_LAW = "the prior as a law without data, against images that no training saw"
_LENSES = "sources of the law behind simulated lenses: prior and sampler together"
_OWN = "the prior's own sources behind simulated lenses: the sampler alone"
_LATENTS = "its prior of latents, against those of fresh perturbations"
_SMALL = 16  # pixels a side, up to which lenses are simulated: beyond, a draw takes seconds
_BLANK_SKY = "hst"  # noise that cannot be made afresh, only read from images


def _kind(card: Card) -> str:
    kind = str(card.config.get("network", ""))
    if kind not in _MODULES:
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    return kind


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    kind = _kind(card)
    if kind == "correction":
        return {"law": _LATENTS}
    if kind == "rounds":
        return {
            f"{story}, {place} round": f"{story}: the {place} prior against unseen true sources"
            + (": it should fail" if place == "first" else "")
            for story in card.config["figures"] for place in ("last", "first")
        }  # fmt: skip
    if kind == "prior":
        small = int(card.config["pixels"]) <= _SMALL
        return {"law": _LAW, "lenses": _LENSES, "sampler": _OWN} if small else {"law": _LAW}
    return {
        name: f"the amplitude of a known pattern in fresh {name} noise"
        for name in card.config["networks"] if name != _BLANK_SKY
    }  # fmt: skip


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
    # imported when it is asked for: a list of cases must not wait for it
    module = importlib.import_module(f"astroviz.lensing.{_MODULES[_kind(model.card)]}")
    return iter(module.parts(model, count, draws, seed, control, case))
