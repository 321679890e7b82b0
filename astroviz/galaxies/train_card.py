r"""The cards of the populations that ship, and the figures on them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astroviz.core.cards import Card
from astroviz.galaxies.build_sdss import CITATION
from astroviz.galaxies.ladder import Ladder, write_ladder
from astroviz.galaxies.mock_scores import prior_population, scores, truth_columns
from astroviz.galaxies.parameters import UNITS
from astroviz.galaxies.population import Population
from astroviz.galaxies.population_files import write_population

if TYPE_CHECKING:
    from astroviz.galaxies.train_populations import Problem

__all__ = ["figures", "write_part"]

_TITLES: Final = {
    "sdss": "Galaxies of the SDSS main sample, redshifts known",
    "blind": "Galaxies of the SDSS main sample, from photometry alone",
    "mock": "Made-up galaxies, truth known",
    "ladder": "Made-up galaxies, fitted with more and more entropy",
}
_WHAT: Final = (
    "The distribution of eleven properties (redshift, mass, history, metallicity, dust) over the "
    "galaxies of a survey, from its photometry at once."
)
_MOCK_DATA: Final = (
    "80,000 of 100,000 made-up galaxies, r < 19.65, by the law of `galaxies.mock`, in u g r i z "
    "with the noise of SDSS images. A stand-in for a survey whose truth is known."
)
_LIMITS: Final = {
    "sdss": [
        "Star formation rates of the main sequence at z < 0.1 are 0.2 dex below the literature: "
        "seven bands leave galaxies between star-forming and quiet that spectra do not have.",
        "J and Ks are 0.11 mag fainter than in the model, as free zero points: more than the "
        "stated 0.1 mag between magnitudes of whole galaxies and of a fitted profile.",
        "The area of the sky is not known: mass functions have a shape but no amplitude.",
        "Galaxies are of r < 17.77 and seen by 2MASS; what lies beyond is the prior's.",
        "Histories, dust and metallicity are hardly determined by seven bands: see the gains.",
    ],
    "blind": [
        "Redshift, dust, metallicity and mass are degenerate in these bands; the distribution of "
        "redshifts is not measured by them alone. Compare with the prior.",
        "GALEX is not used: its list has what it detected but not where it looked, so that a "
        "galaxy without it is no upper limit.",
    ],
    "mock": [
        "Its galaxies are made up; it says how well the method works, not what the sky has.",
        "Members start from priors of their own: each marginal but those of redshift and mass is "
        "shifted by 0.7 of the prior's width and narrowed, at random. Where photometry is silent "
        "the band is what this hyper-prior says, not a measurement; it holds bins of one made-up "
        "survey, and does not promise as much for another.",
    ],
    "ladder": ["One fit of each weight: their scatter is not in it."],
}
_SHOWN: Final = ("redshift", "log_mass_formed", "log_mass", "log_sfr", "f_burst", "log_z", "tau2")


def write_part(
    place: Path, part: str, posed: Problem, made: Population | Ladder, begun: float
) -> Path:
    r"""Write a model with its card.

    Arguments:
        place: Folder of the model.
        part: One of `train_populations.RECIPES`.
        posed: What was fitted.
        made: The fit.
        begun: `time.monotonic()` at which the training began.
    """
    whole = made.whole if isinstance(made, Ladder) else made
    metrics = figures(made, posed)
    minutes = (time.monotonic() - begun) / 60
    card = Card(
        name=f"galaxies/{part}",
        system="galaxies",
        title=_TITLES[part],
        what=_WHAT,
        data=_MOCK_DATA if posed.truth is not None else
        f"{CITATION}: {len(posed.learned)} of {len(posed.learned) + len(posed.held)} galaxies, "
        f"the others held out; in {', '.join(posed.learned.bands)}.",
        prior=whole.prior.words(),
        units=dict(UNITS),
        limits=_LIMITS[part],
        metrics=metrics,
        seed=1,
        training_time=f"{minutes:.0f} minutes on one core of a shared machine",
        licence="BSD-3-Clause (weights)",
        default=part == "sdss",
    )  # fmt: skip
    if isinstance(made, Ladder):
        return write_ladder(made, place, card)
    return write_population(made, place, card)


def figures(made: Population | Ladder, posed: Problem) -> dict[str, Any]:
    r"""What the card says of a fit.

    Arguments:
        made: The fit.
        posed: What was fitted.
    """
    if isinstance(made, Ladder):
        found: dict[str, Any] = {}
        for k, weight in enumerate(made.weights):
            rung = made.population(k)
            found |= _prefixed(f"entropy {weight:g}: ", _of_truth(rung, posed))
        return found | _prefixed("prior: ", _of_truth(prior_population(made.whole), posed))
    found = _of_report(made.report)
    if posed.truth is not None:
        found |= _of_truth(made, posed)
        return found | _prefixed("prior: ", _of_truth(prior_population(made), posed))
    return found | _of_redshifts(made, posed)


def _of_report(report: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {"members": float(len(report.get("members", [])))}
    for name, pair in report.get("features", {}).items():
        found[f"KS {name}"] = pair["ks"]
        found[f"prior: KS {name}"] = pair["ks_prior"]
    for kind, numbers in report.get("distance", {}).items():
        if numbers:
            found[f"{kind} distance over its floor"] = round(
                numbers["value"] / max(numbers["floor"], 1e-9), 3
            )
    return found


def _of_truth(population: Population, posed: Problem) -> dict[str, float]:
    assert posed.truth is not None
    truth = truth_columns(posed.truth, population.synthesis)
    said = scores(population, truth)
    found = {f"KS {name}": round(said["ks"][name], 3) for name in _SHOWN}
    found["W1 log_mass"] = round(said["w1"]["log_mass"], 3)
    found["main sequence, largest offset, dex"] = round(float(np.nanmax(np.abs(said["ridge"]))), 3)
    if "coverage" in said:
        mean = float(np.mean(list(said["coverage"].values())))
        found["truth inside the band of the ensemble"] = round(mean, 3)
    return found


def _of_redshifts(population: Population, posed: Problem) -> dict[str, float]:
    """Redshifts of galaxies that were held out, beside the prior's."""
    from astroviz.galaxies.marginals import ks

    known = posed.held.redshift
    assert known is not None
    found = {}
    for label, one in (("", population), ("prior: ", prior_population(population))):
        draws = one.sample(20_000, 0, selected=True)
        found[f"{label}KS redshift, held out"] = round(ks(draws["redshift"], known), 3)
        shift = float(draws["redshift"].mean() - known.mean())
        found[f"{label}shift of the mean redshift"] = round(shift, 4)
        found[f"{label}median log M*"] = round(float(np.median(draws["log_mass"])), 2)
    return found


def _prefixed(prefix: str, numbers: Mapping[str, float]) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in numbers.items()}
