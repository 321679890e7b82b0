r"""Balls around reference points, for any distance and any size: ranks of truths, and TARP.

The rank of a truth is the number of draws that are nearer to the reference than it. It is uniform
on 0 to L for a right posterior; TARP is its distribution, and MIRA its mean of a parabola. One
pass over the draws, block by block, serves all references, so that images of any number fit in
memory.

References:
    | Sampling-based accuracy testing of posterior estimators (Lemos et al. 2023)
    | https://arxiv.org/abs/2302.03026
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from astroviz.accuracy.calibration import ks_test
from astroviz.accuracy.geometry import Geometry, geometry_of
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.references import References, references
from astroviz.accuracy.tarp import Tarp, expected_coverage
from astroviz.accuracy.trial import Trial

__all__ = ["ball_ranks", "by_group", "equal_draws", "ranks_of_parts", "run", "run_data", "tarp_of"]

_BLOCK = 1 << 24  # bytes of differences that are looked at in one go
_FEW = 30  # objects below which a group has no p-value of its own


def ball_ranks(
    trial: Trial, points: References, seed: int = 0, geometry: Geometry | None = None
) -> np.ndarray:
    r"""How many draws are nearer to each reference than the truth is; ties in any order.

    Arguments:
        trial: Truths :math:`(N, d)` and draws :math:`(N, L, d)`.
        points: R references for each object.
        seed: Seed of ties, and of the choice among weighted draws.
        geometry: The space; that of the trial by default.

    Returns:
        Ranks, 0 to L, shape :math:`(N, R)`.
    """
    geometry = geometry or geometry_of(trial)
    random = np.random.default_rng([seed, 0xBA11])
    draws = equal_draws(trial, seed)
    each = draws.shape[1] * max(trial.size, points.index.shape[1]) * 8
    step = max(1, _BLOCK // each)
    found = np.empty(points.index.shape, np.int64)
    for start in range(0, trial.count, step):
        rows = slice(start, start + step)
        found[rows] = _ranks(trial.truths[rows], draws[rows], points.take(rows), geometry, random)
    return found


def ranks_of_parts(
    parts: Iterable[Mapping[str, Any]],
    pool: np.ndarray,
    runs: int = 1,
    seed: int = 0,
    geometry: Geometry | None = None,
) -> tuple[np.ndarray, int]:
    r"""The same of parts that come one after the other, so that all draws need never be there.

    Arguments:
        parts: Mappings with `truths` (n, d) and `draws` (n, L, d), all of one L.
        pool: Draws of the prior to take references from, shape :math:`(M, d)`.
        runs: References for each object.
        seed: Seed of references and ties.
        geometry: The space; one scale for all coordinates by default, as for images.

    Returns:
        Ranks :math:`(N, R)`, and the number of draws L.

    Example:
        >>> random = np.random.default_rng(0)
        >>> part = {"truths": random.normal(size=(9, 5)), "draws": random.normal(size=(9, 4, 5))}
        >>> found, draws = ranks_of_parts([part, part], random.normal(size=(50, 5)), runs=3)
        >>> found.shape, draws
        ((18, 3), 4)
    """
    from astroviz.accuracy.trial import join

    found, many = [], 0
    pool = np.asarray(pool)
    for k, part in enumerate(parts):
        names = part.get("names") or tuple(map(str, range(np.shape(part["truths"])[-1])))
        trial = join([{"geometry": "image", **part, "names": names, "prior": pool}])
        random = np.random.default_rng([seed, k, 0x9A27])
        points = References(pool, random.integers(len(pool), size=(trial.count, runs)))
        found.append(ball_ranks(trial, points, seed + k, geometry))
        many = trial.draws.shape[1]
    return np.concatenate(found), many


def equal_draws(trial: Trial, seed: int = 0) -> np.ndarray:
    r"""Draws of equal weight, (N, L', d): themselves, or as many as the weights are worth.

    Weighted draws are taken again in proportion to their weights, as many of each object as the
    median effective number over the objects.
    """
    if trial.weights is None:
        return trial.draws
    weights = np.asarray(trial.weights, float)
    share = weights / weights.sum(1, keepdims=True)
    worth = 1.0 / (share**2).sum(1)
    many = max(2, int(np.median(worth)))
    random = np.random.default_rng([seed, 0xE0A1])
    level = (np.arange(many) + random.random((trial.count, 1))) / many
    steps = share.cumsum(1) - 1e-12
    pick = np.stack([np.searchsorted(s, u) for s, u in zip(steps, level, strict=True)])
    pick = np.minimum(pick, weights.shape[1] - 1)
    return np.asarray(np.take_along_axis(trial.draws, pick[..., None], 1))


def _ranks(
    truths: np.ndarray, draws: np.ndarray, points: np.ndarray, geometry: Geometry,
    random: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Ranks (n, R) of one block."""
    if geometry.straight:
        near, same = _straight(truths, draws, points, geometry)
    else:
        reach = geometry.apart(truths[:, None], points)
        away = np.stack(
            [geometry.apart(draws, points[:, r, None]) for r in range(points.shape[1])], -1
        )
        near, same = (away < reach[:, None]).sum(1), (away == reach[:, None]).sum(1)
    if same.any():
        near = near + random.integers(0, same, endpoint=True)
    return near


def _straight(
    truths: np.ndarray, draws: np.ndarray, points: np.ndarray, geometry: Geometry
) -> tuple[np.ndarray, np.ndarray]:
    r"""Nearer and equally near draws, by :math:`|e|^2 + 2 e (t - c) < 0` with :math:`e = x - t`.

    Differences from the truth are taken first: a posterior much narrower than the prior keeps all
    its digits, also in single precision.
    """
    kind = np.float32 if draws.dtype == np.float32 and draws.shape[-1] >= 64 else np.float64
    away = draws.astype(kind, copy=False) - truths[:, None].astype(kind)
    arm = truths[:, None].astype(kind) - points.astype(kind)
    if geometry.scale.size > 1:  # one scale for all changes no order
        away /= geometry.scale.astype(kind)
        arm /= geometry.scale.astype(kind)
    square = np.einsum("nld,nld->nl", away, away)[..., None]
    cross = 2 * (away @ arm.transpose(0, 2, 1))
    slack = np.abs(cross)
    slack += square
    slack *= 8 * np.finfo(kind).eps
    cross += square  # below 0 where a draw is nearer
    same = np.abs(cross) <= slack
    return (cross < -slack).sum(1), same.sum(1)


def tarp_of(trial: Trial, kind: str = "prior", seed: int = 0) -> tuple[Tarp, np.ndarray]:
    r"""TARP in the geometry of a trial.

    Arguments:
        trial: The trial.
        kind: Kind of references, one of `references.KINDS`.
        seed: Seed of references, ties and bootstrap.

    Returns:
        The curve with its band, and the credibility of each object (N,), uniform if right.
    """
    found = ball_ranks(trial, references(trial, kind, 1, seed), seed)[:, 0]
    many = equal_draws(trial, seed).shape[1] if trial.weights is not None else (
        trial.draws.shape[1]
    )  # fmt: skip
    random = np.random.default_rng([seed, 0x5EAD])
    level = (found + random.random(len(found))) / (many + 1)
    return expected_coverage(level, seed), level


def run(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `tarp`: curves `credibility`, `coverage`, `lower`, `upper`, `bootstrap`."""
    return _outcome(trial, "prior", seed)


def run_data(trial: Trial, seed: int = 0) -> Outcome:
    r"""The check `tarp_data`: the same curves, seen from guesses from the data."""
    return _outcome(trial, "data", seed)


def _outcome(trial: Trial, kind: str, seed: int) -> Outcome:
    found, level = tarp_of(trial, kind, seed)
    where = {"prior": "references of the prior", "data": "guesses from the data"}[kind]
    curves = {
        name: getattr(found, name)
        for name in ("credibility", "coverage", "lower", "upper", "bootstrap")
    }
    side = "inside" if found.inside else "outside"
    return Outcome(
        "tarp" if kind == "prior" else "tarp_data", found.distance, 0.0,
        float(0.87 / np.sqrt(trial.count)), found.ks_p,
        by_group(trial, level, lambda part: float(ks_test(part)[1])), curves,
        2 * np.abs(level - 0.5),
        f"Seen from {where}, coverage is at most {found.distance:.3f} from the diagonal and "
        f"{side} its 95 % band (p = {found.ks_p:.2g}).",
    )  # fmt: skip


def by_group(trial: Trial, values: np.ndarray, test: Any) -> dict[str, float]:
    r"""p-values of the groups of a trial, at most 64, the smallest.

    Arguments:
        trial: Whose `groups` are looked at; those with few objects are left out.
        values: One for each object, (N, ...).
        test: Takes the values of a group, gives a p-value.
    """
    found = {}
    for kind, labels in trial.groups.items():
        for label in np.unique(labels):
            rows = np.flatnonzero(np.asarray(labels) == label)
            if len(rows) >= _FEW:
                found[f"{kind}: {label}"] = test(values[rows])
    return dict(sorted(found.items(), key=lambda item: item[1])[:64])
