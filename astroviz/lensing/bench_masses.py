r"""What can stand beside the power law of the bench, as a further deflection.

The multipole is written out; halo, companion and the second plane come through caustics. Each is
stronger as its `strength` goes from 0 to 1, in units that suit the lens it stands beside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from astroviz.lensing.lens import LENS_NAMES, LensError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MASSES", "Deflection", "further"]

MASSES = {
    "power law": "Power law and shear",
    "octopole": "with a disc or box (multipole)",
    "companion": "with a companion galaxy",
    "halo": "with an NFW halo",
    "plane": "with a second plane in front",
}
"""What stands beside the power law, and what it is called."""

Deflection = Callable[["Tensor", "Tensor"], tuple["Tensor", "Tensor"]]

_HALO = 3e13  # solar masses at full strength
_CONCENTRATION = 6.0


def further(
    name: str,
    strength: float,
    lens: tuple[float, ...],
    redshifts: tuple[float, float] = (0.285, 0.575),
) -> Deflection:
    r"""A further deflection.

    Arguments:
        name: One of `MASSES` but the power law.
        strength: From 0 to 1.
        lens: The power law that it stands beside, in the order of `LENS_NAMES`.
        redshifts: Of lens and source.

    Returns:
        A function of x and y, arcsec, that gives two components, arcsec.
    """
    makers: dict[str, Callable[..., Deflection]] = {
        "octopole": _octopole, "companion": _companion, "halo": _halo, "plane": _plane,
    }  # fmt: skip
    if name not in makers:
        raise LensError(f"There is no mass model {name!r}; there is {', '.join(MASSES)}.")
    if strength <= 0:
        return lambda x, y: (x * 0, y * 0)
    return _at_centre_too(makers[name](strength, lens, redshifts))


def _at_centre_too(deflection: Deflection) -> Deflection:
    """Zero where a formula has no value: in the very centre, by symmetry."""

    def found(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        first, second = deflection(x, y)
        return first.nan_to_num(0.0), second.nan_to_num(0.0)

    return found


def _octopole(strength: float, lens: tuple[float, ...], _: Any) -> Deflection:
    r"""Multipole m = 4 of :math:`\kappa \propto 1/r`, discy along the major axis.

    .. math:: \psi = -\frac{a\,r}{m^2 - 1}\cos m(\varphi - \varphi_0),\quad a = 0.2 s\,\theta_E.
    """
    import torch

    amplitude = 0.2 * strength * lens[0] / 15.0
    angle, x0, y0 = lens[2], lens[3], lens[4]

    def deflection(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        dx, dy = x - x0, y - y0
        turn = torch.atan2(dy, dx)
        phase = 4 * (turn - angle)
        radial, across = -amplitude * torch.cos(phase), 4 * amplitude * torch.sin(phase)
        return (radial * torch.cos(turn) - across * torch.sin(turn),
                radial * torch.sin(turn) + across * torch.cos(turn))  # fmt: skip

    return deflection


def _aside(lens: tuple[float, ...], reach: float, angle: float) -> tuple[float, float]:
    """A place in Einstein radii from the lens."""
    return (lens[3] + reach * lens[0] * math.cos(angle),
            lens[4] + reach * lens[0] * math.sin(angle))  # fmt: skip


@lru_cache(maxsize=64)
def _companion(
    strength: float, lens: tuple[float, ...], redshifts: tuple[float, float]
) -> Deflection:
    """An isothermal galaxy of up to 0.6 Einstein radii, on the ring."""
    from astroviz.lensing.through_caustics import mass_model

    x, y = _aside(lens, 1.15, 1.0)
    return mass_model("galaxy", *redshifts, x0=x, y0=y, einstein_radius=0.6 * strength * lens[0])


@lru_cache(maxsize=64)
def _halo(strength: float, lens: tuple[float, ...], redshifts: tuple[float, float]) -> Deflection:
    """A halo of up to 3e13 solar masses about the lens."""
    from astroviz.lensing.through_caustics import mass_model

    return mass_model(
        "halo", *redshifts, x0=lens[3], y0=lens[4], mass=_HALO * strength,
        concentration=_CONCENTRATION,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _plane(strength: float, lens: tuple[float, ...], redshifts: tuple[float, float]) -> Deflection:
    """An isothermal galaxy of up to 0.6 Einstein radii at half the redshift of the lens."""
    from astroviz.lensing.through_caustics import Plane, beyond, planes

    near, far = redshifts
    x, y = _aside(lens, 0.7, 2.2)
    front = {"x0": x, "y0": y, "einstein_radius": 0.6 * strength * lens[0]}
    main = dict(zip(LENS_NAMES, lens, strict=True))
    both = [Plane(near, "lens", main), Plane(0.5 * near, "galaxy", front)]
    return beyond(lens, planes(both, far))
