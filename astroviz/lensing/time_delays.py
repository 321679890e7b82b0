r"""When light arrives: the Fermat surface of a lens, and the delays between images of a quasar.

.. math::
    t(\theta) = \frac{D_{\Delta t}}{c}\,\phi(\theta), \qquad
    \phi(\theta) = \tfrac12|\theta - \beta|^2 - \psi(\theta)

Images are where the surface is stationary. A mass sheet :math:`\lambda` leaves them where they are
and multiplies every delay, and so the Hubble constant that is read from them, by :math:`\lambda`.

References:
    | Blandford & Narayan (1986)
    | Suyu et al. (2010), https://arxiv.org/abs/0910.2773
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from astroviz.lensing.bench_numbers import scales
from astroviz.lensing.critical import images
from astroviz.lensing.lens import check_lens, potential

__all__ = ["Arrival", "arrivals", "fermat"]


@dataclass(frozen=True)
class Arrival:
    r"""An image of a point source.

    Arguments:
        x: Place, arcsec.
        y: The same.
        magnification: Signed.
        delay: After the first image, days.
    """

    x: float
    y: float
    magnification: float
    delay: float


def fermat(x: Tensor, y: Tensor, source: tuple[float, float], lens: Any) -> Tensor:
    r"""Fermat potential :math:`\phi`, arcsec squared.

    Arguments:
        x: Places in the image plane, arcsec.
        y: The same.
        source: Place of the source, arcsec.
        lens: By name or in the order of `LENS_NAMES`.
    """
    vector = check_lens(lens).to(x)
    return 0.5 * ((x - source[0]) ** 2 + (y - source[1]) ** 2) - potential(x, y, vector)


def arrivals(
    lens: Any,
    source: tuple[float, float],
    lens_redshift: float,
    source_redshift: float,
    hubble_constant: float = 70.0,
    mass_sheet: float = 1.0,
) -> list[Arrival]:
    r"""Images of a point source in the order in which they arrive.

    Arguments:
        lens: By name or in the order of `LENS_NAMES`.
        source: Place of the source, arcsec.
        lens_redshift: Of the lens.
        source_redshift: Of the source.
        hubble_constant: km/s/Mpc, of a flat universe.
        mass_sheet: :math:`\lambda`: the lens is taken as :math:`\lambda\kappa + 1 - \lambda`, the
            source as the one that leaves the images where they are.

    Example:
        >>> found = arrivals({"einstein_radius": 1.0}, (0.3, 0.0), 0.5, 1.5)
        >>> [round(one.x, 3) for one in found]
        [1.3, -0.7]
    """
    found = images(lens, *source)
    if not found:
        return []
    physical = scales(lens_redshift, source_redshift, hubble_constant)
    x, y = (torch.tensor([getattr(one, name) for one in found], dtype=torch.float64)
            for name in ("x", "y"))  # fmt: skip
    heights = fermat(x, y, source, lens).numpy()
    days = mass_sheet * physical.days(1.0) * (heights - heights.min())
    order = np.argsort(days)
    return [
        Arrival(found[k].x, found[k].y, found[k].magnification / mass_sheet**2, float(days[k]))
        for k in order
    ]
