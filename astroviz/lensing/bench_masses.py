r"""What can stand beside the power law of the bench, as a further deflection.

Halo and multipoles are centred on the lens; the companion and the second plane stand aside of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from astroviz.lensing.lens import LensError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["MASSES", "further"]

MASSES = {"power law": "Power law and shear", "octopole": "with boxy or discy multipole"}
"""What stands beside the power law, and what it is called."""

Deflection = Callable[["Tensor", "Tensor"], tuple["Tensor", "Tensor"]]


def further(name: str, strength: float, lens: tuple[float, ...]) -> Deflection:
    r"""A further deflection.

    Arguments:
        name: One of `MASSES` but the power law.
        strength: From 0 to 1.
        lens: The power law that it stands beside, in the order of `LENS_NAMES`.

    Returns:
        A function of x and y, arcsec, that gives two components, arcsec.
    """
    if name != "octopole":
        raise LensError(f"There is no mass model {name!r}; there is {', '.join(MASSES)}.")
    return _octopole(strength, lens)


def _octopole(strength: float, lens: tuple[float, ...]) -> Deflection:
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
