r"""The recipes of the populations: `astroviz train galaxies/sdss` and its kin.

| part | what is fitted |
| --- | --- |
| `sdss` | real galaxies, their redshifts among what is compared (the default model) |
| `blind` | the same without redshifts |
| `mock` | made-up galaxies whose truth is known |
| `ladder` | the made-up galaxies with no entropy and with more and more of it, one flow each |
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from astroviz.core.folders import cache_folder
from astroviz.core.registry import writable_folder
from astroviz.galaxies.catalogue import Catalogue
from astroviz.galaxies.film import Frame
from astroviz.galaxies.fit_catalogue import fit_catalogue
from astroviz.galaxies.fit_settings import FitSettings
from astroviz.galaxies.ladder import Ladder
from astroviz.galaxies.line_emission import LineEmission
from astroviz.galaxies.noise_model import NoiseModel
from astroviz.galaxies.population import Population
from astroviz.galaxies.priors import PopulationPrior
from astroviz.galaxies.sdss import ZERO_POINT_ERRORS
from astroviz.galaxies.selection import Selection
from astroviz.galaxies.sps import synthesis

__all__ = ["RECIPES", "WEIGHTS", "Problem", "Recipe", "fit_part", "problem", "train"]

WEIGHTS: Final = (0.0, 0.0003, 0.001, 0.003, 0.01)
"""Entropy weights of the ladder; each falls to a sixth at the end of its fit."""

_HELD = 0.2  # of a catalogue, which no fit sees
_WRITING = 0.03  # of the budget, for the figures of the card and its files
_SEED = 1


@dataclass(frozen=True)
class Recipe:
    r"""How one part is made.

    Arguments:
        data: `mock` or `sdss`.
        prior: Name of the prior.
        limit: Of the prior, magnitude in r.
        furthest: Redshift to which the prior reaches.
        members: Flows of the ensemble.
        settings: Of each fit.
        anchored: Redshifts are among what is compared.
    """

    data: str
    prior: str
    limit: float
    furthest: float
    members: int
    settings: FitSettings
    anchored: bool = False


_MOCK = FitSettings(entropy=0.001, last_entropy=0.0002, spread=6.0)
# members with priors of their own: shifted by 0.7 of the prior's width, narrower by a factor of 2
_TILTED = _MOCK.with_(
    entropy=0.0005, last_entropy=0.0001, spread=2.0, shift=0.7, stretch=0.7, named=0.2,
    debias=True, unseen=0.001,
)  # fmt: skip
_BLIND = FitSettings(rate=1.5e-3, last_entropy=0.0002, average=0.99)
_REAL = _BLIND.with_(
    zero_points=0.03, zero_point_errors=ZERO_POINT_ERRORS, last_entropy=0.0003,
    named=0.3, debias=True, unseen=0.03,
)  # fmt: skip

RECIPES: Final[dict[str, Recipe]] = {
    "mock": Recipe("mock", "mock", 19.65, 0.8, 10, _TILTED),
    "sdss": Recipe("sdss", "survey", 17.77, 0.45, 4, _REAL, anchored=True),
    "blind": Recipe("sdss", "survey", 17.77, 0.45, 3, _BLIND),
    "ladder": Recipe("mock", "mock", 19.65, 0.8, len(WEIGHTS), _MOCK),
}


@dataclass(frozen=True, eq=False)
class Problem:
    r"""A catalogue and what is known of its survey.

    Arguments:
        learned: Galaxies that the fit sees.
        held: Galaxies that it does not see.
        selection: How both were selected.
        noise: Of the survey.
        truth: Parameters of the galaxies that are held out, where they are known, (N, 11).
    """

    learned: Catalogue
    held: Catalogue
    selection: Selection
    noise: NoiseModel
    truth: np.ndarray | None = None


def problem(recipe: Recipe, galaxies: int = 100_000) -> Problem:
    r"""What a recipe fits.

    Arguments:
        recipe: One of `RECIPES`.
        galaxies: Of a made-up catalogue.
    """
    if recipe.data == "mock":
        from astroviz.galaxies.mock import make_mock

        mock = make_mock(galaxies, _SEED)
        last = round(len(mock) * (1 - _HELD))
        parts = mock.catalogue[:last], mock.catalogue[last:]
        return Problem(*parts, mock.selection, mock.noise, mock.theta[last:])
    from astroviz.galaxies.sdss import sdss_catalogue, sdss_noise, sdss_selection

    catalogue = sdss_catalogue()
    # a half is kept apart for colours in slices, photometric redshifts and masses
    learned, held = catalogue.split(0.5, _SEED)
    return Problem(learned, held, sdss_selection(catalogue.bands), sdss_noise(learned))


def train(
    budget: float = 1500.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    part: str = "sdss",
) -> Path:
    r"""Rebuild a population.

    Arguments:
        budget: Wall-clock time in seconds, figures and files included.
        device: Not asked: the fits are made on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: Small fits in seconds.
        resume: Go on from the checkpoints of an earlier run for the same folder.
        part: One of `RECIPES`.

    Returns:
        The folder that was written.
    """
    from astroviz.galaxies.train_card import write_part

    begun = time.monotonic()
    place = (out or writable_folder()) / "galaxies" / part
    if smoke:
        budget = min(budget, 6.0 * RECIPES[part].members)
    posed = problem(RECIPES[part], 4000 if smoke else 100_000)
    made = fit_part(part, posed, budget - _WRITING * budget, place, begun, resume, smoke)
    _say(f"{part}: figures")
    return write_part(place, part, posed, made, begun)


def fit_part(
    part: str,
    posed: Problem,
    budget: float,
    place: Path,
    begun: float,
    resume: bool = False,
    smoke: bool = False,
) -> Population | Ladder:
    r"""The fits of a part.

    Arguments:
        part: One of `RECIPES`.
        posed: From `problem`.
        budget: Wall-clock time in seconds.
        place: Folder of the model, for the names of its checkpoints.
        begun: `time.monotonic()` at which the budget began.
        resume: Go on from checkpoints.
        smoke: Small fits.
    """
    recipe, folder = RECIPES[part], _checkpoints(place, resume)
    settings = recipe.settings
    if smoke:
        settings = settings.with_(draws=512, slices=32, layers=2, hidden=16, frames=4)
    prior = PopulationPrior(recipe.prior, recipe.limit, recipe.furthest)
    # real galaxies have gas around young stars
    light = LineEmission() if recipe.data == "sdss" else synthesis()

    def fit(own: FitSettings, members: int, seconds: float, start: float, name: str) -> Population:
        return fit_catalogue(
            posed.learned, posed.selection, prior, seconds, _SEED, redshifts=recipe.anchored,
            noise=posed.noise, settings=own, members=members, watch=_watcher(name),
            checkpoints=folder / name, begun=start, name=f"galaxies/{part}", synthesis=light,
        )  # fmt: skip

    if part != "ladder":
        (folder / part).mkdir(parents=True, exist_ok=True)
        return fit(settings, recipe.members, budget, begun, part)
    rungs = []
    for k, weight in enumerate(WEIGHTS):
        name = f"rung{k}"
        (folder / name).mkdir(parents=True, exist_ok=True)
        left = budget - (time.monotonic() - begun)
        own = settings.with_(entropy=weight, last_entropy=weight / 6, spread=1.0)
        rungs.append(fit(own, 1, left / (len(WEIGHTS) - k), time.monotonic(), name))
    return Ladder(_joined(rungs), WEIGHTS)


def _joined(rungs: list[Population]) -> Population:
    """The rungs as the members of one population."""
    first = rungs[0]
    members = [rung.members[0] for rung in rungs]
    report = {"rungs": [rung.report for rung in rungs]}
    return Population(members, first.survey, first.features, report, None, "galaxies/ladder")


def _watcher(name: str) -> Callable[[Frame], None]:
    def watch(frame: Frame) -> None:
        worst = max(frame.ks, key=lambda key: frame.ks[key])
        _say(
            f"{name}: step {frame.step}, distance {frame.distance:.4f}, "
            f"{frame.entropy:.2f} nats, KS at most {frame.ks[worst]:.3f} ({worst})"
        )

    return watch


def _checkpoints(place: Path, resume: bool) -> Path:
    """Where states of the fits are kept: not beside the model, or they would be shipped."""
    mark = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:12]
    folder = cache_folder() / "training" / f"galaxies-{place.name}-{mark}"
    folder.mkdir(parents=True, exist_ok=True)
    if not resume:
        for old in folder.glob("*/*.pt"):
            old.unlink()
    return folder


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
