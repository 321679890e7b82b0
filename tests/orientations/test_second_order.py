"""2LPT against the particle mesh: the second order itself, and what has none."""

from __future__ import annotations

import numpy as np
import torch

from astroviz.orientations.cosmology import PLANCK15
from astroviz.orientations.particle_mesh import displacement, evolve, gaussian_field, lattice
from astroviz.orientations.second_order import second_order, second_source

GRID, SIZE = 16, 200.0


def smooth_modes(scale):
    """Modes of a small field that meshes resolve."""
    step = 2 * np.pi / SIZE
    line = torch.fft.fftfreq(GRID, 1 / GRID) * step
    half = torch.fft.rfftfreq(GRID, 1 / GRID) * step
    square = line.view(-1, 1, 1) ** 2 + line.view(1, -1, 1) ** 2 + half.view(1, 1, -1) ** 2
    modes = gaussian_field(GRID, SIZE, PLANCK15, 3)
    return scale * modes * torch.exp(-0.5 * square * 30.0**2)


def moved(position):
    """Displacements from the lattice, across the periodic edge."""
    away = position - lattice(GRID, SIZE)
    return torch.remainder(away + SIZE / 2, SIZE) - SIZE / 2


def test_the_even_part_of_the_mesh_is_the_second_order():
    # a field and its negative: what is linear in it, errors of the mesh included, drops out
    one, other = smooth_modes(4.0), smooth_modes(-4.0)
    mesh, theory = (
        0.5 * (moved(make(one)) + moved(make(other))).double().flatten()
        for make in (
            lambda modes: evolve(modes, SIZE, PLANCK15, steps=12, mesh=64).position,
            lambda modes: second_order(modes, SIZE),
        )
    )
    assert float(theory.square().mean().sqrt()) > 0.3
    # what the mesh adds of its own is noise beside it, and does not point its way
    assert 0.85 < float(mesh @ theory / (theory @ theory)) < 1.2
    assert float(mesh @ theory / (mesh.norm() * theory.norm())) > 0.7


def test_the_odd_part_is_that_of_zeldovich():
    one, other = smooth_modes(1.0), smooth_modes(-1.0)
    odd = 0.5 * (moved(second_order(one, SIZE)) - moved(second_order(other, SIZE)))
    torch.testing.assert_close(odd, displacement(one, SIZE), atol=2e-4, rtol=0)


def test_a_plane_wave_has_no_second_order():
    line = torch.cos(2 * torch.pi * torch.arange(GRID) / GRID)
    modes = torch.fft.rfftn(line.view(-1, 1, 1).expand(GRID, GRID, GRID).contiguous())
    scale = float(modes.abs().max())
    assert float(second_source(modes, SIZE).abs().max()) < 1e-5 * scale


def test_the_source_of_two_waves_is_their_product():
    # phi,xx phi,yy for delta = cos x + cos y is cos x cos y
    axis = 2 * torch.pi * torch.arange(GRID) / GRID
    x, y = torch.cos(axis).view(-1, 1, 1), torch.cos(axis).view(1, -1, 1)
    delta = (x + y).expand(GRID, GRID, GRID).contiguous()
    found = torch.fft.irfftn(second_source(torch.fft.rfftn(delta), SIZE), s=delta.shape)
    torch.testing.assert_close(found, (x * y).expand_as(found).contiguous(), atol=1e-5, rtol=0)
