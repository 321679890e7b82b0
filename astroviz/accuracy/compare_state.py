r"""The state of the view `compare`: which of two posteriors is nearer to the truth?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.accuracy.compare_scene import CompareScene, compare_scene
from astroviz.accuracy.compare_toy import toy_pair
from astroviz.accuracy.live_trial import LiveTrials
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.accuracy.trial_models import full_name
from astroviz.accuracy.validity import validated
from astroviz.core.presets import Preset

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["KINDS", "SOURCES", "CompareState"]

SOURCES = {
    "toy": "a problem in the plane, solved exactly",
    "stars": "stars of B: before and after adaptation",
    "live": "two shipped models",
    "mine": "two sets of draws of mine",
}
"""What is compared; the first is made here, the second is stored."""

KINDS = {"prior": "draws of the prior", "data": "guesses from the data"}
"""Where posteriors are seen from, and words for it."""

_TOY_DRAWS = 64


def _number(default: float, high: float, doc: str, low: float = 0.0) -> param.Number:
    return param.Number(default=default, bounds=(low, high), doc=doc)


class CompareState(LiveTrials):
    """Parameters of the view *Compare*, and what it computes."""

    compare_source: param.Selector[Any] = param.Selector(
        default="toy", objects=list(SOURCES), doc="Whose posteriors are compared."
    )
    compare_references: param.Selector[Any] = param.Selector(
        default="prior", objects=list(KINDS),
        doc="Where balls are centred: the prior knows nothing of the data, and cannot tell itself "
        "from the right posterior; guesses from the data can.",
    )  # fmt: skip
    compare_count = param.Integer(
        default=1000, bounds=(100, 4000), doc="Objects of the problem in the plane."
    )
    compare_shift_a = _number(0.0, 2.0, "How far A is off, in posterior standard deviations.")
    compare_width_a = _number(1.0, 2.0, "Width of A over the right one.", 0.3)
    compare_forgotten_a = _number(0.0, 1.0, "How much of the data A forgets; 1 is the prior.")
    compare_shift_b = _number(0.6, 2.0, "How far B is off, in posterior standard deviations.")
    compare_width_b = _number(0.8, 2.0, "Width of B over the right one.", 0.3)
    compare_forgotten_b = _number(0.0, 1.0, "How much of the data B forgets; 1 is the prior.")
    compare_other = param.String(
        default="stars/npe", doc="The other model, B; A is the model on trial."
    )
    compare_row = param.Integer(default=0, bounds=(0, None), doc="Object whose draws are shown.")

    _dragged = frozenset({
        "compare_count", "compare_shift_a", "compare_width_a", "compare_forgotten_a",
        "compare_shift_b", "compare_width_b", "compare_forgotten_b",
    })  # fmt: skip
    _mine_pair: tuple[Trial, Trial] | None = None

    # What is compared

    def compare_open(self, first: Trial, second: Trial) -> None:
        """Compare draws of one's own: two trials on the same objects."""
        self._mine_pair = (validated(first), validated(second))
        if self.compare_source == "mine":
            self.param.trigger("compare_source")
        else:
            self.compare_source = "mine"

    def compare_pair(self) -> tuple[Trial, Trial] | None:
        """Both trials; None where they must be asked for first."""
        if self.compare_source == "mine":
            return self._mine_pair
        if self.compare_source == "live":
            found = [self.live_trial(name) for name in (self.tried, self.compare_other)]
            return (found[0], found[1]) if found[0] and found[1] else None
        if self.compare_source == "stars":
            from astroviz.accuracy.examples import star_trial

            return star_trial("B"), star_trial("adapted")
        return self._toy_asking()()

    def _toy_asking(self) -> Callable[[], tuple[Trial, Trial]]:
        """A function for a thread that makes both claims about the plane."""
        return partial(
            toy_pair, int(self.compare_count), _TOY_DRAWS,
            (self.compare_shift_a, self.compare_width_a, self.compare_forgotten_a),
            (self.compare_shift_b, self.compare_width_b, self.compare_forgotten_b),
            int(self.seed),
        )  # fmt: skip

    def compare_names(self) -> tuple[str, str]:
        """What the two are called."""
        if self.compare_source == "stars":
            return "before adaptation", "after adaptation"
        if self.compare_source == "live":
            return f"A: {full_name(self.tried)}", f"B: {full_name(self.compare_other)}"
        if self.compare_source == "mine" and self._mine_pair is not None:
            a, b = (one.model or "mine" for one in self._mine_pair)
            return f"A: {a}", f"B: {b}"
        return "A", "B"

    def compare_working(self) -> Callable[[Any, Any], tuple[Trial, Trial]]:
        """Work that simulates both models with one seed; a ValueError says why there is none."""
        works = [self.live_working(name) for name in (self.tried, self.compare_other)]
        if full_name(self.tried) == full_name(self.compare_other):
            raise TrialError("A and B are the same model: choose another one for B")

        def work(progress: Any, check: Any) -> tuple[Trial, Trial]:
            first = works[0](lambda share: progress(0.5 * share), check)
            second = works[1](lambda share: progress(0.5 + 0.5 * share), check)
            return first, second

        return work

    def compare_keep(self, pair: Sequence[Trial]) -> None:
        """Keep what was simulated."""
        for name, trial in zip((self.tried, self.compare_other), pair, strict=True):
            self.live_keep(name, trial)

    def compare_asking(self, other: bool = False) -> Callable[[], CompareScene | None]:
        r"""A function for a thread that scores both; None where there is nothing yet.

        Arguments:
            other: Score from the other kind of references than the one that is shown.
        """
        kind = str(self.compare_references)
        if other:
            kind = next(one for one in KINDS if one != kind)
        seed, names, source = int(self.seed), self.compare_names(), str(self.compare_source)
        make: Callable[[], tuple[Trial, Trial] | None]
        if source == "toy":  # made in the thread: a slider must not wait for it
            make = self._toy_asking()
        else:
            pair = self.compare_pair()
            make = lambda: pair  # noqa: E731

        def asked() -> CompareScene | None:
            found = make()
            return None if found is None else compare_scene(found, names, kind, seed)

        return asked

    # What every view offers

    def compare_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        same: dict[str, Any] = {
            "compare_source": "toy", "compare_references": "prior", "compare_shift_a": 0.0,
            "compare_width_a": 1.0, "compare_forgotten_a": 0.0, "compare_shift_b": 0.0,
            "compare_width_b": 1.0, "compare_forgotten_b": 0.0,
        }  # fmt: skip
        return (
            Preset("The right one against a wrong one", "B is shifted and too narrow.",
                   {**same, "compare_shift_b": 0.6, "compare_width_b": 0.8}),
            Preset("Two right ones", "Nobody wins: the difference is chance.", same),
            Preset("Too wide scores above", "A larger score is not a better one.",
                   {**same, "compare_width_b": 1.4}),
            Preset("The prior, seen from the prior", "It passes: these references are blind.",
                   {**same, "compare_forgotten_b": 1.0}),
            Preset("The prior, seen from the data", "Now it is seen.",
                   {**same, "compare_forgotten_b": 1.0, "compare_references": "data"}),
            Preset("Stars, before and after adaptation", "Real networks on the same stars.",
                   {"compare_source": "stars", "compare_references": "prior"}),
        )  # fmt: skip

    def compare_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        found: dict[str, Any] = {"compare_source": "toy", "compare_row": int(random.integers(100))}
        for which in "ab":
            found[f"compare_shift_{which}"] = round(float(random.uniform(0, 1.5)), 2)
            found[f"compare_width_{which}"] = round(float(random.uniform(0.5, 1.6)), 2)
            found[f"compare_forgotten_{which}"] = round(float(random.choice([0.0, 0.5, 1.0])), 2)
        return {**found, "compare_references": str(random.choice(list(KINDS)))}

    def compare_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.compare_source == "live" and self.compare_pair() is None:
            return "Choose two models that answer the same question, and press Simulate."
        if self.compare_source == "mine" and self._mine_pair is None:
            return "Choose two files of draws with truths, on the same objects."
        if self.compare_source == "toy":
            return (
                "Nearer to the dashed line is better, not larger. Drag what B forgets to 1, then "
                "look from guesses from the data."
            )
        return (
            "Both answer the same objects: the score nearer to the dashed line is the better one."
        )

    def compare_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        found = []
        if self.compare_references == "prior":
            found.append(
                "From references of the prior, a posterior that ignores the data looks right."
            )
        if self.compare_source == "stars":
            found.append("Domain B is a simulator that plays nature.")
        return tuple(found)
