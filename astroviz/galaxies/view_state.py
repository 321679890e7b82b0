r"""What all views of galaxies have in common, beside what those of every room have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import param

from astroviz.core import view_state
from astroviz.galaxies.parameters import GalaxyError

__all__ = ["SOURCES", "VIEWS", "ViewState"]

VIEWS = ("population", "sed", "selection", "fit", "objects", "lessons")

SOURCES = {
    "model": "SDSS, redshifts known",
    "blind": "SDSS, colours alone",
    "mock": "mock of known truth",
    "mine": "my catalogue",
}
"""Whose population the page shows; `model` is the one that the page was opened with."""


class ViewState(view_state.ViewState):
    """Which view is shown, and of which population."""

    system: ClassVar[str] = "galaxies"

    view: param.Selector[Any] = param.Selector(
        default="population", objects=list(VIEWS), doc="Which view is shown."
    )
    source: param.Selector[Any] = param.Selector(
        default="model", objects=list(SOURCES),
        doc="Whose population all views show: a shipped one, or the fit of your own catalogue.",
    )  # fmt: skip

    _mine: Any = None

    @property
    def mine(self) -> Any:
        """The population that was fitted to a catalogue of the user's; None before."""
        return self._mine

    def shown_model(self) -> tuple[Any, str]:
        """The model of the population that all views show; None and why it cannot be had."""
        if self.source == "model":
            return getattr(self, "model", None), getattr(self, "missing", "")
        if self.source == "mine":
            return None, "It is your own fit, which no shipped model stands behind."
        return self.other_model(self.source)

    def population(self) -> Any:
        """The population that all views show; a GalaxyError says why it cannot be had."""
        if self.source == "mine":
            if self._mine is None:
                raise GalaxyError(
                    "no catalogue was fitted on this page yet: fit one in the view Fit"
                )
            return self._mine
        model, sentence = self.shown_model()
        if model is None:
            raise GalaxyError(sentence or "there is no model of a population here")
        return model.population

    def blind_words(self) -> tuple[str, ...]:
        """What one should know of the population that was fitted without redshifts."""
        metrics = getattr(getattr(self.shown_model()[0], "card", None), "metrics", {})
        names = ("KS redshift, held out", "prior: KS redshift, held out")
        mine, theirs = (float(metrics.get(name, "nan")) for name in names)
        found = [
            "Colours alone do not determine redshift, dust, age and metallicity of nearby "
            "galaxies: compare what each gained with what stayed at the prior."
        ]
        if mine == mine and theirs == theirs:
            verdict = "is no further away" if theirs <= mine else "is further away"
            found.append(
                f"Its redshifts differ from those measured of galaxies held out by a KS of "
                f"{mine:.2f}; the untrained prior {verdict}, at {theirs:.2f}. The limits of the "
                "survey carry n(z), not the colours."
            )
        found.append(
            "GALEX is in no fit: its list has what it detected, but not where it looked, so that "
            "a galaxy without it is no upper limit."
        )
        return tuple(found)

    def shown(self) -> Any:
        """What has the `population` that all views show; None where there is none."""
        try:
            return SimpleNamespace(population=self.population())
        except GalaxyError:
            return None

    def keep_fit(self, population: Any) -> None:
        """Let all views show a population that was fitted here."""
        self._mine = population
        if self.source == "mine":
            self.param.trigger("source")
        else:
            self.source = "mine"
