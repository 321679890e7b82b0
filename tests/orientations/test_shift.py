from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astroviz.orientations.shift import Reference, energy_distance, features_of_box

NAMES = ("a", "b", "c")


def galaxies(seed, n=600, move=0.0, wider=1.0, box=0.05):
    """Correlated and skewed features; boxes differ by a little."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, 3)) * wider
    z = z @ np.array([[1.0, 0.6, 0], [0, 0.8, 0], [0, 0, 1]]) + move + box * rng.normal(size=3)
    return np.stack([z[:, 0], np.exp(z[:, 1]), 3 + 0.1 * z[:, 2]], -1)


@pytest.fixture(scope="module")
def reference():
    return Reference.fit([galaxies(k) for k in range(6)], NAMES)


def test_one_training_galaxy_in_a_hundred_is_beyond_the_edge(reference):
    fresh = np.concatenate([galaxies(100 + k) for k in range(5)])
    assert 0.003 < np.mean(reference.ood_score(fresh) > 1) < 0.025


def test_a_broken_correlation_is_strange_though_each_feature_is_common(reference):
    common = np.array([[1.6, np.exp(1.2), 3.0]])
    broken = np.array([[2.2, np.exp(-2.2), 3.0]])
    assert reference.ood_score(common)[0] < 1 < reference.ood_score(broken)[0]


def test_scores_go_on_beyond_the_training(reference):
    far = np.array([[5.0, 1, 3], [10.0, 1, 3], [20.0, 1, 3]])
    score = reference.ood_score(far)
    assert np.all(np.diff(score) > 1)
    assert score[0] > 1


def test_another_seed_is_no_shift_but_another_distribution_is(reference):
    same = [reference.shift(galaxies(200 + k)).ood_score for k in range(5)]
    assert np.median(same) < 1
    assert max(same) < 3
    moved = reference.shift(galaxies(300, move=np.array([0, 0, 0.5])))
    assert moved.ood_score > 3
    assert moved.most == "c"
    assert moved.moved["c"] == pytest.approx(0.5, abs=0.15)
    wider = reference.shift(galaxies(301, wider=1.5))
    assert wider.ood_score > 3
    assert wider.galaxies > 0.05


def test_a_lack_of_galaxies_is_a_shift_of_its_own():
    counts = (600, 620, 580, 610, 590, 600)
    boxes = [galaxies(k, n) for k, n in enumerate(counts)]
    reference = Reference.fit(boxes, NAMES, volume=1000.0)
    scatter = np.std(counts, ddof=1)
    found = reference.shift(galaxies(50, 400), volume=1000.0)
    assert found.abundance == pytest.approx((400 - np.mean(counts)) / scatter)
    assert found.ood_score == pytest.approx(abs(found.abundance) / 3)
    # the same number in a smaller volume is none
    assert abs(reference.shift(galaxies(50, 300), volume=500.0).abundance) < 1e-9
    unknown = reference.shift(galaxies(50, 400))
    assert np.isnan(unknown.abundance)
    assert unknown.ood_score < 3
    again = Reference.from_tensors(NAMES, reference.tensors())
    assert again.density == pytest.approx(reference.density, rel=1e-6)


def test_the_energy_distance_is_zero_for_equals_and_known_for_shifted_normals():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 1500, 1))
    assert energy_distance(first, second) < 0.01
    # 2 E|x - y| - E|x - x'| - E|y - y'| of N(0, 1) and N(m, 1)
    from scipy.stats import norm

    m = 1.5
    mean = 2 * (norm.pdf(m / np.sqrt(2)) * np.sqrt(2) + m * (norm.cdf(m / np.sqrt(2)) - 0.5))
    expected = 2 * mean - 4 / np.sqrt(np.pi)
    assert energy_distance(first, second + m) == pytest.approx(expected, rel=0.08)


def test_a_reference_survives_being_saved(reference):
    again = Reference.from_tensors(NAMES, reference.tensors())
    fresh = galaxies(400)
    np.testing.assert_allclose(again.ood_score(fresh), reference.ood_score(fresh), rtol=1e-3)
    assert again.shift(fresh).ood_score == pytest.approx(
        reference.shift(fresh).ood_score, rel=0.01
    )
    assert all(part.dtype == np.float32 for part in again.tensors().values())


def test_features_of_a_box():
    rng = np.random.default_rng(1)
    position = np.concatenate([rng.uniform(0, 40, (50, 3)), [[20.0, 20, 20], [20.5, 20, 20]]])
    box = SimpleNamespace(
        size=40.0,
        scales=(1.0, 2.0),
        haloes=SimpleNamespace(mass=np.array([1e12, 1e13])),
        galaxies=SimpleNamespace(
            position=position,
            eigenvalues=rng.normal(size=(52, 2, 3)),
            halo=np.arange(52) % 2,
        ),
    )
    features, names = features_of_box(box)
    assert features.shape == (52, 8) == (52, len(names))
    assert names[0] == "tide 1 at 1 Mpc/h"
    np.testing.assert_array_equal(features[:, 3], box.galaxies.eigenvalues[:, 1, 0])
    assert set(features[:, 6]) == {12.0, 13.0}
    offset = position - position[50]
    offset -= 40 * np.round(offset / 40)
    assert 10 ** features[50, 7] == pytest.approx(np.sum(np.linalg.norm(offset, axis=1) <= 5))


def test_wrong_input_is_named(reference):
    with pytest.raises(ValueError, match="two boxes or more"):
        Reference.fit([galaxies(0)], NAMES)
    with pytest.raises(ValueError, match=r"shape \(N, 3\), not \(4, 2\)"):
        reference.ood_score(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="galaxy 1 has a feature that is not a number"):
        reference.ood_score(np.array([[0, 1, 3], [0, np.nan, 3]]))
    with pytest.raises(ValueError, match="too few"):
        reference.shift(galaxies(0, n=1))
    with pytest.raises(ValueError, match="two points"):
        energy_distance(np.zeros((1, 2)), np.zeros((3, 2)))


@pytest.mark.slow
def test_another_sigma8_and_another_resolution_are_seen():
    """Small boxes: same cosmology, weaker structure, and fewer particles of the same universe."""
    from astroviz.orientations.cosmic_web import make_box
    from astroviz.orientations.cosmology import PLANCK15

    def features(seed, cosmology=PLANCK15, grid=32, size=50.0):
        return features_of_box(make_box(size, grid, seed, cosmology))

    boxes = [features(seed) for seed in range(5)]
    reference = Reference.fit([found for found, _ in boxes], boxes[0][1], volume=50.0**3)
    same = reference.shift(features(20)[0], 50.0**3)
    smoother = reference.shift(features(20, PLANCK15.replace(sigma8=0.5))[0], 50.0**3)
    finer = reference.shift(features(20, grid=48)[0], 50.0**3)
    assert smoother.ood_score > max(1.0, same.ood_score)
    assert finer.ood_score > max(1.0, same.ood_score)
