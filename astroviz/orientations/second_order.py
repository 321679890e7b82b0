r"""Particles by second-order Lagrangian perturbation theory: no force, no step, three transforms.

.. math:: x = q + \psi_1 + \psi_2, \qquad \psi_1 = -\nabla\phi, \qquad
          \psi_2 = -\tfrac37 \nabla \nabla^{-2} \sum_{i<j}
          \left( \phi_{,ii}\phi_{,jj} - \phi_{,ij}^2 \right), \qquad \nabla^2\phi = \delta

for the field today and a universe of Einstein and de Sitter, which changes the factor of 3/7 by
less than a per cent. It knows how matter streams together but not how it stays there, so that
knots and filaments come out too soft.

References:
    | Bouchet et al. (1995), https://arxiv.org/abs/astro-ph/9406013
"""

from __future__ import annotations

import torch
from torch import Tensor

from astroviz.orientations.mesh import wavenumbers
from astroviz.orientations.particle_mesh import displacement, lattice

__all__ = ["second_order", "second_source"]


def second_source(modes: Tensor, size: float) -> Tensor:
    r"""Modes of :math:`\sum_{i<j} (\phi_{,ii}\phi_{,jj} - \phi_{,ij}^2)`.

    Arguments:
        modes: Of the linear density contrast, shape :math:`(n, n, n // 2 + 1)`.
        size: Side of the box, Mpc/h.

    Returns:
        Complex, same shape.
    """
    cells = modes.shape[0]
    k = wavenumbers(cells, size)
    square = k[0] ** 2 + k[1] ** 2 + k[2] ** 2
    square[0, 0, 0] = 1.0
    scaled = modes / square

    def bend(i: int, j: int) -> Tensor:
        # phi_k = -delta_k / k^2 and phi_,ij = -k_i k_j phi_k
        found: Tensor = torch.fft.irfftn(k[i] * k[j] * scaled, s=(cells,) * 3)
        return found

    own = [bend(i, i) for i in range(3)]
    total = own[0] * own[1] + own[0] * own[2] + own[1] * own[2]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        total = total - bend(i, j) ** 2
    found: Tensor = torch.fft.rfftn(total)
    return found


def second_order(modes: Tensor, size: float, growth: float = 1.0) -> Tensor:
    r"""Positions of the particles, Mpc/h, within the box, shape :math:`(n^3, 3)`.

    Arguments:
        modes: Of the linear density contrast today, from `particle_mesh.gaussian_field`.
        size: Side of the box, Mpc/h.
        growth: Linear growth factor, 1 today.

    Example:
        >>> import torch
        >>> second_order(torch.zeros(4, 4, 3, dtype=torch.complex64), 8.0)[1].tolist()
        [0.0, 0.0, 2.0]
    """
    cells = modes.shape[0]
    moved = growth * displacement(modes, size)
    moved = moved + 3.0 / 7.0 * growth**2 * displacement(second_source(modes, size), size)
    return torch.remainder(lattice(cells, size) + moved, size)
