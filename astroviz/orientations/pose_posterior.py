r"""The posterior of the pose of the solid in one picture."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from astroviz.core.draws import Draws, join
from astroviz.core.request import Alone, Chunk, Priority, Request
from astroviz.orientations import process
from astroviz.orientations.igso3 import Measure
from astroviz.orientations.rotations import check_rotations
from astroviz.orientations.solids import SHAPES, nearest_angle

if TYPE_CHECKING:
    from astroviz.orientations.pose_model import PoseModel
    from astroviz.orientations.pose_network import Reading

__all__ = ["PosePosterior"]


@dataclass(frozen=True, eq=False)
class PosePosterior:
    r"""What a model believes of the pose of the solid in one picture.

    Arguments:
        model: The model.
        picture: Brightness from 0 to 1, shape :math:`(32, 32)`, top row first.
    """

    model: PoseModel
    picture: np.ndarray

    @cached_property
    def reading(self) -> Reading:
        """What the network reads from the picture."""
        return self.model.read(self.picture[None])

    def shape_probabilities(self) -> dict[str, float]:
        """Probability of each solid."""
        found = self.reading.logits[0].softmax(-1).tolist()
        return dict(zip(SHAPES, found, strict=True))

    @property
    def shape(self) -> str:
        """The likeliest solid."""
        return SHAPES[int(self.reading.logits[0].argmax())]

    def request(
        self, n: int, seed: int = 0, steps: int | None = None, priority: Priority = "interactive"
    ) -> Request:
        r"""The question, for `Engine.submit`.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            steps: Heun steps of the solver, two network evaluations each.
            priority: `interactive` or `batch`.
        """
        from astroviz.orientations.pose_model import DEFAULT_STEPS

        options: dict[str, Hashable] = {"steps": int(steps or DEFAULT_STEPS)}
        inputs = {"picture": self.picture.astype(np.float32)}
        return Request(self.model, inputs, n, seed, options, priority)

    def sample(self, n: int, seed: int = 0, **options: Any) -> Draws:
        r"""Draws of the pose, on the spot.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            options: As in `request`.

        Returns:
            Longitude, latitude and tilt of the solid's x axis in degrees and the quaternion;
            extras `rotations` (n, 3, 3), `shape_probabilities` (5,) and `ood_score`.
        """
        request = self.request(n, seed, **options)
        chunks: list[Chunk] = []
        for answer in self.model.draw([request], self.model.device, Alone()):
            chunks += [chunk for chunk in answer if chunk is not None]
        return join(chunks, *self.model.columns(request), seed)

    def log_prob(self, rotations: Any, measure: Measure = "haar", steps: int = 20) -> np.ndarray:
        r"""Log density of poses, exact for the network: flow with divergence.

        Arguments:
            rotations: Shape :math:`(N, 3, 3)`, or one of shape :math:`(3, 3)`.
            measure: `haar` (uniform is 0), `8pi2` or `pi2`.
            steps: Runge-Kutta steps.

        Returns:
            Shape :math:`(N,)`.
        """
        pose = check_rotations(rotations, "the poses").reshape(-1, 3, 3).to(self.model.device)
        score = self.model.score(self.reading)
        with torch.no_grad():
            found = process.log_prob(score, pose, steps, self.model.sharpest, measure=measure)
        return np.asarray(found.cpu().numpy())

    def spread(self, truth: Any, shape: str, n: int = 256, seed: int = 0) -> float:
        r"""Mean angle from draws to the nearest pose that looks like the truth, degrees.

        Arguments:
            truth: The true pose, shape :math:`(3, 3)`.
            shape: The solid.
            n: Number of draws.
            seed: Seed of the draws.
        """
        draws = torch.from_numpy(self.sample(n, seed).extras["rotations"])
        true = check_rotations(truth, "the true pose")
        return float(torch.rad2deg(nearest_angle(shape, draws, true)).mean())
