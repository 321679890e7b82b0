r"""The state of the view `lessons`: transport on a bench, stacking, what fits cost; no widgets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.galaxies.costs import (
    PUBLISHED,
    CostScene,
    Rate,
    Way,
    cost_scene,
    cost_table,
    in_words,
    measure_rate,
)
from astroviz.galaxies.lessons_stacking import StackingScene, stacking_scene
from astroviz.galaxies.lessons_toy import FARTHEST, ToyScene, toy_scene
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.toy import SHAPES
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["KINDS", "LESSONS", "MASSES", "LessonsState"]

LESSONS = {
    "distance": "How far apart are two clouds?",
    "stacking": "May posteriors be multiplied or stacked?",
    "cost": "What does a catalogue of fits cost?",
}
MASSES = {"one": "one mass", "two": "two masses"}
KINDS = {"two": "two kinds", "normal": "one kind"}


class LessonsState(ViewState):
    """Parameters of the view *Lessons*, and what it computes."""

    lesson: param.Selector[Any] = param.Selector(
        default="distance", objects=list(LESSONS), doc="Which lesson is shown."
    )
    toy_shape: param.Selector[Any] = param.Selector(
        default="one", objects=list(SHAPES),
        doc="Data of one mass, to which one is moved, or of two, into which one is parted.",
    )  # fmt: skip
    toy_apart = param.Number(
        default=2.0, bounds=(0.0, FARTHEST),
        doc="Where the model is: the data are at 0, or at +1 and -1.",
    )  # fmt: skip
    toy_width = param.Number(
        default=0.15, bounds=(0.0, 0.5), doc="Standard deviation of each mass, along each axis."
    )
    toy_blur = param.Number(
        default=0.1, bounds=(0.01, 4.0),
        doc="Scale below which neither the plan nor the divergences look.",
    )  # fmt: skip
    stack_kind: param.Selector[Any] = param.Selector(
        default="two", objects=list(KINDS), doc="Whether the true galaxies are of two kinds."
    )
    stack_count = param.Number(
        default=3.0, bounds=(1.5, 3.7), doc="Logarithm of the number of galaxies."
    )
    stack_error = param.Number(
        default=0.3, bounds=(0.05, 1.0), doc="Typical error of a galaxy's log mass, dex."
    )
    cost_galaxies = param.Number(
        default=8.0, bounds=(3.0, 10.0), doc="Logarithm of the number of galaxies of a survey."
    )

    _dragged = frozenset(
        {"toy_apart", "toy_width", "toy_blur", "stack_count", "stack_error", "cost_galaxies"}
    )
    _rate: Rate | None = None

    # Lesson 1: two clouds

    def toy_asking(self) -> Callable[[], ToyScene]:
        """A function for a thread that makes what the bench draws."""
        return partial(
            toy_scene, float(self.toy_apart), float(self.toy_width), float(self.toy_blur),
            str(self.toy_shape), int(self.seed),
        )  # fmt: skip

    # Lesson 2: what is made of many posteriors

    def stacking_asking(self) -> Callable[[], StackingScene]:
        """A function for a thread that puts the galaxies together in four ways."""
        return partial(
            stacking_scene, round(10.0**self.stack_count), float(self.stack_error),
            str(self.stack_kind), int(self.seed),
        )  # fmt: skip

    # Lesson 3: what it costs

    @property
    def rate(self) -> Rate | None:
        """What was measured of this machine; None before."""
        return self._rate

    def cost_measuring(self) -> Callable[[Any, Any], Rate]:
        """Work that times the draws of the population that is shown."""
        population = self.population()

        def work(progress: Any, check: Any) -> Rate:
            progress(0.1)

            def draw(number: int) -> None:
                check()
                population.sample(number, seed=number)

            return measure_rate(draw)

        return work

    def cost_keep(self, rate: Rate) -> None:
        """Keep what was measured."""
        self._rate = rate

    def cost_ways(self) -> list[Way]:
        """What each way costs for the survey of the slider."""
        return cost_table(10.0**self.cost_galaxies, self._trained(), self._rate)

    def cost_scene(self) -> CostScene:
        """Bars and clock."""
        return cost_scene(self.cost_ways(), 10.0**self.cost_galaxies)

    def cost_table(self) -> QTable:
        """The costs, a row for each way."""
        import astropy.units as u
        from astropy.table import QTable

        ways, number = self.cost_ways(), 10.0**self.cost_galaxies
        return QTable({
            "way": [way.name for way in ways],
            "galaxies": np.full(len(ways), number),
            "processor_time": [way.seconds(number) for way in ways] * u.s,
            "source": [way.source for way in ways],
        })  # fmt: skip

    def _trained(self) -> float | None:
        """Processor time of the fit of the population that is shown, s."""
        try:
            population = self.population()
        except GalaxyError:
            return None
        seconds = population.report.get("seconds")
        return float(seconds) if seconds else None

    # What every view offers

    def lessons_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        toy: dict[str, Any] = {"lesson": "distance", "toy_width": 0.15, "toy_shape": "one"}
        return (
            Preset("Masses that do not meet", "One divergence blows up, the other is flat.",
                   {**toy, "toy_apart": 2.0, "toy_blur": 0.1, "toy_width": 0.0}),
            Preset("A large blur", "Every point is carried to all: smooth, and blind to detail.",
                   {**toy, "toy_apart": 2.0, "toy_blur": 1.0}),
            Preset("One cloud to be parted", "Seen through a large blur it is no worse than two.",
                   {**toy, "toy_shape": "two", "toy_apart": 0.2, "toy_blur": 3.0}),
            Preset("The same, without blur", "Now the two masses are seen.",
                   {**toy, "toy_shape": "two", "toy_apart": 0.2, "toy_blur": 0.05}),
            Preset("Posteriors, stacked", "Stacking counts every error twice.",
                   {"lesson": "stacking", "stack_kind": "two", "stack_count": 3.0,
                    "stack_error": 0.3}),
            Preset("Precise galaxies", "With small errors every way but one is right.",
                   {"lesson": "stacking", "stack_kind": "two", "stack_count": 3.0,
                    "stack_error": 0.05}),
            Preset("A hundred million galaxies", "One by one, or all at once.",
                   {"lesson": "cost", "cost_galaxies": 8.0}),
        )  # fmt: skip

    def lessons_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        if self.lesson == "cost":
            return {"cost_galaxies": round(float(random.uniform(4.0, 10.0)), 1)}
        if self.lesson == "stacking":
            return {
                "stack_kind": str(random.choice(list(KINDS))),
                "stack_count": round(float(random.uniform(2.0, 3.5)), 1),
                "stack_error": round(float(random.uniform(0.1, 0.8)), 2),
            }
        return {
            "toy_shape": str(random.choice(list(SHAPES))),
            "toy_apart": round(float(random.uniform(0.2, FARTHEST)), 2),
            "toy_width": round(float(random.uniform(0.0, 0.3)), 2),
            "toy_blur": round(float(10 ** random.uniform(-2.0, 0.5)), 3),
        }

    def lessons_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.lesson == "distance":
            return (
                "Two small clouds and the plan that carries one onto the other. Apart, one "
                "divergence blows up and the other is flat; transport says which way and how far. "
                "Drag the blur."
            )
        if self.lesson == "stacking":
            return (
                "The same galaxies, put together in four ways: posteriors multiplied or stacked, "
                "fitted hierarchically, and as a population. Drag the error of a galaxy."
            )
        number = 10.0**self.cost_galaxies
        classic = in_words(PUBLISHED[0].seconds(number))
        return (
            f"{number:,.0f} galaxies, fitted one by one at 20 processor hours "
            f"each, take {classic}. Drag the size of the survey."
        )

    def lessons_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        if self.lesson == "cost":
            try:
                self.population()
            except GalaxyError as error:
                sentence = str(error).partition(";")[0].rstrip(".")
                return (f"{sentence[:1].upper()}{sentence[1:]}: our own cost is not shown.",)
        return ()
