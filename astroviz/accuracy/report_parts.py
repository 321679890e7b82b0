r"""Everything that a report tells, as plain arrays, numbers and texts: for a page, for a file.

Figures and pages know nothing of checks; they are handed what is made here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astroviz.accuracy.check_table import CHECKS
from astroviz.accuracy.checks import obstacles
from astroviz.accuracy.outcome import Report, plain
from astroviz.accuracy.report import FALSE_ALARMS
from astroviz.accuracy.trial import Trial
from astroviz.accuracy.trial_cells import cell_table, group_kinds

__all__ = ["figure_parts", "report_parts", "slim_parts"]

_LARGEST = 2000  # numbers of one array that a JSON file holds
_CARD = ("name", "title", "what", "data", "prior", "limits", "licence", "sha256")


def report_parts(
    trial: Trial,
    report: Report,
    card: Any = None,
    command: str = "",
    code: str = "",
    seed: int = 0,
) -> dict[str, Any]:
    r"""What a page or a file tells of a report.

    Arguments:
        trial: What was judged, as `validity.validated` gave it.
        report: What `run_checks` found.
        card: Card of the model, where there is one.
        command: Words of the command line that make the report again.
        code: Lines of Python that do.
        seed: Seed of the checks.

    Returns:
        `verdict`, `passed`, `level`, `model`, `count`, `draws`, `parameters`, `geometry`, `notes`;
        `outcomes`, a mapping of each with its arrays; `checks`, what each asks, detects and
        misses; `barred`, why others were not run; `groups`, tables by kind of group; `card`,
        `command`, `code`, `seed`.
    """
    ran = [outcome.check for outcome in report.outcomes]
    rejected = set(report.rejected)
    outcomes = [
        {**{f.name: getattr(one, f.name) for f in dataclasses.fields(one)},
         "rejected": one.check in rejected} for one in report.outcomes
    ]  # fmt: skip
    why = obstacles(trial)
    barred = {
        name: why[name] or "It fits, but was not asked for." for name in CHECKS if name not in ran
    }
    return {
        "verdict": report.verdict(), "passed": report.passed, "level": report.level,
        "model": report.model, "count": report.count, "draws": report.draws, "seed": seed,
        "parameters": _parameters(trial), "geometry": trial.geometry,
        "notes": list(report.notes), "outcomes": outcomes,
        "checks": {name: _told(name) for name in CHECKS}, "barred": barred,
        "groups": _groups(trial, seed), "card": _card(card), "command": command, "code": code,
    }  # fmt: skip


def figure_parts(
    verdicts: Sequence[Mapping[str, Any]], card: Any, command: str = "", seed: int = 0
) -> dict[str, Any]:
    r"""The same for a model without a posterior: its own figures beside their goals.

    Arguments:
        verdicts: What `report.verdicts` gave: name, value, bound, passed.
        card: Card of the model.
        command: Words of the command line that make the report again.
        seed: Seed of the checks.
    """
    missed = sum(not one["passed"] for one in verdicts)
    told = f"{len(verdicts) - missed} of {len(verdicts)} figures keep their goals."
    return {
        "verdict": told, "passed": not missed, "level": FALSE_ALARMS, "model": card.name,
        "seed": seed, "figures": [dict(one) for one in verdicts], "outcomes": [], "checks": {},
        "barred": {}, "groups": [], "notes": ["This model gives no posterior of its own: its "
        "figures are compared with their goals."], "card": _card(card), "command": command,
    }  # fmt: skip


def slim_parts(parts: Mapping[str, Any]) -> dict[str, Any]:
    r"""The same for a JSON file: no NaN, and no array of more than 2,000 numbers.

    Arguments:
        parts: What `report_parts` gave.
    """
    slim = dict(parts)
    slim["outcomes"] = [
        {**one, "curves": {k: v for k, v in one["curves"].items() if np.size(v) <= _LARGEST},
         "objects": one["objects"] if np.size(one["objects"]) <= _LARGEST else None}
        for one in parts["outcomes"]
    ]  # fmt: skip
    found: dict[str, Any] = plain(slim)
    return found


def _parameters(trial: Trial) -> list[str]:
    """Names with units; of many, the first and how many more."""
    units = trial.units or ("",) * trial.size
    named = [f"{name} ({unit})" if unit else name
             for name, unit in zip(trial.names, units, strict=True)]  # fmt: skip
    return named if len(named) <= 20 else [*named[:4], f"{len(named) - 4:,} more"]


def _told(name: str) -> dict[str, str]:
    check = CHECKS[name]
    return {key: str(getattr(check, key)) for key in ("title", "question", "detects", "misses",
                                                      "source")}  # fmt: skip


def _groups(trial: Trial, seed: int) -> list[dict[str, Any]]:
    """Coverage, width and shift by parameter and group; all objects where there is no group."""
    if trial.geometry == "rotation":
        return []  # entries of a matrix are no parameters
    found = []
    for kind in group_kinds(trial) or ("",):
        tables = {look: cell_table(trial, kind, look, seed) for look in ("coverage", "width",
                                                                         "shift")}  # fmt: skip
        first = tables["coverage"]
        found.append({
            "kind": kind, "rows": list(first.rows), "columns": list(first.columns),
            "counts": first.counts.tolist(),
            "looks": {look: {"texts": [list(row) for row in table.texts],
                             "words": [list(row) for row in table.words],
                             "stands_out": table.stands_out.tolist()}
                      for look, table in tables.items()},
        })  # fmt: skip
    return found


def _card(card: Any) -> dict[str, Any]:
    if card is None:
        return {}
    found = {name: plain(getattr(card, name, "")) for name in _CARD}
    limits = found["limits"]
    found["limits"] = list(limits) if isinstance(limits, list | tuple) else [limits or ""]
    return {**found, "metrics": plain(dict(getattr(card, "metrics", {}) or {}))}
