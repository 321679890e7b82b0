"""Particles on a mesh: conservation, symmetry, and the trajectories that are known exactly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.orientations.cosmology import PLANCK15, Cosmology
from astroviz.orientations.mesh import paint, read, smooth_cells, wavenumbers
from astroviz.orientations.particle_mesh import (
    displacement,
    evolve,
    gaussian_field,
    kick_share,
    lattice,
)
from astroviz.orientations.power import linear_power

MATTER = Cosmology(1.0, 0.05, 0.7, 0.8, 0.96)  # Einstein-de Sitter: the steps are exact there


def by_hand(position, cells):
    """Cloud in cell, one particle at a time."""
    mesh = np.zeros((cells,) * 3)
    for place in position:
        low = np.floor(place).astype(int)
        part = place - low
        for corner in np.ndindex(2, 2, 2):
            share = np.prod([p if c else 1 - p for c, p in zip(corner, part, strict=True)])
            mesh[tuple((low + corner) % cells)] += share
    return mesh


def test_painting_is_cloud_in_cell_and_keeps_the_mass():
    position = torch.rand(200, 3, generator=torch.Generator().manual_seed(0)) * 12 - 2
    mesh = paint(position, 8)
    assert mesh.numpy() == pytest.approx(by_hand(position.numpy(), 8), abs=1e-4)
    assert mesh.sum().item() == pytest.approx(200, rel=1e-6)


def test_reading_is_the_transpose_of_painting():
    generator = torch.Generator().manual_seed(1)
    position = torch.rand(50, 3, generator=generator) * 6
    weight = torch.rand(50, generator=generator)
    field = torch.rand(6, 6, 6, 2, generator=generator)
    painted = paint(position, 6, weight)
    read_back = read(field, position)
    for f in range(2):
        left = (painted * field[..., f]).sum().item()
        assert left == pytest.approx((weight * read_back[:, f]).sum().item(), rel=1e-5)
    assert read(field[..., 0], position) == pytest.approx(read_back[:, 0])


def test_meshes_have_sizes_that_transform_fast():
    assert [smooth_cells(n) for n in (1.5, 7, 100, 101.0, 128)] == [2, 8, 100, 108, 128]


def test_the_field_has_the_power_that_it_should_have():
    grid, size = 48, 150.0
    modes = gaussian_field(grid, size, PLANCK15, seed=3)
    kx, ky, kz = wavenumbers(grid, size)
    k = torch.sqrt(kx**2 + ky**2 + kz**2)
    for low, high in ((0.1, 0.2), (0.2, 0.4), (0.4, 0.8)):
        shell = (k >= low) & (k < high) & (kz > 0) & (kz < kz.max())
        measured = (modes[shell].abs() ** 2).double().numpy() * size**3 / grid**6
        expected = linear_power(k[shell].double().numpy(), PLANCK15)
        ratio = (measured / expected).mean()
        assert abs(ratio - 1) < 5 / np.sqrt(shell.sum().item())


def test_the_same_seed_is_the_same_universe():
    first, again, other = (gaussian_field(16, 50.0, PLANCK15, s) for s in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_divergence_of_the_displacement_is_minus_the_density():
    grid, size = 16, 40.0
    modes = gaussian_field(grid, size, PLANCK15, seed=0)
    psi = displacement(modes, size).T.reshape(3, grid, grid, grid)
    k = wavenumbers(grid, size)
    inner = (torch.fft.fftfreq(grid, 1 / grid).abs() < grid // 2).float()
    keep = inner.view(-1, 1, 1) * inner.view(1, -1, 1) * (k[2] < k[2].max())
    divergence = sum(1j * k[i] * torch.fft.rfftn(psi[i]) for i in range(3))
    assert torch.allclose(divergence * keep, -modes * keep, atol=1e-3 * modes.abs().max())


def wave(grid, size, amplitude, axis=0):
    """Modes of one plane wave of density."""
    line = amplitude * torch.cos(2 * torch.pi * torch.arange(grid) / grid)
    shape = [1, 1, 1]
    shape[axis] = grid
    return torch.fft.rfftn(line.view(shape).expand(grid, grid, grid).contiguous())


def test_a_plane_wave_moves_as_zeldovich_says():
    size, errors = 16.0, []
    for grid in (16, 48):
        modes = wave(grid, size, 0.5)
        found = evolve(modes, size, MATTER, steps=4)
        expected = lattice(grid, size) + displacement(modes, size)
        apart = found.position - expected
        apart -= size * torch.round(apart / size)
        errors.append((apart.abs().max() / displacement(modes, size).abs().max()).item())
    assert errors[1] < 0.05
    assert errors[1] < 0.5 * errors[0]


def test_steps_keep_the_second_order_trajectories():
    # two crossed waves: their 2LPT displacement is sought in what the steps add to Zel'dovich's
    grid, size = 24, 24.0
    modes = wave(grid, size, 0.15, 0) + wave(grid, size, 0.15, 1)
    found = evolve(modes, size, MATTER, steps=3, mesh=96)
    first = displacement(modes, size)
    beyond = found.position - lattice(grid, size) - first
    beyond -= size * torch.round(beyond / size)
    # phi = -(A / k^2)(cos kx + cos ky): the source of the second order is phi_xx phi_yy
    q = lattice(grid, size) * (2 * torch.pi / size)
    k = 2 * torch.pi / size
    # source A^2 cos x cos y; laplacian of its potential is -2 k^2 times itself
    source = 0.15**2 * torch.stack([-q[:, 0].sin() * q[:, 1].cos(),
                                    -q[:, 0].cos() * q[:, 1].sin()], 1)  # fmt: skip
    second = -3 / 7 * source / (-2 * k)
    slope = (beyond[:, :2] * second).sum() / (second**2).sum()
    assert slope.item() == pytest.approx(1.0, abs=0.15)


def test_the_first_kick_is_the_known_number_and_later_ones_tend_to_one():
    assert kick_share(0.0, 0.3) == pytest.approx(-5 / 7)
    assert 0.99 < kick_share(1.0, 1.001) < 1


@pytest.fixture(scope="module")
def evolved():
    modes = gaussian_field(32, 60.0, PLANCK15, seed=2)
    return modes, evolve(modes, 60.0, PLANCK15)


def test_large_scales_grow_linearly():
    # weak fluctuations stay linear; waves of 80 Mpc/h and more span 25 cells of the mesh
    weak = PLANCK15.replace(sigma8=0.02)
    grid, size = 32, 200.0
    modes = gaussian_field(grid, size, weak, seed=4)
    for redshift in (0.0, 1.0):
        found = evolve(modes, size, weak, redshift, steps=6)
        contrast = paint(found.position * (grid / size), grid) - 1
        k = wavenumbers(grid, size)
        window = torch.sinc(k[0] * size / grid / 2 / torch.pi) ** 2
        for i in (1, 2):
            window = window * torch.sinc(k[i] * size / grid / 2 / torch.pi) ** 2
        delta = torch.fft.rfftn(contrast) / window
        low = (k[0] ** 2 + k[1] ** 2 + k[2] ** 2).sqrt() < 0.08
        ratio = (delta[low] * modes[low].conj()).real.sum() / (modes[low].abs() ** 2).sum()
        assert ratio.item() == pytest.approx(weak.growth(1 / (1 + redshift)), rel=0.03)


def test_momentum_is_conserved(evolved):
    velocity = evolved[1].velocity.double()
    assert velocity.mean(0).abs().max() < 1e-3 * velocity.std()


def test_velocities_are_those_of_the_universe(evolved):
    # on large scales v = a H f psi: compare with the linear displacement
    modes, particles = evolved
    linear = displacement(modes, 60.0) * PLANCK15.peculiar_velocity(1.0)
    slope = (particles.velocity * linear).sum() / (linear**2).sum()
    assert 0.7 < slope.item() < 1.2


def test_everything_is_periodic():
    grid, size, shift = 16, 32.0, (3, 0, 5)
    field = torch.fft.irfftn(gaussian_field(grid, size, PLANCK15, 1), s=(grid,) * 3)
    runs = [
        evolve(torch.fft.rfftn(torch.roll(field, move, (0, 1, 2))), size, PLANCK15, steps=4)
        for move in ((0, 0, 0), shift)
    ]
    moved = torch.roll(runs[0].position.view(grid, grid, grid, 3), shift, (0, 1, 2)).view(-1, 3)
    apart = runs[1].position - moved - torch.tensor(shift) * size / grid
    apart -= size * torch.round(apart / size)
    assert apart.abs().max() < 0.02
    assert ((runs[1].position >= 0) & (runs[1].position < size)).all()


def test_the_work_can_be_watched_and_stopped():
    modes = gaussian_field(16, 32.0, PLANCK15, 0)
    shares = []
    evolve(modes, 32.0, PLANCK15, steps=5, progress=shares.append)
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])

    class Stopped(Exception):
        pass

    def stop():
        raise Stopped

    with pytest.raises(Stopped):
        evolve(modes, 32.0, PLANCK15, check=stop)


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="at least one step"):
        evolve(gaussian_field(16, 32.0, PLANCK15, 0), 32.0, PLANCK15, steps=0)
