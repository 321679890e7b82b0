r"""The state of the view of the population: its draws, their slices, their subsets; no widgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.galaxies.parameters import DERIVED, PARAMETERS, GalaxyError
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import Table

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.galaxies.population_scene import PopulationScene

__all__ = ["COLUMNS", "MOST_SUBSETS", "RELATIONS", "WHOSE", "PopulationState"]

_FIRST = ("redshift", "log_mass", "log_sfr", "log_ssfr", "log_z", "age", "u_v", "v_j", "r_abs")
COLUMNS = tuple(dict.fromkeys((*_FIRST, *PARAMETERS, *DERIVED)))
"""Columns to choose from, the most wanted first."""

RELATIONS = {
    "main_sequence": "Main sequence",
    "mass_function": "Mass function",
    "redshifts": "n(z)",
    "uvj": "UVJ colours",
    "mass_metallicity": "Mass and metallicity",
    "cosmic_sfr": "Cosmic star formation",
}
"""Relations that a panel can show."""

WHOSE = {"fit": "The fit", "ladder": "Entropy ladder", "prior": "Its prior"}
"""Whose draws are shown, beside whose population (`source`)."""

MOST_SUBSETS = 3
_QUIET = {"quiet": "log_ssfr < -11"}


class PopulationState(ViewState):
    """Parameters of the view *Population*, and the questions that it asks."""

    population_whose: param.Selector[Any] = param.Selector(
        default="fit", objects=list(WHOSE),
        doc="Draws of the fit, of fits of different entropy weights, or of the prior alone.",
    )  # fmt: skip
    population_entropy = param.Integer(
        default=2,
        bounds=(0, 20),
        doc="Which fit of the ladder: each gave the entropy a larger weight than the one before.",
    )
    population_selected = param.Boolean(
        default=False,
        doc="Only what the survey would have in its catalogue, or all galaxies of the volume.",
    )
    population_columns = param.List(
        default=["redshift", "log_mass", "log_sfr"], doc="The three columns of the matrix."
    )
    population_slice = param.List(
        default=[0.02, 0.12], doc="Redshifts that are shown, lowest and highest."
    )
    population_upper: param.Selector[Any] = param.Selector(
        default="main_sequence", objects=list(RELATIONS), doc="Relation in the upper panel."
    )
    population_lower: param.Selector[Any] = param.Selector(
        default="mass_function", objects=list(RELATIONS), doc="Relation in the lower panel."
    )
    population_subsets = param.Dict(
        default=dict(_QUIET), doc="Named subsets: name to an expression over the columns."
    )
    population_draws = param.Integer(
        default=100_000, bounds=(2_000, 1_000_000), doc="Draws of the population."
    )

    _dragged = frozenset({"population_slice", "population_entropy"})
    _population_scene: PopulationScene | None = None

    # What the bar offers

    def population_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        plain: dict[str, Any] = {"population_whose": "fit", "population_slice": [0.0, 0.8]}
        near = {**plain, "population_slice": [0.02, 0.12]}
        first = ["redshift", "log_mass", "log_sfr"]
        return (
            Preset("Our neighbourhood", "Main sequence and mass function below z = 0.12.",
                   {**near, "population_selected": False, "population_columns": first,
                    "population_upper": "main_sequence", "population_lower": "mass_function"}),
            Preset("What the survey holds", "The draws as the catalogue would have them.",
                   {**plain, "population_selected": True, "population_columns": first,
                    "population_upper": "main_sequence", "population_lower": "redshifts"}),
            Preset("What a limit in magnitude hides", "The same mass function, as it is seen.",
                   {**near, "population_selected": True, "population_columns": first,
                    "population_upper": "main_sequence", "population_lower": "mass_function"}),
            Preset("Quiet, dusty, or both", "Two colours that tell age from dust.",
                   {**near, "population_columns": ["u_v", "v_j", "tau2"],
                    "population_upper": "uvj", "population_lower": "main_sequence",
                    "population_subsets": {"quiet": "log_ssfr < -11",
                                           "dusty": "(tau2 > 0.8) & (log_ssfr > -10.5)"}}),
            Preset("Stars born of stars", "Metals grow with mass; the universe grew quiet.",
                   {**near, "population_selected": False,
                    "population_columns": ["log_mass", "log_z", "age"],
                    "population_upper": "mass_metallicity", "population_lower": "cosmic_sfr"}),
            Preset("How loud the prior speaks", "Fits of growing entropy weight, side by side.",
                   {**plain, "population_whose": "ladder", "population_entropy": 0,
                    "population_columns": ["f_burst", "kappa3", "tau1"],
                    "population_selected": True, "population_subsets": {},
                    "population_upper": "redshifts", "population_lower": "main_sequence"}),
            Preset("A mock whose truth is known", "What a fit gives back of what was put in.",
                   {**plain, "source": "mock", "population_selected": True,
                    "population_columns": ["redshift", "log_mass", "log_sfr"],
                    "population_upper": "redshifts", "population_lower": "main_sequence"}),
        )  # fmt: skip

    def population_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """Settings that nobody has chosen."""
        low = round(float(random.uniform(0.0, 0.15)), 2)
        upper, lower = random.choice(list(RELATIONS), 2, replace=False)
        columns = random.choice(_FIRST, 3, replace=False)
        return {
            "population_columns": [str(name) for name in columns],
            "population_slice": [low, round(low + float(random.uniform(0.05, 0.2)), 2)],
            "population_selected": bool(random.random() < 0.5),
            "population_upper": str(upper), "population_lower": str(lower),
        }  # fmt: skip

    def population_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        seen = "as the survey sees it" if self.population_selected else "with all that is unseen"
        if self.population_whose == "prior":
            return f"The prior before any data, {seen}: whatever the fit does not change is ours."
        if self.population_whose == "ladder":
            return (
                f"Fits to one mock whose truth is known, {seen}: the larger the entropy weight, "
                "the more stays with the prior that the data leave open. Move along the ladder."
            )
        return (
            f"{self.population_draws:,} galaxies drawn from the population, {seen}; no galaxy was "
            "fitted on its own. Drag the slice of redshift, or draw a box in the matrix."
        )

    def population_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        try:
            self.population_sampled()
        except GalaxyError as error:
            sentence = str(error)
            return (sentence[:1].upper() + sentence[1:],)
        if self.source == "blind" and self.population_whose == "fit":
            return self.blind_words()
        return ()

    # Questions and answers

    def population_rungs(self) -> tuple[float, ...]:
        """Entropy weights of the ladder, in their order; none where there is no ladder."""
        ladder, _ = self.other_model("ladder")
        return () if ladder is None else tuple(float(weight) for weight in ladder.weights)

    def population_rung(self) -> int:
        """Which of the rungs is shown."""
        return max(0, min(int(self.population_entropy), len(self.population_rungs()) - 1))

    def population_sampled(self) -> Any:
        """The population whose draws are shown; a GalaxyError says why there is none."""
        if self.population_whose != "ladder":
            return self.population()
        ladder, sentence = self.other_model("ladder")
        if ladder is None:
            raise GalaxyError(sentence)
        return ladder.population(self.population_rung())

    def population_request(self) -> Request:
        """Draws of the population."""
        from astroviz.galaxies.population_answers import population_request

        whose = self.population_whose
        truth = whose == "ladder" or (whose == "fit" and self.source == "mock")
        return population_request(
            self.population_sampled(), self.population_draws, self.seed, whose == "prior", truth
        )

    def population_scene(self, draws: Draws) -> PopulationScene:
        """What there is to draw of an answer; kept while the draws are the same."""
        from astroviz.galaxies.population_scene import PopulationScene

        found = self._population_scene
        if found is None or found.draws is not draws:
            found = self._population_scene = PopulationScene(draws)
        found.selected = bool(self.population_selected)
        return found

    # Subsets

    def population_add(self, name: str, expression: str) -> None:
        r"""Name a subset, or give another expression to one that has the name.

        Arguments:
            name: What to call it.
            expression: Over the columns: `(log_ssfr < -11) & (redshift < 0.1)`.
        """
        name, expression = name.strip(), expression.strip()
        if not name:
            raise GalaxyError("a subset needs a name: write one beside its expression")
        others = {key: one for key, one in self.population_subsets.items() if key != name}
        if len(others) >= MOST_SUBSETS:
            raise GalaxyError(
                f"there are {MOST_SUBSETS} subsets already, as many as can be told apart: remove "
                "one first"
            )
        if self._population_scene is not None:
            self._population_scene.mask(expression)  # a wrong one says what is wrong with it
        self.population_subsets = {**self.population_subsets, name: expression}

    def population_remove(self, name: str) -> None:
        """Forget a subset."""
        self.population_subsets = {
            key: one for key, one in self.population_subsets.items() if key != name
        }

    def population_region(self, pair: tuple[int, int], geometry: Mapping[str, Any]) -> str:
        r"""The expression of a region that was drawn in the matrix.

        Arguments:
            pair: Numbers of its columns in the matrix; on the diagonal both are the same.
            geometry: As Bokeh announces a box or a lasso.
        """
        from astroviz.galaxies.population_regions import region_expression

        names = [self.population_columns[k] for k in pair]
        return region_expression(names[0], names[1], geometry)

    # What is taken away

    def population_table(self, draws: Draws) -> Table:
        """Draws in the slice with all their masses, colours and subsets, as a table."""
        return self.population_scene(draws).table(
            self.population_slice, self.population_subsets, self.population_words()
        )

    def population_words(self) -> str:
        """Whose draws they are, to write into a file."""
        words = WHOSE[self.population_whose].lower()
        seen = "as the survey selects" if self.population_selected else "without selection"
        return f"{self.source}, {words}, {seen}, seed {self.seed}"
