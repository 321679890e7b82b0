r"""From the draws of one row to its line in a table of results."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from astroviz.core.draws import Draws
from astroviz.io.observations import Observations, State

__all__ = ["QUANTILES", "SCORES", "column_names", "columns_of_rows", "row_seed", "status"]

QUANTILES = {"q025": 0.025, "q16": 0.16, "q50": 0.5, "q84": 0.84, "q975": 0.975}
_MOMENTS = ("mean", "std")
SCORES = ("p_young", "p_disk", "ood_score")
"""Extras of the draws that become columns, unless a model says its own `row_scores`."""

# Kinds of quantity that say something about the star itself; a parallax alone does not.
_INFORMATIVE = ("magnitude", "label")


def column_names(
    parameters: Sequence[str],
    identifier: bool = False,
    keep_samples: bool = False,
    further: Sequence[str] = (),
    scores: Sequence[str] = SCORES,
) -> list[str]:
    """The columns of a table of results, in order."""
    names = ["identifier"] if identifier else []
    for parameter in parameters:
        names += [f"{parameter}_{suffix}" for suffix in (*QUANTILES, *_MOMENTS)]
    names += [*scores, *further, "status"]
    return names + (list(parameters) if keep_samples else [])


def columns_of_rows(
    answers: Sequence[Draws],
    statuses: Sequence[str],
    parameters: Sequence[str],
    identifiers: Iterable[str] | None = None,
    keep_samples: bool = False,
    further: Sequence[str] = (),
    scores: Sequence[str] = SCORES,
) -> dict[str, np.ndarray]:
    r"""Summaries of :math:`N` rows.

    Arguments:
        answers: Draws of each row; they need the columns `parameters`. Summaries are over the
            draws that have the parameter: a star without a disk has no excess, its draws are NaN.
        statuses: One text per row.
        parameters: Names of the :math:`d` columns to summarise.
        identifiers: One text per row, if the table has an identifier.
        keep_samples: Add the draws themselves, shape :math:`(N, n)` per parameter.
        further: Further extras of the draws that become columns, as `effective_size`.
        scores: Extras that become columns before those; `ood_score` is among them.

    Returns:
        Columns of length :math:`N` in the order of `column_names`; works for no rows.
    """
    found: dict[str, np.ndarray] = {}
    if identifiers is not None:
        found["identifier"] = np.asarray(list(identifiers), dtype=str)
    stack = _stacked(answers, parameters)
    for column, parameter in enumerate(parameters):
        draws = stack[:, :, column].astype(np.float64)
        for suffix, values in zip(QUANTILES, _quantiles(draws), strict=True):
            found[f"{parameter}_{suffix}"] = values.astype(np.float32)
        mean, spread = _moments(draws)
        found[f"{parameter}_mean"] = mean.astype(np.float32)
        found[f"{parameter}_std"] = spread.astype(np.float32)
    for name in (*scores, *further):
        found[name] = np.array([_scalar(draws, name) for draws in answers], dtype=np.float32)
    found["status"] = np.asarray(list(statuses), dtype=str)
    if keep_samples:
        found |= {name: stack[:, :, column] for column, name in enumerate(parameters)}
    return found


def status(observations: Observations, row: int, extrapolated: bool, refusal: str = "") -> str:
    """`ok`, `ok: extrapolated`, `no data`, `bad input: <why>` or `refused: <why>`; never empty."""
    problem = observations.problems.get(row)
    found = [f"bad input: {problem}"] if problem else []
    found += [f"refused: {refusal}"] if refusal else []
    if found:
        return "; ".join(found)
    states = observations.states[row]
    known = (states == State.OBSERVED) | (states == State.LIMIT)
    kinds = np.array([quantity.kind for quantity in observations.quantities])
    informed = (known & np.isin(kinds, _INFORMATIVE)).any() or observations.spectra_of(row)
    if not informed:
        return "no data"
    return "ok: extrapolated" if extrapolated else "ok"


def row_seed(observations: Observations, row: int, seed: int) -> int:
    """Seed of one row, from what was observed: the order and company of rows do not matter.

    One seed for every row would give all stars the same noise, and quantities averaged over stars
    would keep the error of a single one.
    """
    digest = hashlib.sha256(f"{seed}".encode())
    for array in (observations.values, observations.errors, observations.states):
        digest.update(np.ascontiguousarray(array[row]).tobytes())
    return int.from_bytes(digest.digest()[:7], "little")


def _stacked(answers: Sequence[Draws], parameters: Sequence[str]) -> np.ndarray:
    if not answers:
        return np.empty((0, 1, len(parameters)), dtype=np.float32)
    order = [answers[0].names.index(name) for name in parameters]
    return np.stack([draws.values[:, order] for draws in answers])


def _quantiles(draws: np.ndarray) -> np.ndarray:
    r"""Quantiles of the draws of each row that are not NaN, shape (5, N); NaN if there is none."""
    count = np.isfinite(draws).sum(axis=1)
    ordered = np.sort(draws, axis=1)  # NaN goes to the end
    place = np.array(list(QUANTILES.values()))[:, None] * np.maximum(count - 1, 0)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    rows = np.arange(len(draws))
    fraction = place - low
    return (1 - fraction) * ordered[rows, low] + fraction * ordered[rows, high]


def _moments(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(draws)
    count = known.sum(axis=1).astype(float)
    count[count == 0] = np.nan
    mean = np.where(known, draws, 0.0).sum(axis=1) / count
    square = np.where(known, draws - mean[:, None], 0.0) ** 2
    return mean, np.sqrt(square.sum(axis=1) / count)


def _scalar(draws: Draws, name: str) -> float:
    extras: Mapping[str, Any] = draws.extras
    return float(np.mean(extras[name])) if name in extras else float("nan")
