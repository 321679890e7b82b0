"""Balls in any geometry: uniform ranks for right posteriors, and the package's numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import chi2, kstest

from astroviz.accuracy import random_points as module
from astroviz.accuracy.defects import defect
from astroviz.accuracy.random_points import (
    ball_ranks,
    equal_draws,
    ranks_of_parts,
    run,
    run_data,
    tarp_of,
)
from astroviz.accuracy.references import References, references
from astroviz.accuracy.trial import Trial


def exact(n=400, draws=20, d=3, seed=0, **more):
    """The truth is one more draw of its posterior."""
    random = np.random.default_rng(seed)
    points = random.normal(size=(n, 1, d)) + 0.5 * random.normal(size=(n, draws + 1, d))
    names = tuple(f"p{k}" for k in range(d))
    return Trial(truths=points[:, 0], draws=points[:, 1:], names=names, **more)


def uniform_p(ranks, draws):
    counts = np.bincount(ranks, minlength=draws + 1)
    expected = len(ranks) / (draws + 1)
    return chi2.sf(((counts - expected) ** 2 / expected).sum(), draws)


def test_ranks_are_counted_as_by_hand(monkeypatch):
    some = exact(n=40)
    points = references(some, "prior", 3, 1)
    scale = module.geometry_of(some).scale
    c, t, x = points.take(slice(None)) / scale, some.truths / scale, some.draws / scale
    reach = np.linalg.norm(c - t[:, None], axis=-1)
    away = np.linalg.norm(x[:, :, None] - c[:, None], axis=-1)
    expected = (away < reach[:, None]).sum(1)
    np.testing.assert_array_equal(ball_ranks(some, points), expected)
    monkeypatch.setattr(module, "_BLOCK", 5000)  # block by block
    np.testing.assert_array_equal(ball_ranks(some, points), expected)


def test_the_package_finds_the_same_coverage():
    peer = pytest.importorskip("tarp")
    some = defect("narrow", 0.3, count=600, draws=80)
    points = references(some, "prior", 1, 2)
    level = ball_ranks(some, points, geometry=module.Geometry("vector", np.ones(1)))[:, 0] / 80
    ecp, alpha = peer.get_tarp_coverage(
        some.draws.transpose(1, 0, 2), some.truths, references=points.take(slice(None))[:, 0],
        norm=False, num_alpha_bins=30,
    )  # fmt: skip
    ours = np.array([(level < edge).mean() for edge in alpha[:-1]] + [1.0])
    np.testing.assert_allclose(ours, ecp, atol=1e-9)


def test_ties_are_broken_fairly():
    """Of a law of four values, drawn without end: half of all distances are equal."""
    random = np.random.default_rng(1)
    points = random.integers(0, 4, size=(6000, 11, 1)).astype(float)
    some = Trial(truths=points[:, 0], draws=points[:, 1:], names=("x",))
    found = ball_ranks(some, references(some, "prior", 1, 0))[:, 0]
    assert uniform_p(found, 10) > 1e-3


def test_a_narrow_posterior_keeps_its_digits_in_single_precision():
    random = np.random.default_rng(4)
    d, draws = 256, 20
    middle = random.normal(size=(300, 1, d))
    points = (middle + 1e-4 * random.normal(size=(300, draws + 1, d))).astype(np.float32)
    some = Trial(truths=points[:, 0], draws=points[:, 1:], names=tuple(map(str, range(d))),
                 geometry="image")  # fmt: skip
    wanted = references(some, "prior", 1, 0)
    double = dataclasses.replace(
        some, truths=some.truths.astype(float), draws=some.draws.astype(float)
    )
    again = References(wanted.pool.astype(float), wanted.index)
    same = ball_ranks(some, wanted) == ball_ranks(double, again)
    assert same.mean() > 0.98


def turned(n, draws, seed, size=0.4):
    base = Rotation.random(n, random_state=seed)
    random = np.random.default_rng(seed)
    found = [(base * Rotation.from_rotvec(size * random.normal(size=(n, 3)))).as_matrix()
             for _ in range(draws + 1)]  # fmt: skip
    return np.stack(found, 1).reshape(n, draws + 1, 9)


def hamming(first, second):
    return (first != second).mean(-1)


def edit_distance(first, second):
    """Levenshtein's distance of sequences of letters (codes), 0 to fill up."""
    flat = [np.ascontiguousarray(a).reshape(-1, a.shape[-1]) for a in (first, second)]
    found = []
    for one, two in zip(*flat, strict=True):
        one, two = one[one > 0], two[two > 0]
        row = np.arange(len(two) + 1)
        for k, letter in enumerate(one):
            last, row = row, np.empty_like(row)
            row[0] = k + 1
            for j, other in enumerate(two):
                row[j + 1] = min(last[j] + (letter != other), last[j + 1] + 1, row[j] + 1)
        found.append(row[-1])
    return np.array(found, float).reshape(first.shape[:-1])


