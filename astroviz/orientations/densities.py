r"""Known densities on SO(3) that a model can be tried on.

Three of them (Jagvaral et al. 2024) lie on two-dimensional sheets: their roll is fixed, so that
they have no density, and compare with samples of a model only when both are smoothed. The
mixtures (De Bortoli et al. 2022) and the symmetric solids have one. Euler angles are those of
:math:`R = R_z(\mathrm{yaw}) R_y(\mathrm{pitch}) R_x(\mathrm{roll})`.

References:
    Jagvaral, Lanusse & Mandelbaum 2024, arXiv 2312.11707; De Bortoli et al. 2022,
    arXiv 2202.02763; Murphy et al. 2021, arXiv 2106.05965.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.igso3 import Measure, in_measure
from astroviz.orientations.rotations import angle_between, exp, random_rotations

__all__ = [
    "DENSITIES",
    "MIXTURES",
    "SHEETS",
    "SOLIDS",
    "SPREAD",
    "Density",
    "WrappedMixture",
    "density",
    "from_euler",
]

SPREAD = math.radians(5.0)
"""Scale of the modes of the symmetric solids, radians."""

MIXTURES = ("mixture16", "mixture32", "mixture64")
SOLIDS = {"tetrahedron": "T", "cube": "O", "icosahedron": "I"}

Draw = Callable[[int, torch.Generator], Tensor]


@dataclass(frozen=True, eq=False)
class WrappedMixture:
    r"""Normal laws of the rotation vector around means, wrapped onto the group.

    With :math:`R = M \exp(\hat\xi)`, :math:`\xi \sim N(0, s^2)`, the Haar density of one is
    :math:`8\pi^2 N(\xi)\, (|\xi|/2)^2 / \sin^2(|\xi|/2)`; turns beyond :math:`\pi` are neglected,
    which is exact to rounding for :math:`s < 0.5`.

    Arguments:
        means: Shape :math:`(K, 3, 3)`.
        sigmas: Standard deviation of each component of :math:`\xi`, radians, shape :math:`(K,)`.
    """

    means: Tensor
    sigmas: Tensor

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Rotations drawn with equal weights of the components, shape (n, 3, 3)."""
        pick = torch.randint(len(self.means), (n,), generator=generator)
        vector = torch.randn(n, 3, generator=generator) * self.sigmas[pick, None]
        return self.means[pick] @ exp(vector)

    def log_prob(self, rotation: Tensor, measure: Measure | str = "haar") -> Tensor:
        r"""Log density, shape :math:`(*)` for rotations :math:`(*, 3, 3)`."""
        angle = angle_between(rotation[..., None, :, :], self.means)
        square = angle.square()
        stretch = -2 * torch.special.sinc(angle / (2 * math.pi)).log()
        normal = -0.5 * square / self.sigmas.square() - 3 * self.sigmas.log()
        constant = math.log(8 * math.pi**2) - 1.5 * math.log(2 * math.pi)
        terms = normal + stretch + constant - math.log(len(self.means))
        return in_measure(terms.logsumexp(-1), measure)


@dataclass(frozen=True, eq=False)
class Density:
    r"""One of the known densities.

    Arguments:
        name: Short name.
        title: For people.
        draw: Draws n rotations.
        law: What has `log_prob(R)`, None for a density on a sheet.
        group: Name of its symmetry group.
    """

    name: str
    title: str
    draw: Draw
    law: WrappedMixture | SymmetricMixture | None = None
    group: str = "C1"

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        r"""Rotations.

        Arguments:
            n: Number of rotations.
            generator: Source of random numbers, on the CPU.

        Returns:
            Shape :math:`(n, 3, 3)`.
        """
        return self.draw(n, generator)

    def log_prob(self, rotation: Tensor, measure: Measure | str = "haar") -> Tensor:
        r"""Log density, where there is one.

        Arguments:
            rotation: Shape :math:`(*, 3, 3)`.
            measure: `haar` (uniform is 0), `8pi2` or `pi2`.

        Returns:
            Shape :math:`(*)`.
        """
        if self.law is None:
            raise ValueError(
                f"{self.name} lies on a surface in SO(3) and has no density; compare samples"
            )
        return self.law.log_prob(rotation, measure=measure)


