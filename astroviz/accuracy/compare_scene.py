r"""Two posteriors side by side: scores, their growth, the difference, one object closely."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from astroviz.accuracy.comparison import Comparison, compare
from astroviz.accuracy.trial import Trial

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["CompareScene", "Look", "compare_scene"]

_SHOWN = 400  # draws of each that are drawn


@dataclass(frozen=True, eq=False)
class Look:
    r"""One object in two of its parameters.

    Arguments:
        first: Draws of A, shape :math:`(L, 2)`.
        second: Draws of B.
        truth: Shape (2,).
        reference: Where balls are centred, shape (2,).
        radii: Of a ball that reaches to a draw of A, and of one to a draw of B.
        inside: Part of the draws in these balls.
        holds: Whether the truth is in these balls.
        labels: Of the two axes, with units.
        plain: Whether two parameters are all that there are, so that balls are circles.
    """

    first: np.ndarray
    second: np.ndarray
    truth: np.ndarray
    reference: np.ndarray
    radii: tuple[float, float]
    inside: tuple[float, float]
    holds: tuple[bool, bool]
    labels: tuple[str, str]
    plain: bool


@dataclass(frozen=True, eq=False)
class CompareScene:
    r"""What a comparison draws.

    Arguments:
        pair: Both trials.
        names: What they are called.
        found: Their scores.
        seed: Seed of the ball that is shown.
    """

    pair: tuple[Trial, Trial]
    names: tuple[str, str]
    found: Comparison
    seed: int

    def look(self, row: int) -> Look:
        """An object closely, with a ball of each model about one reference."""
        first = self.pair[0]
        row = int(row) % first.count
        random = np.random.default_rng([self.seed, 0xBA11, row])
        draws = [np.asarray(one.draws[row, :_SHOWN, :2], float) for one in self.pair]
        truth = np.asarray(first.truths[row, :2], float)
        pool = first.truths if first.prior is None else first.prior
        reference = _within_reach(np.asarray(pool[:, :2], float), draws[0], random)
        if draws[0].shape[1] < 2:
            draws = [np.repeat(one, 2, -1) for one in draws]
            truth, reference = np.repeat(truth, 2), np.repeat(reference, 2)
        reached = int(random.integers(len(draws[0])))
        far = [np.hypot(*(one - reference).T) for one in draws]
        own = float(np.hypot(*(truth - reference)))
        radii = [float(one[reached]) for one in far]
        return Look(
            draws[0], draws[1], truth, reference, (radii[0], radii[1]),
            (float((far[0] < radii[0]).mean()), float((far[1] < radii[1]).mean())),
            (own <= radii[0], own <= radii[1]), self._labels(), first.size == 2,
        )  # fmt: skip

    def _labels(self) -> tuple[str, str]:
        trial = self.pair[0]
        units = trial.units or ("",) * trial.size
        found = [
            f"{name.replace('_', ' ')} ({unit})" if unit else name.replace("_", " ")
            for name, unit in zip(trial.names, units, strict=True)
        ]
        return found[0], found[min(1, len(found) - 1)]

    def verdict(self) -> str:
        """Who is nearer, in a sentence."""
        found = self.found
        low, high = found.interval
        if not found.nearer:
            return (
                f"The difference may be chance: {_signed(found.delta)}, 95 % between "
                f"{_signed(low)} and {_signed(high)}."
            )
        who = self.names[0 if found.nearer == "first" else 1]
        return (
            f"{who} is nearer to the score of a right posterior: by {abs(found.delta):.4f}, 95 % "
            f"between {abs(high if found.nearer == 'first' else low):.4f} and "
            f"{abs(low if found.nearer == 'first' else high):.4f}."
        )

    def numbers(self) -> str:
        """Scores, errors and p-values, as a table."""
        found, rows = self.found, ""
        for name, one in zip(self.names, (found.first, found.second), strict=True):
            rows += (
                f"<tr><td>{escape(name)}</td><td class='number'>{one.score:.4f} \u00b1 "
                f"{one.error:.4f}</td><td class='number'>{one.p_value:.2g}</td></tr>"
            )
        apart, error = found.difference
        return (
            f"<table><tr><th></th><th>score</th><th>p</th></tr>{rows}"
            f"<tr><td>a right posterior</td><td class='number'>{found.expected:.4f}</td><td></td>"
            f"</tr><tr><td>A \u2212 B, paired</td><td class='number'>{_signed(apart)} \u00b1 "
            f"{error:.4f}</td><td></td></tr></table>"
        )

    def table(self) -> QTable:
        """Scores of every object."""
        from astropy.table import QTable

        trial = self.pair[0]
        ids = trial.ids or tuple(f"object {k + 1}" for k in range(trial.count))
        return QTable({"object": list(ids), "score_a": self.found.first.scores,
                       "score_b": self.found.second.scores})  # fmt: skip


def _within_reach(pool: np.ndarray, draws: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One of a few draws of the prior, near but not amid the draws: its ball is seen to be one."""
    few = pool[random.integers(len(pool), size=12)]
    middle, width = draws.mean(0), draws.std(0) + 1e-12
    far = np.hypot(*((few - middle) / width).T)
    return np.asarray(few[np.argmin(np.where(far < 1.5, np.inf, far))])


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "\u2212")


def compare_scene(
    pair: tuple[Trial, Trial], names: tuple[str, str], kind: str = "prior", seed: int = 0
) -> CompareScene:
    r"""Score two models on the same objects.

    Arguments:
        pair: Their trials.
        names: What they are called.
        kind: Kind of references.
        seed: Seed of references and resampling.
    """
    return CompareScene(pair, names, compare(pair[0], pair[1], kind, seed=seed), seed)
