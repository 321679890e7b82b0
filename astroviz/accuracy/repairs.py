r"""What is odd about truths and draws, and harmless repairs: each written into the notes.

Weighted draws are resampled; parameters that never vary are left out; draws that repeat each
other or follow each other in a chain, and truths that seem to be in another unit than their
draws, are told and left as they are.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from astroviz.accuracy.trial import Trial, TrialError

__all__ = ["effective_number", "repaired"]

_SAME_SHAPE = ("image", "rotation", "series")  # no coordinate can be taken from such a point
_UNITS = {
    180 / np.pi: "degrees against radians", 206264.8: "arcseconds against radians",
    3600.0: "arcseconds against degrees", 60.0: "minutes against seconds",
    1000.0: "a factor of a thousand, as kpc against Mpc", 1e6: "a factor of a million",
    100.0: "percent against parts", np.log(10): "natural against decimal logarithms",
}  # fmt: skip
_BLOCK = 4_000_000


def repaired(trial: Trial, seed: int = 0) -> Trial:
    r"""A trial of valid shape with equally weighted draws that vary, and notes of what is odd.

    Arguments:
        trial: What `validity` has found finite and of right shape.
        seed: Seed of the resampling of weighted draws.
    """
    trial = _repeated(_varied(_equal(trial, seed)))
    notes = _unit_notes(trial)
    return dataclasses.replace(trial, notes=(*trial.notes, *notes)) if notes else trial


def _equal(trial: Trial, seed: int) -> Trial:
    """Draws resampled by their weights, at equal steps from a random start."""
    if trial.weights is None:
        return trial
    weights = np.asarray(trial.weights, float)
    total = weights.sum(1, keepdims=True)
    if (weights < 0).any() or (total <= 0).any():
        raise TrialError("weights of draws are negative, or 0 for all draws of an object")
    weights = weights / total
    n, count = weights.shape
    random = np.random.default_rng([seed, 0xE0])
    steps = (np.arange(count) + random.random((n, 1))) / count
    picked = np.stack([np.searchsorted(row, step) for row, step in
                       zip(weights.cumsum(1), steps, strict=True)]).clip(0, count - 1)  # fmt: skip
    picked = random.permuted(picked, axis=1)
    effective = 1 / (weights**2).sum(1)

    def of(value: Any) -> Any:
        rows = picked.reshape(n, count, *(1,) * (np.ndim(value) - 2))
        return np.take_along_axis(np.asarray(value), rows, 1)

    changed: dict[str, Any] = {"draws": of(trial.draws), "weights": None}
    for name in ("log_likelihood", "log_prob"):
        if (pair := getattr(trial, name)) is not None:
            changed[name] = (pair[0], of(pair[1]))
    if trial.chi_square is not None:
        changed["chi_square"] = (of(trial.chi_square[0]), trial.chi_square[1])
    if trial.predicted:
        changed["predicted"] = {
            name: of(value) if np.shape(value)[1] == count else value
            for name, value in trial.predicted.items()
        }
    note = (
        f"Weighted draws were resampled: {count:,} of them are worth {np.median(effective):,.0f} "
        f"equal ones for the median object and {effective.min():,.0f} for the worst."
    )
    return dataclasses.replace(trial, **changed, notes=(*trial.notes, note))


def _varied(trial: Trial) -> Trial:
    """Without parameters that are the same number everywhere."""
    low, high = trial.truths.min(0), trial.truths.max(0)
    same_truths = low == high
    lowest, highest = trial.draws.min((0, 1)), trial.draws.max((0, 1))
    constant = same_truths & (lowest == highest) & (lowest == low)
    notes = []
    if constant.all():
        raise TrialError(
            "no parameter varies: truths and draws are the same number everywhere, so there is "
            "nothing to judge"
        )
    keeps = trial.geometry in _SAME_SHAPE or trial.distance is not None
    if constant.any():
        what = _some([trial.names[k] for k in np.flatnonzero(constant)])
        notes.append(
            f"Constant in truths and draws, so that nothing can be said of it: {what}"
            + ("." if keeps else "; left out.")
        )
    only = same_truths & ~constant
    if only.any():
        what = _some([trial.names[k] for k in np.flatnonzero(only)])
        notes.append(
            f"The truth is the same for every object: {what}. Calibration is defined for truths "
            "that are drawn from the prior."
        )
    if trial.draws.shape[1] > 1:
        flat = (trial.draws.max(1) == trial.draws.min(1)) & ~constant
        if (number := int(flat.any(1).sum())) and not keeps:
            what = _some([trial.names[k] for k in np.flatnonzero(flat.any(0))])
            notes.append(f"All draws are equal for {number:,} objects: {what}.")
    if notes:
        trial = dataclasses.replace(trial, notes=(*trial.notes, *notes))
    return trial if keeps or not constant.any() else _columns(trial, np.flatnonzero(~constant))


def _columns(trial: Trial, kept: np.ndarray) -> Trial:
    return dataclasses.replace(
        trial, truths=trial.truths[:, kept], draws=trial.draws[:, :, kept],
        names=tuple(trial.names[k] for k in kept),
        units=tuple(trial.units[k] for k in kept) if trial.units else (),
        prior=None if trial.prior is None else np.asarray(trial.prior)[:, kept],
    )  # fmt: skip


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")


def effective_number(draws: np.ndarray) -> tuple[float, float]:
    r"""How many independent draws those of an object are worth, by repeats and by chains.

    Arguments:
        draws: Shape :math:`(N, L, d)`.

    Returns:
        Different draws, on average over objects, and
        :math:`L (1 - \rho) / (1 + \rho)` of the mean correlation :math:`\rho` of a draw with the
        one before it, at most :math:`L`.
    """
    n, count, size = draws.shape
    mix = np.random.default_rng(0xE5).standard_normal(size)
    step = max(1, _BLOCK // (count * size))
    line = np.concatenate([np.nan_to_num(draws[k : k + step]) @ mix for k in range(0, n, step)])
    different = 1 + (np.diff(np.sort(line, 1), axis=1) > 0).sum(1).mean()
    away = line - line.mean(1, keepdims=True)
    power = (away**2).mean(1)
    varied = power > 0
    if count < 3 or not varied.any():
        return float(different), float(count)
    # independent draws about their own mean have -1 / L
    lag = (away[:, 1:] * away[:, :-1]).mean(1)[varied] / power[varied] + 1 / count
    rho = float(np.clip(lag.mean(), 0.0, 0.999))
    return float(different), count * (1 - rho) / (1 + rho)


def _repeated(trial: Trial) -> Trial:
    """Notes where draws repeat or follow each other."""
    n, count = trial.draws.shape[:2]
    if count == 1:
        return trial
    notes = []
    different, chained = effective_number(trial.draws)
    some = trial.draws[:100]
    whole = trial.geometry == "table" or bool((some == np.round(some)).all())
    if different < 0.95 * count and not whole:
        notes.append(
            f"Draws repeat each other: {count:,} for each object are {different:,.0f} different "
            "ones on average. Repeats, as of a chain that stands still, make true posteriors look "
            "wrong: thin the draws."
        )
    if chained < 0.7 * count:
        notes.append(
            f"Each draw goes along with the one before it, as in a chain: {count:,} are worth "
            f"{chained:,.0f} independent ones. True posteriors look wrong then: thin the draws to "
            "that number."
        )
    if n > 1 and np.array_equal(trial.draws[0], trial.draws[1]):
        same = (trial.draws[: min(n, 20)] == trial.draws[0]).all()
        if same:
            notes.append("Every object has the same draws: nothing was learned from its data.")
    return dataclasses.replace(trial, notes=(*trial.notes, *notes)) if notes else trial


def _unit_notes(trial: Trial) -> list[str]:
    """Whether truths seem to be in another unit than their draws."""
    if trial.geometry in _SAME_SHAPE:
        return []
    with np.errstate(all="ignore"):
        truth = np.nanpercentile(np.abs(trial.truths), 50, axis=0)
        drawn = np.nanpercentile(np.abs(trial.draws).reshape(-1, trial.size), 50, axis=0)
        ratio = truth / drawn
    notes = []
    for name, factor in zip(trial.names, ratio, strict=True):
        if not np.isfinite(factor) or factor <= 0:
            continue
        size = max(factor, 1 / factor)
        near = [words for unit, words in _UNITS.items() if abs(np.log(size / unit)) < 0.15]
        if size > 20 or (near and size > 2.2 and _apart(trial, name)):
            tip = f" ({near[0]}?)" if near else ""
            notes.append(
                f"True {name} is typically {factor:.3g} times what the draws say: are both in the "
                f"same unit{tip}?"
            )
    return notes[:5]


def _apart(trial: Trial, name: str) -> bool:
    """Whether truths mostly lie outside all their draws."""
    k = trial.names.index(name)
    low, high = trial.draws[:, :, k].min(1), trial.draws[:, :, k].max(1)
    return bool(((trial.truths[:, k] < low) | (trial.truths[:, k] > high)).mean() > 0.5)
