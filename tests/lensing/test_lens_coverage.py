"""Simulated lenses: the same however the row is cut, and a right sampler covers the truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from astroviz.accuracy.report import verdicts
from astroviz.lensing.checks import coverage_block, exactness_blocks
from astroviz.lensing.gaussian_prior import exponential_prior
from astroviz.lensing.lens import LENS_BOUNDS, LENS_NAMES
from astroviz.lensing.lens_coverage import Coverage, covered, random_lenses, simulated_lenses
from astroviz.lensing.prior import open_prior
from astroviz.lensing.sampling import sample
from astroviz.lensing.settings import Settings, preset


@pytest.fixture(scope="module")
def prior():
    return exponential_prior(8)


def test_lenses_are_ones_that_can_be(prior):
    lenses = random_lenses(range(50), seed=1)
    for k, name in enumerate(LENS_NAMES):
        low, high = LENS_BOUNDS[name]
        assert lenses[:, k].min() >= low
        assert lenses[:, k].max() <= high
    assert torch.equal(random_lenses(range(10, 12), seed=1), lenses[10:12])


def test_observations_do_not_depend_on_the_cut(prior):
    whole, truths = simulated_lenses(prior, range(4), seed=3)
    part, some = simulated_lenses(prior, range(2, 4), seed=3)
    assert torch.equal(truths[2:], some)
    assert part[0].key == whole[2].key
    chi = [float(p.reduced_chi_square(x[None])[0]) for p, x in zip(whole, truths, strict=True)]
    assert np.mean(chi) == pytest.approx(1, abs=0.15)


def test_the_truth_is_covered(prior, tmp_path):
    parts = [covered(prior, Settings(steps=25), range(k, k + 10), 12, seed=2) for k in (0, 10, 20)]
    found = Coverage.joined(parts)
    assert found.draws.shape == (30, 12, 64)
    off = ((found.draws.mean(1) - found.truths) ** 2).sum()
    spread = found.draws.var(1, ddof=1).sum() * (1 + 1 / 12)
    assert off / spread == pytest.approx(1, abs=0.25)
    found.save(tmp_path / "part.npz")
    again = Coverage.load(tmp_path / "part.npz")
    assert np.allclose(again.draws, found.draws, atol=2e-3)
    assert again.evaluations == found.evaluations


def test_the_check_passes_the_default_sampler_against_exact_posteriors():
    found = verdicts(exactness_blocks(seed=4, truths=10))
    assert [line["passed"] for line in found] == [True, True]


def test_the_check_of_a_shipped_prior_is_a_test_of_coverage():
    prior = open_prior("lensing/galaxies16")
    block = coverage_block(prior, lenses=3, draws=4, seed=1, steps=3)
    assert block["truths"].shape == (3, 16)
    assert block["draws"].shape == (3, 4, 16)
    # scores of the prior: of unit variance, so that standard normal references are its own kind
    scores = np.concatenate([block["truths"], block["draws"].reshape(-1, 16)])
    assert 0.3 < scores.std() < 2.5
    assert verdicts([block])[0]["name"].startswith("sources behind simulated lenses")


@pytest.mark.parametrize("method", ["split_gibbs", "mmps", "pigdm", "cla", "dps", "variational"])
def test_a_learned_prior_is_sampled_by_every_method(method):
    prior = open_prior("lensing/galaxies16")
    (problem,), truth = simulated_lenses(prior, range(1), seed=5)
    settings = preset(method).with_(steps=40 if method == "cla" else 12)
    found = sample(prior, problem, settings, 2, seed=0)
    blank = float(problem.reduced_chi_square(torch.zeros(1, 256))[0])
    assert found.shape == (2, 256)
    assert float(problem.reduced_chi_square(found).max()) < max(0.6 * blank, 1.6)
    assert np.corrcoef(found.mean(0).numpy(), truth[0].numpy())[0, 1] > 0.5
