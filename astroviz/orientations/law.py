r"""The law that orientations of galaxies follow in a box: known exactly, because we made it.

.. math::

    p(R \mid \mathrm{environment}) = \sum_k w_k \frac14 \sum_{g \in D_2}
        f_{\sigma_k}(\angle(R, M_k g))

with three parts, each an isotropic Gaussian about a frame :math:`M_k` (major, intermediate and
minor axis as columns), made symmetric under the half turns that leave an ellipsoid as it is:

- *stretching*: centrals along the tidal frame, the major axis along the slowest collapse;
  satellites with the major axis toward their central, the wider the further out;
- *spin*: the minor axis along the intermediate axis of the tidal tensor, for discs;
- *neighbours*: along the principal frame of the neighbour quadrupole (see `conditions`), with a
  tenth of the tide added, which settles the frame where one or two neighbours leave it open.

It is a stand-in for nature: the directions are those of the literature, the strengths are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.box import Box
from astroviz.orientations.conditions import Conditions, conditions
from astroviz.orientations.groups import SymmetricMixture
from astroviz.orientations.morphology import between
from astroviz.orientations.tidal import eigen_frames

__all__ = ["PARTS", "OrientationLaw", "draw", "mean_axis_outer"]

PARTS = ("stretching", "spin", "neighbours")
"""Names of the mixture's components, in their order."""

_TIDE_SHARE = 0.1  # of the tide in the frame of the neighbours
_NARROW, _WIDE = 0.35, 0.9  # radians; at the wider almost nothing of the direction is left


