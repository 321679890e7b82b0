r"""The isotropic Gaussian on SO(3): the law of a rotation that has diffused for a while.

One scale throughout: :math:`\sigma^2` is the diffusion time of :math:`dR = R\, d\hat W`, so that
the heat kernel is :math:`f(\omega) = \sum_l (2l+1) e^{-l(l+1)\sigma^2/2}
\sin((l+\frac12)\omega) / \sin(\omega/2)` and small :math:`\sigma` is the standard deviation of
each component of the rotation vector. Others write :math:`e^{-l(l+1)\epsilon^2}`, with
:math:`\epsilon = \sigma/\sqrt2` (`sigma_of_epsilon`).

The density is evaluated as its Poisson-summed form with :math:`E = \sigma^2/2`,

.. math::

    f(\omega) = \frac{\sqrt\pi}{2} E^{-3/2} \frac{e^{E/4}}{\sin(\omega/2)} \sum_{k=-K}^{K}
    (-1)^k (\omega + 2\pi k)\, e^{-(\omega + 2\pi k)^2/4E},

exact at every scale; the images :math:`\pm k` are added in pairs, in logarithms, which loses no
digits at small angles. From :math:`\sigma = 4` on the law is uniform to one part in a million.

References:
    Nikolayev & Savyolov 1997, Textures and Microstructures 29, 201; Leach et al. 2022,
    openreview BY88eBbkpe5; De Bortoli et al. 2022, arXiv 2202.02763.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor

from astroviz.orientations.igso3_table import angle_quantiles
from astroviz.orientations.rotations import exp, relative_turn

__all__ = [
    "MEASURES",
    "UNIFORM_FROM",
    "Measure",
    "in_measure",
    "log_density",
    "log_prob",
    "sample",
    "sample_angle",
    "sample_rejection",
    "score",
    "score_ratio",
    "sigma_of_epsilon",
]

Measure = Literal["haar", "8pi2", "pi2"]
MEASURES: dict[str, float] = {
    "haar": 0.0,
    "8pi2": -math.log(8 * math.pi**2),
    "pi2": -2 * math.log(math.pi),
}
r"""Log density of the uniform law with respect to each measure: Haar probability, and the volumes
:math:`8\pi^2` and :math:`\pi^2` of SO(3)."""

UNIFORM_FROM = 4.0
"""Scale from which on the law is taken as uniform."""

# Pairs of images that leave no error in double precision up to a scale; the last for all others.
_IMAGES = ((1.0, 1), (2.0, 3), (math.inf, 5))
_WIDEST_REJECTION = 0.6
_LINEAR = 1e-3  # angle below which the score is proportional to it, to a part in 10^6
_LENGTH_FLOOR = 2e-6  # of 2 sin(omega) at omega = pi, where the score vanishes


def sigma_of_epsilon(epsilon: float | Tensor) -> float | Tensor:
    r"""Our scale of the other convention's: :math:`\sigma = \sqrt2\, \epsilon`."""
    return epsilon * math.sqrt(2)


def in_measure(log_density: Tensor, measure: Measure | str) -> Tensor:
    r"""A Haar log density with respect to another measure.

    Arguments:
        log_density: With respect to the Haar probability, where the uniform law is 0.
        measure: `haar`, `8pi2` or `pi2`.
    """
    if measure not in MEASURES:
        raise ValueError(f"no measure {measure!r}; there are {', '.join(MEASURES)}")
    return log_density + MEASURES[measure]


def _scale(sigma: float | Tensor, like: Tensor) -> Tensor:
    found = torch.as_tensor(sigma, dtype=like.dtype, device=like.device)
    if not bool((found > 0).all()):
        raise ValueError(f"sigma must be above 0, not {float(found.min()):g}")
    return found


