r"""What a score network is taught: denoising targets, plain and averaged.

Denoising score matching asks for :math:`\nabla \ln f_\sigma(\angle(R, R_0))`, the score of the
noise that was added. Its mean given :math:`R` is the score of the law, but its spread is nearly
all of the loss. The averaged ("stable") target takes that mean over many data
:math:`R_j` at once,

.. math::

    s(R) \approx \sum_j \bar w_j \nabla \ln f_\sigma(\angle(R, R_j)), \quad
    \bar w_j \propto f_\sigma(\angle(R, R_j)),

the noisy rotation's own source among them. With :math:`c_j = \bar w_j (f'/f)(\omega_j) /
2\sin\omega_j` and :math:`A = \sum_j c_j R_j` the sum is :math:`\mathrm{vee}(A^T R - R^T A)`, two
matrix products and no logarithm of a rotation.

References:
    Vincent 2011, Neural Computation 23, 1661; Xu, Tong & Jaakkola 2023, arXiv 2302.00670.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.process import HIGHEST, LOWEST
from astroviz.orientations.rotations import vee

__all__ = [
    "Lessons",
    "NoiseLaw",
    "denoising_target",
    "noise_scales",
    "score_loss",
    "stable_target",
    "stream",
]

NoiseLaw = Literal["flat", "modes"]
_NARROW = 0.12  # up to here what is beyond one radian weighs e^-35 of a kernel at most
_SLICE = 32
_LEAF = 16
_NEAR_IMAGES = (0, -1)
_ALL_IMAGES = (0, -1, 1, -2, 2, -3)
_WIDE_REFERENCES = 2048


def noise_scales(n: int, generator: torch.Generator, law: NoiseLaw = "flat") -> Tensor:
    r"""Scales of noise for training.

    Arguments:
        n: Number of scales.
        generator: Source of random numbers.
        law: `flat` in the logarithm from 0.01 to 3; or `modes` for three in four around the
            scales where modes part, lognormal with mean -1.3 and deviation 1.1 in
            :math:`\ln\sigma`, cut at the same ends, and `flat` for the others.

    Returns:
        Radians, shape :math:`(n,)`.
    """
    flat = LOWEST * (HIGHEST / LOWEST) ** torch.rand(n, generator=generator)
    if law == "flat":
        return flat
    modes = (torch.randn(n, generator=generator) * 1.1 - 1.3).exp().clamp(LOWEST, HIGHEST)
    return torch.where(torch.rand(n, generator=generator) < 0.75, modes, flat)


def denoising_target(noisy: Tensor, clean: Tensor, sigma: Tensor) -> Tensor:
    r"""Score of the noise that was added, shape :math:`(N, 3)`.

    Arguments:
        noisy: Shape :math:`(N, 3, 3)`.
        clean: Where each came from.
        sigma: Scale of its noise, shape :math:`(N,)`.
    """
    return igso3.score(noisy, clean, sigma)


def score_loss(found: Tensor, wanted: Tensor, sigma: Tensor) -> Tensor:
    r"""Mean of :math:`\sigma^2 |s - s^*|^2`.

    With scales flat in their logarithm, what it exceeds its minimum by, times
    :math:`\ln(\sigma_\mathrm{max}/\sigma_\mathrm{min})`, is the model's divergence in nats.
    """
    return (sigma[:, None] * (found - wanted)).square().sum(-1).mean()


def by_locality(rotation: Tensor) -> Tensor:
    r"""The same rotations in an order in which neighbours in the list are neighbours on SO(3).

    One of every k in a row is a stratified sample: it has the modes of all in their proportions,
    where a random sample of M has them to :math:`M^{-1/2}`.

    Arguments:
        rotation: Shape :math:`(N, 3, 3)`.

    Returns:
        Shape :math:`(N, 3, 3)`.
    """
    count = len(rotation)
    levels = max(0, int(math.log2(max(count, 1) / _LEAF)))
    whole = (count >> levels) << levels  # what equal halves leave over stays at the end
    blocks = rotation[:whole].reshape(1, whole, 9)
    for _ in range(levels):
        widest = blocks.var(1).argmax(1)  # cut each block across its widest entry
        key = blocks.gather(2, widest[:, None, None].expand(-1, blocks.shape[1], 1))[..., 0]
        order = key.argsort(1)[..., None].expand(-1, -1, 9)
        blocks = blocks.gather(1, order).reshape(2 * len(blocks), -1, 9)
    return torch.cat([blocks.reshape(whole, 3, 3), rotation[whole:]])


def _strata(ordered: Tensor, number: int, generator: torch.Generator) -> Tensor:
    """One at random of every k in a row, about `number` in all."""
    stride = max(1, len(ordered) // number)
    first = torch.arange(len(ordered) // stride) * stride
    return ordered[first + torch.randint(stride, first.shape, generator=generator)]


def _narrow(trace: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    r"""Unnormalised log weights, and the score ratio over twice the sine, for narrow noise.

    Powers of :math:`d = 2 (1 - \cos\omega)` stand for the angle: what is beyond one radian has
    no weight.
    """
    chord = 3 - trace
    square = chord * (1 + chord * (1 / 12 + chord * (1 / 90)))  # of the angle
    precision = 0.5 / sigma.square()
    logarithm = square * (1 / 24 - precision)  # w/2 / sin(w/2) = 1 + w^2/24
    ratio = (square * (1 / 6)).add_(1).mul_(1 / 24 - precision)  # w / sin(w) = 1 + w^2/6
    return logarithm, ratio


def _wide(trace: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """The same for wide noise: `igso3`, with as few images as single precision notices."""
    cosine = ((trace - 1) / 2).clamp_(-1 + 1e-6, 1 - 5e-5)
    angle = cosine.acos()
    precision = 0.5 / sigma.square()
    images = _NEAR_IMAGES if float(sigma.max()) < 1 else _ALL_IMAGES
    total, slope = torch.zeros_like(angle), torch.zeros_like(angle)
    for k in images:
        place = angle + 2 * math.pi * k
        weight = ((-4 * math.pi * k) * precision * (angle + math.pi * k)).exp_()
        weight = weight.neg_() if k % 2 else weight
        slope += weight * (1 - 2 * precision * place.square())
        total += weight.mul_(place)
    logarithm = total.log() - 0.5 * (1 - cosine).log() - precision * angle.square()
    sine = (1 - cosine * cosine).sqrt_()
    ratio = (slope / total - 0.5 * sine / (1 - cosine)) / (2 * sine)
    return logarithm, ratio


def _averaged(
    noisy: Tensor, clean: Tensor, sigma: Tensor, references: Tensor, narrow: bool
) -> Tensor:
    flat = references.reshape(-1, 9)
    own = (noisy * clean).sum((1, 2))[:, None]
    trace = torch.cat([own, noisy.reshape(-1, 9) @ flat.T], 1)
    logarithm, ratio = (_narrow if narrow else _wide)(trace, sigma[:, None])
    weight = logarithm.softmax(1).mul_(ratio)
    mean = weight[:, :1] * clean.reshape(-1, 9) + weight[:, 1:] @ flat
    return vee(mean.reshape(-1, 3, 3).transpose(1, 2) @ noisy)


@torch.no_grad()
def stable_target(
    noisy: Tensor, clean: Tensor, sigma: Tensor, references: Tensor, wide: Tensor | None = None
) -> Tensor:
    r"""Mean score of the noise over the data that a noisy rotation may have come from.

    Arguments:
        noisy: Shape :math:`(N, 3, 3)`.
        clean: Where each came from.
        sigma: Scale of its noise, shape :math:`(N,)`.
        references: Other data, shape :math:`(M, 3, 3)`.
        wide: Other data for noise above 0.12, which sees them all and needs fewer; the same
            ones if there are none.

    Returns:
        Shape :math:`(N, 3)`.
    """
    order = sigma.argsort()
    found = torch.empty(len(noisy), 3)
    border = int((sigma <= _NARROW).sum())
    for rows, narrow in ((order[:border], True), (order[border:], False)):
        others = references if narrow or wide is None else wide
        for part in rows.split(_SLICE) if len(rows) else ():
            found[part] = _averaged(noisy[part], clean[part], sigma[part], others, narrow)
    return found


@dataclass(frozen=True)
class Lessons:
    r"""How a network is taught an unconditional law.

    Arguments:
        batch: Rotations in a batch.
        references: Data that a target is averaged over; 0 for plain denoising.
        reuse: How often a target is used, on average.
        pool: Targets that are kept.
        law: Law of the noise.
    """

    batch: int = 1024
    references: int = 16384
    reuse: int = 16
    pool: int = 131072
    law: NoiseLaw = "flat"


def stream(
    data: Tensor, generator: torch.Generator, lessons: Lessons = Lessons()
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    r"""Batches of noisy rotations, their scales and their targets, without end.

    Averaged targets cost about as much as a step of the network, so that each is used several
    times, from a pool whose oldest are replaced.

    Arguments:
        data: Rotations, shape :math:`(D, 3, 3)`.
        generator: Source of random numbers, on the CPU.
        lessons: The settings.

    Yields:
        Rotations :math:`(B, 3, 3)`, scales :math:`(B,)`, scores :math:`(B, 3)`.
    """

    def fresh(n: int) -> tuple[Tensor, Tensor, Tensor]:
        clean = data[torch.randint(len(data), (n,), generator=generator)]
        sigma = noise_scales(n, generator, lessons.law)
        noisy = igso3.sample(clean, sigma, generator)
        if not lessons.references:
            return noisy, sigma, denoising_target(noisy, clean, sigma)
        near = _strata(ordered, lessons.references, generator)
        wide = _strata(ordered, min(_WIDE_REFERENCES, lessons.references), generator)
        return noisy, sigma, stable_target(noisy, clean, sigma, near, wide)

    ordered = by_locality(data)

    if not lessons.references:
        while True:
            yield fresh(lessons.batch)
    renewed = max(1, lessons.batch // lessons.reuse)
    pool = [torch.empty(0, *shape) for shape in ((3, 3), (), (3,))]
    place = 0
    while True:
        # a young pool is filled faster, so that it is not learned by heart
        count = lessons.batch if len(pool[0]) < 4 * lessons.batch else renewed
        new = fresh(count)
        if len(pool[0]) < lessons.pool:
            pool = [torch.cat([old, more]) for old, more in zip(pool, new, strict=True)]
        else:
            rows = (place + torch.arange(count)) % len(pool[0])
            for old, more in zip(pool, new, strict=True):
                old[rows] = more
            place = (place + count) % len(pool[0])
        pick = torch.randint(len(pool[0]), (lessons.batch,), generator=generator)
        yield pool[0][pick], pool[1][pick], pool[2][pick]
