r"""Sources with a formula: a Sersic profile, and a richer one with spiral arms and a bulge.

A model gives images of unit brightness at positions of the source plane; how bright each is, is
left to a linear fit. Its own parameters are free of walls: logarithms, and components of the
ellipticity as for the lens.

References:
    | Sersic (1963)
    | Ciotti & Bertin (1999), https://arxiv.org/abs/astro-ph/9911078
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["SersicSource", "SpiralSource", "moments", "sersic", "sersic_bend"]

_CORE = 1e-6  # in units of the half-light radius: a cusp has no slope


def sersic_bend(index: Tensor) -> Tensor:
    r""":math:`b_n`, with which half of the light lies within the half-light radius.

    Better than 1e-6 from n = 2 on, 3e-4 at n = 0.6.
    """
    n = index
    return (
        2 * n - 1 / 3 + 4 / (405 * n) + 46 / (25515 * n**2) + 131 / (1148175 * n**3)
        - 2194697 / (30690717750 * n**4)
    )  # fmt: skip


def sersic(
    x: Tensor, y: Tensor, radius: Tensor, index: Tensor, e1: Tensor | float, e2: Tensor | float
) -> Tensor:
    r"""Sersic profile, 1 at the half-light radius.

    .. math::
        I = \exp\big(-b_n[(R/R_e)^{1/n} - 1]\big), \qquad R = |z - e\bar z| / \sqrt{1 - |e|^2}

    Arguments:
        x: From the centre, arcsec.
        y: The same.
        radius: Half-light radius on the intermediate axis, arcsec.
        index: n.
        e1: Component of :math:`\frac{1-q}{1+q} e^{2i\varphi}` along x.
        e2: Along the diagonal.
    """
    real, imaginary = x - e1 * x - e2 * y, y - e2 * x + e1 * y
    square = (real * real + imaginary * imaginary) / (1 - e1 * e1 - e2 * e2)
    scaled = (square / radius**2 + _CORE**2) ** (0.5 / index)
    return torch.exp(-sersic_bend(index) * (scaled - 1))


def moments(source: Tensor, scale: float) -> tuple[float, float, float]:
    r"""Centre and size of a picture of a source, arcsec from the middle of its grid.

    Arguments:
        source: Shape :math:`(s, s)`; only what is above a twentieth of the peak counts.
        scale: Arcsec per pixel.

    Returns:
        x, y and the root mean square distance from them along one axis.
    """
    light = source.double().clamp_min(0.0)
    light = torch.where(light > 0.05 * light.max(), light, 0.0)
    total = float(light.sum())
    if not total > 0:
        raise ValueError("the source has no light; give one with positive pixels")
    axis = (torch.arange(len(light), dtype=torch.float64) - (len(light) - 1) / 2) * scale
    x, y = float(light.sum(0) @ axis) / total, float(light.sum(1) @ axis) / total
    square = float(light.sum(0) @ (axis - x) ** 2) + float(light.sum(1) @ (axis - y) ** 2)
    return x, y, max(math.sqrt(0.5 * square / total), 0.5 * scale)


@dataclass(frozen=True)
class SersicSource:
    r"""One Sersic profile: centre, half-light radius, ellipticity, index.

    Arguments:
        x: Where to start, arcsec.
        y: The same.
        size: Root mean square size to start from, arcsec.
    """

    x: float
    y: float
    size: float

    names = ("x", "y", "log_radius", "e1", "e2", "log_index")

    def start(self) -> Tensor:
        """Parameters to start from."""
        return torch.tensor([self.x, self.y, math.log(self.size), 0.0, 0.0, 0.2]).double()

    def width(self) -> Tensor:
        """Widths of the weak normal prior about the start."""
        return torch.tensor([self.size, self.size, 1.0, 0.3, 0.3, 0.6]).double()

    def images(self, x: Tensor, y: Tensor, parameters: Tensor) -> Tensor:
        """Images of unit brightness at positions, (1, ...)."""
        x0, y0, log_radius, e1, e2, log_index = parameters
        return sersic(x - x0, y - y0, log_radius.exp(), log_index.exp(), e1, e2)[None]


@dataclass(frozen=True)
class SpiralSource:
    r"""A Sersic disc, two logarithmic spiral arms on it, and a round bulge of its own centre.

    The arms are the disc times :math:`\cos` and :math:`\sin` of :math:`2\phi - k\ln R`, so that
    their strength and phase are linear.

    Arguments:
        x: Where to start, arcsec.
        y: The same.
        size: Root mean square size to start from, arcsec.
        winding: k to start from.
    """

    x: float
    y: float
    size: float
    winding: float = 3.0

    names = (*SersicSource.names, "winding", "bulge_x", "bulge_y", "log_bulge_radius",
             "log_bulge_index")  # fmt: skip

    def start(self) -> Tensor:
        """Parameters to start from."""
        disc = SersicSource(self.x, self.y, self.size).start()
        bulge = [self.winding, self.x, self.y, math.log(0.3 * self.size), 0.4]
        return torch.cat([disc, torch.tensor(bulge).double()])

    def width(self) -> Tensor:
        """Widths of the weak normal prior about the start."""
        disc = SersicSource(self.x, self.y, self.size).width()
        return torch.cat([disc, torch.tensor([3.0, self.size, self.size, 0.7, 0.4]).double()])

    def images(self, x: Tensor, y: Tensor, parameters: Tensor) -> Tensor:
        """Images of unit brightness at positions, (4, ...): disc, its arms, bulge."""
        x0, y0, log_radius, e1, e2, log_index, winding, bulge_x, bulge_y, *bulge = parameters
        dx, dy = x - x0, y - y0
        disc = sersic(dx, dy, log_radius.exp(), log_index.exp(), e1, e2)
        real, imaginary = dx - e1 * dx - e2 * dy, dy - e2 * dx + e1 * dy
        square = (real * real + imaginary * imaginary) / log_radius.exp() ** 2
        phase = 2 * torch.atan2(imaginary, real) - 0.5 * winding * torch.log(square + 1e-4)
        arms = disc * square / (square + 0.1)  # none in the very centre, where angles mean nothing
        round_one = sersic(x - bulge_x, y - bulge_y, bulge[0].exp(), bulge[1].exp(), 0.0, 0.0)
        return torch.stack([disc, arms * torch.cos(phase), arms * torch.sin(phase), round_one])