@dataclass(frozen=True)
class OrientationLaw:
    r"""The law, with the knobs that a view offers.

    Arguments:
        neighbour_weight: Largest weight of the neighbours' part, 0 to 1.
        neighbour_sigma: Its scale where the neighbours define a frame well, radians.
        diskyness: Replaces that of every galaxy, 0 to 1; None leaves each its own.
        suppression: How much disky galaxies lose of their alignment; 1 as made, 0 not at all.

    Example:
        >>> from astroviz.orientations.cosmic_web import make_box
        >>> box = make_box(size=40.0, grid=32, seed=1)
        >>> law = OrientationLaw().mixture(box)
        >>> law.means.shape == (len(box.galaxies), 3, 3, 3)
        True
    """

    neighbour_weight: float = 0.55
    neighbour_sigma: float = 0.38
    diskyness: float | None = None
    suppression: float = 1.0

    def __post_init__(self) -> None:
        for name in ("neighbour_weight", "diskyness", "suppression"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} is {value!r}; it must lie between 0 and 1.")
        if not self.neighbour_sigma > 0:
            raise ValueError(f"neighbour_sigma is {self.neighbour_sigma!r}; it must be positive.")

    def mixture(self, environment: Box | Conditions | Any) -> SymmetricMixture:
        r"""The exact law of each galaxy.

        Arguments:
            environment: A box; what the law reads of one; or a piece of a box with `targets`
                (an `environment.Environment`), in which only galaxies that are still there count
                as neighbours.

        Returns:
            A mixture of three parts (`PARTS`) with the group D2; parameters of float32, shapes
            :math:`(N, 3, 3, 3)`, :math:`(N, 3)`, :math:`(N, 3)`.
        """
        around = _read(environment)
        disky = around.diskyness
        if self.diskyness is not None:
            disky = np.full(len(around), float(self.diskyness))
        near, near_sigma, share = self._neighbours(around, disky)
        means = np.stack([_stretching(around), _spin(around), near], 1)
        sigmas = np.stack([self._stretch_sigma(around, disky), _spin_sigma(around), near_sigma], 1)
        spin = self.suppression * between("spin", disky)
        weights = np.stack([(1 - share) * (1 - spin), (1 - share) * spin, share], 1)
        return SymmetricMixture(_float(means), _float(sigmas), _float(weights), "D2")

    def _stretch_sigma(self, around: Conditions, disky: np.ndarray) -> np.ndarray:
        """Narrower for heavier hosts and clearer frames, wider for discs and outer satellites."""
        heavy = np.clip(around.log_halo_mass - 12.5, -1.0, 2.0)
        base = 0.50 - 0.05 * heavy + 0.4 * _vagueness(_contrast(around.eigenvalues), 0.12)
        satellite = 0.45 + 0.30 * np.clip(around.radial_fraction, 0.0, 1.5)
        sigma = np.where(around.central, base, satellite)
        sigma = sigma + self.suppression * between("broadening", disky)
        return np.clip(sigma, _NARROW, _WIDE)

    def _neighbours(
        self, around: Conditions, disky: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Frame, scale and weight of the part that follows the neighbours."""
        values, frames = eigen_frames(_settled(around))
        # the major axis is that of the largest moment, unlike the tidal tensor's
        frames = frames[..., ::-1] * np.array([1.0, 1.0, -1.0])
        gaps = _harmonic(values[:, 2] - values[:, 1], values[:, 1] - values[:, 0])
        sigma = self.neighbour_sigma + 0.4 * _vagueness(gaps, 0.08)
        share = self.neighbour_weight * (1 - np.exp(-around.neighbours))
        share = share * (1 - 0.4 * self.suppression * disky)
        return frames, np.minimum(sigma, _WIDE), share


def draw(box: Box, seed: int, law: OrientationLaw | None = None) -> np.ndarray:
    r"""Fresh orientations of the galaxies of a box.

    Arguments:
        box: The box.
        seed: Of the draws.
        law: The law; as made by default.

    Returns:
        Shape :math:`(N, 3, 3)`, float64.
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = (law or OrientationLaw()).mixture(box).sample(1, generator)[0]
    return drawn.double().numpy()


def mean_axis_outer(mixture: SymmetricMixture, axis: int = 0) -> np.ndarray:
    r"""Exact second moment of a galaxy's axis under its law.

    .. math::

        E[a a^\top] = \sum_k w_k \left[ (1 - e^{-3\sigma_k^2}) \tfrac13 I
            + e^{-3\sigma_k^2} m_k m_k^\top \right]

    with :math:`m_k` the axis of the part's frame: an isotropic Gaussian keeps the share
    :math:`e^{-3\sigma^2}` of every quadrupole, and half turns do not change one.

    Arguments:
        mixture: Laws of :math:`N` galaxies with the group D2.
        axis: 0 major, 1 intermediate, 2 minor.

    Returns:
        Shape :math:`(N, 3, 3)`, float64.
    """
    if mixture.group not in ("C1", "D2"):
        raise ValueError(f"the moment is known for C1 and D2, not for {mixture.group}.")
    m = mixture.means[..., axis].double()
    keep = torch.exp(-3 * mixture.sigmas.double() ** 2)[..., None, None]
    weight = (mixture.weights / mixture.weights.sum(-1, keepdim=True)).double()[..., None, None]
    part = (1 - keep) / 3 * torch.eye(3, dtype=torch.float64)
    part = part + keep * m[..., :, None] * m[..., None, :]
    return (weight * part).sum(-3).numpy()


def _read(environment: Box | Conditions | Any) -> Conditions:
    if isinstance(environment, Conditions):
        return environment
    if isinstance(environment, Box):
        return conditions(environment)
    return conditions(environment.box, seen_only=True).subset(environment.targets)


def _stretching(around: Conditions) -> np.ndarray:
    """The tidal frame; for satellites the axis toward the central and the tidal minor axis."""
    tidal = around.frames
    radial = np.where(around.central[:, None], tidal[..., 0], around.toward_central)
    minor = tidal[..., 2] - (tidal[..., 2] * radial).sum(1, keepdims=True) * radial
    length = np.linalg.norm(minor, axis=1, keepdims=True)
    # a satellite exactly along the minor axis takes the intermediate one instead
    other = tidal[..., 1] - (tidal[..., 1] * radial).sum(1, keepdims=True) * radial
    minor = np.where(length > 1e-6, minor, other)
    minor /= np.linalg.norm(minor, axis=1, keepdims=True)
    return np.stack([radial, np.cross(minor, radial), minor], -1)


def _settled(around: Conditions) -> np.ndarray:
    """The quadrupole with a little of the tide: a lone neighbour says nothing of the roll."""
    tidal = around.frames * np.array([1.0, 0.5, 0.0]) @ np.swapaxes(around.frames, -1, -2)
    return (around.quadrupole + _TIDE_SHARE * tidal) / (1 + 1.5 * _TIDE_SHARE)


def _spin(around: Conditions) -> np.ndarray:
    """Minor axis along the intermediate tidal axis, major along the slowest collapse."""
    tidal = around.frames
    return np.stack([tidal[..., 0], tidal[..., 2], -tidal[..., 1]], -1)


def _spin_sigma(around: Conditions) -> np.ndarray:
    return np.clip(0.65 + 0.25 * _vagueness(_contrast(around.eigenvalues), 0.12), _NARROW, _WIDE)


def _contrast(eigenvalues: np.ndarray) -> np.ndarray:
    """How well a tensor defines its frame: the harmonic gap over the size of its eigenvalues."""
    gaps = np.diff(eigenvalues, axis=-1)
    spread = np.sqrt((eigenvalues**2).sum(-1)) + 1e-12
    return _harmonic(gaps[..., 0], gaps[..., 1]) / spread


def _harmonic(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first * second / (first + second + 1e-12)


def _vagueness(contrast: np.ndarray, scale: float) -> np.ndarray:
    """One where two axes cannot be told apart, falling to zero where all can."""
    return np.exp(-contrast / scale)


def _float(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
