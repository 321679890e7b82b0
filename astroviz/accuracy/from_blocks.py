r"""Trials out of the blocks that a room's `checks(seed, quick)` hands over.

Models that answer without a posterior, and those that cannot be asked live, still have blocks: see
`report`. Ranks, coverage and predictions among them are truths with draws, which every check of
the table takes; figures and flags are judged by `report.verdicts` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from astroviz.accuracy.trial import Trial

__all__ = ["trials_of_blocks"]


def trials_of_blocks(
    blocks: Iterable[Mapping[str, Any]], model: str = "", seed: int = 0
) -> dict[str, Trial]:
    r"""One trial for each block that holds truths and draws.

    Arguments:
        blocks: What `checks` of a room returned.
        model: Whose they are.
        seed: Seed that they were made with.

    Returns:
        Name of the block to trial; empty where there are only figures.

    Example:
        >>> block = {"kind": "pit", "name": "W1", "measured": np.zeros(3),
        ...          "predictions": np.ones((3, 5))}
        >>> trials_of_blocks([block])["W1"].draws.shape
        (3, 5, 1)
    """
    found: dict[str, Trial] = {}
    for block in blocks:
        kind = str(block.get("kind", ""))
        if kind not in _MAKERS:
            continue
        name = str(block.get("name") or kind)
        while name in found:
            name += " (more)"
        found[name] = Trial(**_MAKERS[kind](block), model=model, seed=seed,
                            notes=("Draws that the model's own checks made.",))  # fmt: skip
    return found


def _of_ranks(block: Mapping[str, Any]) -> dict[str, Any]:
    truths = np.asarray(block["truths"], dtype=float)
    groups = {str(k): np.asarray(v) for k, v in dict(block.get("groups") or {}).items()}
    weights = block.get("weights")
    return {
        "truths": truths, "draws": np.asarray(block["draws"], dtype=float), "groups": groups,
        "names": tuple(block["parameters"]), "units": ("",) * truths.shape[1],
        "weights": None if weights is None else np.asarray(weights, dtype=float),
    }  # fmt: skip


def _of_tarp(block: Mapping[str, Any]) -> dict[str, Any]:
    truths = np.asarray(block["truths"], dtype=float)
    count = truths.shape[1]
    return {
        "truths": truths, "draws": np.asarray(block["draws"], dtype=float),
        "names": tuple(f"direction {k + 1}" for k in range(count)), "units": ("",) * count,
    }  # fmt: skip


def _of_pit(block: Mapping[str, Any]) -> dict[str, Any]:
    measured = np.asarray(block["measured"], dtype=float)
    drawn = np.asarray(block["predictions"], dtype=float)
    return {
        "truths": measured[:, None], "draws": drawn[..., None], "units": ("",),
        "names": (str(block.get("name") or "measured"),), "weights": block.get("weights"),
    }  # fmt: skip


_MAKERS = {"pit": _of_pit, "ranks": _of_ranks, "tarp": _of_tarp}
