r"""A comparison of two posteriors in four figures, for the page and the notebook alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from astroviz.plots.curves import Curve, Curves
from astroviz.plots.mira_score import MiraScore
from astroviz.plots.two_posteriors import TwoPosteriors

__all__ = ["CompareFigures"]

_KINDS = {"prior": "from the prior", "data": "from the data"}
_RIGHT, _ZERO = "a right posterior", "no difference"
_ROOM = 0.4  # of an axis, for the legend
_TICKS = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_SHADES = (("A", "posterior"), ("B", "excess"))


class CompareFigures:
    r"""One object closely, scores, scores as objects come in, the difference.

    Arguments:
        dark: Whether the ground is dark.
    """

    def __init__(self, dark: bool = False) -> None:
        self.look = TwoPosteriors("compare-look", dark)
        self.scores = MiraScore(dark=dark)
        self.scores.figure.name = "compare-scores"
        curves = [Curve(f"_{which} error", role, "band") for which, role in _SHADES]
        curves += [Curve(which, role) for which, role in _SHADES]
        self.running = Curves(
            "compare-running", "objects that are in", "MIRA score (mean probability)",
            [*curves, Curve(_RIGHT, "goal", dash="dashed")], dark, "bottom_right",
            x_axis_type="log",
        )  # fmt: skip
        label = "|A \u2212 right| \u2212 |B \u2212 right|, score (below 0: A is nearer)"
        bars = Curve("resampled objects", "prior", "bars", alpha=0.6)
        lines = (Curve("95 %", "posterior", width=4), Curve(_ZERO, "goal", dash="dashed"))
        self.difference = Curves("compare-difference", label, "density", [bars, *lines], dark)
        self._kept: dict[str, Any] = {}

    @property
    def plots(self) -> tuple[Any, ...]:
        """All of them."""
        return (self.look, self.scores, self.running, self.difference)

    def show(self, scene: Any) -> None:
        """Draw scores (of an `accuracy.compare_scene.CompareScene`), one object excepted."""
        self._kept = {scene.found.kind: scene}
        self._show_scores()
        self._show_running(scene.found)
        self._show_difference(scene)

    def show_other(self, scene: Any) -> None:
        """Draw the scores as seen from the other kind of references too."""
        self._kept[scene.found.kind] = scene
        self._show_scores()

    def show_look(self, scene: Any, row: int) -> None:
        """Draw one object closely."""
        one = scene.look(row)
        parts = []
        for which, share, held in zip("AB", one.inside, one.holds, strict=True):
            truth = "the truth" if held else "not the truth"
            parts.append(f"the ball of {which} holds {100 * share:.0f} % of its draws and {truth}")
        words = (
            f"Draws of both for one object; {' and '.join(parts)}."
            if one.plain
            else ("Draws of both for one object, in two of its parameters.")
        )
        self.look.update(one.first, one.second, one.truth, one.reference, one.radii, one.labels,
                         words, one.plain)  # fmt: skip

    def clear(self, words: str) -> None:
        """Show nothing, and say why."""
        self.look.clear(words)
        self.scores.update({"names": [], "score": [], "error": [], "expected": np.nan}, words)
        for chart in (self.running, self.difference):
            chart.update({}, words)

    def _show_scores(self) -> None:
        names: list[str] = []
        score: list[float] = []
        error: list[float] = []
        expected = np.nan
        for kind in ("prior", "data"):
            if kind not in self._kept:
                continue
            found = self._kept[kind].found
            expected = found.expected
            for which, one in zip("AB", (found.first, found.second), strict=True):
                names.append(f"{which}, {_KINDS[kind]}")
                score.append(one.score)
                error.append(one.error)
        self.scores.update({"names": names, "score": score, "error": error, "expected": expected})

    def _show_running(self, found: Any) -> None:
        count = found.count.astype(float)
        values: dict[str, tuple[Any, ...]] = {_RIGHT: (count[[0, -1]], np.full(2, found.expected))}
        for k, (which, _) in enumerate(_SHADES):
            mean, error = found.running[k], found.running_error[k]
            values[which] = (count, mean)
            values[f"_{which} error"] = (count, mean - error, mean + error)
        places = [k for k in _TICKS if count[0] <= k <= count[-1]]
        self.running.ticks(places)
        late = found.running[:, len(count) // 4 :]
        low, high = min(float(late.min()), found.expected), max(float(late.max()), found.expected)
        margin = max(0.25 * (high - low), 0.01)
        self.running.update(
            values, f"Scores after {int(count[-1])} objects: A {found.first.score:.3f}, B "
            f"{found.second.score:.3f}; a right posterior has {found.expected:.3f}.",
            (float(count[0]), float(count[-1])),
            (low - margin - _ROOM * (high - low + 2 * margin), high + margin),
        )  # fmt: skip

    def _show_difference(self, scene: Any) -> None:
        repeats = scene.found.repeats
        low, high = min(float(repeats.min()), 0.0), max(float(repeats.max()), 0.0)
        margin = max(0.08 * (high - low), 1e-5)
        edges = np.linspace(low - margin, high + margin, 41)
        heights = np.histogram(repeats, edges, density=True)[0]
        top = 1.25 * float(heights.max())
        self.difference.update(
            {"resampled objects": (edges, heights),
             "95 %": (np.array(scene.found.interval), np.full(2, 0.02 * top)),
             _ZERO: (np.zeros(2), np.array([0.0, top]))},
            scene.verdict(), (low - margin, high + _ROOM * (high - low)), (0.0, top),
        )  # fmt: skip
