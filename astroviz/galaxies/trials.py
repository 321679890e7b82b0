r"""Models of galaxies on trial: which of them have draws to be judged, and against what.

The doors that `core.trials` asks for. A population is the prior of each of its galaxies, so that
galaxies drawn from it, observed and asked about one by one must come out right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from astroviz.core.cards import Card
from astroviz.core.request import Control
from astroviz.core.trials import NoTrialError

__all__ = ["cases", "parts"]

_MOCK = "galaxies/mock"
_EMULATOR = (
    "{name} is an emulator: it answers with one spectrum, not with a posterior; "
    "`astroviz check {name}` compares it with the synthesis that it stands for"
)


def cases(card: Card) -> dict[str, str]:
    """What can be tried of a model, the usual case first."""
    kind = str(card.config.get("network", ""))
    if kind == "emulator":
        raise NoTrialError(_EMULATOR.format(name=card.name))
    if kind == "ladder":
        return {
            f"rung {k + 1}": f"galaxies of the fit with entropy weight {weight:g}"
            for k, weight in enumerate(card.config["entropy_weights"])
        }
    if kind != "population":
        raise NoTrialError(
            f"{card.name} is no model but {card.kind}: it has no posterior to judge"
        )
    found = {
        "galaxies": "galaxies of the population, observed, each with the population as prior",
        "shift": "galaxies of the broad prior under the fitted population: it should fail",
    }
    if card.name == _MOCK:
        found["law"] = "the fitted population as a law, against galaxies of the true law"
    return found


def parts(
    model: Any, count: int, draws: int, seed: int, control: Control, case: str
) -> Iterator[dict[str, Any]]:
    r"""Observed galaxies with their truths and draws; see `core.trials.trial_parts`.

    Arguments:
        model: What `astroviz.load` opened.
        count: Number of galaxies.
        draws: Draws of each.
        seed: Seed of everything.
        control: May stop the work; hears of progress.
        case: One of `cases`.
    """
    # imported when it is asked for: a list of cases must not wait for it
    from astroviz.galaxies import trials_objects

    population = model.population
    if case.startswith("rung "):
        population = population(int(case.removeprefix("rung ")) - 1)
    make = trials_objects.law_parts if case == "law" else trials_objects.object_parts
    yield from make(population, model.card.name, count, draws, seed, control, case)
