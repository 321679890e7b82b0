r"""The galaxies room's model, as `astroviz.load("galaxies")` returns it.

A fitted population with what one asks of it: draws, single galaxies, a fit of one's own catalogue.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from astroviz.core.registry import Card
from astroviz.core.request import Control
from astroviz.galaxies.film import Watcher
from astroviz.galaxies.objects import ObjectPosterior, ObjectSampler, sampler_of
from astroviz.galaxies.population import Population
from astroviz.galaxies.population_files import population_of
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.selection import Selection

__all__ = ["GalaxiesModel", "open_population"]


class GalaxiesModel(ObjectSampler):
    r"""A fitted population and the doors of the room.

    Arguments:
        population: The population.
        card: Its card; None for one that was fitted just now.
        device: Where it computes; the CPU is fast enough for every question.

    Example:
        >>> import astroviz
        >>> galaxies = astroviz.load("galaxies")  # doctest: +SKIP
        >>> draws = galaxies.population.sample(10_000, seed=0)  # doctest: +SKIP
        >>> mine = galaxies.fit("my_table.fits", budget="10m")  # doctest: +SKIP
    """

    def __init__(
        self,
        population: Population,
        card: Card | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        name = card.name if card is not None else population.name
        super().__init__(population, population.bands, name)
        self.population, self.card, self.device = population, card, torch.device(device)

    def posterior(
        self,
        row: Any,
        index: int = 0,
        use_redshift: bool = False,
        prior: Population | None = None,
    ) -> ObjectPosterior:
        r"""What is believed of one galaxy.

        Arguments:
            row: Mapping of names to values (`g`, `g_error`, ...; AB), a row of a table, a pandas
                Series, or `Observations`.
            index: Which row of `Observations`.
            use_redshift: Take the redshift of the row as known.
            prior: The population that is the prior; this model's by default.
        """
        if prior is None or prior is self.population:
            return super().posterior(row, index, use_redshift)
        return sampler_of(prior).posterior(row, index, use_redshift)

    def fit(
        self,
        table: Any,
        filters: str | Sequence[str] = "sdss",
        selection: Selection | Mapping[str, Any] | str | None = None,
        prior: str | PopulationPrior = "survey",
        budget: str | float = "10m",
        seed: int = 0,
        *,
        columns: Mapping[str, Any] | None = None,
        photometry: str | Mapping[str, str] = "ab",
        extinction_corrected: bool = True,
        redshifts: bool = True,
        control: Control | None = None,
        watch: Watcher | None = None,
        checkpoints: Path | None = None,
        **more: Any,
    ) -> Population:
        r"""Fit the population of a table of photometry.

        Arguments:
            table: Anything that `catalogue.read_catalogue` reads, with columns `u g r i z` and
                `u_error` ...
            filters: A set of filters, as `sdss+2mass`, or names of bands.
            selection: Which galaxies the table has; None for all of a volume.
            prior: A name of `priors.PRIORS`, or a prior.
            budget: Wall-clock time, reading included, as `90s` or `10m`.
            seed: Of everything.
            columns: Band to its column, where names do not say.
            photometry: `ab`, `vega`, `sdss_asinh` or `flux_nmgy`.
            extinction_corrected: The table is corrected for Galactic extinction.
            redshifts: Fit known redshifts too, where nearly all rows have them.
            control: Hears of the progress and may cancel; `core.request.Control`.
            watch: Told of each frame of the fit's film.
            checkpoints: Folder of checkpoints; a fit that was interrupted goes on from them.
            more: Further arguments of `fit_catalogue`.
        """
        begun = time.monotonic()  # loading is part of the budget
        from astroviz.galaxies.catalogue import read_catalogue
        from astroviz.galaxies.fit_catalogue import fit_catalogue

        catalogue = read_catalogue(table, filters, columns, photometry, extinction_corrected)
        if isinstance(selection, str | Mapping):
            selection = Selection.from_json(selection)
        return fit_catalogue(
            catalogue, selection, prior, budget, seed, redshifts=redshifts, control=control,
            watch=watch, checkpoints=checkpoints, begun=begun, **more,
        )  # fmt: skip

    def checks(self, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
        """Figures for `accuracy.report.verdicts`."""
        from astroviz.galaxies.population_checks import checks

        return checks(self, seed, quick)


def open_population(card: Card, device: str | torch.device = "cpu") -> GalaxiesModel:
    r"""Open a population with the doors of the room.

    Arguments:
        card: The model's card.
        device: Where it computes.
    """
    return GalaxiesModel(population_of(card), card, device)
