r"""The state of the view of single galaxies: which one, and which others; no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import param

from astroviz.core.presets import Preset
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.view_state import ViewState

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.core.draws import Draws
    from astroviz.core.request import Request
    from astroviz.galaxies.catalogue import Catalogue
    from astroviz.galaxies.objects_many import ManyScene
    from astroviz.galaxies.objects_scene import OneScene

__all__ = ["BANDS", "LOOKS", "TABLES", "ObjectsState"]

TABLES = {"sdss": "SDSS galaxies with redshifts", "mine": "my table (view Fit)"}
"""Whose galaxies are looked at."""

BANDS = {
    "ugriz": "u g r i z",
    "near-infrared": "u g r i z, J Ks",
    "everything": "FUV NUV, u g r i z, J Ks",
}
"""Which bands of the galaxies of SDSS are used."""

LOOKS = {"bins": "n(z) of bins", "medians": "Medians or draws", "outliers": "Outliers"}


class ObjectsState(ViewState):
    """Parameters of the view *Objects*, and the questions that it asks."""

    objects_table: param.Selector[Any] = param.Selector(
        default="sdss", objects=list(TABLES),
        doc="Real galaxies of SDSS, or the table that was opened in the view Fit.",
    )  # fmt: skip
    objects_bands: param.Selector[Any] = param.Selector(
        default="ugriz", objects=list(BANDS), doc="Which bands a galaxy is seen in."
    )
    objects_row = param.Integer(
        default=0, bounds=(0, None), doc="The galaxy that is looked at closely: its number."
    )
    objects_count = param.Integer(
        default=60, bounds=(12, 2000), doc="Galaxies that are asked about for the comparison."
    )
    objects_look: param.Selector[Any] = param.Selector(
        default="bins", objects=list(LOOKS), doc="What the last panel shows of all of them."
    )
    objects_plane: param.Selector[Any] = param.Selector(
        default="main_sequence", objects=["main_sequence", "mass_redshift"],
        doc="Where medians and draws are compared.",
    )  # fmt: skip
    objects_draws = param.Integer(
        default=2000, bounds=(200, 20_000), doc="Draws of the galaxy that is looked at closely."
    )

    _dragged = frozenset({"objects_row"})

    # What the bar offers

    def objects_presets(self) -> tuple[Preset, ...]:
        """Places to start from."""
        return (
            Preset("Five bands of a nearby galaxy", "What ugriz alone tell of one galaxy.",
                   {"objects_table": "sdss", "objects_bands": "ugriz", "objects_look": "bins"}),
            Preset("With the near infrared", "J and Ks hold on to the mass.",
                   {"objects_table": "sdss", "objects_bands": "near-infrared",
                    "objects_look": "bins"}),
            Preset("A catalogue of medians", "What plotting medians hides, on the same galaxies.",
                   {"objects_table": "sdss", "objects_bands": "ugriz",
                    "objects_look": "medians"}),
            Preset("Where it goes wrong", "The galaxies whose redshift is missed most.",
                   {"objects_table": "sdss", "objects_bands": "ugriz",
                    "objects_look": "outliers"}),
        )  # fmt: skip

    def objects_surprise(self, random: np.random.Generator) -> dict[str, Any]:
        """A galaxy that nobody has chosen."""
        return {"objects_row": int(random.integers(self.objects_size()))}

    def objects_sentence(self) -> str:
        """What the view shows, and one gesture to try."""
        return (
            "One galaxy after the other, under the population as prior and under flat priors; the "
            "redshift from its spectrum was told to neither. Click a galaxy in the scatter."
        )

    def objects_warnings(self) -> tuple[str, ...]:
        """What one should know before believing the view."""
        found = []
        for ask in (self.population, self.objects_catalogue):
            try:
                ask()
            except (GalaxyError, OSError) as error:
                sentence = str(error)
                found.append(sentence[:1].upper() + sentence[1:])
        if not found and self.source == "mock" and self.objects_table == "sdss":
            found.append(
                "The population is that of a mock, not of these galaxies: a wrong prior, on "
                "purpose."
            )
        return tuple(found)

    # The galaxies

    def objects_catalogue(self) -> Catalogue:
        """The galaxies that are looked at; a GalaxyError says why there are none."""
        if self.objects_table == "mine":
            found = getattr(self, "fit_catalogue", None)
            if found is None:
                raise GalaxyError("no table is open: open one in the view Fit")
            mine: Catalogue = found
            return mine
        from astroviz.galaxies.objects_demo import demo_catalogue

        return demo_catalogue(self.objects_bands)

    def objects_size(self) -> int:
        """Number of galaxies; 1 where there are none, so that a row can be named."""
        try:
            return max(len(self.objects_catalogue()), 1)
        except (GalaxyError, OSError):
            return 1

    def objects_place(self) -> int:
        """The galaxy that is looked at: its number, if the table has so many."""
        return int(self.objects_row) % self.objects_size()

    def objects_rows(self) -> np.ndarray:
        """Galaxies of the comparison: some of those with a redshift, and the one looked at."""
        catalogue = self.objects_catalogue()
        known = catalogue.redshift
        there = np.arange(len(catalogue))
        if known is not None and np.isfinite(known).any():
            there = np.flatnonzero(np.isfinite(known))
        some = np.random.default_rng([self.seed, 5]).permutation(there)[: self.objects_count]
        return np.unique(np.append(some, self.objects_place()))

    # Questions and answers

    def objects_request(self) -> Request:
        """Draws of the galaxy that is looked at."""
        from astroviz.galaxies.objects_answers import one_request

        return one_request(
            self.population(), self.objects_catalogue(), self.objects_place(), self.objects_draws,
            self.seed,
        )  # fmt: skip

    def objects_many(self) -> Request:
        """Figures of many galaxies."""
        from astroviz.galaxies.objects_answers import many_request

        return many_request(
            self.population(), self.objects_catalogue(), self.objects_rows(), self.seed
        )

    def objects_scene(self, draws: Draws) -> OneScene:
        """What there is to draw of one galaxy."""
        from astroviz.galaxies.objects_scene import one_scene

        return one_scene(draws, self.objects_catalogue(), self.objects_place())

    def objects_many_scene(self, draws: Draws) -> ManyScene:
        """What there is to draw of many."""
        from astroviz.galaxies.objects_many import ManyScene

        return ManyScene(draws)

    def objects_draws_table(self, draws: Draws) -> QTable:
        """Draws of one galaxy under both priors as a table; the column `prior` says which."""
        from astroviz.core.draws import Draws

        flat = np.asarray(draws.extras["flat"])
        both = Draws(np.concatenate([draws.values, flat]), draws.names, draws.units, draws.seed)
        table = both.to_table()
        table["prior"] = np.repeat(["population", "flat"], [len(draws), len(flat)])
        table.meta["galaxy"] = self.objects_place()
        return table
