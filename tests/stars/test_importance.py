from __future__ import annotations

import math

import pytest
import torch

from astroviz.stars.importance import Target, Weighted, effective_size, importance_sample, move
from astroviz.stars.mixture import fit_mixture, log_normal

SIZE = 5
ACTIVE = torch.tensor([[True] * SIZE, [True, True, False, False, False]])
SHARE = torch.tensor([0.3, 0.7], dtype=torch.float64)
NOISE = 0.05
BOOST = 0.0
CENTRE = torch.tensor([1.2, -0.7, 0.4, 2.0, 0.1], dtype=torch.float64)
MIX = torch.eye(SIZE, dtype=torch.float64) + 0.6


def likelihood(branch, points):
    """Branch 0 measures mixes of all scores; branch 1 the first two, directly."""
    full = ((points @ MIX.T - CENTRE @ MIX.T) / NOISE) ** 2
    part = ((points[:, :2] - CENTRE[:2]) / NOISE) ** 2
    constant = math.log(NOISE * math.sqrt(2 * math.pi))
    one = BOOST - 0.5 * full.sum(-1) - SIZE * constant
    return torch.where(branch == 0, one, -0.5 * part.sum(-1) - 2 * constant)


def exact(branch):
    """Mean, covariance and log evidence of a branch in its active dimensions."""
    live = int(ACTIVE[branch].sum())
    mix = MIX if branch == 0 else torch.eye(2, dtype=torch.float64)
    data = mix @ CENTRE[:live]
    eye = torch.eye(live, dtype=torch.float64)
    covariance = torch.linalg.inv(eye + mix.T @ mix / NOISE**2)
    mean = covariance @ mix.T @ data / NOISE**2
    total = mix @ mix.T + NOISE**2 * eye
    evidence = torch.distributions.MultivariateNormal(torch.zeros(live).double(), total)
    boost = BOOST if branch == 0 else 0.0
    return mean, covariance, float(evidence.log_prob(data)) + boost


# lifts branch 0, whose five measurements cost it evidence, to a posterior share of 0.4
BOOST = exact(1)[2] - exact(0)[2] + math.log(0.7 * 0.4 / (0.3 * 0.6))


@pytest.fixture(scope="module")
def target():
    return Target(likelihood, SHARE.log(), ACTIVE)


@pytest.fixture(scope="module")
def start():
    generator = torch.Generator().manual_seed(3)
    points = torch.randn(4000, SIZE, generator=generator, dtype=torch.float64)
    return torch.arange(4000) % 2, points


@pytest.fixture(scope="module")
def found(target, start):
    return importance_sample(target, start, seed=1, wanted=4000, batch=6000)


def test_it_reaches_the_effective_size_it_states(found):
    assert found.effective_size >= 4000
    assert float(found.weights.sum()) == pytest.approx(1)


def test_evidence_and_branches_are_those_of_the_closed_form(found):
    logs = torch.tensor([exact(0)[2], exact(1)[2]], dtype=torch.float64) + SHARE.log()
    assert found.log_evidence == pytest.approx(float(logs.logsumexp(0)), abs=0.06)
    chance = float(found.weights[found.branch == 0].sum())
    assert chance == pytest.approx(float(logs.softmax(0)[0]), abs=0.03)


@pytest.mark.parametrize("branch", [0, 1])
def test_means_and_covariances_are_those_of_the_closed_form(found, branch):
    mean, covariance, _ = exact(branch)
    rows = found.branch == branch
    w = found.weights[rows] / found.weights[rows].sum()
    points = found.points[rows][:, ACTIVE[branch]]
    spread = covariance.diagonal().sqrt()
    assert float(((w @ points - mean) / spread).abs().max()) < 0.15
    offset = (points - w @ points) / spread
    expected = covariance / spread[:, None] / spread
    assert float(((offset * w[:, None]).T @ offset - expected).abs().max()) < 0.15


