r"""What the network of the web is taught from: boxes with their graphs, and fresh orientations.

The simulator can draw the orientation of the same galaxy in the same environment as often as one
likes. So every step draws several for each galaxy, the cost of the graph is shared between them,
and the score that the network is shown is that of the draws together (a *stable target*),

.. math:: s^* = \nabla \ln \frac1M \sum_m \frac14 \sum_{g \in D_2}
          f_\sigma(\angle(R, R_m g)),

which has the same expectation as the usual target of denoising and a smaller variance.

References:
    | Xu, Tong & Jaakkola (2023), https://arxiv.org/abs/2302.00670
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.box import Box
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.law import OrientationLaw
from astroviz.orientations.process import HIGHEST
from astroviz.orientations.scalars import to_free
from astroviz.orientations.web_inputs import WebInputs, web_inputs

__all__ = ["Lesson", "Moments", "Pupils", "lesson", "moments", "noise_scales", "pupils",
           "stable_target"]  # fmt: skip

_MIDDLE, _SPREAD, _LOWEST = -0.9, 0.7, 0.02  # of the logarithm of the noise scale


@dataclass(frozen=True)
class Lesson:
    r"""One box, ready to learn from.

    Arguments:
        inputs: What the encoder reads, float32.
        law: The true law of every galaxy.
        free: Unbounded scalars, shape :math:`(N, 4)`.
    """

    inputs: WebInputs
    law: SymmetricMixture
    free: Tensor

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True)
class Moments:
    """Means and standard deviations of inputs and drawn scalars over many boxes."""

    scalars: tuple[Tensor, Tensor]
    free: tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Pupils:
    r"""Some galaxies of a lesson with noisy orientations, :math:`B` galaxies of :math:`M` draws.

    Arguments:
        rows: The galaxies, shape :math:`(B,)`.
        rotation: Orientations under noise, shape :math:`(B, M, 3, 3)`.
        sigma: Their noise scales, shape :math:`(B, M)`.
        score: Stable targets, shape :math:`(B, M, 3)`.
    """

    rows: Tensor
    rotation: Tensor
    sigma: Tensor
    score: Tensor


def lesson(box: Box, radius: float, law: OrientationLaw | None = None) -> Lesson:
    """Prepare a box: its graph, its law, its scalars."""
    return Lesson(
        web_inputs(box, radius).to("cpu", torch.float32),
        (law or OrientationLaw()).mixture(box),
        torch.from_numpy(to_free(box.galaxies)).float(),
    )


def moments(lessons: Iterable[Lesson]) -> Moments:
    """Means and standard deviations over all galaxies of some lessons."""
    found = list(lessons)

    def of(parts: list[Tensor]) -> tuple[Tensor, Tensor]:
        together = torch.cat(parts)
        return together.mean(0), together.std(0).clamp(min=1e-3)

    return Moments(of([one.inputs.scalars for one in found]), of([one.free for one in found]))


def noise_scales(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    r"""Noise scales, log-normal about 0.4 radians.

    At smaller scales the score hardly changes and its target is mostly noise; at larger ones
    hardly anything is left of the law.
    """
    z = torch.randn(shape, generator=generator)
    return (_MIDDLE + _SPREAD * z).exp().clamp(_LOWEST, HIGHEST)


def pupils(
    one: Lesson, count: int, draws: int, references: int, generator: torch.Generator
) -> Pupils:
    r"""Fresh orientations of some galaxies, with noise and with what the score should be.

    Arguments:
        one: The lesson.
        count: Number of galaxies.
        draws: Orientations of each that get noise.
        references: Orientations of each, these included, that make the target.
        generator: Source of random numbers.
    """
    rows = torch.randperm(len(one), generator=generator)[:count]
    law = SymmetricMixture(
        one.law.means[rows], one.law.sigmas[rows], one.law.weights[rows], one.law.group
    )
    clean = law.sample(references, generator).transpose(0, 1)  # (B, M', 3, 3)
    sigma = noise_scales((len(rows), draws), generator)
    # which of them get noise does not matter: they are alike
    noisy = igso3.sample(clean[:, :draws], sigma, generator)
    return Pupils(rows, noisy, sigma, stable_target(noisy, clean, sigma))


def stable_target(noisy: Tensor, clean: Tensor, sigma: Tensor) -> Tensor:
    r"""Score of the smoothed draws of each galaxy.

    Arguments:
        noisy: Shape :math:`(B, M, 3, 3)`.
        clean: The draws, shape :math:`(B, M', 3, 3)`.
        sigma: Shape :math:`(B, M)`.

    Returns:
        Shape :math:`(B, M, 3)`.
    """
    # Q = R_m^T R; half turns of R_m change the signs of two rows of Q
    q = clean[:, None].transpose(-1, -2) @ noisy[:, :, None]  # (B, M, M', 3, 3)
    sign = q.new_tensor([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    trace = torch.einsum("gi,bmnii->bmng", sign, q)
    angle = ((trace - 1) / 2).clamp(-1 + 1e-6, 1 - 1e-6).acos()
    log_kernel, slope = _kernel(angle, sigma[:, :, None, None])
    share = log_kernel.flatten(-2).softmax(-1).unflatten(-1, trace.shape[-2:])
    pull = share * slope / (2 * angle.sin())
    turned = torch.einsum("bmng,gi,bmnij->bmij", pull, sign, q)
    return torch.stack(
        [
            turned[..., 2, 1] - turned[..., 1, 2],
            turned[..., 0, 2] - turned[..., 2, 0],
            turned[..., 1, 0] - turned[..., 0, 1],
        ],
        -1,
    )


def _kernel(angle: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    r"""Log of the kernel up to a constant, and its slope, by three images: written for speed.

    The next image matters above :math:`\sigma = 2` only, where hardly anything is left to learn.
    """
    energy = sigma.square()  # 2 E
    k = angle.new_tensor([-1.0, 0.0, 1.0])
    place = angle[..., None] + 2 * math.pi * k
    bell = (-(place.square() - angle[..., None].square()) / (2 * energy[..., None])).exp()
    bell = bell * angle.new_tensor([-1.0, 1.0, -1.0])
    total = (place * bell).sum(-1).clamp(min=1e-30)
    slope = ((1 - place.square() / energy[..., None]) * bell).sum(-1) / total
    half = angle / 2
    value = total.log() - angle.square() / (2 * energy) - half.sin().log()
    return value, slope - 0.5 / half.tan()
