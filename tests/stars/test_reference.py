from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.stars.physics import Physics
from astroviz.stars.reference import Reference
from astroviz.stars.simulator import binary_fraction, nuisances, simulate

YOUNG = (0.575, 0.425, 0.0, 0.0)


@pytest.fixture(scope="module")
def reference():
    return Reference(library=60_000)


@pytest.fixture(scope="module")
def stars(reference):
    generator = torch.Generator().manual_seed(11)
    return simulate(6, generator, reference.physics, YOUNG, pattern="no WISE")


def observed(stars, row):
    return stars.values[row], stars.errors[row], stars.states[row]


@pytest.fixture(scope="module")
def exact(reference, stars):
    return reference.posterior(*observed(stars, 1), seed=2)


def test_it_reaches_the_effective_size_and_repeats_itself(reference, stars, exact):
    assert exact.effective_size >= 2000
    assert exact.largest_weight < 0.03
    again = reference.posterior(*observed(stars, 1), seed=2)
    assert np.array_equal(again.sample(100)[0], exact.sample(100)[0])


def test_draws_have_equal_weight_and_almost_never_repeat(exact):
    z, disk = exact.sample(1000)
    assert z.shape == (1000, 9)
    assert disk.shape == (1000,)
    assert len(np.unique(z[:, 0])) > 900
    points, w = exact.weighted.points[:, :9].numpy(), exact.weighted.weights.numpy()
    mean = w @ points
    spread = np.sqrt(w @ (points - mean) ** 2)
    assert (np.abs(z.mean(0) - mean) / spread < 0.2).all()
    assert abs(disk.mean() - exact.p_disk) < 0.08


def test_another_seed_agrees(reference, stars, exact):
    other = reference.posterior(*observed(stars, 1), seed=77)
    assert other.log_evidence == pytest.approx(exact.log_evidence, abs=0.15)
    assert other.p_disk == pytest.approx(exact.p_disk, abs=0.08)


def test_it_agrees_with_brute_force_from_the_prior(reference):
    generator = torch.Generator().manual_seed(4)
    star = simulate(1, generator, reference.physics, (1.0, 0.0, 0.0, 0.0), pattern="Gaia only")
    values, errors, states = observed(star, 0)
    errors = errors.clone()
    errors[1:4] = 1.0  # so poor that prior draws hit often
    errors[0] = 1.0
    exact = reference.posterior(values, errors, states, seed=0)
    n = 400_000
    points = torch.randn(n, 11, generator=generator, dtype=torch.float64)
    branch = torch.multinomial(reference._log_branch().exp(), n, True, generator=generator)
    logs = reference.log_likelihood(branch, points, values, errors, states)
    w = logs.softmax(0)
    assert float(1 / (w**2).sum()) > 1000
    assert exact.log_evidence == pytest.approx(float(logs.logsumexp(0)) - np.log(n), abs=0.15)
    mean = w @ points[:, :9]
    spread = (w @ (points[:, :9] - mean) ** 2).sqrt()
    found = exact.weighted.weights @ exact.weighted.points[:, :9]
    assert float(((found - mean) / spread).abs().max()) < 0.15
    assert exact.p_disk == pytest.approx(float(w[branch >= 2].sum()), abs=0.05)


def test_the_truth_lies_within_the_posterior(reference, stars):
    inside = []
    for row in range(4):
        posterior = reference.posterior(*observed(stars, row), seed=row, wanted=1000)
        z, _ = posterior.sample(500)
        rank = (z < stars.z[row].numpy()).mean(0)
        inside.append((rank > 0.002) & (rank < 0.998))
    assert np.mean(inside) > 0.9


def test_nuisances_are_distributed_as_in_the_simulator():
    from astroviz.stars.reference import _unpack

    generator = torch.Generator().manual_seed(0)
    n = 40_000
    points = torch.randn(n, 11, generator=generator, dtype=torch.float64)
    log_mass, disk = torch.zeros(n).double(), torch.ones(n, dtype=torch.bool)
    uniform = torch.rand(n, 2, generator=generator)
    ratio, veiling = nuisances(log_mass, disk, uniform, torch.randn(n, generator=generator))
    mine = _unpack(torch.full((n,), 3), points)
    levels = torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9]).double()
    partner = ratio[ratio > 0]
    assert torch.allclose(mine[2].quantile(levels), partner.quantile(levels), atol=0.02)
    assert torch.allclose(mine[3].quantile(levels), veiling.quantile(levels), rtol=0.06)
    assert float((ratio > 0).double().mean()) == pytest.approx(
        float(binary_fraction(torch.zeros(1))), abs=0.01
    )
    assert (_unpack(torch.zeros(n, dtype=torch.long), points)[2] == 0).all()


def test_a_star_with_nothing_observed_keeps_its_prior(reference, stars):
    nothing = torch.zeros_like(stars.states[0]) + 1
    values, errors, states = observed(stars, 0)
    from astroviz.io.observations import State

    nothing = torch.full_like(states, int(State.NOT_COVERED))
    exact = reference.posterior(values, errors, nothing, seed=1)
    assert exact.p_disk == pytest.approx(0.425, abs=0.03)
    z, _ = exact.sample(2000)
    # but for ages and masses that the tracks do not hold
    assert (np.abs(z[:, 2:].mean(0)) < 0.1).all()
    assert (np.abs(z[:, 2:].std(0) - 1) < 0.1).all()


def test_physics_are_in_double_precision(reference):
    assert reference.physics.dtype == torch.float64
    assert Physics().dtype == torch.float32
