"""The lens against caustics, lenstronomy, its own derivatives and its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from astroviz.lensing import lens as lenses
from astroviz.lensing.lens import (
    LENS_BOUNDS,
    LENS_NAMES,
    LensError,
    check_lens,
    convergence,
    deflection,
    from_free,
    from_keeton,
    jacobian,
    magnification,
    potential,
    sky_angle,
    to_free,
)

AXIS = torch.linspace(-2.0, 2.0, 23, dtype=torch.float64) + 0.013
Y, X = torch.meshgrid(AXIS, AXIS, indexing="ij")
CASES = [(0.75, 1.0), (0.3, 1.0), (0.6, 1.35), (0.6, 0.7), (0.999, 1.0), (0.95, 1.2)]


def lens_of(q: float = 0.7, slope: float = 1.0) -> torch.Tensor:
    return torch.tensor([1.3, q, 0.6, 0.05, -0.1, 0.03, -0.05, slope], dtype=torch.float64)


@pytest.mark.parametrize(("q", "slope"), CASES)
def test_deflection_potential_and_convergence_are_those_of_caustics(q, slope):
    from caustics.lenses.func import (
        convergence_epl,
        potential_epl,
        reduced_deflection_angle_epl,
        reduced_deflection_angle_external_shear,
    )

    values = {"x0": 0.05, "y0": -0.1, "q": q, "phi": 0.6, "Rein": 1.3, "t": slope}
    n = {name: torch.tensor(value, dtype=torch.float64) for name, value in values.items()}
    zero = torch.zeros((), dtype=torch.float64)
    shear = reduced_deflection_angle_external_shear(zero, zero, 0.03, -0.05, X, Y)
    theirs = reduced_deflection_angle_epl(**n, x=X, y=Y, n_iter=120)
    ours = deflection(X, Y, lens_of(q, slope))
    for own, power, tide in zip(ours, theirs, shear, strict=True):
        assert (own - power - tide).abs().max() < 1e-12
    tide = 0.5 * 0.03 * (X**2 - Y**2) - 0.05 * X * Y
    other = potential_epl(**n, x=X, y=Y, n_iter=120, chunk_size=None) + tide
    assert (potential(X, Y, lens_of(q, slope)) - other).abs().max() < 1e-11
    assert torch.allclose(convergence(X, Y, lens_of(q, slope)), convergence_epl(**n, x=X, y=Y))


@pytest.mark.parametrize(("q", "slope"), [(0.7, 1.0), (0.5, 1.2), (0.9, 0.8)])
def test_deflection_is_that_of_lenstronomy(q, slope):
    model = pytest.importorskip("lenstronomy.LensModel.lens_model")
    size = (1 - q) / (1 + q)
    kwargs = [{"theta_E": 1.3, "gamma": slope + 1, "e1": size * math.cos(1.2),
               "e2": size * math.sin(1.2), "center_x": 0.05, "center_y": -0.1},
              {"gamma1": 0.03, "gamma2": -0.05, "ra_0": 0.0, "dec_0": 0.0}]  # fmt: skip
    theirs = model.LensModel(["EPL", "SHEAR"]).alpha(X.numpy().ravel(), Y.numpy().ravel(), kwargs)
    ours = deflection(X, Y, lens_of(q, slope))
    for own, other in zip(ours, theirs, strict=True):
        assert np.abs(own.numpy().ravel() - other).max() < 1e-6  # of its own series


@pytest.mark.parametrize(("q", "slope"), CASES)
def test_each_is_the_derivative_of_the_one_before(q, slope):
    x, y = (plane[::4, ::4].clone().requires_grad_() for plane in (X, Y))
    lens = lens_of(q, slope)
    alpha = deflection(x, y, lens)
    gradient = torch.autograd.grad(potential(x, y, lens).sum(), (x, y))
    for own, other in zip(alpha, gradient, strict=True):
        assert (own - other).abs().max() < 1e-11
    matrix = jacobian(x, y, lens)
    xx, xy = torch.autograd.grad(alpha[0].sum(), (x, y), retain_graph=True)
    yx, yy = torch.autograd.grad(alpha[1].sum(), (x, y))
    assert (matrix[..., 0, 0] - (1 - xx)).abs().max() < 1e-10
    assert (matrix[..., 0, 1] + xy).abs().max() < 1e-10
    assert (matrix[..., 1, 0] + yx).abs().max() < 1e-10
    assert (matrix[..., 1, 1] - (1 - yy)).abs().max() < 1e-10
    assert (convergence(x, y, lens) - 0.5 * (xx + yy)).abs().max() < 1e-10
    assert torch.allclose(magnification(x, y, lens), 1 / torch.linalg.det(matrix))


def test_a_round_isothermal_lens_deflects_by_its_radius():
    lens = check_lens([1.5]).double()
    ax, ay = deflection(X, Y, lens)
    assert torch.allclose(torch.hypot(ax, ay), torch.full_like(X, 1.5))
    assert torch.allclose(ax * Y, ay * X)


@pytest.mark.parametrize("slope", [1.0, 0.8, 1.2])
def test_the_einstein_radius_is_on_the_intermediate_axis(slope):
    # the ellipse q x^2 + y^2 / q = theta_E^2 encloses a mean convergence of one
    lens, q = lens_of(0.6, slope), 0.6
    part = ((torch.arange(4000, dtype=torch.float64) + 0.5) / 4000) ** 3  # dense at the cusp
    width = 3 * ((torch.arange(4000, dtype=torch.float64) + 0.5) / 4000) ** 2 / 4000
    turn = 2 * math.pi * torch.arange(16, dtype=torch.float64)[:, None] / 16
    along = 1.3 * part * torch.cos(turn) / math.sqrt(q)
    across = 1.3 * part * torch.sin(turn) * math.sqrt(q)
    x = 0.05 + math.cos(0.6) * along - math.sin(0.6) * across
    y = -0.1 + math.sin(0.6) * along + math.cos(0.6) * across
    inside = (convergence(x, y, lens).mean(0) * 2 * part * width).sum()
    assert float(inside) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("slope", [1.0, 1.2])
def test_gradients_in_free_coordinates_are_right_for_a_round_lens(slope):
    free = to_free(check_lens([1.2])).double()
    free[7] = slope
    x, y = X[::7, ::7], Y[::7, ::7]
    assert torch.autograd.gradcheck(
        lambda vector: deflection(x, y, vector, free=True), free.requires_grad_()
    )
    turned = deflection(x, y, free.detach(), free=True)
    near = free.detach().clone()
    near[1] += 1e-9
    assert (deflection(x, y, near, free=True)[0] - turned[0]).abs().max() < 1e-8


def test_free_coordinates_go_and_come_back():
    generator = torch.Generator().manual_seed(0)
    low, high = (torch.tensor([bound[k] for bound in LENS_BOUNDS.values()]).double()
                 for k in (0, 1))  # fmt: skip
    drawn = low + (high - low) * torch.rand(50, 8, generator=generator, dtype=torch.float64)
    drawn[:, 1].clamp_(max=0.99)
    back = from_free(to_free(drawn))
    turn = (back[:, 2] - drawn[:, 2]) / math.pi
    assert (turn - turn.round()).abs().max() < 1e-9  # an ellipse looks the same after half a turn
    assert torch.allclose(back[:, [0, 1, 3, 4, 5, 6, 7]], drawn[:, [0, 1, 3, 4, 5, 6, 7]])
    round_one = from_free(to_free(check_lens([1.0]).double()))
    assert float(round_one[1]) == pytest.approx(1.0, abs=1e-12)
    assert torch.isfinite(round_one).all()


def test_a_batch_broadcasts_like_single_lenses():
    batch = torch.stack([lens_of(0.5), lens_of(0.9, 1.1)])
    many = deflection(X, Y, batch[:, None, None])
    for index, one in enumerate(batch):
        for own, other in zip(deflection(X, Y, one), many, strict=True):
            assert torch.allclose(own, other[index], atol=1e-12)


def test_a_lens_by_name_or_in_order():
    named = check_lens({"einstein_radius": 1.5, "axis_ratio": 0.8, "slope": 1.1})
    assert named.tolist() == pytest.approx([1.5, 0.8, 0, 0, 0, 0, 0, 1.1])
    assert check_lens(tuple(named.tolist())).tolist() == named.tolist()
    assert len(LENS_NAMES) == len(lenses.LENS_UNITS) == len(LENS_BOUNDS)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"einstein_radius": 0.0}, "einstein_radius is 0"),
        ({"einstein_radius": -1.0}, "einstein_radius is -1"),
        ({"einstein_radius": math.nan}, "einstein_radius is nan"),
        ({"einstein_radius": 1.0, "axis_ratio": 1.2}, "axis_ratio is 1.2"),
        ({"einstein_radius": 1.0, "axis_ratio": 0.0}, "axis_ratio is 0"),
        ({"einstein_radius": 1.0, "slope": 2.0}, "slope is 2"),
        ({"einstein_radius": 1.0, "shear1": 0.9, "shear2": 0.9}, "shear is 1.27"),
        ({"einstein_radius": 1.0, "x0": 9.0}, "x0 is 9"),
        ({"einstein_radius": 1.0, "ellipticity": 0.1}, "no 'ellipticity'"),
        ({"axis_ratio": 0.5}, "needs an einstein_radius"),
        ([1.0, 0.5], "8 numbers"),
    ],
)
def test_a_lens_that_cannot_be_is_told_so(wrong, word):
    with pytest.raises(LensError, match=word):
        check_lens(wrong, half_field=2.0)


def test_other_conventions_are_converted():
    b, q = 1.2, 0.64
    lens = torch.tensor([from_keeton(b, q), q, 0, 0, 0, 0, 0, 1], dtype=torch.float64)
    expected = b / (2 * torch.sqrt(q**2 * X**2 + Y**2))
    assert torch.allclose(convergence(X, Y, lens), expected)
    # +x of the detector points west where north is up and east is left
    assert sky_angle(0.0, math.pi / 2) == pytest.approx(math.pi / 2)
    assert sky_angle(math.pi / 2 + 0.1, math.pi / 2) == pytest.approx(0.1)
    assert sky_angle(math.pi / 2 - 0.1, math.pi / 2, flipped=False) == pytest.approx(0.1)
