"""Local coverage: exact posteriors have no valley, wrong regions have one, whatever the plane."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from astroviz.accuracy.landscape import local_coverage, neighbours
from astroviz.accuracy.landscape_scene import ALL, axes_of, landscape_scene, places_of
from astroviz.accuracy.trial import Trial, TrialError


def a_trial(seed=0, count=400, wrong=0.0):
    """Two correlated parameters; where the first datum is above 1 all draws may be shifted."""
    random = np.random.default_rng(seed)
    data = random.normal(size=(count, 2))
    mix = np.linalg.cholesky(np.array([[1.0, 0.8], [0.8, 1.0]]))
    points = data[:, None] + random.normal(size=(count, 40, 2)) @ mix.T
    draws = points[:, 1:].copy()
    draws[data[:, 0] > 1] += wrong
    return Trial(
        truths=points[:, 0], draws=draws, names=("a", "b"), units=("mag", ""),
        observations=data, places={"ra": 10 * data[:, 0] % 360, "dec": data[:, 1]},
        place_units={"ra": "deg", "dec": "deg"},
    )  # fmt: skip


def test_neighbours_are_those_of_sklearn():
    places = np.random.default_rng(0).normal(size=(200, 2)) * [1.0, 50.0]
    low, high = np.quantile(places, [0.16, 0.84], axis=0)
    found = NearestNeighbors(n_neighbors=7).fit(places / (high - low))
    expected = found.kneighbors(places / (high - low), return_distance=False)
    assert np.array_equal(np.sort(neighbours(places, 7)), np.sort(expected))


def test_chance_seldom_makes_a_valley():
    found = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        land = local_coverage(random.random(300), random.normal(size=(300, 2)), 0.9, 30)
        found.append(land.failing > 0)
    assert np.mean(found) <= 0.25  # stated: 0.05


def test_a_wrong_region_is_the_valley():
    scene = landscape_scene(a_trial(wrong=3.0), "mean a", "mean b", "a", count=25)
    data = a_trial(wrong=3.0).observations
    assert scene.land.failing > 0.05
    valley = scene.land.rows[scene.valley(scene.land.worst)]
    assert (data[valley, 0] > 1).mean() > 0.8
    assert "lie where coverage is worse" in scene.verdict()
    table = scene.table()
    assert table["local_coverage"].min() == pytest.approx(scene.land.coverage.min())


@pytest.mark.parametrize("parameter", ["a", ALL])
@pytest.mark.parametrize("plane", [("ra", "dec"), ("mean a", "mean b")])
def test_an_exact_posterior_is_covered_in_every_plane(parameter, plane):
    inside, leans = [], []
    for seed in range(6):
        scene = landscape_scene(a_trial(seed), *plane, parameter, level=0.68, count=40)
        inside.append(scene.land.inside.mean())
        leans.append(scene.land.lean.mean())
    # 2,400 objects: a standard error of 0.0095
    assert np.mean(inside) == pytest.approx(0.68, abs=0.035)
    if parameter != ALL:
        assert np.mean(leans) == pytest.approx(0.0, abs=0.1)


def test_the_worst_parameter_sees_what_one_alone_does_not():
    trial = a_trial(count=800)
    draws = trial.draws.copy()
    draws[..., 1] = draws.mean(1, keepdims=True)[..., 1] + 0.4 * (
        draws[..., 1] - draws.mean(1, keepdims=True)[..., 1]
    )
    wrong = Trial(truths=trial.truths, draws=draws, names=trial.names, places=trial.places)
    alone = landscape_scene(wrong, "ra", "dec", "a").land.inside.mean()
    together = landscape_scene(wrong, "ra", "dec", ALL).land.inside.mean()
    assert alone == pytest.approx(0.9, abs=0.04)
    assert together < 0.75


def test_skies_about_0_h_are_not_torn():
    trial = a_trial()
    scene = landscape_scene(trial, "ra", "dec", "a")
    assert scene.sky
    assert np.ptp(scene.land.places[:, 0]) < 100
    assert axes_of(trial)["ra"] == "ra (deg)"


def test_what_cannot_be_mapped_says_why():
    trial = a_trial()
    with pytest.raises(TrialError, match="at least twice as many"):
        landscape_scene(trial.part(np.arange(30)), "ra", "dec", "a")
    with pytest.raises(TrialError, match="no object has a place called 'z'"):
        places_of(trial, "z")
    with pytest.raises(TrialError, match="press its button"):
        landscape_scene(trial, "ra", "dec", "a", tint="classifier")
    bare = Trial(truths=trial.truths, draws=trial.draws, names=trial.names, geometry="image")
    with pytest.raises(TrialError, match="no two places"):
        landscape_scene(bare, "", "", "a")
