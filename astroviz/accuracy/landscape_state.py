r"""The state of the view `landscape`: where coverage fails, and the posteriors there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.accuracy.landscape_scene import (
    ALL,
    TINTS,
    LandscapeScene,
    axes_of,
    landscape_scene,
)
from astroviz.accuracy.live_trial import LiveTrials
from astroviz.accuracy.trial_objects import ObjectScene, object_scene, objects_table
from astroviz.core.presets import Preset

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.accuracy.trial import Trial

__all__ = ["SOURCES", "LandscapeState"]

SOURCES = {
    "B": "stars of another world (B)",
    "A": "stars as taught (A)",
    "adapted": "stars of B, adapted",
    "tried": "the model on trial, or mine",
}
"""What is mapped; the first three are stored answers of the stars' experiment."""

_CORNER = 3  # parameters of the small corner plot
_LABELS = {"effective_temperature": "Teff", "a_v": "A_V", "r_v": "R_V", "metallicity": "[M/H]"}
_USUAL = (("BP \u2212 RP", "absolute G"), ("ra", "dec"))


class LandscapeState(LiveTrials):
    """Parameters of the view *Landscape*, and what it computes."""

    landscape_source: param.Selector[Any] = param.Selector(
        default="B", objects=list(SOURCES),
        doc="Whose posteriors are mapped: stored answers of a network of stars, or a model on "
        "trial over fresh simulations.",
    )  # fmt: skip
    landscape_x = param.String(default="BP \u2212 RP", doc="Horizontal axis: a place of the data.")
    landscape_y = param.String(default="absolute G", doc="Vertical axis: a place of the data.")
    landscape_parameter = param.String(
        default="log_age",
        doc="Whose intervals are judged; the first one if it is not there.",
    )
    landscape_tint: param.Selector[Any] = param.Selector(
        default="coverage", objects=list(TINTS),
        doc="Colour of an object: coverage among its neighbours, the side on which their truths "
        "lie, or how easily a classifier tells truth from draw there.",
    )  # fmt: skip
    landscape_level = param.Number(
        default=0.9, bounds=(0.5, 0.95), doc="Probability of the intervals."
    )
    landscape_near = param.Integer(
        default=40, bounds=(10, 200),
        doc="Neighbours that are counted together: more of them, a smaller error, a coarser map.",
    )  # fmt: skip
    landscape_row = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Object whose surroundings are looked at; none: the deepest place of the map.",
    )  # fmt: skip
    landscape_shown = param.Integer(
        default=0, bounds=(0, None), doc="Which of the objects there is opened; 0 is the worst."
    )

    _dragged = frozenset({"landscape_level", "landscape_near"})
    _odds: tuple[Any, Any] | None = None

    # What is mapped

    def landscape_trial(self) -> Trial | None:
        """The trial that is mapped; None where it must be asked for first."""
        if self.landscape_source == "tried":
            return self.live_trial(self.tried)
        from astroviz.accuracy.examples import star_trial

        return star_trial(self.landscape_source)

    def landscape_working(self) -> Any:
        """Work that simulates the model on trial; a ValueError says why there is none."""
        return self.live_working(self.tried)

    def landscape_keep(self, trial: Trial) -> None:
        """Keep what was simulated."""
        self.live_keep(self.tried, trial)

    def landscape_axes(self, trial: Trial) -> tuple[str, str]:
        """The two axes of the map."""
        names = list(axes_of(trial))
        pairs = [pair for pair in _USUAL if set(pair) <= set(names)]
        x, y = (pairs or [(names[0], names[1]) if len(names) > 1 else ("", "")])[0]
        return (self.landscape_x if self.landscape_x in names else x,
                self.landscape_y if self.landscape_y in names else y)  # fmt: skip

    def landscape_whose(self, trial: Trial) -> str:
        """The parameter whose intervals are judged."""
        if self.landscape_parameter in (*trial.names, ALL):
            return str(self.landscape_parameter)
        return trial.names[0] if trial.size <= 24 else ALL

    def landscape_asking(self) -> Callable[[], LandscapeScene | None]:
        """A function for a thread that makes the map; None where nothing was simulated yet."""
        trial = self.landscape_trial()
        if trial is None:
            return lambda: None
        odds, tint = self.landscape_odds(), str(self.landscape_tint)
        if tint == "classifier" and odds is None:
            tint = "coverage"
        return partial(
            landscape_scene, trial, *self.landscape_axes(trial), self.landscape_whose(trial),
            tint, float(self.landscape_level),
            min(int(self.landscape_near), max(trial.count // 3, 5)), int(self.seed), odds,
        )  # fmt: skip

    # L-C2ST

    def landscape_odds(self) -> np.ndarray | None:
        """What the local classifier said of each object that is mapped; None before it was asked.

        Minus the decimal logarithm of its score: 0 is right, below is worse.
        """
        return self._odds[1] if self._odds and self._odds[0] == self._odds_key() else None

    def _odds_key(self) -> tuple[Any, ...]:
        live = self.live_key(self.tried) if self.landscape_source == "tried" else ()
        return (self.landscape_source, live, id(self.own), int(self.seed))

    def landscape_classifying(self) -> Callable[[Any, Any], np.ndarray]:
        """Work that teaches L-C2ST on the trial that is mapped."""
        trial, seed = self.landscape_trial(), int(self.seed)
        if trial is None:
            raise ValueError("there is nothing to be judged yet: simulate the model first")

        def work(progress: Any, check: Any) -> np.ndarray:
            from astroviz.accuracy.local_c2st import local_c2st

            progress(0.1)
            check()
            return np.asarray(-np.log10(np.maximum(local_c2st(trial, seed, 99).scores, 1e-3)))

        return work

    def landscape_keep_odds(self, odds: np.ndarray) -> None:
        """Colour the map by what the classifier said."""
        self._odds = (self._odds_key(), odds)
        if self.landscape_tint == "classifier":
            self.param.trigger("landscape_tint")
        else:
            self.landscape_tint = "classifier"

    # The valley

    def landscape_place(self, scene: LandscapeScene) -> int:
        """The place of the map that is looked at."""
        return scene.place_of(self.landscape_row)

    def landscape_object(self, scene: LandscapeScene) -> ObjectScene:
        """The posterior of the object that is opened."""
        near = scene.valley(self.landscape_place(scene))
        row = int(scene.land.rows[near[int(self.landscape_shown) % len(near)]])
        first = (scene.parameter,) if scene.parameter in scene.trial.names else ()
        rest = tuple(name for name in scene.trial.names if name not in first)
        found = object_scene(scene.trial, row, (*first, *rest)[:_CORNER])
        axes = tuple(
            dataclasses.replace(axis, label=_LABELS.get(axis.name, axis.label))
            for axis in found.axes
        )
        return dataclasses.replace(found, axes=axes)

    def landscape_valley_table(self, scene: LandscapeScene) -> QTable:
        """The objects about the place that is looked at."""
        from scipy.special import ndtri

        from astroviz.accuracy.landscape import rank_scores

        rows = scene.land.rows[scene.valley(self.landscape_place(scene))]
        return objects_table(scene.trial, rows, ndtri(rank_scores(scene.trial, int(self.seed))))

    # What every view offers

    def landscape_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        sky: dict[str, Any] = {"landscape_tint": "coverage", "landscape_row": None,
                               "landscape_x": "ra", "landscape_y": "dec",
                               "landscape_parameter": "log_age"}  # fmt: skip
        hr = {**sky, "landscape_x": "BP \u2212 RP", "landscape_y": "absolute G"}
        return (
            Preset("Another world, in colours", "Which stars are answered wrongly?",
                   {**hr, "landscape_source": "B"}),
            Preset("Another world, on the sky", "The fault is not of a place.",
                   {**sky, "landscape_source": "B"}),
            Preset("The dust of another world", "To which side do extinctions lean, and where?",
                   {**hr, "landscape_source": "B", "landscape_parameter": "a_v",
                    "landscape_tint": "lean"}),
            Preset("The world that was taught", "No valley: chance alone.",
                   {**hr, "landscape_source": "A"}),
            Preset("After adaptation", "The valley is gone.",
                   {**hr, "landscape_source": "adapted"}),
        )  # fmt: skip

    def landscape_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        from astroviz.accuracy.examples import star_trial

        source = str(random.choice(["A", "B", "adapted"]))
        trial = star_trial(source)
        x, y = random.choice(list(axes_of(trial)), 2, replace=False)
        return {
            "landscape_source": source, "landscape_x": str(x), "landscape_y": str(y),
            "landscape_parameter": str(random.choice(trial.names)), "landscape_row": None,
            "landscape_tint": str(random.choice(["coverage", "lean"])), "landscape_shown": 0,
            "landscape_near": int(random.integers(20, 81)),
        }  # fmt: skip

    def landscape_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.landscape_source == "tried" and self.landscape_trial() is None:
            return "No posterior of this model is here yet: press Simulate."
        return (
            "Orange: fewer truths lie inside their intervals than stated. Click a valley and "
            "open the posteriors in it."
        )

    def landscape_warnings(self) -> tuple[str, ...]:
        """What one should know before believing it."""
        try:
            trial = self.landscape_trial()
        except (ValueError, OSError) as error:
            return (str(error),)
        if trial is None:
            return ()
        if self.landscape_tint == "classifier" and self.landscape_odds() is None:
            return ("The classifier has not been taught here yet: press Teach L-C2ST.",)
        if self.landscape_source in ("B", "adapted"):
            return trial.notes[:1]
        return tuple(trial.notes[:2]) if self.landscape_source == "tried" else ()
