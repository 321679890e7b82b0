r"""What the traps teach, in words: short names of checks, and a lesson for each defect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape

from astroviz.accuracy.checks import CHECKS
from astroviz.accuracy.outcome import Outcome

__all__ = ["BRIEF", "HEADS", "LESSONS", "SHORT", "listed", "short", "story", "written_p"]

SHORT = {
    "sbc": "Ranks (SBC)",
    "dispersion": "Bias and width",
    "correlation": "Correlations",
    "coverage": "HPD coverage",
    "tarp": "TARP",
    "tarp_data": "TARP, guesses from data",
    "mira": "MIRA",
    "mira_data": "MIRA, guesses from data",
    "likelihood_rank": "Likelihood ranks",
    "contraction": "Contraction",
    "regimes": "Ranks by regime",
    "predictive": "Predictions",
    "reduced_chi_square": "Residual chi\u00b2",
    "pqmass": "PQMass",
    "c2st": "C2ST",
    "local_c2st": "L-C2ST",
    "mmd": "MMD",
    "sliced": "Sliced Wasserstein",
}
"""Names of checks that fit beside a table."""

LESSONS = {
    "biased": "Almost everything sees a shift of all intervals. Make it small, then take more "
    "objects: what is seen is the shift in units of the width over the square root of their "
    "number.",
    "narrow": "A classic that every check of coverage sees. The more parameters share the fault, "
    "the smaller it may be and still be seen, if a check pools them.",
    "wide": "A posterior that is too careful fails as clearly as one that is too sure: a score of "
    "sharpness alone would not say so.",
    "correlation": "Checks that look at one parameter at a time are blind here, because each "
    "marginal is exact. Only joint checks can see it: regions of highest density, likelihoods, "
    "products of ranks.",
    "prior": "Over all objects, the truth is one more draw of this posterior; so ranks, HPD "
    "coverage, and TARP and MIRA with references that do not know the data are blind, even when "
    "the posterior is the prior itself. Let the references be guesses from the data, rank the "
    "likelihood, or ask what the data removed, and it shows.",
    "hpd": "The plot of HPD coverage lies on the diagonal however far you drag: it asks only how "
    "high the density is at the truth, not where. A diagonal is necessary, not sufficient.",
    "regime": "The errors of the two instruments cancel exactly. Whatever averages over all "
    "objects is blind; split them by something that the data tell, or ask whether the draws fit "
    "their data, and it shows.",
    "permuted": "Every marginal is exact, so that ranks see nothing. The draws lie where no "
    "answer is: their likelihood is wrong, and so is the density at the truth.",
    "lost": "Both modes fit the data, so the likelihood cannot tell that one is missing. Where "
    "the truth is in the mode that was given up, no draw is near it: coverage sees that.",
}
"""Defect to what it teaches."""

BRIEF: dict[str, Callable[[float], str]] = {
    "biased": lambda s: f"shifted by {s:.2f} \u03c3",
    "narrow": lambda s: f"widths \u2212{100 * s:.0f} %",
    "wide": lambda s: f"widths +{100 * s:.0f} %",
    "correlation": lambda s: f"correlation \u2212{100 * s:.0f} %",
    "prior": lambda s: f"information \u2212{100 * s:.0f} %",
    "hpd": lambda s: (
        f"widths \u2212{100 * (1 - (1 + s) ** -0.5):.0f} / +{100 * ((1 - s) ** -0.5 - 1):.0f} %"
    ),
    "regime": lambda s: f"false label: {50 * s:.0f} %",
    "permuted": lambda s: f"wrong modes: {100 * s:.0f} %",
    "lost": lambda s: f"modes {50 * (1 + s):.0f} : {50 * (1 - s):.0f}",
}
"""Defect and size to a few words."""

HEADS = {
    "biased": "Biased", "narrow": "Too\nsure", "wide": "Too\ncareful",
    "correlation": "Wrong\ncorrel.", "prior": "Blind\nto data", "hpd": "Right\nby HPD",
    "regime": "Right on\naverage", "permuted": "Modes\nmixed", "lost": "Lost\nmode",
}  # fmt: skip
"""Defect to a narrow heading."""


def short(check: str) -> str:
    """Short name of a check."""
    return SHORT.get(check, CHECKS[check].title if check in CHECKS else check)


def listed(checks: Sequence[str]) -> str:
    """Names of checks in a sentence; `none` for no check."""
    return ", ".join(short(name) for name in checks) or "none"


def written_p(outcome: Outcome | Mapping[str, float]) -> str:
    """A p-value as it stands in a narrow cell."""
    p = float(outcome.p_value if isinstance(outcome, Outcome) else outcome["p_value"])
    if p != p:
        return ""
    return "<.001" if p < 1e-3 else f"{p:.3f}".lstrip("0") if p < 0.0995 else f"{p:.2f}"


def story(title: str, measure: str, words: str, lesson: str) -> str:
    """A trap as small HTML."""
    return (
        f"<p><b>{escape(title)}:</b> {escape(measure)}.</p><p class='faint'>{escape(words)}</p>"
        f"<p>{escape(lesson)}</p>"
    )
