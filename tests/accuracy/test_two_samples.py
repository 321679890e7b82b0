"""PQMass and the classifier on truths and draws: false alarms, the law, and what they see."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import chi2, kstest

from astroviz.accuracy.defects import defect
from astroviz.accuracy.pairs import pairs_of
from astroviz.accuracy.trial import Trial, TrialError
from astroviz.accuracy.two_samples import (
    halves,
    pick_the_truth,
    run,
    run_classifier,
    truths_against_draws,
)


def right(seed, count=120, draws=8):
    return defect("biased", 0.0, count=count, draws=draws, seed=seed)


def test_p_of_exchanges_is_uniform_for_a_right_posterior():
    values = [truths_against_draws(right(k), k, permutations=49, references=8).p_value
              for k in range(80)]  # fmt: skip
    assert kstest(values, "uniform").pvalue > 1e-4
    assert np.mean(np.array(values) <= 0.1) < 0.25


def test_independent_halves_follow_the_law_of_chi_square():
    values = [halves(right(k, 300), k, repeats=1, references=8).chi_square[0] for k in range(120)]
    assert kstest(values, chi2(7).cdf).pvalue > 1e-3


def test_pairs_that_share_their_data_do_not():
    """Their chi^2 is smaller than the law; who used the law would not see a wrong posterior."""
    random = np.random.default_rng(1)
    points = random.normal(size=(400, 1, 2)) + 0.1 * random.normal(size=(400, 9, 2))
    plain = Trial(truths=points[:, 0], draws=points[:, 1:], names=("x", "y"))
    found = truths_against_draws(plain, permutations=99, references=10)
    assert found.permuted.mean() < 0.5 * found.dof
    assert found.p_value > 0.01


def test_it_sees_a_wrong_posterior_and_the_prior_only_with_data():
    narrow = defect("narrow", 0.5, count=500, draws=8)
    assert run(narrow).p_value < 0.01
    prior = defect("prior", 1.0, count=500, draws=8)
    assert run(prior).p_value < 0.01
    blind = run(dataclasses.replace(prior, observations=None))
    assert blind.p_value > 0.01
    assert "with their data" not in blind.sentence


def test_an_outcome_has_the_law_and_the_exchanges():
    found = run(right(0, 300))
    assert found.check == "pqmass"
    assert len(found.curves["chi_square"]) == 20
    assert found.curves["dof"] == [14]
    assert found.value == pytest.approx(
        float(found.curves["paired"].mean() / found.curves["paired_dof"][0])
    )
    assert abs(found.value - found.expected) < 5 * found.error
    assert len(found.curves["null"]) == 999


@pytest.mark.parametrize("kind", ["rotation", "categories", "gaps"])
def test_any_distance_will_do(kind):
    random = np.random.default_rng(2)
    n = 150
    if kind == "rotation":
        base = Rotation.random(n, random_state=0)
        points = np.stack(
            [(base * Rotation.from_rotvec(0.2 * random.normal(size=(n, 3)))).as_matrix()
             for _ in range(4)], 1,
        ).reshape(n, 4, 9)  # fmt: skip
        more = {"geometry": "rotation"}
    elif kind == "categories":
        points = random.integers(0, 3, size=(n, 4, 5)).astype(float)
        more = {"distance": lambda a, b: (a != b).mean(-1)}
    else:
        points = random.normal(size=(n, 4, 5))
        points[random.random(points.shape) < 0.2] = np.nan
        more = {"geometry": "table"}
    names = tuple(f"p{k}" for k in range(points.shape[-1]))
    some = Trial(truths=points[:, 0], draws=points[:, 1:], names=names, **more)
    assert truths_against_draws(some, permutations=99).p_value > 0.01
    wrong = dataclasses.replace(some, draws=np.repeat(some.draws[:1, :1], n, 0))
    assert truths_against_draws(wrong, permutations=99).p_value == pytest.approx(0.01)
    assert halves(wrong, repeats=3).reduced > 3 * halves(some, repeats=3).reduced


def test_a_classifier_picks_the_truth_by_chance_from_a_right_posterior():
    values = np.concatenate([pick_the_truth(pairs_of(right(k, 60), k), k)[2] for k in range(14)])
    # p-values of counts are not below the uniform ones
    assert np.mean(values <= 0.1) < 0.36
    assert 0.25 < np.median(values) < 0.85


def test_a_classifier_finds_a_wrong_correlation():
    found = run_classifier(defect("correlation", 0.9, count=600, draws=8))
    assert found.check == "c2st"
    assert found.value > 0.55
    assert found.p_value < 1e-3
    assert found.objects.shape == (600,)
    assert (found.objects > 0).mean() == pytest.approx(found.value)
    assert abs(found.curves["null"].mean() - 0.5) < 0.01


def test_too_few_objects_are_refused():
    with pytest.raises(TrialError, match="20 or more"):
        truths_against_draws(right(0, 5), permutations=9)
