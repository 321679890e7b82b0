r"""The recipe of `astroviz train orientations`: each model has its own, this shares the budget."""

from __future__ import annotations

from pathlib import Path

from astroviz.core.rooms import train_parts

__all__ = ["PARTS", "train"]

# Module of each part's recipe, and its share of a common budget; in this order.
PARTS: dict[str, tuple[str, float]] = {
    "box": ("train_boxes", 0.05),
    "densities": ("train_densities", 0.40),
    "web": ("train_web", 0.30),
    "pose": ("train_pose", 0.15),
    "gan": ("train_gan", 0.10),
}


def train(
    budget: float = 3600.0,
    device: str = "auto",
    out: Path | None = None,
    smoke: bool = False,
    resume: bool = False,
    part: str = "",
) -> Path:
    r"""Rebuild the models of the orientations room.

    Arguments:
        budget: Wall-clock time in seconds; shared by the parts when all are trained.
        device: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`.
        out: Folder of models, which gets `orientations/<part>`; by default the checkout's, else
            the user's.
        smoke: Tiny models in seconds, to try the way from end to end.
        resume: Go on from the checkpoints of an earlier run for the same folder.
        part: One of `PARTS`; empty for all.

    Returns:
        The folder that was written.
    """
    return train_parts("orientations", PARTS, budget, device, out, smoke, resume, part)
