r"""The state of the view of prior shift: a prior that may be wrong, and priors that learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.lensing.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.lensing.shift_scenes import RoundScene, SwapScene

__all__ = ["PRIORS", "SOURCES", "STORIES", "ShiftState"]

SOURCES = {"elliptical": "ellipticals", "spiral": "spirals", "all": "all kinds"}
PRIORS = {
    "ellipticals": "ellipticals only",
    "spirals": "spirals only",
    "galaxies": "all galaxies",
}
STORIES = {
    "digits": "digits: 0\u20134 believed, 5\u20139 seen",
    "galaxies": "galaxies: ellipticals believed, spirals seen",
}


class ShiftState(ViewState):
    """Parameters of the view *Prior shift*, and the questions that it asks."""

    shift_mode: param.Selector[Any] = param.Selector(
        default="swap", objects=["swap", "rounds"],
        doc="Swap the prior of the same observations, or let a prior learn from them.",
    )  # fmt: skip
    shift_sources: param.Selector[Any] = param.Selector(
        default="spiral", objects=list(SOURCES), doc="What is really behind the lenses."
    )
    shift_prior: param.Selector[Any] = param.Selector(
        default="ellipticals", objects=list(PRIORS), doc="What one believes to be behind them."
    )
    shift_noise = param.Number(
        default=0.1, bounds=(0.02, 1.0), doc="Noise of a pixel of the image, prior units."
    )
    shift_story: param.Selector[Any] = param.Selector(
        default="digits", objects=list(STORIES), doc="Which prior learns from what."
    )
    shift_round = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Round of the learning that is shown; None is the last.",
    )  # fmt: skip

    _dragged = frozenset({"shift_noise", "shift_round"})
    _shift_rounds: dict[str, Any]
    """Rounds that were learned on this page, beside what is stored."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._shift_rounds = {}

    def shift_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        swap, rounds = {"shift_mode": "swap"}, {"shift_mode": "rounds", "shift_round": None}
        return (
            Preset("Spirals under an ellipticals-only prior", "Fits well, and is wrong: flagged.",
                   {**swap, "shift_sources": "spiral", "shift_prior": "ellipticals"}),
            Preset("Spirals under a spirals-only prior", "The same data, the right prior.",
                   {**swap, "shift_sources": "spiral", "shift_prior": "spirals"}),
            Preset("Ellipticals under their own prior", "No flag where none is due.",
                   {**swap, "shift_sources": "elliptical", "shift_prior": "ellipticals"}),
            Preset("Digits 5 to 9 from a prior of 0 to 4", "The prior learns from round to round.",
                   {**rounds, "shift_story": "digits"}),
            Preset("Spirals from a prior of ellipticals", "The same with galaxies.",
                   {**rounds, "shift_story": "galaxies"}),
        )  # fmt: skip

    def shift_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        return {
            "shift_mode": "swap",
            "shift_sources": str(random.choice(list(SOURCES))),
            "shift_prior": str(random.choice(list(PRIORS))),
            "shift_noise": round(float(np.exp(random.uniform(np.log(0.08), np.log(0.5)))), 2),
        }

    def shift_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.shift_mode == "swap":
            return (
                f"Simulated lenses of {SOURCES[self.shift_sources]}, believed to be of "
                f"{PRIORS[self.shift_prior]}: do draws of the posterior still look like draws of "
                "the prior? Swap the prior, and watch the flag."
            )
        return (
            f"Learning a prior from observations ({STORIES[self.shift_story]}): each round is "
            "trained on the posterior draws of the one before. Drag the round."
        )

    def shift_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        if self.shift_mode == "swap":
            model, sentence = self.other_model(self.shift_prior)
            if model is None:
                return (f"{sentence} Until then no posterior can be drawn under this prior.",)
            return ()
        if self.shift_rounds() is None:
            return (self.other_model("rounds")[1] or "This story has no stored rounds.",)
        return ()

    # Swap

    def shift_request(self) -> Request:
        """Posterior draws of several observations under the prior that is believed."""
        from astroviz.lensing.shift_answers import swap_request

        model, sentence = self.other_model(self.shift_prior)
        if model is None:
            raise ValueError(sentence)
        return swap_request(
            model, self.shift_prior, self.shift_sources, float(self.shift_noise), self.seed
        )

    def shift_scene(self, draws: Draws) -> SwapScene:
        """What there is to draw of an answer, or of a part of it."""
        from astroviz.lensing.shift_scenes import swap_scene

        return swap_scene(draws)

    # Rounds

    def shift_rounds(self) -> Any:
        """The rounds of the story, stored or learned here; None if there are none."""
        from astroviz.lensing.shift_scenes import stored_rounds

        if self.shift_story in self._shift_rounds:
            return self._shift_rounds[self.shift_story]
        model, _ = self.other_model("rounds")
        return None if model is None else stored_rounds(model, self.shift_story)

    def shift_number(self) -> int:
        """Number of the round that is shown."""
        rounds = self.shift_rounds()
        last = 0 if rounds is None else len(rounds.prior) - 1
        return last if self.shift_round is None else min(self.shift_round, last)

    def shift_round_scene(self) -> RoundScene:
        """What there is to draw of the round that is shown."""
        from astroviz.lensing.shift_scenes import round_scene

        rounds = self.shift_rounds()
        if rounds is None:
            raise ValueError("there are no rounds of this story: run some")
        return round_scene(rounds, self.shift_number())

    def shift_learning(self, more: int = 1) -> Any:
        """Further rounds of the story, as a piece of work."""
        from astroviz.lensing.shift_answers import learn_more

        story, seed, before = self.shift_story, self.seed, self.shift_rounds()
        if before is None:
            raise ValueError("there is no round to go on from: lensing/rounds is missing")

        def work(progress: Any, check: Any) -> Any:
            return story, learn_more(before, more, seed, progress, check)

        return work

    def shift_keep(self, found: tuple[str, Any]) -> None:
        """Keep rounds that were learned here, and show the last."""
        story, rounds = found
        self._shift_rounds[story] = rounds
        self.shift_round = None

    def shift_table(self) -> QTable:
        """PQMass of every round, to be saved."""
        from astroviz.lensing.shift_scenes import rounds_table

        table: QTable = rounds_table(self.shift_rounds(), self.shift_story)
        return table
