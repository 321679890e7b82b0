"""One door to every sampler: what they all must do, and how right each is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.core.request import Cancelled
from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.linear import LinearProblem, stack
from astroviz.lensing.sampling import (
    SAMPLER_WORDS,
    SAMPLERS,
    SamplingError,
    Settings,
    draw,
    preset,
    sample,
)

APPROXIMATE = [name for name in SAMPLERS if name != "exact"]


@pytest.fixture(scope="module")
def prior():
    return exponential_prior(6)


@pytest.fixture(scope="module")
def problem(prior):
    random = np.random.default_rng(3)
    matrix = random.normal(size=(40, 36)) * np.exp(-np.arange(36) / 12)
    truth = prior.sample(1, seed=5)[0].numpy()
    return LinearProblem(matrix, matrix @ truth + 0.3 * random.normal(size=40), 0.3)


def ratios(prior, problem, settings, n=512):
    """Variance over the exact one, and error of the mean over its floor."""
    posterior = prior.posterior(problem)
    found = sample(prior, problem, settings, n, seed=1).double()
    total = float(posterior.variance.sum())
    off = float((found.mean(0) - posterior.mean).norm())
    return float(found.var(0).sum()) / total, off / (total / n) ** 0.5


@pytest.mark.parametrize("method", APPROXIMATE)
def test_draws_depend_on_the_seed_only(prior, problem, method):
    settings = preset(method).with_(steps=6)
    first = sample(prior, problem, settings, 4, seed=1)
    assert first.shape == (4, 36)
    assert torch.isfinite(first).all()
    assert torch.equal(first, sample(prior, problem, settings, 4, seed=1))
    assert not torch.allclose(first, sample(prior, problem, settings, 4, seed=2))


@pytest.mark.parametrize("method", ["split_gibbs", "mmps", "pigdm", "cla", "dps"])
def test_a_chain_does_not_know_its_neighbours(prior, problem, method):
    settings = preset(method).with_(steps=25)

    class Small:
        max_draws = 2

        def check(self): ...

        def progress(self, fraction): ...

    eight = sample(prior, problem, settings, 5, seed=1)
    assert torch.allclose(sample(prior, problem, settings, 3, seed=1), eight[:3], atol=1e-3)
    few = sample(prior, problem, settings, 5, seed=1, control=Small())
    assert torch.allclose(few, eight, atol=1e-3)


@pytest.mark.parametrize("method", APPROXIMATE)
def test_work_stops_when_nobody_waits(prior, problem, method):
    class Tired:
        max_draws, heard = None, 0

        def check(self):
            self.heard += 1
            if self.heard > 3:
                raise Cancelled("enough")

        def progress(self, fraction): ...

    with pytest.raises(Cancelled):
        sample(prior, problem, preset(method).with_(steps=50), 2, seed=0, control=Tired())


@pytest.mark.parametrize("method", SAMPLERS)
def test_the_last_frame_is_finished_and_tells_its_cost(prior, problem, method):
    frames = list(draw(prior, problem, preset(method).with_(steps=5), 3, seed=0))
    assert [frame.finished for frame in frames] == [False] * (len(frames) - 1) + [True]
    assert all(frame.samples.shape == frame.estimate.shape == (3, 36) for frame in frames)
    costs = [frame.evaluations for frame in frames]
    assert costs == sorted(costs)
    assert (costs[-1] > 0) == (method != "exact")
    assert method in SAMPLER_WORDS


@pytest.mark.parametrize(
    ("settings", "variance", "mean"),
    [
        (Settings("exact"), (0.94, 1.06), 1.6),
        (Settings("split_gibbs"), (0.94, 1.06), 1.6),
        (Settings("mmps", steps=60, iterations=0), (0.94, 1.06), 1.6),
        (Settings("mmps", steps=60, iterations=0, solver="predictor_corrector"), (0.8, 1.06), 2.0),
    ],
)
def test_right_samplers_give_the_exact_posterior(prior, problem, settings, variance, mean):
    found, off = ratios(prior, problem, settings)
    assert variance[0] < found < variance[1]
    assert off < mean


def test_ancestral_steps_lose_variance_that_heun_steps_keep(prior, problem):
    lost, _ = ratios(prior, problem, Settings("mmps", 60, solver="ancestral", iterations=0))
    kept, _ = ratios(prior, problem, Settings("mmps", 60, iterations=0))
    assert lost < 0.93
    assert abs(kept - 1) < 0.5 * abs(lost - 1)


def test_the_convolved_likelihood_is_not_calibrated(prior, problem):
    variance, off = ratios(prior, problem, preset("cla", reference=True).with_(steps=150))
    assert variance < 0.93
    assert off > 2


def test_a_stack_is_sampled_as_its_problems_are(prior, problem):
    other = problem.with_data(0.5 * problem.data)
    both = sample(prior, stack([problem, other]), Settings(), 800, seed=0).double()
    for part, one in ((both[:400], problem), (both[400:], other)):
        exact = prior.posterior(one)
        off = (part.mean(0) - exact.mean).norm() / (exact.variance.sum() / 400) ** 0.5
        assert float(off) < 1.8


def test_what_cannot_be_is_said(prior, problem):
    with pytest.raises(SamplingError, match="no sampler 'magic'"):
        Settings("magic")
    with pytest.raises(SamplingError, match="no solver 'euler'"):
        Settings(solver="euler")
    with pytest.raises(SamplingError, match="steps must be 1 or more, not 0"):
        Settings(steps=0)
    with pytest.raises(SamplingError, match=r"from 0\.1 to 1"):
        Settings(sigma_max=0.1, sigma_min=1.0)
    with pytest.raises(SamplingError, match="16 pixels but the problem has 36"):
        sample(exponential_prior(4), problem, n=1)
    with pytest.raises(SamplingError, match="Gaussian prior only"):
        sample(Learned(), problem, Settings("exact"), 1)
    for method in ("smc", "variational"):
        with pytest.raises(SamplingError, match="stack"):
            sample(prior, stack([problem, problem]), preset(method), 2)


class Learned:
    name, pixels, dim, device, sigma_data = "learned", 6, 36, torch.device("cpu"), 1.0

    def denoise(self, x, sigma):
        return 0.5 * x
