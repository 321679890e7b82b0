r"""The recipe of `astroviz train galaxies`: each model has its own, this shares the budget."""

from __future__ import annotations

from pathlib import Path

from astroviz.core.rooms import train_parts

__all__ = ["PARTS", "train"]

# Module of each part's recipe, and its share of a common budget; in this order.
PARTS: dict[str, tuple[str, float]] = {
    "tables": ("train_tables", 0.04),
    "emulator": ("train_emulator", 0.10),
    "sdss": ("train_populations", 0.24),
    "blind": ("train_populations", 0.12),
    "mock": ("train_populations", 0.36),
    "ladder": ("train_populations", 0.14),
}

_SEVERAL = ("train_populations",)  # modules that make more than one part


def train(
    budget: float = 3600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    part: str = "",
) -> Path:
    r"""Rebuild the models of the galaxies room.

    Arguments:
        budget: Wall-clock time in seconds; shared by the parts when all are trained.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models, which gets `galaxies/<part>`; by default the checkout's, else the
            user's.
        smoke: Tiny models in seconds, to try the way from end to end.
        resume: Go on from the checkpoints of an earlier run for the same folder.
        part: One of `PARTS`; empty for all.

    Returns:
        The folder that was written.
    """
    return train_parts(
        "galaxies", PARTS, budget, device, out, smoke, resume, part, several=_SEVERAL
    )
