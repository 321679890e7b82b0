r"""Which pixels of an image constrain a place of the source, and how well it is known at all.

Under a Gaussian-process prior :math:`\mathcal N(0, C)` of the source, the measurement of one
pixel :math:`y_i = a_i^T x + n_i` alone takes away the part

.. math::
    f_{ij} = \frac{(a_i^T C e_j)^2}{C_{jj}\,(a_i^T C a_i + \sigma^2)}

of the variance of the source's pixel :math:`j`: the squared correlation of the two. All pixels
together leave :math:`(C^{-1} + A^T A / \sigma^2)^{-1}`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from astroviz.lensing.gaussian_prior import exponential_prior

if TYPE_CHECKING:
    from astropy.table import QTable

    from astroviz.lensing.bench_scene import Bench, Picture

__all__ = ["Information", "information"]

SOURCE_PIXELS = 20
MOST_PIXELS = 64


@dataclass(frozen=True, eq=False)
class Information:
    r"""What an image says of its source.

    Arguments:
        shared: :math:`a_i^T C`, shape :math:`(m, d)`.
        spread: Variance of each pixel's prediction, with its noise, shape :math:`(m,)`.
        prior: Prior variance of the source's pixels, shape :math:`(d,)`.
        posterior: What is left of it, shape :math:`(d,)`.
        field: Side of the image, arcsec.
        size: Side of the source's grid, arcsec.
        centre: Its middle, arcsec.
    """

    shared: np.ndarray
    spread: np.ndarray
    prior: np.ndarray
    posterior: np.ndarray
    field: float
    size: float
    centre: tuple[float, float]

    @property
    def unknown(self) -> np.ndarray:
        """Standard deviation after over before the observation, shape (s, s)."""
        side = SOURCE_PIXELS
        return np.sqrt(self.posterior / self.prior).reshape(side, side)

    @property
    def numbers_measured(self) -> float:
        r"""How many numbers the data fix: :math:`\sum_j (1 - \Sigma_{jj}/C_{jj})`."""
        return float((1 - self.posterior / self.prior).sum())

    def pixel_at(self, x: float, y: float) -> int | None:
        """Number of the source's pixel at a place, arcsec; None outside of the grid."""
        step = self.size / SOURCE_PIXELS
        column = int(np.floor((x - self.centre[0] + 0.5 * self.size) / step))
        row = int(np.floor((y - self.centre[1] + 0.5 * self.size) / step))
        inside = 0 <= column < SOURCE_PIXELS and 0 <= row < SOURCE_PIXELS
        return row * SOURCE_PIXELS + column if inside else None

    def glow(self, pixel: int) -> np.ndarray:
        r"""The part of the variance of a source pixel that each image pixel alone takes away.

        Returns:
            Between 0 and 1, shape :math:`(n, n)`.
        """
        part = self.shared[:, pixel] ** 2 / (self.spread * self.prior[pixel])
        side = round(len(part) ** 0.5)
        return np.asarray(part.reshape(side, side))

    def table(self) -> QTable:
        """The source's pixels: place, standard deviation after over before."""
        from astropy import units as u
        from astropy.table import QTable

        step = self.size / SOURCE_PIXELS
        axis = (np.arange(SOURCE_PIXELS) - (SOURCE_PIXELS - 1) / 2) * step
        x, y = np.meshgrid(axis + self.centre[0], axis + self.centre[1])
        return QTable(
            {
                "x": x.ravel() * u.arcsec,
                "y": y.ravel() * u.arcsec,
                "unknown": self.unknown.ravel(),
            }
        )


@lru_cache(maxsize=1)
def _prior() -> tuple[torch.Tensor, torch.Tensor]:
    covariance = exponential_prior(SOURCE_PIXELS).covariance
    # correlation alone: the envelope would say that the rim of the source is known beforehand
    scale = covariance.diagonal().sqrt()
    correlation = covariance / scale[:, None] / scale[None, :]
    return correlation, torch.linalg.inv(correlation)


def information(bench: Bench, picture: Picture) -> Information:
    r"""What the image of a bench says of its source, which is taken to vary as much as it does.

    Arguments:
        bench: Lens, telescope, and where the source is looked for.
        picture: Its image, for the noise.
    """
    coarse = replace(bench, pixel_scale=max(bench.pixel_scale, bench.field / MOST_PIXELS))
    stamp = np.zeros((SOURCE_PIXELS, SOURCE_PIXELS), np.float32)
    lens = torch.tensor(bench.lens, dtype=torch.float32)
    response = coarse.operator(stamp).matrix(lens).double()
    # larger pixels have less noise, by the root of how many they stand for
    finer = bench.pixels / coarse.pixels
    variance = (picture.noise / finer) ** 2
    correlation, inverse = _prior()
    power = max(float(np.square(picture.stamp).mean()), 1e-6)
    shared = power * (response @ correlation)
    spread = (shared * response).sum(1) + variance
    left = torch.linalg.inv(inverse / power + response.T @ response / variance)
    return Information(
        shared.numpy(), spread.numpy(), np.full(SOURCE_PIXELS**2, power),
        left.diagonal().numpy(), bench.field, bench.source_size, bench.source_centre,
    )  # fmt: skip
