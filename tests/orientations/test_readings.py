"""Readings of a law: axis maps, cosines, tilts; exact laws against draws and by quadrature."""

from __future__ import annotations

import healpy
import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.orientations import readings
from astroviz.orientations.groups import SymmetricMixture

MEANS = Rotation.random(2, random_state=4).as_matrix()
ANGLES = np.linspace(0, 2 * np.pi, 73)


@pytest.fixture(scope="module")
def law():
    return SymmetricMixture(
        torch.from_numpy(MEANS), torch.tensor([0.4, 0.7]).double(),
        torch.tensor([0.7, 0.3]).double(), "D2",
    )  # fmt: skip


@pytest.fixture(scope="module")
def draws(law):
    return law.sample(40_000, torch.Generator().manual_seed(1)).numpy()


def test_folding_keeps_the_ellipsoid_and_is_nearest(draws):
    frame = MEANS[0]
    folded = readings.fold(draws[:300], frame)
    lengths = np.diag([3.0, 2.0, 1.0])
    shape = draws[:300] @ lengths @ draws[:300].transpose(0, 2, 1)
    np.testing.assert_allclose(folded @ lengths @ folded.transpose(0, 2, 1), shape, atol=1e-6)
    np.testing.assert_allclose(np.linalg.det(folded), 1.0, atol=1e-5)
    nearest = Rotation.from_matrix(frame.T @ folded).magnitude()
    for flip in Rotation.create_group("D2").as_matrix():
        other = Rotation.from_matrix(frame.T @ draws[:300] @ flip).magnitude()
        assert (nearest <= other + 1e-5).all()


def test_maps_have_mean_one_and_agree(law, draws):
    exact = readings.axis_map_of_law(law, 8)
    drawn = readings.axis_map(draws[:, :, 0], 8)
    assert exact.mean() == pytest.approx(1.0, abs=5e-3)
    assert drawn.mean() == pytest.approx(1.0, abs=5e-3)
    assert exact.max() > 2
    assert np.abs(drawn - exact).max() < 0.1 * exact.max()
    opposite = healpy.vec2pix(8, *(-np.stack(healpy.pix2vec(8, np.arange(768)))))
    np.testing.assert_allclose(exact[opposite], exact, atol=1e-9)


def test_no_draws_are_no_knowledge():
    np.testing.assert_allclose(readings.axis_map(np.zeros((0, 3)), 4), 1.0)
    grid = np.linspace(0, 1, 5)
    np.testing.assert_allclose(
        readings.axis_cosine(np.zeros((0, 3)), np.eye(3)[0], grid), 1.0, atol=1e-12
    )


def test_the_cosine_is_a_density_and_that_of_the_map(law, draws):
    grid = np.linspace(0, 1, 201)
    towards = MEANS[0][:, 0]
    exact = readings.cosine_of_law(law, towards, grid)
    assert np.trapezoid(exact, grid) == pytest.approx(1.0, abs=2e-3)
    drawn = readings.axis_cosine(draws[:, :, 0], towards, grid)
    assert np.abs(exact - drawn).max() < 0.15
    histogram, _ = np.histogram(np.abs(draws[:, :, 0] @ towards), bins=20, range=(0, 1))
    sharp = readings.cosine_of_law(law, towards, grid, smoothing=0.0)
    centres = np.interp((np.arange(20) + 0.5) / 20, grid, sharp)
    np.testing.assert_allclose(histogram / 2000.0, centres, atol=0.12)


def test_the_second_moment_is_the_known_one():
    """<P2> of a kernel of scale s about its own axis is exp(-3 s^2)."""
    one = SymmetricMixture(
        torch.eye(3).double()[None], torch.tensor([0.5]).double(), torch.ones(1).double(), "D2"
    )
    grid = np.linspace(0, 1, 2001)
    density = readings.cosine_of_law(one, np.eye(3)[0], grid, smoothing=0.0)
    second = np.trapezoid(density * (1.5 * grid**2 - 0.5), grid)
    assert second == pytest.approx(np.exp(-3 * 0.25), abs=1e-3)


def test_tilts_of_uniform_rotations_are_uniform_and_peaks_are_found():
    grid = np.radians(np.linspace(-90, 90, 37))
    random = Rotation.random(40_000, random_state=0).as_matrix()
    np.testing.assert_allclose(readings.tilt_density(random, MEANS[0], grid), 1.0, atol=0.08)
    rolled = Rotation.from_rotvec([np.radians(40), 0, 0]).as_matrix()
    flips = Rotation.create_group("D2").as_matrix()
    four = MEANS[0] @ rolled @ flips
    density = readings.tilt_density(four, MEANS[0], grid)
    assert np.degrees(grid[np.argmax(density)]) == pytest.approx(40, abs=2.6)
    assert np.trapezoid(density, grid) / np.pi == pytest.approx(1.0, abs=0.01)


def test_projected_axes_point_where_they_point(law):
    right, up = np.eye(3)[0], np.eye(3)[1]
    axes = np.tile([np.cos(0.6), np.sin(0.6), 0.3], (50, 1))
    density = readings.projected_axis(axes, right, up, ANGLES)
    assert ANGLES[np.argmax(density[:36])] == pytest.approx(0.6, abs=0.1)
    exact = readings.projected_axis_of_law(law, right, up, ANGLES)
    assert exact.shape == (73,)
    assert exact[:-1].mean() == pytest.approx(1.0, abs=0.02)


def test_several_laws_at_once_are_refused(law):
    both = SymmetricMixture(law.means[None], law.sigmas[None], law.weights[None], "D2")
    with pytest.raises(ValueError, match="one law"):
        readings.axis_map_of_law(both)