def _images(angle: Tensor, energy: Tensor) -> tuple[Tensor, Tensor]:
    r"""The sum over images divided by :math:`\omega e^{-\omega^2/4E}`, and its derivative.

    The pair :math:`\pm k` gives :math:`2 e^{-b}(\cosh a - 2\pi^2k^2/E\, \sinh(a)/a)` with
    :math:`a = \pi k \omega/E` and :math:`b = \pi^2k^2/E`.
    """
    total, slope = torch.ones_like(angle + energy), torch.zeros_like(angle + energy)
    widest = math.sqrt(2 * float(energy.max())) if energy.numel() else 0.0
    for k in range(1, next(count for limit, count in _IMAGES if widest <= limit) + 1):
        a = (math.pi * k) * angle / energy
        decay = torch.exp((math.pi * k) * (angle - math.pi * k) / energy)
        cosh = decay * (1 + torch.exp(-2 * a))
        sinh = -decay * torch.expm1(-2 * a)
        small = a < 0.3
        safe = torch.where(small, torch.ones_like(a), a)
        square = a * a
        bottom = torch.exp(-((math.pi * k) ** 2) / energy)
        ratio = torch.where(
            small,
            2 * bottom * (1 + square / 6 * (1 + square / 20 * (1 + square / 42))),
            sinh / safe,
        )
        bend = torch.where(
            small,
            2 * bottom * a / 3 * (1 + square / 10 * (1 + square / 28 * (1 + square / 54))),
            (cosh - sinh / safe) / safe,
        )
        weight = 2 * (math.pi * k) ** 2 / energy
        sign = -1.0 if k % 2 else 1.0
        total = total + sign * (cosh - weight * ratio)
        slope = slope + sign * (math.pi * k) / energy * (sinh - weight * bend)
    return total, slope


def log_density(angle: Tensor, sigma: float | Tensor, measure: Measure | str = "haar") -> Tensor:
    r"""Log density :math:`\ln f(\omega)` of a rotation at an angle from the mean.

    The density of the angle itself is :math:`(1 - \cos\omega)/\pi\; f(\omega)`.

    Arguments:
        angle: Radians in :math:`[0, \pi]`, shape :math:`(*)`.
        sigma: Scale in radians, broadcast against it.
        measure: `haar` (uniform is 0), `8pi2` or `pi2`.

    Returns:
        Shape :math:`(*)`.

    Example:
        >>> float(log_density(torch.tensor(1.0), 5.0))
        0.0
    """
    scale = _scale(sigma, angle)
    energy = scale.clamp_max(UNIFORM_FROM).square() / 2
    total, _ = _images(angle, energy)
    half = torch.special.sinc(angle / (2 * math.pi))  # sin(omega/2) / (omega/2)
    value = (
        0.5 * math.log(math.pi) - 1.5 * energy.log() + energy / 4 - angle.square() / (4 * energy)
        + total.clamp_min(torch.finfo(angle.dtype).tiny).log() - half.log()
    )  # fmt: skip
    return in_measure(torch.where(scale < UNIFORM_FROM, value, torch.zeros_like(value)), measure)


def score_ratio(angle: Tensor, sigma: float | Tensor) -> Tensor:
    r"""Derivative of the log density with respect to the angle, :math:`f'(\omega)/f(\omega)`.

    Arguments:
        angle: Radians in :math:`[0, \pi]`, shape :math:`(*)`.
        sigma: Scale in radians, broadcast against it.

    Returns:
        Per radian, shape :math:`(*)`; 0 at both ends.
    """
    scale = _scale(sigma, angle)
    energy = scale.clamp_max(UNIFORM_FROM).square() / 2
    total, slope = _images(angle, energy)
    small = angle < 0.1
    safe = torch.where(small, torch.ones_like(angle), angle)
    curve = torch.where(  # 1/w - cot(w/2)/2
        small, angle / 12 + angle**3 / 720 + angle**5 / 30240, 1 / safe - 0.5 / (safe / 2).tan()
    )
    value = curve - angle / (2 * energy) + slope / total
    return torch.where(scale < UNIFORM_FROM, value, torch.zeros_like(value))


def log_prob(
    rotation: Tensor, mean: Tensor, sigma: float | Tensor, measure: Measure | str = "haar"
) -> Tensor:
    r"""Log density of rotations around a mean.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.
        mean: Broadcast against it.
        sigma: Scale in radians, of the shape :math:`(*)`.
        measure: `haar`, `8pi2` or `pi2`.

    Returns:
        Shape :math:`(*)`.
    """
    return log_density(relative_turn(rotation, mean)[0], sigma, measure)


