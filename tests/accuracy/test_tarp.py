from __future__ import annotations

import numpy as np
import pytest

from astroviz.accuracy.tarp import credibilities, expected_coverage, random_references, tarp


def test_an_exact_posterior_stays_in_the_band_as_often_as_stated(problem):
    inside = [tarp(*problem(400, 3, 40, seed=seed), seed=seed).inside for seed in range(120)]
    assert 0.88 <= np.mean(inside) <= 0.995


@pytest.mark.parametrize("wrong", [{"narrow": 0.8}, {"narrow": 1.25}, {"shift": 0.4}])
def test_a_wrong_posterior_leaves_it(problem, wrong):
    found = tarp(*problem(4000, 4, 50, seed=1, **wrong))
    assert not found.inside
    assert found.ks_p < 1e-3


def test_a_narrow_posterior_covers_too_little_in_the_middle(problem):
    found = tarp(*problem(4000, 4, 50, seed=1, narrow=0.5))
    middle = found.coverage[75]
    assert middle < found.lower[75]
    assert found.credibility[0] == found.coverage[0] == 0
    assert found.credibility[-1] == found.coverage[-1] == 1
    assert (found.bootstrap[1:-1] > 0).all()


def test_it_agrees_with_the_published_package(problem):
    peer = pytest.importorskip("tarp")
    truths, draws = problem(1000, 3, 200, seed=8, narrow=0.7)
    references = random_references(1000, 3, seed=5)
    f = credibilities(truths, draws, references)
    ecp, alpha = peer.get_tarp_coverage(
        draws.transpose(1, 0, 2), truths, references=references, norm=False, num_alpha_bins=40
    )
    # its levels run from the smallest to the largest credibility found
    ours = np.array([(f < level).mean() for level in alpha[:-1]] + [1.0])
    assert np.allclose(ours, ecp, atol=1e-9)


def test_references_and_shapes():
    assert np.array_equal(random_references(5, 2, 3), random_references(5, 2, 3))
    with pytest.raises(ValueError, match="do not fit"):
        credibilities(np.zeros((4, 2)), np.zeros((5, 9, 2)), np.zeros((4, 2)))


def test_given_credibilities_are_judged_as_those_of_ones_own_references():
    rng = np.random.default_rng(5)
    right, narrow = rng.random(300), 0.5 + 0.25 * rng.standard_normal(300).clip(-2, 2)
    assert expected_coverage(right).inside
    far = expected_coverage(narrow)
    assert not far.inside
    assert far.distance > 0.1
    assert far.ks_p < 0.01 < expected_coverage(right).ks_p
