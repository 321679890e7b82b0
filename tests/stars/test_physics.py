from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator

from astroviz.stars.parameters import to_theta
from astroviz.stars.physics import Physics
from astroviz.stars.spectra import star_sed
from astroviz.stars.surveys import BANDS
from astroviz.stars.tables import interpolate, load_tables

PHYSICS = Physics(dtype=torch.float64)


def stars(n=200, seed=0):
    z = torch.randn(n, 9, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    theta = to_theta(z)
    return theta[PHYSICS.evolve(theta[:, 0], theta[:, 1]).valid]


def test_interpolation_agrees_with_scipy():
    knots = (np.array([0.0, 0.3, 1.0]), np.array([-1.0, 2.0]), np.array([0.0, 1.0, 4.0, 5.0]))
    table = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    points = np.random.default_rng(1).uniform([0, -1, 0], [1, 2, 5], size=(50, 3))
    expected = RegularGridInterpolator(knots, table)(points)
    found = interpolate(
        torch.tensor(table),
        tuple(torch.tensor(k) for k in knots),
        tuple(torch.tensor(points[:, i]) for i in range(3)),
    )
    assert np.allclose(found.numpy(), expected)


def test_distance_moves_all_bands_by_its_modulus():
    theta = stars()
    disk = torch.zeros(len(theta), dtype=torch.bool)
    near, _ = PHYSICS.magnitudes(theta, disk)
    theta[:, 5] *= 2
    far, _ = PHYSICS.magnitudes(theta, disk)
    assert torch.allclose(far - near, torch.full_like(near, 5 * np.log10(2)))


def test_dust_dims_and_reddens_and_none_is_nothing():
    theta = stars()
    disk = torch.zeros(len(theta), dtype=torch.bool)
    theta[:, 3] = 0.0
    clear, star = PHYSICS.magnitudes(theta, disk)
    assert float(PHYSICS.dimming(star.log_teff, theta[:, 3], theta[:, 4]).abs().max()) < 1e-6
    theta[:, 3] = 5.0
    dimmed = PHYSICS.magnitudes(theta, disk)[0] - clear
    assert (dimmed > 0).all()
    order = [b.name for b in BANDS]
    for bluer, redder in (("bp", "rp"), ("rp", "j"), ("j", "ks"), ("ks", "w2")):
        assert (dimmed[:, order.index(bluer)] > dimmed[:, order.index(redder)]).all()


def test_an_equal_companion_doubles_the_light():
    theta = stars()
    disk = torch.zeros(len(theta), dtype=torch.bool)
    single, _ = PHYSICS.magnitudes(theta, disk)
    double, _ = PHYSICS.magnitudes(theta, disk, mass_ratio=torch.ones(len(theta)).double())
    assert torch.allclose(single - double, torch.full_like(single, 2.5 * np.log10(2)), atol=1e-5)


def test_a_disk_brightens_the_infrared_beyond_its_onset_only():
    theta = stars()
    theta[:, 6:] = torch.tensor([0.5, 2.0, 8.0])
    without, _ = PHYSICS.magnitudes(theta, torch.zeros(len(theta), dtype=torch.bool))
    with_disk, _ = PHYSICS.magnitudes(theta, torch.ones(len(theta), dtype=torch.bool))
    gain = without - with_disk
    order = [b.name for b in BANDS]
    assert (gain[:, order.index("w4")] > 2).all()
    assert (gain[:, order.index("j")] < 0.01).all()


def test_stefan_boltzmann_holds():
    theta = stars()
    star = PHYSICS.evolve(theta[:, 0], theta[:, 1])
    expected = 2 * star.log_radius + 4 * (star.log_teff - np.log10(5772.0))
    assert torch.allclose(star.log_lum, expected, atol=1e-5)


@pytest.mark.parametrize("tracks", load_tables().choices("track"))
def test_every_track_set_gives_stars(tracks):
    physics = Physics(tracks=tracks, dtype=torch.float64)
    star = physics.evolve(torch.tensor([7.0]).double(), torch.tensor([-0.3]).double())
    assert bool(star.valid[0])
    assert 3000 < 10 ** float(star.log_teff[0]) < 4300


def test_the_joined_tracks_do_not_jump():
    mass = torch.linspace(-0.2, 0.2, 200).double()
    star = PHYSICS.evolve(torch.full_like(mass, 7.0), mass)
    assert float(star.log_teff.diff().abs().max()) < 0.01


def test_spectrum_adds_up():
    theta = stars()[0].numpy()
    found = star_sed(theta, PHYSICS, disk=True)
    assert np.allclose(found["total"], found["dusty"] + found["excess"])
    assert (found["dusty"] <= found["photosphere"] * (1 + 1e-9)).all()
