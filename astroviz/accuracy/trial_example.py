r"""What the view *Trial* opens with: trials of shipped models, answered before and stored.

The draws and what the checks found are both stored, so that a page shows its first verdict at
once; a test runs the checks again on the stored draws.
"""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from astroviz.accuracy.checks import report_of
from astroviz.accuracy.outcome import Outcome
from astroviz.accuracy.stored_arrays import STORED, read_arrays, write_arrays
from astroviz.accuracy.trial import Trial
from astroviz.accuracy.trial_run import Asked, Found

__all__ = ["EXAMPLES", "example_of", "store_example"]

EXAMPLES = {
    "young": Asked("stars/young", "young", 200, 100, 0),
    "shift": Asked("stars/young", "shift", 200, 100, 0),
}
"""Stored trials, by the end of their file's name."""

_ARRAYS = ("truths", "draws", "prior", "observations")
_MAPPINGS = ("groups", "places", "measured", "predicted")
_PAIRS = ("log_likelihood", "log_prob", "chi_square")
_WORDS = ("names", "units", "geometry", "observation_names", "place_units", "ids", "model", "seed",
          "notes")  # fmt: skip


def example_of(asked: Asked) -> Found | None:
    r"""The stored answer of a trial, whatever checks it asks for; None where there is none.

    Arguments:
        asked: What is put on trial.
    """
    for name, stored in EXAMPLES.items():
        same = dataclasses.replace(asked, checks=(), level=stored.level) == stored
        if same and not asked.checks and _path(name).exists():
            return _read(name, _path(name).stat().st_mtime_ns)
    return None


def _path(name: str, folder: Path = STORED) -> Path:
    return folder / f"trial_{name}.npz"


def store_example(name: str, found: Found, folder: Path = STORED) -> Path:
    """Write a trial and what was found; `name` is a key of `EXAMPLES`."""
    trial, arrays = found.trial, {}
    for field in _ARRAYS:
        if getattr(trial, field) is not None:
            arrays[field] = np.asarray(getattr(trial, field))
    for field in _MAPPINGS:
        for key, values in getattr(trial, field).items():
            array = np.asarray(values)
            # a column alone, or each object would have a range of its own
            column = array.dtype.kind == "f" and array.ndim == 1
            arrays[f"{field}:{key}"] = array[:, None] if column else array
    for field in _PAIRS:
        for part, values in zip("td", getattr(trial, field) or (), strict=False):
            arrays[f"{field}:{part}"] = _bounded(np.asarray(values, float))
    for one in found.report.outcomes:
        for key, values in one.curves.items():
            array = np.asarray(values)
            arrays[f"curve:{one.check}:{key}"] = array.astype(np.float32)[..., None]
        if one.objects is not None:
            arrays[f"objects:{one.check}"] = one.objects.astype(np.float32)[:, None]
    arrays["words"] = np.array(json.dumps(_words(found)))
    path = _path(name, folder)
    folder.mkdir(exist_ok=True)
    write_arrays(path, arrays)
    return path


def _bounded(values: np.ndarray) -> np.ndarray:
    """Each row as a column of its own would cost more than the digits are worth: one range.

    Log likelihoods below all others (no such star) are set below the smallest of the rest.
    """
    lost = values < -1e8
    if lost.any() and not lost.all():
        values = np.where(lost, values[~lost].min() - 10.0, values)
    return np.asarray(values)[..., None]


def _words(found: Found) -> dict[str, Any]:
    outcomes = []
    for one in found.report.outcomes:
        plain = one.to_dict()
        plain.pop("curves")
        plain.pop("objects")
        outcomes.append(plain)
    trial = {name: getattr(found.trial, name) for name in _WORDS}
    return {"trial": trial, "outcomes": outcomes, "refused": dict(found.refused)}


@cache
def _read(name: str, _changed: int) -> Found:
    arrays = read_arrays(_path(name))
    words = json.loads(str(arrays.pop("words")))
    fields: dict[str, Any] = {key: _tuple(value) for key, value in words["trial"].items()}
    curves: dict[str, dict[str, np.ndarray]] = {}
    objects: dict[str, np.ndarray] = {}
    for key, values in arrays.items():
        head, _, tail = key.partition(":")
        if head == "curve":
            check, _, curve = tail.partition(":")
            curves.setdefault(check, {})[curve] = values[..., 0]
        elif head == "objects":
            objects[tail] = values[..., 0]
        elif head in _MAPPINGS:
            column = values.dtype.kind == "f" and values.ndim == 2 and values.shape[1] == 1
            fields.setdefault(head, {})[tail] = values[:, 0] if column else values
        elif head in _PAIRS:
            fields[head] = (*fields.get(head, ()), values[..., 0])
        else:
            fields[head] = values.astype(float)
    trial = Trial(**fields)
    outcomes = [_outcome(one, curves, objects) for one in words["outcomes"]]
    asked = EXAMPLES[name]
    report = report_of(trial, outcomes, asked.level)
    return Found(asked, trial, report, words["refused"], stored=True)


def _outcome(
    plain: dict[str, Any], curves: dict[str, Any], objects: dict[str, np.ndarray]
) -> Outcome:
    check = plain["check"]
    numbers = {key: _number(plain[key]) for key in ("value", "expected", "error", "p_value")}
    by = {key: _number(p) for key, p in plain["by"].items()}
    return Outcome(
        **{**plain, **numbers, "by": by}, curves=curves.get(check, {}), objects=objects.get(check)
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
