r"""The state of a view of stars, and the questions that it asks of the model; no widgets.

The dashboard page and the notebook widget are two faces over `StarsExplorer`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.core.provenance import provenance
from astroviz.core.request import Priority, Request
from astroviz.io.observations import Observations
from astroviz.stars.catalogue_view import CatalogueView
from astroviz.stars.cells import Cell, apply_edits, make_cell
from astroviz.stars.conditional_view import ConditionalView
from astroviz.stars.literature import LiteratureValue, from_labels
from astroviz.stars.presets import PRESETS, Preset
from astroviz.stars.reweight import Reweighting, prior_curves, prior_kinds, reweight
from astroviz.stars.sed import star_sed
from astroviz.stars.share import notebook_cell
from astroviz.stars.summary import Summary, summarise
from astroviz.stars.surveys import SURVEYS

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws

__all__ = ["StarsExplorer"]

# What a pinned question remembers.
_QUESTION = ("source", "row", "surveys", "states", "values", "errors", "seed", "n_draws", "steps",
             "exact")  # fmt: skip
_PRIOR_DRAWS = 4000


class StarsExplorer(ConditionalView, CatalogueView):
    r"""A view of stars: its state, what it shows of a table, and what it asks of the model.

    Arguments:
        model: The model that answers; `astroviz.load("stars")` when None.
        table: A path, table or `Observations`; simulated example stars when None.
        settings: Any of the parameters, or what `state` gave.

    Example:
        >>> explorer = StarsExplorer()  # doctest: +SKIP
        >>> explorer.surveys = ["Gaia", "2MASS"]  # doctest: +SKIP
        >>> draws = engine.submit(explorer.request()).result()  # doctest: +SKIP
        >>> explorer.summary(draws).p_age_below_10  # doctest: +SKIP
    """

    _prior_draws: Draws | None = None

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The example stars: name, sentence and row of each."""
        return PRESETS

    # The star

    def original(self) -> Observations:
        """The current star as in the file, one row."""
        row = self.row
        star: Observations = self._once(("row", row), lambda: self.observations.row(row))
        return star

    def observation(self) -> Observations:
        """The current star as the model is given it: edits and switches applied, one row."""
        return self._observation(self._question())

    @property
    def switches(self) -> dict[str, bool]:
        """Surveys, and the spectra that the current star has, to whether they are switched on."""
        spectra = [found.label for found in self.original().spectra if found.present[0]]
        names = [name for name in self.sources if name in SURVEYS or name in spectra]
        return {name: name in self.surveys for name in names}

    def cells(self) -> tuple[Cell, ...]:
        """All quantities of the current star, as shown and as they were."""
        original, shown = self.original(), self.observation()
        return tuple(make_cell(name, original, shown) for name in shown.names)

    def cell(self, name: str) -> Cell:
        """One quantity of the current star."""
        return make_cell(name, self.original(), self.observation())

    def edit(
        self,
        name: str,
        value: float | None = None,
        error: float | None = None,
        state: str | None = None,
    ) -> None:
        r"""Change a quantity of the current star; what is None stays.

        Arguments:
            name: The quantity.
            value: In its canonical unit; a value makes it observed.
            error: One standard deviation, same unit.
            state: `observed`, `not_covered`, `limit`, `unusable` or `ignored`.
        """
        self.observations.index(name)
        update: dict[str, Any] = {}
        if value is not None:
            update["values"] = {**self.values, name: float(value)}
        if error is not None:
            update["errors"] = {**self.errors, name: float(error)}
        if state is not None:
            update["states"] = {**self.states, name: state}
        elif value is not None and name in self.states:
            # A slider that is moved asks for its value to count.
            update["states"] = _without(self.states, name)
        self.param.update(**update)

    def reset(self, name: str | None = None) -> None:
        """Take back the edits of one quantity, or all edits and switches."""
        if name is None:
            surveys = list(self.param.surveys.default)
            self.param.update(values={}, errors={}, states={}, surveys=surveys)
            return
        self.observations.index(name)
        edits = {key: _without(getattr(self, key), name) for key in ("values", "errors", "states")}
        self.param.update(**edits)

    def truth(self) -> dict[str, float]:
        """True parameters of a simulated star; empty when they are not known."""
        return self.catalogue.truth_of(self.row)

    def truth_class(self) -> str | None:
        """True class of a simulated star, or None."""
        return self.catalogue.class_of(self.row)

    def literature(self) -> tuple[LiteratureValue, ...]:
        """Published values of the current star that the table brings along."""
        columns = self.catalogue.literature_of(self.row)
        return from_labels(self.original(), self.observation(), columns)

    def title(self) -> str:
        """The star's name and where it is from."""
        name = str(self.observations.identifiers[self.row]).strip() or f"row {self.row}"
        where = self.catalogue.label
        return name if name == where else f"{name} ({where}, row {self.row})"

    def sentence(self) -> str:
        """What is shown, and one gesture to try."""
        star = self.observation()
        preset = next((p for p in PRESETS if p.name == self.preset), None)
        spectra = star.spectra_of(0)
        if preset is not None and (star.used.any() or spectra):
            return preset.sentence
        seen = dict.fromkeys(
            q.survey for q, used in zip(star.quantities, star.used[0], strict=True) if used
        )
        if not seen and not spectra:
            return "Nothing is known of this star: what is shown is the prior. Switch a survey on."
        return (
            f"{int(star.used.sum())} of {len(star.names)} quantities, from "
            f"{', '.join((*seen, *spectra))}. "
            "Switch a survey off, or drag a magnitude, and the posterior follows."
        )

    def warnings(self) -> tuple[str, ...]:
        """What a person should know about this star's input."""
        found = []
        if problem := self.observations.problems.get(self.row):
            found.append(problem)
        star = self.observation()
        if not star.used.any() and not star.spectra_of(0):
            found.append("No quantity of this star is in use: the posterior is the prior.")
        return (*found, *self.observations.notes)

    # Questions

    def request(self, priority: Priority = "interactive", exact: bool | None = None) -> Request:
        """The question that the view asks: the posterior of the current star.

        Arguments:
            priority: `interactive` or `batch`.
            exact: Whether to move the draws to the exact posterior; as `exact` is set by default.
        """
        question = self._question()
        if exact is not None:
            question["exact"] = exact
        return self._request(question, priority)

    def requests(self) -> dict[str, Request]:
        """All questions of the view: `posterior`, and `pinned` when that overlay is on."""
        found = {"posterior": self.request()}
        if self.pinned is not None and "pinned" in self.overlays:
            if self.pinned["source"] in self._tables:
                found["pinned"] = self._request(self.pinned)
        return found

    def batch(
        self, rows: Iterable[int] | None = None, n: int = 256
    ) -> Iterator[tuple[int, Request]]:
        r"""Questions about many stars of the table, switches applied, for the catalogue.

        Arguments:
            rows: Which; the selection by default, or every star when nothing is selected.
            n: Number of draws of each.
        """
        if rows is None:
            rows = self.selection if len(self.selection) else range(len(self.observations))
        question = {**self._question(), "values": {}, "errors": {}, "states": {}}
        question |= {"n_draws": n, "exact": False}
        for row in rows:
            yield int(row), self._request({**question, "row": int(row)}, "batch")

    def pin(self) -> None:
        """Keep the question of now, to compare later ones with."""
        overlays = list(dict.fromkeys([*self.overlays, "pinned"]))
        self.param.update(pinned=self._question(), overlays=overlays)

    def unpin(self) -> None:
        """Forget the pinned question."""
        overlays = [overlay for overlay in self.overlays if overlay != "pinned"]
        self.param.update(pinned=None, overlays=overlays)

    def prior_draws(self) -> Draws:
        """Draws of the prior that the model was trained under, for the overlay."""
        if self._prior_draws is None:
            self._prior_draws = self.model.prior(_PRIOR_DRAWS, seed=0)
        return self._prior_draws

    def _question(self) -> dict[str, Any]:
        question = {name: _copied(getattr(self, name)) for name in _QUESTION}
        if not self.exact:  # the usual case makes no link longer
            del question["exact"]
        return question

    def _observation(self, question: Mapping[str, Any]) -> Observations:
        asked = [question[key] for key in ("values", "errors", "states", "surveys")]

        def make() -> Observations:
            table = self._tables[question["source"]].observations
            return apply_edits(table.row(question["row"]), *asked)

        # A gesture asks for the star many times over: for its cells, its sentence, its question.
        key = ("star", question["source"], question["row"], repr(asked))
        star: Observations = self._once(key, make)
        return star

    def _request(self, question: Mapping[str, Any], priority: Priority = "interactive") -> Request:
        posterior = self.model.posterior(self._observation(question))
        options: dict[str, Any] = {"refine": True} if question.get("exact") else {}
        # Views are answered by the few-step sampler, unless somebody asks for so many steps.
        if question["steps"] is None and "shortcut" in getattr(self.model, "samplers", ()):
            options["sampler"] = "shortcut"
        request: Request = posterior.request(
            question["n_draws"], seed=question["seed"], steps=question["steps"],
            priority=priority, **options,
        )  # fmt: skip
        return request

    # Answers

    def reweight(self, draws: Draws) -> Reweighting:
        """Weights of draws under the edited prior; refused below 100 effective draws."""
        return reweight(draws, self.prior)

    def summary(self, draws: Draws) -> Summary:
        """P(young), P(age < 10 and 60 Myr) and quantiles, under the edited prior."""
        return summarise(draws, self.reweight(draws), self.prior_odds, self.assume_young)

    def table(self, draws: Draws) -> QTable:
        r"""Draws to be saved, with the star, the model and the prior that is set in `meta`.

        The draws themselves hold for even odds of young against field and for the trained prior.
        `meta["p_young"]` is that of the odds that are set (`meta["prior_odds"]`); an edited prior
        is a column `weight` of sum 1, and `meta["edited_prior"]`, or `meta["refused_prior"]` with
        the reason when the draws do not reach it.
        """
        table = draws.to_table()
        summary, edited = self.summary(draws), self.prior
        about = provenance(self.model, len(draws), draws.seed, self.prior_odds)
        table.meta |= {
            **about,
            "star": self.title(),
            "view": self.to_query(),
            "assume_young": self.assume_young,
            "p_young": summary.p_young,
        }
        if edited and summary.refusal:
            table.meta["refused_prior"] = summary.refusal
        elif edited:
            table.meta["edited_prior"] = _copied(edited)
            table["weight"] = self.reweight(draws).weights
        return table

    def sed(self, draws: Draws | None, curves: bool = True) -> dict[str, Any]:
        """All that the SED panel draws, fluxes in erg/s/cm2; without draws what was seen."""
        weights = np.zeros(0) if draws is None else self.reweight(draws).weights
        return star_sed(self.model, self.observation(), draws, weights, curves)

    def prior_kinds(self, name: str) -> dict[str, dict[str, float]]:
        """Kinds of prior that a parameter can be given, each with its arguments."""
        return prior_kinds(name)

    def prior_density(self, name: str, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The trained and the edited prior of a parameter over a grid, for the editor's plot."""
        return prior_curves(name, self.prior, grid)

    def code(self) -> str:
        """The notebook cell that recreates the view."""
        made = self.source == "example" or self.source.startswith("surprise:")
        path = self.catalogue.path
        in_memory = None if made or path is not None else self.catalogue.label
        return notebook_cell(self.state(brief=True), path, in_memory)


def _without(edits: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in edits.items() if key != name}


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list) else value
