r"""Symmetry groups of shapes, and mixtures of isotropic Gaussians that have them.

An ellipsoid looks the same after half a turn about any of its axes, so that the orientation of a
triaxial galaxy is known up to the group D2. A law of orientations has the symmetry of :math:`G`
when :math:`p(R) = p(R g)`:

.. math::

    p(R) = \sum_k w_k \frac{1}{|G|} \sum_{g \in G} f_{\sigma_k}(\angle(R, M_k g)).

It stays in the family under diffusion: :math:`\sigma_k^2 \to \sigma_k^2 + \sigma^2`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from astroviz.orientations import igso3
from astroviz.orientations.igso3 import Measure
from astroviz.orientations.rotations import exp

__all__ = ["GROUPS", "SymmetricMixture", "group"]

_GOLDEN = (1 + math.sqrt(5)) / 2
# Generators: axis, and number of turns that bring the shape back.
_GENERATORS: dict[str, tuple[tuple[tuple[float, float, float], int], ...]] = {
    "C1": (),
    "D2": (((0, 0, 1), 2), ((1, 0, 0), 2)),
    "T": (((0, 0, 1), 2), ((1, 1, 1), 3)),
    "O": (((0, 0, 1), 4), ((1, 1, 1), 3)),
    "I": (((0, 0, 1), 2), ((1, 1, 1), 3), ((0, 1, _GOLDEN), 5)),
    "cone": (((0, 0, 1), 180),),
    "cylinder": (((0, 0, 1), 180), ((1, 0, 0), 2)),
}
_CLOSED_BY_PRODUCTS = ("T", "O", "I")
GROUPS = tuple(_GENERATORS)
"""Names of the groups. `cone` and `cylinder` stand for all turns about the third axis by 180 of
them: averaged over these, a kernel of scale 0.03 or more is exact to rounding."""


@lru_cache(maxsize=len(GROUPS))
def _elements(name: str) -> Tensor:
    if name not in _GENERATORS:
        raise ValueError(f"no group {name!r}; there are {', '.join(GROUPS)}")
    found = torch.eye(3, dtype=torch.float64)[None]
    for axis, order in _GENERATORS[name]:
        unit = torch.nn.functional.normalize(torch.tensor(axis, dtype=torch.float64), dim=0)
        part = torch.arange(order, dtype=torch.float64)[:, None] / order
        turns = exp(2 * math.pi * part * unit)
        found = (turns[:, None] @ found[None]).reshape(-1, 3, 3)
    while name in _CLOSED_BY_PRODUCTS:
        products = _distinct((found[:, None] @ found[None]).reshape(-1, 3, 3))
        if len(products) == len(found):
            break
        found = products
    return found


def _distinct(matrices: Tensor) -> Tensor:
    """The different matrices, in the order in which they first appear."""
    # sorted by rounded entries; 0.0 is added so that -0 equals 0
    keys = (matrices.reshape(-1, 9) * 1e6).round() + 0.0
    _, inverse = torch.unique(keys, dim=0, return_inverse=True)
    first = torch.full((int(inverse.max()) + 1,), len(matrices))
    first = first.scatter_reduce(0, inverse, torch.arange(len(matrices)), "amin")
    return matrices[first.sort().values]


def group(name: str) -> Tensor:
    r"""The rotations of a symmetry group.

    Arguments:
        name: `C1` (none), `D2` (triaxial ellipsoid along the axes), `T` (tetrahedron with a
            corner at (1, 1, 1)), `O` (cube along the axes), `I` (icosahedron with a corner at
            :math:`(0, 1, \phi)`), `cone` or `cylinder` (about the third axis).

    Returns:
        Shape :math:`(|G|, 3, 3)`, the identity first.

    Example:
        >>> [len(group(name)) for name in ("C1", "D2", "T", "O", "I")]
        [1, 4, 12, 24, 60]
    """
    return _elements(name).to(torch.float32)


@dataclass(frozen=True, eq=False)
class SymmetricMixture:
    r"""A mixture of isotropic Gaussians on SO(3) with the symmetry of a group.

    Leading axes of the parameters are one law each; they broadcast against those of the
    rotations.

    Arguments:
        means: Shape :math:`(*, K, 3, 3)`.
        sigmas: Scales in radians, shape :math:`(*, K)`.
        weights: Non-negative, shape :math:`(*, K)`; made to sum to one.
        group: Name of the symmetry group.

    Example:
        >>> law = SymmetricMixture(torch.eye(3)[None], torch.tensor([0.3]), torch.ones(1), "D2")
        >>> flipped = torch.diag(torch.tensor([-1.0, -1.0, 1.0]))
        >>> bool(torch.isclose(law.log_prob(flipped), law.log_prob(torch.eye(3))))
        True
    """

    means: Tensor
    sigmas: Tensor
    weights: Tensor
    group: str = "C1"

    def __post_init__(self) -> None:
        group(self.group)
        shape = self.means.shape[:-2]
        if self.means.shape[-2:] != (3, 3) or len(shape) < 1:
            raise ValueError(f"means must have the shape (..., K, 3, 3), not {self.means.shape}")
        for name, value in (("sigmas", self.sigmas), ("weights", self.weights)):
            if value.shape[-1] != shape[-1]:
                raise ValueError(f"{name} has {value.shape[-1]} components, means has {shape[-1]}")

    @property
    def components(self) -> Tensor:
        r"""Means times group elements, shape :math:`(*, K, |G|, 3, 3)`."""
        return self.means[..., None, :, :] @ group(self.group).to(self.means)

    def _terms(self, rotation: Tensor, sigma: float | Tensor) -> tuple[Tensor, Tensor]:
        """Log of each component's part of the density, and the scales after diffusion."""
        extra = torch.as_tensor(sigma, dtype=self.sigmas.dtype, device=self.sigmas.device)
        scale = (self.sigmas.square() + extra[..., None].square()).sqrt()[..., None]
        share = self.weights / self.weights.sum(-1, keepdim=True)
        share = share.clamp_min(1e-30).log()[..., None] - math.log(len(group(self.group)))
        kernel = igso3.log_prob(rotation[..., None, None, :, :], self.components, scale)
        return share + kernel, scale

    def log_prob(
        self, rotation: Tensor, sigma: float | Tensor = 0.0, measure: Measure | str = "haar"
    ) -> Tensor:
        r"""Log density of rotations.

        Arguments:
            rotation: Shape :math:`(*, 3, 3)`.
            sigma: Scale of further diffusion, shape :math:`(*)`.
            measure: `haar`, `8pi2` or `pi2`.

        Returns:
            Shape :math:`(*)`.
        """
        terms, _ = self._terms(rotation, sigma)
        return igso3.in_measure(terms.flatten(-2).logsumexp(-1), measure)

    def score(self, rotation: Tensor, sigma: float | Tensor = 0.0) -> Tensor:
        r"""Score of the law after further diffusion, in the body frame.

        Arguments:
            rotation: Shape :math:`(*, 3, 3)`.
            sigma: Scale of further diffusion, shape :math:`(*)`.

        Returns:
            Shape :math:`(*, 3)`.
        """
        terms, scale = self._terms(rotation, sigma)
        share = terms.flatten(-2).softmax(-1).unflatten(-1, terms.shape[-2:])
        single = igso3.score(rotation[..., None, None, :, :], self.components, scale)
        return (share[..., None] * single).sum((-3, -2))

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        r"""Rotations of each law.

        Arguments:
            n: Draws of each.
            generator: Source of random numbers, on the CPU.

        Returns:
            Shape :math:`(n, *, 3, 3)`.
        """
        components = self.components.flatten(-4, -3)  # (*, K |G|, 3, 3)
        size = components.shape[-3] // self.means.shape[-3]
        batch = components.shape[:-3]
        share = self.weights.cpu().expand(*batch, -1).repeat_interleave(size, -1)
        scale = self.sigmas.cpu().expand(*batch, -1).repeat_interleave(size, -1)
        flat = share.reshape(-1, share.shape[-1])
        pick = torch.multinomial(flat, n, replacement=True, generator=generator)  # (laws, n)
        rows = torch.arange(len(flat))[:, None]
        means = components.reshape(-1, *components.shape[-3:])[rows, pick]
        scales = scale.reshape(flat.shape)[rows, pick]
        drawn = igso3.sample(means, scales, generator).transpose(0, 1)
        return drawn.reshape(n, *batch, 3, 3)
