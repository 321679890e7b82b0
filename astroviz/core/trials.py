r"""Which shipped models can be put on trial, and fresh simulations with their answers.

The rooms do the work, each in its `trials` module; nobody who judges needs to know them. A room's
module has two doors:

- `cases(card)`: what can be tried of a model, short name to words, the usual one first. A model
  that cannot be tried raises `NoTrialError` with a sentence.
- `parts(model, count, draws, seed, control, case)`: mappings of the fields of
  `accuracy.trial.Trial`, a few objects first and then larger parts, fresh simulations all.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from astroviz.core.cards import Card, ModelError
from astroviz.core.device import resolve_device
from astroviz.core.registry import find_model, list_models
from astroviz.core.request import Alone, Control

__all__ = ["FIRST_PART", "NoTrialError", "Tryable", "case_of", "cases", "part_sizes",
           "trial_parts", "tryable"]  # fmt: skip

FIRST_PART = 25
"""Objects of the first part, so that something can be shown at once."""


class NoTrialError(ModelError):
    """A model has no posterior that could be judged; the text says what it has instead."""


@dataclass(frozen=True)
class Tryable:
    r"""A shipped model and whether it can be put on trial.

    Arguments:
        name: Its name in `astroviz.load`.
        title: Name for people.
        cases: What can be tried, short name to words; the usual one first.
        refusal: Why it cannot be tried; empty where it can.
    """

    name: str
    title: str
    cases: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


def tryable(system: str | None = None) -> list[Tryable]:
    """All models, with what can be tried of each or why it cannot.

    Arguments:
        system: Only models of this system.
    """
    found = []
    for card in list_models(system):
        try:
            found.append(Tryable(card.name, card.title, _cases(card)))
        except ModelError as error:
            found.append(Tryable(card.name, card.title, refusal=str(error)))
    return found


def cases(name: str) -> dict[str, str]:
    r"""What can be tried of a model: short name to words, the usual one first.

    Arguments:
        name: As `astroviz.load` reads it. A model without a posterior raises `NoTrialError`.
    """
    return _cases(find_model(name))


def case_of(card: Card, case: str = "") -> str:
    """The case that is meant: the usual one for an empty name, else one that there is."""
    known = _cases(card)
    if not case:
        return next(iter(known))
    if case not in known:
        there = ", ".join(repr(name) for name in known)
        raise NoTrialError(f"{card.name} has no case {case!r} to be tried; there is {there}")
    return case


def trial_parts(
    name: str,
    count: int,
    draws: int = 100,
    seed: int = 0,
    control: Control | None = None,
    case: str = "",
) -> Iterator[dict[str, Any]]:
    r"""Fresh simulations and a model's draws for them, part by part.

    Arguments:
        name: As `astroviz.load` reads it.
        count: Number of objects.
        draws: Posterior draws of each.
        seed: Seed of simulations and draws.
        control: May stop the work; hears of progress.
        case: One of `cases(name)`; the usual one by default.

    Returns:
        Mappings of the fields of `accuracy.trial.Trial`, for `accuracy.trial.join`; the first
        with about `FIRST_PART` objects, all with equal shapes but for their number of objects.

    Example:
        >>> parts = list(trial_parts("stars/npe", 10, draws=20, seed=1))  # doctest: +SKIP
        >>> parts[0]["draws"].shape  # doctest: +SKIP
        (10, 20, 6)
    """
    if count < 1 or draws < 2:
        raise NoTrialError(
            f"a trial needs at least 1 simulation and 2 draws, not {count} and {draws}"
        )
    card = find_model(name)
    chosen = case_of(card, case)
    room = _room(card)
    control = control if control is not None else Alone()
    yield from room.parts(_opened(card), int(count), int(draws), int(seed), control, chosen)


def part_sizes(count: int, first: int = FIRST_PART, most: int = 200) -> list[int]:
    """Objects of each part: a few at first, then twice as many every time.

    Example:
        >>> part_sizes(300)
        [25, 50, 100, 125]
    """
    sizes: list[int] = []
    while (left := count - sum(sizes)) > 0:
        sizes.append(min(left, most, first * 2 ** len(sizes)))
    return sizes


def _opened(card: Card) -> Any:
    """The model of a card; the card itself where it holds no model."""
    if card.kind != "model" and "network" not in card.config:
        return card
    doors = importlib.import_module(f"astroviz.{card.system}.posterior")
    return doors.open_model(card, resolve_device("cpu"))


def _room(card: Card) -> Any:
    """The module of trials of a card's room; the core must not know the rooms by name."""
    module = f"astroviz.{card.system}.trials"
    if not card.system.isidentifier() or importlib.util.find_spec(f"astroviz.{card.system}") is (
        None
    ):
        raise NoTrialError(
            f"{card.name} belongs to {card.system!r}, which this version cannot try"
        )
    if importlib.util.find_spec(module) is None:
        raise NoTrialError(f"the room {card.system!r} has no trials yet")
    return importlib.import_module(module)


def _cases(card: Card) -> dict[str, str]:
    if card.problem:
        raise NoTrialError(card.problem)
    return dict(_room(card).cases(card))
