"""Refined draws against posteriors that are known otherwise."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from astroviz.core.request import Cancelled
from astroviz.io.observations import State
from astroviz.stars.noise import PARALLAX_ZERO_POINT, PARALLAX_ZERO_POINT_ERROR
from astroviz.stars.parameters import PARAMETERS, to_theta, to_z
from astroviz.stars.physics import Physics
from astroviz.stars.refine import DISK_SHARE, refine

N = 600


@pytest.fixture(scope="module")
def physics():
    return Physics()


def nothing_seen():
    states = torch.full((20,), int(State.NOT_COVERED), dtype=torch.int8)
    return torch.zeros(20), torch.ones(20), states


def crowd(seed=0, shift=0.0, disk=0.5):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(N, 9, generator=generator) * 0.8 + shift
    return z, torch.rand(N, generator=generator) < disk, generator


def test_without_data_a_shifted_crowd_returns_to_the_prior(physics):
    z, disk, generator = crowd(shift=0.5, disk=0.9)
    z, disk = refine(z, disk, *nothing_seen(), physics, generator, sweeps=150)
    # the tracks do not fill the whole box of ages and masses; the others know of nothing
    for column in range(2, 6):
        assert kstest(z[:, column].numpy(), "norm").pvalue > 0.003
    assert float(disk.float().mean()) == pytest.approx(DISK_SHARE, abs=0.07)


def test_a_parallax_alone_gives_the_analytic_distance(physics):
    values, errors, states = nothing_seen()
    values[0], errors[0], states[0] = 6.0, 0.6, int(State.OBSERVED)
    z, disk, generator = crowd()
    z, _ = refine(z, disk, values, errors, states, physics, generator, sweeps=150)
    distance = to_theta(z)[:, 5].numpy()
    grid = np.linspace(np.log(40.0), np.log(1200.0), 20_001)  # flat in the log
    spread = np.hypot(0.6, PARALLAX_ZERO_POINT_ERROR)
    pull = (6.0 - PARALLAX_ZERO_POINT - 1000 / np.exp(grid)) / spread
    density = np.exp(-0.5 * pull**2)
    cumulative = np.cumsum(density) / density.sum()
    assert kstest(np.interp(np.log(distance), grid, cumulative), "uniform").pvalue > 0.003


def test_a_temperature_is_met_by_age_and_mass(physics):
    values, errors, states = nothing_seen()
    values[16], errors[16], states[16] = 3500.0, 30.0, int(State.OBSERVED)
    z, disk, generator = crowd(seed=3)
    z, _ = refine(z, disk, values, errors, states, physics, generator, sweeps=150)
    theta = to_theta(z)
    kelvin = 10 ** physics.evolve(theta[:, 0], theta[:, 1]).log_teff
    assert float(kelvin.mean()) == pytest.approx(3500, abs=15)
    assert 15 < float(kelvin.std()) < 60


def test_what_is_given_or_assumed_stays(physics):
    z, disk, generator = crowd(seed=1)
    given = torch.zeros(9, dtype=torch.bool)
    given[0] = True
    age = to_z(torch.tensor([[7.0] + [p.lower for p in PARAMETERS[1:]]]))[0, 0]
    z[:, 0] = age
    moved, kept = refine(
        z, disk, *nothing_seen(), physics, generator, given=given, sweeps=5, keep_disk=True
    )
    assert torch.equal(moved[:, 0], z[:, 0])
    assert torch.equal(kept, disk)


def test_the_same_seed_gives_the_same_draws(stars_model):
    star = stars_model.simulate(2, seed=4, pattern="all").observations
    posterior = stars_model.posterior(star, 1)
    first, second = (posterior.sample(40, seed=2, refine=10) for _ in range(2))
    np.testing.assert_array_equal(first.values, second.values)
    assert len(first) == 40
    other = posterior.sample(40, seed=3, refine=10)
    assert not np.array_equal(first["a_v"], other["a_v"])


def left_of_a_shift(physics, stars_model, seed):
    """What is left of a shift of age, mass and extinction by half their standard deviations."""
    stars = stars_model.simulate(1, seed=seed, class_weights=(1.0, 0.0, 0.0, 0.0), pattern="all")
    right = stars_model.posterior(stars.observations).sample(N, refine=400)
    z = to_z(torch.from_numpy(np.nan_to_num(right.values[:, :9], nan=1.0)))
    disk = torch.from_numpy(right.extras["disk"] > 0.5)
    wrong = z + z.std(0) * torch.tensor([0.5, 0.5, 0, 0.5, 0, 0, 0, 0, 0])
    moved, _ = refine(
        wrong, disk, stars.values[0], stars.errors[0], stars.states[0], physics,
        torch.Generator().manual_seed(seed), sweeps=200,
    )  # fmt: skip
    return ((moved.mean(0) - z.mean(0)) / z.std(0))[[0, 1, 3]].numpy()


def test_a_wrong_start_is_put_right(physics, stars_model):
    """Of a shift by half a standard deviation, as a flow's may be, less than half is left.

    One crowd wanders by a tenth of a standard deviation, differently on every processor, so the
    mean of three stars is judged.
    """
    left = np.mean([left_of_a_shift(physics, stars_model, seed) for seed in (11, 12, 13)], 0)
    assert np.abs(left).max() < 0.25


def test_the_work_can_be_stopped(physics):
    calls = []

    def check():
        calls.append(None)
        if len(calls) > 3:
            raise Cancelled

    control = SimpleNamespace(check=check, progress=lambda fraction: None)
    z, disk, generator = crowd()
    with pytest.raises(Cancelled):
        refine(z, disk, *nothing_seen(), physics, generator, sweeps=50, control=control)
    assert len(calls) == 4