def score(rotation: Tensor, mean: Tensor, sigma: float | Tensor) -> Tensor:
    r"""Gradient of the log density in the body frame, :math:`(f'/f)(\omega)\, n`.

    Arguments:
        rotation: Shape :math:`(*, 3, 3)`.
        mean: Broadcast against it.
        sigma: Scale in radians, of the shape :math:`(*)`.

    Returns:
        Per radian, shape :math:`(*, 3)`; the component :math:`i` is the derivative along
        :math:`R \exp(s \hat e_i)`.
    """
    angle, vector = relative_turn(rotation, mean)
    length = (vector * vector).sum(-1).clamp_min(_LENGTH_FLOOR**2).sqrt()
    # at the mean the score vanishes but its divergence does not: keep the slope of the ratio there
    near = angle < _LINEAR
    angle = torch.where(near, torch.full_like(angle, _LINEAR), angle)
    length = torch.where(near, torch.full_like(length, 2 * math.sin(_LINEAR)), length)
    return (score_ratio(angle, sigma) / length)[..., None] * vector


def _placed(mean: Tensor, angle: Tensor, generator: torch.Generator | None) -> Tensor:
    """Turn means by an angle about uniform axes."""
    axis = torch.randn(*angle.shape, 3, generator=generator)
    axis = torch.nn.functional.normalize(axis, dim=-1) * angle[..., None]
    return mean @ exp(axis.to(mean))


def _scales(mean: Tensor, sigma: float | Tensor) -> Tensor:
    found = _scale(sigma, torch.zeros((), dtype=torch.float32))
    return found.expand(torch.broadcast_shapes(mean.shape[:-2], found.shape))


def sample_angle(sigma: Tensor, generator: torch.Generator | None = None) -> Tensor:
    r"""Angles from the mean, drawn by a table of quantiles.

    Arguments:
        sigma: Scales in radians, any shape.
        generator: Source of random numbers.

    Returns:
        Radians, of the same shape.
    """
    sigma = _scale(sigma, torch.zeros((), dtype=torch.float32))
    return angle_quantiles(torch.rand(sigma.shape, generator=generator), sigma)


def sample(
    mean: Tensor, sigma: float | Tensor, generator: torch.Generator | None = None
) -> Tensor:
    r"""Rotations drawn around means, by the table of quantiles.

    Arguments:
        mean: Shape :math:`(*, 3, 3)`.
        sigma: Scale in radians, broadcast against :math:`(*)`.
        generator: Source of random numbers, on the CPU.

    Returns:
        Shape :math:`(*, 3, 3)`.

    Example:
        >>> generator = torch.Generator().manual_seed(0)
        >>> sample(torch.eye(3).expand(5, 3, 3), 0.1, generator).shape
        torch.Size([5, 3, 3])
    """
    return _placed(mean, sample_angle(_scales(mean, sigma), generator), generator)


def sample_rejection(
    mean: Tensor, sigma: float | Tensor, generator: torch.Generator | None = None
) -> Tensor:
    r"""Rotations drawn around means without a table, for scales up to 0.6.

    A Maxwell law of the angle is accepted with :math:`\sin(\omega/2)/(\omega/2)`: exact but for
    the images, which lie at :math:`2\pi`.

    Arguments:
        mean: Shape :math:`(*, 3, 3)`.
        sigma: Scale in radians, at most 0.6, broadcast against :math:`(*)`.
        generator: Source of random numbers, on the CPU.

    Returns:
        Shape :math:`(*, 3, 3)`.
    """
    scales = _scales(mean, sigma)
    if bool((scales > _WIDEST_REJECTION).any()):
        raise ValueError(
            f"rejection works up to sigma = {_WIDEST_REJECTION}, not {float(scales.max()):g}; "
            "use `sample`"
        )
    angle = torch.zeros(scales.shape)
    waiting = torch.ones(scales.shape, dtype=torch.bool)
    while bool(waiting.any()):
        tried = torch.randn(*scales.shape, 3, generator=generator).norm(dim=-1) * scales
        chance = torch.special.sinc(tried / (2 * math.pi))
        good = (torch.rand(scales.shape, generator=generator) < chance) & (tried <= math.pi)
        angle = torch.where(waiting & good, tried, angle)
        waiting &= ~good
    return _placed(mean, angle, generator)
