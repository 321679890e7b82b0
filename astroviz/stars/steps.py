r"""Steps against accuracy: what a sampler was measured to cost and to be worth, kept in the card.

The figures of each sampler and number of network evaluations are written into the card's metrics
by `tests/benchmarks/bench_shortcut.py` and read here, so that a page shows what was measured of
the very weights it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from astroviz.stars.sampler import DEFAULT_STEPS
from astroviz.stars.shortcut import DEFAULT_JUMPS

__all__ = ["StepFigure", "chosen_figure", "evaluations", "read_figures", "to_metrics"]

_PREFIX = "steps "
_PARTS = {
    "C2ST": "c2st",
    "coverage_90 error": "coverage_error",
    "ms per 2,000 draws": "milliseconds",
}


@dataclass(frozen=True)
class StepFigure:
    r"""What was measured of one way to draw.

    Arguments:
        sampler: `flow` or `shortcut`.
        evaluations: Evaluations of the network for each draw.
        c2st: Mean accuracy of a classifier that tells its draws from those of the converged
            flow; 0.5 is no difference.
        coverage_error: Largest :math:`|c_{90} - 0.90|` over parameters and gap patterns.
        milliseconds: Time for 2,000 draws of one star on one core.
    """

    sampler: str
    evaluations: int
    c2st: float
    coverage_error: float
    milliseconds: float

    def text(self) -> str:
        """One line for people."""
        name = "few-step sampler" if self.sampler == "shortcut" else "flow"
        times = "1 evaluation" if self.evaluations == 1 else f"{self.evaluations} evaluations"
        return (
            f"{name}, {times}: C2ST {self.c2st:.3f} against the converged flow, largest error of "
            f"the 90 % coverage {100 * self.coverage_error:.1f} %, "
            f"{self.milliseconds:.0f} ms per 2,000 draws on one core"
        )


def evaluations(sampler: str, steps: int) -> int:
    """Evaluations of the network: two for a midpoint step of the flow, one for a jump."""
    return steps if sampler == "shortcut" else 2 * steps


def to_metrics(figures: Iterable[StepFigure]) -> dict[str, float]:
    """The figures as a card keeps them."""
    return {
        f"{_PREFIX}{figure.sampler} {figure.evaluations}: {label}": round(
            float(getattr(figure, name)), 4
        )
        for figure in figures
        for label, name in _PARTS.items()
    }


def read_figures(metrics: Mapping[str, Any]) -> tuple[StepFigure, ...]:
    """The figures in a card, by sampler and evaluations; empty where none were measured."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for key, value in metrics.items():
        if not key.startswith(_PREFIX):
            continue
        way, _, label = key.removeprefix(_PREFIX).partition(": ")
        sampler, _, number = way.rpartition(" ")
        if label in _PARTS and number.isdecimal():
            found.setdefault((sampler, int(number)), {})[_PARTS[label]] = float(value)
    return tuple(
        StepFigure(sampler, number, **parts)
        for (sampler, number), parts in sorted(found.items())
        if len(parts) == len(_PARTS)
    )


def chosen_figure(model: Any, steps: int | None) -> tuple[str, int, StepFigure | None]:
    r"""Sampler and evaluations of a view's choice of steps, with what was measured of them.

    Arguments:
        model: The model that answers.
        steps: Midpoint steps of the flow; None for the few-step sampler where there is one.
    """
    quick = steps is None and "shortcut" in getattr(model, "samplers", ())
    sampler = "shortcut" if quick else "flow"
    number = evaluations(sampler, DEFAULT_JUMPS if quick else steps or DEFAULT_STEPS)
    figures = read_figures(model.card.metrics)
    match = (f for f in figures if (f.sampler, f.evaluations) == (sampler, number))
    return sampler, number, next(match, None)
