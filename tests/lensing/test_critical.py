"""Critical curves, caustics and images against formulas and lenstronomy's solver."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astroviz.lensing.critical import area, caustics, critical_curves, cut, images
from astroviz.lensing.time_delays import arrivals, fermat

QUAD = {"einstein_radius": 1.2, "axis_ratio": 0.6, "position_angle": 0.5, "x0": 0.05,
        "y0": -0.1, "shear1": 0.04, "shear2": -0.03}  # fmt: skip


def test_an_isothermal_ellipse_is_critical_where_its_convergence_is_one_half():
    lens = {"einstein_radius": 1.3, "axis_ratio": 0.6}
    (curve,) = critical_curves(lens)
    radius = np.sqrt(0.6 * curve[:, 0] ** 2 + curve[:, 1] ** 2 / 0.6)
    assert np.abs(radius - 1.3).max() < 2e-3
    assert area(curve) == pytest.approx(math.pi * 1.3**2, rel=1e-3)
    # the cusps of its caustic, from the images that merge there on the two axes
    (diamond,) = caustics(lens)
    f, strength = math.sqrt(1 - 0.36), 1.3 * math.sqrt(0.6)
    on_major = 1.3 / math.sqrt(0.6) - strength / f * math.atan(f / 0.6)
    on_minor = 1.3 * math.sqrt(0.6) - strength / f * math.atanh(f)
    assert np.abs(diamond[:, 0]).max() == pytest.approx(abs(on_major), rel=0.01)
    assert np.abs(diamond[:, 1]).max() == pytest.approx(abs(on_minor), rel=0.01)


def test_a_power_law_steeper_or_shallower_has_another_curve_inside():
    assert len(critical_curves({"einstein_radius": 1.0, "axis_ratio": 0.7, "slope": 0.7})) == 2
    assert len(critical_curves({"einstein_radius": 1.0, "axis_ratio": 0.7, "slope": 1.3})) == 1


def test_the_cut_of_a_round_isothermal_lens_is_its_ring():
    found = cut({"einstein_radius": 0.9, "x0": 0.2})
    assert np.abs(np.hypot(found[:, 0] - 0.2, found[:, 1]) - 0.9).max() < 2e-3
    assert len(cut({"einstein_radius": 0.9, "slope": 0.7})) == 0


def test_images_of_a_point_behind_a_round_lens():
    inner = images({"einstein_radius": 1.0}, 0.3, 0.0)
    assert sorted(round(one.x, 4) for one in inner) == [-0.7, 1.3]
    brightness = {round(one.x, 4): one.magnification for one in inner}
    assert brightness[1.3] == pytest.approx(1 / (1 - 1 / 1.3), rel=1e-6)
    assert brightness[-0.7] == pytest.approx(1 / (1 - 1 / 0.7), rel=1e-6)
    assert len(images({"einstein_radius": 1.0}, 1.2, 0.0)) == 1


def test_a_quad_and_its_delays_are_those_of_lenstronomy():
    solver = pytest.importorskip("lenstronomy.LensModel.Solver.lens_equation_solver")
    from astropy.cosmology import FlatLambdaCDM
    from lenstronomy.LensModel.lens_model import LensModel

    size, turn = 0.25, 1.0  # (1 - q) / (1 + q) and twice the angle
    kwargs = [{"theta_E": 1.2, "gamma": 2.0, "e1": size * math.cos(turn),
               "e2": size * math.sin(turn), "center_x": 0.05, "center_y": -0.1},
              {"gamma1": 0.04, "gamma2": -0.03, "ra_0": 0.0, "dec_0": 0.0}]  # fmt: skip
    model = LensModel(["EPL", "SHEAR"], z_lens=0.4, z_source=1.5,
                      cosmo=FlatLambdaCDM(H0=70.0, Om0=0.3))  # fmt: skip
    place = (0.08, -0.06)
    x, y = solver.LensEquationSolver(model).image_position_from_source(
        *place, kwargs, min_distance=0.05, search_window=6, precision_limit=1e-9
    )
    found = arrivals(QUAD, place, 0.4, 1.5)
    assert len(found) == len(x) == 4
    times = model.arrival_time(x, y, kwargs, x_source=place[0], y_source=place[1])
    order = np.argsort(times)
    assert [one.x for one in found] == pytest.approx(x[order].tolist(), abs=1e-4)
    assert [one.y for one in found] == pytest.approx(y[order].tolist(), abs=1e-4)
    assert [one.delay for one in found] == pytest.approx(
        (times[order] - times.min()).tolist(), rel=2e-3, abs=1e-3
    )
    theirs = model.magnification(x, y, kwargs)[order]
    assert [one.magnification for one in found] == pytest.approx(theirs.tolist(), rel=2e-3)


def test_images_are_where_the_surface_is_stationary():
    import torch

    place = (0.08, -0.06)
    for one in images(QUAD, *place):
        x = torch.tensor(one.x, dtype=torch.float64, requires_grad=True)
        y = torch.tensor(one.y, dtype=torch.float64, requires_grad=True)
        slope = torch.autograd.grad(fermat(x, y, place, QUAD), (x, y))
        assert max(abs(float(part)) for part in slope) < 1e-5


def test_a_mass_sheet_scales_the_delays_and_keeps_the_images():
    plain, sheet = (arrivals(QUAD, (0.08, -0.06), 0.4, 1.5, mass_sheet=value)
                    for value in (1.0, 0.9))  # fmt: skip
    for one, other in zip(plain, sheet, strict=True):
        assert (other.x, other.y) == (one.x, one.y)
        assert other.delay == pytest.approx(0.9 * one.delay)
        assert other.magnification == pytest.approx(one.magnification / 0.81)
