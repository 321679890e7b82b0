r"""Can truths and draws be judged at all? A sentence for what is wrong, with what to do.

Nothing is left out silently: objects are dropped where that is asked for, and whatever
`repairs` changes or finds odd is written into the notes of the trial, which every report shows.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from astroviz.accuracy.repairs import repaired
from astroviz.accuracy.trial import GEOMETRIES, Trial, TrialError

__all__ = ["validated"]

_SHOWN = 5  # objects that a sentence lists
_FEW_OBJECTS, _FEW_DRAWS = 50, 10


def validated(trial: Trial, drop: bool = False, seed: int = 0) -> Trial:
    r"""A trial that every check can take, or a `TrialError` with what to do.

    Arguments:
        trial: What is to be judged.
        drop: Leave out objects whose truths or draws are not finite, with a note; False refuses
            them. In a `table`, NaN is a gap and stays.
        seed: Seed of the resampling where draws have weights.

    Returns:
        The trial: lengths and shapes right, finite, draws equally weighted, with notes.

    Example:
        >>> draws = np.random.default_rng(0).normal(size=(20, 9, 1))
        >>> draws[3, 1] = np.nan
        >>> trial = Trial(truths=np.arange(20.0)[:, None], draws=draws, names=("x",))
        >>> validated(trial, drop=True).count
        19
    """
    trial = _shaped(_units(trial))
    _lengths(trial)
    trial = _finite(trial, drop)
    if trial.geometry == "rotation":
        _rotations(trial)
    trial = repaired(_counted(trial), seed)
    # what was validated before says nothing twice
    return dataclasses.replace(trial, notes=tuple(dict.fromkeys(trial.notes)))


def _units(trial: Trial) -> Trial:
    """Truths and draws that carry units, brought to those of the truths."""
    units = [getattr(value, "unit", None) for value in (trial.truths, trial.draws)]
    if units[0] is None and units[1] is None:
        return trial
    if None in units:
        which, other = ("truths", "draws") if units[0] is not None else ("draws", "truths")
        raise TrialError(
            f"the {which} have the unit {units[0] or units[1]} but the {other} have none: give "
            "both with their unit, or both as plain numbers in the same unit"
        )
    try:
        draws = trial.draws.to_value(units[0])  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:  # astropy's refusals are both
        raise TrialError(
            f"truths in {units[0]} cannot be compared with draws in {units[1]}: give both in "
            "units of the same kind"
        ) from error
    truths = trial.truths.value  # type: ignore[attr-defined]
    named = trial.units or (str(units[0]),) * truths.shape[-1]
    return dataclasses.replace(trial, truths=truths, draws=draws, units=named)


def _numbers(value: Any, what: str) -> np.ndarray:
    try:
        found = np.asarray(value)
        return found if found.dtype in (np.float32, np.float64) else found.astype(float)
    except (TypeError, ValueError) as error:
        raise TrialError(
            f"{what} must be an array of numbers, but it holds something else: {error}"
        ) from error


def _shaped(trial: Trial) -> Trial:
    """Truths (N, d), draws (N, L, d) and names that fit each other."""
    truths, draws = _numbers(trial.truths, "truths"), _numbers(trial.draws, "draws")
    if truths.ndim == 1 and draws.ndim == 2:  # one parameter
        truths, draws = truths[:, None], draws[:, :, None]
    if trial.geometry not in GEOMETRIES:
        raise TrialError(f"no geometry {trial.geometry!r}; there are {', '.join(GEOMETRIES)}")
    if truths.ndim != 2 or draws.ndim != 3:
        raise TrialError(
            f"truths of shape {truths.shape} and draws of shape {draws.shape} cannot be judged: "
            "give (objects, parameters) and (objects, draws, parameters)"
        )
    if not truths.size or not draws.size:
        raise TrialError("there is not one object, draw or parameter to judge: give some")
    if len(truths) != len(draws):
        turned = draws.shape[1] == len(truths) and draws.shape[2] == truths.shape[1]
        tip = "; the first two axes of the draws seem to be exchanged" if turned else ""
        raise TrialError(
            f"there are {len(truths):,} truths, but draws for {len(draws):,} objects: give one "
            f"set of draws for each truth{tip}"
        )
    if truths.shape[1] != draws.shape[2]:
        raise TrialError(
            f"truths have {truths.shape[1]:,} parameters, but draws {draws.shape[2]:,}: give the "
            "same, in the same order"
        )
    _names(trial.names, trial.units, truths.shape[1])
    return dataclasses.replace(trial, truths=truths, draws=draws)


def _names(names: tuple[str, ...], units: tuple[str, ...], size: int) -> None:
    if len(names) != size or len(set(names)) != size:
        raise TrialError(
            f"{len(names)} names, {len(set(names))} of them different, do not fit {size} "
            "parameters: give one of its own to each"
        )
    if units and len(units) != size:
        raise TrialError(
            f"{len(units)} units do not fit {size} parameters: give one for each, an empty text "
            "where it has none"
        )


def _lengths(trial: Trial) -> None:
    """All that is known beside must have a row for each object, and a column for each draw."""
    n, count = trial.draws.shape[:2]
    wanted: list[tuple[str, Any, tuple[int, ...]]] = [
        ("weights", trial.weights, (n, count)), ("observations", trial.observations, (n,)),
        ("ids", np.asarray(trial.ids) if trial.ids else None, (n,)),
    ]  # fmt: skip
    for field in ("groups", "places", "measured", "predicted"):
        wanted += [(f"{field} {k!r}", v, (n,)) for k, v in getattr(trial, field).items()]
    for field, shapes in (("log_likelihood", ((n,), (n, count))), ("log_prob", ((n,), (n, count))),
                          ("chi_square", ((n, count), (n,)))):  # fmt: skip
        if (value := getattr(trial, field)) is not None:
            wanted += [(field, part, shape) for part, shape in zip(value, shapes, strict=True)]
    for what, value, shape in wanted:
        if value is not None and np.shape(value)[: len(shape)] != shape:
            raise TrialError(
                f"{what} of shape {np.shape(value)} do not fit {n:,} objects with {count:,} draws "
                f"each: give {shape}"
            )


def _finite(trial: Trial, drop: bool) -> Trial:
    """Without the objects that hold NaN or infinity, if that was asked for."""
    table = trial.geometry == "table"
    parts = [(name, getattr(trial, name)) for name in ("truths", "draws", "weights")]
    bad = {name: _broken(value, table and name != "weights") for name, value in parts
           if value is not None}  # fmt: skip
    for name in ("log_likelihood", "log_prob"):  # minus infinity is an impossible point
        for part in getattr(trial, name) or ():
            part = np.asarray(part, float)
            rows = (np.isnan(part) | (part == np.inf)).reshape(trial.count, -1).any(1)
            bad[name] = bad.get(name, np.zeros(trial.count, bool)) | rows
    for part in trial.chi_square or ():
        rows = _broken(np.asarray(part, float), False)
        bad["chi_square"] = bad.get("chi_square", np.zeros(trial.count, bool)) | rows
    if trial.prior is not None and _broken(np.asarray(trial.prior, float), table).any():
        raise TrialError("draws of the prior are not all finite: leave the others out")
    every = np.any(list(bad.values()), axis=0)
    if not every.any():
        return trial
    where = " and ".join(name for name, rows in bad.items() if rows.any())
    listed = _listed(trial, np.flatnonzero(every))
    if not drop:
        raise TrialError(
            f"{where} of {int(every.sum()):,} objects are not finite ({listed}): repair them, or "
            "leave these objects out with drop=True"
        )
    if every.all():
        raise TrialError(f"{where} are not finite for any object: nothing is left to judge")
    note = (
        f"{int(every.sum()):,} of {trial.count:,} objects were left out because their {where} are "
        f"not finite ({listed}). If a model fails where it is worst, the verdict flatters it."
    )
    return dataclasses.replace(trial.part(~every), notes=(*trial.notes, note))


def _broken(value: np.ndarray, gaps: bool) -> np.ndarray:
    wrong = np.isinf(value) if gaps else ~np.isfinite(value)
    return np.asarray(wrong.reshape(len(value), -1).any(1))


def _listed(trial: Trial, rows: np.ndarray) -> str:
    names = [trial.ids[k] if trial.ids else f"row {k}" for k in rows[:_SHOWN]]
    return ", ".join(names) + (f" and {len(rows) - _SHOWN:,} more" if len(rows) > _SHOWN else "")


def _rotations(trial: Trial) -> None:
    """Whether 9 numbers are matrices that turn and do nothing else."""
    if trial.size != 9:
        tip = ": turn quaternions into matrices first" if trial.size == 4 else ""
        raise TrialError(
            f"a rotation is a 3 x 3 matrix, row by row, but a point has {trial.size} numbers{tip}"
        )
    for what, value in (("truths", trial.truths), ("draws", trial.draws)):
        matrix = value.reshape(-1, 3, 3)
        skew = np.abs(matrix @ matrix.transpose(0, 2, 1) - np.eye(3)).max((1, 2))
        each = len(matrix) // trial.count
        if (skew > 1e-3).any():
            rows = np.unique(np.flatnonzero(skew > 1e-3) // each)
            raise TrialError(
                f"{what} of {len(rows):,} objects are not rotations: their rows are not of length "
                f"1 and at right angles, by up to {skew.max():.2g} ({_listed(trial, rows)}). Give "
                "proper 3 x 3 matrices"
            )
        mirrored = np.linalg.det(matrix) < 0
        if mirrored.any():
            rows = np.unique(np.flatnonzero(mirrored) // each)
            raise TrialError(
                f"{what} of {len(rows):,} objects are reflections, not rotations: their "
                f"determinant is -1 ({_listed(trial, rows)}). Change the sign of one axis"
            )


def _counted(trial: Trial) -> Trial:
    """Notes where there is little to judge from."""
    notes = []
    if trial.draws.shape[1] == 1:
        notes.append(
            "One draw for each object tells nothing of widths: only populations can be compared. "
            "Give 100 draws for a verdict on the posterior."
        )
    elif trial.draws.shape[1] < _FEW_DRAWS:
        notes.append(f"{trial.draws.shape[1]} draws for each object are few: ranks are coarse.")
    if trial.count < _FEW_OBJECTS:
        notes.append(
            f"{trial.count} objects are few: only gross errors can be seen. Give several hundred."
        )
    return dataclasses.replace(trial, notes=(*trial.notes, *notes))
