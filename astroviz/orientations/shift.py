r"""Is this box like the ones that a model learned from? A score for galaxies, one for the box.

Features of galaxies are brought to normal scores by their distribution in the training boxes, each
by itself, going on in a straight line beyond it. Then

- a galaxy's `ood_score` is its Mahalanobis distance over the distance that one training galaxy in
  a hundred exceeds: 1 is the edge;
- a box's is its energy distance to the training galaxies over the largest of any training box to
  the others, or, if that is more, a third of the number of standard deviations by which its number
  of galaxies in a volume differs. Boxes differ from each other by chance more than galaxies drawn
  at random would, and both count it in: a box of 75 Mpc/h sees another resolution at once, but
  sigma_8 of 0.7 for 0.8 only as a lack of galaxies of two to three standard deviations.

References:
    | Székely & Rizzo (2013), https://doi.org/10.1016/j.jspi.2013.03.018
    | Lee, Lee, Lee & Shin (2018), https://arxiv.org/abs/1807.03888
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist
from scipy.special import ndtr

__all__ = ["Reference", "Shift", "energy_distance", "features_of_box"]

_LEVELS = 65
_KEPT = 1200
_EDGE = 0.99
_NEIGHBOURS = 5.0  # Mpc/h


@dataclass(frozen=True)
class Shift:
    r"""How far a box is from the training boxes.

    Arguments:
        ood_score: Energy distance over the largest among training boxes, or a third of
            `abundance`, if that is more; above 1 it is shifted.
        energy: Energy distance, in normal scores.
        galaxies: Part of the galaxies whose own score is above 1 (1 % in training).
        abundance: Standard deviations by which its number of galaxies in a volume differs; NaN
            where the volume is not known.
        moved: Mean move of each feature, in training standard deviations, by name.
    """

    ood_score: float
    energy: float
    galaxies: float
    abundance: float
    moved: dict[str, float]

    @property
    def most(self) -> str:
        """Name of the feature that moved most."""
        return max(self.moved, key=lambda name: abs(self.moved[name]))


@dataclass(frozen=True)
class Reference:
    r"""What galaxies of training boxes look like, small enough to ship with a model.

    Arguments:
        names: Names of the :math:`F` features.
        quantiles: Of each feature at equal steps of normal score, shape :math:`(F, Q)`.
        precision: Inverse covariance of normal scores, shape :math:`(F, F)`.
        edge: Mahalanobis distance that 1 % of the training galaxies exceed.
        sample: Normal scores of some training galaxies, shape :math:`(M, F)`.
        largest: Largest energy distance of a training box to the others.
        density: Galaxies in a cubic Mpc/h, mean and scatter between training boxes; zeros where
            volumes were not given.
    """

    names: tuple[str, ...]
    quantiles: np.ndarray
    precision: np.ndarray
    edge: float
    sample: np.ndarray
    largest: float
    density: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def fit(
        cls,
        boxes: Sequence[np.ndarray],
        names: Sequence[str],
        volume: float | None = None,
        seed: int = 0,
    ) -> Reference:
        r"""From the features of training boxes.

        Arguments:
            boxes: One array of shape :math:`(N_i, F)` for each of two boxes or more.
            names: Names of the features.
            volume: Of each box, (Mpc/h)^3, where all are as large.
            seed: Of the galaxies that are kept.
        """
        if len(boxes) < 2:
            raise ValueError("a reference needs two boxes or more, to know how much they differ")
        boxes = [_checked(box, len(names)) for box in boxes]
        everything = np.concatenate(boxes)
        levels = ndtr(_scores())
        quantiles = np.quantile(everything, levels, axis=0).T
        scores = [_normal_scores(box, quantiles) for box in boxes]
        together = np.concatenate(scores)
        covariance = np.cov(together.T).reshape(len(names), -1) + 1e-6 * np.eye(len(names))
        precision = np.linalg.inv(covariance)
        edge = float(np.quantile(_mahalanobis(together, precision), _EDGE))
        rng = np.random.default_rng(seed)
        largest = max(
            energy_distance(
                _some(one, _KEPT, rng),
                _some(np.concatenate(scores[:k] + scores[k + 1 :]), _KEPT, rng),
            )
            for k, one in enumerate(scores)
        )
        kept = _some(together, _KEPT, rng)
        density = _density([len(box) for box in boxes], volume)
        return cls(tuple(names), quantiles, precision, edge, kept, largest, density)

    def ood_score(self, features: np.ndarray) -> np.ndarray:
        r"""Score of galaxies; above 1 they are unlike the training galaxies.

        Arguments:
            features: In the order of `names`, shape :math:`(N, F)`.

        Returns:
            Shape :math:`(N,)`.
        """
        features = _checked(features, len(self.names))
        scores = _normal_scores(features, self.quantiles)
        return _mahalanobis(scores, self.precision) / self.edge

    def shift(self, features: np.ndarray, volume: float | None = None, seed: int = 0) -> Shift:
        r"""Compare a box with the training boxes.

        Arguments:
            features: Of its galaxies, shape :math:`(N, F)`.
            volume: Of the box, (Mpc/h)^3.
            seed: Of the galaxies that are compared.
        """
        features = _checked(features, len(self.names))
        if len(features) < 2:
            raise ValueError(f"{len(features)} galaxies are too few to compare a box by")
        scores = _normal_scores(features, self.quantiles)
        energy = energy_distance(_some(scores, _KEPT, np.random.default_rng(seed)), self.sample)
        moved = scores.mean(0) - self.sample.mean(0)
        strange = float(np.mean(self.ood_score(features) > 1))
        abundance = float("nan")
        if volume is not None and self.density[1] > 0:
            abundance = (len(features) / volume - self.density[0]) / self.density[1]
        score = float(np.nanmax([energy / self.largest, abs(abundance) / 3]))
        named = {name: float(m) for name, m in zip(self.names, moved, strict=True)}
        return Shift(score, energy, strange, abundance, named)

    def tensors(self) -> dict[str, np.ndarray]:
        """Everything but the names as arrays of single precision, to be saved with a model."""
        return {
            "quantiles": self.quantiles.astype(np.float32),
            "precision": self.precision.astype(np.float32),
            "sample": self.sample.astype(np.float32),
            "scales": np.array([self.edge, self.largest, *self.density], np.float32),
        }

    @classmethod
    def from_tensors(cls, names: Sequence[str], tensors: dict[str, Any]) -> Reference:
        """From what `tensors` returned."""
        parts = {name: np.asarray(value, dtype=float) for name, value in tensors.items()}
        edge, largest, mean, scatter = (float(number) for number in parts["scales"])
        arrays = (parts["quantiles"], parts["precision"], edge, parts["sample"], largest)
        return cls(tuple(names), *arrays, (mean, scatter))


def energy_distance(first: np.ndarray, second: np.ndarray) -> float:
    r"""Unbiased energy distance of two samples of shapes (N, F) and (M, F), at least 0.

    .. math:: 2\langle|x-y|\rangle - \langle|x-x'|\rangle - \langle|y-y'|\rangle
    """
    n, m = len(first), len(second)
    if min(n, m) < 2:
        raise ValueError(f"an energy distance needs two points on either side, not {n} and {m}")
    within = cdist(first, first).sum() / (n * (n - 1)) + cdist(second, second).sum() / (
        m * (m - 1)
    )
    return max(2 * float(cdist(first, second).mean()) - float(within), 0.0)


def features_of_box(box: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    r"""What surrounds the galaxies of a `Box`: tides, halo mass, neighbours.

    Returns:
        Features, shape :math:`(N, F)`, and their names: eigenvalues of the tidal tensor at each
        smoothing scale, log10 of the halo mass (Msun/h), log10 of one plus the number of galaxies
        within 5 Mpc/h.
    """
    galaxies = box.galaxies
    tides = np.asarray(galaxies.eigenvalues, dtype=float).reshape(len(galaxies.position), -1)
    names = [f"tide {k + 1} at {scale:g} Mpc/h" for scale in box.scales for k in range(3)]
    mass = np.log10(np.asarray(box.haloes.mass, dtype=float)[galaxies.halo])
    position = np.asarray(galaxies.position, dtype=float) % box.size
    tree = cKDTree(position, boxsize=box.size)
    near = tree.query_ball_point(position, _NEIGHBOURS, return_length=True)
    columns = [tides, mass[:, None], np.log10(np.asarray(near, dtype=float))[:, None]]
    return np.concatenate(columns, 1), (*names, "log halo mass", "log neighbours")


def _checked(features: np.ndarray, width: int) -> np.ndarray:
    features = np.asarray(features, dtype=float)
    if features.ndim != 2 or features.shape[1] != width:
        raise ValueError(f"features must have shape (N, {width}), not {features.shape}")
    if not np.isfinite(features).all():
        row = int(np.flatnonzero(~np.isfinite(features).all(1))[0])
        raise ValueError(f"galaxy {row} has a feature that is not a number: {features[row]}")
    return features


def _scores() -> np.ndarray:
    """Normal scores at which quantiles are kept."""
    return np.linspace(-3.0, 3.0, _LEVELS)


def _normal_scores(features: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Normal scores of features; straight on, as wide as the training, beyond the last ones."""
    levels, out = _scores(), np.empty_like(features)
    for k, row in enumerate(quantiles):
        # ties (whole numbers, limits) have no inverse: a hair apart they do
        ladder = row + 1e-9 * (np.abs(row).max() + 1) * np.arange(len(row))
        value = features[:, k]
        scale = max((ladder[-1] - ladder[0]) / 6, 1e-12)
        inside = np.interp(value, ladder, levels)
        above, below = np.maximum(value - ladder[-1], 0), np.maximum(ladder[0] - value, 0)
        out[:, k] = inside + (above - below) / scale
    return out


def _mahalanobis(scores: np.ndarray, precision: np.ndarray) -> np.ndarray:
    return np.sqrt(np.einsum("nf,fg,ng->n", scores, precision, scores))


def _some(rows: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """At most `count` rows, drawn without replacement."""
    return rows if len(rows) <= count else rows[rng.choice(len(rows), count, replace=False)]


def _density(counts: Sequence[int], volume: float | None) -> tuple[float, float]:
    """Mean and scatter of the number of galaxies in a volume."""
    if volume is None:
        return 0.0, 0.0
    return float(np.mean(counts) / volume), float(np.std(counts, ddof=1) / volume)
