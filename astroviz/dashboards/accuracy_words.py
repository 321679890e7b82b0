"""What the accuracy lab says: its questions, its help, its words."""

from __future__ import annotations

__all__ = ["GLOSSARY", "HELP", "QUESTION", "QUESTIONS"]

QUESTION = "Is this posterior true, and which test would notice if it were not?"

QUESTIONS = {
    "trial": "Does the truth fall among the draws as often as it should, in every direction?",
    "traps": "Which wrong posterior passes which test, and how wrong may it be unseen?",
    "landscape": "Where on the sky, or among colours, do the intervals fail?",
    "compare": "Which of two posteriors is nearer to the truth, and is the difference real?",
    "shift": "Do the observations come from the world that the model was taught?",
}

HELP = (
    "A posterior is <b>calibrated</b> if, over many simulated observations, the truth is "
    "distributed like one more draw. Each check looks at one consequence of that, and each has a "
    "blind spot: passing a check is necessary, never sufficient.",
    "<b>Trial</b>: all fitting checks on a model or on your own draws, over fresh simulations. "
    "<b>Traps</b>: posteriors that are wrong on purpose, and who notices. <b>Landscape</b>: local "
    "coverage over the data. <b>Compare</b>: two posteriors by their MIRA score. <b>Shift</b>: "
    "whether observations are what the model knows.",
    "Checks share a family-wise level: all together call a right posterior wrong in at most 5 % "
    "of trials (Holm's procedure).",
)

GLOSSARY = {
    "SBC": "simulation-based calibration: ranks of the truth among the draws are uniform",
    "ECDF band": "where the distribution function of uniform ranks stays with 95 % probability",
    "coverage": "how often the truth is inside an interval or region of a stated probability",
    "HPD": "highest posterior density: the smallest region of a given probability",
    "TARP": "tests of accuracy with random points: coverage of balls about a reference point",
    "PQMass": "chi^2 of two samples counted in the cells of a few of their own points",
    "MIRA": "a score of posterior draws, 2/3 at best, that compares models",
    "C2ST": "accuracy of a classifier that tells two samples apart; 0.5 is equal",
    "L-C2ST": "the same, for one observation at a time",
    "MMD": "maximum mean discrepancy: a distance of samples in the space of a kernel",
    "sliced Wasserstein": "a transport distance averaged over projections on lines",
    "posterior predictive": "data simulated from posterior draws beside the data observed",
    "contraction": "1 - posterior variance over prior variance: how much the data told",
    "z-score": "(posterior mean - truth) over posterior standard deviation",
    "power": "how often a check notices a defect of a given size",
    "false alarm": "a check that calls a right posterior wrong",
    "family-wise": "of all checks together, not of each one",
}