def test_dimensions_that_say_nothing_keep_their_prior(found):
    rows = found.branch == 1
    w = found.weights[rows] / found.weights[rows].sum()
    free = found.points[rows][:, 2:]
    assert float((w @ free).abs().max()) < 0.12
    assert float(((w @ free**2) - 1).abs().max()) < 0.2


def test_the_same_seed_gives_the_same_points(target, start):
    one, two = (importance_sample(target, start, seed=5, wanted=300, batch=3000) for _ in "ab")
    assert torch.equal(one.points, two.points)
    assert torch.equal(one.log_weights, two.log_weights)


def test_two_far_modes_are_both_found(start):
    def modes(branch, points):
        near = -0.5 * (((points - 2.5) / 0.1) ** 2).sum(-1)
        far = -0.5 * (((points + 2.5) / 0.1) ** 2).sum(-1)
        return torch.logaddexp(near, far)

    one_branch = Target(modes, torch.zeros(1).double(), torch.ones(1, 2, dtype=torch.bool))
    cloud = (torch.zeros(4000, dtype=torch.long), start[1][:, :2])
    found = importance_sample(one_branch, cloud, seed=2, wanted=1500, batch=6000)
    upper = float(found.weights[found.points[:, 0] > 0].sum())
    assert upper == pytest.approx(0.5, abs=0.06)


def test_moves_leave_the_posterior_as_it_is(target):
    generator = torch.Generator().manual_seed(0)
    mean, covariance, _ = exact(0)
    factor = torch.linalg.cholesky(covariance)
    points = mean + torch.randn(4000, SIZE, generator=generator, dtype=torch.float64) @ factor.T
    branch = torch.zeros(4000, dtype=torch.long)
    moved, found = move(target, branch, points, likelihood(branch, points), 1.0, generator, 15)
    assert torch.equal(found, likelihood(branch, moved))
    assert float((moved != points).any(1).float().mean()) > 0.7
    pull = torch.linalg.solve_triangular(factor, (moved - mean).T, upper=False)
    assert float(pull.mean(1).abs().max()) < 0.08
    assert float((pull.std(1) - 1).abs().max()) < 0.06


def test_the_density_of_a_mixture_is_that_of_its_draws(start):
    generator = torch.Generator().manual_seed(1)
    cloud = (start[0], start[1] * 0.3 + 0.5)
    mixture = fit_mixture(*cloud, ACTIVE, SHARE, SHARE, generator, most=3)
    branch, points = mixture.sample(60_000, generator)
    # integrals of known densities under importance weights are 1
    for b in (0, 1):
        here = (branch == b).double()
        narrow = log_normal(points / 0.6 - 0.5) - SIZE * math.log(0.6)
        live = ACTIVE[b]
        mixed = torch.where(live, points, torch.zeros(())) / 0.6 - 0.5 * live
        inside = (-0.5 * mixed**2 - 0.918938533)[:, live].sum(-1) - live.sum() * math.log(0.6)
        outside = (-0.5 * points**2 - 0.918938533)[:, ~live].sum(-1)
        density = narrow if b == 0 else inside + outside
        ratio = (density - mixture.log_prob(branch, points)).exp() * here
        assert float(ratio.mean()) == pytest.approx(1, abs=0.05)


def test_effective_size_counts_weights():
    assert effective_size(torch.zeros(10)) == pytest.approx(10)
    assert effective_size(torch.tensor([0.0, -1e9])) == pytest.approx(1)
    assert effective_size(torch.full((3,), -torch.inf)) == 0


def test_resampling_follows_the_weights():
    points = torch.arange(3.0)[:, None]
    weighted = Weighted(
        torch.zeros(3, dtype=torch.long), points, torch.tensor([0.5, 0.5, 0.0]).log()
    )
    _, drawn = weighted.resample(1000, torch.Generator().manual_seed(0))
    assert abs(int((drawn == 0).sum()) - 500) <= 1
    assert int((drawn == 2).sum()) == 0
