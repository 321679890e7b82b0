r"""A map of coverage with its valley, and the objects in it: what the view *Landscape* draws."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from astroviz.accuracy.landscape import Landscape, local_coverage, rank_scores
from astroviz.accuracy.trial import Trial, TrialError

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["ALL", "TINTS", "LandscapeScene", "axes_of", "landscape_scene", "places_of"]

TINTS = {"coverage": "Local coverage", "lean": "Which way truths lean", "classifier": "L-C2ST"}
"""What colours an object, and words for each."""

ALL = "all parameters"
_MEAN = "mean "
_OFFSET = 10.0  # degrees: right ascensions beside 0 h are drawn together if they all are


@dataclass(frozen=True, eq=False)
class LandscapeScene:
    r"""A map.

    Arguments:
        trial: The trial.
        land: Coverage of each object that has a place.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        tint: Colour of each row of `land`: below 0 is wrong and too sure.
        tint_words: Label of the colours.
        ranks: Ranks of the truths, (n,), rows as in `land`; of a parameter or of all.
        sky: Whether the plane is a sky, whose horizontal axis runs to the left.
        parameter: Whose coverage.
    """

    trial: Trial
    land: Landscape
    x: str
    y: str
    tint: np.ndarray
    tint_words: str
    ranks: np.ndarray
    sky: bool
    parameter: str

    def place_of(self, row: int | None) -> int:
        """Place in the map of an object of the trial; the deepest one where it has none."""
        found = np.flatnonzero(self.land.rows == row) if row is not None else np.zeros(0)
        return int(found[0]) if len(found) else self.land.worst

    def valley(self, place: int) -> np.ndarray:
        """Objects about a place of the map, those farthest from their draws first."""
        near = self.land.near[place]
        return np.asarray(near[np.argsort(-np.abs(self.ranks[near] - 0.5), kind="stable")])

    def name_of(self, place: int) -> str:
        """Name of the object at a place of the map."""
        row = int(self.land.rows[place])
        return self.trial.ids[row] if self.trial.ids else f"object {row + 1}"

    def numbers(self) -> str:
        """What the map says as a whole, as a table."""
        land = self.land
        rows = (
            ("Stated", f"{100 * land.level:.0f} %"),
            ("Covered, all objects", f"{100 * land.inside.mean():.1f} %"),
            ("Covered, worst place", f"{100 * land.coverage.min():.0f} %"),
            ("Error of a place", f"\u00b1 {100 * land.error:.1f} %"),
            ("Worst place by chance", f"{100 * (land.level - land.chance * land.error):.0f} %"),
            ("Objects in worse places", f"{100 * land.failing:.0f} %"),
        )
        return _table(rows)

    def verdict(self) -> str:
        """The map in a sentence."""
        land = self.land
        if land.failing > 0:
            return (
                f"{100 * land.failing:.0f} % of the objects lie where coverage is worse than "
                "chance makes any place of a whole map."
            )
        return "No place of this map is worse than chance would make one of it."

    def table(self) -> QTable:
        """Each object of the map."""
        from astropy.table import QTable

        land = self.land
        return QTable({
            "object": [self.name_of(k) for k in range(len(land.rows))],
            self.x: land.places[:, 0], self.y: land.places[:, 1],
            "local_coverage": land.coverage, "local_lean": land.lean, "rank": self.ranks,
            "tint": self.tint,
        })  # fmt: skip


def _table(rows: tuple[tuple[str, str], ...]) -> str:
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td class='number'>{escape(value)}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def axes_of(trial: Trial) -> dict[str, str]:
    r"""What an axis of the map may be: name to label, with units.

    Places of the trial come first; the posterior means of its parameters are functions of the data
    too, and always there.
    """
    found = {}
    for name in trial.places:
        unit = trial.place_units.get(name, "")
        found[name] = f"{name} ({unit})" if unit else name
    if trial.geometry in ("vector", "table"):
        for name, unit in zip(trial.names, trial.units or ("",) * trial.size, strict=True):
            words = f"posterior mean of {name.replace('_', ' ')}"
            found[f"{_MEAN}{name}"] = f"{words} ({unit})" if unit else words
    return found


def places_of(trial: Trial, name: str) -> np.ndarray:
    """One coordinate of every object, (N,); NaN where it is not known."""
    if name in trial.places:
        return np.asarray(trial.places[name], float)
    if name.startswith(_MEAN) and name.removeprefix(_MEAN) in trial.names:
        # of every other draw: the rest is kept for the ranks, which must not share draws with
        # what objects are sorted by
        return np.asarray(trial.draws[:, ::2, trial.names.index(name.removeprefix(_MEAN))].mean(1))
    raise TrialError(_no_place(name, axes_of(trial)))


def _no_place(name: str, labels: dict[str, str]) -> str:
    return f"no object has a place called {name!r}; there are {', '.join(labels)}"


def landscape_scene(
    trial: Trial,
    x: str,
    y: str,
    parameter: str,
    tint: str = "coverage",
    level: float = 0.9,
    count: int = 40,
    seed: int = 0,
    odds: np.ndarray | None = None,
) -> LandscapeScene:
    r"""Make a map.

    Arguments:
        trial: A valid trial.
        x: Horizontal axis, a key of `axes_of`.
        y: Vertical axis.
        parameter: A name of the trial, or `ALL`: then an object counts as inside by the rank of
            its worst parameter.
        tint: One of `TINTS`.
        level: Probability of the interval.
        count: Neighbours that are counted together.
        seed: Seed that breaks ties of ranks.
        odds: How much each object speaks against the posterior to L-C2ST, (N,), for that tint.
    """
    labels = axes_of(trial)
    if len(labels) < 2:
        raise TrialError(
            "these objects have no two places to be drawn at: give `places`, as sky or colours"
        )
    for name in (x, y):
        if name not in labels:
            raise TrialError(_no_place(name, labels))
    u = _ranks(trial, parameter, seed, _MEAN in (x[: len(_MEAN)], y[: len(_MEAN)]))
    across, sky = places_of(trial, x), {x, y} == {"ra", "dec"}
    if x == "ra":
        across = _unwrapped(across)
    land = local_coverage(u, np.stack([across, places_of(trial, y)], -1), level, count)
    values, words = _tinted(land, tint, odds)
    return LandscapeScene(trial, land, labels[x], labels[y], values, words, u[land.rows], sky,
                          parameter)  # fmt: skip


def _tinted(land: Landscape, tint: str, odds: np.ndarray | None) -> tuple[np.ndarray, str]:
    """What colours each row, and its label; below 0 is worse."""
    if tint == "lean":
        return land.lean, "truth above (+) or below (\u2212) the draws (\u03c3)"
    if tint == "coverage":
        stated = 100 * land.level
        return 100 * land.coverage - stated, f"coverage \u2212 {stated:.0f} % (points)"
    if odds is None:
        raise TrialError("the classifier has not been taught yet: press its button")
    return np.asarray(odds, float)[land.rows], "L-C2ST: 0 is right, lower is worse"


def _ranks(trial: Trial, parameter: str, seed: int, halved: bool) -> np.ndarray:
    """Ranks in 0 to 1 of one parameter, or of the one that is farthest out, made uniform."""
    import dataclasses

    if halved:
        weights = None if trial.weights is None else trial.weights[:, 1::2]
        trial = dataclasses.replace(trial, draws=trial.draws[:, 1::2], weights=weights,
                                    log_likelihood=None, log_prob=None, chi_square=None,
                                    predicted={}, measured={})  # fmt: skip
    if parameter not in trial.names:
        return _worst_rank(trial, seed)
    return np.asarray(rank_scores(trial, seed)[:, trial.names.index(parameter)])


def _worst_rank(trial: Trial, seed: int) -> np.ndarray:
    r"""Rank of the truth by its most extreme parameter, among those of the object's own draws.

    Parameters of an object are not independent, so the largest of their deviations has no law of
    its own. But truth and draws of a right posterior are alike: all of them are ranked together in
    each parameter, and then by their own largest deviation, which is exact for any dependence.
    """
    points = np.concatenate([trial.truths[:, None], trial.draws], 1)
    order = np.argsort(np.argsort(points, axis=1), axis=1) + 0.5
    far = np.abs(order / points.shape[1] - 0.5).max(-1)
    random = np.random.default_rng([seed, 0xA11])
    far += 1e-6 * random.random(far.shape)  # ties are broken at random
    rank = ((far[:, 1:] < far[:, :1]).sum(1) + random.random(len(far))) / points.shape[1]
    # On a side at random: a central interval of level c then holds the c that are least far out.
    side = np.where(random.random(len(far)) < 0.5, -1.0, 1.0)
    return np.asarray(0.5 + 0.5 * side * rank)


def _unwrapped(ra: np.ndarray) -> np.ndarray:
    """Right ascensions beside each other where they lie about 0 h."""
    known = ra[np.isfinite(ra)]
    if len(known) and np.ptp(known) > 360 - _OFFSET:
        turned = (ra + 180.0) % 360.0 - 180.0
        if np.ptp(turned[np.isfinite(turned)]) < np.ptp(known) - _OFFSET:
            return np.asarray(turned)
    return ra
