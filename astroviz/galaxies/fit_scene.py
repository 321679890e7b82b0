r"""What the view of a fit draws: a frame of its film, its figures beside the prior's, its gain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from astroviz.galaxies.film import Film
from astroviz.galaxies.parameters import SYMBOLS

if TYPE_CHECKING:
    from astropy.table import QTable

__all__ = ["FitScene", "axis_label", "film_table", "fit_scene", "gain_table", "ordered"]

_UNITLESS = ("redshift",)


@dataclass(frozen=True, eq=False)
class FitScene:
    r"""A moment of a fit, or its end.

    Arguments:
        steps: Of the frames, shape :math:`(F,)`; empty without a film.
        curves: Name to values over the frames.
        frame: Which frame is shown; -1 without a film.
        features: Bands and colours.
        ks: KS of each feature at this frame.
        ks_prior: KS of each feature for the prior alone; NaN where it is not known.
        data: Features of observed galaxies, :math:`(n, F)`.
        cloud: Features of the model's draws at this frame.
        members: Distance over its floor of each member of the ensemble; dropped ones too.
        dropped: Numbers of the members that were left out.
        prior_ratio: The same of the untrained prior; None where it is not known.
        gains: Parameter to what the data told of it, bits, with its spread over the members.
        facts: What is read off: words and a value.
    """

    steps: np.ndarray
    curves: Mapping[str, np.ndarray]
    frame: int
    features: tuple[str, ...]
    ks: np.ndarray
    ks_prior: np.ndarray
    data: np.ndarray
    cloud: np.ndarray
    members: np.ndarray = field(default_factory=lambda: np.empty(0))
    dropped: frozenset[int] = frozenset()
    prior_ratio: float | None = None
    gains: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    facts: Sequence[tuple[str, str]] = ()

    @property
    def table(self) -> str:
        """What is read off, as HTML."""
        rows = "".join(
            f"<tr><td>{escape(words)}</td><td class='number'>{escape(value)}</td></tr>"
            for words, value in self.facts
        )
        return f"<table>{rows}</table>"

    def places(self, x: str, y: str) -> tuple[np.ndarray, np.ndarray]:
        """Data and cloud in two of the features, shape (n, 2) each; empty where one is missing."""
        if x not in self.features or y not in self.features:
            return np.zeros((0, 2)), np.zeros((0, 2))
        columns = [self.features.index(x), self.features.index(y)]
        cloud = self.cloud[:, columns] if self.cloud.size else np.zeros((0, 2))
        return self.data[:, columns], cloud

    def named_gains(self) -> tuple[list[str], list[float]]:
        """Symbols of the parameters and their gain, the largest first."""
        order = sorted(self.gains, key=lambda name: -self.gains[name][0])
        return [SYMBOLS.get(name, name) for name in order], [self.gains[n][0] for n in order]

    def named_members(self) -> tuple[list[str], dict[str, np.ndarray]]:
        """Members and the prior by name; those that were kept and those that were left out."""
        count = len(self.members)
        names = [f"member {k + 1}" for k in range(count)]
        kept = np.array([k not in self.dropped for k in range(count)], dtype=bool)
        values = {
            "kept": np.where(kept, self.members, np.nan),
            "left out": np.where(kept, np.nan, self.members),
            "the prior alone": np.full(count, np.nan),
        }
        if count and self.prior_ratio is not None:
            names.append("prior")
            last = {"the prior alone": self.prior_ratio}
            values = {k: np.append(v, last.get(k, np.nan)) for k, v in values.items()}
        return names, values


def fit_scene(
    film: Film | None,
    frame: int | None,
    ks_prior: Mapping[str, float] | None = None,
    floor: float | None = None,
    **rest: Any,
) -> FitScene:
    r"""A frame of a film.

    Arguments:
        film: What was seen of the fit; None where nothing was kept.
        frame: Which frame; the last when None.
        ks_prior: KS of each feature for the prior alone.
        floor: Distance of two samples of the data, where the frames do not say it.
        rest: Further fields of `FitScene`.

    Example:
        >>> fit_scene(None, None).frame
        -1
    """
    if film is None:
        none = np.empty(0)
        return FitScene(none, {}, -1, (), none, none, np.zeros((0, 0)), np.zeros((0, 0)), **rest)
    last = len(film) - 1
    at = last if frame is None else max(0, min(int(frame), last))
    known = ks_prior or {}
    prior = np.array([float(known.get(name, np.nan)) for name in film.features])
    return FitScene(
        film.numbers("step"), _curves(film, floor), at, film.features, film.ks()[at], prior,
        np.asarray(film.data), np.asarray(film.frames[at].cloud), **rest,
    )  # fmt: skip


def _curves(film: Film, floor: float | None) -> dict[str, np.ndarray]:
    """Curves over the frames; distance and loss over the floor of the distance of that moment."""
    floors = film.numbers("floor")
    if not (floors > 0).any() and floor:
        floors = np.full(len(film), float(floor))
    known = floors > 0
    unit = np.where(known, floors, 1.0)
    curves = {name: film.numbers(name) / unit for name in ("distance", "loss")}
    curves["noise"] = film.numbers("noise")
    if known.any():
        curves["floor"] = np.where(known, 1.0, np.nan)
    blur = film.numbers("blur")
    if (blur > 0).any():
        curves["blur"] = np.where(blur > 0, blur, np.nan)
    return curves


def ordered(features: Sequence[str]) -> tuple[str, str]:
    """Two features to begin with: the first two colours, or what there is."""
    colours = [name for name in features if "-" in name]
    rest = [name for name in features if name not in colours]
    several = [*colours, *rest]
    if not several:
        return "", ""
    if "g-r" in several and "u-g" in several:
        return "g-r", "u-g"
    return several[0], several[min(1, len(several) - 1)]


def axis_label(feature: str) -> str:
    """A feature as it stands on an axis."""
    if not feature:
        return "colour (mag)"
    if feature in _UNITLESS:
        return feature
    return feature.replace("-", " \u2212 ") + " (mag, AB)"


def gain_table(gains: Mapping[str, tuple[float, float]]) -> QTable:
    """Information gained on each parameter and its spread over the ensemble, bits."""
    from astropy.table import QTable

    return QTable({
        "parameter": list(gains), "gain_bits": [one[0] for one in gains.values()],
        "spread_bits": [one[1] for one in gains.values()],
    })  # fmt: skip


def film_table(film: Film) -> QTable:
    """Numbers of every frame and the KS of every feature, a row for each frame."""
    from astropy.table import QTable

    columns: dict[str, Any] = {
        name: film.numbers(name) for name in ("step", "distance", "loss", "entropy", "noise",
                                              "blur")
    }  # fmt: skip
    ks = film.ks()
    columns |= {f"ks_{name}": ks[:, k] for k, name in enumerate(film.features)}
    return QTable(columns)
