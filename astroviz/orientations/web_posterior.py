r"""What the model of the web believes of the orientation of one galaxy."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from astroviz.core.draws import Draws, join
from astroviz.core.request import Alone, Priority, Request
from astroviz.orientations import process
from astroviz.orientations.environment import Environment
from astroviz.orientations.igso3 import Measure
from astroviz.orientations.orientation_head import Encoded
from astroviz.orientations.rotations import check_rotations
from astroviz.orientations.web_sampler import DEFAULT_STEPS

if TYPE_CHECKING:
    from astroviz.orientations.web_model import WebModel

__all__ = ["WebPosterior"]


@dataclass(frozen=True, eq=False)
class WebPosterior:
    r"""The posterior of one galaxy.

    Arguments:
        model: The model.
        environment: The galaxy and what surrounds it.
        target: Which of the environment's targets it is.
    """

    model: WebModel
    environment: Environment
    target: int = 0

    @cached_property
    def encoded(self) -> Encoded:
        """Context and frames of the galaxy, one row, double precision; computed once."""
        row = torch.tensor([int(self.environment.targets[self.target])])
        return self.model.encode(self.environment).rows(row)

    def request(
        self,
        n: int,
        seed: int = 0,
        steps: int = DEFAULT_STEPS,
        priority: Priority = "interactive",
    ) -> Request:
        r"""The question, for `Engine.submit`.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            steps: Heun steps of the sampler, two network evaluations each and one at the end.
            priority: `interactive` or `batch`.
        """
        if n < 1:
            raise ValueError(f"the number of draws must be 1 or more, not {n}")
        inputs = {
            "context": self.encoded.context[0].float().numpy(),
            "frames": self.encoded.frames[0].float().numpy(),
            "ood_score": np.array(self.ood_score(), dtype=np.float32),
        }
        options: dict[str, Hashable] = {"steps": int(steps)}
        return Request(self.model, inputs, n, seed, options, priority)

    def sample(self, n: int, seed: int = 0, steps: int = DEFAULT_STEPS) -> Draws:
        r"""Draws on the spot.

        Arguments:
            n: Number of draws.
            seed: Seed of the draws.
            steps: As in `request`.

        Returns:
            Columns `longitude`, `latitude` and `tilt` of the major axis (deg), the quaternion,
            `axis_ratio_b`, `axis_ratio_c`, `log_size`, `colour`; extras `rotations` (n, 3, 3) and
            `ood_score`.
        """
        request = self.request(n, seed, steps)
        found = self.model.draw([request], self.model.device, Alone())
        chunks = [part for (part,) in found if part is not None]
        return join(chunks, *self.model.columns(request), seed)

    def log_prob(
        self, rotation: Any, measure: Measure | str = "haar", steps: int = 20
    ) -> np.ndarray:
        r"""Exact log density of orientations, looks marginalised.

        Arguments:
            rotation: Rotation matrices, shape :math:`(*, 3, 3)`; columns are the axes.
            measure: `haar` (uniform is 0), `8pi2` or `pi2`.
            steps: Runge-Kutta steps.

        Returns:
            Shape :math:`(*)`.
        """
        asked = check_rotations(rotation, "the orientations")
        flat = asked.reshape(-1, 3, 3)
        score = self.model.score(self.encoded.rows(torch.zeros(len(flat), dtype=torch.long)))
        found = process.log_prob(score, flat.to(torch.float64), steps, measure=measure)
        return found.reshape(asked.shape[:-2]).numpy()

    def ood_score(self) -> float:
        """How unusual the environment is; above 1 the answer extrapolates."""
        row = int(self.environment.targets[self.target])
        return float(self.model.ood_scores(self.environment.box)[row])
