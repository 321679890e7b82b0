r"""Whether the model's credible regions hold what they promise, and what its likelihood is.

The credible region of a galaxy is a ball: all orientations within some angle of a centre, up to
the half turns of an ellipsoid. The centre is the one of a few draws that lies most densely among
them; the angles of further draws give the quantiles. Of a right model the angle of the true
orientation is one more draw, so that its rank is uniform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations import process
from astroviz.orientations.groups import SymmetricMixture, group
from astroviz.orientations.orientation_head import Encoded
from astroviz.orientations.rotations import angle_between, random_rotations
from astroviz.orientations.web_network import WebNetwork
from astroviz.orientations.web_sampler import draw_rotations

__all__ = ["Angles", "angle_ranks", "centre_of", "log_probs", "nearest_angle"]

_VOTERS = 12  # draws of which one becomes the centre
_WIDTH = 0.5  # radians, of the kernel with which they vote
_ROWS = 4096


@dataclass(frozen=True)
class Angles:
    r"""Angles from the centre of each galaxy's law.

    Arguments:
        true: Of the true orientations, radians, shape :math:`(N,)`.
        drawn: Of the model's draws, shape :math:`(N, L)`.
        rotations: The draws, shape :math:`(N, L, 3, 3)`.
    """

    true: np.ndarray
    drawn: np.ndarray
    rotations: Tensor

    def covered(self, level: float) -> float:
        """Share of the galaxies whose true orientation lies in the ball of a credibility."""
        rank = (self.drawn < self.true[:, None]).sum(1)
        # exact where level * (L + 1) is a whole number
        return float((rank < level * (self.drawn.shape[1] + 1) - 1e-9).mean())


def nearest_angle(first: Tensor, second: Tensor) -> Tensor:
    r"""Angle between orientations of ellipsoids: the least over half turns, radians."""
    turned = second[..., None, :, :] @ group("D2").to(second)
    return angle_between(first[..., None, :, :], turned).amin(-1)


def centre_of(rotations: Tensor) -> Tensor:
    r"""The densest of some draws.

    Arguments:
        rotations: Shape :math:`(N, V, 3, 3)`.

    Returns:
        Shape :math:`(N, 3, 3)`.
    """
    count = rotations.shape[1]
    law = SymmetricMixture(
        rotations[:, None], torch.full((1, 1, count), _WIDTH), torch.ones(1, 1, count), "D2"
    )
    best = law.log_prob(rotations).argmax(1)
    return rotations[torch.arange(len(rotations)), best]


def angle_ranks(
    network: WebNetwork,
    encoded: Encoded,
    true: Tensor,
    draws: int = 19,
    seed: int = 0,
    steps: int = 16,
    check: Callable[[], None] | None = None,
) -> Angles:
    r"""Angles of true orientations and of draws about the predicted centre.

    Arguments:
        network: The network.
        encoded: The galaxies, :math:`N` rows.
        true: Their orientations, shape :math:`(N, 3, 3)`.
        draws: Draws of each beside the 12 that choose the centre; 19 make 50 % and 90 % exact.
        seed: Seed of the draws.
        steps: Heun steps of the sampler.
        check: Called between the steps.
    """
    generator, many = torch.Generator().manual_seed(seed), _VOTERS + draws
    parts = []
    for rows in torch.arange(len(encoded)).split(max(1, _ROWS // many)):
        start = random_rotations(len(rows) * many, generator)
        found = draw_rotations(network, encoded.rows(rows).repeat(many), start, steps, check)
        parts.append(found.reshape(len(rows), many, 3, 3))
    drawn = torch.cat(parts)
    centre, rest = centre_of(drawn[:, :_VOTERS]), drawn[:, _VOTERS:]
    return Angles(
        nearest_angle(centre, true.to(centre)).numpy(),
        nearest_angle(centre[:, None], rest).numpy(),
        rest,
    )


def log_probs(
    network: WebNetwork,
    encoded: Encoded,
    rotation: Tensor,
    steps: int = 16,
    check: Callable[[], None] | None = None,
) -> Tensor:
    r"""Log density of one orientation of each galaxy (Haar), looks marginalised.

    Arguments:
        network: The network.
        encoded: The galaxies, :math:`N` rows.
        rotation: Shape :math:`(N, 3, 3)`.
        steps: Runge-Kutta steps.
        check: Called before every step.

    Returns:
        Shape :math:`(N,)`.
    """
    found = []
    with torch.no_grad():
        for rows in torch.arange(len(encoded)).split(_ROWS // 4):
            bound = network.head.bind(encoded.rows(rows))

            def score(r: Tensor, s: Tensor, bound: Callable[..., tuple[Tensor, Tensor]] = bound
                      ) -> Tensor:  # fmt: skip
                return bound(r, s)[0]

            found.append(process.log_prob(score, rotation[rows], steps, check=check))
    return torch.cat(found)
