"""What the kernel lab shows, against draws, quadrature and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from astroviz.core.engine import Engine
from astroviz.orientations.axis_density import density_of_axes, density_of_kernels, heat_kernel
from astroviz.orientations.explorer import OrientationsExplorer
from astroviz.orientations.kernel_answers import angle_density, kernel_law, score_arrows
from astroviz.orientations.kernel_state import GROUPS
from astroviz.orientations.rotation_columns import columns_of, rotations_of
from astroviz.orientations.rotations import random_rotations


@pytest.fixture(scope="module")
def engine():
    with Engine(device="cpu") as engine:
        yield engine


def answer(engine, **settings):
    explorer = OrientationsExplorer(view="kernel", **settings)
    draws = engine.submit(explorer.kernel_request()).result()
    return explorer, draws, explorer.kernel(draws)


@pytest.mark.parametrize("name", list(GROUPS))
@pytest.mark.parametrize("sigma", [0.1, 0.6])
def test_read_outs_agree_with_their_formulas(engine, name, sigma):
    _, draws, kernel = answer(engine, sigma=sigma, group=name, kernel_draws=4000, seed=1)
    assert len(draws) == 4000
    for formula, found, error in kernel.readings.values():
        assert abs(found - formula) < 5 * error + 1e-6
    assert np.trapezoid(kernel.marginal, kernel.angle) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize("name", list(GROUPS))
def test_the_density_of_the_angle_is_that_of_a_quadrature(name):
    # mean of the density over axes, by another route: many random axes
    sigma, angle = 0.45, np.linspace(0.2, 3.0, 8)
    axes = np.random.default_rng(0).normal(size=(20_000, 3))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    law = kernel_law(sigma, name)
    for one in angle:
        rotation = torch.from_numpy(Rotation.from_rotvec(one * axes).as_matrix())
        values = law.log_prob(rotation).exp().numpy()
        expected = (1 - np.cos(one)) / np.pi * values.mean()
        spread = (1 - np.cos(one)) / np.pi * values.std() / np.sqrt(len(axes))
        assert angle_density(np.array([one]), sigma, name)[0] == pytest.approx(
            expected, abs=5 * spread + 1e-6
        )


def test_the_score_is_the_slope_of_the_density(engine):
    _, _, kernel = answer(engine, sigma=0.5, group="D2")
    slope = np.gradient(kernel.log_density, np.deg2rad(kernel.angle))
    inside = slice(5, -5)
    assert np.allclose(kernel.score[inside], slope[inside], atol=0.3)


def test_measures_differ_by_their_constants(engine):
    _, _, haar = answer(engine, sigma=0.5)
    _, _, volume = answer(engine, sigma=0.5, measure="8pi2")
    shift = np.log(8 * np.pi**2)
    assert np.allclose(haar.log_density - volume.log_density, shift)
    assert haar.uniform - volume.uniform == pytest.approx(shift, abs=1e-4)


def test_arrows_lie_on_the_sphere_and_point_to_the_mean():
    arrows = score_arrows(kernel_law(0.5, "C1"), 0.5)
    place, way = arrows[:, :3], arrows[:, 3:]
    assert np.allclose(np.linalg.norm(place, axis=1), 1.0)
    assert np.allclose((place * way).sum(1), 0.0, atol=1e-9)
    towards = np.array([1.0, 0.0, 0.0]) - place[:, :1] * place
    assert ((towards * way).sum(1) > 0).all()


def test_the_axis_density_of_draws_is_the_exact_one():
    sigma, nside, smoothing = 0.4, 16, 0.1
    law = kernel_law(sigma, "O")
    drawn = law.sample(40_000, torch.Generator().manual_seed(0)).numpy()[:, :, 0]
    found = density_of_axes(drawn, smoothing, nside)
    axes = law.components[0, :, :, 0].numpy()
    exact = density_of_kernels(axes, np.ones(len(axes)), float(np.hypot(sigma, smoothing)), nside)
    assert exact.mean() == pytest.approx(1.0, abs=1e-3)
    assert np.abs(found - exact).max() < 0.4  # five times the noise of the draws
    assert np.abs(found - exact).mean() < 0.06
    assert np.corrcoef(found, exact)[0, 1] > 0.97


def test_short_and_long_forms_of_the_heat_kernel_meet():
    angle = np.linspace(0, 0.5, 50)
    assert np.allclose(
        heat_kernel(angle, 0.0999999), heat_kernel(angle, 0.1), rtol=2e-3, atol=0.01
    )


def test_columns_come_back_as_rotations():
    rotation = random_rotations(50, torch.Generator().manual_seed(3)).double()
    columns = columns_of(rotation)
    assert np.allclose(rotations_of(columns), rotation.numpy(), atol=1e-5)
    longitude, latitude = np.deg2rad(columns[:, 0]), np.deg2rad(columns[:, 1])
    first = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude),
         np.sin(latitude)], -1,
    )  # fmt: skip
    assert np.allclose(first, rotation.numpy()[:, :, 0], atol=1e-5)


def test_the_table_of_curves_has_units(engine):
    explorer, draws, kernel = answer(engine, sigma=0.3, group="T")
    table = explorer.kernel_table(draws)
    assert str(table["angle"].unit) == "deg"
    assert len(table) == len(kernel.angle)
    assert table.meta["group"] == "T"
