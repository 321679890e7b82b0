r"""What a model card says of its checks: verdicts, and honest failures by their names."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from astroviz.accuracy.check_table import CHECKS
from astroviz.accuracy.outcome import Report
from astroviz.core.cards import Card

__all__ = ["MARK", "card_verdicts", "from_report", "from_verdicts", "with_checks"]

MARK = "astroviz check: "
"""How a sentence of the limits begins that was written from a report."""


def from_report(report: Report, case: str, words: str, seed: int) -> dict[str, Any]:
    r"""The table `checks` of a card, of a trial on fresh simulations.

    Arguments:
        report: What the checks found.
        case: What was tried.
        words: The same in words.
        seed: Seed of it all.

    Returns:
        Case, numbers, level, verdict, and of each check its p-value or figure.
    """
    tested = {one.check: one.p_value for one in report.outcomes if one.p_value == one.p_value}
    return {
        "case": case, "what": words, "simulations": report.count, "draws": report.draws,
        "seed": seed, "level": report.level, "passed": report.passed,
        "verdict": report.verdict(), "failed": list(report.rejected),
        "p_values": {name: float(f"{p:.3g}") for name, p in tested.items()},
    }  # fmt: skip


def from_verdicts(verdicts: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    r"""The same for a model without a posterior, of the figures of its own checks.

    Arguments:
        verdicts: What `report.verdicts` gave.
        seed: Seed of the checks.
    """
    failed = [str(one["name"]) for one in verdicts if not one["passed"]]
    right = len(verdicts) - len(failed)
    return {
        "case": "figures", "what": "figures of the model beside their goals", "seed": seed,
        "passed": not failed, "failed": failed,
        "verdict": f"{right} of {len(verdicts)} figures keep their goals.",
        "figures": {
            str(one["name"]): {"value": float(f"{one['value']:.4g}"),
                               "bound": float(f"{one['bound']:.4g}")} for one in verdicts
        },
    }  # fmt: skip


def card_verdicts(card: Any) -> list[tuple[str, bool]]:
    r"""What a card says of its checks: name for people and whether it held; empty if nothing.

    Arguments:
        card: A card, or None.
    """
    extra = getattr(card, "extra", None)
    found = extra.get("checks") if isinstance(extra, Mapping) else None
    if not isinstance(found, Mapping):
        return []
    if "verdicts" in found:
        return [(str(one["name"]), bool(one["passed"])) for one in found["verdicts"]]
    failed = set(found.get("failed", ()))
    names = found.get("p_values") or found.get("figures") or ()
    return [(CHECKS[name].title if name in CHECKS else str(name), name not in failed)
            for name in names]  # fmt: skip


def with_checks(card: Card, found: Mapping[str, Any]) -> Card:
    r"""A card with what its checks found, in place of what they had found before.

    Arguments:
        card: The card.
        found: From `from_report` or `from_verdicts`.

    Returns:
        The card with the table `checks`, the metrics `checks passed` and `checks failed`, and, in
        its limits, a sentence that names what failed.
    """
    number = len(found.get("p_values") or found.get("figures") or ())
    failed = list(found["failed"])
    metrics = {**card.metrics, "checks passed": number - len(failed), "checks failed": len(failed)}
    old = [card.limits] if isinstance(card.limits, str) else list(card.limits)
    limits = [line for line in old if line and not line.startswith(MARK)]
    if failed:
        limits.append(MARK + _sentence(found, failed))
    # a single text stays one
    told = card.limits if limits == [card.limits] else limits
    return dataclasses.replace(
        card, metrics=metrics, limits=told, extra={**card.extra, "checks": dict(found)}
    )


def _sentence(found: Mapping[str, Any], failed: Sequence[str]) -> str:
    if "p_values" not in found:
        return f"misses its goal in {', '.join(failed)}."
    named = [
        f"{CHECKS[name].title if name in CHECKS else name} (p = {found['p_values'][name]:.1g})"
        for name in failed
    ]
    return (
        f"on {found['simulations']} fresh simulations with {found['draws']} draws each "
        f"({found['what']}), rejected at {100 * found['level']:g} % by {', '.join(named)}."
    )
