r"""Two screens of dust: the birth clouds of young stars, and what all stars shine through.

Birth clouds, for stars up to 10 Myr: :math:`\tau = \tau_1 (\lambda / 5500\,\text{A})^{-1}`.
Diffuse dust: Calzetti's curve with a bump at 2175 A whose strength is tied to the slope,

.. math::
    \tau = \frac{\tau_2}{4.05} \left(k(\lambda) + D(\lambda)\right)
        \left(\frac{\lambda}{5500\,\text{A}}\right)^n, \quad
    D = \frac{(0.85 - 1.9 n) (350 \lambda)^2}{(\lambda^2 - 2175^2)^2 + (350 \lambda)^2}.

Optical depths are held between 0 and `DEEPEST`, so that light never vanishes altogether.

References:
    Charlot & Fall 2000 (arXiv:astro-ph/0003128), Calzetti et al. 2000 (arXiv:astro-ph/9911459),
    Kriek & Conroy 2013 (arXiv:1308.1099).
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

__all__ = ["BIRTH_CLOUD_AGE", "DEEPEST", "birth_depth", "bump", "calzetti", "diffuse_depth"]

DEEPEST: Final = 40.0
"""Largest optical depth."""

BIRTH_CLOUD_AGE: Final = 0.01
"""Stars up to this age, Gyr, shine through their birth cloud."""

_PIVOT: Final = 5500.0  # A
_R_V: Final = 4.05


def calzetti(wavelength: Tensor) -> Tensor:
    r"""Calzetti's curve :math:`k(\lambda)`, 4.05 in V; zero beyond 2.2 micron.

    Arguments:
        wavelength: At rest, A, any shape.
    """
    inverse = 1e4 / wavelength  # 1/micron
    blue = -2.156 + inverse * (1.509 + inverse * (-0.198 + 0.011 * inverse))
    red = -1.857 + 1.040 * inverse
    curve = torch.where(wavelength < 6300, blue, red)
    return (2.659 * curve + _R_V).clamp(min=0)


def bump(wavelength: Tensor) -> Tensor:
    r"""Profile of the bump at 2175 A, of height 1.

    Arguments:
        wavelength: At rest, A, any shape.
    """
    ratio = (wavelength - 2175.0**2 / wavelength) / 350.0
    return 1 / (1 + ratio.square())


def diffuse_depth(wavelength: Tensor, tau2: Tensor, n_dust: Tensor) -> Tensor:
    r"""Optical depth of the diffuse dust.

    Arguments:
        wavelength: At rest, A, broadcast against the others.
        tau2: Optical depth in V without the bump.
        n_dust: Slope added to Calzetti's curve; negative is steeper.

    Example:
        >>> at = torch.tensor([2175.0, 5500.0])
        >>> depth = diffuse_depth(at, torch.tensor(1.0), torch.tensor(0.0))
        >>> [round(float(value), 2) for value in depth]
        [2.3, 1.0]
    """
    strength = 0.85 - 1.9 * n_dust
    slope = torch.exp(n_dust * torch.log(wavelength / _PIVOT))
    depth = tau2 / _R_V * (calzetti(wavelength) + strength * bump(wavelength)) * slope
    return depth.clamp(0, DEEPEST)


def birth_depth(wavelength: Tensor, tau1: Tensor) -> Tensor:
    r"""Optical depth of the birth clouds.

    Arguments:
        wavelength: At rest, A, broadcast against the other.
        tau1: Optical depth in V.
    """
    return (tau1 * (_PIVOT / wavelength)).clamp(0, DEEPEST)