def from_euler(roll: Tensor, pitch: Tensor, yaw: Tensor) -> Tensor:
    r"""The rotation :math:`R_z(\mathrm{yaw}) R_y(\mathrm{pitch}) R_x(\mathrm{roll})`.

    Arguments:
        roll: Radians, shape :math:`(*)`.
        pitch: Radians.
        yaw: Radians.

    Returns:
        Shape :math:`(*, 3, 3)`.
    """
    axes = torch.eye(3, dtype=yaw.dtype)
    turns = [exp(angle[..., None] * axes[k]) for k, angle in enumerate((roll, pitch, yaw))]
    return turns[2] @ turns[1] @ turns[0]


def _checkerboard(n: int, generator: torch.Generator) -> Tensor:
    first = torch.rand(n, generator=generator) * math.pi - math.pi / 2
    coin = torch.randint(2, (n,), generator=generator)
    second = torch.rand(n, generator=generator) - 2 * coin + first.floor() % 2
    return from_euler(torch.zeros(n), first * math.pi / 4, second * math.pi / 2)


def _four_gaussians(n: int, generator: torch.Generator) -> Tensor:
    c, d, pi = 0.6, 0.5, math.pi
    modes = torch.tensor(
        [[-c, -d, 0.0], [c, -d, 0.0], [-pi - c, d, pi], [-pi + c, d, pi]]
    )  # pitch, yaw, roll
    pick = modes[torch.randint(4, (n,), generator=generator)]
    noise = torch.randn(n, 2, generator=generator) / 6
    return from_euler(pick[:, 2], pick[:, 0] + noise[:, 0], pick[:, 1] + noise[:, 1])


def _three_stripes(n: int, generator: torch.Generator) -> Tensor:
    middle = 0.8 * (torch.randint(3, (n,), generator=generator) - 1)
    pitch = middle + 0.1 * torch.randn(n, generator=generator)
    yaw = math.pi * torch.randn(n, generator=generator)
    return from_euler(torch.zeros(n), pitch, yaw)


def _mixture(components: int, seed: int) -> WrappedMixture:
    generator = torch.Generator().manual_seed(1000 * seed + components)
    means = random_rotations(components, generator)
    # precision ~ Gamma(100, 1) in a basis of Frobenius length one: the vector's is half of it
    exponential = -torch.rand(components, 100, generator=generator).clamp_min(1e-12).log()
    return WrappedMixture(means, (2 * exponential.sum(1)).rsqrt())


def _solid(name: str) -> SymmetricMixture:
    place = random_rotations(1, torch.Generator().manual_seed(7))
    return SymmetricMixture(place, torch.tensor([SPREAD]), torch.ones(1), SOLIDS[name])


_SHEETS: dict[str, tuple[str, Draw]] = {
    "checkerboard": ("Checkerboard", _checkerboard),
    "gauss4": ("Four Gaussians", _four_gaussians),
    "stripes": ("Three stripes", _three_stripes),
}
SHEETS = tuple(_SHEETS)
"""Densities on surfaces, which have no likelihood."""

DENSITIES = (*SHEETS, *SOLIDS, *MIXTURES)
"""Names of the densities."""


@lru_cache(maxsize=64)
def density(name: str, seed: int = 0) -> Density:
    r"""A known density by its name.

    Arguments:
        name: One of `DENSITIES`, or `mixture<K>` with any number of components.
        seed: Seed that places the modes of a mixture.

    Example:
        >>> drawn = density("stripes").sample(10, torch.Generator().manual_seed(0))
        >>> drawn.shape
        torch.Size([10, 3, 3])
    """
    if name in _SHEETS:
        title, draw = _SHEETS[name]
        return Density(name, title, draw)
    if name in SOLIDS:
        law = _solid(name)
        title = f"{name.capitalize()}, modes of 5 deg"
        return Density(name, title, law.sample, law, SOLIDS[name])
    number = name.removeprefix("mixture")
    if name.startswith("mixture") and number.isdecimal() and int(number) > 0:
        wrapped = _mixture(int(number), seed)
        return Density(name, f"Mixture of {number}", wrapped.sample, wrapped)
    raise ValueError(f"no density {name!r}; there are {', '.join(DENSITIES)}")
