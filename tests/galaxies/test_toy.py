"""The bench of two clouds against GeomLoss, POT, and what can be written down."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.galaxies.toy import clouds, descent, divergences, sinkhorn, transport, work


@pytest.mark.parametrize("shape", ["one", "two"])
@pytest.mark.parametrize("blur", [0.02, 0.3, 1.0])
def test_the_divergence_is_that_of_geomloss(shape, blur):
    geomloss = pytest.importorskip("geomloss")
    bench = clouds(1.7, 0.2, shape, seed=3)
    loss = geomloss.SamplesLoss("sinkhorn", p=2, blur=blur, scaling=0.95)
    wanted = float(loss(torch.tensor(bench.model), torch.tensor(bench.data)))
    assert sinkhorn(bench, blur) ** 2 / 2 == pytest.approx(wanted, rel=2e-3, abs=1e-4)


def test_the_exact_work_is_that_of_pot():
    ot = pytest.importorskip("ot")
    bench = clouds(0.6, 0.3, "two", seed=5)
    cost = ((bench.model[:, None] - bench.data[None]) ** 2).sum(-1)
    even = np.full(len(cost), 1 / len(cost))
    assert work(bench) ** 2 == pytest.approx(float(ot.emd2(even, even, cost)), rel=1e-9)
    assert transport(bench, 0.03).work == pytest.approx(work(bench), rel=0.02)


def test_a_plan_carries_all_mass_and_spreads_with_the_blur():
    bench = clouds(1.5, 0.25, "two", seed=1)
    plans = [transport(bench, blur) for blur in (0.02, 0.2, 2.0)]
    for plan in plans:
        np.testing.assert_allclose(plan.weights.sum(1), 1 / len(bench.model), rtol=1e-9)
        np.testing.assert_allclose(plan.weights.sum(0), 1 / len(bench.data), rtol=0.03)
    assert plans[0].partners < plans[1].partners < plans[2].partners <= len(bench.data) + 1e-6


def test_two_gaussians_diverge_as_they_should():
    bench = clouds(1.2, 0.3, "one")
    variance = 0.3**2 + 0.4**2
    kl, js = divergences(bench, 0.4)
    assert kl == pytest.approx(1.2**2 / (2 * variance), rel=1e-3)
    assert 0 < js < np.log(2)


def test_point_masses_apart_are_all_the_same_to_one_and_not_to_the_other():
    near, far = clouds(1.0, 0.0), clouds(2.0, 0.0)
    assert divergences(near, 0.05)[1] == pytest.approx(np.log(2), rel=1e-3)
    assert divergences(far, 0.05)[1] == pytest.approx(np.log(2), rel=1e-3)
    assert divergences(far, 0.05)[0] == pytest.approx(2.0**2 / (2 * 0.05**2), rel=1e-3)
    assert work(near) == pytest.approx(1.0)
    assert work(far) == pytest.approx(2.0)
    assert sinkhorn(far, 0.05) == pytest.approx(2.0, rel=1e-6)


def test_clouds_that_agree_have_no_distance():
    for shape, there in (("one", 0.0), ("two", 1.0)):
        bench = clouds(there, 0.0, shape)
        assert work(bench) == pytest.approx(0.0, abs=1e-12)
        assert sinkhorn(bench, 0.1) == pytest.approx(0.0, abs=1e-6)
        assert divergences(bench, 0.1)[0] == pytest.approx(0.0, abs=1e-9)


def test_descent_follows_a_slope_and_stays_on_a_plain():
    places = np.linspace(0.0, 3.0, 61)
    down = descent(places, places, 2.0, rate=0.1, steps=15)
    assert down[15] == pytest.approx(0.5)
    flat = descent(places, np.full(61, np.log(2)), 2.0)
    np.testing.assert_allclose(flat, 2.0)
    steep = descent(places, 400 * places**2, 2.0)
    assert np.isnan(steep[-1])