def words(random, base, keep=0.6):
    """Words like a base, of which letters are changed and the end is cut."""
    other = random.integers(1, 5, size=base.shape)
    found = np.where(random.random(base.shape) < keep, base, other)
    length = random.integers(2, base.shape[-1] + 1, size=(*base.shape[:-1], 1))
    return np.where(np.arange(base.shape[-1]) < length, found, 0).astype(float)


@pytest.mark.parametrize("kind", ["rotation", "categories", "words", "gaps"])
def test_ranks_are_uniform_in_every_geometry(kind):
    random = np.random.default_rng(7)
    n, draws, more = 1200, 9, {}
    if kind == "rotation":
        points, more = turned(n, draws, 3), {"geometry": "rotation"}
    elif kind == "categories":
        base = random.integers(0, 5, size=(n, 1, 6))
        other = random.integers(0, 5, size=(n, draws + 1, 6))
        points = np.where(random.random(other.shape) < 0.5, base, other).astype(float)
        more = {"distance": hamming}
    elif kind == "words":
        n, draws = 400, 4
        points = words(random, random.integers(1, 5, size=(n, 1, 5)).repeat(draws + 1, 1))
        more = {"distance": edit_distance}
    else:
        points = random.normal(size=(n, draws + 1, 4)) + random.normal(size=(n, 1, 4))
        points[random.random(points.shape) < 0.3] = np.nan
        more = {"geometry": "table"}
    names = tuple(f"p{k}" for k in range(points.shape[-1]))
    some = Trial(truths=points[:, 0], draws=points[:, 1:], names=names, **more)
    right = ball_ranks(some, references(some, "prior", 1, 0))[:, 0]
    assert uniform_p(right, draws) > 1e-3
    # draws that all repeat one of them are no posterior
    wrong = dataclasses.replace(some, draws=np.repeat(some.draws[:, :1], draws, 1))
    found = ball_ranks(wrong, references(wrong, "prior", 1, 0))[:, 0]
    assert uniform_p(found, draws) < 1e-3


def test_parts_are_as_good_as_all_at_once():
    random = np.random.default_rng(0)
    part = {"truths": random.normal(size=(30, 64)), "draws": random.normal(size=(30, 15, 64))}
    found, draws = ranks_of_parts(iter([part] * 20), random.normal(size=(99, 64)), runs=2, seed=1)
    assert (found.shape, draws) == ((600, 2), 15)
    assert not np.array_equal(found[:30], found[30:60])  # other references for each part
    again, _ = ranks_of_parts(iter([part] * 20), random.normal(size=(99, 64)), runs=2, seed=2)
    assert not np.array_equal(found, again)


def test_weighted_draws_are_taken_by_their_weights():
    random = np.random.default_rng(5)
    draws = random.normal(size=(300, 400, 1)) * 2
    weights = np.exp(-0.5 * draws[..., 0] ** 2 + 0.5 * (draws[..., 0] / 2) ** 2)
    some = Trial(truths=random.normal(size=(300, 1)), draws=draws, weights=weights, names=("x",))
    found = equal_draws(some)
    assert 200 < found.shape[1] < 400  # as many as the weights are worth
    assert found.std() == pytest.approx(1, abs=0.02)
    assert tarp_of(some)[0].ks_p > 1e-3
    assert tarp_of(dataclasses.replace(some, weights=None))[0].ks_p < 1e-3


def test_the_credibility_of_a_right_posterior_is_uniform():
    level = tarp_of(exact(n=2000, seed=3))[1]
    assert kstest(level, "uniform").pvalue > 1e-3
    assert level.min() >= 0
    assert level.max() <= 1


def test_only_guesses_from_the_data_see_that_the_prior_was_given():
    right, prior = (defect("prior", size, count=500, draws=60) for size in (0.0, 1.0))
    assert run(right).p_value > 1e-3
    assert run_data(right).p_value > 1e-3
    assert run(prior).p_value > 1e-3  # the lesson: it does not see it
    assert run_data(prior).p_value < 1e-6


def test_an_outcome_has_what_a_figure_draws():
    found = run(defect("narrow", 0.5, count=300, draws=40))
    assert found.check == "tarp"
    assert found.p_value < 1e-3
    assert set(found.curves) == {"credibility", "coverage", "lower", "upper", "bootstrap"}
    assert found.objects.shape == (300,)
    assert all(name.startswith("regime: ") for name in found.by)
    assert len(found.by) > 1
    assert "outside" in found.sentence
