r"""The state of the view `fit`: how a population was fitted, and a fit of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.galaxies.film import Film
from astroviz.galaxies.fit_mine import MineState
from astroviz.galaxies.fit_report import report_fields
from astroviz.galaxies.fit_scene import (
    FitScene,
    film_table,
    fit_scene,
    gain_table,
    ordered,
)
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.view_state import SOURCES

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["LOOKS", "MODES", "FitState"]

MODES = {"film": "How it was fitted", "mine": "Fit my catalogue"}
LOOKS = {"gain": "Information gained", "ensemble": "Members of the ensemble"}


class FitState(MineState):
    """Parameters of the view *Fit*, and what it draws."""

    fit_mode: param.Selector[Any] = param.Selector(
        default="film", objects=list(MODES),
        doc="The film of a population that is there, or a fit of a table of yours.",
    )  # fmt: skip
    fit_frame = param.Integer(
        default=None, allow_None=True, bounds=(0, None),
        doc="Which frame of the film is shown; none: the last.",
    )  # fmt: skip
    fit_look: param.Selector[Any] = param.Selector(
        default="gain", objects=list(LOOKS), doc="What the last panel shows of the fit's worth."
    )
    fit_x = param.String(default="", doc="What is along the horizontal axis of the two clouds.")
    fit_y = param.String(default="", doc="What is along the vertical axis of the two clouds.")

    _dragged = frozenset({"fit_frame"})

    # What is drawn

    def fit_film(self) -> Film | None:
        """The film that is shown: of the fit under way, else of the population that is shown."""
        if self.fit_mode == "mine":
            live = self.live_film()
            return live if live is not None or self.mine is None else self.mine.film
        population: Any = self.population()
        film: Film | None = population.film
        return film

    def fit_number(self) -> int:
        """Number of the frame that is shown; -1 without a film."""
        film = self.fit_film()
        if film is None:
            return -1
        last = len(film) - 1
        return last if self.fit_frame is None else min(int(self.fit_frame), last)

    def fit_shown(self) -> Any:
        """The population whose figures are shown; None where there is none."""
        if self.fit_mode == "mine":
            return self.mine if self.live_film() is None else None
        return self.population()

    def fit_scene(self) -> FitScene:
        """A frame of the film, beside what the fit came to."""
        population = self.fit_shown()
        fields = {} if population is None else report_fields(population)
        return fit_scene(self.fit_film(), self.fit_frame, **fields)

    def fit_axes(self, features: Sequence[str]) -> tuple[str, str]:
        """The two features that are drawn against each other."""
        x, y = ordered(features)
        return (self.fit_x if self.fit_x in features else x,
                self.fit_y if self.fit_y in features else y)  # fmt: skip

    def fit_film_table(self) -> QTable:
        """Every frame of the film."""
        film = self.fit_film()
        if film is None:
            raise GalaxyError("there is no film of this fit")
        return film_table(film)

    def fit_gain_table(self, gains: Mapping[str, tuple[float, float]]) -> QTable:
        """What the data told of each parameter."""
        return gain_table(gains)

    # What every view offers

    def fit_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        film: dict[str, Any] = {"fit_mode": "film", "fit_frame": None, "fit_look": "gain"}
        return (
            Preset("Redshifts known", "SDSS galaxies whose redshifts are in the distance.",
                   {**film, "source": "model"}),
            Preset("Colours alone", "The same galaxies, blind: the degeneracy is plain.",
                   {**film, "source": "blind", "fit_look": "gain"}),
            Preset("A mock whose truth is known", "What a fit gives back of what was put in.",
                   {**film, "source": "mock", "fit_look": "ensemble"}),
            Preset("How it began", "The first frame: the prior, with little noise.",
                   {**film, "source": "model", "fit_frame": 0}),
            Preset("My catalogue", "A table of yours, or ten thousand galaxies of SDSS.",
                   {"fit_mode": "mine", "fit_frame": None}),
        )  # fmt: skip

    def fit_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        source = str(random.choice([name for name in SOURCES if name != "mine"]))
        return {"fit_mode": "film", "source": source, "fit_frame": int(random.integers(0, 40)),
                "fit_look": str(random.choice(list(LOOKS)))}  # fmt: skip

    def fit_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        if self.fit_mode == "mine":
            if self.live_film() is not None:
                return "The cloud of the model moves onto your galaxies; all may be cancelled."
            if self.mine is not None:
                return "Your population; all views show it now. Drag along its film."
            return (
                "A table of magnitudes becomes a population in minutes: choose a file or take the "
                "example, name its columns, and press Fit."
            )
        return (
            f"How the population of {SOURCES[self.source]} was fitted: its cloud of photometry "
            "moves onto the survey's. Drag along the film."
        )

    def fit_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        if self.fit_mode == "mine":
            catalogue = self.fit_catalogue
            return () if catalogue is None else tuple(_upper(note) for note in catalogue.notes)
        try:
            population = self.population()
        except GalaxyError as error:
            return (_upper(str(error).partition(";")[0]),)
        found = [] if population.film is not None else ["This fit kept no film of itself."]
        if self.source == "blind":
            found += self.blind_words()
        return tuple(found)


def _upper(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:].rstrip('.')}."
