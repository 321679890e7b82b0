r"""The recipe of `astroviz train lensing`: each model has its own, this shares the budget."""

from __future__ import annotations

from pathlib import Path

from astroviz.core.rooms import train_parts

__all__ = ["EXTRA", "PARTS", "train"]

# Module of each part's recipe, and its share of a common budget; in this order.
PARTS: dict[str, tuple[str, float]] = {
    "galaxies": ("train_priors", 0.46),
    "galaxies16": ("train_priors", 0.10),
    "ellipticals": ("train_priors", 0.08),
    "spirals": ("train_priors", 0.08),
    "hubble": ("train_priors", 0.08),
    "digits04": ("train_priors", 0.04),
    "digits": ("train_priors", 0.04),
    "noise": ("train_noise", 0.03),
    "chirp": ("train_noise", 0.02),
    "rounds": ("train_hierarchy", 0.04),
    "correction": ("train_correction", 0.03),
}

EXTRA: dict[str, str] = {"galaxies64": "train_priors"}
"""Parts that are made only when named: too long for a processor, minutes on a GPU."""

_SEVERAL = ("train_priors", "train_noise")  # modules that make more than one part


def train(
    budget: float = 3600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    part: str = "",
) -> Path:
    r"""Rebuild the models of the lensing room.

    Arguments:
        budget: Wall-clock time in seconds; shared by the parts when all are trained.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models, which gets `lensing/<part>`; by default the checkout's, else the
            user's.
        smoke: Tiny models in seconds, to try the way from end to end.
        resume: Go on from the checkpoints of an earlier run for the same folder.
        part: One of `PARTS` or `EXTRA`; empty for all of `PARTS`.

    Returns:
        The folder that was written.
    """
    return train_parts("lensing", PARTS, budget, device, out, smoke, resume, part, EXTRA, _SEVERAL)
