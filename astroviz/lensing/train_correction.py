r"""The recipe of `lensing/correction`: principal components of what an ellipse leaves over.

Draws of the clumpy law (`mass_maps`) become deflections; what a power law's own parameters, a
shift or a magnification of the source could do is fitted away; of the rest, weighted where arcs
lie, the principal components are kept.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch

from astroviz.core.registry import Card, save_model, writable_folder
from astroviz.lensing.correction import Correction
from astroviz.lensing.lens import check_lens, deflection, to_free
from astroviz.lensing.mass_maps import deflection_of, perturbations

__all__ = ["learn", "left_over", "train"]

_HALF_WIDTH, _PIXELS, _LATENTS = 2.0, 64, 32
_INNER, _OUTER = 0.3, 1.8  # Einstein radii between which arcs lie


def learn(
    draws: int, seed: int = 0, latents: int = _LATENTS, pixels: int = _PIXELS
) -> tuple[Correction, dict[str, float]]:
    r"""Learn the directions.

    Arguments:
        draws: Number of perturbations.
        seed: Seed of the draws.
        latents: Number of directions.
        pixels: Side of their grid.

    Returns:
        The correction, and what part of the variance of unseen draws it explains.
    """
    fields, weight = left_over(draws, seed, pixels)
    flat = fields.reshape(draws, -1) * weight
    _, values, vectors = np.linalg.svd(flat, full_matrices=False)
    count = min(latents, len(values))
    inner = vectors[:count]
    # directions where no arc lies are filled by regression on the same draws
    scores = flat @ inner.T
    basis = np.linalg.lstsq(scores, fields.reshape(draws, -1), rcond=None)[0]
    correction = Correction(
        basis.reshape(count, 2, pixels, pixels), values[:count] ** 2 / draws, _HALF_WIDTH
    )
    fresh, _ = left_over(max(50, draws // 10), seed + 1, pixels)
    unseen = fresh.reshape(len(fresh), -1) * weight
    kept = unseen @ inner.T @ inner
    explained = 1 - float(np.square(unseen - kept).sum() / np.square(unseen).sum())
    return correction, {"variance of unseen draws explained": round(explained, 4)}


def left_over(
    draws: int, seed: int, pixels: int, half_width: float = _HALF_WIDTH
) -> tuple[np.ndarray, np.ndarray]:
    r"""Deflections of the law, without what a smooth lens could do.

    Arguments:
        draws: How many.
        seed: Of the draws.
        pixels: Side of their grid.
        half_width: Half the side of the grid, Einstein radii.

    Returns:
        Deflections :math:`(n, 2, s, s)`, Einstein radii, and the weight of each number of one,
        :math:`(2 s^2,)`: 1 where arcs lie.
    """
    step = 2 * half_width / pixels
    found = deflection_of(perturbations(draws, seed, pixels, half_width), step)
    line = (np.arange(pixels) + 0.5) * step - half_width
    y, x = np.meshgrid(line, line, indexing="ij")
    r = np.hypot(x, y)
    inside = ((r > _INNER) & (r < _OUTER)).astype(float)
    weight = np.concatenate([inside.ravel(), inside.ravel()])
    smooth = _smooth(x, y)
    flat = found.reshape(draws, -1)
    solved = np.linalg.lstsq((smooth * weight).T, (flat * weight).T, rcond=None)[0]
    return (flat - solved.T @ smooth).reshape(found.shape), weight


def _smooth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """What the smooth lens and the source plane can absorb, shape (k, 2 s s)."""
    zero, one = np.zeros_like(x), np.ones_like(x)
    found = [np.stack(pair) for pair in ((one, zero), (zero, one), (x, y), (x, -y), (y, x),
                                         (-y, x))]  # fmt: skip
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)
    for turn in (0.0, 0.8):  # the ellipse may lie in any direction
        lens = check_lens({"einstein_radius": 1.0, "axis_ratio": 0.8, "position_angle": turn})
        free = to_free(lens.double())
        for k in (0, 1, 2, 3, 4, 7):
            side = []
            for sign in (1, -1):
                moved = free.clone()
                moved[k] += 1e-4 * sign
                side.append(torch.stack(list(deflection(tx, ty, moved, True))).numpy())
            found.append((side[0] - side[1]) / 2e-4)
    return np.stack(found).reshape(len(found), -1)


def train(
    budget: float = 120.0, device: str = "auto", out: Path | None = None, smoke: bool = False,
    resume: bool = False,
) -> Path:  # fmt: skip
    r"""Rebuild `lensing/correction`.

    Arguments:
        budget: Wall-clock time in seconds; decides how many draws there are.
        device: Not used: the work is one decomposition on the CPU.
        out: Folder of models; by default the checkout's, else the user's.
        smoke: A tiny model in seconds.
        resume: Not used: there is nothing to go on from.

    Returns:
        The folder that was written.
    """
    begun = time.monotonic()
    draws = 60 if smoke else int(np.clip(budget * 20, 300, 2400))
    sys.stderr.write(f"correction: {draws} clumpy lenses\n")
    found, metrics = learn(draws, 0, 4 if smoke else _LATENTS, 32 if smoke else _PIXELS)
    folder = (out or writable_folder()) / "lensing" / "correction"
    tensors = {
        "basis": torch.from_numpy(found.basis).half(),
        "variances": torch.from_numpy(found.variances).float(),
    }
    save_model(folder, tensors, _card(metrics, draws, time.monotonic() - begun))
    return folder


def _card(metrics: dict[str, float], draws: int, seconds: float) -> Card:
    return Card(
        name="lensing/correction",
        system="lensing",
        title="Correction of a lens",
        what="What a lens may deflect beyond an elliptical power law with shear: a few directions "
        "of the deflection with their variances, inferred together with the lens.",
        data=f"{draws} draws of the law of `lensing.mass_maps`: clumps, a Gaussian random field, "
        "multipoles of order 3 and 4. Made up; a stand-in for substructure.",
        prior="Independent normal latents.",
        limits=[
            "It knows perturbations of about a per cent of the mass within the Einstein radius; a "
            "second galaxy is none.",
            "Directions that the source could imitate are pulled to zero by the prior.",
        ],
        metrics=metrics,
        training_time=f"{seconds:.0f} seconds on one core of a shared machine",
        licence="BSD-3-Clause (weights)",
        config={"network": "correction", "half_width": _HALF_WIDTH},
    )
