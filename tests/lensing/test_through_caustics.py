"""The door to caustics: mass models with known deflections, several planes, and maps."""

from __future__ import annotations

import math

import pytest
import torch

from astroviz.lensing.lens import LensError, check_lens, deflection
from astroviz.lensing.operator import LensOperator, Setup
from astroviz.lensing.psf import gaussian_psf
from astroviz.lensing.through_caustics import (
    Plane,
    beyond,
    mass_model,
    microlensing_magnification,
    planes,
    simulator,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:caustics")

LENS = {"einstein_radius": 1.2, "axis_ratio": 0.7, "position_angle": 0.5, "shear1": 0.04,
        "shear2": -0.03}  # fmt: skip
X, Y = (torch.tensor(v, dtype=torch.float64) for v in ([0.3, -1.1, 1.7], [0.5, 0.2, -1.3]))


def test_an_isothermal_galaxy_and_a_point_deflect_as_they_should():
    radius = torch.hypot(X - 0.1, Y + 0.2)
    ax, ay = mass_model("galaxy", x0=0.1, y0=-0.2, einstein_radius=0.6)(X, Y)
    assert torch.allclose(torch.hypot(ax, ay), torch.full_like(X, 0.6), rtol=1e-5)
    ax, ay = mass_model("point", x0=0.1, y0=-0.2, einstein_radius=0.6)(X, Y)
    assert torch.allclose(torch.hypot(ax, ay), 0.36 / radius, rtol=1e-5)
    ax, _ = mass_model("sheet", convergence=0.2)(X, Y)
    assert torch.allclose(ax, 0.2 * X, rtol=1e-5)


def test_a_heavier_halo_bends_more_and_a_truncated_one_less_outside():
    light, heavy = (mass_model("halo", mass=mass, concentration=8.0)(X, Y)[0].abs()
                    for mass in (1e12, 1e13))  # fmt: skip
    assert (heavy > 2 * light).all()
    cut = mass_model("truncated_halo", mass=1e12, scale_radius=2.0, truncation=3.0)
    far = torch.tensor([30.0, 60.0], dtype=torch.float64)
    ax, _ = cut(far, torch.zeros_like(far))
    assert float(ax[0] / ax[1]) == pytest.approx(2.0, rel=0.1)  # a point's, far outside


def test_a_multipole_is_one_where_it_says():
    alpha = mass_model("multipole", order=4, strength=0.05, angle=0.0)
    turn = torch.linspace(0, 2 * math.pi, 9, dtype=torch.float64)[:-1]
    ax, ay = alpha(torch.cos(turn), torch.sin(turn))
    radial = ax * torch.cos(turn) + ay * torch.sin(turn)
    assert torch.allclose(radial[::2], radial[:1].expand(4), atol=1e-6)
    assert torch.allclose(radial[1::2], -radial[:1].expand(4), atol=1e-6)
    assert radial[0].abs() > 1e-3


def test_one_plane_is_the_lens_itself():
    total = planes([Plane(0.3, "lens", {**LENS, "slope": 1.1})], 1.0)
    expected = deflection(X, Y, check_lens({**LENS, "slope": 1.1}).double())
    for own, other in zip(total(X, Y), expected, strict=True):
        assert (own - other).abs().max() < 2e-5  # caustics holds its parameters in float32


def test_a_second_plane_bends_bent_light():
    main, other = Plane(0.3, "lens", LENS), {"x0": 1.0, "y0": 0.4, "einstein_radius": 0.3}
    same = planes([main, Plane(0.3, "galaxy", other)], 1.0)(X, Y)
    alone = planes([main], 1.0)(X, Y)
    added = mass_model("galaxy", **other)(X, Y)
    assert (same[0] - alone[0] - added[0]).abs().max() < 1e-4  # planes of one redshift add
    behind = planes([Plane(0.6, "galaxy", other), main], 1.0)(X, Y)
    assert (behind[0] - same[0]).abs().max() > 1e-2  # one behind sees bent light
    extra = beyond(LENS, planes([main, Plane(0.6, "galaxy", other)], 1.0))
    operator = LensOperator(Setup(24, 0.15, 16, 0.1))
    source = torch.rand(16, 16, generator=torch.Generator().manual_seed(0))
    lens = check_lens(LENS)
    image = operator.trace_extra(extra)(lens, source)
    assert torch.isfinite(image).all()
    assert (image - operator(lens, source)).abs().max() > 0.1


def test_nothing_lies_beyond_a_power_law_in_its_own_plane():
    extra = beyond(LENS, planes([Plane(0.3, "lens", LENS)], 1.0))
    for component in extra(X, Y):
        assert component.abs().max() < 2e-5


def test_the_reference_simulator_is_the_operator():
    given = Setup(32, 0.1, 16, 0.12, psf=gaussian_psf(3.0, 7), upsample=2, source_x=0.04)
    source = torch.zeros(16, 16)
    source[2:-2, 2:-2] = torch.rand(12, 12, generator=torch.Generator().manual_seed(1))
    reference = simulator(given, LENS, source)()
    ours = LensOperator(given)(check_lens(LENS), source)
    assert (ours - reference).abs().max() < 1e-5 * reference.abs().max()


def test_a_star_magnifies_a_small_disc_as_a_point_lens_does():
    distance = 0.7
    expected = (distance**2 + 2) / (distance * math.sqrt(distance**2 + 4))
    found = microlensing_magnification([(0.0, 0.0, 1.0)], 0.1, 4.0, (distance, 0.0), rays=900)
    assert found == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (lambda: mass_model("dragon"), "no mass model 'dragon'"),
        (lambda: mass_model("halo", mass=1e12), "concentration"),
        (lambda: mass_model("galaxy", 0.8, 0.5, einstein_radius=1.0), "not behind"),
        (lambda: planes([], 1.0), "at least one"),
        (lambda: microlensing_magnification([], 0.0, 1.0), "larger than nothing"),
    ],
)
def test_what_cannot_be_is_told_so(bad, word):
    with pytest.raises(LensError, match=word):
        bad()
