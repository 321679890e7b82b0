r"""Cold dark matter under its own gravity: a Gaussian field and a dozen particle-mesh steps.

Time is the linear growth factor :math:`D`, in which Zel'dovich trajectories are straight lines.
One step drifts half way, takes the force :math:`g = -\nabla\nabla^{-2}\delta` of the mesh, turns
the velocity :math:`v = dx/dD` and drifts again:

.. math:: v \leftarrow \alpha v + (1 - \alpha) \, g / D_{1/2}

With :math:`\alpha` as of `kick_share` a step is exact for the second-order (2LPT) trajectories of
an Einstein-de Sitter universe, from :math:`D = 0` on, so no separate initial conditions are
needed: the start is the Zel'dovich velocity on a lattice.

References:
    | Feng et al. (2016), FastPM: https://arxiv.org/abs/1603.00476
    | Rampf, List & Hahn (2025), BullFrog: https://arxiv.org/abs/2409.19049
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from astroviz.orientations.cosmology import Cosmology
from astroviz.orientations.mesh import paint, read, wavenumbers
from astroviz.orientations.power import linear_power

__all__ = ["Particles", "Progress", "displacement", "evolve", "gaussian_field", "kick_share",
           "lattice"]  # fmt: skip

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""


@dataclass(frozen=True)
class Particles:
    r"""The particles of a snapshot.

    Arguments:
        position: Comoving, Mpc/h, within the box, float32, shape :math:`(N, 3)`.
        velocity: Peculiar, km/s, shape :math:`(N, 3)`.
        mass: Of each, Msun/h.
        size: Side of the box, Mpc/h.
    """

    position: Tensor
    velocity: Tensor
    mass: float
    size: float


def gaussian_field(
    grid: int, size: float, cosmology: Cosmology, seed: int, wiggles: bool = True
) -> Tensor:
    r"""Fourier modes of the linear density contrast today.

    White noise on the grid is coloured by :math:`\sqrt{P(k)}`, so that the modes are those of a
    real field: their variance is :math:`\langle|\delta_k|^2\rangle = P(k) N^6 / V`.

    Arguments:
        grid: Nodes to a side.
        size: Side of the box, Mpc/h.
        cosmology: The universe.
        seed: Of the noise.
        wiggles: As of `linear_power`.

    Returns:
        Complex, shape :math:`(grid, grid, grid // 2 + 1)`.
    """
    generator = torch.Generator().manual_seed(seed)
    white = torch.fft.rfftn(torch.randn(grid, grid, grid, generator=generator))
    kx, ky, kz = wavenumbers(grid, size)
    k = torch.sqrt(kx**2 + ky**2 + kz**2)
    # a table of P in log k: the formula itself would be asked a million times
    table = np.geomspace(0.5 * 2 * np.pi / size, 2 * np.pi / size * grid, 2048)
    logs = np.interp(np.log(k.clamp(min=table[0]).numpy()), np.log(table),
                     np.log(linear_power(table, cosmology, wiggles)))  # fmt: skip
    amplitude = torch.from_numpy(np.exp(0.5 * logs)).float() * (grid**1.5 / size**1.5)
    amplitude[0, 0, 0] = 0.0
    return white * amplitude


def displacement(modes: Tensor, size: float) -> Tensor:
    r"""Displacements :math:`\psi = -\nabla\nabla^{-2}\delta` on the lattice.

    Arguments:
        modes: Of the density contrast, shape :math:`(n, n, n // 2 + 1)`.
        size: Side of the box, Mpc/h.

    Returns:
        Mpc/h, shape :math:`(n^3, 3)`, in the order of `lattice`.
    """
    cells = modes.shape[0]
    k = wavenumbers(cells, size)
    square = k[0] ** 2 + k[1] ** 2 + k[2] ** 2
    square[0, 0, 0] = 1.0
    scaled = modes / square
    parts = [
        torch.fft.irfftn(1j * _odd(k[i], cells) * scaled, s=(cells,) * 3).reshape(-1)
        for i in range(3)
    ]
    return torch.stack(parts, 1)


def _odd(k: Tensor, cells: int) -> Tensor:
    """Without the Nyquist frequency, which a derivative of a real field cannot have."""
    kept = k.clone()
    flat = kept.view(-1)
    if cells % 2 == 0:
        flat[cells // 2] = 0.0
    return kept


def lattice(grid: int, size: float) -> Tensor:
    r"""The unperturbed particles, Mpc/h, shape :math:`(grid^3, 3)`."""
    line = torch.arange(grid, dtype=torch.float32) * (size / grid)
    return torch.cartesian_prod(line, line, line)


def kick_share(before: float, after: float) -> float:
    r"""What a kick keeps of the velocity, so that second-order trajectories are exact.

    Let :math:`x = q + D\psi_1 + D^2\psi_2`. The force at the half-drifted positions is
    :math:`g = D_{1/2}\psi_1 + (D_0 D_1 + \tfrac73 D_{1/2}^2)\psi_2`; asking for the velocity
    :math:`\psi_1 + 2 D_1\psi_2` after the kick gives

    .. math:: \alpha = \frac{2 D_1 - K}{2 D_0 - K}, \qquad
              K = \frac{D_0 D_1}{D_{1/2}} + \frac73 D_{1/2}

    Arguments:
        before: Growth factor at the start of the step, :math:`D_0`.
        after: At its end, :math:`D_1`.

    Example:
        >>> round(kick_share(0.0, 0.1), 6)  # -5/7
        -0.714286
    """
    half = 0.5 * (before + after)
    k = before * after / half + 7.0 / 3.0 * half
    return (2.0 * after - k) / (2.0 * before - k)


def evolve(
    modes: Tensor,
    size: float,
    cosmology: Cosmology,
    redshift: float = 0.0,
    steps: int = 12,
    mesh: int | None = None,
    progress: Progress | None = None,
    check: Callable[[], None] | None = None,
) -> Particles:
    r"""Move particles from the lattice to a redshift.

    Arguments:
        modes: From `gaussian_field`; one particle for each node.
        size: Side of the box, Mpc/h.
        cosmology: The universe.
        redshift: Where to stop.
        steps: Equal steps in the growth factor.
        mesh: Cells to a side of the mesh of forces; twice the grid by default.
        progress: Called after each step with the share done.
        check: Called before each step; what it raises ends the work.

    Returns:
        The particles.
    """
    if steps < 1:
        raise ValueError(f"at least one step is needed, not {steps}.")
    grid = modes.shape[0]
    cells = mesh or 2 * grid
    a = 1.0 / (1.0 + redshift)
    times = np.linspace(0.0, cosmology.growth(a), steps + 1)
    force = _Force(cells, grid, size)
    # in cells of the mesh: no multiplication when painting and reading
    position = lattice(grid, size) * (cells / size)
    velocity = displacement(modes, size) * (cells / size)
    for n in range(steps):
        if check is not None:
            check()
        drift, share = 0.5 * (times[n + 1] - times[n]), kick_share(times[n], times[n + 1])
        position.add_(velocity, alpha=drift)
        pull = (1.0 - share) / (0.5 * (times[n] + times[n + 1]))
        velocity.mul_(share)
        force.kick(position, velocity, pull)
        position.add_(velocity, alpha=drift)
        if progress is not None:
            progress((n + 1) / steps)
    unit = size / cells
    position = torch.remainder(position, cells) * unit
    position[position >= size] = 0.0  # a remainder may round up to the side itself
    speed = cosmology.peculiar_velocity(a) * unit
    mass = cosmology.matter_density * size**3 / grid**3
    return Particles(position, velocity * speed, mass, size)


class _Force:
    """Forces of the particles on each other by way of the mesh, everything in cells."""

    def __init__(self, cells: int, grid: int, size: float) -> None:
        self.cells, self.mean = cells, (grid / cells) ** 3
        k = wavenumbers(cells, float(cells))
        square = k[0] ** 2 + k[1] ** 2 + k[2] ** 2
        square[0, 0, 0] = 1.0
        self.green = 1.0 / square
        self.green[0, 0, 0] = 0.0
        # four-point differences: unlike i k they die out at the Nyquist frequency, where the
        # lattice of the particles would pull on itself
        self.k = [(8 * torch.sin(ki) - torch.sin(2 * ki)) / 6 for ki in k]

    def kick(self, position: Tensor, velocity: Tensor, pull: float) -> None:
        """Add `pull` times the force to the velocities, in place."""
        density = paint(position, self.cells).div_(self.mean)
        modes = torch.fft.rfftn(density).mul_(self.green)
        fields = density.new_empty(*density.shape, 3)
        for i in range(3):
            fields[..., i] = torch.fft.irfftn(1j * self.k[i] * modes, s=density.shape)
        velocity.add_(read(fields, position), alpha=pull)
