"""A posterior of a source through the engine: previews, cancelling, the latest wins."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from astroviz.core.engine import Engine
from astroviz.core.request import Cancelled
from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.linear import stack
from astroviz.lensing.problems import problem
from astroviz.lensing.sampling import SamplingError, Settings
from astroviz.lensing.source_posterior import SourcePosterior


@pytest.fixture(scope="module")
def prior():
    return exponential_prior(6)


@pytest.fixture(scope="module")
def linear(prior):
    return problem("denoising", prior, seed=1).linear


@pytest.fixture
def posterior(prior, linear):
    return SourcePosterior(prior, linear, Settings(steps=6), "lensing/test")


def test_draws_have_names_images_and_residuals(posterior, linear):
    draws = posterior.sample(5, seed=2)
    assert draws.names[:2] == ("pixel_0_0", "pixel_0_1")
    assert draws.values.shape == (5, 36)
    assert np.array_equal(draws.extras["images"].reshape(5, 36), draws.values)
    assert np.allclose(draws.extras["mean"], draws.extras["images"].mean(0))
    expected = linear.reduced_chi_square(torch.from_numpy(draws.values.copy()))
    assert np.allclose(draws.extras["chi_square"], expected)
    assert int(draws.extras["evaluations"]) == 38


def test_the_engine_gives_the_same_draws_and_previews_before(posterior):
    with Engine(device="cpu") as engine:
        ticket = engine.submit(posterior.request(5, seed=2))
        parts = list(ticket)
        result = ticket.result(30)
    assert np.allclose(result.values, posterior.sample(5, seed=2).values, atol=1e-6)
    previews = [part for part in parts if not len(part)]
    assert previews
    first = previews[0].extras
    assert first["samples"].shape == first["estimate"].shape == (5, 6, 6)
    assert first["step"].tolist() == [1, 6]
    assert first["guidance"].shape == (2,)
    assert float(first["sigma"]) == pytest.approx(10.0)


class Slow:
    """A prior that waits at each call until it may go on."""

    name, pixels, dim, device, sigma_data = "slow", 6, 36, torch.device("cpu"), 0.5

    def __init__(self):
        self.calls, self.gate = 0, threading.Event()
        self.started = threading.Event()

    def denoise(self, x, sigma):
        self.calls += 1
        self.started.set()
        assert self.gate.wait(30)
        return 0.5 * x


def test_cancelling_stops_between_two_calls(linear):
    slow = Slow()
    with Engine(device="cpu") as engine:
        ticket = engine.submit(SourcePosterior(slow, linear, Settings(steps=50)).request(2))
        assert slow.started.wait(30)
        ticket.cancel()
        slow.gate.set()
        with pytest.raises(Cancelled):
            ticket.result(30)
        quick = SourcePosterior(exponential_prior(6), linear, Settings(steps=2))
        engine.submit(quick.request(1)).result(30)
    assert slow.calls <= 3


def test_the_latest_wins(linear):
    slow = Slow()
    with Engine(device="cpu") as engine:
        first = engine.submit(
            SourcePosterior(slow, linear, Settings(steps=50)).request(2), latest=("tab", "source")
        )
        assert slow.started.wait(30)
        quick = SourcePosterior(exponential_prior(6), linear, Settings(steps=2))
        second = engine.submit(quick.request(1), latest=("tab", "source"))
        slow.gate.set()
        assert len(second.result(30)) == 1
        with pytest.raises(Cancelled, match="newer"):
            first.result(30)


def test_questions_differ_by_data_and_settings(prior, linear, posterior):
    same = SourcePosterior(prior, linear, Settings(steps=6), "lensing/test")
    assert same.request(2).content_key() == posterior.request(2).content_key()
    others = [
        SourcePosterior(prior, linear, Settings(steps=7), "lensing/test"),
        SourcePosterior(
            prior, linear.with_data(linear.data + 1), Settings(steps=6), "lensing/test"
        ),
    ]
    keys = {one.request(2).content_key() for one in [posterior, *others]}
    assert len(keys) == 3


def test_draws_take_several_lenses_in_turn(prior, linear):
    far = linear.with_data(linear.data + 3)
    both = SourcePosterior(prior, stack([linear, far]), Settings(steps=6))
    draws = both.sample(5, seed=0)
    assert draws.extras["lens"].tolist() == [0, 1, 0, 1, 0]
    middle = draws.extras["images"][:, 2:4, 2:4].mean((1, 2))
    assert middle[[1, 3]].min() > middle[[0, 2, 4]].max()


def test_a_grid_of_another_size_is_refused(linear):
    with pytest.raises(SamplingError, match="take a source grid"):
        SourcePosterior(exponential_prior(4), linear)
