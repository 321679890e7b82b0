r"""From a catalogue to its population, within a budget of time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.core.durations import seconds as seconds_of
from astroviz.core.request import Alone, Control
from astroviz.galaxies.ensemble import Fitted, Judge, fit_ensemble, too_far
from astroviz.galaxies.features import Features, short_band
from astroviz.galaxies.film import Watcher
from astroviz.galaxies.fit_scores import member_figures, scores
from astroviz.galaxies.fit_settings import Clock, FitSettings
from astroviz.galaxies.fitting import Survey
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.parameters import GalaxyError
from astroviz.galaxies.population import Population
from astroviz.galaxies.priors import PopulationPrior

if TYPE_CHECKING:
    from astroviz.galaxies.catalogue import Catalogue
    from astroviz.galaxies.selection import Selection

__all__ = ["fit_catalogue", "prior_for"]

_HELD, _MOST_HELD = 0.1, 4000  # part of a catalogue that judges the fit, galaxies at most
_SHORT, _FEW_HELD = 120.0, 1500  # seconds of a short fit, and galaxies that judge it
_EACH, _MOST = 150.0, 6  # seconds that a member should have, members at most
_RESERVED, _MOST_RESERVED = 0.03, 0.4  # parts of the budget for figures, at least and at most
_PLENTY = 400.0  # seconds of a member from which on it takes more draws in each step
_MANY_DRAWS = 4096
_ZERO_POINTS = 0.03  # mag, where redshifts are known


def fit_catalogue(
    catalogue: Catalogue,
    selection: Selection | None = None,
    prior: str | PopulationPrior = "survey",
    budget: str | float | None = "10m",
    seed: int = 0,
    *,
    redshifts: bool = True,
    noise: NoiseModel | None = None,
    settings: FitSettings | None = None,
    members: int | None = None,
    steps: int | None = None,
    synthesis: Any = None,
    control: Control | None = None,
    watch: Watcher | None = None,
    checkpoints: Path | None = None,
    begun: float | None = None,
    name: str = "population",
) -> Population:
    r"""Fit the population of a catalogue.

    Arguments:
        catalogue: From `catalogue.read_catalogue`; 100 galaxies at least.
        selection: Which galaxies are in the catalogue; None for all of the volume.
        prior: What is believed before; a name of `priors.PRIORS` takes the limit of the survey
            from the selection, or from the catalogue itself.
        budget: Wall-clock time as `90s`, `10m` or seconds, from `begun` on; None with `steps`.
        seed: Of everything. A fit of `steps` without a budget is the same again.
        redshifts: Compare known redshifts too; bands then have free zero points.
        noise: Learned from the catalogue's errors by default.
        settings: Sizes and schedules; from the budget by default.
        members: Of the ensemble; from the budget by default.
        steps: Of each member; as many as the time allows by default.
        synthesis: From parameters to light; the shipped tables by default.
        control: Hears of the progress and may cancel.
        watch: Told of each frame.
        checkpoints: Folder of checkpoints; those that are there are gone on from.
        begun: `time.monotonic()` at which the budget began; now by default.
        name: Of the population.
    """
    begun = time.monotonic() if begun is None else begun
    allowed = _allowed(budget, steps)
    chosen = _usable(catalogue, seed)
    known = chosen.redshift if redshifts else None
    anchored = known is not None and float(np.isfinite(known).mean()) > 0.9
    survey = _survey(chosen, selection, prior, noise, synthesis)
    features = Features.of(chosen.bands, chosen.magnitudes, known if anchored else None)
    short = allowed is not None and allowed <= _SHORT
    data, held = _split(_compared(chosen, features), seed, _FEW_HELD if short else _MOST_HELD)
    judge = Judge(survey, features, held, seed)
    plan = _Plan(begun, allowed, steps, members, _seconds_of_a_look(judge))
    settings = settings or plan.settings(anchored)
    fitted = fit_ensemble(
        survey, features, data, judge, settings, [seed + 100 * k for k in range(plan.members)],
        plan.clock, control or Alone(), watch, checkpoints,
    )  # fmt: skip
    population = _kept(fitted, survey, features, judge.floor(data), name)
    population.report |= scores(population, judge, data, plan.points())
    population.report |= {
        "galaxies": len(data), "held": len(held), "settings": settings.config(), "seed": seed,
        "seconds": round(time.monotonic() - begun, 1),
        **_free(population, settings),
    }  # fmt: skip
    return population


def prior_for(
    prior: str | PopulationPrior, catalogue: Catalogue, selection: Selection | None
) -> PopulationPrior:
    r"""The prior of a name, near the limit of a catalogue.

    Arguments:
        prior: A name or a prior, which is left as it is.
        catalogue: Its faintest galaxies say where it ends if nothing else does.
        selection: A limit in r says it first.
    """
    if isinstance(prior, PopulationPrior):
        return prior
    for term in getattr(selection, "terms", ()):
        limit, band = getattr(term, "limit", None), getattr(term, "band", "")
        if limit is not None and getattr(term, "faint", False) and short_band(band) == "r":
            return PopulationPrior(prior, float(limit))
    short = [short_band(band) for band in catalogue.bands]
    middle = short.index("r") if "r" in short else len(short) // 2
    return PopulationPrior(prior, float(np.nanpercentile(catalogue.magnitudes[:, middle], 99.0)))


def _allowed(budget: str | float | None, steps: int | None) -> float | None:
    """Seconds of the budget; None without one."""
    if budget is None and steps is None:
        raise GalaxyError("a fit needs a budget, such as 10m, or a number of steps")
    return None if budget is None else seconds_of(budget)


def _survey(
    catalogue: Catalogue,
    selection: Selection | None,
    prior: str | PopulationPrior,
    noise: NoiseModel | None,
    synthesis: Any,
) -> Survey:
    """The forward model; what is not given comes from the catalogue and the shipped tables."""
    if synthesis is None:
        from astroviz.galaxies.sps import synthesis as shipped

        synthesis = shipped()
    kept = None if selection is None else selection.for_bands(catalogue.bands)
    law = prior_for(prior, catalogue, selection)
    return Survey(law, synthesis, noise or NoiseModel.learn(catalogue), kept)


def _free(population: Population, settings: FitSettings) -> dict[str, Any]:
    """Zero points, where they were free."""
    if not settings.zero_points:
        return {}
    found = {band: round(value, 5) for band, value in population.zero_points.items()}
    return {"zero_points": found}


class _Plan:
    """How the time is shared out."""

    def __init__(
        self,
        begun: float,
        allowed: float | None,
        steps: int | None,
        members: int | None,
        look: float,
    ) -> None:
        self.begun, self.allowed, self.steps = begun, allowed, steps
        self.reserved, self.members = 0.0, members or 1
        if allowed is None:
            return
        if members is None and steps is None:
            self.members = int(np.clip(self.left() / _EACH, 1, _MOST))
        # every member is looked at twice, the prior and a few samples of the mixture once
        figures = max(_RESERVED * allowed, (2 * self.members + 6) * look)
        self.reserved = min(figures, _MOST_RESERVED * allowed)

    def left(self) -> float:
        """Seconds that are left for the fits."""
        assert self.allowed is not None
        return self.allowed - self.reserved - (time.monotonic() - self.begun)

    def clock(self, place: int) -> Clock:
        """The clock of a member that begins now."""
        seconds = None
        if self.allowed is not None:
            seconds = max(self.left() / (self.members - place), 0.1)
        return Clock(self.steps, seconds)

    def settings(self, anchored: bool) -> FitSettings:
        """What suits the time of a member."""
        plenty = self.allowed is None or self.left() / self.members >= _PLENTY
        found = FitSettings(zero_points=_ZERO_POINTS if anchored else 0.0)
        return found.with_(draws=_MANY_DRAWS, early=_MANY_DRAWS // 2) if plenty else found

    def points(self) -> int:
        """Points of the Sinkhorn divergence that the time left allows."""
        if self.allowed is None:
            return 1000
        over = self.allowed - (time.monotonic() - self.begun)
        return int(np.clip(70 * over, 100, 1000))


def _usable(catalogue: Catalogue, seed: int) -> Catalogue:
    """Galaxies for the fit: those with every band, or all where most lack one."""
    seen = np.isfinite(catalogue.magnitudes) & np.isfinite(catalogue.errors)
    if seen.all(1).mean() > 0.5 or len(catalogue) < 200:
        return catalogue.for_population(seed)
    rows = np.flatnonzero(seen[:, seen.mean(0) >= 0.9].all(1))
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:200_000])
    return catalogue[rows]


def _compared(catalogue: Catalogue, features: Features) -> Tensor:
    """Features of every galaxy, shape (N, F)."""
    magnitudes = torch.tensor(np.asarray(catalogue.magnitudes), dtype=torch.float32)
    redshift = None
    if features.anchored:
        redshift = torch.tensor(np.asarray(catalogue.redshift), dtype=torch.float32)
    return features(magnitudes, redshift)


def _seconds_of_a_look(judge: Judge) -> float:
    """How long draws for a comparison take; the tables of the bands are made before."""
    judge.cloud(None)
    begun = time.monotonic()
    judge.cloud(None)
    return time.monotonic() - begun


def _split(data: Tensor, seed: int, most: int) -> tuple[Tensor, Tensor]:
    """What is fitted, and what is held out to judge by."""
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed + 13))
    count = min(max(int(_HELD * len(data)), 20), most)
    return data[order[count:]], data[order[:count]]


def _kept(
    fitted: list[Fitted], survey: Survey, features: Features, floor: float, name: str
) -> Population:
    """The population of the members that are not too far."""
    out = too_far([one.distance for one in fitted], floor)
    good = [one for one, far in zip(fitted, out, strict=True) if not far]
    if not good:
        raise GalaxyError(
            "the fit found no population: its distance from the catalogue is not a number; check "
            "the errors and the selection, or give it more time"
        )
    report = {"members": member_figures(fitted, floor)}
    members = [one.member for one in good]
    return Population(members, survey, features, report, good[0].film, name)
