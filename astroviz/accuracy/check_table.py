r"""The table of named checks: the question of each, what it detects and what it cannot.

Necessary is not sufficient: a perfect posterior passes every one of them (but for the false
alarms of chance), a wrong one passes those that do not see what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module

import numpy as np

from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.trial import GEOMETRIES, Trial

__all__ = ["CHECKS", "Check"]


def _fits(trial: Trial) -> str:
    return ""


@dataclass(frozen=True)
class Check:
    r"""One check.

    Arguments:
        name: Its key.
        title: Its name on a page.
        question: What it asks, in one sentence.
        detects: What it sees.
        misses: What it cannot see.
        source: Who proposed it.
        needs: Fields of `Trial` that it cannot do without, with words for each.
        geometries: Geometries that it is for.
        draws: Draws for each object that it needs.
        cost: `light` (below a second for 1,000 objects) or `heavy`.
        default: Whether it belongs to the suite that runs when none is named.
        default_with: Field of `Trial` without which it does not.
        where: Module and function, `module:name`, that takes a trial and a seed.
        unfit: Why it does not fit a trial in other ways; an empty text where it does.
    """

    name: str
    title: str
    question: str
    detects: str
    misses: str
    source: str
    where: str
    needs: Mapping[str, str] = field(default_factory=dict)
    geometries: tuple[str, ...] = GEOMETRIES
    draws: int = 2
    cost: str = "light"
    default: bool = True
    default_with: str = ""
    unfit: Callable[[Trial], str] = _fits

    def run(self, trial: Trial, seed: int = 0) -> Outcome:
        r"""Run it on a trial that `validity.validated` gave."""
        module, name = self.where.split(":")
        work = getattr(import_module(f"astroviz.accuracy.{module}"), name)
        found: Outcome = work(trial, seed)
        return found


def _one_number(trial: Trial) -> str:
    return "" if trial.size > 1 else "It looks at two parameters together, but there is one."


def _no_gaps(trial: Trial) -> str:
    broken = not (np.isfinite(trial.truths).all() and np.isfinite(trial.draws).all())
    return "It cannot count gaps, which the truths or draws of this trial have." if broken else ""


_DATA = {"observations": "what each posterior was given (observations)"}
_PLAIN = ("vector", "image", "series")
_SMOOTH = (*_PLAIN, "rotation")

_TABLE = (
    Check(
        "sbc", "Ranks (SBC)", "Does the truth rank anywhere among its draws, one parameter at a "
        "time?",
        "Any wrong marginal on average: bias, too narrow, too wide, skewed.",
        "Wrong correlations, the prior given for every object, and errors that cancel over the "
        "objects.",
        "Talts et al. 2018, arXiv 1804.06788; bands of Säilynoja et al. 2022, arXiv 2103.10522",
        "simulation_ranks:run",
    ),
    Check(
        "dispersion", "Bias and width", "Are the intervals shifted, or too narrow or wide, by how "
        "much?",
        "Small common errors of width and shifts, pooled over all parameters: 10 % in width of "
        "ten parameters needs a few hundred objects.",
        "Wrong shapes of equal mean and width, wrong correlations, the prior given for every "
        "object.",
        "normal scores of SBC ranks; Cook, Gelman & Rubin 2006",
        "dispersion:run", geometries=_SMOOTH, unfit=_no_gaps,
    ),
    Check(
        "correlation", "Correlations", "Are parameters wrong together as the draws say?",
        "Wrong correlations between parameters whose marginals are right, and too small or large "
        "joint regions.",
        "The prior given for every object, and errors that cancel over the objects.",
        "SBC of products and of the Mahalanobis distance; test quantities of Modrák et al. 2023, "
        "arXiv 2211.02383",
        "rank_correlation:run", geometries=_SMOOTH,
        unfit=lambda trial: _one_number(trial) or _no_gaps(trial),
    ),
    Check(
        "coverage", "Coverage of highest-density regions", "Does the region of highest density "
        "that holds a part of the draws hold as many truths?",
        "Regions that are too small or large, also of many modes. Without densities, central "
        "intervals take their place.",
        "A bias or wrong shape that keeps the density at the truths: a wrong posterior can lie on "
        "the diagonal; the prior given for every object.",
        "Hyndman 1996; Hermans et al. 2022, arXiv 2110.06581",
        "region_coverage:run",
        default_with="log_prob",
    ),
    Check(
        "tarp", "TARP", "Do balls around random points hold as many truths as they say?",
        "Wrong joint posteriors in any number of dimensions, from draws alone, wherever a "
        "reference point shows it.",
        "The prior given for every object, because references do not know the data; small errors "
        "of width in many dimensions.",
        "Lemos et al. 2023, arXiv 2302.03026",
        "random_points:run",
    ),
    Check(
        "tarp_data", "TARP, references from the data", "The same, around points that are guesses "
        "from each object's data?",
        "The prior given for every object, and posteriors that are right only on average.",
        "Small errors of width in many dimensions.",
        "Lemos et al. 2023, arXiv 2302.03026",
        "random_points:run_data", needs=_DATA,
    ),
    Check(
        "mira", "MIRA", "Does a ball of random size hold the truth as often as it holds draws?",
        "Strongly wrong joint posteriors; made to rank models by one number with an error.",
        "Whatever does not change the mean score: the prior given for every object, small errors "
        "of width.",
        "arXiv 2605.02014",
        "mira:run",
    ),
    Check(
        "mira_data", "MIRA, references from the data", "The same, around guesses from each "
        "object's data?",
        "The prior given for every object, which plain MIRA does not see.",
        "Small errors of width in many dimensions.",
        "arXiv 2605.02014",
        "mira:run_data", needs=_DATA, default=False,
    ),
    Check(
        "likelihood_rank", "Ranks of the likelihood", "Do the draws fit their data as well as the "
        "truth does?",
        "The prior given for every object, and draws that ignore part of the data.",
        "Errors along directions that the data do not constrain.",
        "Modrák et al. 2023, arXiv 2211.02383",
        "likelihood_rank:run",
        needs={"log_likelihood": "the log likelihood of truths and draws (log_likelihood)"},
    ),
    Check(
        "contraction", "Contraction and leftovers in the data", "Has the posterior taken from the "
        "data what is in them?",
        "The prior given for every object, and bias or width that changes with the data.",
        "What the data do not tell by a straight line or a parabola.",
        "contraction of Betancourt 2018; regression of the ranks on the data",
        "contraction:run", geometries=_SMOOTH, needs=_DATA, unfit=_no_gaps,
    ),
    Check(
        "regimes", "Ranks by regime", "Do the ranks stay uniform in every group of objects?",
        "Posteriors that are right on average and wrong in a regime or gap pattern.",
        "Errors within groups that cancel, and groups of few objects.",
        "Modrák et al. 2023, arXiv 2211.02383 (cells chosen by the data)",
        "regimes:run", needs={"groups": "labels of groups (groups)"},
    ),
    Check(
        "predictive", "Predictions", "Do measured values fall where they should in their "
        "predictions?",
        "Wrong predictions of what the model was not given; needs no truth.",
        "Errors in parameters that the prediction does not feel. Values that the model was given "
        "fall too close to the middle, by construction.",
        "Gneiting, Balabdaoui & Raftery 2007",
        "predictive:run",
        needs={"measured": "measured values (measured)", "predicted": "their predictions "
               "(predicted)"},
    ),
    Check(
        "reduced_chi_square", "Residuals", "Are the residuals of the draws noise, no more and no "
        "less?",
        "Draws that do not fit their data, or fit the noise.",
        "Wrong priors and directions that the data do not constrain.",
        "chi^2 of the residuals; Adam et al. 2022, arXiv 2211.03812",
        "residuals:run",
        needs={"chi_square": "the residual chi^2 of the draws (chi_square)"},
    ),
    Check(
        "pqmass", "PQMass", "Are truths and draws, one for each object, two samples of one law?",
        "A wrong population of draws; with the observations beside, a wrong posterior.",
        "Without observations: the prior given for every object, and draws of the wrong objects.",
        "Lemos et al. 2024, arXiv 2402.04355",
        "two_samples:run", draws=1, default=False, cost="heavy",
    ),
    Check(
        "c2st", "Classifier (C2ST)", "Can a classifier tell truths from draws?",
        "Any difference that the classifier can learn, given enough objects.",
        "What a classifier of this size does not learn from so few objects.",
        "Lopez-Paz & Oquab 2017, arXiv 1610.06545; Lueckmann et al. 2021, arXiv 2101.04653",
        "two_samples:run_classifier", draws=1, default=False, cost="heavy",
    ),
    Check(
        "local_c2st", "Local classifier (L-C2ST)", "Where in the data can a classifier tell "
        "truths from draws?",
        "Local errors, and for which objects.",
        "What a classifier of this size does not learn from so few objects.",
        "Linhart et al. 2023, arXiv 2306.03580",
        "local_c2st:run", needs=_DATA, draws=1, default=False, cost="heavy", unfit=_no_gaps,
        geometries=_SMOOTH,
    ),
    Check(
        "mmd", "Kernel distance (MMD)", "Are truths and draws, one for each object, two samples "
        "of one law?",
        "Differences of location, width and shape of the population.",
        "Fine structure in many dimensions.",
        "Gretton et al. 2012",
        "mmd:run", draws=1, default=False, cost="heavy",
    ),
    Check(
        "sliced", "Sliced Wasserstein distance", "Are truths and draws, one for each object, two "
        "samples of one law?",
        "Differences of any one-dimensional view of the population.",
        "Structure that no straight projection shows.",
        "Bonneel et al. 2015",
        "sliced_wasserstein:run", draws=1, geometries=_PLAIN, default=False, cost="heavy",
        unfit=_no_gaps,
    ),
)  # fmt: skip

CHECKS: dict[str, Check] = {check.name: check for check in _TABLE}
"""Every check by its name, in the order of a report."""
