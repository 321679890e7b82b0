r"""Fresh universes and the model's answers for them: the raw material of `astroviz check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.orientation_head import Encoded
from astroviz.orientations.scalars import NAMES
from astroviz.orientations.train_boxes import GRID, SIZE
from astroviz.orientations.web_calibration import Angles, angle_ranks, log_probs
from astroviz.orientations.web_sampler import draw_pairs, starts

if TYPE_CHECKING:
    from astroviz.orientations.web_model import WebModel

__all__ = ["GAP", "WORTH", "checks", "coverage_block", "likelihood_blocks"]

GAP = 0.03
"""Nats of log likelihood that the model may give away against the true law."""

WORTH = 0.05
"""Nats that messages must be worth at least."""

_FIRST_SEED = 10_000  # far from the seeds of training, validation and benchmarks
_QUICK = {"size": 60.0, "grid": 64}  # of the resolution of the training boxes
_BOXES = 6


def checks(model: WebModel, seed: int, quick: bool) -> list[dict[str, Any]]:
    r"""Truths and draws in fresh boxes, for `accuracy.report.verdicts`.

    Arguments:
        model: The model.
        seed: Seed of the boxes and of the draws.
        quick: A few hundred galaxies of one small box instead of all of six.

    Returns:
        Blocks: the gap in log likelihood to the true law, what the messages are worth, coverage
        of 50 % and 90 % balls, ranks of the true law's density, and ranks of the scalars.
    """
    from astroviz.orientations.cosmic_web import make_box

    settings: dict[str, Any] = _QUICK if quick else {"size": SIZE, "grid": GRID}
    parts = []
    for k in range(1 if quick else _BOXES):
        box = make_box(seed=_FIRST_SEED + _BOXES * seed + k, **settings)
        parts.append(_Part(model, box, seed + k, 400 if quick else None))
    return [
        *likelihood_blocks(*(np.concatenate(x) for x in zip(*(p.densities for p in parts),
                                                            strict=True))),
        coverage_block([part.angles for part in parts]),
        _density_ranks(parts),
        _looks(parts),
    ]  # fmt: skip


class _Part:
    """One box, asked about all that the checks want."""

    def __init__(self, model: WebModel, box: Any, seed: int, number: int | None) -> None:
        generator = torch.Generator().manual_seed(seed)
        law = OrientationLaw().mixture(box)
        rows = torch.randperm(len(law.means), generator=generator)[:number]
        self.law = SymmetricMixture(
            law.means[rows], law.sigmas[rows], law.weights[rows], law.group
        )
        self.truth = self.law.sample(1, generator)[0]
        encoded = _single(model.encode(box).rows(rows))
        silent = model.without_messages
        alone = _single(silent.encode(box).rows(rows))
        self.densities = (
            self.law.log_prob(self.truth).numpy(),
            log_probs(model.network, encoded, self.truth).numpy(),
            log_probs(silent.network, alone, self.truth).numpy(),
        )
        self.angles = angle_ranks(model.network, encoded, self.truth, seed=seed)
        looks = [getattr(box.galaxies, name)[rows.numpy()] for name in NAMES]
        self.looks = np.stack(looks, 1)
        self.drawn_looks = _drawn_looks(model, encoded, seed + 1)


def _single(encoded: Encoded) -> Encoded:
    return encoded.to(torch.float32)


def _drawn_looks(model: WebModel, encoded: Encoded, seed: int, draws: int = 15) -> np.ndarray:
    """Draws of the scalars of each galaxy, shape (N, L, 4)."""
    many = encoded.repeat(draws)
    (start,) = starts([len(many)], len(NAMES), seed)
    _, scalars = draw_pairs(model.network, many, start, steps=12, most=8192)
    return scalars.reshape(len(encoded), draws, -1).numpy()


def likelihood_blocks(
    true: np.ndarray, model: np.ndarray, silent: np.ndarray
) -> list[dict[str, Any]]:
    r"""The gap to the true law, and what messages are worth, in nats.

    Arguments:
        true: Log density of the true law at an orientation of each galaxy, shape :math:`(N,)`.
        model: That of the model.
        silent: That of the network without messages.
    """
    gap, worth = true - model, model - silent
    return [
        _mean("gap to the true law, nats", gap, GAP, "at most"),
        _mean("worth of messages, nats", worth, WORTH, "at least"),
    ]


def _mean(name: str, values: np.ndarray, goal: float, sense: str) -> dict[str, Any]:
    return {
        "kind": "values", "name": name, "values": values,
        "errors": np.full(len(values), values.std()), "statistic": "mean", "goal": goal,
        "sense": sense,
    }  # fmt: skip


def coverage_block(angles: list[Angles]) -> dict[str, Any]:
    """How far the coverage of 50 % and 90 % balls is from what it should be."""
    counts = np.array([len(part.true) for part in angles])
    values, errors = [], []
    for level in (0.5, 0.9):
        found = np.average([part.covered(level) for part in angles], weights=counts)
        values.append(abs(found - level))
        errors.append(np.sqrt(level * (1 - level) / counts.sum()))
    return {
        "kind": "values", "name": "coverage of 50 % and 90 % balls",
        "values": np.array(values), "errors": np.array(errors), "statistic": "max",
        "goal": 0.01, "sense": "at most",
    }  # fmt: skip


def _density_ranks(parts: list[_Part]) -> dict[str, Any]:
    """Ranks by the true law's density: too sharp or too wide a model fails here."""

    def of(part: _Part, rotation: Tensor) -> np.ndarray:
        law = part.law
        each = SymmetricMixture(
            law.means[:, None], law.sigmas[:, None], law.weights[:, None], law.group
        )
        return each.log_prob(rotation).numpy()

    return {
        "kind": "pit", "name": "true density of draws",
        "measured": np.concatenate([part.densities[0] for part in parts]),
        "predictions": np.concatenate([of(part, part.angles.rotations) for part in parts]),
    }  # fmt: skip


def _looks(parts: list[_Part]) -> dict[str, Any]:
    return {
        "kind": "ranks", "name": "looks", "parameters": list(NAMES),
        "truths": np.concatenate([part.looks for part in parts]),
        "draws": np.concatenate([part.drawn_looks for part in parts]),
    }  # fmt: skip
