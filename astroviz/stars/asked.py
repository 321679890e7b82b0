r"""A model that answers one question about every star: what `astroviz infer --want` runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astroviz.core.request import Priority, Request
from astroviz.io.observations import Quantity
from astroviz.stars.anything import conditional_request
from astroviz.stars.parameters import Parameter
from astroviz.stars.question import Question, column_of
from astroviz.stars.surveys import QUANTITIES

if TYPE_CHECKING:
    from astroviz.core.cards import Card
    from astroviz.stars.model import StarsModel

__all__ = ["AskedModel"]


@dataclass(frozen=True, eq=False)
class AskedModel:
    r"""The model under a question; its `parameters` are what is wanted.

    Arguments:
        model: The model that answers.
        question: What is given, wanted, ignored and held, the same for every star.

    Raises:
        ValueError: If something is given and held in an interval at a time.
    """

    model: StarsModel
    question: Question
    derived: tuple[Parameter, ...] = ()
    quantities: tuple[Quantity, ...] = QUANTITIES
    can_refine: bool = True

    def __post_init__(self) -> None:
        for name, (low, high) in self.question.within.items():
            if name in self.question.given:
                raise ValueError(
                    f"{name} is given as {self.question.given[name]:g} and held between {low:g} "
                    f"and {high:g} at a time; take one of the two back"
                )

    @property
    def further(self) -> tuple[str, ...]:
        """Further columns of a table of results: where intervals are held, what they leave."""
        return ("effective_size",) if self.question.within else ()

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def card(self) -> Card:
        """The model's card."""
        return self.model.card

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is wanted, with units."""
        return tuple(column_of(name) for name in self.question.wanted)

    def posterior(self, row: Any, index: int = 0) -> _Star:
        """One star of a table."""
        return _Star(self, row, index)


@dataclass(frozen=True, eq=False)
class _Star:
    asked: AskedModel
    row: Any
    index: int

    def request(
        self, n: int, seed: int = 0, priority: Priority = "interactive", refine: bool = False
    ) -> Request:
        """The question about this star, for the engine."""
        posterior = self.asked.model.posterior(self.row, self.index)
        return conditional_request(posterior, self.asked.question, n, seed, priority, refine)
