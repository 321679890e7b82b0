r"""What the pose network is taught: pictures rendered on the fly, noisy poses, exact targets."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.harmonics import harmonics
from astroviz.orientations.pose_network import PoseNetwork
from astroviz.orientations.pose_targets import orbit_score
from astroviz.orientations.process import HIGHEST
from astroviz.orientations.renders import SIZE, render_many
from astroviz.orientations.rotations import random_rotations
from astroviz.orientations.solids import SHAPES, equivalents

__all__ = ["SHARPEST", "Lesson", "Pictures", "lesson", "losses", "true_moments"]

SHARPEST = 0.003
"""Lowest noise scale, rad: below the fraction of a degree to which a picture tells the pose."""

_TURNS = 16  # more than twice the highest degree: the mean over turns is then exact
_WIDTH = 1.2  # of the logarithm of the noise scale


class Pictures:
    r"""A store of rendered pictures, a part of which is replaced at every draw.

    Arguments:
        size: Pictures in the store.
        generator: Source of poses, lights, noise and of the choice.
        fresh: Part of each batch that is rendered anew.
    """

    def __init__(self, size: int, generator: torch.Generator, fresh: float = 0.4) -> None:
        self.generator, self.fresh, self._place = generator, fresh, 0
        self.kinds = torch.arange(size) % len(SHAPES)
        self.rotations = random_rotations(size, generator)
        self.pictures = torch.empty(size, SIZE, SIZE)
        for rows in torch.arange(size).split(512):
            self._render(rows)

    def _render(self, rows: Tensor) -> None:
        found = render_many(self.kinds[rows], self.rotations[rows], self.generator)
        self.pictures[rows] = found

    def draw(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Solids (n,), poses (n, 3, 3) and pictures (n, 32, 32)."""
        size, new = len(self.kinds), max(1, int(self.fresh * n))
        rows = (self._place + torch.arange(new)) % size
        self._place = (self._place + new) % size
        self.rotations[rows] = random_rotations(new, self.generator)
        self._render(rows)
        chosen = torch.randint(size, (n,), generator=self.generator)
        return self.kinds[chosen], self.rotations[chosen], self.pictures[chosen]


@dataclass(frozen=True)
class Lesson:
    r"""A batch of :math:`N` pictures with :math:`M` noisy poses of each.

    Arguments:
        kinds: Index of the solid, shape :math:`(N,)`.
        rotations: True pose, shape :math:`(N, 3, 3)`.
        pictures: Shape :math:`(N, 32, 32)`.
        noisy: Shape :math:`(N, M, 3, 3)`.
        sigma: Noise scale, rad, shape :math:`(N, M)`.
        score: The target, 1/rad, shape :math:`(N, M, 3)`.
    """

    kinds: Tensor
    rotations: Tensor
    pictures: Tensor
    noisy: Tensor
    sigma: Tensor
    score: Tensor


def lesson(pictures: Pictures, n: int, poses: int, centre: float = -2.0) -> Lesson:
    r"""A batch of pictures with noisy poses of each.

    Arguments:
        pictures: Where they come from.
        n: Number of pictures.
        poses: Number of noisy poses of each.
        centre: Mean of the logarithm of the noise scale.
    """
    generator = pictures.generator
    kinds, truth, shown = pictures.draw(n)
    level = centre + _WIDTH * torch.randn(n, poses, generator=generator)
    sigma = level.exp().clamp(SHARPEST, HIGHEST)
    noisy = igso3.sample(truth[:, None].expand(n, poses, 3, 3), sigma, generator)
    score = torch.zeros(n, poses, 3)
    for kind, name in enumerate(SHAPES):
        rows = (kinds == kind).nonzero()[:, 0]
        if len(rows):
            there = truth[rows, None].expand(-1, poses, 3, 3).reshape(-1, 3, 3)
            found = orbit_score(
                name, noisy[rows].reshape(-1, 3, 3), there, sigma[rows].reshape(-1)
            )
            score[rows] = found.view(-1, poses, 3)
    return Lesson(kinds, truth, shown, noisy, sigma, score)


def true_moments(network: PoseNetwork, kinds: Tensor, rotations: Tensor) -> Tensor:
    r"""Moments of the law that is even over everything that looks like the truth.

    Arguments:
        network: Holds the basis.
        kinds: Shape :math:`(N,)`.
        rotations: Shape :math:`(N, 3, 3)`.

    Returns:
        :math:`\sqrt{2l+1}\, D^l(R_0) P^l` in a row, shape :math:`(N, 454)`, where :math:`P^l` is
        the mean of :math:`D^l(g)` over the symmetries.
    """
    same = torch.stack([_projector(network, name) for name in SHAPES])[kinds]
    parts, start = [], 0
    for found in harmonics(rotations, network.couplings):
        size = found.shape[-1]
        mean = same[:, start : start + size * size].unflatten(-1, (size, size))
        parts.append((size**0.5 * found @ mean).flatten(1))
        start += size * size
    return torch.cat(parts, -1)


def _projector(network: PoseNetwork, name: str) -> Tensor:
    group = equivalents(name, torch.eye(3), turns=_TURNS)
    return torch.cat([d.mean(0).flatten() for d in harmonics(group, network.couplings)])


def losses(network: PoseNetwork, batch: Lesson) -> dict[str, Tensor]:
    r"""Terms of the loss: `score` (in units of the noise), `moments` and `shape`."""
    reading = network.read(batch.pictures)
    found = network(batch.noisy, batch.sigma, reading)
    missed = batch.sigma[..., None] * (found - batch.score)
    wanted = true_moments(network, batch.kinds, batch.rotations)
    return {
        "score": missed.square().sum(-1).mean(),
        "moments": (reading.moments - wanted).square().mean(),
        "shape": torch.nn.functional.cross_entropy(reading.logits, batch.kinds),
    }
