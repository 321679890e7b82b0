"""Langevin chains under a law of noise: against the answer of linear models, and calibrated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from astroviz.core.request import Cancelled
from astroviz.lensing.chirp import CHIRP_BOUNDS, CHIRP_NAMES, CHIRP_UNITS, chirp, glitchy_noise
from astroviz.lensing.noise import WhiteNoise
from astroviz.lensing.slic import ChainSettings, SlicError, slic

BOUNDS = torch.tensor([[-9.0, 9.0]] * 3)
SHORT = ChainSettings(chains=6, warm_up=60, steps=120)


@pytest.fixture(scope="module")
def linear():
    """A matrix of very unequal rows, data of many observations, the exact posterior."""
    random = torch.Generator().manual_seed(0)
    matrix = torch.randn(3, 80, generator=random) * torch.tensor([[0.2], [1.0], [0.5]])
    truth = torch.randn(40, 3, generator=random)
    data = truth @ matrix + torch.randn(40, 80, generator=random)
    covariance = torch.linalg.inv((matrix @ matrix.T).double())
    return matrix, data, covariance, data.double() @ matrix.T.double() @ covariance


def test_a_linear_model_in_white_noise_has_its_exact_posterior(linear):
    matrix, data, covariance, mean = linear
    found = slic(lambda eta: eta @ matrix, data, WhiteNoise(), torch.zeros(40, 3), BOUNDS,
                 settings=SHORT)  # fmt: skip
    values = found.values.flatten(1, 2)
    assert values.shape == (40, 720, 3)
    spread = covariance.diag().sqrt()
    np.testing.assert_allclose(values.var(1).mean(0), covariance.diag(), rtol=0.1)
    assert float(((values.mean(1) - mean) / spread).square().mean()) < 0.03
    assert float(found.accepted.mean()) > 0.75
    assert float(found.mixing().median()) < 1.05


def test_masked_pixels_and_the_noise_map_count(linear):
    matrix, data, _, _ = linear
    unit = torch.full((80,), 2.0)
    known = torch.ones(80)
    known[:40] = 0
    spoiled = data.clone()
    spoiled[:, :40] = 1e3
    found = slic(lambda eta: eta @ matrix, spoiled, WhiteNoise(), torch.zeros(40, 3), BOUNDS,
                 unit, known, SHORT)  # fmt: skip
    half = matrix[:, 40:].double()
    expected = 4 * torch.linalg.inv(half @ half.T).diag()
    # the flat prior between the bounds is felt only by the first parameter
    np.testing.assert_allclose(
        found.values.flatten(1, 2).var(1).mean(0)[1:], expected[1:], rtol=0.1
    )


class Skewed:
    """Noise of a law that is far from Gaussian and lopsided."""

    level, scale = 0.0, 1.0

    def score(self, noise, known=None, level=0.0):
        return 1.0 - noise.exp()  # log Q(n) = n - exp(n): Gumbel


def test_the_law_need_not_be_gaussian():
    random = np.random.default_rng(2)
    count, pixels = 200, 12
    truth = random.normal(size=count)
    noise = -random.gumbel(size=(count, pixels))  # n - exp(n) is the density of -Gumbel
    data = torch.from_numpy((truth[:, None] + noise).astype(np.float32))
    start = torch.from_numpy(truth)[:, None]
    found = slic(lambda eta: eta.expand(-1, pixels), data, Skewed(), start,
                 torch.tensor([[-6.0, 6.0]]), settings=SHORT)  # fmt: skip
    draws = found.values.flatten(1, 2)[..., 0].numpy()
    # exact: exp(-eta) is a Gamma variable
    shape, rate = pixels, np.exp(data.double().numpy()).sum(1)
    from scipy.stats import gamma

    exact = gamma(shape, scale=1 / rate[:, None])
    ranks = exact.cdf(np.exp(-draws[:, ::24]))
    assert abs(ranks.mean() - 0.5) < 0.02
    assert ranks.std() == pytest.approx(1 / math.sqrt(12), abs=0.015)
    inside = (draws < truth[:, None]).mean(1)
    assert kstest(inside, "uniform").pvalue > 1e-3


def test_a_chirp_is_found_from_a_little_off():
    truth = torch.tensor([[math.log(2.5), 30.0, 0.63, 0.4]])
    data = chirp(truth) + glitchy_noise(1, seed=3, glitches=False)
    start = truth + torch.tensor([[0.2, 0.1, 0.0003, 0.3]])
    found = slic(chirp, data, WhiteNoise(), start, torch.tensor(CHIRP_BOUNDS),
                 settings=ChainSettings(6, 100, 80), seed=1)  # fmt: skip
    draws = found.draws(CHIRP_NAMES, CHIRP_UNITS, seed=1)
    mass = draws["chirp_mass"]
    assert draws.unit("chirp_mass") == "solMass"
    assert abs(mass.mean() - 30) < 6 * mass.std()
    assert 0.005 < mass.std() < 0.3


def test_equal_seeds_give_equal_chains_and_others_do_not(linear):
    matrix, data, _, _ = linear
    settings = ChainSettings(2, 3, 3)
    one, two, three = (
        slic(lambda eta: eta @ matrix, data[:2], WhiteNoise(), torch.zeros(2, 3), BOUNDS,
             settings=settings, seed=seed).values
        for seed in (1, 1, 2)
    )  # fmt: skip
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


class Impatient:
    max_draws = None

    def check(self):
        raise Cancelled

    def progress(self, fraction):
        raise AssertionError("nothing was done")


def test_it_can_be_stopped(linear):
    matrix, data, _, _ = linear
    with pytest.raises(Cancelled):
        slic(lambda eta: eta @ matrix, data, WhiteNoise(), torch.zeros(40, 3), BOUNDS,
             control=Impatient())  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"bounds": torch.zeros(2, 2)}, r"bounds must be \(3, 2\)"),
        ({"start": torch.full((40, 3), 9.5)}, "start inside the bounds"),
        ({"noise_map": 0.0}, "positive and finite"),
        ({"data": torch.full((40, 80), torch.nan)}, "mask them by `known`"),
        ({"known": torch.zeros(80)}, "everything is masked"),
    ],
)
def test_bad_input_is_told(linear, change, said):
    matrix, data, _, _ = linear
    given = {"data": data, "start": torch.zeros(40, 3), "bounds": BOUNDS, **change}
    with pytest.raises(SlicError, match=said):
        slic(lambda eta: eta @ matrix, noise=WhiteNoise(), **given)
    with pytest.raises(SlicError, match="step between 0 and 1"):
        ChainSettings(step=0.0)
