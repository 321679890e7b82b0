r"""The verdicts as rows that a page shows: every check, what it found, what it cannot see."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from astroviz.accuracy.card_checks import card_verdicts
from astroviz.accuracy.checks import CHECKS, obstacles
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.trial_run import Found

if TYPE_CHECKING:
    from astropy.table import QTable

_RAISED = str.maketrans(
    "-0123456789",
    "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079",
)

__all__ = [
    "board_rows",
    "p_words",
    "shipped_html",
    "verdict_table",
    "verdict_words",
    "worst_check",
]


def p_words(p: float) -> str:
    """A p-value as people read it."""
    if not math.isfinite(p):
        return "score"
    if p < 1e-4:
        power = min(int(-math.log10(max(p, 1e-99))), 99)
        return f"p < 10{str(-power).translate(_RAISED)}"
    return f"p = {p:.2g}" if p < 0.1 else f"p = {p:.2f}"


def worst_check(found: Found) -> str:
    """The check that speaks loudest: the smallest p-value."""
    tested = [one for one in found.report.outcomes if math.isfinite(one.p_value)]
    every = tested or list(found.report.outcomes)
    if not every:
        return next(iter(CHECKS))
    return min(every, key=lambda one: one.p_value if math.isfinite(one.p_value) else 1.0).check


def board_rows(
    found: Found | None, wanted: tuple[str, ...], chosen: str, defaults: bool = True
) -> list[dict[str, Any]]:
    r"""A row for each check.

    Arguments:
        found: What was found; None before.
        wanted: Checks that are to run; empty for the suite.
        chosen: The check whose figure is shown.
        defaults: Whether an empty `wanted` means the suite.

    Returns:
        Mappings that JSON can hold: `name`, `title`, `state` (`held`, `failed`, `score`,
        `refused`, `idle`, `barred`), `p` (None where there is none), `words`, `said`, `on`,
        `heavy`, `chosen`, and the help: `question`, `detects`, `misses`, `source`.
    """
    outcomes: Mapping[str, Outcome] = {} if found is None else found.outcomes
    rejected = () if found is None else found.report.rejected
    barred = {} if found is None else obstacles(found.trial)
    rows = []
    for name, check in CHECKS.items():
        outcome = outcomes.get(name)
        refused = "" if found is None else found.refused.get(name, "")
        row: dict[str, Any] = {
            "name": name, "title": check.title, "question": check.question,
            "detects": check.detects, "misses": check.misses, "source": check.source,
            "heavy": check.cost == "heavy", "chosen": name == chosen,
            "on": name in wanted if wanted else (check.default and defaults),
            "p": None, "words": "", "said": "",
        }  # fmt: skip
        if outcome is not None:
            finite = math.isfinite(outcome.p_value)
            row["state"] = ("failed" if name in rejected else "held") if finite else "score"
            row["p"] = max(outcome.p_value, 1e-300) if finite else None
            row["words"], row["said"] = p_words(outcome.p_value), _said(outcome.sentence)
        elif refused:
            row["state"], row["said"] = "refused", refused
        elif barred.get(name):
            row["state"], row["said"] = "barred", barred[name]
        else:
            row["state"] = "idle"
        rows.append(row)
    return rows


def _said(sentence: str) -> str:
    return sentence.replace("+- ", "\u00b1 ")


def shipped_html(card: Any) -> str:
    """What a model's card says of its checks, as small HTML; empty where it says nothing."""
    verdicts = card_verdicts(card)
    if not verdicts:
        return ""
    lines = [
        ("\u2713" if passed else "!", escape(name))
        for name, passed in sorted(verdicts, key=lambda one: one[1])
    ]
    rows = "".join(f"<tr><td>{mark}</td><td>{name}</td></tr>" for mark, name in lines)
    return f"<p>When it was shipped, its card said:</p><table>{rows}</table>"


def verdict_table(found: Found) -> QTable:
    """What each check found, a row each."""
    from astropy.table import QTable

    outcomes = found.report.outcomes
    return QTable({
        "check": [CHECKS[one.check].title for one in outcomes],
        "value": [one.value for one in outcomes],
        "expected": [one.expected for one in outcomes],
        "error": [one.error for one in outcomes],
        "p_value": [one.p_value for one in outcomes],
        "rejected": [one.check in found.report.rejected for one in outcomes],
        "found": [one.sentence for one in outcomes],
        "seconds": [one.seconds for one in outcomes],
    })  # fmt: skip


def verdict_words(found: Found | None, growing: bool = False) -> dict[str, Any]:
    r"""The verdict of all checks: `state`, `words`, `small`, what it rests on, and `notes`.

    Arguments:
        found: What was found; None before.
        growing: Whether more is on its way.
    """
    if found is None:
        return {"state": "idle", "words": "Not tried yet", "small": "press Try it", "notes": []}
    report = found.report
    tested = sum(math.isfinite(one.p_value) for one in report.outcomes)
    small = (
        f"{report.count:,} objects \u00d7 {report.draws:,} draws, "
        f"{100 * report.level:g} % family-wise"
    )
    notes = list(report.notes)
    if found.stored:
        notes.append("Simulated and answered before; Re-draw asks for fresh simulations.")
    notes.append(
        "All checks together call a right posterior wrong in at most "
        f"{100 * report.level:g} % of trials (Holm). Passing them is necessary, not sufficient."
    )
    if growing and not found.complete:
        small = f"{report.count:,} of {found.asked.count:,} objects so far"
    if not tested:
        return {"state": "score", "words": "Nothing was tested", "small": small, "notes": notes}
    if report.passed:
        words = f"None of {tested} checks rejects"
        return {"state": "held", "words": words, "small": small, "notes": notes}
    number = len(report.rejected)
    words = f"{number} of {tested} checks reject{'s' if number == 1 else ''}"
    return {"state": "failed", "words": words, "small": small, "notes": notes}
