r"""Fresh pictures and the model's draws for them: figures for the card and for `astroviz check`.

For each solid: the *spread*, the mean angle between draws and the nearest pose that looks like the
truth; the log-likelihood of the truth; *modes*, the part of the poses that look alike near which
draws are found; and the *credible angle*: around a centre made of some draws, does the ball that
holds 90 % of the other draws hold the truth in 90 % of the pictures?
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import roma
import torch
from torch import Tensor

from astroviz.orientations import process
from astroviz.orientations.process import sample
from astroviz.orientations.renders import render_many
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.solids import (
    SHAPES,
    axis_of,
    nearest_angle,
    nearest_equivalent,
    solid,
    symmetries,
)

if TYPE_CHECKING:
    from astroviz.orientations.pose_model import PoseModel

__all__ = ["PoseFigures", "centre_of", "checks", "measure"]

_HELD = 16  # draws that make the centre and are not ranked
_SLACK = {"spread": 1.15, "log_prob": 0.3}  # of what the card says, before the judge's margin


@dataclass(frozen=True)
class PoseFigures:
    r"""What was measured on `N` pictures of one solid.

    Arguments:
        shape: The solid.
        angles: From each draw to the nearest equivalent of the truth, rad, shape (N, L).
        log_prob: Of the truth, with respect to Haar probability, shape (N,).
        truth_angle: From the centre to the truth, rad, shape (N,).
        draw_angles: From the centre to the draws that are ranked, rad, shape (N, L - 16).
        modes: Part of the equivalents near which there is a draw, shape (N,); NaN for round ones.
        right: Whether the likeliest solid is the right one, shape (N,).
    """

    shape: str
    angles: np.ndarray
    log_prob: np.ndarray
    truth_angle: np.ndarray
    draw_angles: np.ndarray
    modes: np.ndarray
    right: np.ndarray

    def summary(self) -> dict[str, float]:
        """Plain figures for a card: degrees and nats."""
        spread = np.degrees(self.angles)
        rank = (self.draw_angles < self.truth_angle[:, None]).mean(1)
        found = {
            "spread_mean": spread.mean(), "spread_median": np.median(spread),
            "log_prob_haar": self.log_prob.mean(),
            "log_prob_pi2": self.log_prob.mean() - 2 * math.log(math.pi),
            "coverage_50": (rank <= 0.5).mean(), "coverage_90": (rank <= 0.9).mean(),
            "shape_accuracy": self.right.mean(),
        }  # fmt: skip
        if np.isfinite(self.modes).all():
            found["modes_found"] = self.modes.mean()
        figures = {name: round(float(value), 4) for name, value in found.items()}
        return {**figures, "pictures": len(self.log_prob)}


def centre_of(shape: str, draws: Tensor) -> Tensor:
    r"""A pose in the middle of draws, whichever of the equivalents each is near.

    Arguments:
        shape: The solid.
        draws: Shape :math:`(n, 3, 3)`.

    Returns:
        Shape :math:`(3, 3)`. For a round solid only its z axis has a meaning.
    """
    if not solid(shape).is_round:
        folded = nearest_equivalent(shape, draws, draws[0])
        middle: Tensor = roma.special_procrustes(folded.mean(0))
        return middle
    axes = axis_of(draws)
    if shape == "cylinder":
        axes = axes * (axes @ axes[0]).sign()[:, None]
    axis = torch.nn.functional.normalize(axes.mean(0), dim=0)
    other = torch.eye(3)[int(axis.abs().argmin())]
    first = torch.nn.functional.normalize(torch.linalg.cross(other, axis), dim=0)
    return torch.stack([first, torch.linalg.cross(axis, first), axis], -1)


def measure(
    model: PoseModel, shape: str, number: int, draws: int, seed: int, steps: int = 19
) -> PoseFigures:
    r"""Figures of one solid on fresh pictures.

    Arguments:
        model: The model.
        shape: The solid.
        number: Number of pictures :math:`N`.
        draws: Draws of each, more than 16.
        seed: Seed of pictures and draws.
        steps: Heun steps of the draws; the density takes five Runge-Kutta steps more.
    """
    generator = torch.Generator().manual_seed(seed * 101 + SHAPES.index(shape))
    truth = random_rotations(number, generator)
    kinds = torch.full((number,), SHAPES.index(shape))
    reading = model.read(render_many(kinds, truth, generator))
    start = random_rotations(number * draws, generator).to(model.device)
    with torch.inference_mode():
        found = (
            sample(model.score(reading), start, steps, low=model.sharpest)
            .cpu()
            .view(number, draws, 3, 3)
        )
    with torch.no_grad():
        logp = process.log_prob(
            model.score(reading), truth.to(model.device), steps + 5, model.sharpest
        ).cpu()
    centres = torch.stack([centre_of(shape, one[:_HELD]) for one in found])
    angles = nearest_angle(shape, found, truth[:, None])
    return PoseFigures(
        shape, angles.numpy(), logp.numpy(), nearest_angle(shape, truth, centres).numpy(),
        nearest_angle(shape, found[:, _HELD:], centres[:, None]).numpy(),
        _modes(shape, found, truth), (reading.logits.argmax(-1).cpu() == kinds).numpy(),
    )  # fmt: skip


def _modes(shape: str, draws: Tensor, truth: Tensor) -> np.ndarray:
    """Part of the equivalents that are nearest to at least one draw, shape (N,)."""
    if solid(shape).is_round:
        return np.full(len(draws), np.nan)
    group = symmetries(shape)
    closeness = torch.einsum("nij,gjk,nmik->nmg", truth, group, draws)
    nearest = closeness.argmax(-1)
    return np.array([len(torch.unique(row)) / len(group) for row in nearest])


def checks(model: PoseModel, seed: int = 0, quick: bool = False) -> list[dict[str, Any]]:
    r"""Truths and draws for `accuracy.report.verdicts`.

    Arguments:
        model: The model.
        seed: Seed of pictures and draws.
        quick: Some 40 pictures of each solid instead of 400.

    Returns:
        Blocks: ranks of the truth's angle from a centre, by solid; for each solid the spread and
        the log-likelihood against what the card says; the worst accuracy of naming the solid.
    """
    number, draws = (40, 40) if quick else (400, 96)
    figures = [measure(model, shape, number, draws, seed + 1) for shape in SHAPES]
    labels = np.repeat([figure.shape for figure in figures], number)
    blocks: list[dict[str, Any]] = [
        {
            "kind": "ranks", "name": "credible angle", "parameters": ["angle"],
            "truths": np.concatenate([f.truth_angle for f in figures])[:, None],
            "draws": np.concatenate([f.draw_angles for f in figures])[..., None],
            "groups": {} if quick else {"shape": labels},
        }
    ]  # fmt: skip
    stated = model.card.metrics.get("shapes", {})
    for figure in figures:
        card = stated.get(figure.shape, {})
        if card:
            blocks += _as_stated(figure, card)
    right = [float(f.right.mean()) for f in figures]
    errors = [math.sqrt(max(p * (1 - p), 0.01) / number) for p in right]
    blocks.append(
        {
            "kind": "values", "name": "solid named", "values": np.array(right),
            "errors": np.array(errors), "statistic": "min", "goal": 0.95, "sense": "at least",
        }
    )  # fmt: skip
    return blocks


def _as_stated(figure: PoseFigures, card: dict[str, Any]) -> list[dict[str, Any]]:
    spread = np.degrees(figure.angles).mean(1)
    return [
        {
            "kind": "values", "name": f"spread of a {figure.shape}, deg", "values": spread,
            "errors": np.full(len(spread), spread.std()), "statistic": "mean",
            "goal": _SLACK["spread"] * float(card["spread_mean"]), "sense": "at most",
        },
        {
            "kind": "values", "name": f"log-likelihood of a {figure.shape}, nats",
            "values": figure.log_prob,
            "errors": np.full(len(spread), figure.log_prob.std()), "statistic": "mean",
            "goal": float(card["log_prob_haar"]) - _SLACK["log_prob"], "sense": "at least",
        },
    ]  # fmt: skip
